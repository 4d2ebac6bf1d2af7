internal import Market
public import Trading

/// Quotes on one venue at prices that, hedged at once on another, earn a wanted margin (`domain` B.1).
///
/// A bid on A rests at what B's bids would pay for the clip, less the margin; an ask at what B's asks would cost, plus it. A
/// fill is hedged on B by the confirmed amount, before anything else is decided. B's prices are shifted by the average
/// difference between the venues, so that a standing basis is not mistaken for an edge.
public final class Xemm: Strategy {
    private static let second: Int64 = 1_000_000_000
    private static let percent: Int64 = 10_000_000_000

    public static let specification = StrategySpecification(
        name: "xemm",
        purpose: "Rests on A where hedging on B at the executable price nets a wanted margin, and hedges each fill at once.",
        phases: ["warm up", "quote", "hedge", "close", "stopped"],
        roles: [.init("maker", "A: the account that quotes"), .init("taker", "B: the account that hedges")],
        parameters: [
            .init(
                "size", .amount(1...1_000_000_000_000_000_000), default: nil,
                "Of one quote, in base (\"0.01 BTC\") or quote (\"500 USDT\")."),
            .init("sides", .choice(["both", "buy", "sell"]), default: ["both"], "Which sides are quoted on A."),
            .init(
                "min_net", .rate(-percent...10 * percent), default: ["3 bp"], isLiveUpdatable: true, "Margin wanted after fees and buffers."
            ),
            .init("maker_fee", .rate(-percent...percent), default: ["2 bp"], "A's maker fee, as the quote reckons it."),
            .init("taker_fee", .rate(-percent...percent), default: ["5 bp"], "B's taker fee, as the quote reckons it."),
            .init(
                "buffer", .rate(0...percent), default: ["2 bp"], isLiveUpdatable: true,
                "For slippage and latency of the hedge, and drift of the basis."),
            .init(
                "inventory_skew", .rate(0...percent), default: ["0 bp"],
                "Added on the side that would grow the position, for each clip held."),
            .init(
                "max_inventory", .integer(1...10_000), default: ["5"],
                "Position on A, in clips, beyond which only the reducing side is quoted."),
            .init("depth_multiple", .integer(1...1_000), default: ["2"], "B must show this many clips on the side that would be taken."),
            .init(
                "basis_half_life", .duration(second...86_400 * second), default: ["60 s"], "Of the average difference between the venues."),
            .init("warm_up", .duration(0...86_400 * second), default: ["10 s"], "Time of observing both books before the first quote."),
        ] + SharedParameters.quotes + [
            .init(
                "stale_after", .duration(1_000_000...3_600 * second), default: ["3 s"], "Age of either book beyond which nothing is quoted."
            ),
            .init("max_unhedged", .integer(1...1_000), default: ["2"], "Unhedged exposure, in clips, beyond which quoting stops."),
            .init(
                "max_unhedged_age", .duration(1_000_000...3_600 * second), default: ["4 s"],
                "Time that a hedgeable exposure may stand before quoting stops."),
            .init(
                "sub_min", .choice(["accumulate", "flatten_on_maker"]), default: ["accumulate"],
                "What is done with fills below B's minimum."),
            .init(
                "max_pending_age", .duration(second...86_400 * second), default: ["30 s"],
                "How long they accumulate before they are taken off on A."),
        ] + [SharedParameters.leverage] + SharedParameters.hedger + SharedParameters.flatten)

