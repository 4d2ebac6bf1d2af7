public import Market

/// Closes what accounts hold, as their venues report it, by reduce-only slices (`domain` B.6).
///
///     asking ──reports agree──▶ ready ──slice──▶ working ──the order ended──▶ asking … ──twice nothing left──▶ closed
///
/// What no other leg offsets goes first; pairs follow in slices of equal size on both sides. Where rounds fail the cap widens,
/// then an alarm is raised (`FreezeReason.unhedged`) and it goes on at growing intervals: it ends only when nothing is left, or
/// what the venue takes no order for. Positions of contracts are the venues' word, those of spot the core's own record.
public final class Flatten: Algorithm {
    public struct Configuration: Hashable, Sendable {
        public var legs: [StrategyBinding.Leg]
        /// Of what is displayed within the cap, the most that one slice takes.
        public var depthShare = Rate(basisPoints: 2_500)
        /// How far beyond the touch a slice may trade; each round in a row that does not fill whole adds as much.
        public var slippage = Rate(basisPoints: 50)
        public var maximumSlippage = Rate(basisPoints: 500)
        /// Rounds of a leg in a row that may fail before the alarm.
        public var rounds = 10
        public var roundDelay = Nanoseconds.milliseconds(100)
        public var answerTimeout = Nanoseconds.seconds(1)
        /// Queries without an answer before the core's own record is believed.
        public var unansweredQueries = 3

        public init(legs: [StrategyBinding.Leg]) { self.legs = legs }
    }

    /// What became of one leg.
    public struct Outcome: Hashable, Sendable {
        public var leg: StrategyBinding.Leg
        /// Lots that its orders closed.
        public var closed = Quantity.zero
        /// What is left, signed: less than the venue takes an order for, unless it was cancelled.
        public var left = Quantity.zero
    }

    private static let longestDelay = Nanoseconds.seconds(60)

    public let configuration: Configuration
    public private(set) var outcomes: [Outcome]
    private var legs: [FlattenLeg] = []
    private var orders = 0
    private var review: TimerToken?
    private var hasAlarmed = false
    private var isCancelled = false
    private var hasEnded = false

