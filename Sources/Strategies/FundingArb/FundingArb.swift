internal import Market
public import Trading

/// Sells the perpetual whose longs pay more funding, buys the other, and collects the difference while it lasts (`domain` B.3).
///
/// The pair is opened clip by clip: the maker leg rests, the taker leg hedges what fills, and no clip is sent before both venues
/// report what the ones before it made. Rates are compared by the hour, each by its own venue's interval.
///
///     idle ─▶ candidate ─▶ opening ⇄ confirming ─▶ open ⇄ rebalancing
///      ▲                                            ▼
///      └──────────── cooling ◀───────────────── closing ─▶ suspended
///
/// The two accounts are the strategy's alone: what it finds there it closes.
public final class FundingArb: Strategy {
    private enum Phase {
        case idle
        /// The leg that would be sold; the difference has to stand until the timer fires.
        case candidate(short: Int, TimerToken)
        /// Between two clips: a settlement is near.
        case pausing(until: TimerToken)
        case opening(AlgorithmID)
        /// The clip's order is over; its hedge may not be.
        case settling
        /// For both venues to report what the fills make.
        case confirming(until: TimerToken, asked: Int)
        case open
        case rebalancing(AlgorithmID)
        case closing(PairExit)
        case cooling(until: TimerToken)
        case suspended
    }

    private static let questions = 5
    private static let rebalances = 3

