import Market
import Scenario
import Simulation
import Strategies
import Tape
import Testing
import Trading

@testable import Runtime

/// Buys once: passively at the best bid, or whatever the best ask shows at once; takes a resting order back after a while.
private final class OneOrder: Strategy {
    static let specification = StrategySpecification(
        name: "one_order", purpose: "Buys once.", phases: [], roles: [.init("maker", "")],
        parameters: [.init("takes", .boolean, default: ["false"], "Whether it takes.")])
    private let leg: StrategyBinding.Leg
    private let takes: Bool
    private static let patience = Nanoseconds.milliseconds(30)
    private var order: OrderID?

    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        (leg, takes) = (binding.leg("maker"), parameters.boolean("takes"))
    }

    var interests: Interests { .touch }
    func start(_ context: inout Context) {}
    func stop(_ reason: StopReason, _ context: inout Context) {}

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .touch(leg.instrument) where order == nil:
            guard let bid = context.books[leg.instrument].bestBid, let ask = context.books[leg.instrument].bestAsk else { return }
            order = context.submit(
                OrderDraft(
                    account: leg.account, instrument: leg.instrument, side: .buy,
                    timeInForce: takes ? .immediateOrCancel : .goodTillCancelled,
                    price: takes ? ask : bid, quantity: Quantity(lots: 100), purpose: .quote))
            if !takes { _ = context.wake(at: context.now + Self.patience) }
        case .timer: if let order { context.cancel(order) }
        default: break
        }
    }
}

/// A feed that is told 50 ms after it happened, an order that takes 10 ms to its venue, and a report that would take 1 ms back.
@Suite struct PaperHonestyTests {
    private static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    private static let latency = Nanoseconds.milliseconds(50)

    /// What happens at the venue, in milliseconds after the full book is told, which is when the order is decided.
    private struct World {
        var records: [(at: Int64, kind: MarketEvent.Kind, side: Side, price: Int64, lots: Int64)] = []

        /// - Returns: The reports that the core heard: what, when at the venue, and when here; in milliseconds after the decision.
        func reports(takes: Bool = false) throws -> [String] {
            let bench = try Workbench()
            let path = bench.folder + "/made.tape"
            let instrument = Instrument(
                symbol: "BTC", venue: "backpack", venueSymbol: "BTC_USDC_PERP", kind: .linear, base: try #require(Currency("BTC")),
                quote: try #require(Currency("USDC")), tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 10_000)
            let writer = try TapeWriter(creating: path)
            let feed = try writer.addFeed(FeedDescription(instrument: instrument, source: "test"))
            func write(_ at: Timestamp, _ kind: MarketEvent.Kind, _ side: Side, _ price: Int64, _ lots: Int64, _ flags: MarketEvent.Flags)
                throws
            {
                try writer.append(
                    MarketEvent(
                        kind: kind, instrument: feed, venueTime: at, receiveTime: at + latency, price: price, quantity: lots,
                        flags: side == .sell ? flags.union(.sell) : flags))
            }
            try write(start, .level, .buy, 99, 1_000, [.snapshot, .first])
            try write(start, .level, .sell, 101, 1_000, [.snapshot, .last])
            for record in records {
                try write(start + latency + .milliseconds(record.at), record.kind, record.side, record.price, record.lots, [.first, .last])
            }
            // The feed goes on.
            for step in 1...60 as ClosedRange<Int64> {
                try write(start + .milliseconds(300 + 10 * step), .level, .buy, 90, 100 + step, [.first, .last])
            }
            try writer.close()
            var registry = StrategyRegistry()
            registry.add(OneOrder.self)
            let scenario = try ScenarioLoader(strategies: registry.specifications).resolve(
                """
                version: 1
                name: honest
                tapes: ["\(path)"]
                venues: { v: { feed: backpack, profile: backpack, margin_check: none, minimum_latency: "50 ms" } }
                accounts: { M: { venue: v, collateral: ["1000000 USDC"], entry_latency: "10 ms", response_latency: "1 ms" } }
                strategy: { name: one_order, symbol: BTC, accounts: { maker: M }, parameters: { takes: \(takes) } }
                reporting: USDC
                """, file: bench.folder + "/honest.yaml")
            let journal = bench.folder + "/journal.sqlite"
            _ = try PaperWorld(scenario, registry: registry, journal: journal, allowance: .milliseconds(60)).go()
            let file = try JournalFile(opening: journal)
            var (decided, told) = (Timestamp?.none, [String]())
            while let entry = try file.next()?.entry {
                if case .command(.submit, let time) = entry { decided = time }
                guard case .report(let event) = entry, let decided else { continue }
                let what =
                    switch event.report {
                    case .acknowledged: "acknowledged"
                    case .filled(let fill): "filled \(fill.quantity.lots) at \(fill.price.ticks)"
                    case .cancelled: "cancelled"
                    case .expired: "expired"
                    case .rejected(_, let kind, _): "\(kind) refused"
                    default: "other"
                    }
                told.append("\(what): \((event.venueTime - decided).count / 1_000_000), \((event.receiveTime - decided).count / 1_000_000)")
            }
            return told.filter { !$0.hasPrefix("other") }
        }
    }

    @Test func `a market that trades through a price before the order is there does not fill it`() throws {
        // Seen here 55 ms after the decision, 45 ms after the order's arrival.
        let world = World(records: [(5, .trade, .sell, 99, 5_000), (5, .trade, .sell, 98, 5_000), (45, .level, .buy, 98, 10)])
        // The order's arrival is known once the feed has been silent for its allowance.
        #expect(try world.reports() == ["acknowledged: 10, 70", "cancelled: 40, 95"])
    }

    @Test func `a fill comes no sooner than the trade that makes it, and a cancel that was sent meanwhile is too late`() throws {
        let world = World(records: [(20, .trade, .sell, 98, 5_000), (45, .level, .buy, 98, 10)])
        #expect(try world.reports() == ["acknowledged: 10, 70", "filled 100 at 99: 20, 70", "cancel refused: 40, 95"])
    }

    @Test func `an order that takes meets the book of its arrival, not the one that it was sent for`() throws {
        let gone = World(records: [(5, .level, .sell, 101, 0), (15, .level, .buy, 98, 10)])
        #expect(try gone.reports(takes: true) == ["acknowledged: 10, 65", "expired: 10, 65"])
        let there = World(records: [(5, .level, .buy, 98, 10), (15, .level, .sell, 101, 0)])
        #expect(try there.reports(takes: true) == ["acknowledged: 10, 65", "filled 100 at 101: 10, 65"])
    }
}
