public import Market

/// Closes one leg, or a pair in matched slices, reduce-only and without haste (`domain` B.3, B.6).
///
///     waiting ──its time, and the books show enough──▶ first leg ──filled──▶ second leg ──matched──▶ waiting … ──▶ ended
///
/// A slice is no larger than is stated, nor than a share of what both books show within the cap. The first leg goes ahead and the
/// second follows by what the venue says filled of it, so that no more than one slice is ever unpaired. It goes by the core's own
/// record and gives up where slices fail: who must be flat runs `Flatten` behind it, which asks the venues.
public final class SlicedExit: Algorithm {
    public struct Configuration: Hashable, Sendable {
        /// One, or two of which the first goes ahead.
        public var legs: [StrategyBinding.Leg]
        /// How much of each leg is to be closed, without sign; what it holds, if less.
        public var quantities: [Quantity]
        /// The most that one slice takes off a leg, in 10⁻⁹ of the base currency; nil: as much as the books allow.
        public var slice: Int64?
        /// Of what is displayed within the cap, the most that one slice takes.
        public var depthShare = Rate(basisPoints: 2_500)
        /// How far beyond the touch an order may trade; each in a row that fills nothing lets the next go as much further.
        public var slippage = Rate(basisPoints: 10)
        /// Between two slices.
        public var delay = Nanoseconds.seconds(1)
        /// Between an order that did not do it and the next.
        public var retryDelay = Nanoseconds.milliseconds(200)
        /// Orders in a row that may fill nothing.
        public var attempts = 5
        /// No slice begins after this time; one that has begun is matched.
        public var timeout = Nanoseconds.minutes(10)

        /// - Precondition: One or two legs, and a quantity for each.
        public init(legs: [StrategyBinding.Leg], quantities: [Quantity]) {
            precondition(legs.count == quantities.count, "an exit has a quantity for each leg")
            precondition((1...2).contains(legs.count), "an exit has one leg or two")
            (self.legs, self.quantities) = (legs, quantities)
        }
    }

    /// One slice and what became of it.
    public struct Slice: Hashable, Sendable {
        public var time: Timestamp
        /// By leg, in lots without sign.
        public var closed: [Quantity]
        /// Orders of both legs.
        public var orders = 0
    }

    private enum Phase {
        case waiting
        case working(leg: Int, OrderID)
        case ended
    }

