import Market
import Simulation
import Strategies
import Trading

/// Two venues, an account on each, a core and a strategy: a small world whose records a test makes by hand.
struct PairWorld {
    static let usd = Currency("USD")!
    static let btc = Currency("BTC")!
    static let second: Int64 = 1_000_000_000

    let core: TradingCore
    let venues: [SimulatedVenue]
    let notes = Notes()
    private(set) var now: Int64 = 1_700_000_000 * PairWorld.second

    final class Notes: CoreObserver {
        var texts: [String] = []
        var fills: [(account: Int, fill: Fill, isLate: Bool, cancelPending: Bool)] = []
        var sent: [Order] = []
        func submitted(_ order: Order, at time: Timestamp) { sent.append(order) }
        func filled(_ fill: Fill, _ order: Order?, account: AccountID, isLate: Bool, cancelPending: Bool, venueTime: Timestamp) {
            fills.append((account.index, fill, isLate, cancelPending))
        }
        func ended(_ order: Order, at time: Timestamp) {}
        func funded(_ payment: FundingPayment, account: AccountID, at time: Timestamp) {}
        func requested(_ kind: RequestKind, _ order: Order, at time: Timestamp) {}
        func refused(_ kind: RequestKind, _ order: OrderID, _ reason: RejectReason, account: AccountID, at time: Timestamp) {}
        func noted(_ text: String, instance: StrategyID, at time: Timestamp) { texts.append(text) }
    }

    /// Tick 1 USD, lot 0.001 BTC near 60,000; the taker's smallest order is `takerMinimum` lots. Latencies are 10 ms each way.
    static func instruments(takerMinimum: Int64 = 1) -> [Instrument] {
        [1, takerMinimum].map { minimum in
            Instrument(
                symbol: "BTC", venue: "v", venueSymbol: "BTC", kind: .linear, base: btc, quote: usd,
                tickSize: FinePrice(nanos: 1_000_000_000),
                lotSize: 1_000_000, minimumQuantity: Quantity(lots: minimum))
        }
    }

    init(_ instruments: [Instrument] = PairWorld.instruments(), takerCollateral: Int64 = 100_000, _ make: (StrategyBinding) -> any Strategy)
    {
        let money = [Money(nanos: 100_000 * Self.second, Self.usd), Money(nanos: takerCollateral * Self.second, Self.usd)]
        core = TradingCore(
            CoreConfiguration(
                instruments: instruments, accounts: (0...1).map { .init(name: "\($0)", venue: VenueID($0), balances: [money[$0]]) }, seed: 3
            ))
        venues = (0...1).map { index in
            SimulatedVenue(
                VenueConfiguration(
                    listings: [.init(id: InstrumentID(index), instrument: instruments[index])],
                    accounts: [
                        .init(
                            id: AccountID(index), collateral: [money[index]], makerFee: .zero, takerFee: Rate(basisPoints: 1),
                            entryLatency: .milliseconds(10), responseLatency: .milliseconds(10))
                    ]))
        }
        let legs = ["maker": 0, "taker": 1].mapValues { StrategyBinding.Leg(account: AccountID($0), instrument: InstrumentID($0)) }
        core.attach(make(StrategyBinding(legs: legs, instruments: instruments)), subscriptions: [InstrumentID(0), InstrumentID(1)])
        core.observe(notes)
    }

    /// Books of 60,000 × 10 lots and 60,002 × 10 lots (and deep levels behind) on both, then the start.
    mutating func start() {
        for venue in 0...1 { snapshot(venue, 60_000, 60_002) }
        core.start(at: Timestamp(nanoseconds: now))
        flush()
    }

    mutating func snapshot(_ venue: Int, _ bid: Int64, _ ask: Int64) {
        let levels: [(Side, Int64, Int64)] = [(.buy, bid, 10), (.buy, bid - 5, 5_000), (.sell, ask, 10), (.sell, ask + 5, 5_000)]
        for (index, level) in levels.enumerated() {
            record(venue, .level, level.0, level.1, level.2, [.snapshot, index == 0 ? .first : [], index == 3 ? .last : []])
        }
    }

