public import Market

/// Fills a quantity passively by following the touch (`domain` C.1).
///
/// Buys rest at the best bid − offset, sells at the best ask + offset. When the touch moves the order is cancelled and a new
/// one sent when the venue has confirmed: never two working at once, and the remainder is what the fills say, one that comes
/// after the cancel included.
public final class TrackingLimit: Algorithm {
    public struct Configuration: Hashable, Sendable {
        public var leg: StrategyBinding.Leg
        public var side: Side
        public var quantity: Quantity
        /// Distance behind the touch; negative improves it.
        public var offsetTicks: Int64 = 0
        public var minimumReprice = Nanoseconds.milliseconds(250)
        public var interval = Nanoseconds.seconds(10)
        public var postOnly = true
        public var postOnlyRetries = 3
        public var allowTaker = false
        public var timeout = Nanoseconds.seconds(120)
        public var maximumAttempts: Int?
        public var staleAfter = Nanoseconds.seconds(10)
        public var reduceOnly = false
        public var purpose = OrderPurpose.quote

        public init(leg: StrategyBinding.Leg, side: Side, quantity: Quantity) {
            self.leg = leg
            self.side = side
            self.quantity = quantity
        }
    }

    /// One order that it tried.
    public struct Attempt: Hashable, Sendable {
        public var order: OrderID
        public var price: Price
        public var time: Timestamp
        /// nil while it works.
        public var end: OrderChange?
    }

    private enum Phase {
        /// No order out; a timer or the next touch places one.
        case waiting
        case working(OrderID)
        /// Waiting for a cancel: then end with the reason, or place again.
        case cancelling(OrderID, then: AlgorithmEnd.Reason?)
        case ended
    }

    public let configuration: Configuration
    public private(set) var attempts: [Attempt] = []
    public private(set) var filled = Quantity.zero
    private var tickLots: Int64 = 0
    private var phase = Phase.waiting
    private var wouldCross = 0
    private var lastPlaced = Timestamp.distantPast
    private var deadline: TimerToken?
    private var review: TimerToken?

    public init(_ configuration: Configuration) { self.configuration = configuration }

    public var interests: Interests { .touch }
    public var instruments: [InstrumentID] { [configuration.leg.instrument] }
    public var remaining: Quantity { configuration.quantity - filled }

    public func start(_ context: inout Context) {
        deadline = context.wake(at: context.now + configuration.timeout)
        place(&context)
    }

