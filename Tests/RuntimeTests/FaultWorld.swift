import Market
import Simulation

@testable import Runtime
@testable import Trading

/// A strategy that acts at stated moments and writes down what it is told.
private final class Script: Strategy {
    static let specification = StrategySpecification(name: "script", purpose: "tests", phases: [], roles: [], parameters: [])

    let interests: Interests
    var steps: [(time: Timestamp, act: (inout Context) -> Void)] = []
    var events: [(time: Timestamp, event: StrategyEvent)] = []

    init(_ interests: Interests) { self.interests = interests }
    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) { interests = [] }

    func start(_ context: inout Context) {
        for step in steps { context.wake(at: step.time) }
    }

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        guard case .timer = event else { return events.append((context.now, event)) }
        let due = steps.filter { $0.time <= context.now }
        steps.removeAll { $0.time <= context.now }
        for step in due { step.act(&context) }
    }

    func stop(_ reason: StopReason, _ context: inout Context) {}
}

private final class Written: JournalSink {
    var blocks: [[UInt8]] = []
    func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) { blocks.append(block) }
}

/// One venue with one instrument and one account, a core with a scripted strategy, and faults between them.
///
/// Times are milliseconds from the start. Requests and reports take 10 ms, market data 5 ms; a dollar is a tick, a coin a lot.
final class FaultWorld {
    static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    static let account = AccountID(0)
    static let instrument = InstrumentID(0)
    static let usd = Currency("USD")!

    let core: TradingCore
    let venue: SimulatedVenue
    private let written = Written()
    let journal: Journal
    private let script: Script
    private var records: [MarketEvent] = []

    static func time(_ milliseconds: Int64) -> Timestamp { start + .milliseconds(milliseconds) }

