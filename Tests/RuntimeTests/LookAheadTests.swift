import Feeds
import Market
import Metrics
import Scenario
import Simulation
import Strategies
import Tape
import Testing
import Trading

@testable import Runtime

/// Buys the moment it sees a higher price than a moment ago, as one who saw the future would, and sells at once after.
private final class Oracle: Strategy {
    static let specification = StrategySpecification(
        name: "oracle", purpose: "Trades on every rise that it sees.", phases: [], roles: [.init("maker", "")], parameters: [])
    private let leg: StrategyBinding.Leg
    private var lastAsk: Int64 = .max
    private var holds = false

    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) { leg = binding.leg("maker") }
    var interests: Interests { .touch }
    func start(_ context: inout Context) {}
    func stop(_ reason: StopReason, _ context: inout Context) {}

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        guard case .touch(leg.instrument) = event, let ask = context.books[leg.instrument].bestAsk,
            let bid = context.books[leg.instrument].bestBid
        else { return }
        defer { lastAsk = ask.ticks }
        let position = context.ownPosition(leg.account, leg.instrument)
        guard context.openOrders().isEmpty else { return }
        if position.isZero, ask.ticks > lastAsk {
            // At yesterday's price, so to say: only one who is ahead of the market gets it.
            send(.buy, Price(ticks: lastAsk), Quantity(lots: 1_000), &context)
        } else if !position.isZero {
            send(.sell, bid, position, &context)
        }
    }

    private func send(_ side: Side, _ price: Price, _ quantity: Quantity, _ context: inout Context) {
        context.submit(
            OrderDraft(
                account: leg.account, instrument: leg.instrument, side: side, timeInForce: .immediateOrCancel, price: price,
                quantity: quantity,
                purpose: .hedge))
    }
}

@Suite struct LookAheadTests {
    /// A market that only rises: ten ticks each second, at once.
    private static func rising(receivedBefore lead: Int64) throws -> String {
        let bench = try Workbench()
        let path = bench.folder + "/rising.tape"
        let instrument = Instrument(
            symbol: "BTC", venue: "backpack", venueSymbol: "BTC_USDC_PERP", kind: .linear, base: Currency("BTC")!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 10_000)
        let writer = try TapeWriter(creating: path)
        let feed = try writer.addFeed(FeedDescription(instrument: instrument, source: "test"))
        for second in 0..<200 as Range<Int64> {
            let venue = 1_700_000_000_000_000_000 + second * 1_000_000_000
            let base = 60_000 + second * 10
            let changes: [(Side, Int64, Int64)] = [
                (.buy, base - 11, 0), (.buy, base - 1, 1_000_000), (.sell, base - 9, 0), (.sell, base + 1, 1_000_000),
            ]
            for (index, change) in changes.enumerated() {
                var flags: MarketEvent.Flags = change.0 == .sell ? .sell : []
                if index == 0 { flags.insert(.first) }
                if index == 3 { flags.insert(.last) }
                if second == 0 { flags.insert(.snapshot) }
                try writer.append(
                    MarketEvent(
                        kind: .level, instrument: feed, venueTime: Timestamp(nanoseconds: venue),
                        receiveTime: Timestamp(nanoseconds: venue - lead),
                        price: change.1, quantity: second == 0 && change.2 == 0 ? 1 : change.2, flags: flags))
            }
        }
        try writer.close()
        return path
    }

    @Test func `one who sees the market before it happens on a wrong clock earns nothing from it`() throws {
        let path = try Self.rising(receivedBefore: 600_000_000)
        var registry = StrategyRegistry()
        registry.add(Oracle.self)
        let scenario = try ScenarioLoader(strategies: registry.specifications).resolve(
            """
            version: 1
            name: oracle
            tapes: ["\(path)"]
            venues: { v: { feed: backpack, profile: generic, margin_check: none } }
            accounts:
              M: { venue: v, collateral: ["1000000 USDC"], maker_fee: "0 bp", taker_fee: "0 bp", entry_latency: "1 ms" }
            strategy: { name: oracle, symbol: BTC, accounts: { maker: M } }
            reporting: USDC
            """, file: "oracle.yaml")
        let outcome = try Backtest(scenario, registry: registry).run()
        #expect(outcome.result.activity[0].submitted > 100)
        #expect(outcome.result.netProfit.units <= 0)
        #expect(outcome.result.fillCount == 0, "yesterday's price is gone when the order arrives")
    }

    @Test func `corrected times never let a record reach us before the venue made it`() throws {
        let tape = try Tape(opening: Self.rising(receivedBefore: 600_000_000))
        let source = TapeSource(
            parts: [.init(path: "", tape: tape, feed: InstrumentID(0), followsHole: false)], instrument: InstrumentID(3),
            minimumLatency: .milliseconds(1))
        var last = Timestamp.distantPast
        while let batch = try source.next() {
            for event in (0..<batch.count).map({ batch[$0] }) {
                #expect(
                    event.receiveTime >= event.venueTime + .milliseconds(1) && event.receiveTime >= last
                        && event.instrument == InstrumentID(3))
                last = event.receiveTime
            }
        }
    }
}
