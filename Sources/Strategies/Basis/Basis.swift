internal import Market
public import Trading

/// Sells a perpetual's premium over spot, or over another perpetual, and buys it back when it has gone (`domain` B.4).
///
/// The base leg goes first, by immediate orders, and the perpetual by what the venue says filled of it. A part that filled is
/// hedged and held like a whole: no other position is opened beside it.
///
///     closed ─▶ candidate ─▶ opening ─▶ opened ─▶ closing ─▶ delay ─▶ closed
///                                                   └──▶ suspended
///
/// The two accounts are the strategy's alone, but for coins that were there before.
public final class Basis: Strategy {
    private enum Phase {
        case closed
        /// So many samples in a row say that the base leg should trade on this side.
        case candidate(Side, samples: Int64)
        case opening(AlgorithmID, Side)
        /// The base leg is done; the perpetual may not be.
        case settling(Side)
        case opened(Side, until: Timestamp)
        case closing(PairExit)
        case delaying(until: TimerToken)
        case suspended
    }

    private static let year = Int128(365 * 86_400) * 1_000_000_000

    private var parameters: Parameters
    private let pair: TradedPair
    private let usesScore: Bool
    private var phase = Phase.closed
    private var hedger: Hedger
    private var statistics: BasisStatistics
    private var startedAt = Timestamp.never
    private var entry = [AveragePrice(), AveragePrice()]
    private var cycles = 0
    private var deltaFailures = 0
    private var sample: TimerToken?

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        pair = try TradedPair(["base", "perp"], binding)
        try pair.refuseSpot([1])
        try parameters.amount("size").checkSize("size", of: pair.instrument(0), "base")
        if let slice = parameters.amountLimit("exit_slice") { try slice.checkSize("exit_slice", of: pair.instrument(0), "base") }
        if parameters.choice("sides") == "both", pair.instrument(0).kind == .spot {
            throw ParameterError(
                parameter: "sides", message: "the base leg is spot, which can't be sold short", hint: "trade the premium alone")
        }
        guard parameters.rate("close").trillionths < parameters.rate("open").trillionths + parameters.rate("costs").trillionths else {
            throw ParameterError(
                parameter: "close", message: "a position would be closed as soon as it is opened",
                hint: "state less than open and costs together")
        }
        let (out, enter, stop) = (parameters.factor("z_out"), parameters.factor("z_in"), parameters.factor("z_stop"))
        guard out < enter, enter < stop else {
            throw ParameterError(parameter: "z_in", message: "it must lie between z_out and z_stop", hint: "such as 0.5, 2.5 and 4")
        }
        usesScore = parameters.choice("signal") == "z_score"
        statistics = BasisStatistics(halfLife: Int(max(1, parameters.duration("half_life").count / parameters.duration("sampling").count)))
        hedger = Self.hedger(parameters, pair)
    }

    private static func hedger(_ parameters: Parameters, _ pair: TradedPair) -> Hedger {
        var configuration = SharedParameters.hedger(parameters, maker: pair.legs[0], taker: pair.legs[1])
        // What the perpetual can't trade is not carried through a position.
        configuration.belowMinimum = .flattenOnMaker(after: configuration.retryDelay)
        return Hedger(configuration)
    }

    public var interests: Interests { .touch }

    public func start(_ context: inout Context) {
        guard pair.isFlat(context) else {
            phase = .suspended
            return context.note("suspended: there is a position that is not of this strategy")
        }
        startedAt = context.now
        sampleLater(&context)
    }

    public func stop(_ reason: StopReason, _ context: inout Context) {
        for order in context.openOrders() { context.cancel(order.id) }
        phase = .suspended
    }

    public var status: StrategyStatus {
        let isBetween =
            switch phase {
            case .closed, .candidate, .delaying, .suspended: true
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
        if case .order(let id, .filled(let fill, _)) = event { record(id, fill, context) }
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
        if side != nil { hedger.receive(event, &context) }
        switch event {
        case .touch, .bookState: watch(&context)
        case .timer(let token): timerFired(token, &context)
        case .algorithm(let id, let end): algorithmEnded(id, end, &context)
        case .frozen(.unhedged): closeAtOnce("the position could not be hedged", suspends: true, &context)
        case .frozen(.killed): if isOpening { closeAtOnce("new risk is not allowed any more", suspends: true, &context) }
        default: break
        }
        settle(&context)
    }

    private var isOpening: Bool {
        switch phase {
        case .opening, .settling: true
        case .closed, .candidate, .opened, .closing, .delaying, .suspended: false
        }
    }

    /// Of the base leg, while there is a position or one is being opened.
    private var side: Side? {
        switch phase {
        case .opening(_, let side), .settling(let side), .opened(let side, _): side
        case .closed, .candidate, .closing, .delaying, .suspended: nil
        }
    }

    private func record(_ id: OrderID, _ fill: Fill, _ context: Context) {
        guard let side, let order = context.order(id), let leg = pair.leg(order.draft.account, order.draft.instrument),
            fill.side == (leg == 0 ? side : side.opposite)
        else { return }
        let price = pair.instrument(leg).finePrice(fill.price)
        entry[leg].add(abs(pair.instrument(leg).baseAmount(fill.quantity, at: price)), at: price)
    }

    // MARK: Premiums

    /// In 10⁻⁹ of the base currency; nil where the venues, or the accounts, don't take it.
    private func base(_ context: Context) -> Int64? {
        guard let mid = pair.mid(0, context) else { return nil }
        let wanted = parameters.amount("size").baseAmount(of: pair.instrument(0), at: mid)
        let base = pair.size.largest(within: wanted)
        guard base >= pair.size.minimum(at: mid), base <= pair.affordable(leverage: parameters.integer("leverage"), context) else {
            return nil
        }
        return base
    }

    /// What the perpetual is dearer by where the base leg buys, cheaper by where it sells, of the base leg's price.
    private func premium(_ side: Side, entering: Bool, _ base: Int64, _ context: Context) -> Int64? {
        guard let gap = pair.gap(side, entering: entering, base, context), let mid = pair.mid(0, context) else { return nil }
        return roundedQuotient(Int128(gap) * Int128(Rate.scale), Int128(mid.nanos))
    }

    /// What holding the position for the horizon brings in funding, less interest on the base leg, of its worth.
    private func carry(_ side: Side, _ context: Context) -> Int64 {
        let horizon = parameters.duration("carry_horizon")
        var sum = -roundedQuotient(Int128(parameters.rate("interest").trillionths) * Int128(horizon.count), Self.year)
        for (leg, place) in pair.legs.enumerated() {
            guard let funding = context.funding(place.instrument) else { continue }
            let interval = funding.quantity > 0 ? funding.quantity : pair.instrument(leg).fundingInterval?.count ?? 0
            guard interval > 0 else { continue }
            let paid = (leg == 0 ? side : side.opposite).sign
            sum -= paid * roundedQuotient(Int128(funding.price) * Int128(horizon.count), Int128(interval))
        }
        return sum
    }

    /// The side of the base leg, if a position would pay.
    private func signal(_ context: Context) -> Side? {
        guard let base = base(context) else { return nil }
        let sides = parameters.choice("sides") == "both" ? Side.allCases : [.buy]
        return sides.first { side in
            guard let premium = premium(side, entering: true, base, context) else { return false }
            let net = premium - parameters.rate("costs").trillionths
            return usesScore
                ? isFar(side, net: net) : net + carry(side, context) >= parameters.rate("open").trillionths
        }
    }

    private func factor(_ name: String) -> Double { Double(parameters.factor(name).trillionths) / Double(Rate.scale) }

    /// Whether the basis is far from its average to a side, comes back, and pays more on its way than it costs.
    private func isFar(_ side: Side, net: Int64) -> Bool {
        guard let score = statistics.score, score * Double(side.sign) > factor("z_in"), abs(score) < factor("z_stop") else { return false }
        let home = (statistics.mean * Double(side.sign) + factor("z_out") * statistics.deviation) * 100_000_000
        return Double(net) > home && (!parameters.boolean("stationarity") || statistics.isStationary)
    }

    private func mayOpen(_ context: Context) -> Bool {
        guard context.freeze == nil, pair.canTrade(within: parameters.duration("stale_after"), context) else { return false }
        return !usesScore || context.now >= startedAt + parameters.duration("warm_up")
    }

    // MARK: The cycle

    private func consider(_ context: inout Context) {
        let samples: Int64
        var wanted: Side?
        switch phase {
        case .closed: (samples, wanted) = (0, nil)
        case .candidate(let side, let count): (samples, wanted) = (count, side)
        case .opening, .settling, .opened, .closing, .delaying, .suspended: return
        }
        guard pair.isFlat(context) else { return closeAtOnce("a fill that came late", &context) }
        guard mayOpen(context), let side = signal(context) else { return phase = .closed }
        let count = wanted == side ? samples + 1 : 1
        phase = .candidate(side, samples: count)
        if count >= parameters.integer("persistence") { open(side, &context) }
    }

    private func open(_ side: Side, _ context: inout Context) {
        guard let base = base(context), let mid = pair.mid(0, context) else { return phase = .closed }
        hedger = Self.hedger(parameters, pair)
        (entry, deltaFailures) = ([AveragePrice(), AveragePrice()], 0)
        cycles += 1
        var work = ImmediateFill.Configuration(
            leg: pair.legs[0], side: side, quantity: pair.sizing.makerQuantity(base: base, at: mid))
        work.slippage = parameters.rate("max_slippage")
        work.attempts = Int(parameters.integer("open_attempts"))
        work.delay = parameters.duration("open_delay")
        work.purpose = .quote
        let verb = side == .buy ? "buys" : "sells"
        context.note("cycle \(cycles): the base leg \(verb) \(pair.instrument(0).text(work.quantity))")
        phase = .opening(context.run(ImmediateFill(work)), side)
    }

    /// Goes on when the base leg is done and the perpetual has what it is to have.
    private func settle(_ context: inout Context) {
        guard case .settling(let side) = phase else { return }
        let isSettled = hedger.state == .flat || (hedger.state == .accumulating && hedger.ledger.pending == 0)
        guard isSettled, pair.legs.allSatisfy({ context.inFlight($0.account, $0.instrument).isZero }) else { return }
        guard !pair.isFlat(context) else { return delay(&context) }
        phase = .opened(side, until: context.now + parameters.duration("max_hold"))
        let held = pair.text(context)
        context.note("cycle \(cycles): holding \(held)")
    }

    /// Whether an open position has come home, or gone too far.
    private func watch(_ context: inout Context) {
        guard case .opened(let side, _) = phase, pair.canTrade(within: parameters.duration("stale_after"), context) else { return }
        guard let one = entry[0].value, let two = entry[1].value,
            let premium = premium(side, entering: false, entry[1].base, context)
        else { return }
        let entered = roundedQuotient(Int128(two.nanos - one.nanos) * Int128(side.sign) * Int128(Rate.scale), Int128(one.nanos))
        if premium >= entered + parameters.rate("basis_stop").trillionths { return close("the basis has widened", &context) }
        if !usesScore, premium <= parameters.rate("close").trillionths { close("the premium has gone", &context) }
    }

    private func watchScore(_ side: Side, _ context: inout Context) {
        guard usesScore, let score = statistics.score.map({ $0 * Double(side.sign) }) else { return }
        if score < factor("z_out") {
            close("the basis is back at its average", &context)
        } else if score > factor("z_stop") {
            close("the basis is too far from its average", &context)
        }
    }

    private func close(_ reason: String, _ context: inout Context) {
        context.note("cycle \(cycles): closing: \(reason)")
        deltaFailures = 0
        let slice = pair.mid(0, context).flatMap { mid in
            parameters.amountLimit("exit_slice")?.baseAmount(of: pair.instrument(0), at: mid)
        }
        let held = pair.legs.indices.map { pair.position($0, context).magnitude }
        let exit = SharedParameters.slicedExit(parameters, pair.legs, held, slice: slice)
        phase = .closing(PairExit(exit, then: SharedParameters.flatten(parameters, pair.legs), reason, &context))
    }

    private func closeAtOnce(_ reason: String, suspends: Bool = false, _ context: inout Context) {
        switch phase {
        case .closing(var exit):
            if suspends { exit.suspend() }
            exit.hurry(&context)
            phase = .closing(exit)
            return
        case .suspended: return
        case .opening(let id, _): context.cancel(id)
        case .delaying(let timer): context.cancel(timer)
        case .closed, .candidate, .settling, .opened: break
        }
        context.note("cycle \(cycles): closing at once: \(reason)")
        phase = .closing(
            PairExit(atOnce: SharedParameters.flatten(parameters, pair.legs), reason, suspends: suspends, &context))
    }

    private func closed(_ exit: PairExit, _ end: AlgorithmEnd, _ context: inout Context) {
        if let why = exit.suspension(after: end) {
            phase = .suspended
            return context.note("suspended: \(why)")
        }
        delay(&context)
    }

    private func delay(_ context: inout Context) {
        phase = .delaying(until: context.wake(at: context.now + parameters.duration("next_open_delay")))
    }

    // MARK: Events

    private func algorithmEnded(_ id: AlgorithmID, _ end: AlgorithmEnd, _ context: inout Context) {
        switch phase {
        case .opening(id, let side):
            phase = .settling(side)
            hedger.hedge(&context)
        case .closing(var exit):
            let isOver = exit.ended(id, &context)
            phase = .closing(exit)
            if isOver { closed(exit, end, &context) }
        default: break
        }
    }

    private func timerFired(_ token: TimerToken, _ context: inout Context) {
        if token == sample {
            sampleLater(&context)
            observe(context)
            inspect(&context)
            return consider(&context)
        }
        if case .delaying(token) = phase { phase = .closed }
    }

    private func sampleLater(_ context: inout Context) { sample = context.wake(at: context.now + parameters.duration("sampling")) }

    private func observe(_ context: Context) {
        guard usesScore, pair.canTrade(within: parameters.duration("stale_after"), context), let one = pair.mid(0, context),
            let two = pair.mid(1, context)
        else { return }
        let distance = Int128(two.nanos - one.nanos) * 2 * Int128(Rate.scale)
        statistics.add(Rate(trillionths: roundedQuotient(distance, Int128(one.nanos + two.nanos))))
    }

    private func inspect(_ context: inout Context) {
        switch phase {
        case .opened(let side, let until):
            if context.now >= until { return close("held for the longest time", &context) }
            inspectDelta(&context)
            if case .opened = phase { watchScore(side, &context) }
        case .settling: inspectDelta(&context)
        case .closing(let exit) where exit.isUnhurried: inspectDelta(&context)
        case .closed, .candidate, .opening, .closing, .delaying, .suspended: break
        }
    }

    private func inspectDelta(_ context: inout Context) {
        guard let net = pair.imbalance(beyond: parameters.rate("delta_band"), context) else { return deltaFailures = 0 }
        deltaFailures += 1
        guard deltaFailures >= parameters.integer("max_delta_failures") else { return }
        let isClosing = if case .closing = phase { true } else { false }
        closeAtOnce("the legs were off by \(Decimal.text(net, decimals: 9)) base", suspends: !isClosing, &context)
    }
}