    init(_ faults: Fault..., interests: Interests = [], reconcileEvery: Nanoseconds? = nil) {
        let instrument = Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTC", kind: .linear, base: Currency("BTC")!, quote: Self.usd,
            tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 1_000_000_000)
        let collateral = [Money(nanos: 1_000_000_000_000, Self.usd)]
        journal = Journal(sink: written)
        venue = SimulatedVenue(
            VenueConfiguration(
                listings: [.init(id: Self.instrument, instrument: instrument)],
                accounts: [
                    .init(
                        id: Self.account, collateral: collateral, makerFee: Rate(basisPoints: 1), takerFee: Rate(basisPoints: 5),
                        entryLatency: .milliseconds(10), responseLatency: .milliseconds(10))
                ], faults: faults.isEmpty ? nil : FaultPlan(faults, run: Self.start + Nanoseconds(count: 1)...Self.time(100_000))))
        core = TradingCore(
            CoreConfiguration(
                instruments: [instrument], accounts: [.init(name: "a", venue: VenueID(0), balances: collateral)], seed: 1,
                reconcileEvery: reconcileEvery), journal: journal)
        script = Script(interests)
        core.attach(script, subscriptions: [Self.instrument])
        snapshot(at: -100, bids: [(99, 10), (98, 20)], asks: [(101, 10), (102, 20)])
    }

    /// All that the journal holds; closes it.
    func entries() throws -> [JournalEntry] {
        _ = journal.close()
        var decoder = JournalDecoder()
        return try written.blocks.flatMap { try decoder.decode($0) }
    }

    // MARK: The market

    func record(
        at milliseconds: Int64, _ kind: MarketEvent.Kind, _ price: Int64, _ quantity: Int64, _ flags: MarketEvent.Flags = [.first, .last]
    ) {
        records.append(
            MarketEvent(
                kind: kind, instrument: Self.instrument, venueTime: Self.time(milliseconds), receiveTime: Self.time(milliseconds + 5),
                price: price, quantity: quantity, flags: flags))
    }

    /// The next settlement's rate and time, in an interval of an hour.
    func fund(at milliseconds: Int64, rate: Rate, due: Int64) {
        records.append(
            MarketEvent(
                kind: .funding, instrument: Self.instrument, venueTime: Self.time(milliseconds), receiveTime: Self.time(milliseconds + 5),
                price: rate.trillionths, quantity: Nanoseconds.hours(1).count, detail: Self.time(due).nanoseconds, flags: [.first, .last]))
    }

    func snapshot(at milliseconds: Int64, bids: [(Int64, Int64)], asks: [(Int64, Int64)]) {
        let levels = bids.map { ($0.0, $0.1, MarketEvent.Flags()) } + asks.map { ($0.0, $0.1, MarketEvent.Flags.sell) }
        for (index, (ticks, lots, side)) in levels.enumerated() {
            var flags = side.union(.snapshot)
            if index == 0 { flags.insert(.first) }
            if index == levels.count - 1 { flags.insert(.last) }
            record(at: milliseconds, .level, ticks, lots, flags)
        }
    }

    func bid(at milliseconds: Int64, _ ticks: Int64, _ lots: Int64) { record(at: milliseconds, .level, ticks, lots) }
    func sold(at milliseconds: Int64, _ ticks: Int64, _ lots: Int64) {
        record(at: milliseconds, .trade, ticks, lots, [.first, .last, .sell])
    }

    /// Longs will pay `basisPoints` at `due`, and not again.
    func funding(at milliseconds: Int64, basisPoints: Int64, due: Int64) {
        records.append(
            MarketEvent(
                kind: .funding, instrument: Self.instrument, venueTime: Self.time(milliseconds),
                receiveTime: Self.time(milliseconds + 5), price: basisPoints * 100_000_000, quantity: 0,
                detail: Self.time(due).nanoseconds, flags: [.first, .last]))
    }

    // MARK: What we do

    func at(_ milliseconds: Int64, _ act: @escaping (inout Context) -> Void) {
        script.steps.append((Self.time(milliseconds), act))
    }

    func buy(at milliseconds: Int64, _ ticks: Int64, _ lots: Int64) {
        at(milliseconds) { context in
            context.submit(
                OrderDraft(
                    account: Self.account, instrument: Self.instrument, side: .buy, price: Price(ticks: ticks),
                    quantity: Quantity(lots: lots), purpose: .quote))
        }
    }

    func cancel(at milliseconds: Int64, _ order: UInt64) { at(milliseconds) { $0.cancel(OrderID(order)) } }

    /// Runs for so long; what is in flight then arrives.
    func run(_ milliseconds: Int64) throws {
        at(milliseconds) { _ in }
        // The market's last word: the run lasts as long as its data.
        record(at: milliseconds, .index, 0, 0)
        let driver = try SimulationDriver(
            core: core, venues: [venue], feeds: [.init(source: MemorySource(records), venue: 0)], venueOfAccount: [0],
            end: Self.time(milliseconds))
        _ = try driver.run(from: Self.start)
    }

    // MARK: What came of it

    /// What the strategy was told, and when in milliseconds from the start.
    var told: [(time: Int64, event: StrategyEvent)] { script.events.map { (($0.time - Self.start).count / 1_000_000, $0.event) } }

    /// Of one order.
    func changes(_ order: UInt64 = 1) -> [OrderChange] {
        told.compactMap { if case .order(OrderID(order), let change) = $0.event { change } else { nil } }
    }

    func order(_ id: UInt64 = 1) -> Order? { core.order(OrderID(id)) }

    /// What core and venue each have of position and balance.
    var ledger: (core: [Int64], venue: [Int64]) {
        (
            [core.position(Self.account, Self.instrument).lots, core.balance(Self.account, Self.usd).nanos],
            [
                venue.position(Self.account, Self.instrument).lots,
                venue.balances(Self.account).first { $0.currency == Self.usd }?.nanos ?? 0,
            ]
        )
    }

    /// Levels of our book, best first.
    func levels(_ side: Side) -> [[Int64]] {
        var levels: [[Int64]] = []
        while let level = core.books[Self.instrument].next(side, after: levels.last?[0]) { levels.append([level.ticks, level.lots]) }
        return levels
    }

    var touched: [Int64] { venue.faultRecords.map(\.touched) }
}