    private(set) var parameters: Parameters
    let pair: TradedPair
    private var phase = Phase.idle
    private var cycle: CarryCycle?
    private var hedger: Hedger
    private(set) var funding = FundingWatch()
    private var cycles = 0
    private(set) var opens: [Timestamp] = []
    private var reported: [Quantity?] = [nil, nil]
    private var check: TimerToken?
    /// Of an open pair: its last time, the first at which it may be left for the rates, and when it will be unless they recover.
    private var deadline = Timestamp.never
    private var mayLeaveAt = Timestamp.never
    private var leavingAt = Timestamp.never
    private var rebalances = 0
    private var nakedChecks = 0

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        pair = try TradedPair(["maker", "taker"], binding)
        try pair.refuseSpot([0, 1])
        for name in ["max_notional", "clip"] { try parameters.amount(name).checkSize(name, of: pair.instrument(0), "maker") }
        guard parameters.rate("exit_apr") <= parameters.rate("min_edge_apr") else {
            throw ParameterError(
                parameter: "exit_apr", message: "a pair would be closed as soon as it is opened", hint: "state less than min_edge_apr")
        }
        guard parameters.integer("leverage") <= parameters.integer("max_leverage") else {
            throw ParameterError(
                parameter: "max_leverage", message: "it is less than leverage, which a pair is opened with",
                hint: "state no less than leverage")
        }
        hedger = Self.hedger(parameters, pair)
    }

    private static func hedger(_ parameters: Parameters, _ pair: TradedPair) -> Hedger {
        var configuration = SharedParameters.hedger(parameters, maker: pair.legs[0], taker: pair.legs[1])
        // What the taker leg can't trade is not carried through a position.
        configuration.belowMinimum = .flattenOnMaker(after: configuration.retryDelay)
        return Hedger(configuration)
    }

    public var interests: Interests { [.touch, .reference] }

    public func start(_ context: inout Context) {
        guard pair.isFlat(context) else {
            phase = .suspended
            return context.note("suspended: there is a position that is not of this strategy")
        }
        for (leg, place) in pair.legs.enumerated() {
            if let event = context.funding(place.instrument) { funding.receive(event, leg: leg, pair.instrument(leg)) }
        }
        checkLater(&context)
    }

    public func stop(_ reason: StopReason, _ context: inout Context) {
        for order in context.openOrders() { context.cancel(order.id) }
        let now = context.now
        if let cycle { context.note(cycle.report("the run stopped", at: now)) }
        phase = .suspended
    }

    public var status: StrategyStatus {
        let isBetween =
            switch phase {
            case .idle, .candidate, .cooling, .suspended: true
            default: false
            }
        return StrategyStatus(
            phase: caseName(phase), cyclesDone: isBetween ? cycles : cycles - 1, exposure: .init(hedger, base: pair.instrument(0).base))
    }

    public func update(_ parameter: String, to value: ParameterValue, _ context: inout Context) {
        parameters.values[parameter] = value
        SharedParameters.tune(&hedger, parameters)
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        record(event, &context)
        switch event {
        // What a venue closed by force is not opened again: the other leg goes too.
        case .liquidation(let account, let instrument, _):
            if let leg = pair.leg(account, instrument) {
                return closeAtOnce("the \(pair.names[leg]) leg was closed by force", &context)
            }
        case .adjusted(let account, let instrument, _):
            if let leg = pair.leg(account, instrument) {
                return closeAtOnce("the \(pair.names[leg]) leg is not what its fills make", &context)
            }
        default: break
        }
        if isHedging { hedger.receive(event, &context) }
        switch event {
        case .touch, .bookState: consider(&context)
        case .reference(let event): if event.kind == .funding { considerRates(&context) }
        case .timer(let token): timerFired(token, &context)
        case .algorithm(let id, let end): algorithmEnded(id, end, &context)
        case .frozen(.unhedged): closeAtOnce("the pair could not be hedged", suspends: true, &context)
        case .frozen(.killed): if isOpening { closeAtOnce("new risk is not allowed any more", suspends: true, &context) }
        default: break
        }
        settle(&context)
    }

    private var isOpening: Bool {
        switch phase {
        case .pausing, .opening, .settling, .confirming: true
        case .idle, .candidate, .open, .rebalancing, .closing, .cooling, .suspended: false
        }
    }

    private var isOpen: Bool { if case .open = phase { true } else { false } }
    private var isHedging: Bool { isOpening || isOpen }

    private func record(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .reference(let event):
            guard let leg = pair.legs.firstIndex(where: { $0.instrument == event.instrument }) else { break }
            funding.receive(event, leg: leg, pair.instrument(leg))
        case .order(let id, .filled(let fill, _)):
            guard let order = context.order(id), let leg = pair.leg(order.draft.account, order.draft.instrument) else { break }
            cycle?.add(fill, leg: leg, pair.instrument(leg))
        case .funding(let account, let payment):
            guard let leg = pair.leg(account, payment.instrument) else { break }
            cycle?.add(payment, leg: leg, interval: funding.quotes[leg]?.interval)
        case .position(let account, let instrument, let quantity):
            guard let leg = pair.leg(account, instrument) else { break }
            reported[leg] = quantity
            confirm(&context)
        default: break
        }
    }

    // MARK: Opening

    private func consider(_ context: inout Context) {
        switch phase {
        case .idle:
            guard mayOpen(context), let short = worthwhile(context)?.short else { return }
            phase = .candidate(short: short, context.wake(at: context.now + parameters.duration("confirm")))
        case .candidate(let short, let timer):
            guard !mayOpen(context) || worthwhile(context)?.short != short else { return }
            context.cancel(timer)
            phase = .idle
        case .opening(let id):
            // What would fill now might be unpaired when funding is settled, or stay so for long.
            let isLate = hedger.unhedgedAge(context.now) > parameters.duration("max_unhedged_age")
            if isLate || settlementIsNear(context) { context.cancel(id) }
        case .pausing, .settling, .confirming, .open, .rebalancing, .closing, .cooling, .suspended: break
        }
    }

    private func open(_ context: inout Context) {
        phase = .idle
        guard pair.isFlat(context) else { return closeAtOnce("a fill that came late", &context) }
        guard mayOpen(context), let (short, breakEven) = worthwhile(context), let target = target(context) else { return }
        cycles += 1
        opens = opens.filter { $0 + .hours(1) > context.now } + [context.now]
        hedger = Self.hedger(parameters, pair)
        (rebalances, nakedChecks) = (0, 0)
        cycle = CarryCycle(
            cycles, short: short, target: target, predicted: funding.quotes.map { $0?.perHour ?? 0 }, at: context.now)
        let hours = Decimal.text(Int64(breakEven * 100), decimals: 2)
        context.note("cycle \(cycles): sells the \(pair.names[short]) leg, buys the other; its costs are earned in \(hours) h")
        nextClip(&context)
    }

    /// Sends the next clip, or takes the pair as it is.
    private func nextClip(_ context: inout Context) {
        guard let cycle else { return }
        let held = pair.bases(context)?.map(abs) ?? [0, 0]
        guard let mid = pair.mid(0, context), worthwhile(context)?.short == cycle.short, context.freeze == nil,
            pair.canTrade(within: parameters.duration("stale_after"), context)
        else { return opened(&context) }
        let missing = pair.size.largest(within: cycle.target - held[0])
        guard missing >= pair.size.minimum(at: mid) else { return opened(&context) }
        guard !settlementIsNear(context) else {
            let settlement = funding.nextSettlement(after: context.now)
            phase = .pausing(until: context.wake(at: settlement + parameters.duration("check_interval")))
            return
        }
        let clip = max(parameters.amount("clip").baseAmount(of: pair.instrument(0), at: mid), pair.size.minimum(at: mid))
        let quantity = pair.sizing.makerQuantity(base: min(missing, clip), at: mid)
        let work = SharedParameters.trackingLimit(parameters, pair.legs[0], cycle.side(0), quantity)
        phase = .opening(context.run(TrackingLimit(work)))
    }

    /// Goes on when the clip's order is done and the taker leg has what it is to have.
    private func settle(_ context: inout Context) {
        guard case .settling = phase else { return }
        let isSettled = hedger.state == .flat || (hedger.state == .accumulating && hedger.ledger.pending == 0)
        guard isSettled, pair.legs.allSatisfy({ context.inFlight($0.account, $0.instrument).isZero }) else { return }
        ask(1, &context)
    }

    // MARK: Confirming

    private func ask(_ number: Int, _ context: inout Context) {
        reported = [nil, nil]
        phase = .confirming(until: context.wake(at: context.now + parameters.duration("confirmation_timeout")), asked: number)
        for leg in pair.legs { context.askForPositions(leg.account) }
    }

    private func confirm(_ context: inout Context) {
        guard case .confirming(let timer, _) = phase else { return }
        guard pair.legs.indices.allSatisfy({ reported[$0] == pair.position($0, context) }) else { return }
        context.cancel(timer)
        nextClip(&context)
    }

    private func confirmationIsLate(_ asked: Int, _ context: inout Context) {
        guard asked >= Self.questions else { return ask(asked + 1, &context) }
        closeAtOnce("the venues do not report the positions that our fills make", &context)
    }

    private func opened(_ context: inout Context) {
        guard !pair.isFlat(context) else {
            cycle = nil
            return coolDown(&context)
        }
        phase = .open
        mayLeaveAt = context.now + parameters.duration("min_hold")
        deadline = context.now + parameters.duration("max_hold")
        leavingAt = .never
        let held = pair.text(context)
        context.note("cycle \(cycles): holding \(held)")
        considerRates(&context)
    }

    // MARK: An open pair

    /// Whether the difference is still worth holding the pair for.
    private func considerRates(_ context: inout Context) {
        consider(&context)
        guard isOpen, let cycle, let difference = difference(context), context.now >= mayLeaveAt else { return }
        let edge = cycle.short == 0 ? difference : -difference
        guard !isAtLeast("exit_apr", edge) else { return leavingAt = .never }
        let confirmed = context.now + parameters.duration("confirm")
        // A pair that pays is gone before it does, confirmed or not.
        let payment = funding.nextSettlement(after: context.now, paidBy: pair.legs.indices.map { cycle.side($0).sign })
        if edge < 0, payment <= confirmed + parameters.duration("settlement_lead") {
            return close("the difference has turned before a settlement", &context)
        }
        if leavingAt == .never { leavingAt = confirmed }
        if context.now >= leavingAt { close("the difference has gone", &context) }
    }

    private func inspectOpen(_ cycle: CarryCycle, _ context: inout Context) {
        if context.now >= deadline { return close("held for the longest time", &context) }
        if isSkewed(context) { return close("the collateral is too unequal", &context) }
        guard let bases = pair.bases(context) else { return }
        if let share = excess(bases, context) {
            return reduce(pair.legs.indices.map { Self.share(pair.position($0, context), share) }, "more leverage than allowed", &context)
        }
        if let net = imbalance(context) { return rebalance(net, bases, &context) }
        rebalances = 0
        let returns = cycle.priceReturn { pair.executable($0, cycle.side($0).opposite, abs(bases[$0]), context) }
        guard let returns else { return }
        if returns < -parameters.rate("basis_stop") { return close("the prices have gone against it", &context) }
        let earned = returns.trillionths + cycle.fundingReturn(pair.instrument).trillionths
        if let limit = parameters.rateLimit("take_profit"), earned >= limit.trillionths { close("it has earned enough", &context) }
    }

    /// Takes what the larger leg has too much off it.
    private func rebalance(_ net: Int64, _ bases: [Int64], _ context: inout Context) {
        guard hedger.state == .flat, pair.legs.allSatisfy({ context.inFlight($0.account, $0.instrument).isZero }) else { return }
        rebalances += 1
        guard rebalances <= Self.rebalances else { return closeAtOnce("it could not be balanced", suspends: true, &context) }
        let larger = abs(bases[0]) > abs(bases[1]) ? 0 : 1
        guard let mid = pair.mid(larger, context) else { return }
        var quantities = [Quantity.zero, .zero]
        quantities[larger] = pair.instrument(larger).quantity(baseAmount: abs(net), at: mid).magnitude
        reduce(quantities, "off balance", &context)
    }

    private func reduce(_ quantities: [Quantity], _ reason: String, _ context: inout Context) {
        context.note("cycle \(cycles): reducing: \(reason)")
        phase = .rebalancing(context.run(SlicedExit(exit(quantities, context))))
    }

    // MARK: Leaving

    private func exit(_ quantities: [Quantity], _ context: Context) -> SlicedExit.Configuration {
        let clip = pair.mid(0, context).map { parameters.amount("clip").baseAmount(of: pair.instrument(0), at: $0) }
        return SharedParameters.slicedExit(parameters, pair.legs, quantities, slice: clip)
    }

    private func close(_ reason: String, _ context: inout Context) {
        context.note("cycle \(cycles): closing: \(reason)")
        nakedChecks = 0
        let held = pair.legs.indices.map { pair.position($0, context).magnitude }
        phase = .closing(
            PairExit(exit(held, context), then: SharedParameters.flatten(parameters, pair.legs), reason, &context))
    }

    private func closeAtOnce(_ reason: String, suspends: Bool = false, _ context: inout Context) {
        switch phase {
        case .closing(var exit):
            if suspends { exit.suspend() }
            exit.hurry(&context)
            phase = .closing(exit)
            return
        case .suspended: return
        case .opening(let id), .rebalancing(let id): context.cancel(id)
        case .candidate(_, let timer), .pausing(let timer), .confirming(let timer, _), .cooling(let timer): context.cancel(timer)
        case .idle, .settling, .open: break
        }
        context.note("cycle \(cycles): closing at once: \(reason)")
        phase = .closing(
            PairExit(atOnce: SharedParameters.flatten(parameters, pair.legs), reason, suspends: suspends, &context))
    }

    private func closed(_ exit: PairExit, _ end: AlgorithmEnd, _ context: inout Context) {
        let now = context.now
        if let cycle { context.note(cycle.report(exit.reason, at: now)) }
        cycle = nil
        if let why = exit.suspension(after: end) {
            phase = .suspended
            return context.note("suspended: \(why)")
        }
        coolDown(&context)
    }

    private func coolDown(_ context: inout Context) {
        phase = .cooling(until: context.wake(at: context.now + parameters.duration("cooldown")))
    }

    // MARK: Events

    private func algorithmEnded(_ id: AlgorithmID, _ end: AlgorithmEnd, _ context: inout Context) {
        switch phase {
        case .opening(id):
            phase = .settling
            hedger.hedge(&context)
        case .rebalancing(id):
            hedger = Self.hedger(parameters, pair)
            phase = .open
            considerRates(&context)
        case .closing(var exit):
            let isOver = exit.ended(id, &context)
            phase = .closing(exit)
            if isOver { closed(exit, end, &context) }
        default: break
        }
    }

    private func timerFired(_ token: TimerToken, _ context: inout Context) {
        if token == check {
            checkLater(&context)
            return inspect(&context)
        }
        switch phase {
        case .candidate(_, token): open(&context)
        case .pausing(token): nextClip(&context)
        case .confirming(token, let asked): confirmationIsLate(asked, &context)
        case .cooling(token):
            phase = .idle
            consider(&context)
        default: break
        }
    }

    private func checkLater(_ context: inout Context) { check = context.wake(at: context.now + parameters.duration("check_interval")) }

    private func inspect(_ context: inout Context) {
        switch phase {
        case .idle, .candidate: if !pair.isFlat(context) { closeAtOnce("a fill that came late", &context) }
        case .open:
            considerRates(&context)
            if isOpen, let cycle { inspectOpen(cycle, &context) }
        case .closing(let exit) where exit.isUnhurried:
            guard imbalance(context) != nil else { return nakedChecks = 0 }
            nakedChecks += 1
            if nakedChecks >= Self.rebalances { closeAtOnce("its slices do not match", &context) }
        case .opening, .pausing, .settling, .confirming, .rebalancing, .closing, .cooling, .suspended: break
        }
    }
}
