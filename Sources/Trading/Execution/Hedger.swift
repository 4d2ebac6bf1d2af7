public import Market

/// Keeps a hedge group neutral: turns confirmed fills of the maker leg into immediate orders on the taker leg.
///
/// The need is arithmetic over the ledger and what is in flight, so that a partial fill, a late one or an unknown outcome is
/// neither missed nor hedged twice. When the taker leg refuses, the cap widens (L1), then the hedge goes to the alternate leg where
/// there is one (L2), then the maker leg is unwound (L3), then the group freezes (L4) (`domain` B.0).
///
///     flat ──fill──▶ accumulating ──≥ minimum──▶ hedging ──done──▶ flat | accumulating | unwinding ─▶ accumulating | frozen
public struct Hedger {
    /// What is done with an exposure that the taker leg takes no order for.
    public enum BelowMinimum: Hashable, Sendable {
        /// It waits for further fills.
        case accumulate
        /// What is this old is taken off on the maker leg.
        case flattenOnMaker(after: Nanoseconds)
        /// What is this old is hedged by the least that the taker leg takes; what that is too much is netted by further fills, or
        /// traded on the maker leg as soon as that takes an order for it. It is never overshot a second time: the exposure stays
        /// below the taker's minimum, and each exposure has one such order that fills.
        case overshootThenTrim(after: Nanoseconds)

        var age: Nanoseconds? {
            switch self {
            case .accumulate: nil
            case .flattenOnMaker(let after), .overshootThenTrim(let after): after
            }
        }
    }

    public struct Configuration: Sendable {
        public var maker: StrategyBinding.Leg
        public var taker: StrategyBinding.Leg
        /// Where hedges go that the taker leg did not take; nil: nowhere. What stands there is taken off first by hedges that can.
        public var alternate: StrategyBinding.Leg?
        /// How far beyond the touch a hedge may trade at its first try; each further try adds as much again.
        public var slippage = Rate(basisPoints: 20)
        /// Tries in a row on a leg before the next is tried, and at last the maker leg unwound: one more than this.
        public var attempts = 5
        public var retryDelay = Nanoseconds.milliseconds(500)
        public var belowMinimum = BelowMinimum.accumulate
        /// Whether both legs quote: a fill of a quote on either is hedged on the other.
        public var hedgesEitherWay = false
        /// How long the outcome of a hedge may be unknown before its need is met once more, reduce-only on the maker leg; nil: it is
        /// waited for. That leg's venue is not the silent one, and an order that can only reduce leads no further than to flat there:
        /// should the lost hedge have filled after all, what is then too much is as large as it at most, and is hedged back.
        public var duplicateAfter: Nanoseconds?

        public init(maker: StrategyBinding.Leg, taker: StrategyBinding.Leg) {
            self.maker = maker
            self.taker = taker
        }
    }

    public enum State: Hashable, Sendable {
        case flat, accumulating, hedging
        /// The legs that hedge failed; the maker leg is being reduced instead.
        case unwinding
        /// No leg could be traded: a person is needed.
        case frozen
    }

    public private(set) var configuration: Configuration
    public private(set) var ledger = ExposureLedger()
    public internal(set) var state = State.flat
    /// Hedges in a row that did not fill whole.
    public internal(set) var failures = 0
    /// Exposure to either side that is left as it is, in 10⁻⁹ of the base currency.
    public var band: Int64 = 0
    /// Whether the last quote filled on the taker leg, so that the maker leg hedges.
    private var isTurned = false
    private var retry: TimerToken?
    /// Changes of which nobody knows what they are in the base currency, until there is a price.
    private var uncounted: [(leg: StrategyBinding.Leg, change: Quantity)] = []
    var dust = Dust()
    /// The order on the resting leg that takes an exposure off: one at a time, and in flight like a hedge.
    var correction: OrderID?
    var doubts = Doubts()

    public init(_ configuration: Configuration) { self.configuration = configuration }

    /// How hedges are tried from here on.
    public mutating func tune(slippage: Rate, attempts: Int, retryDelay: Nanoseconds) {
        (configuration.slippage, configuration.attempts, configuration.retryDelay) = (slippage, attempts, retryDelay)
    }

