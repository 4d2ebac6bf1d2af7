internal import Market
public import Trading

/// Quotes on one venue at prices that, hedged at once on another, earn a wanted margin (`domain` B.1).
///
/// A bid on A rests at what B's bids would pay for the clip, less the margin; an ask at what B's asks would cost, plus it. A
/// fill is hedged on B by the confirmed amount, before anything else is decided. B's prices are shifted by the average
/// difference between the venues, so that a standing basis is not mistaken for an edge.
///
/// Both may make: quotes then rest on B, too, and their fills are hedged on A. One ledger counts the fills of either, so that what
/// fills on both before a cancel has arrived is netted; a fill on one withdraws the quotes of the other until it is hedged.
public final class Xemm: Strategy {
    private var parameters: Parameters
    private let maker: StrategyBinding.Leg
    private let taker: StrategyBinding.Leg
    private var hedger: Hedger
    /// A's quotes, and B's where both make.
    private var ways: [HedgedQuotes]
    /// The way whose quotes wait until a fill of the other is hedged.
    private var withdrawn: Int?
    private var startedAt = Timestamp.never
    private var review: TimerToken?
    private var isFrozen = false
    private var lastResort: LastResort

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        maker = binding.leg("maker")
        taker = binding.leg("taker")
        guard maker.instrument != taker.instrument || maker.account != taker.account else {
            throw ParameterError(
                parameter: "accounts", message: "maker and taker are the same account and instrument", hint: "name two accounts")
        }
        ways = [HedgedQuotes(parameters, binding, maker: maker, taker: taker, fees: ["maker_fee", "taker_fee"])]
        try parameters.amount("size").checkSize("size", of: ways[0].sizing.maker, "maker")
        if parameters.choice("makers") == "both" {
            ways.append(
                HedgedQuotes(parameters, binding, maker: taker, taker: maker, fees: ["reverse_maker_fee", "reverse_taker_fee"]))
            try parameters.amount("size").checkSize("size", of: ways[1].sizing.maker, "taker")
        }
        var configuration = SharedParameters.hedger(parameters, maker: maker, taker: taker, alternate: binding.legs["alternate"])
        let age = parameters.duration("max_pending_age")
        switch parameters.choice("sub_min") {
        case "flatten_on_maker": configuration.belowMinimum = .flattenOnMaker(after: age)
        case "overshoot_then_trim": configuration.belowMinimum = .overshootThenTrim(after: age)
        default: break
        }
        configuration.hedgesEitherWay = ways.count > 1
        hedger = Hedger(configuration)
        lastResort = LastResort(SharedParameters.flatten(parameters, SharedParameters.legs(binding)))
    }

    public var interests: Interests { .touch }

    public func start(_ context: inout Context) {
        startedAt = context.now
        reviewLater(&context)
    }

    public func stop(_ reason: StopReason, _ context: inout Context) {
        for order in context.openOrders() where order.draft.purpose == .quote { context.cancel(order.id) }
    }

    public var status: StrategyStatus {
        let isQuoting = ways.contains { $0.pair.isQuoting(.buy) || $0.pair.isQuoting(.sell) }
        let phase = lastResort.hasBegun ? "closing" : isQuoting ? "quoting" : "waiting"
        return StrategyStatus(phase: phase, exposure: .init(hedger, base: ways[0].sizing.maker.base))
    }

    public func update(_ parameter: String, to value: ParameterValue, _ context: inout Context) {
        parameters.values[parameter] = value
        SharedParameters.tune(&hedger, parameters)
        lastResort.configuration = SharedParameters.flatten(parameters, lastResort.configuration.legs)
        for way in ways.indices { ways[way].update(parameters) }
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        if case .order(let id, .filled) = event { withdrawOther(id, &context) }
        if !lastResort.hasBegun { hedger.receive(event, &context) }
        lastResort.receive(event, &context)
        switch event {
        case .touch:
            for way in ways.indices { ways[way].observe(context) }
            quote(&context)
        case .timer(let token) where token == review:
            reviewLater(&context)
            quote(&context)
        case .order(let id, _):
            if context.isDone(id) { for way in ways.indices { ways[way].pair.forget(id) } }
            if isOverexposed(context) { cancelQuotes(&context) }
        case .bookState: quote(&context)
        case .frozen:
            isFrozen = true
            cancelQuotes(&context)
        case .released: isFrozen = false
        default: break
        }
    }

    private func reviewLater(_ context: inout Context) {
        // Often enough that no quote outlives its time to live, or a stale book, by much.
        let span = min(parameters.duration("quote_ttl"), parameters.duration("stale_after"), parameters.duration("max_unhedged_age"))
        review = context.wake(at: context.now + Nanoseconds(count: max(span.count / 2, 1_000_000)))
    }

    // MARK: Exposure

    /// The other venue's quotes go, on the lane of the hedge that this fill leads to and before it, and nobody waits for their end.
    private func withdrawOther(_ id: OrderID, _ context: inout Context) {
        guard ways.count > 1, let order = context.order(id), order.draft.purpose == .quote else { return }
        let filled = StrategyBinding.Leg(account: order.draft.account, instrument: order.draft.instrument)
        guard let other = ways.firstIndex(where: { $0.maker != filled }) else { return }
        withdrawn = other
        ways[other].pair.cancelBoth(&context)
    }

    private func isOverexposed(_ context: Context) -> Bool {
        let way = ways[0]
        guard let mid = context.books[taker.instrument].mid(way.sizing.taker) else { return true }
        let pending = abs(hedger.ledger.pending)
        if pending > way.clip(mid) * parameters.integer("max_unhedged") { return true }
        let hedgeable = pending >= way.sizing.minimumBase(at: mid)
        return hedgeable && hedger.unhedgedAge(context.now) > parameters.duration("max_unhedged_age")
    }

    private func cancelQuotes(_ context: inout Context) {
        for way in ways.indices { ways[way].pair.cancelBoth(&context) }
    }

    // MARK: Quoting

    private func mayQuote(_ context: Context) -> Bool {
        let stale = parameters.duration("stale_after")
        return !isFrozen && !lastResort.hasBegun && hedger.state != .frozen && hedger.state != .unwinding
            && context.now >= startedAt + parameters.duration("warm_up")
            && context.trouble(with: maker, staleAfter: stale) == nil && context.trouble(with: taker, staleAfter: stale) == nil
            && !isOverexposed(context)
    }

    /// Whether one more quote stays within what may rest at both accounts.
    private func mayRest(_ context: Context) -> Bool {
        guard let clips = parameters.limit("max_pending_maker") else { return true }
        guard let mid = context.books[taker.instrument].mid(ways[0].sizing.taker) else { return false }
        let clip = ways[0].clip(mid)
        return ways.reduce(clip) { $0 + $1.resting(context) } <= clip * clips
    }

    private func quote(_ context: inout Context) {
        let allowed = mayQuote(context)
        if hedger.state != .hedging { withdrawn = nil }
        for way in ways.indices {
            for side in [Side.buy, .sell] {
                let isWanted = allowed && way != withdrawn && isQuoted(side, way)
                let isRoom = isWanted && (ways[way].pair.isQuoting(side) || mayRest(context))
                ways[way].pair.update(side, isRoom ? ways[way].target(side, context) : nil, &context)
            }
        }
    }

    private func isQuoted(_ side: Side, _ way: Int) -> Bool {
        let sides = parameters.choice("sides")
        return sides == "both" || sides == ((way == 0 ? side : side.opposite) == .buy ? "buy" : "sell")
    }
}
