import Market
import Scenario
import Simulation
import Strategies
import Tape
import Testing
import Trading

@testable import Runtime

/// The commands of a run are the same in a backtest and over the venues' protocols, byte for byte: on a tape of what a session heard,
/// with one way for requests, equal constant latencies and fills from the private stream alone.
///
/// What a run over the wire has beside that, and a backtest has not, is in the tests after the first: each makes the commands differ by
/// what its name says, and by nothing else.
@Suite struct SameCodeTests {
    private static let makers =
        Workbench.xemm + ", makers: both, reverse_maker_fee: \"0.4 bp\", reverse_taker_fee: \"2 bp\", requote: \"0.5 bp\""
    private static let hedge =
        "size: \"0.02 BTC\", hold: [\"10 s\", \"15 s\"], cool_down: [\"3 s\", \"5 s\"], entry_timeout: \"20 s\", "
        + "offset_ticks: \"-1\", margin_interval: \"20 s\""

    @Test(arguments: [
        (strategy: "xemm", parameters: Workbench.xemm, fills: 50), (strategy: "xemm", parameters: makers, fills: 50),
        (strategy: "simple_hedge", parameters: hedge, fills: 20),
    ])
    func `a strategy commands the same in a backtest and over the wire`(strategy: String, parameters: String, fills: Int) throws {
        let bench = try SameCodeBench(strategy: strategy, parameters: parameters)
        let (backtest, wire) = (try bench.backtest(), try bench.wire())
        #expect(backtest.fills == wire.fills && wire.fills >= fills)
        #expect(SameCodeBench.difference(backtest.commands, wire.commands) == nil)
        #expect(SameCodeBench.bytes(backtest.commands) == SameCodeBench.bytes(wire.commands))
    }

    @Test func `with reconciliation only questions differ, by those that follow a private stream's coming up`() throws {
        let bench = try SameCodeBench(strategy: "xemm", parameters: Workbench.xemm)
        let (backtest, wire) = (try bench.backtest(reconciles: true), try bench.wire(reconciles: true))
        #expect(backtest.orders.count > 1_000)
        #expect(SameCodeBench.difference(backtest.orders, wire.orders) == nil)
        let up = wire.entries.compactMap { entry -> Timestamp? in
            if case .connection(let event) = entry, event.stream == .account, event.change == .up { event.time } else { nil }
        }
        #expect(up.count == 2)
        // Nothing had been told of funding when the run began, which a backtest knows from before.
        func asked(_ run: SameCodeBench.Run) -> [Timestamp] {
            run.commands.compactMap { entry in
                guard case .command(.query(let request), let time) = entry else { return nil }
                if case .payments = request.subject { return nil }
                return time
            }
        }
        #expect(asked(wire).filter { !up.contains($0) } == asked(backtest))
        #expect(asked(wire).filter { up.contains($0) }.count == 6)
    }

    @Test func `a connection that carries one request at a time keeps those behind it waiting`() throws {
        let bench = try SameCodeBench(strategy: "xemm", parameters: Workbench.xemm)
        let (backtest, wire) = (try bench.backtest(), try bench.wire { $0.requestsInFlight = 1 })
        let first = try #require(SameCodeBench.difference(backtest.commands, wire.commands))
        // Before the first difference two requests to one venue were closer than the way there and back.
        let requests = backtest.commands.prefix(first)
        let closest = (0..<2).compactMap { account in
            let times = requests.filter { $0.account?.index == account }.map(\.time)
            return zip(times, times.dropFirst()).map { $1 - $0 }.min()
        }.min()
        #expect(try #require(closest) < .milliseconds(10))
    }

    @Test func `what a venue shows of our own orders moves a strategy that looks at the book`() throws {
        let bench = try SameCodeBench(strategy: "xemm", parameters: Workbench.xemm)
        let (backtest, wire) = (try bench.backtest(), try bench.wire { $0.showsOrders = true })
        let first = try #require(SameCodeBench.difference(backtest.commands, wire.commands))
        // Not before an order of ours rests.
        let acknowledged = try #require(
            wire.entries.firstIndex { if case .report(let event) = $0, case .acknowledged = event.report { true } else { false } })
        let before = wire.entries[..<acknowledged].count(where: \.isCommand)
        #expect(first >= before && before > 0)
        // `FootprintTests` shows that this is all by which the markets of the two differ.
    }
}

/// A market as a session heard it over the wire, on tapes, and a scenario for it.
struct SameCodeBench {
    struct Run {
        var entries: [JournalEntry]
        var fills: Int
        var commands: [JournalEntry] { entries.filter(\.isCommand) }
        /// All but questions.
        var orders: [JournalEntry] { commands.filter { if case .command(.query, _) = $0 { false } else { true } } }
    }

    /// Place of the first command that differs; nil where none does.
    static func difference(_ one: [JournalEntry], _ two: [JournalEntry]) -> Int? {
        if let index = zip(one, two).enumerated().first(where: { $1.0 != $1.1 })?.offset { return index }
        return one.count == two.count ? nil : min(one.count, two.count)
    }

    /// As a journal holds them.
    static func bytes(_ commands: [JournalEntry]) -> [UInt64] {
        commands.flatMap { entry in
            let record = entry.record
            return (0..<record.count).map { record.words[$0] }
        }
    }

    let bench: Workbench
    let plan: RunPlan
    let options: WireWorld.Options
    private let span: ClosedRange<Timestamp>

    static let latency = "\"5 ms\""

