public import Market

/// Fills a quantity at once by taking within a cap: immediate orders, each for what the fills say is still missing.
///
/// One order at a time: while the outcome of one is unknown nothing else is sent, so that nothing is bought twice.
public final class ImmediateFill: Algorithm {
    public struct Configuration: Hashable, Sendable {
        public var leg: StrategyBinding.Leg
        public var side: Side
        public var quantity: Quantity
        /// How far beyond the touch it may trade.
        public var slippage = Rate(basisPoints: 10)
        /// Orders, or moments without a price to send one at, before it gives up.
        public var attempts = 3
        public var delay = Nanoseconds.milliseconds(500)
        public var purpose = OrderPurpose.hedge

        public init(leg: StrategyBinding.Leg, side: Side, quantity: Quantity) {
            self.leg = leg
            self.side = side
            self.quantity = quantity
        }
    }

    private enum Phase {
        case waiting(TimerToken?)
        case working(OrderID)
        case ended
    }

    public let configuration: Configuration
    public private(set) var filled = Quantity.zero
    private var tickLots: Int64 = 0
    private var attempts = 0
    private var phase = Phase.waiting(nil)
    private var isCancelled = false

    public init(_ configuration: Configuration) { self.configuration = configuration }

    public var interests: Interests { [] }
    public var instruments: [InstrumentID] { [] }
    public var remaining: Quantity { configuration.quantity - filled }

    public func start(_ context: inout Context) { send(&context) }

    public func cancel(_ context: inout Context) {
        isCancelled = true
        // An immediate order ends by itself.
        if case .waiting = phase { end(.cancelled, &context) }
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .timer(let token): if case .waiting(token) = phase { send(&context) }
        case .order(let id, let change): orderChanged(id, change, &context)
        default: break
        }
    }

    private func send(_ context: inout Context) {
        guard remaining.lots > 0 else { return end(.filled, &context) }
        let instrument = context.instruments[configuration.leg.instrument.index]
        let quantity = Quantity(lots: remaining.lots / instrument.quantityStep * instrument.quantityStep)
        if quantity < max(instrument.minimumQuantity, Quantity(lots: 1)) { return end(.belowMinimum, &context) }
        guard attempts < configuration.attempts else { return end(.attempts, &context) }
        attempts += 1
        let touch = context.books.touch(configuration.leg.instrument, taking: configuration.side)
        guard let touch, context.bookState(configuration.leg.instrument) == .synchronised else { return sendLater(&context) }
        phase = .working(
            context.submit(
                OrderDraft(
                    account: configuration.leg.account, instrument: configuration.leg.instrument, side: configuration.side,
                    timeInForce: .immediateOrCancel,
                    price: Hedger.cap(touch, configuration.side, configuration.slippage, tries: 1, instrument.contract),
                    quantity: quantity, purpose: configuration.purpose)))
    }

    private func sendLater(_ context: inout Context) { phase = .waiting(context.wake(at: context.now + configuration.delay)) }

    private func orderChanged(_ id: OrderID, _ change: OrderChange, _ context: inout Context) {
        if case .filled(let fill, _) = change {
            filled = filled + fill.quantity
            tickLots += fill.price.ticks * fill.quantity.lots
        }
        // Where the venue counts fills that have not come, what is still missing is known when they do.
        guard case .working(id) = phase, context.order(id).map({ $0.isDone && $0.certainty == .known }) ?? true else { return }
        phase = .waiting(nil)
        if isCancelled { return end(.cancelled, &context) }
        guard remaining.lots > 0 else { return end(.filled, &context) }
        if change.isFinalRefusal { return end(.refused, &context) }
        sendLater(&context)
    }

    private func end(_ reason: AlgorithmEnd.Reason, _ context: inout Context) {
        if case .ended = phase { return }
        if case .waiting(let timer?) = phase { context.cancel(timer) }
        phase = .ended
        let tick = context.instruments[configuration.leg.instrument.index].tickSize.nanos
        let average = filled.lots > 0 ? FinePrice(nanos: roundedQuotient(Int128(tickLots) * Int128(tick), Int128(filled.lots))) : nil
        context.finish(
            AlgorithmEnd(reason: remaining.lots > 0 ? reason : .filled, filled: filled, averagePrice: average, attempts: attempts))
    }
}

extension OrderChange {
    /// Whether the same order would be refused again.
    var isFinalRefusal: Bool {
        switch self {
        case .denied(.killed), .denied(.stopped), .denied(.frozen), .denied(.position), .denied(.unknownInstrument), .denied(.notional),
            .denied(.margin):
            true
        case .rejected(.margin), .rejected(.balance), .rejected(.reduceOnly), .rejected(.halted), .rejected(.unsupported): true
        default: false
        }
    }
}

extension BookTable {
    /// The best price that an order of this side would take; nil when there is none.
    func touch(_ instrument: InstrumentID, taking side: Side) -> Price? {
        side == .buy ? self[instrument].bestAsk : self[instrument].bestBid
    }
}
