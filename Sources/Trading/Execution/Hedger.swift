public import Market

/// Keeps a hedge group neutral: turns confirmed fills of the maker leg into immediate orders on the taker leg.
///
/// The need is arithmetic over the ledger and what is in flight, so that a partial fill, a late one or an unknown outcome is
/// neither missed nor hedged twice. When the taker leg refuses, the cap widens, then the maker leg is unwound, then the
/// group freezes.
///
///     flat ──fill──▶ accumulating ──≥ minimum──▶ hedging ──done──▶ flat | accumulating | escalated
public struct Hedger {
    public struct Configuration: Sendable {
        public var maker: StrategyBinding.Leg
        public var taker: StrategyBinding.Leg
        /// How far beyond the touch a hedge may trade at its first try; each further try adds as much again.
        public var slippage = Rate(basisPoints: 20)
        /// Tries in a row before the maker leg is unwound.
        public var attempts = 5
        public var retryDelay = Nanoseconds.milliseconds(500)
        /// What remains below the taker's minimum for this long is taken off on the maker leg; nil keeps accumulating.
        public var flattenDustAfter: Nanoseconds?

        public init(maker: StrategyBinding.Leg, taker: StrategyBinding.Leg) {
            self.maker = maker
            self.taker = taker
        }
    }

    public enum State: Hashable, Sendable {
        case flat, accumulating, hedging
        /// The taker leg failed; the maker leg is being reduced instead.
        case unwinding
        /// Neither leg could be traded: a person is needed.
        case frozen
    }

    public let configuration: Configuration
    public private(set) var ledger = ExposureLedger()
    public private(set) var state = State.flat
    /// Hedges in a row that did not fill whole.
    public private(set) var failures = 0
    /// Exposure to either side that is left as it is, in 10⁻⁹ of the base currency.
    public var band: Int64 = 0
    private var retry: TimerToken?
    private var dust: TimerToken?

    public init(_ configuration: Configuration) { self.configuration = configuration }

    /// Takes a strategy's event; call it for every one, before acting on it.
    public mutating func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .order(let id, let change): orderChanged(id, change, &context)
        case .timer(let token) where token == retry:
            retry = nil
            hedge(&context)
        case .timer(let token) where token == dust:
            dust = nil
            flattenDust(&context)
        case .touch(configuration.taker.instrument), .book(configuration.taker.instrument):
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

    private func beyond(_ exposure: Int64) -> Int64 { exposure - max(-band, min(band, exposure)) }

    /// The exposure's absolute value at the taker's mid, in 10⁻⁹ of its quote currency.
    public func unhedgedNotional(_ context: Context) -> Int64 {
        let instrument = context.instruments[configuration.taker.instrument.index]
        guard let mid = context.books[configuration.taker.instrument].mid(instrument) else { return 0 }
        return roundedBillionth(Int128(abs(ledger.pending)) * Int128(mid.nanos))
    }

    /// How long the group has been off its target by a tradable amount.
    public func unhedgedAge(_ now: Timestamp) -> Nanoseconds { ledger.since.map { now - $0 } ?? .zero }

    private mutating func orderChanged(_ id: OrderID, _ change: OrderChange, _ context: inout Context) {
        guard let order = context.order(id) else { return }
        let isTaker = order.draft.account == configuration.taker.account && order.draft.instrument == configuration.taker.instrument
        let isMaker = order.draft.account == configuration.maker.account && order.draft.instrument == configuration.maker.instrument
        guard isTaker || isMaker else { return }
        if case .filled(let fill, _) = change {
            let instrument = context.instruments[fill.instrument.index]
            let base = instrument.baseAmount(fill.signedQuantity, at: instrument.finePrice(fill.price))
            if isTaker { ledger.addHedge(base, at: context.now) } else { ledger.addMaker(base, at: context.now) }
        }
        if isTaker, order.isDone, order.draft.purpose == .hedge { hedgeEnded(order, change, &context) }
        if isMaker, order.isDone, order.draft.purpose == .flatten { unwindEnded(order, change, &context) }
        if case .filled = change { hedge(&context) }
    }

    private mutating func hedgeEnded(_ order: Order, _ change: OrderChange, _ context: inout Context) {
        if case .filled(_, isLate: true) = change { return }
        // It was not tried: the core was restarted, and what stands open is not known yet.
        if change == .denied(.recovering) { return retryLater(&context) }
        // The venue may count fills that have not come: they are in flight, not missed.
        if order.filled + order.signedReserve.magnitude >= order.quantity {
            failures = 0
            return
        }
        failures += 1
        if failures > configuration.attempts { return unwind(&context) }
        retryLater(&context)
    }

    private mutating func retryLater(_ context: inout Context) {
        if retry == nil { retry = context.wake(at: context.now + configuration.retryDelay) }
    }

