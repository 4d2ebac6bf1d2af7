internal import Market
public import Trading

/// Quotes both sides of one book around a fair price, and leans against what it holds (`domain` C.5).
///
/// Distances are stated, or those of Avellaneda and Stoikov, *High-frequency trading in a limit order book* (2008): with q clips
/// held the centre is fair × (1 − qγσ²T), and each quote is γσ²T ÷ 2 + ln(1 + γ/k) ÷ γ away from it, all in basis points.
/// Inventory may be hedged at another venue by the confirmed fills, all of it or what is beyond a number of clips.
public final class MarketMaker: Strategy {
    private static let sampling = Nanoseconds.seconds(1)
    /// A basis point in the unit of `Rate`.
    private static let basisPoint = 100_000_000.0

    private var parameters: Parameters
    private let maker: StrategyBinding.Leg
    private let taker: StrategyBinding.Leg
    /// Maker, taker, and the alternate where there is one.
    private let legs: [StrategyBinding.Leg]
    private let sizing: PairSizing
    /// ln(1 + γ/k) ÷ γ, in bp.
    private var arrivalDistance: Double
    private var hedger: Hedger
    private var quotes: QuotePair
    private var basis: AverageDifference
    private var variance: AverageVariance
    private var startedAt = Timestamp.never
    private var review: TimerToken?
    private var isFrozen = false
    private var lastResort: LastResort

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        maker = binding.leg("maker")
        taker = binding.leg("taker")
        legs = SharedParameters.legs(binding)
        sizing = PairSizing(maker: binding.instruments[maker.instrument.index], taker: binding.instruments[taker.instrument.index])
        guard maker.instrument != taker.instrument else {
            throw ParameterError(
                parameter: "accounts", message: "maker and taker trade the same instrument", hint: "name accounts at two venues")
        }
        try parameters.amount("size").checkSize("size", of: sizing.maker, "maker")
        arrivalDistance = Self.arrivalDistance(parameters)
        hedger = Hedger(SharedParameters.hedger(parameters, maker: maker, taker: taker, alternate: binding.legs["alternate"]))
        lastResort = LastResort(SharedParameters.flatten(parameters, legs))
        quotes = QuotePair(Self.rules(parameters, maker))
        basis = AverageDifference(halfLife: parameters.duration("basis_half_life"))
        variance = AverageVariance(halfLife: parameters.duration("volatility_half_life"))
    }

    private static func arrivalDistance(_ parameters: Parameters) -> Double {
        let aversion = number(parameters, "risk_aversion")
        return naturalLogarithm(1 + aversion / number(parameters, "arrival_decay")) / aversion
    }

    private static func rules(_ parameters: Parameters, _ maker: StrategyBinding.Leg) -> QuotePair.Rules {
        var rules = SharedParameters.quotes(parameters, maker)
        rules.limitsSize = true
        return rules
    }

    private static func number(_ parameters: Parameters, _ name: String) -> Double {
        Double(parameters.factor(name).trillionths) / Double(Rate.scale)
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
        let isQuoting = quotes.isQuoting(.buy) || quotes.isQuoting(.sell)
        let phase = lastResort.hasBegun ? "closing" : isQuoting ? "quoting" : "waiting"
        return StrategyStatus(phase: phase, exposure: hedges ? .init(hedger, base: sizing.maker.base) : nil)
    }

    public func update(_ parameter: String, to value: ParameterValue, _ context: inout Context) {
        parameters.values[parameter] = value
        SharedParameters.tune(&hedger, parameters)
        lastResort.configuration = SharedParameters.flatten(parameters, legs)
        quotes.rules = Self.rules(parameters, maker)
        arrivalDistance = Self.arrivalDistance(parameters)
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        if hedges {
            if !lastResort.hasBegun {
                hedger.band = band(context)
                hedger.receive(event, &context)
            }
            lastResort.receive(event, &context)
        }
        switch event {
        case .touch:
            observe(context)
            quote(&context)
        case .timer(let token) where token == review:
            if let mid = context.books[maker.instrument].mid(sizing.maker), context.bookState(maker.instrument) == .synchronised {
                variance.add(mid, at: context.now)
            }
            reviewLater(&context)
            quote(&context)
        case .order(let id, _):
            if context.isDone(id) { quotes.forget(id) }
            quote(&context)
        case .bookState: quote(&context)
        case .frozen:
            isFrozen = true
            quotes.cancelBoth(&context)
        case .released: isFrozen = false
        default: break
        }
    }

    private func reviewLater(_ context: inout Context) { review = context.wake(at: context.now + Self.sampling) }

    // MARK: Prices

    private func observe(_ context: Context) {
        guard let one = context.books[maker.instrument].mid(sizing.maker), let two = context.books[taker.instrument].mid(sizing.taker)
        else { return }
        basis.add(one.nanos - two.nanos, at: context.now)
    }

    private func fair(_ context: Context) -> FinePrice? {
        let book = maker.instrument
        guard let mid = context.books[book].mid(sizing.maker) else { return nil }
        switch parameters.choice("fair") {
        case "mid": return mid
        case "other_mid":
            guard let other = context.books[taker.instrument].mid(sizing.taker), let shift = basis.value else { return nil }
            return FinePrice(nanos: other.nanos + shift)
        default:
            let (bid, ask) = (context.books[book].bestBidTicks, context.books[book].bestAskTicks)
            let (bids, asks) = (context.books[book].lots(.buy, bid), context.books[book].lots(.sell, ask))
            let weighted = (Int128(bid) * Int128(asks) + Int128(ask) * Int128(bids)) * Int128(sizing.maker.tickSize.nanos)
            return bids + asks > 0 ? FinePrice(nanos: roundedQuotient(weighted, Int128(bids + asks))) : mid
        }
    }

    /// Distance of each quote from the centre, and the shift of the centre for each clip held; nil until volatility is known.
    private func distances() -> (half: Int64, perClip: Int64)? {
        let least = parameters.rate("half_spread").trillionths
        guard parameters.choice("spread") == "avellaneda_stoikov" else { return (least, parameters.rate("inventory_skew").trillionths) }
        guard let variance = variance.perSecond else { return nil }
        let seconds = Double(parameters.duration("horizon").count) / 1_000_000_000
        let risk = Self.number(parameters, "risk_aversion") * variance * seconds
        // Beyond 10 % nothing trades: a volatility without measure must not overflow.
        func rate(_ basisPoints: Double) -> Int64 { Int64(min(basisPoints, 1_000) * Self.basisPoint) }
        return (max(least, rate(risk / 2 + arrivalDistance)), rate(risk))
    }

    /// Of one quote, in 10⁻⁹ of the base currency.
    private func clip(_ price: FinePrice) -> Int64 { parameters.amount("size").baseAmount(of: sizing.maker, at: price) }

    private func held(_ leg: StrategyBinding.Leg, _ instrument: Instrument, _ price: FinePrice, _ context: Context) -> Int64 {
        instrument.baseAmount(context.ownPosition(leg.account, leg.instrument), at: price)
    }

    private func target(_ side: Side, _ context: Context) -> QuotePair.Target? {
        guard let fair = fair(context), let (half, perClip) = distances() else { return nil }
        let base = clip(fair)
        let position = held(maker, sizing.maker, fair, context)
        var quantity = sizing.makerQuantity(base: base, at: fair)
        // What reduces goes to zero, not through it.
        if position * side.sign < 0 {
            let held = context.ownPosition(maker.account, maker.instrument).magnitude
            let whole = Quantity(lots: held.lots / sizing.maker.quantityStep * sizing.maker.quantityStep)
            quantity = min(quantity, max(whole, sizing.maker.leastOrder(at: fair)))
        }
        guard base > 0, sizing.maker.takes(quantity, at: fair) else { return nil }
        guard position * side.sign < base * parameters.integer("max_inventory"), canCarry(base * side.sign, at: fair, context) else {
            return nil
        }
        // What the other venue offsets is no reason to lean.
        let hedged = legs.dropFirst().reduce(0) { $0 + held($1, context.instruments[$1.instrument.index], fair, context) }
        let net = position + (hedges ? hedged : 0)
        let lean = Int128(net) * Int128(perClip) / Int128(base)
        let distance = lean + Int128(half) * Int128(side.sign)
        let wanted = Int128(fair.nanos) - Int128(fair.nanos) * distance / Int128(Rate.scale)
        guard wanted > 0 else { return nil }
        let tick = Int128(sizing.maker.tickSize.nanos)
        let (bestBid, bestAsk) = (context.books[maker.instrument].bestBidTicks, context.books[maker.instrument].bestAskTicks)
        switch side {
        case .buy: return (sizing.maker.orderPrice(Price(ticks: min(Int64(wanted / tick), bestAsk - 1)), side), quantity)
        case .sell: return (sizing.maker.orderPrice(Price(ticks: max(Int64((wanted + tick - 1) / tick), bestBid + 1)), side), quantity)
        }
    }

    /// Whether the accounts can carry a quote, and its hedge where there is one.
    private func canCarry(_ base: Int64, at fair: FinePrice, _ context: Context) -> Bool {
        let leverage = parameters.integer("leverage")
        return context.canCarry(base, more: maker, at: fair, leverage: leverage)
            && (!hedges || context.canCarry(-base, more: taker, at: fair, leverage: leverage))
    }

    // MARK: Quoting

    private func mayQuote(_ context: Context) -> Bool {
        func isGood(_ leg: StrategyBinding.Leg) -> Bool {
            context.trouble(with: leg, staleAfter: parameters.duration("stale_after")) == nil
        }
        let needsOther = hedges || parameters.choice("fair") == "other_mid"
        return !isFrozen && !lastResort.hasBegun && context.now >= startedAt + parameters.duration("warm_up") && isGood(maker)
            && (!needsOther || isGood(taker)) && !isOverexposed(context)
    }

    private func quote(_ context: inout Context) {
        let isAllowed = mayQuote(context)
        for side in [Side.buy, .sell] { quotes.update(side, isAllowed ? target(side, context) : nil, &context) }
    }

    // MARK: Hedging

    private var hedges: Bool { parameters.choice("hedge") != "none" }

    /// Exposure that is kept, in 10⁻⁹ of the base currency.
    private func band(_ context: Context) -> Int64 {
        guard parameters.choice("hedge") == "excess", let mid = context.books[taker.instrument].mid(sizing.taker) else {
            return hedger.band
        }
        return clip(mid) * parameters.integer("hedge_above")
    }

    private func isOverexposed(_ context: Context) -> Bool {
        guard hedges else { return false }
        guard hedger.state != .frozen, hedger.state != .unwinding, let mid = context.books[taker.instrument].mid(sizing.taker) else {
            return true
        }
        return abs(hedger.excess) > clip(mid) * parameters.integer("max_unhedged")
    }
}
