import Market
import Metrics
import Scenario
import Strategies
import Testing
import Trading

@testable import Runtime

@Suite struct PaperTests {
    /// Both venues speak Backpack's protocol.
    private static let spoken = ["venues.two.profile=backpack"]

    private static let hedge =
        "size: \"0.05 BTC\", hold: [\"30 s\", \"40 s\"], cool_down: [\"5 s\", \"6 s\"], entry_timeout: \"60 s\", interval: \"2 s\""

    @Test(arguments: [("xemm", Workbench.xemm), ("simple_hedge", hedge)])
    func `on a feed that is known in time a paper run is the backtest of it`(strategy: String, parameters: String) throws {
        let bench = try Workbench()
        let scenario = try bench.scenario(
            bench.synth(minutes: 10), strategy: strategy, parameters: parameters, latency: "\"20 ms\"", overrides: Self.spoken)
        let (taped, live) = (KeptOutput(), KeptOutput())
        let backtest = try Backtest(scenario, registry: .builtIn).run(output: taped)
        let paper = try PaperWorld(scenario, output: live, allowance: .milliseconds(10)).go()

        #expect(backtest.result.fillCount > 10 && backtest.journalRecords > 100)
        #expect(paper.journalHash == backtest.journalHash && paper.journalRecords == backtest.journalRecords)
        #expect(live.tables == taped.tables)
        #expect(paper.result.netProfit == backtest.result.netProfit && paper.result.attribution.residual == .zero)
        #expect(paper.result.fillCount == backtest.result.fillCount && paper.result.drawdown == backtest.result.drawdown)
        let figures = try #require(paper.paper)
        #expect(figures.lateReports == 0 && figures.lateRecords == 0 && figures.reports > 20)
        #expect(figures.largestLag <= .milliseconds(10))
    }

    @Test func `what is known too late comes when it is known, and nothing else changes its time`() throws {
        let bench = try Workbench()
        let allowance = Nanoseconds.milliseconds(10)
        let scenario = try bench.scenario(
            bench.synth(minutes: 6), parameters: Workbench.xemm, latency: "\"1 ms\"", overrides: Self.spoken)
        let journal = bench.folder + "/paper.sqlite"
        let paper = try PaperWorld(scenario, journal: journal, allowance: allowance).go()
        let figures = try #require(paper.paper)
        #expect(figures.lateReports > 20 && figures.largestLateness <= allowance - .milliseconds(1))

        let knowledge = try Knowledge(scenario, allowance: allowance)
        let file = try JournalFile(opening: journal)
        var (late, reports, differences) = (0, 0, [String]())
        var hasEnded = false
        while let entry = try file.next()?.entry {
            if case .stop = entry { hasEnded = true }
            guard case .report(let event) = entry else { continue }
            reports += 1
            // What is on its way at the end is waited for by nobody.
            guard !hasEnded else { continue }
            let due = event.venueTime + .milliseconds(1)
            let expected = max(due, knowledge.time(of: event))
            if event.receiveTime > due { late += 1 }
            if event.receiveTime != expected { differences.append("\(event): expected \(expected)") }
        }
        #expect(reports == figures.reports && late == figures.lateReports)
        #expect(differences == [])
    }

    /// When what a venue did could be known here: found from the records alone, all at once.
    private struct Knowledge {
        private var feeds: [[MarketEvent]] = []
        private let venues: [Int]
        private let venueOfAccount: [Int]
        private let allowance: Nanoseconds

        init(_ scenario: Scenario, allowance: Nanoseconds) throws {
            let plan = try RunPlan(scenario, TapeCatalog(scenario.tapes))
            (venues, venueOfAccount, self.allowance) = (plan.listings.map(\.venue), plan.venueOfAccount, allowance)
            for (index, listing) in plan.listings.enumerated() {
                let source = TapeCatalog.source(
                    listing.parts, instrument: InstrumentID(index), minimumLatency: scenario.venues[listing.venue].minimumLatency)
                feeds.append([])
                while let batch = try source.next() { feeds[index] += batch }
            }
        }

        /// Of a record all feeds before it have to be known until then, of a request all feeds.
        func time(of report: AccountEvent) -> Timestamp {
            let time = report.venueTime
            let own = feeds.indices.first { feed in
                venues[feed] == venueOfAccount[report.account.index] && feeds[feed].contains { $0.venueTime == time }
            }
            var known = Timestamp.distantPast
            for feed in feeds.indices {
                if feed == own {
                    known = max(known, feeds[feed].first { $0.venueTime == time }?.receiveTime ?? time)
                } else {
                    let next = feeds[feed].first { own.map { feed > $0 } ?? false ? $0.venueTime >= time : $0.venueTime > time }
                    known = max(known, min(time + allowance, next?.receiveTime ?? .never))
                }
            }
            return known
        }
    }
}