    /// Sends what is needed and not in flight.
    public mutating func hedge(_ context: inout Context) {
        guard state != .frozen, state != .unwinding, retry == nil else { return }
        let instrument = context.instruments[configuration.taker.instrument.index]
        guard let mid = context.books[configuration.taker.instrument].mid(instrument) else {
            if ledger.pending != 0 { retryLater(&context) }
            return
        }
        let flying = context.inFlight(configuration.taker.account, configuration.taker.instrument, purpose: .hedge)
        let need = -beyond(-ledger.need(inFlight: instrument.baseAmount(flying, at: mid)))
        let lots = instrument.quantity(baseAmount: need, at: mid)
        guard instrument.takes(lots, at: mid) else {
            state = flying.isZero ? (ledger.pending == 0 ? .flat : .accumulating) : .hedging
            if state == .accumulating { watchDust(&context) }
            return
        }
        let side: Side = lots.lots > 0 ? .buy : .sell
        guard let touch = context.books.touch(configuration.taker.instrument, taking: side) else { return retryLater(&context) }
        state = .hedging
        context.submit(
            OrderDraft(
                account: configuration.taker.account, instrument: configuration.taker.instrument, side: side,
                timeInForce: .immediateOrCancel,
                price: Self.cap(touch, side, configuration.slippage, tries: failures + 1, instrument.contract),
                quantity: lots.magnitude, purpose: .hedge))
    }

    /// The touch moved against us by `slippage` × tries, in whole ticks, and no less than one lot of price.
    static func cap(_ touch: Price, _ side: Side, _ slippage: Rate, tries: Int, _ contract: Contract) -> Price {
        let room = Int128(touch.ticks) * Int128(slippage.trillionths) * Int128(tries) / Int128(Rate.scale)
        let bound = contract.orderPrice(Price(ticks: touch.ticks + side.sign * Int64(room)), side)
        return Price(ticks: max(contract.priceStep, bound.ticks))
    }

    // MARK: Escalation

    private mutating func unwind(_ context: inout Context) {
        state = .unwinding
        context.note("the hedge failed \(failures) times: reducing the maker leg instead")
        reduceMaker(excess, &context)
    }

    /// Takes `base` off the maker leg by a reduce-only market order.
    private mutating func reduceMaker(_ base: Int64, _ context: inout Context) {
        let instrument = context.instruments[configuration.maker.instrument.index]
        guard let mid = context.books[configuration.maker.instrument].mid(instrument) else { return freeze(&context) }
        let lots = instrument.quantity(baseAmount: -base, at: mid)
        guard !lots.isZero else { return freeze(&context) }
        let side: Side = lots.lots > 0 ? .buy : .sell
        guard let touch = context.books.touch(configuration.maker.instrument, taking: side) else { return freeze(&context) }
        // Our own quotes on the other side would be met first: they go before it, on the same lane.
        for quote in context.openOrders(configuration.maker.account, configuration.maker.instrument) where quote.draft.side != side {
            context.cancel(quote.id)
        }
        context.submit(
            OrderDraft(
                account: configuration.maker.account, instrument: configuration.maker.instrument, side: side,
                timeInForce: .immediateOrCancel,
                price: Self.cap(touch, side, Rate(basisPoints: 100), tries: 1, instrument.contract), quantity: lots.magnitude,
                reduceOnly: instrument.kind != .spot,
                purpose: .flatten))
    }

    private mutating func unwindEnded(_ order: Order, _ change: OrderChange, _ context: inout Context) {
        if state == .unwinding {
            if change == .denied(.recovering) {
                state = .accumulating
                retryLater(&context)
            } else if order.filled.lots > 0 {
                failures = 0
                state = .accumulating
            } else {
                freeze(&context)
            }
        }
    }

    private mutating func freeze(_ context: inout Context) {
        guard state != .frozen else { return }
        state = .frozen
        context.note("neither leg could be traded: \(Decimal.text(ledger.pending, decimals: 9)) base is unhedged")
        context.freeze(.unhedged)
    }

    // MARK: Below the minimum

    private mutating func watchDust(_ context: inout Context) {
        guard let span = configuration.flattenDustAfter, dust == nil, ledger.pending != 0 else { return }
        dust = context.wake(at: (ledger.since ?? context.now) + span)
    }

    private mutating func flattenDust(_ context: inout Context) {
        guard state == .accumulating, ledger.pending != 0, let span = configuration.flattenDustAfter else { return }
        guard unhedgedAge(context.now) >= span else { return watchDust(&context) }
        let instrument = context.instruments[configuration.maker.instrument.index]
        guard let mid = context.books[configuration.maker.instrument].mid(instrument) else { return }
        // What is less than a lot of either leg can't be traded at all.
        guard !instrument.quantity(baseAmount: ledger.pending, at: mid).isZero else { return ledger.settle(at: context.now) }
        reduceMaker(ledger.pending, &context)
    }

    /// The venue closed part of a leg: a fill like any other for what must be hedged.
    private mutating func forced(_ account: AccountID, _ instrument: InstrumentID, _ change: Quantity, _ context: inout Context) {
        let contract = context.instruments[instrument.index]
        guard let price = context.mark(instrument) ?? context.books[instrument].mid(contract) else { return }
        let base = contract.baseAmount(change, at: price)
        if account == configuration.maker.account, instrument == configuration.maker.instrument {
            ledger.addMaker(base, at: context.now)
        } else if account == configuration.taker.account, instrument == configuration.taker.instrument {
            ledger.addHedge(base, at: context.now)
        }
        hedge(&context)
    }
}