    private let parameters: Parameters
    private let maker: StrategyBinding.Leg
    private let taker: StrategyBinding.Leg
    private let sizing: PairSizing
    private var hedger: Hedger
    private var quotes: QuotePair
    private var basis: AverageDifference
    private var startedAt = Timestamp.never
    private var review: TimerToken?
    private var isFrozen = false
    private var lastResort: LastResort

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        maker = binding.leg("maker")
        taker = binding.leg("taker")
        sizing = PairSizing(maker: binding.instruments[maker.instrument.index], taker: binding.instruments[taker.instrument.index])
        guard maker.instrument != taker.instrument || maker.account != taker.account else {
            throw ParameterError(
                parameter: "accounts", message: "maker and taker are the same account and instrument", hint: "name two accounts")
        }
        try parameters.amount("size").checkSize("size", of: sizing.maker, "maker")
        quotes = QuotePair(SharedParameters.quotes(parameters, maker))
        basis = AverageDifference(halfLife: parameters.duration("basis_half_life"))
        var configuration = SharedParameters.hedger(parameters, maker: maker, taker: taker)
        if parameters.choice("sub_min") == "flatten_on_maker" { configuration.flattenDustAfter = parameters.duration("max_pending_age") }
        hedger = Hedger(configuration)
        lastResort = LastResort(SharedParameters.flatten(parameters, [maker, taker]))
    }

    public var interests: Interests { .touch }

    public func start(_ context: inout Context) {
        startedAt = context.now
        reviewLater(&context)
    }

    public func stop(_ reason: StopReason, _ context: inout Context) {
        for order in context.openOrders() where order.draft.purpose == .quote { context.cancel(order.id) }
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        if !lastResort.hasBegun { hedger.receive(event, &context) }
        lastResort.receive(event, &context)
        switch event {
        case .touch(let instrument):
            observe(instrument, context)
            quote(&context)
        case .timer(let token) where token == review:
            reviewLater(&context)
            quote(&context)
        case .order(let id, _):
            if context.isDone(id) { quotes.forget(id) }
            guardExposure(&context)
        case .bookState: quote(&context)
        case .frozen:
            isFrozen = true
            quotes.cancelBoth(&context)
        case .released: isFrozen = false
        default: break
        }
    }

    private func reviewLater(_ context: inout Context) {
        // Often enough that no quote outlives its time to live, or a stale book, by much.
        let span = min(parameters.duration("quote_ttl"), parameters.duration("stale_after"), parameters.duration("max_unhedged_age"))
        review = context.wake(at: context.now + Nanoseconds(count: max(span.count / 2, 1_000_000)))
    }

    // MARK: Prices

    private func observe(_ instrument: InstrumentID, _ context: Context) {
        guard let one = context.books[maker.instrument].mid(sizing.maker), let two = context.books[taker.instrument].mid(sizing.taker)
        else { return }
        basis.add(one.nanos - two.nanos, at: context.now)
    }

    /// Clip in 10⁻⁹ of the base currency.
    private func clip(_ price: FinePrice) -> Int64 { parameters.amount("size").baseAmount(of: sizing.maker, at: price) }

    /// Where a quote on A belongs, and how large; nil when none does.
    private func target(_ side: Side, _ context: Context) -> (price: Price, quantity: Quantity)? {
        guard let mid = context.books[taker.instrument].mid(sizing.taker), let shift = basis.value else { return nil }
        let base = clip(mid)
        let quantity = sizing.makerQuantity(base: base, at: mid)
        let hedge = sizing.taker.quantity(baseAmount: base, at: mid)
        guard quantity >= sizing.maker.minimumQuantity, hedge >= sizing.taker.minimumQuantity else { return nil }
        let position = sizing.maker.baseAmount(context.ownPosition(maker.account, maker.instrument), at: mid) * side.sign
        guard position < base * parameters.integer("max_inventory") else { return nil }
        // The hedge takes the other side of B, which must show enough of it.
        let deep = Quantity(lots: hedge.lots * parameters.integer("depth_multiple"))
        guard context.books[taker.instrument].executablePrice(side.opposite, deep, sizing.taker) != nil,
            let executable = context.books[taker.instrument].executablePrice(side.opposite, hedge, sizing.taker)
        else { return nil }
        guard isHedgeable(side, base, executable, at: mid, context) else { return nil }
        let clips = base > 0 ? max(0, position) / base : 0
        let margin =
            parameters.rate("min_net").trillionths + parameters.rate("maker_fee").trillionths + parameters.rate("taker_fee").trillionths
            + parameters.rate("buffer").trillionths + clips * parameters.rate("inventory_skew").trillionths
        let fair = Int128(executable.nanos + shift)
        let wanted = fair - fair * Int128(margin) * Int128(side.sign) / Int128(Rate.scale)
        guard wanted > 0 else { return nil }
        let tick = Int128(sizing.maker.tickSize.nanos)
        let (bestBid, bestAsk) = (context.books[maker.instrument].bestBidTicks, context.books[maker.instrument].bestAskTicks)
        guard bestBid != OrderBook.noBid, bestAsk != OrderBook.noAsk else { return nil }
        switch side {
        case .buy: return (sizing.maker.orderPrice(Price(ticks: min(Int64(wanted / tick), bestAsk - 1)), side), quantity)
        case .sell: return (sizing.maker.orderPrice(Price(ticks: max(Int64((wanted + tick - 1) / tick), bestBid + 1)), side), quantity)
        }
    }

    /// Whether the hedge of a quote would stay within its slippage, and both accounts can carry what the two lead to.
    private func isHedgeable(_ side: Side, _ base: Int64, _ executable: FinePrice, at mid: FinePrice, _ context: Context) -> Bool {
        let book = taker.instrument
        guard let touch = (side == .buy ? context.books[book].bestBid : context.books[book].bestAsk).map(sizing.taker.finePrice) else {
            return false
        }
        let slippage = Int128(abs(executable.nanos - touch.nanos)) * Int128(Rate.scale)
        guard slippage <= Int128(touch.nanos) * Int128(parameters.rate("max_hedge_slippage").trillionths) else { return false }
        let leverage = parameters.integer("leverage")
        return context.canCarry(base * side.sign, more: maker, at: mid, leverage: leverage)
            && context.canCarry(-base * side.sign, more: taker, at: mid, leverage: leverage)
    }

    // MARK: Quoting

    private func mayQuote(_ context: Context) -> Bool {
        let stale = parameters.duration("stale_after")
        return !isFrozen && !lastResort.hasBegun && hedger.state != .frozen && hedger.state != .unwinding
            && context.now >= startedAt + parameters.duration("warm_up")
            && context.trouble(with: maker, staleAfter: stale) == nil && context.trouble(with: taker, staleAfter: stale) == nil
            && !isOverexposed(context)
    }

    private func isOverexposed(_ context: Context) -> Bool {
        guard let mid = context.books[taker.instrument].mid(sizing.taker) else { return true }
        let pending = abs(hedger.ledger.pending)
        if pending > clip(mid) * parameters.integer("max_unhedged") { return true }
        let hedgeable = pending >= sizing.minimumBase(at: mid)
        return hedgeable && hedger.unhedgedAge(context.now) > parameters.duration("max_unhedged_age")
    }

    private func guardExposure(_ context: inout Context) {
        if isOverexposed(context) { quotes.cancelBoth(&context) }
    }

    private func quote(_ context: inout Context) {
        let allowed = mayQuote(context)
        let sides = parameters.choice("sides")
        for side in [Side.buy, .sell] {
            let wanted = allowed && (sides == "both" || sides == (side == .buy ? "buy" : "sell")) ? target(side, context) : nil
            quotes.update(side, wanted, &context)
        }
    }
}
