import Foundation
import Market
import Scenario
import Simulation
import Strategies
import Testing
import Trading
import Venues

@testable import Runtime

@Suite struct RunStatusTests {
    /// A run over the wire, looked at a while after its start.
    private struct Looked: Sendable {
        let status: RunStatus
        /// By our own record.
        let held: Quantity
        let openOrders: [UInt64]
        let instrument: Instrument

        /// A quiet run, once for all who look at it.
        static let quiet = Result { try Looked() }

        init(told: OperatorEvent? = nil, faults: [WireFault] = []) throws {
            let bench = try Workbench()
            let tapes = try bench.synth(minutes: 4)
            let plan = try RunPlan(bench.scenario(tapes, parameters: Workbench.xemm, latency: "\"5 ms\""), TapeCatalog(tapes))
            let market = try ChaosMarket(
                plan.listings.enumerated().map { index, listing in
                    TapeCatalog.source(
                        listing.parts, instrument: InstrumentID(index), minimumLatency: plan.scenario.venues[listing.venue].minimumLatency)
                })
            let core = try plan.makeCore(plan.coreConfiguration, .builtIn, journal: Journal(sink: nil))
            let tally = RunTally(strategies: ["hedge"])
            core.observe(tally)
            let world = WireWorld(plan, core, seed: 3, wireFaults: { $0 == 0 ? faults : [] }) { plan.venueConfiguration($0) }
            let start = plan.start + .minutes(1)
            let viewer = Viewer(world.live, tally, start, told, listings: plan.listings.map(\.venue))
            viewer.desk = ParameterDesk(plan.scenario, bindings: plan.bindings, registry: .builtIn)
            let driver = try world.driver(market.sources(from: start), until: start + .seconds(121), viewer)
            try driver.run(from: start)
            (held, instrument) = (viewer.held, core.instruments[0])
            openOrders = viewer.openOrders
            status = try #require(viewer.status)
        }
    }

    private final class Viewer: SimulationObserver {
        let live: LiveCore
        let tally: RunTally
        let start: Timestamp
        var told: OperatorEvent?
        let listings: [Int]
        var desk: ParameterDesk?
        var status: RunStatus?
        var held = Quantity.zero
        var openOrders: [UInt64] = []

        init(_ live: LiveCore, _ tally: RunTally, _ start: Timestamp, _ told: OperatorEvent?, listings: [Int]) {
            (self.live, self.tally, self.start, self.told, self.listings) = (live, tally, start, told, listings)
        }

        func filled(_ fill: VenueFill, venue: Int) {}
        func changed(at time: Timestamp) {}
        func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool {
            if let told, time >= start + .seconds(60) {
                live.receive(told, at: time)
                self.told = nil
            }
            guard time >= start + .seconds(120), status == nil else { return true }
            for (session, alarm) in live.takeAlarms() { tally.alarm(alarm, from: "venue \(session)", at: time) }
            tally.alarm("the disk is slow", from: "", at: time)
            held = live.core.position(AccountID(0), InstrumentID(0))
            openOrders = live.core.openOrders.filter { $0.draft.account == AccountID(0) }.map(\.id.rawValue)
            status = RunStatus(
                live, tally,
                RunStatus.Names(
                    run: "night", scenario: "abcdef", process: 7, venues: ["one", "two"], sessionOfInstrument: listings,
                    strategies: ["hedge"]),
                desk: desk, journal: .init(records: 5, lag: .milliseconds(12)), began: start, at: time)
            return true
        }
    }

    @Test func `a status says how strategies, venues and accounts are, and its JSON is read back the same`() throws {
        let status = try Looked.quiet.get().status
        #expect(status.state == .running && status.kill == nil && status.uptimeSeconds == 120)
        #expect(status.strategies.map(\.name) == ["hedge"] && status.strategies[0].phase == "quoting")
        let exposure = try #require(status.strategies[0].exposure)
        #expect(exposure.currency == "BTC")
        #expect(status.venues.map(\.name) == ["one", "two"])
        for venue in status.venues {
            #expect(venue.streams.count == 2 && venue.streams.allSatisfy { $0.state == "up" })
            #expect(venue.streams[0].name == "public" && venue.clockErrorMilliseconds != nil)
            #expect(venue.books.count == 1 && venue.books[0].state == "synchronised" && venue.books[0].bid != nil)
        }
        #expect(status.accounts.map(\.name) == ["M", "T"] && status.accounts.map(\.venue) == ["one", "two"])
        #expect(status.accounts.allSatisfy { $0.requests?.limit == 2_000 && !$0.balances.isEmpty })
        #expect(status.counts.orders > 0 && status.counts.fills > 0 && status.counts.alarms >= 1)
        #expect(status.alarms.last == RunStatus.Remark(time: status.time, source: "", text: "the disk is slow"))
        #expect(try RunStatus(json: status.json) == status)
        #expect(status.json.hasPrefix("{\"accounts\":["))
    }

    @Test func `positions and orders are those of the core, as decimals`() throws {
        let looked = try Looked.quiet.get()
        let account = looked.status.accounts[0]
        let position = account.positions.first { $0.instrument == looked.instrument.venueSymbol }
        #expect(position?.quantity == (looked.held.isZero ? nil : looked.instrument.text(looked.held)))
        #expect(position.map { $0.value != nil && $0.currency == looked.instrument.settlement.code } ?? true)
        #expect(account.orders.map(\.id) == looked.openOrders)
        #expect(account.orders.allSatisfy { $0.strategy == "hedge" && $0.ageMilliseconds >= 0 && $0.unknownMilliseconds == nil })
    }

    @Test func `a kill and a changed parameter are seen`() throws {
        let killed = try Looked(told: .kill(.cancelAll)).status
        #expect(killed.kill == "K2 cancel all" && killed.strategies[0].frozen == "killed")
        #expect(killed.accounts.allSatisfy { account in account.orders.allSatisfy { $0.purpose != "quote" } })
        #expect(killed.screen.hasPrefix("night: running, killed: K2 cancel all, 1 alarms"))
    }

    @Test func `a screen is short and says what a person looks for first`() throws {
        let status = try Looked.quiet.get().status
        let lines = status.screen.split(separator: "\n").map(String.init)
        #expect(lines.count < 40 && lines.allSatisfy { $0.count < 200 })
        #expect(lines[0].hasPrefix("night: running"))
        #expect(lines.contains { $0.hasPrefix("strategy hedge  quoting") } && lines.contains { $0.hasPrefix("venue one  public up, M up") })
        #expect(lines.contains { $0.hasPrefix("account M at one") } && lines.contains("journal  5 records, 12 ms behind"))
        #expect(lines.last == "alarm  \(status.time)  the disk is slow")
    }

    @Test func `a stream that is cut shows as lost`() throws {
        let now = try #require(Timestamp(iso8601: Looked.quiet.get().status.time))
        let cut = WireFault(.cut, from: Timestamp(nanoseconds: now.nanoseconds - 10_000_000_000), until: .never)
        let status = try Looked(faults: [cut]).status
        #expect(status.venues[0].streams.allSatisfy { $0.state == "down" || $0.state == "opening" })
        #expect(status.venues[0].books[0].state == "unsynchronised" && status.venues[1].streams.allSatisfy { $0.state == "up" })
    }
}