    init(strategy: String, parameters: String, minutes: Int64 = 6) throws {
        let bench = try Workbench()
        self.bench = bench
        var options = WireWorld.Options()
        (options.lanes, options.requestsInFlight, options.showsOrders, options.marketReach) = (1, .max, false, nil)
        self.options = options
        let generated = try Self.generate(bench, minutes: minutes)
        func scenario(_ tapes: [String]) throws -> Scenario {
            try bench.scenario(
                tapes, strategy: strategy, parameters: parameters, latency: Self.latency,
                overrides: ["venues.one.minimum_latency=5 ms", "venues.two.minimum_latency=5 ms", "venues.two.post_only=reject"])
        }
        let source = try RunPlan(scenario(generated), TapeCatalog(generated))
        let first = Self.microseconds(source.start + .minutes(1))
        span = first...Self.microseconds(source.end - .seconds(20))
        var heard = try Self.listen(source, options, from: first - .seconds(30), until: first).map { $0.filter { $0.receiveTime <= first } }
        let again = try Self.listen(source, options, from: first, until: source.end - .seconds(1))
        let tapes = generated.map { $0.replacing(".tape", with: "-heard.tape") }
        for index in heard.indices {
            // The recorder lost its connection, and opened it again.
            heard[index].append(
                MarketEvent(
                    kind: .gap, instrument: InstrumentID(index), venueTime: first, receiveTime: first, price: GapCause.connection.rawValue))
            heard[index] += again[index]
            let writer = try TapeWriter(creating: tapes[index], replacing: true)
            _ = try writer.addFeed(FeedDescription(instrument: source.listings[index].instrument, source: "test"))
            for var event in heard[index] {
                event.instrument = InstrumentID(0)
                try writer.append(event)
            }
            try writer.close()
        }
        plan = try RunPlan(scenario(tapes), TapeCatalog(tapes))
    }

    /// Tapes of two venues, as a venue tells them: times are whole microseconds, and a frame has a level once.
    static func generate(_ bench: Workbench, minutes: Int64) throws -> [String] {
        try bench.synth(GeneratedMarket.standard(venues: 2, duration: .minutes(minutes)), seed: 42) { events in
            var told: ContiguousArray<MarketEvent> = []
            var frame: [MarketEvent] = []
            for var event in events {
                event.venueTime = microseconds(event.venueTime)
                event.receiveTime = microseconds(event.receiveTime)
                guard event.kind == .level else {
                    told.append(event)
                    continue
                }
                if let index = frame.firstIndex(where: { ($0.side, $0.price) == (event.side, event.price) }) { frame.remove(at: index) }
                frame.append(event)
                guard event.isLast else { continue }
                for index in frame.indices { frame[index].flags.remove(.first) }
                frame[0].flags.insert(.first)
                told += frame
                frame = []
            }
            events = told
        }
    }

    static func microseconds(_ time: Timestamp) -> Timestamp { Timestamp(nanoseconds: time.nanoseconds / 1_000 * 1_000) }

    static func sources(_ plan: RunPlan) -> [any MarketSource] {
        plan.listings.enumerated().map { index, listing in
            TapeCatalog.source(
                listing.parts, instrument: InstrumentID(index), minimumLatency: plan.scenario.venues[listing.venue].minimumLatency)
        }
    }

    /// What sessions hear that have no accounts.
    static func listen(
        _ plan: RunPlan, _ options: WireWorld.Options, from start: Timestamp, until end: Timestamp
    ) throws -> [[MarketEvent]] {
        var options = options
        options.onlyListens = true
        func world(_ border: (any BorderLog)?) -> WireWorld {
            let core = TradingCore(CoreConfiguration(instruments: plan.instruments, accounts: [], seed: 1))
            return WireWorld(plan, core, seed: 3, options, border: border) { plan.venueConfiguration($0) }
        }
        let border = MemoryBorder()
        try world(border).driver(sources(plan), until: end, nil).run(from: start)
        var heard = [[MarketEvent]](repeating: [], count: plan.instruments.count)
        _ = try LiveRecording(MemoryBorderSource(border.entries), path: "border", world(nil).live) { event in
            heard[event.instrument.index].append(event)
        }
        return heard
    }

    private func makeCore(_ journal: Journal, reconciles: Bool) throws -> TradingCore {
        var configuration = plan.coreConfiguration
        if !reconciles { configuration.reconcileEvery = nil }
        return try plan.makeCore(configuration, .builtIn, journal: journal)
    }

    func backtest(reconciles: Bool = false) throws -> Run {
        let memory = MemoryJournal()
        let journal = Journal(sink: memory)
        let core = try makeCore(journal, reconciles: reconciles)
        let counter = FillCounter()
        let driver = try SimulationDriver(
            core: core, venues: plan.scenario.venues.indices.map { SimulatedVenue(plan.venueConfiguration($0)) },
            feeds: zip(Self.sources(plan), plan.listings).map { .init(source: $0, venue: $1.venue) }, venueOfAccount: plan.venueOfAccount,
            end: span.upperBound, observer: counter)
        _ = try driver.run(from: span.lowerBound)
        journal.commit()
        return Run(entries: try memory.entries(), fills: counter.fills)
    }

    func wire(reconciles: Bool = false, _ change: (inout WireWorld.Options) -> Void = { _ in }) throws -> Run {
        var options = options
        change(&options)
        let memory = MemoryJournal()
        let journal = Journal(sink: memory)
        let core = try makeCore(journal, reconciles: reconciles)
        let counter = FillCounter()
        let world = WireWorld(plan, core, seed: 3, options) { plan.venueConfiguration($0) }
        try world.driver(Self.sources(plan), until: span.upperBound, counter).run(from: span.lowerBound)
        journal.commit()
        return Run(entries: try memory.entries(), fills: counter.fills)
    }

    private final class FillCounter: SimulationObserver {
        var fills = 0
        func filled(_ fill: VenueFill, venue: Int) { fills += 1 }
        func changed(at time: Timestamp) {}
        func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool { true }
    }
}
