internal import Market
public import Trading

/// Two takers at high leverage in opposite directions, and a maker that carries the difference (`domain` C.2).
///
/// M enters passively, T1 hedges what fills of it, T2 goes M's way after a pause, and M gives up what the two no longer need.
/// When the venue closes either taker by force, all that is left is closed at once.
///
///     plan → enter M → hedge T1 → pause → enter T2 → rebalance M → monitor → exit → plan | stopped
public final class LiquidationHedge: Strategy {
    private enum Phase {
        /// For books that can be traded on.
        case planning
        case resting(until: TimerToken)
        case entering(AlgorithmID)
        /// Between two entries of M.
        case delaying(until: TimerToken)
        /// M's entry is over; what filled is being hedged.
        case hedging
        case confirming(until: TimerToken, hasAsked: Bool)
        case pausing(until: TimerToken)
        case enteringSecond(AlgorithmID)
        case rebalancing(AlgorithmID)
        case monitoring
        case exiting(AlgorithmID, reason: String, reverses: Bool)
        case stopped
    }

    private static let roles = ["M", "T1", "T2"]

    private var parameters: Parameters
    /// M, T1, T2.
    private let legs: [StrategyBinding.Leg]
    private let instruments: [Instrument]
    private let size: CommonSize
    private let tolerance: Int64
    private var side: Side
    private var phase = Phase.planning
    private var cycles = 0
    private var cycle: HedgeCycle?
    private var hedger: Hedger
    /// Of the cycle: what M is to have, and its tracking orders so far.
    private var planned = Quantity.zero
    private var entries = 0
    /// Positions as the venues last told them; and whether a zero that our record contradicts was told once.
    private var reported: [Quantity?] = [nil, nil, nil]
    private var isDoubtful = [false, false, false]
    /// Whether each taker is to hold something.
    private var isHeld = [false, false, false]
    private var deadline: TimerToken?
    private var review: TimerToken?

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        legs = ["maker", "taker_1", "taker_2"].map(binding.leg)
        instruments = legs.map { binding.instruments[$0.instrument.index] }
        guard Set(legs.map(\.account)).count == legs.count else {
            throw ParameterError(
                parameter: "accounts", message: "two of maker, taker_1 and taker_2 are the same account", hint: "name three accounts")
        }
        if let spot = instruments.firstIndex(where: { $0.kind == .spot }) {
            throw ParameterError(
                parameter: "accounts", message: "\(Self.roles[spot]) would trade spot, which has no leverage and can't be sold short",
                hint: "name accounts at venues of contracts")
        }
        size = CommonSize(instruments: instruments)
        tolerance = parameters.factor("tolerance").trillionths / 1_000
        side = parameters.choice("direction") == "long_maker" ? .buy : .sell
        hedger = Self.hedger(parameters, legs)
    }

    private static func hedger(_ parameters: Parameters, _ legs: [StrategyBinding.Leg]) -> Hedger {
        var configuration = Hedger.Configuration(maker: legs[0], taker: legs[1])
        configuration.slippage = parameters.rate("max_slippage")
        configuration.attempts = Int(parameters.integer("taker_attempts"))
        configuration.retryDelay = parameters.duration("taker_delay")
        return Hedger(configuration)
    }

    public var interests: Interests { .touch }

    public func start(_ context: inout Context) {
        for leg in legs[1...] { context.setLeverage(leg.account, leg.instrument, parameters.integer("leverage")) }
        plan(&context)
    }

    public func stop(_ reason: StopReason, _ context: inout Context) {
        for order in context.openOrders() { context.cancel(order.id) }
        if let cycle { for line in cycle.report("the run stopped", context) { context.note(line) } }
        phase = .stopped
    }

    public var status: StrategyStatus {
        let isBetween =
            switch phase {
            case .planning, .resting, .stopped: true
            default: false
            }
        return StrategyStatus(
            phase: caseName(phase), cyclesDone: isBetween ? cycles : cycles - 1, exposure: .init(hedger, base: instruments[0].base))
    }

    public func update(_ parameter: String, to value: ParameterValue, _ context: inout Context) {
        parameters.values[parameter] = value
        hedger.tune(
            slippage: parameters.rate("max_slippage"), attempts: Int(parameters.integer("taker_attempts")),
            retryDelay: parameters.duration("taker_delay"))
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        record(event, context)
        // What the venue closes by force ends the cycle; it is not hedged.
        if case .liquidation(let account, let instrument, _) = event, let leg = leg(account, instrument) {
            return exit("\(Self.roles[leg]) was closed by force", &context)
        }
        if isHedgingFirst { hedger.receive(event, &context) }
        switch event {
        case .touch: if case .planning = phase { plan(&context) }
        case .timer(let token): timerFired(token, &context)
        case .algorithm(let id, let end): algorithmEnded(id, end, &context)
        case .position(let account, let instrument, let quantity):
            if let leg = leg(account, instrument) { positionReported(leg, quantity, &context) }
        case .frozen(.killed): if !isMonitoring { exit("new risk is not allowed any more", &context) }
        default: break
        }
        proceed(&context)
    }

    private var isMonitoring: Bool { if case .monitoring = phase { true } else { false } }

    /// Whether M's fills are to be hedged by T1.
    private var isHedgingFirst: Bool {
        switch phase {
        case .entering, .delaying, .hedging: true
        case .planning, .resting, .confirming, .pausing, .enteringSecond, .rebalancing, .monitoring, .exiting, .stopped: false
        }
    }

    private func leg(_ account: AccountID, _ instrument: InstrumentID) -> Int? {
        legs.firstIndex { $0.account == account && $0.instrument == instrument }
    }

    // MARK: The cycle's record

    private func record(_ event: StrategyEvent, _ context: Context) {
        switch event {
        case .order(let id, .filled(let fill, _)):
            guard let order = context.order(id), let leg = leg(order.draft.account, order.draft.instrument) else { break }
            cycle?.add(fee: fill.fee, leg)
        case .funding(let account, let payment):
            if let leg = leg(account, payment.instrument) { cycle?.add(funding: payment.amount, leg) }
        case .liquidation(let account, let instrument, let change):
            if let leg = leg(account, instrument) { cycle?.force(change, leg, context) }
        case .balance(let account, _):
            if let leg = legs.firstIndex(where: { $0.account == account }) { cycle?.settle(leg, context) }
            return
        default: return
        }
        if let net = net(context) { cycle?.expose(abs(net) > tolerance, at: context.now) }
    }

    /// Base amount (10⁻⁹) of a leg's position by the confirmed fills and forced closings; nil without a price.
    private func base(_ leg: Int, _ context: Context) -> Int64? {
        let position = context.position(legs[leg].account, legs[leg].instrument)
        guard instruments[leg].kind == .inverse else { return instruments[leg].baseAmount(position, at: FinePrice(nanos: 1)) }
        guard let mid = context.books[legs[leg].instrument].mid(instruments[leg]) else { return nil }
        return instruments[leg].baseAmount(position, at: mid)
    }

    private func net(_ context: Context) -> Int64? {
        var sum: Int64 = 0
        for leg in legs.indices {
            guard let base = base(leg, context) else { return nil }
            sum += base
        }
        return sum
    }

    private func position(_ leg: Int, _ context: Context) -> Quantity { context.position(legs[leg].account, legs[leg].instrument) }

    // MARK: Plan and entry

    private func plan(_ context: inout Context) {
        phase = .planning
        guard legs.allSatisfy(context.canTrade), let price = context.books[legs[0].instrument].mid(instruments[0]) else { return }
        switch context.freeze {
        case .killed, .unhedged: return halt("new risk is not allowed", &context)
        // It passes; the next touch looks again.
        case .some: return
        case nil: break
        }
        let collateral = legs.map { context.collateral($0) }
        if let poor = collateral.firstIndex(where: { $0 < parameters.amount("min_collateral").nanos }) {
            return halt("the collateral of \(Self.roles[poor]) is below min_collateral", &context)
        }
        if let leg = legs.indices.first(where: { !position($0, context).isZero }) {
            return halt("\(Self.roles[leg]) holds a position that is not of this strategy", &context)
        }
        let usable = Int128(min(collateral[1], collateral[2])) * Int128(parameters.factor("collateral_buffer").trillionths)
        let leveraged = usable * Int128(parameters.integer("leverage")) / Int128(Rate.scale)
        let base = size.largest(within: roundedQuotient(leveraged * 1_000_000_000, Int128(price.nanos)))
        guard base >= size.minimum(at: price) else {
            return halt("the collateral of T1 and T2 carries less than the smallest order of their venues", &context)
        }
        planned = instruments[0].quantity(baseAmount: base, at: price)
        cycles += 1
        cycle = HedgeCycle(cycles, legs, Self.roles, context)
        hedger = Self.hedger(parameters, legs)
        (entries, reported) = (0, [nil, nil, nil])
        (isHeld, isDoubtful) = ([false, false, false], [false, false, false])
        deadline = context.wake(at: context.now + parameters.duration("timeout"))
        context.note("cycle \(cycles): M is to \(side == .buy ? "buy" : "sell") \(instruments[0].text(planned))")
        enter(&context)
    }

    private func halt(_ reason: String, _ context: inout Context) {
        phase = .stopped
        context.note("stopped: \(reason)")
    }

    private func enter(_ context: inout Context) {
        entries += 1
        let missing = planned - position(0, context).magnitude
        phase = .entering(context.run(TrackingLimit(SharedParameters.trackingLimit(parameters, legs[0], side, missing))))
    }

    private func entryEnded(_ end: AlgorithmEnd, _ context: inout Context) {
        hedger.hedge(&context)
        if end.reason == .filled || end.reason == .belowMinimum {
            phase = .hedging
        } else if entries < parameters.integer("entry_attempts") {
            phase = .delaying(until: context.wake(at: context.now + parameters.duration("entry_delay")))
        } else if position(0, context).isZero {
            exit("M could not be entered", &context)
        } else {
            phase = .hedging
        }
    }

    // MARK: T1 and T2

    private func proceed(_ context: inout Context) {
        if isHedgingFirst, hedger.state == .unwinding || hedger.state == .frozen {
            return exit("T1 could not hedge M", &context)
        }
        switch phase {
        case .hedging:
            guard hedger.state == .flat || hedger.state == .accumulating else { return }
            guard !position(1, context).isZero else { return exit("what M has is less than T1 can trade", &context) }
            isHeld[1] = true
            phase = .confirming(until: context.wake(at: context.now + parameters.duration("confirmation_timeout")), hasAsked: false)
            proceed(&context)
        case .confirming(let timer, _):
            let leg = isHeld[2] ? 2 : 1
            guard reported[leg] == position(leg, context) else { return }
            context.cancel(timer)
            if leg == 2 { return monitor(&context) }
            let (low, high) = parameters.durationRange("pause")
            phase = .pausing(until: context.wake(at: context.now + Nanoseconds(count: context.random(in: low.count...high.count))))
        case .monitoring: check(&context)
        default: break
        }
    }

    private func confirmationIsLate(_ hasAsked: Bool, _ context: inout Context) {
        let leg = isHeld[2] ? 2 : 1
        guard !hasAsked else { return exit("the venue does not report the position of \(Self.roles[leg]) that its fills make", &context) }
        context.askForPositions(legs[leg].account)
        phase = .confirming(until: context.wake(at: context.now + parameters.duration("confirmation_timeout")), hasAsked: true)
    }

    private func immediate(_ leg: Int, _ side: Side, _ quantity: Quantity, _ attempts: String, _ purpose: OrderPurpose) -> ImmediateFill {
        var configuration = ImmediateFill.Configuration(leg: legs[leg], side: side, quantity: quantity)
        configuration.slippage = parameters.rate("max_slippage")
        configuration.attempts = Int(parameters.integer(attempts))
        configuration.delay = parameters.duration("taker_delay")
        configuration.purpose = purpose
        return ImmediateFill(configuration)
    }

    private func enterSecond(_ context: inout Context) {
        guard let base = base(1, context), let price = context.books[legs[2].instrument].mid(instruments[2]) else {
            return rebalance(&context)
        }
        let quantity = instruments[2].quantity(baseAmount: abs(base), at: price)
        phase = .enteringSecond(context.run(immediate(2, side, quantity, "taker_attempts", .quote)))
    }

    private func secondEnded(_ end: AlgorithmEnd, _ context: inout Context) {
        isHeld[2] = !position(2, context).isZero
        if !isHeld[2] { context.note("cycle \(cycles): T2 could not be entered; M and T1 stay a pair") }
        rebalance(&context)
    }

    // MARK: Balance

    /// What M has to trade to bring the sum to nothing; nil where that is within the tolerance, or less than M can trade.
    private func correction(_ context: Context) -> Quantity? {
        guard let net = net(context), abs(net) > tolerance,
            let price = context.books[legs[0].instrument].mid(instruments[0]) ?? context.mark(legs[0].instrument)
        else { return nil }
        let lots = instruments[0].quantity(baseAmount: -net, at: price)
        return instruments[0].takes(lots, at: price) ? lots : nil
    }

    private func rebalance(_ context: inout Context) {
        guard let lots = correction(context) else { return confirmSecond(&context) }
        let fill = immediate(0, lots.lots > 0 ? .buy : .sell, lots.magnitude, "rebalance_attempts", .rebalance)
        phase = .rebalancing(context.run(fill))
    }

    private func rebalanced(_ context: inout Context) {
        if correction(context) != nil { return exit("M could not be rebalanced", &context) }
        confirmSecond(&context)
    }

    private func confirmSecond(_ context: inout Context) {
        guard isHeld[2], review == nil else { return monitor(&context) }
        phase = .confirming(until: context.wake(at: context.now + parameters.duration("confirmation_timeout")), hasAsked: false)
    }

    // MARK: Monitor

    private func monitor(_ context: inout Context) {
        phase = .monitoring
        if review == nil {
            let held = legs.indices.map { "\(Self.roles[$0]) \(instruments[$0].text(position($0, context)))" }
            context.note("cycle \(cycles): monitoring \(held.joined(separator: ", "))")
            reviewLater(&context)
        }
        check(&context)
    }

    private func reviewLater(_ context: inout Context) {
        review = context.wake(at: context.now + parameters.duration("monitor_interval"))
    }

    private func check(_ context: inout Context) {
        if let gone = [1, 2].first(where: { isHeld[$0] && position($0, context).isZero }) {
            return exit("the position of \(Self.roles[gone]) is gone", &context)
        }
        if correction(context) != nil { rebalance(&context) }
    }

    private func positionReported(_ leg: Int, _ quantity: Quantity, _ context: inout Context) {
        reported[leg] = quantity
        guard isHeld[leg], quantity.isZero, !position(leg, context).isZero else { return isDoubtful[leg] = false }
        switch phase {
        case .planning, .resting, .exiting, .stopped: return
        default: break
        }
        // Our record says otherwise and nobody told of a forced closing: the venue is asked once before it is believed.
        if isDoubtful[leg] { return exit("the position of \(Self.roles[leg]) is gone, the venue says", &context) }
        isDoubtful[leg] = true
        context.askForPositions(legs[leg].account)
    }

    // MARK: Events

    private func timerFired(_ token: TimerToken, _ context: inout Context) {
        if token == deadline {
            deadline = nil
            return exit("the cycle's time is over", reverses: parameters.boolean("reverse"), &context)
        }
        if token == review {
            for leg in legs { context.askForPositions(leg.account) }
            return reviewLater(&context)
        }
        switch phase {
        case .resting(token): plan(&context)
        case .delaying(token): enter(&context)
        case .confirming(token, let hasAsked): confirmationIsLate(hasAsked, &context)
        case .pausing(token): enterSecond(&context)
        default: break
        }
    }

    private func algorithmEnded(_ id: AlgorithmID, _ end: AlgorithmEnd, _ context: inout Context) {
        switch phase {
        case .entering(id): entryEnded(end, &context)
        case .enteringSecond(id): secondEnded(end, &context)
        case .rebalancing(id): rebalanced(&context)
        case .exiting(id, let reason, let reverses): closed(reason, reverses, end, &context)
        default: break
        }
    }

    // MARK: Exit

    private func exit(_ reason: String, reverses: Bool = false, _ context: inout Context) {
        switch phase {
        case .planning, .resting, .exiting, .stopped: return
        case .entering(let id), .enteringSecond(let id), .rebalancing(let id): context.cancel(id)
        case .delaying(let timer), .confirming(let timer, _), .pausing(let timer): context.cancel(timer)
        case .hedging, .monitoring: break
        }
        for timer in [deadline, review] { if let timer { context.cancel(timer) } }
        (deadline, review) = (nil, nil)
        context.note("cycle \(cycles): closing everything: \(reason)")
        phase = .exiting(context.run(Flatten(SharedParameters.flatten(parameters, legs))), reason: reason, reverses: reverses)
    }

    private func closed(_ reason: String, _ reverses: Bool, _ end: AlgorithmEnd, _ context: inout Context) {
        if let net = net(context) { cycle?.expose(abs(net) > tolerance, at: context.now) }
        if let cycle { for line in cycle.report(reason, context) { context.note(line) } }
        cycle = nil
        if end.reason != .filled { return halt("what is left is less than the venues take an order for", &context) }
        if reverses { side = side.opposite }
        if let limit = parameters.limit("max_cycles"), cycles >= limit { return halt("\(cycles) cycles are done", &context) }
        phase = .resting(until: context.wake(at: context.now + parameters.duration("entry_delay")))
    }
}