    /// One record, at the venue and at us.
    mutating func record(
        _ venue: Int, _ kind: MarketEvent.Kind, _ side: Side, _ ticks: Int64, _ lots: Int64, _ flags: MarketEvent.Flags = [.first, .last]
    ) {
        let time = Timestamp(nanoseconds: now)
        let event = MarketEvent(
            kind: kind, instrument: InstrumentID(venue), venueTime: time, receiveTime: time, price: ticks, quantity: lots,
            flags: side == .sell ? flags.union(.sell) : flags)
        venues[venue].receive(event)
        core.receive(event)
        flush()
    }

    private func flush() {
        while let command = core.nextCommand() { venues[command.account.index].handle(command, now: core.now) }
    }

    /// Lets time pass: requests arrive, reports come back, timers fire, in order.
    mutating func pass(milliseconds: Int64) {
        let end = now + milliseconds * 1_000_000
        while true {
            let next = min(venues.map(\.nextArrival).min() ?? .never, venues.map(\.nextReportTime).min() ?? .never, core.nextWake)
            guard next.nanoseconds <= end else { break }
            now = max(now, next.nanoseconds)
            let time = Timestamp(nanoseconds: now)
            for venue in venues where venue.nextArrival <= time { venue.processArrival() }
            for venue in venues { while let report = venue.nextReport(now: time) { core.receive(report) } }
            if core.nextWake <= time { core.wake(at: time) }
            flush()
        }
        now = end
    }

    func position(_ leg: Int) -> Int64 { venues[leg].position(AccountID(leg), InstrumentID(leg)).lots }

    static func parameters(_ specification: StrategySpecification, _ changes: [String: ParameterValue]) -> Parameters {
        var values = changes
        for parameter in specification.parameters where values[parameter.name] == nil {
            values[parameter.name] = defaults[parameter.name]
        }
        return Parameters(values)
    }

    /// The defaults of the specifications, as values.
    private static let defaults: [String: ParameterValue] = [
        "direction": .choice("long_maker"), "size": .unlimited, "leverage": .integer(10),
        "collateral_buffer": .factor(Rate(trillionths: 960_000_000_000)),
        "hold": .durationRange(.seconds(60), .seconds(60)), "cool_down": .durationRange(.seconds(10), .seconds(10)),
        "max_cycles": .unlimited,
        "margin_threshold": .amount(Money(nanos: 30 * second, usd)), "margin_interval": .duration(.seconds(60)),
        "test_mode": .boolean(false),
        "offset_ticks": .integer(0), "min_reprice": .duration(.milliseconds(250)), "interval": .duration(.seconds(10)),
        "post_only": .boolean(true),
        "post_only_retries": .integer(3), "allow_taker": .boolean(false), "entry_timeout": .duration(.seconds(120)),
        "max_attempts": .unlimited,
        "max_hedge_slippage": .rate(Rate(basisPoints: 20)), "hedge_attempts": .integer(5),
        "hedge_retry_delay": .duration(.milliseconds(500)),
        "sides": .choice("both"), "min_net": .rate(Rate(basisPoints: 3)), "maker_fee": .rate(.zero), "taker_fee": .rate(.zero),
        "buffer": .rate(.zero),
        "inventory_skew": .rate(.zero), "max_inventory": .integer(5), "depth_multiple": .integer(2),
        "basis_half_life": .duration(.seconds(60)),
        "warm_up": .duration(.zero), "requote_ticks": .integer(2), "requote": .rate(.zero), "min_requote": .duration(.milliseconds(100)),
        "quote_ttl": .duration(.seconds(30)), "stale_after": .duration(.seconds(3)), "max_unhedged": .integer(2),
        "max_unhedged_age": .duration(.seconds(4)), "sub_min": .choice("accumulate"), "max_pending_age": .duration(.seconds(30)),
    ]
}