    public let configuration: Configuration
    public private(set) var slices: [Slice] = []
    private var phase = Phase.waiting
    private var closed: [Quantity]
    /// In 10⁻⁹ of the base currency, by leg.
    private var closedBase: [Int64]
    private var tickLots: Int64 = 0
    private var orders = 0
    private var failures = 0
    private var nextSlice = Timestamp.distantPast
    private var deadline = Timestamp.never
    private var review: TimerToken?
    private var isCancelled = false

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        closed = configuration.legs.map { _ in .zero }
        closedBase = configuration.legs.map { _ in 0 }
    }

    public var interests: Interests { [] }
    public var instruments: [InstrumentID] { [] }

    public func start(_ context: inout Context) {
        deadline = context.now + configuration.timeout
        proceed(&context)
    }

    public func cancel(_ context: inout Context) {
        isCancelled = true
        // An immediate order ends by itself.
        if case .waiting = phase { end(.cancelled, &context) }
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .timer(review):
            review = nil
            proceed(&context)
        case .order(let id, let change): orderChanged(id, change, &context)
        default: break
        }
    }

    // MARK: What is left

    private func contract(_ leg: Int, _ context: Context) -> Instrument { context.instruments[configuration.legs[leg].instrument.index] }

    private func position(_ leg: Int, _ context: Context) -> Quantity {
        context.position(configuration.legs[leg].account, configuration.legs[leg].instrument)
    }

    /// Lots of a leg that are still to be closed.
    private func remaining(_ leg: Int, _ context: Context) -> Quantity {
        max(.zero, min(configuration.quantities[leg] - closed[leg], position(leg, context).magnitude))
    }

    /// What a lot is worth in base hangs on the price for inverse contracts alone.
    private func price(_ leg: Int, _ context: Context) -> FinePrice? {
        let contract = contract(leg, context)
        return context.books[configuration.legs[leg].instrument].mid(contract) ?? context.mark(configuration.legs[leg].instrument)
    }

    private func side(_ leg: Int, _ context: Context) -> Side { position(leg, context).lots > 0 ? .sell : .buy }

    private func cap(_ leg: Int, _ context: Context) -> Price? {
        let side = side(leg, context)
        guard let touch = context.books.touch(configuration.legs[leg].instrument, taking: side) else { return nil }
        return Hedger.cap(touch, side, configuration.slippage, tries: failures + 1, contract(leg, context).contract)
    }

    /// What one slice may take of what a leg's book shows, in 10⁻⁹ of the base currency; nil where it can't be traded on.
    private func room(_ leg: Int, _ context: Context) -> Int64? {
        let (id, contract) = (configuration.legs[leg].instrument, contract(leg, context))
        guard context.bookState(id) == .synchronised, let cap = cap(leg, context), let price = price(leg, context) else { return nil }
        let displayed = context.books[id].depth(side(leg, context).opposite, through: cap.ticks)
        let share = Int64(Int128(displayed) * Int128(configuration.depthShare.trillionths) / Int128(Rate.scale))
        return contract.baseAmount(Quantity(lots: share), at: price)
    }

    // MARK: Slices

    private func proceed(_ context: inout Context) {
        guard case .waiting = phase else { return }
        if isCancelled { return end(.cancelled, &context) }
        let left = configuration.legs.indices.map { remaining($0, context) }
        guard left.contains(where: { !$0.isZero }) else { return end(.filled, &context) }
        guard failures < configuration.attempts else { return end(.attempts, &context) }
        // The second leg first, where it has to follow.
        if left.count == 2, let lots = following(left, context) { return send(1, lots, &context) }
        if context.now >= deadline { return end(.timeout, &context) }
        if context.now < nextSlice { return proceed(at: nextSlice, &context) }
        guard let lots = leading(left, context) else { return proceed(at: context.now + configuration.delay, &context) }
        guard !lots.isZero else { return end(.belowMinimum, &context) }
        nextSlice = context.now + configuration.delay
        slices.append(Slice(time: context.now, closed: left.map { _ in .zero }))
        send(left[0].isZero ? left.count - 1 : 0, lots, &context)
    }

    /// What the second leg has to trade to match the first; nil where that is nothing, or less than it can trade.
    private func following(_ left: [Quantity], _ context: Context) -> Quantity? {
        guard let price = price(1, context) else { return nil }
        let contract = contract(1, context)
        let owed = contract.quantity(baseAmount: closedBase[0] - closedBase[1], at: price)
        // The first is done: all that is left of the second goes with its last slice.
        let lots = left[0].isZero && owed.lots > 0 ? left[1] : min(owed, left[1])
        return lots.lots > 0 && (contract.takes(lots, at: price) || lots == left[1]) ? lots : nil
    }

    /// The next slice; nil while the books don't allow one, zero where what is left is less than the venue takes an order for.
    private func leading(_ left: [Quantity], _ context: Context) -> Quantity? {
        let leg = left[0].isZero ? left.count - 1 : 0
        let contract = contract(leg, context)
        guard let price = price(leg, context) else { return nil }
        var base = configuration.slice ?? .max
        for other in configuration.legs.indices where !left[other].isZero {
            guard let room = room(other, context), room > 0 else { return nil }
            base = min(base, room)
        }
        if left.count == 2 {
            let size = CommonSize(instruments: configuration.legs.indices.map { self.contract($0, context) })
            base = max(size.largest(within: base), size.minimum(at: price))
        }
        let least = contract.leastOrder(at: price)
        let lots = min(max(contract.quantity(baseAmount: base, at: price), least), left[leg])
        let all = left[leg] - lots < least ? left[leg] : lots
        // Less than the smallest order can be closed where the whole of a contract goes.
        return all >= least || (contract.kind != .spot && all == position(leg, context).magnitude) ? all : .zero
    }

    private func send(_ leg: Int, _ lots: Quantity, _ context: inout Context) {
        let (place, contract) = (configuration.legs[leg], contract(leg, context))
        guard let cap = cap(leg, context) else {
            failures += 1
            return proceed(at: context.now + configuration.retryDelay, &context)
        }
        orders += 1
        if !slices.isEmpty { slices[slices.count - 1].orders += 1 }
        phase = .working(
            leg: leg,
            context.submit(
                OrderDraft(
                    account: place.account, instrument: place.instrument, side: side(leg, context), timeInForce: .immediateOrCancel,
                    price: cap, quantity: lots, reduceOnly: contract.kind != .spot, purpose: .flatten)))
    }

    private func orderChanged(_ id: OrderID, _ change: OrderChange, _ context: inout Context) {
        guard let order = context.order(id),
            let leg = configuration.legs.firstIndex(where: { $0.account == order.draft.account && $0.instrument == order.draft.instrument })
        else { return }
        if case .filled(let fill, _) = change {
            let contract = contract(leg, context)
            closed[leg] = closed[leg] + fill.quantity
            closedBase[leg] += abs(contract.baseAmount(fill.quantity, at: contract.finePrice(fill.price)))
            if leg == 0 { tickLots += fill.price.ticks * fill.quantity.lots }
            if !slices.isEmpty { slices[slices.count - 1].closed[leg] = slices[slices.count - 1].closed[leg] + fill.quantity }
        }
        // Where the venue counts fills that have not come, what is still missing is known when they do.
        guard case .working(_, id) = phase, order.isDone, order.certainty == .known else { return }
        phase = .waiting
        guard order.filled.isZero else {
            failures = 0
            return proceed(&context)
        }
        failures += 1
        proceed(at: context.now + configuration.retryDelay, &context)
    }

    private func proceed(at time: Timestamp, _ context: inout Context) {
        if isCancelled { return end(.cancelled, &context) }
        if let review { context.cancel(review) }
        review = context.wake(at: time)
    }

    private func end(_ reason: AlgorithmEnd.Reason, _ context: inout Context) {
        if case .ended = phase { return }
        phase = .ended
        if let review { context.cancel(review) }
        let tick = contract(0, context).tickSize.nanos
        let average = closed[0].isZero ? nil : FinePrice(nanos: roundedQuotient(Int128(tickLots) * Int128(tick), Int128(closed[0].lots)))
        context.finish(AlgorithmEnd(reason: reason, filled: closed[0], averagePrice: average, attempts: orders))
    }
}