    /// - Precondition: No two legs are the same.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
        outcomes = configuration.legs.map { Outcome(leg: $0) }
    }

    public var interests: Interests { [] }
    public var instruments: [InstrumentID] { [] }

    public func start(_ context: inout Context) {
        for leg in configuration.legs {
            context.cancelAll(leg.account, leg.instrument)
            legs.append(FlattenLeg(leg, context.position(leg.account, leg.instrument)))
        }
        for index in legs.indices { ask(index, reports: 2, &context) }
        act(&context)
    }

    public func cancel(_ context: inout Context) {
        isCancelled = true
        act(&context)
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        guard !hasEnded else { return }
        switch event {
        case .position(let account, let instrument, let quantity):
            if let index = index(account, instrument) { reported(index, quantity, &context) }
        case .liquidation(let account, let instrument, _):
            if let index = index(account, instrument), !legs[index].isWorking { ask(index, reports: 1, &context) }
        case .order(let id, let change): orderChanged(id, change, &context)
        case .timer(review): review = nil
        default: return
        }
        act(&context)
    }

    private func index(_ account: AccountID, _ instrument: InstrumentID) -> Int? {
        legs.firstIndex { $0.leg.account == account && $0.leg.instrument == instrument }
    }

    private func contract(_ index: Int, _ context: Context) -> Instrument { context.instruments[legs[index].leg.instrument.index] }

    // MARK: What is held

    /// - Parameter reports: How many in a row must agree.
    private func ask(_ index: Int, reports: Int, _ context: inout Context) {
        let leg = legs[index].leg
        if contract(index, context).kind == .spot {
            // A venue reports balances of coins, not which of them were bought here.
            legs[index].position = context.position(leg.account, leg.instrument)
            legs[index].state = legs[index].hasNothingToClose ? .closed : .ready
            return
        }
        legs[index].state = .asking(wanted: reports, agreeing: 0, since: context.now)
        context.askForPositions(leg.account)
    }

    private func reported(_ index: Int, _ quantity: Quantity, _ context: inout Context) {
        switch legs[index].state {
        case .working: break
        case .ready, .closed:
            // It was known to be something else: two must agree before that is believed.
            if quantity != legs[index].position { ask(index, reports: 2, &context) }
        case .asking(let wanted, let agreeing, _):
            let count = agreeing > 0 && quantity == legs[index].position ? agreeing + 1 : 1
            legs[index].position = quantity
            legs[index].unanswered = 0
            // Nothing left is believed when it was said twice.
            let needed = quantity.isZero ? max(wanted, 2) : wanted
            guard count < needed else {
                doubt(index, context)
                legs[index].state = legs[index].hasNothingToClose ? .closed : .ready
                return
            }
            legs[index].state = .asking(wanted: wanted, agreeing: count, since: context.now)
            context.askForPositions(legs[index].leg.account)
        }
    }

    /// The venue says that nothing is held, and our own fills say otherwise: a reduce-only order finds out. It closes what is
    /// there, or is refused because nothing is.
    private func doubt(_ index: Int, _ context: Context) {
        guard legs[index].position.isZero, !legs[index].isGone else { return }
        legs[index].position = context.position(legs[index].leg.account, legs[index].leg.instrument)
    }

    /// Asks again where no answer came, in the end without believing that one will.
    private func askAgain(_ context: inout Context) {
        for index in legs.indices {
            guard case .asking(let wanted, let agreeing, let since) = legs[index].state, since + configuration.answerTimeout <= context.now
            else { continue }
            let leg = legs[index].leg
            legs[index].unanswered += 1
            if legs[index].unanswered >= configuration.unansweredQueries {
                // No answer is no information: our own record, which reduce-only orders can't exceed, is what there is.
                legs[index].position = context.position(leg.account, leg.instrument)
                legs[index].unanswered = 0
                legs[index].state = legs[index].hasNothingToClose ? .closed : .ready
            } else {
                legs[index].state = .asking(wanted: wanted, agreeing: agreeing, since: context.now)
                context.askForPositions(leg.account)
            }
        }
    }

    // MARK: Rounds

    private func act(_ context: inout Context) {
        askAgain(&context)
        if isCancelled {
            if !legs.contains(where: \.isWorking) { end(.cancelled, &context) }
            return
        }
        var isOver = true
        for leg in legs {
            // What would not be cancelled is cancelled again; what still rests may fill.
            for order in context.openOrders(leg.leg.account, leg.leg.instrument) where order.draft.purpose != .flatten {
                context.cancel(order.id)
                isOver = false
            }
            if !leg.isClosed { isOver = false }
        }
        if isOver { return end(legs.contains { !$0.position.isZero } ? .belowMinimum : .filled, &context) }
        sendSlices(&context)
        reviewLater(&context)
    }

    /// One slice of each leg that is due: of the naked quantity, else of pairs, else of what can't be paired.
    private func sendSlices(_ context: inout Context) {
        var held: [(base: Int64, flying: Int64, due: Int64)] = []
        for index in legs.indices {
            let contract = contract(index, context)
            guard let price = price(index, context) else {
                // Without knowing what a leg is worth nothing can be matched with it.
                if case .ready = legs[index].state, legs[index].notBefore <= context.now { failed(index, &context) }
                return
            }
            let flying = context.inFlight(legs[index].leg.account, legs[index].leg.instrument, purpose: .flatten)
            let slice = slice(index, contract, context)
            if slice == .zero, case .ready = legs[index].state, legs[index].notBefore <= context.now { failed(index, &context) }
            held.append(
                (
                    contract.baseAmount(legs[index].position, at: price), contract.baseAmount(flying, at: price),
                    contract.baseAmount(slice ?? .zero, at: price)
                ))
        }
        let net = held.reduce(0) { $0 + $1.base + $1.flying }
        var wanted = legs.map { _ in Int64(0) }
        var naked = abs(net)
        for index in legs.indices where held[index].base.signum() == net.signum() {
            wanted[index] = min(naked, held[index].due)
            naked -= wanted[index]
        }
        if send(wanted, &context) { return }
        // A naked quantity that waits for its turn goes before any pair.
        let isWaiting = legs.indices.contains { held[$0].base.signum() == net.signum() && net != 0 && legs[$0].isWaiting(context.now) }
        if isWaiting { return }
        func due(_ sign: Int64) -> Int64 { held.reduce(0) { $0 + ($1.base.signum() == sign ? $1.due : 0) } }
        var room = [Int64(1): min(due(1), due(-1)), Int64(-1): min(due(1), due(-1))]
        for index in legs.indices {
            let sign = held[index].base.signum()
            wanted[index] = min(room[sign] ?? 0, held[index].due)
            room[sign] = (room[sign] ?? 0) - wanted[index]
        }
        if send(wanted, &context) { return }
        // Lots that do not match, or one side alone: all of it has to go.
        guard !legs.contains(where: { $0.isWaiting(context.now) }) else { return }
        _ = send(held.map(\.due), &context)
    }

    /// What tells how much base a lot is: the leg's book, else its venue's mark. It is the same at any price but for inverse
    /// contracts.
    private func price(_ index: Int, _ context: Context) -> FinePrice? {
        let (id, contract) = (legs[index].leg.instrument, contract(index, context))
        if let price = context.books[id].mid(contract) ?? context.mark(id) { return price }
        return contract.kind == .inverse && !legs[index].position.isZero ? nil : FinePrice(nanos: 1_000_000_000)
    }

    private func cap(_ index: Int, _ context: Context) -> Price? {
        let side: Side = legs[index].position.lots > 0 ? .sell : .buy
        guard let touch = context.books.touch(legs[index].leg.instrument, taking: side) else { return nil }
        let rate = Int128(configuration.slippage.trillionths) * Int128(max(0, 1 + legs[index].widening))
        let bounded = Rate(trillionths: Int64(min(rate, Int128(configuration.maximumSlippage.trillionths))))
        return Hedger.cap(touch, side, bounded, tries: 1, contract(index, context).contract)
    }

    /// What may be taken of a leg now; nil while it is not its turn, zero where the book shows nothing.
    private func slice(_ index: Int, _ contract: Instrument, _ context: Context) -> Quantity? {
        guard case .ready = legs[index].state, legs[index].notBefore <= context.now else { return nil }
        guard let cap = cap(index, context) else { return .zero }
        let position = legs[index].position
        let displayed = context.books[legs[index].leg.instrument].depth(position.lots > 0 ? .buy : .sell, through: cap.ticks)
        guard displayed > 0 else { return .zero }
        let share = Int64(Int128(displayed) * Int128(configuration.depthShare.trillionths) / Int128(Rate.scale))
        return min(position.magnitude, max(Quantity(lots: share), contract.leastOrder(at: contract.finePrice(cap))))
    }

    /// - Parameter wanted: By leg, in 10⁻⁹ of the base currency, positive.
    /// - Returns: Whether anything was sent.
    private func send(_ wanted: [Int64], _ context: inout Context) -> Bool {
        var hasSent = false
        for index in legs.indices where wanted[index] > 0 {
            let contract = contract(index, context)
            guard case .ready = legs[index].state, let price = price(index, context), let cap = cap(index, context) else { continue }
            let slice = min(contract.quantity(baseAmount: wanted[index], at: price), legs[index].position.magnitude)
            let lots = tradable(slice, of: legs[index].position.magnitude, contract, cap)
            guard lots.lots > 0 else { continue }
            let leg = legs[index].leg
            orders += 1
            hasSent = true
            legs[index].state = .working(
                context.submit(
                    OrderDraft(
                        account: leg.account, instrument: leg.instrument, side: legs[index].position.lots > 0 ? .sell : .buy,
                        timeInForce: .immediateOrCancel, price: cap, quantity: lots, reduceOnly: contract.kind != .spot, purpose: .flatten))
            )
        }
        return hasSent
    }

    /// A slice that the venue takes: no less than its smallest order, and all of it where less than that would be left. That
    /// makes a pair uneven, or a slice exceed its share of the depth, by less than one smallest order.
    private func tradable(_ lots: Quantity, of held: Quantity, _ contract: Instrument, _ price: Price) -> Quantity {
        guard lots.lots > 0 else { return lots }
        let least = contract.leastOrder(at: contract.finePrice(price))
        let slice = max(lots, least)
        return held - slice < least ? held : slice
    }

    private func orderChanged(_ id: OrderID, _ change: OrderChange, _ context: inout Context) {
        if case .filled(let fill, _) = change, let order = context.order(id),
            let index = index(order.draft.account, order.draft.instrument), order.draft.purpose == .flatten
        {
            outcomes[index].closed = outcomes[index].closed + fill.quantity
        }
        guard let index = legs.firstIndex(where: { $0.works(on: id) }), let order = context.order(id), order.isDone else { return }
        if order.filled >= order.quantity {
            (legs[index].failures, legs[index].widening) = (0, 0)
        } else {
            switch change {
            case .rejected(.reduceOnly): legs[index].isGone = true
            case .rejected(.priceBand), .denied(.priceCollar): legs[index].widening = max(-2, legs[index].widening - 2)
            case .rejected(.minimumQuantity), .rejected(.minimumNotional):
                // The venue's minimum may be larger than we know, but not many times: then it is its refusal that is wrong.
                let contract = contract(index, context)
                let least = price(index, context).map { contract.leastOrder(at: $0).lots } ?? 0
                legs[index].isDust = order.quantity >= legs[index].position.magnitude && order.quantity.lots <= 10 * least
            default: break
            }
            failed(index, &context)
        }
        ask(index, reports: 1, &context)
    }

    private func failed(_ index: Int, _ context: inout Context) {
        legs[index].failures += 1
        legs[index].widening += 1
        let beyond = legs[index].failures - configuration.rounds
        let delay = configuration.roundDelay.count
        legs[index].notBefore =
            context.now + min(Self.longestDelay, Nanoseconds(count: beyond > 0 ? delay << Int64(min(beyond, 16)) : delay))
        guard beyond > 0, !hasAlarmed else { return }
        hasAlarmed = true
        let contract = contract(index, context)
        context.note(
            "ALARM: \(contract.text(legs[index].position)) \(contract.venueSymbol) could not be closed in \(configuration.rounds) rounds")
        context.freeze(.unhedged)
    }

    private func reviewLater(_ context: inout Context) {
        var next = Timestamp.never
        for leg in legs {
            switch leg.state {
            case .asking(_, _, let since): next = min(next, since + configuration.answerTimeout)
            case .ready: next = min(next, max(leg.notBefore, context.now + configuration.roundDelay))
            case .closed: next = min(next, context.now + configuration.answerTimeout)
            case .working: break
            }
        }
        if let review { context.cancel(review) }
        review = next == .never ? nil : context.wake(at: next)
    }

    private func end(_ reason: AlgorithmEnd.Reason, _ context: inout Context) {
        hasEnded = true
        if let review { context.cancel(review) }
        for index in legs.indices { outcomes[index].left = legs[index].position }
        // Lots of several instruments don't add: the figure is the first leg's, and `outcomes` tells the others'.
        context.finish(AlgorithmEnd(reason: reason, filled: outcomes.first?.closed ?? .zero, averagePrice: nil, attempts: orders))
    }
}
