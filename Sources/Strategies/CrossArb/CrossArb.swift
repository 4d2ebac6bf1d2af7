internal import Market
public import Trading

/// Buys at one venue and sells at another while they differ by more than it costs, and closes both when they no longer do
/// (`domain` C.4).
///
/// The pilot leg goes first, the second is sized by what the venue says filled of it: never two legs at once on trust. Closing
/// is `Flatten`'s, so that nothing new is entered before both venues say that nothing is held.
///
///     idle ─▶ candidate ─▶ enter ─▶ settle ─▶ hold ─▶ close ─▶ cool down ─▶ idle
///                                                       └──▶ suspended
///
/// The two accounts are the strategy's alone: what it finds there it closes.
public final class CrossArb: Strategy {
    private enum Phase {
        case idle
        /// The pilot would trade on this side; the spread has to stand until the timer fires.
        case candidate(Side, TimerToken)
        case entering(AlgorithmID, Side)
        /// The pilot is done; the second leg may not be.
        case settling(Side)
        case holding(Side, until: TimerToken)
        case closing(AlgorithmID, reason: String, suspends: Bool)
        case cooling(until: TimerToken)
        case suspended
    }

    /// How long a measured latency is believed.
    private static let latencyMemory = Nanoseconds.minutes(1)
    private static let day: Int64 = 86_400_000_000_000

