import Market
import Testing

@testable import Trading

extension Currency {
    static let usd = Currency("USD")!
    static let btc = Currency("BTC")!
}

extension Instrument {
    /// One dollar a tick, one coin a lot: prices and sizes read as they are.
    static let plain = Instrument(
        symbol: "BTC", venue: "test", venueSymbol: "BTCUSD", kind: .linear, base: .btc, quote: .usd,
        tickSize: FinePrice(nanos: 1_000_000_000),
        lotSize: 1_000_000_000)
}

/// A strategy that writes down what it is told, and answers as a story says.
final class Probe: Strategy {
    static let specification = StrategySpecification(name: "probe", purpose: "tests", phases: [], roles: [], parameters: [])

    let interests: Interests
    var events: [StrategyEvent] = []
    var stopped: [StopReason] = []
    var onEvent: (StrategyEvent, inout Context) -> Void = { _, _ in }

    init(_ interests: Interests) { self.interests = interests }
    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) { interests = [] }

    func start(_ context: inout Context) {}
    func receive(_ event: StrategyEvent, _ context: inout Context) {
        events.append(event)
        onEvent(event, &context)
    }
    func stop(_ reason: StopReason, _ context: inout Context) { stopped.append(reason) }
}

/// A core with one account and one book (99 at 100, size 10 each), in the steps that a story needs.
final class CoreStage {
    static let account = AccountID(0)
    static let instrument = InstrumentID(0)

    let core: TradingCore
    let probe: Probe
    /// Of stories with two strategies.
    let second: Probe?
    var now = Timestamp(nanoseconds: 1_000_000_000)
    private var lastTrade: UInt64 = 0

    init(
        _ instrument: Instrument = .plain, limits: RiskLimits = RiskLimits(), interests: Interests = [], seed: UInt64 = 1,
        keepsOrdersFor: Nanoseconds = .minutes(10), hasBook: Bool = true, margins: [MarginTerms?] = [],
        reconcileEvery: Nanoseconds? = nil, own: InstanceLimits = InstanceLimits(), second: InstanceLimits? = nil, journal: Journal? = nil
    ) {
        core = TradingCore(
            CoreConfiguration(
                instruments: [instrument],
                accounts: [.init(name: "a", venue: VenueID(0), balances: [Money(nanos: 1_000_000_000_000, .usd)])], seed: seed,
                limits: limits, margins: margins,
                keepsOrdersFor: keepsOrdersFor, reconcileEvery: reconcileEvery), journal: journal)
        probe = Probe(interests)
        self.second = second.map { _ in Probe(interests) }
        core.attach(probe, subscriptions: [Self.instrument], limits: own)
        if let limits = second, let other = self.second { core.attach(other, subscriptions: [Self.instrument], limits: limits) }
        core.start(at: now)
        if hasBook { snapshot(bid: 99, ask: 100) }
        _ = takeEvents()
    }

    // MARK: What enters

    func pass(_ span: Nanoseconds = .milliseconds(1)) { now = now + span }

    func receive(_ kind: MarketEvent.Kind, _ price: Int64 = 0, _ quantity: Int64 = 0, flags: MarketEvent.Flags = [.first, .last]) {
        pass()
        core.receive(
            MarketEvent(
                kind: kind, instrument: Self.instrument, venueTime: now, receiveTime: now, price: price, quantity: quantity, flags: flags))
    }

    func snapshot(bid: Int64, ask: Int64) {
        receive(.level, bid, 10, flags: [.first, .snapshot])
        receive(.level, ask, 10, flags: [.last, .snapshot, .sell])
    }

    /// What strategies may do, done now; what it causes is told afterwards.
    @discardableResult
    func act<Result>(of instance: Int = 0, _ body: (inout Context) -> Result) -> Result {
        pass()
        core.advance(to: now)
        var result: Result?
        core.call(.strategy(StrategyID(instance))) { _, context in result = body(&context) }
        core.deliver()
        return result!
    }

    func report(_ report: AccountEvent.Report) {
        pass()
        core.receive(AccountEvent(account: Self.account, venueTime: now, receiveTime: now, report: report))
    }

    func fill(_ order: OrderID, _ side: Side, _ ticks: Int64, _ lots: Int64, trade: UInt64? = nil) {
        lastTrade += 1
        report(.filled(Self.fill(order, side, ticks, lots, trade: trade ?? lastTrade)))
    }

    static func fill(_ order: OrderID, _ side: Side, _ ticks: Int64, _ lots: Int64, trade: UInt64) -> Fill {
        Fill(
            order: order, instrument: instrument, trade: trade, side: side, role: .maker, price: Price(ticks: ticks),
            quantity: Quantity(lots: lots), fee: .zero(.usd))
    }

    func wake(after span: Nanoseconds) {
        pass(span)
        core.wake(at: now)
    }

    // MARK: Orders

    static func draft(
        _ side: Side, _ ticks: Int64?, _ lots: Int64, type: OrderType = .limit, postOnly: Bool = false, reduceOnly: Bool = false,
        purpose: OrderPurpose = .quote
    ) -> OrderDraft {
        OrderDraft(
            account: account, instrument: instrument, side: side, type: type, price: ticks.map(Price.init(ticks:)),
            quantity: Quantity(lots: lots), postOnly: postOnly, reduceOnly: reduceOnly, purpose: purpose)
    }

    func submit(_ draft: OrderDraft, of instance: Int = 0) -> OrderID { act(of: instance) { $0.submit(draft) } }

    /// An order that the venue has.
    func open(_ side: Side = .buy, _ ticks: Int64 = 98, _ lots: Int64 = 5, of instance: Int = 0) -> OrderID {
        let id = submit(Self.draft(side, ticks, lots), of: instance)
        report(.acknowledged(id))
        _ = takeEvents()
        _ = takeCommands()
        return id
    }

    /// Why our own risk refuses an order now; nil if it lets it go.
    func denial(_ draft: OrderDraft, of instance: Int = 0) -> DenyReason? {
        let id = submit(draft, of: instance)
        for case .order(id, .denied(let reason)) in takeEvents(of: instance) { return reason }
        return nil
    }

    /// Why our own risk refuses an amend now; nil if it lets it go.
    func amendDenial(_ id: OrderID, _ ticks: Int64, _ lots: Int64) -> DenyReason? {
        act { $0.amend(id, price: Price(ticks: ticks), quantity: Quantity(lots: lots)) }
        for case .order(id, .amendDenied(let reason)) in takeEvents() { return reason }
        return nil
    }

    // MARK: What leaves

    func order(_ id: OrderID) throws -> Order { try #require(core.order(id)) }

    func takeCommands() -> [Command] {
        var commands: [Command] = []
        while let command = core.nextCommand() { commands.append(command) }
        return commands
    }

    func takeEvents(of instance: Int = 0) -> [StrategyEvent] {
        let probe = instance == 0 ? probe : second ?? probe
        defer { probe.events = [] }
        return probe.events
    }
}