    /// Takes a strategy's event; call it for every one, before acting on it.
    public mutating func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .order(let id, let change): orderChanged(id, change, &context)
        case .timer(let token) where token == retry:
            retry = nil
            hedge(&context)
        case .timer(let token) where token == dust.timer: dustIsOld(&context)
        case .timer(let token) where token == doubts.timer: lookAtDoubts(&context)
        case .touch(let instrument) where uncounted.contains { $0.leg.instrument == instrument },
            .book(let instrument) where uncounted.contains { $0.leg.instrument == instrument }:
            countForced(context)
            hedge(&context)
        case .touch(hedging.instrument), .book(hedging.instrument):
            // A refused hedge waits for its timer; anything else that is due goes out on the next price, also what was kept back for
            // fills that have turned out not to be.
            if retry == nil, state == .accumulating || state == .hedging { hedge(&context) }
        case .liquidation(let account, let instrument, let change), .adjusted(let account, let instrument, let change):
            forced(account, instrument, change, &context)
        default: break
        }
    }

    /// What of the confirmed exposure lies beyond the band.
    public var excess: Int64 { beyond(ledger.pending) }

    func beyond(_ exposure: Int64) -> Int64 { exposure - max(-band, min(band, exposure)) }

    /// The exposure's absolute value at the taker's mid, in 10⁻⁹ of its quote currency.
    public func unhedgedNotional(_ context: Context) -> Int64 {
        guard let mid = mid(configuration.taker, context) else { return 0 }
        return roundedBillionth(Int128(abs(ledger.pending)) * Int128(mid.nanos))
    }

    /// How long the group has been off its target by a tradable amount.
    public func unhedgedAge(_ now: Timestamp) -> Nanoseconds { ledger.since.map { now - $0 } ?? .zero }

    // MARK: Legs

    /// Where the exposure comes from, and is taken off if it can't be hedged.
    var resting: StrategyBinding.Leg { isTurned ? configuration.taker : configuration.maker }
    /// Where it is hedged at first.
    var hedging: StrategyBinding.Leg { isTurned ? configuration.maker : configuration.taker }

    func hedges(on leg: StrategyBinding.Leg) -> Bool {
        leg == configuration.taker || leg == configuration.alternate || (configuration.hedgesEitherWay && leg == configuration.maker)
    }

    func contract(_ leg: StrategyBinding.Leg, _ context: Context) -> Instrument { context.instruments[leg.instrument.index] }

    func mid(_ leg: StrategyBinding.Leg, _ context: Context) -> FinePrice? {
        context.books[leg.instrument].mid(contract(leg, context))
    }

    /// What this instance holds on a leg, in 10⁻⁹ of the base currency.
    func held(_ leg: StrategyBinding.Leg, at price: FinePrice, _ context: Context) -> Int64 {
        contract(leg, context).baseAmount(context.ownPosition(leg.account, leg.instrument), at: mid(leg, context) ?? price)
    }

    // MARK: Fills and ends

    private mutating func orderChanged(_ id: OrderID, _ change: OrderChange, _ context: inout Context) {
        guard let order = context.order(id) else { return }
        let leg = StrategyBinding.Leg(account: order.draft.account, instrument: order.draft.instrument)
        guard hedges(on: leg) || leg == configuration.maker else { return }
        if case .filled(let fill, _) = change {
            let instrument = context.instruments[fill.instrument.index]
            count(instrument.baseAmount(fill.signedQuantity, at: instrument.finePrice(fill.price)), on: leg, context)
            if configuration.hedgesEitherWay, order.draft.purpose == .quote { turn(towards: leg, &context) }
        }
        if order.draft.purpose == .hedge { doubts.settle(order) }
        if order.draft.purpose == .hedge, change == .unknown { doubtLater(&context) }
        if hedges(on: leg), order.isDone, order.draft.purpose == .hedge { hedgeEnded(order, change, &context) }
        if order.isDone, id == correction || (leg == resting && order.draft.purpose == .flatten) { unwindEnded(order, change, &context) }
        if case .filled = change { hedge(&context) }
    }

    private mutating func count(_ base: Int64, on leg: StrategyBinding.Leg, _ context: Context) {
        let before = excess.signum()
        if leg == configuration.maker { ledger.addMaker(base, at: context.now) } else { ledger.addHedge(base, at: context.now) }
        if excess.signum() != before { dust.signSince = context.now }
    }

    /// Whatever kept hedges of the other way back says nothing of this one.
    private mutating func turn(towards leg: StrategyBinding.Leg, _ context: inout Context) {
        guard isTurned != (leg == configuration.taker) else { return }
        isTurned.toggle()
        failures = 0
        if let retry { context.cancel(retry) }
        retry = nil
    }

    private mutating func hedgeEnded(_ order: Order, _ change: OrderChange, _ context: inout Context) {
        if case .filled(_, isLate: true) = change { return }
        // It was not tried: the core does not let hedges out for a while.
        if change == .denied(.recovering) || change == .denied(.closingPairs) { return retryLater(&context) }
        // The venue may count fills that have not come: they are in flight, not missed.
        if order.filled + order.signedReserve.magnitude >= order.quantity {
            failures = 0
            return
        }
        failed(&context)
    }

    /// L1 is the same leg again; its last failure leads to L2 at once, or to L3.
    private mutating func failed(_ context: inout Context) {
        failures += 1
        let tries = configuration.attempts + 1
        if failures >= (configuration.alternate == nil ? tries : 2 * tries) { return unwind(&context) }
        guard failures == tries else { return retryLater(&context) }
        context.note("the hedge failed \(failures) times: trying the alternate leg")
        if let retry { context.cancel(retry) }
        retry = nil
        hedge(&context)
    }

    mutating func retryLater(_ context: inout Context) {
        if retry == nil { retry = context.wake(at: context.now + configuration.retryDelay) }
    }

    // MARK: Hedging

    /// Of hedges and corrections that are on their way, in 10⁻⁹ of the base currency: all, and without those that are in doubt.
    func inFlight(at price: FinePrice, _ context: Context) -> (all: Int64, certain: Int64) {
        var all = flying(configuration.taker, at: price, context)
        if configuration.hedgesEitherWay { all += flying(configuration.maker, at: price, context) }
        if let alternate = configuration.alternate { all += flying(alternate, at: price, context) }
        func reserved(_ id: OrderID) -> Int64 {
            guard let order = context.order(id) else { return 0 }
            return context.instruments[order.draft.instrument.index].baseAmount(order.signedReserve, at: price)
        }
        if let correction { all += reserved(correction) }
        return (all, all - doubts.orders.reduce(0) { $0 + reserved($1) })
    }

    private func flying(_ leg: StrategyBinding.Leg, at price: FinePrice, _ context: Context) -> Int64 {
        let lots = context.inFlight(leg.account, leg.instrument, purpose: .hedge)
        return lots.isZero ? 0 : contract(leg, context).baseAmount(lots, at: mid(leg, context) ?? price)
    }

    /// Whether what a correction does is still to come, or to be told.
    func isCorrecting(_ context: Context) -> Bool {
        correction.flatMap { context.order($0) }.map { !$0.isDone || $0.certainty != .known } ?? false
    }

    /// Sends what is needed and not in flight.
    public mutating func hedge(_ context: inout Context) {
        guard state != .frozen, state != .unwinding, retry == nil else { return }
        guard let price = mid(hedging, context) ?? configuration.alternate.flatMap({ mid($0, context) }) else {
            if ledger.pending != 0 { retryLater(&context) }
            return
        }
        let flying = inFlight(at: price, context)
        // Whatever became of a hedge in doubt: more than is needed either way would be a second hedge for one need.
        let need = Self.common(-beyond(ledger.pending + flying.all), -beyond(ledger.pending + flying.certain))
        guard let (leg, lots) = route(need, at: price, context) else {
            if isDiverted, isTradable(need, on: hedging, at: price, context) { return unwind(&context) }
            return rest(flying.all, &context)
        }
        let side: Side = lots.lots > 0 ? .buy : .sell
        guard let touch = context.books.touch(leg.instrument, taking: side) else {
            return configuration.alternate == nil ? retryLater(&context) : failed(&context)
        }
        state = .hedging
        let tries = 1 + (isDiverted ? failures - configuration.attempts - 1 : failures)
        withdrawQuotes(leg, against: side, &context)
        context.submit(
            OrderDraft(
                account: leg.account, instrument: leg.instrument, side: side, timeInForce: .immediateOrCancel,
                price: Self.cap(touch, side, configuration.slippage, tries: tries, contract(leg, context).contract),
                quantity: lots.magnitude, purpose: .hedge))
    }

    /// Nothing is to be sent now.
    private mutating func rest(_ flying: Int64, _ context: inout Context) {
        state = flying == 0 ? (ledger.pending == 0 ? .flat : .accumulating) : .hedging
        if isDiverted, flying == 0 { failures = 0 }
        if state == .accumulating { watchDust(&context) }
    }

    /// What two needs agree on: nothing where they differ in sign.
    static func common(_ one: Int64, _ two: Int64) -> Int64 {
        one.signum() == two.signum() ? one.signum() * min(abs(one), abs(two)) : 0
    }

    /// Whether hedges go to the second leg of their choice.
    private var isDiverted: Bool { configuration.alternate != nil && failures > configuration.attempts }

    private func isTradable(_ base: Int64, on leg: StrategyBinding.Leg, at price: FinePrice, _ context: Context) -> Bool {
        let (instrument, price) = (contract(leg, context), mid(leg, context) ?? price)
        return instrument.takes(instrument.quantity(baseAmount: base, at: price), at: price)
    }

    /// The leg for a need and how much of it that leg takes; nil where that is nothing.
    ///
    /// The first choice is the leg that hedges, unless the alternate holds the opposite: taking that off leaves less to be closed.
    private func route(_ need: Int64, at price: FinePrice, _ context: Context) -> (leg: StrategyBinding.Leg, lots: Quantity)? {
        func lots(_ leg: StrategyBinding.Leg, _ base: Int64) -> (StrategyBinding.Leg, Quantity)? {
            let (instrument, price) = (contract(leg, context), mid(leg, context) ?? price)
            let lots = instrument.quantity(baseAmount: base, at: price)
            return instrument.takes(lots, at: price) ? (leg, lots) : nil
        }
        guard let alternate = configuration.alternate else { return lots(hedging, need) }
        let back = Self.common(need, -held(alternate, at: price, context) - flying(alternate, at: price, context))
        guard let first = lots(alternate, back) else { return isDiverted ? lots(alternate, need) : lots(hedging, need) }
        return isDiverted ? lots(hedging, need) : first
    }

    /// Our own quotes on the other side would be met first: they go before an order that takes, on the same lane.
    func withdrawQuotes(_ leg: StrategyBinding.Leg, against side: Side, _ context: inout Context) {
        guard configuration.hedgesEitherWay else { return }
        for quote in context.openOrders(leg.account, leg.instrument) where quote.draft.side != side && quote.draft.purpose == .quote {
            context.cancel(quote.id)
        }
    }

    /// The touch moved against us by `slippage` × tries, in whole ticks, and no less than one lot of price.
    static func cap(_ touch: Price, _ side: Side, _ slippage: Rate, tries: Int, _ contract: Contract) -> Price {
        let room = Int128(touch.ticks) * Int128(slippage.trillionths) * Int128(tries) / Int128(Rate.scale)
        let bound = contract.orderPrice(Price(ticks: touch.ticks + side.sign * Int64(room)), side)
        return Price(ticks: max(contract.priceStep, bound.ticks))
    }

    // MARK: What others did

    /// The venue closed part of a leg: a fill like any other for what must be hedged.
    private mutating func forced(_ account: AccountID, _ instrument: InstrumentID, _ change: Quantity, _ context: inout Context) {
        let leg = StrategyBinding.Leg(account: account, instrument: instrument)
        guard leg == configuration.maker || hedges(on: leg) else { return }
        uncounted.append((leg, change))
        countForced(context)
        hedge(&context)
    }

    /// Only an inverse contract needs a price for it, which there may be none of yet where a process begins anew.
    private mutating func countForced(_ context: Context) {
        let changes = uncounted
        uncounted = []
        for (leg, change) in changes {
            let contract = contract(leg, context)
            if let price = context.mark(leg.instrument) ?? mid(leg, context) {
                count(contract.baseAmount(change, at: price), on: leg, context)
            } else if contract.kind != .inverse {
                count(contract.baseAmount(change, at: FinePrice(nanos: 1_000_000_000)), on: leg, context)
            } else {
                uncounted.append((leg, change))
            }
        }
    }

    /// What is left can't be traded at all.
    mutating func giveUpRest(_ context: Context) { ledger.settle(at: context.now) }
}
