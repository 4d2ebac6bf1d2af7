import Market

@testable import Trading

/// A core with one venue, two instruments and a strategy that does what a test tells it.
final class ScriptedStrategy: Strategy {
    static let specification = StrategySpecification(name: "scripted", purpose: "", phases: [], roles: [], parameters: [])
    var interests: Interests = [.touch, .trade]
    var events: [StrategyEvent] = []
    var onEvent: (StrategyEvent, inout Context) -> Void = { _, _ in }
    var onStart: (inout Context) -> Void = { _ in }

    init() {}
    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {}
    func start(_ context: inout Context) { onStart(&context) }
    func receive(_ event: StrategyEvent, _ context: inout Context) {
        events.append(event)
        onEvent(event, &context)
    }
    func stop(_ reason: StopReason, _ context: inout Context) {}
}

struct ScriptedCore {
    static let usd = Currency("USD")!
    let core: TradingCore
    let strategy = ScriptedStrategy()
    var now: Int64 = 1_000

    init(limits: RiskLimits = RiskLimits(), unknownAfter: Nanoseconds = .seconds(2), journal: Journal? = nil) {
        let instrument = Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTC", kind: .linear, base: Currency("BTC")!, quote: Self.usd,
            tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 1_000_000_000)
        core = TradingCore(
            CoreConfiguration(
                instruments: [instrument, instrument],
                accounts: [.init(name: "M", venue: VenueID(0), balances: [Money(nanos: 1_000_000_000_000, Self.usd)])],
                seed: 1, limits: limits, unknownAfter: unknownAfter), journal: journal)
        core.attach(strategy, subscriptions: [InstrumentID(0), InstrumentID(1)])
    }

    /// Starts it on a synchronised book of 100 × 5 and 102 × 5.
    mutating func start() {
        book(100, 102)
        core.start(at: time())
    }

    mutating func time(_ span: Int64 = 1) -> Timestamp {
        now += span
        return Timestamp(nanoseconds: now)
    }

    mutating func book(_ bid: Int64, _ ask: Int64, instrument: Int = 0) {
        let at = time()
        for (side, ticks, flags) in [(Side.buy, bid, MarketEvent.Flags([.first, .snapshot])), (.sell, ask, [.last, .snapshot, .sell])] {
            _ = side
            core.receive(
                MarketEvent(
                    kind: .level, instrument: InstrumentID(instrument), venueTime: at, receiveTime: at, price: ticks, quantity: 5,
                    flags: flags))
        }
    }

    /// Lets the strategy ask for something at a timer of its own.
    mutating func ask(_ body: @escaping (inout Context) -> Void) {
        let before = strategy.onEvent
        strategy.onEvent = { event, context in if case .timer = event { body(&context) } }
        var context = Context(core: core, instance: StrategyID(0), algorithm: nil)
        context.wake(at: core.now)
        core.wake(at: time())
        strategy.onEvent = before
    }

    static func draft(
        _ side: Side = .buy, _ ticks: Int64? = 100, _ lots: Int64 = 2, purpose: OrderPurpose = .quote, postOnly: Bool = false,
        reduceOnly: Bool = false
    ) -> OrderDraft {
        OrderDraft(
            account: AccountID(0), instrument: InstrumentID(0), side: side, type: ticks == nil ? .market : .limit,
            price: ticks.map { Price(ticks: $0) }, quantity: Quantity(lots: lots), postOnly: postOnly, reduceOnly: reduceOnly,
            purpose: purpose)
    }

    @discardableResult
    mutating func submit(_ draft: OrderDraft) -> OrderID {
        var id = OrderID(0)
        ask { id = $0.submit(draft) }
        return id
    }

    mutating func report(_ report: AccountEvent.Report) {
        let at = time()
        core.receive(AccountEvent(account: AccountID(0), venueTime: at, receiveTime: at, report: report))
    }

    mutating func fill(_ id: OrderID, _ lots: Int64, trade: UInt64, side: Side = .buy, ticks: Int64 = 100) {
        report(
            .filled(
                Fill(
                    order: id, instrument: InstrumentID(0), trade: trade, side: side, role: .maker, price: Price(ticks: ticks),
                    quantity: Quantity(lots: lots), fee: Money(nanos: 10, Self.usd))))
    }

    func commands() -> [Command] {
        var all: [Command] = []
        while let command = core.nextCommand() { all.append(command) }
        return all
    }
}
