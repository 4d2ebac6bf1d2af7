internal import Market
internal import Trading

/// The quotes of one leg, at prices that earn a margin when they are hedged on another: one way of an `Xemm`.
struct HedgedQuotes {
    let maker: StrategyBinding.Leg
    private let taker: StrategyBinding.Leg
    let sizing: PairSizing
    private var parameters: Parameters
    /// What the quote and its hedge pay.
    private let fees: [String]
    var pair: QuotePair
    private var basis: AverageDifference

    /// - Parameter fees: The parameters that say what the quote and its hedge pay.
    init(
        _ parameters: Parameters, _ binding: StrategyBinding, maker: StrategyBinding.Leg, taker: StrategyBinding.Leg, fees: [String]
    ) {
        (self.parameters, self.maker, self.taker, self.fees) = (parameters, maker, taker, fees)
        sizing = PairSizing(maker: binding.instruments[maker.instrument.index], taker: binding.instruments[taker.instrument.index])
        pair = QuotePair(SharedParameters.quotes(parameters, maker))
        basis = AverageDifference(halfLife: parameters.duration("basis_half_life"))
    }

    mutating func update(_ parameters: Parameters) {
        self.parameters = parameters
        pair.rules = SharedParameters.quotes(parameters, maker)
    }

    // MARK: Prices

    mutating func observe(_ context: Context) {
        guard let one = context.books[maker.instrument].mid(sizing.maker), let two = context.books[taker.instrument].mid(sizing.taker)
        else { return }
        basis.add(one.nanos - two.nanos, at: context.now)
    }

    /// Clip in 10⁻⁹ of the base currency.
    func clip(_ price: FinePrice) -> Int64 { parameters.amount("size").baseAmount(of: sizing.maker, at: price) }

    /// Where a quote belongs, and how large; nil when none does.
    func target(_ side: Side, _ context: Context) -> QuotePair.Target? {
        guard let mid = context.books[taker.instrument].mid(sizing.taker), let shift = basis.value else { return nil }
        let base = clip(mid)
        let quantity = sizing.makerQuantity(base: base, at: mid)
        let hedge = sizing.taker.quantity(baseAmount: base, at: mid)
        guard quantity >= sizing.maker.minimumQuantity, hedge >= sizing.taker.minimumQuantity else { return nil }
        let position = sizing.maker.baseAmount(context.ownPosition(maker.account, maker.instrument), at: mid) * side.sign
        guard position < base * parameters.integer("max_inventory") else { return nil }
        // The hedge takes the other side of the other leg, which must show enough of it.
        let deep = Quantity(lots: hedge.lots * parameters.integer("depth_multiple"))
        guard context.books[taker.instrument].executablePrice(side.opposite, deep, sizing.taker) != nil,
            let executable = context.books[taker.instrument].executablePrice(side.opposite, hedge, sizing.taker)
        else { return nil }
        guard isHedgeable(side, base, executable, at: mid, context) else { return nil }
        let clips = base > 0 ? max(0, position) / base : 0
        let margin =
            parameters.rate("min_net").trillionths + fees.reduce(0) { $0 + parameters.rate($1).trillionths }
            + parameters.rate("buffer").trillionths
            + clips * parameters.rate("inventory_skew").trillionths
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

    /// What its quotes may still fill, in 10⁻⁹ of the base currency.
    func resting(_ context: Context) -> Int64 {
        guard let mid = context.books[maker.instrument].mid(sizing.maker) else { return 0 }
        return context.openOrders(maker.account, maker.instrument).reduce(0) { sum, order in
            order.draft.purpose == .quote ? sum + abs(sizing.maker.baseAmount(order.remaining, at: mid)) : sum
        }
    }
}