    private var parameters: Parameters
    private let pair: TradedPair
    private let tolerance: Int64
    private var phase = Phase.idle
    private var hedger: Hedger
    private var entry: [AveragePrice] = [AveragePrice(), AveragePrice()]
    private var latencies: [(span: Nanoseconds, time: Timestamp)?] = [nil, nil]
    private var deltaFailures = 0
    private var cycles = 0
    private var check: TimerToken?

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        pair = try TradedPair(["pilot", "second"], binding)
        try pair.refuseSpot([0, 1])
        try parameters.amount("size").checkSize("size", of: pair.instrument(0), "pilot")
        tolerance = parameters.factor("delta_tolerance").trillionths / 1_000
        hedger = Self.hedger(parameters, pair.legs)
    }

    private static func hedger(_ parameters: Parameters, _ legs: [StrategyBinding.Leg]) -> Hedger {
        var configuration = SharedParameters.hedger(parameters, maker: legs[0], taker: legs[1])
        // What the second leg can't trade is not carried through a position.
        configuration.belowMinimum = .flattenOnMaker(after: configuration.retryDelay)
        return Hedger(configuration)
    }

    public var interests: Interests { .touch }

    public func start(_ context: inout Context) {
        if let leg = pair.legs.indices.first(where: { !pair.position($0, context).isZero }) {
            phase = .suspended
            context.note("suspended: the \(pair.names[leg]) leg holds a position that is not of this strategy")
            return
        }
        checkLater(&context)
    }

    public func stop(_ reason: StopReason, _ context: inout Context) {
        for order in context.openOrders() { context.cancel(order.id) }
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
        if case .order(let id, let change) = event { record(id, change, context) }
        switch event {
        // What a venue closed by force is not opened again: the other leg goes too.
        case .liquidation(let account, let instrument, _):
            if let leg = pair.leg(account, instrument) { return close("the \(pair.names[leg]) leg was closed by force", &context) }
        case .adjusted(let account, let instrument, _):
            if let leg = pair.leg(account, instrument) { return close("the \(pair.names[leg]) leg is not what its fills make", &context) }
        default: break
        }
        if isHedging { hedger.receive(event, &context) }
        switch event {
        case .touch, .bookState: consider(&context)
        case .timer(let token): timerFired(token, &context)
        case .algorithm(let id, let end): algorithmEnded(id, end, &context)
        case .frozen(.unhedged): close("the pair could not be hedged", suspends: true, &context)
        case .frozen(.killed): if case .holding = phase {} else { close("new risk is not allowed any more", suspends: true, &context) }
        default: break
        }
        settle(&context)
    }

    private var isHedging: Bool {
        switch phase {
        case .entering, .settling, .holding: true
        case .idle, .candidate, .closing, .cooling, .suspended: false
        }
    }

    private func record(_ id: OrderID, _ change: OrderChange, _ context: Context) {
        guard let order = context.order(id), let leg = pair.leg(order.draft.account, order.draft.instrument) else { return }
        switch change {
        case .acknowledged, .unknown: latencies[leg] = (context.now - order.submittedAt, context.now)
        case .filled(let fill, _):
            guard let side = side, order.draft.side == (leg == 0 ? side : side.opposite) else { return }
            let price = pair.instrument(leg).finePrice(fill.price)
            entry[leg].add(abs(pair.instrument(leg).baseAmount(fill.quantity, at: price)), at: price)
        default: break
        }
    }

    /// Of the pilot, while there is a position or one is being entered.
    private var side: Side? {
        switch phase {
        case .entering(_, let side), .settling(let side), .holding(let side, _): side
        case .idle, .candidate, .closing, .cooling, .suspended: nil
        }
    }

    // MARK: Spreads

    private func gap(_ side: Side, entering: Bool, _ base: Int64, _ context: Context) -> Int64? {
        pair.gap(side, entering: entering, rests: entering && parameters.choice("entry") == "maker", base, context)
    }

    private func base(_ context: Context) -> Int64? {
        guard let mid = pair.mid(0, context) else { return nil }
        let base = parameters.amount("size").baseAmount(of: pair.sizing.maker, at: mid)
        return base >= pair.sizing.minimumBase(at: mid) ? base : nil
    }

    private func isWide(_ side: Side, _ context: Context) -> Bool {
        guard let base = base(context), let gap = gap(side, entering: true, base, context),
            let mid = pair.mid(0, context)
        else { return false }
        let wanted = parameters.rate("entry_threshold").trillionths + parameters.rate("costs").trillionths
        return Int128(gap) * Int128(Rate.scale) >= Int128(mid.nanos) * Int128(wanted)
    }

    // MARK: Guards

    private func mayEnter(_ context: Context) -> Bool {
        guard context.freeze == nil, !isMaintenance(context.now) else { return false }
        for (index, leg) in pair.legs.enumerated() {
            guard context.trouble(with: leg, staleAfter: parameters.duration("stale_after")) == nil else { return false }
            if let (span, time) = latencies[index], context.now < time + Self.latencyMemory, span > parameters.duration("latency_limit") {
                return false
            }
        }
        // Both legs must be affordable before the first is sent.
        guard let base = base(context), let mid = pair.mid(0, context) else { return false }
        let notional = roundedBillionth(Int128(base) * Int128(mid.nanos))
        return notional <= (pair.legs.map { context.collateral($0) }.min() ?? 0) * parameters.integer("leverage")
    }

    /// Whether maintenance is on, or closer than positions are closed before it.
    private func isMaintenance(_ now: Timestamp) -> Bool {
        let (from, to) = parameters.durationRange("maintenance")
        guard from < to else { return false }
        let time = now.nanoseconds % Self.day
        let start = from.count - parameters.duration("pre_close").count
        // What begins soon after midnight is closed for the day before.
        return time >= start && time < to.count || time >= start + Self.day
    }

    // MARK: The cycle

    private func consider(_ context: inout Context) {
        switch phase {
        case .idle:
            guard mayEnter(context) else { return }
            for side in Side.allCases where isWide(side, context) {
                phase = .candidate(side, context.wake(at: context.now + parameters.duration("persistence")))
                return
            }
        case .candidate(let side, let timer):
            guard !mayEnter(context) || !isWide(side, context) else { return }
            context.cancel(timer)
            phase = .idle
        case .entering(let id, let side):
            // One that rests is taken back when the spread is gone.
            if parameters.choice("entry") == "maker", !mayEnter(context) || !isWide(side, context) { context.cancel(id) }
        case .holding(let side, _): watch(side, &context)
        case .settling, .closing, .cooling, .suspended: break
        }
    }

    private func enter(_ side: Side, _ context: inout Context) {
        guard mayEnter(context), isWide(side, context), let base = base(context),
            let mid = pair.mid(0, context)
        else { return phase = .idle }
        if !pair.isFlat(context) { return close("a fill that came late", &context) }
        let quantity = pair.sizing.makerQuantity(base: base, at: mid)
        hedger = Self.hedger(parameters, pair.legs)
        (entry, deltaFailures) = ([AveragePrice(), AveragePrice()], 0)
        cycles += 1
        context.note("cycle \(cycles): the pilot \(side == .buy ? "buys" : "sells") \(pair.sizing.maker.text(quantity))")
        if parameters.choice("entry") == "maker" {
            let work = SharedParameters.trackingLimit(parameters, pair.legs[0], side, quantity)
            phase = .entering(context.run(TrackingLimit(work)), side)
        } else {
            var work = ImmediateFill.Configuration(leg: pair.legs[0], side: side, quantity: quantity)
            work.slippage = parameters.rate("max_slippage")
            // One try: what it did not get was not there at a price that pays.
            (work.attempts, work.purpose) = (1, .quote)
            phase = .entering(context.run(ImmediateFill(work)), side)
        }
    }

    /// Goes on when the pilot is done and the second leg has what it is to have.
    private func settle(_ context: inout Context) {
        guard case .settling(let side) = phase else { return }
        let isSettled = hedger.state == .flat || (hedger.state == .accumulating && hedger.ledger.pending == 0)
        guard isSettled, context.inFlight(pair.legs[1].account, pair.legs[1].instrument).isZero else { return }
        guard !pair.position(0, context).isZero else { return coolDown(&context) }
        phase = .holding(side, until: context.wake(at: context.now + parameters.duration("max_hold")))
        let held = pair.text(context)
        context.note("cycle \(cycles): holding \(held)")
        watch(side, &context)
    }

    private func watch(_ side: Side, _ context: inout Context) {
        guard let one = entry[0].value, let two = entry[1].value, context.canTrade(pair.legs[0]), context.canTrade(pair.legs[1]),
            let gap = gap(side, entering: false, entry[1].base, context)
        else { return }
        let entered = (two.nanos - one.nanos) * side.sign
        func share(_ ratio: String) -> Int64 {
            Int64(Int128(entered) * Int128(parameters.factor(ratio).trillionths) / Int128(Rate.scale))
        }
        if gap <= entered - share("take_profit_ratio") {
            close("the spread has contracted", &context)
        } else if gap >= entered + share("stop_ratio") {
            close("the spread has expanded", &context)
        }
    }

    private func close(_ reason: String, suspends: Bool = false, _ context: inout Context) {
        switch phase {
        case .closing(let id, let first, let suspended):
            phase = .closing(id, reason: first, suspends: suspended || suspends)
            return
        case .suspended: return
        case .entering(let id, _): context.cancel(id)
        case .candidate(_, let timer), .cooling(let timer), .holding(_, let timer): context.cancel(timer)
        case .idle, .settling: break
        }
        context.note("cycle \(cycles): closing: \(reason)")
        let work = Flatten(SharedParameters.flatten(parameters, pair.legs))
        phase = .closing(context.run(work), reason: reason, suspends: suspends)
    }

    private func closed(_ reason: String, _ suspends: Bool, _ end: AlgorithmEnd, _ context: inout Context) {
        if suspends || end.reason != .filled {
            phase = .suspended
            let why = suspends ? reason : "what is left is less than the venues take an order for"
            context.note("suspended: \(why)")
        } else {
            coolDown(&context)
        }
    }

    private func coolDown(_ context: inout Context) {
        phase = .cooling(until: context.wake(at: context.now + parameters.duration("cooldown")))
    }

    private func algorithmEnded(_ id: AlgorithmID, _ end: AlgorithmEnd, _ context: inout Context) {
        switch phase {
        case .entering(id, let side):
            phase = .settling(side)
            hedger.hedge(&context)
        case .closing(id, let reason, let suspends): closed(reason, suspends, end, &context)
        default: break
        }
    }

    private func timerFired(_ token: TimerToken, _ context: inout Context) {
        if token == check {
            checkLater(&context)
            return inspect(&context)
        }
        switch phase {
        case .candidate(let side, token): enter(side, &context)
        case .holding(_, until: token): close("held for the longest time", &context)
        case .cooling(token):
            phase = .idle
            consider(&context)
        default: break
        }
    }

    // MARK: Checks

    private func checkLater(_ context: inout Context) { check = context.wake(at: context.now + parameters.duration("check_interval")) }

    private func inspect(_ context: inout Context) {
        switch phase {
        case .idle, .candidate:
            if !pair.isFlat(context) { close("a fill that came late", &context) }
        case .settling, .holding:
            inspectDelta(&context)
            if side != nil, isMaintenance(context.now) { close("maintenance is near", &context) }
        case .entering, .closing, .cooling, .suspended: break
        }
    }

    private func inspectDelta(_ context: inout Context) {
        guard let net = pair.bases(context)?.reduce(0, +) else { return }
        guard abs(net) > tolerance else { return deltaFailures = 0 }
        deltaFailures += 1
        guard deltaFailures >= parameters.integer("max_delta_failures") else { return }
        close("the positions were off by \(Decimal.text(net, decimals: 9)) base at \(deltaFailures) checks", suspends: true, &context)
    }
}