    public func cancel(_ context: inout Context) { end(.cancelled, &context) }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .touch: follow(&context)
        case .timer(let token) where token == deadline: end(.timeout, &context)
        case .timer(let token) where token == review:
            review = nil
            if context.bookAge(configuration.leg.instrument) > configuration.staleAfter {
                end(.staleBook, &context)
            } else {
                follow(&context)
            }
        case .order(let id, let change): orderChanged(id, change, &context)
        default: break
        }
    }

    // MARK: Placing

    private func target(_ context: Context) -> Price? {
        let book = configuration.leg.instrument
        let (contract, side) = (context.instruments[book.index].contract, configuration.side)
        let back = Ticks(count: (configuration.offsetTicks + Int64(wouldCross)) * contract.priceStep)
        let touch = side == .buy ? context.books[book].bestBid : context.books[book].bestAsk
        return touch.map { contract.orderPrice(side == .buy ? $0 - back : $0 + back, side) }
    }

    private func place(_ context: inout Context) {
        guard case .waiting = phase else { return }
        guard remaining.lots > 0 else { return end(.filled, &context) }
        let instrument = context.instruments[configuration.leg.instrument.index]
        if remaining < instrument.minimumQuantity, !configuration.reduceOnly { return end(.belowMinimum, &context) }
        if let limit = configuration.maximumAttempts, attempts.count >= limit { return end(.attempts, &context) }
        guard let price = target(context), context.bookState(configuration.leg.instrument) == .synchronised else {
            return reviewLater(configuration.minimumReprice, &context)
        }
        lastPlaced = context.now
        let postOnly = configuration.postOnly && !(configuration.allowTaker && wouldCross > configuration.postOnlyRetries)
        let order = context.submit(
            OrderDraft(
                account: configuration.leg.account, instrument: configuration.leg.instrument, side: configuration.side, price: price,
                quantity: remaining, postOnly: postOnly, reduceOnly: configuration.reduceOnly, purpose: configuration.purpose))
        attempts.append(Attempt(order: order, price: price, time: context.now))
        phase = .working(order)
        reviewLater(configuration.interval, &context)
    }

    /// Re-prices when the touch has moved, no more often than allowed.
    private func follow(_ context: inout Context) {
        switch phase {
        case .working(let id):
            guard let order = context.order(id), !order.isDone, let price = target(context) else { return }
            let next = lastPlaced + configuration.minimumReprice
            guard price != order.price else {
                if review == nil { reviewLater(configuration.interval, &context) }
                return
            }
            guard context.now >= next else { return reviewLater(next - context.now, &context) }
            context.cancel(id)
            phase = .cancelling(id, then: nil)
        case .waiting:
            if context.now >= lastPlaced + configuration.minimumReprice { place(&context) }
        case .cancelling, .ended: break
        }
    }

    private func reviewLater(_ span: Nanoseconds, _ context: inout Context) {
        if let review { context.cancel(review) }
        review = context.wake(at: context.now + max(span, Nanoseconds(count: 1)))
    }

    // MARK: Reports

    private func orderChanged(_ id: OrderID, _ change: OrderChange, _ context: inout Context) {
        if case .filled(let fill, _) = change {
            filled = filled + fill.quantity
            tickLots += fill.price.ticks * fill.quantity.lots
            wouldCross = 0
        }
        guard let order = context.order(id), order.isDone else {
            // A refused cancel leaves the order working; the next review tries again.
            if case .cancelRejected = change, case .cancelling(id, let reason) = phase, reason == nil { phase = .working(id) }
            return
        }
        if let index = attempts.lastIndex(where: { $0.order == id }) { attempts[index].end = change }
        // The venue counts fills that have not come: what is still missing is known when they do.
        guard order.certainty == .known else { return }
        switch phase {
        case .working(id):
            phase = .waiting
            retry(after: change, &context)
        case .cancelling(id, let reason):
            phase = .waiting
            if let reason { end(remaining.lots > 0 ? reason : .filled, &context) } else { place(&context) }
        case .waiting, .working, .cancelling, .ended: break
        }
    }

    private func retry(after change: OrderChange, _ context: inout Context) {
        switch change {
        case .filled: place(&context)
        case .rejected(.postOnlyWouldTake), .expired(.postOnlyWouldTake), .denied(.postOnlyWouldTake):
            // One tick further back each time; past the allowed retries it starts again from the touch, or takes.
            wouldCross = wouldCross < configuration.postOnlyRetries || configuration.allowTaker ? wouldCross + 1 : 0
            reviewLater(wouldCross == 0 ? configuration.interval : configuration.minimumReprice, &context)
        case _ where change.isFinalRefusal: end(.refused, &context)
        default: reviewLater(configuration.minimumReprice, &context)
        }
    }

    /// Ends at once, or as soon as the working order is gone.
    private func end(_ reason: AlgorithmEnd.Reason, _ context: inout Context) {
        switch phase {
        case .working(let id):
            context.cancel(id)
            phase = .cancelling(id, then: reason)
        case .cancelling(let id, _): phase = .cancelling(id, then: reason)
        case .ended: break
        case .waiting:
            phase = .ended
            if let deadline { context.cancel(deadline) }
            if let review { context.cancel(review) }
            context.finish(
                AlgorithmEnd(
                    reason: remaining.lots > 0 ? reason : .filled, filled: filled,
                    averagePrice: average(context.instruments[configuration.leg.instrument.index]), attempts: attempts.count))
        }
    }

    private func average(_ instrument: Instrument) -> FinePrice? {
        guard filled.lots > 0 else { return nil }
        return FinePrice(nanos: roundedQuotient(Int128(tickLots) * Int128(instrument.tickSize.nanos), Int128(filled.lots)))
    }
}
