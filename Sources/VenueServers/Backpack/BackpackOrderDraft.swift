internal import Market
internal import Simulation
internal import Trading

/// An order as a client asks for it, read and not yet held against the market's rules.
struct BackpackOrderDraft {
    private enum SlippageType: String, CaseIterable { case ticks = "TickSize", percent = "Percent" }

    /// Larger ones are refused, so that no sum of them overflows: 10 million units of the quote currency, 10¹⁵ lots.
    private static let largestNotional = Int128(10_000_000_000_000_000)
    private static let largestLots: Int64 = 1_000_000_000_000_000

    let market: ServedMarket
    let client: UInt32?
    private let side: Side
    private let type: BackpackOrderType
    private let price: Int64?
    private let quantity: Int64?
    private let quoteQuantity: Int64?
    private let timeInForce: BackpackTimeInForce
    private let postOnly: Bool
    private let reduceOnly: Bool?
    private let selfTrade: BackpackSelfTrade
    private let trigger: (price: Int64, by: BackpackTriggerBy, quantity: String)?
    private let slippage: (tolerance: Int64, type: SlippageType)?

    /// - Throws: Where a member is missing or is not what its type takes.
    init(_ form: BackpackForm, _ server: BackpackServer) throws(BackpackFault) {
        let symbol = try form.required(try form.text("symbol", "MarketSymbol"), "symbol")
        guard let index = server.marketOfSymbol[symbol] else { throw .unknownSymbol }
        market = server.markets[index]
        side = try form.required(try form.choice("side", "Side", BackpackSideWord.self), "side") == .bid ? .buy : .sell
        type = try form.required(try form.choice("orderType", "OrderType", BackpackOrderType.self), "orderType")
        client = try form.integer("clientId", 0...Int64(UInt32.max), "ClientId").map { UInt32($0) }
        price = try form.decimal("price")
        quantity = try form.decimal("quantity")
        quoteQuantity = try form.decimal("quoteQuantity")
        timeInForce = try form.choice("timeInForce", "TimeInForce", BackpackTimeInForce.self) ?? .good
        postOnly = try form.flag("postOnly") ?? false
        reduceOnly = try form.flag("reduceOnly")
        selfTrade = try form.choice("selfTradePrevention", "SelfTradePrevention", BackpackSelfTrade.self) ?? .taker
        guard form.has("triggerPrice") == form.has("triggerQuantity") else {
            throw .client("Must specify both `triggerPrice` and `triggerQuantity` or neither")
        }
        if let triggerPrice = try form.decimal("triggerPrice"), let size = try form.text("triggerQuantity") {
            let by = try form.choice("triggerBy", "TriggerBy", BackpackTriggerBy.self) ?? .last
            trigger = (triggerPrice, by, size)
        } else {
            trigger = nil
        }
        if let tolerance = try form.decimal("slippageTolerance") {
            slippage = (tolerance, try form.choice("slippageToleranceType", "SlippageToleranceType", SlippageType.self) ?? .percent)
        } else {
            slippage = nil
        }
        let attached = ["takeProfitTriggerPrice", "takeProfitLimitPrice", "stopLossTriggerPrice", "stopLossLimitPrice"]
        if attached.contains(where: form.has) {
            throw BackpackFault(400, .notImplemented, "Attached take profit and stop loss orders are not implemented")
        }
        if type == .limit {
            _ = try form.required(price, "price")
            if trigger == nil { _ = try form.required(quantity, "quantity") }
        } else if trigger == nil, (quantity == nil) == (quoteQuantity == nil) {
            throw .client("Must specify either `quantity` or `quoteQuantity`")
        }
    }

    // MARK: Against the market's rules

    /// - Throws: Where a price or a size is none of the market's.
    func order(_ id: OrderID, _ account: ServedAccount, _ server: BackpackServer) throws(BackpackFault) -> ServedOrder {
        let limit = type == .limit ? try ticks() : nil
        var order = ServedOrder(
            id: id, account: account.index, market: market, client: client, side: side, type: type, limit: limit,
            lots: try size(account, server), createdAt: server.now)
        (order.timeInForce, order.postOnly, order.reduceOnly, order.selfTrade) = (timeInForce, postOnly, reduceOnly, selfTrade)
        order.quoteQuantity = type == .market ? quoteQuantity : nil
        if let trigger {
            order.condition = ServedOrder.Condition(price: trigger.price, by: trigger.by, quantity: trigger.quantity)
            order.status = .triggerPending
        }
        guard order.lots <= Self.largestLots else { throw BackpackFault(.maximumQuantity) }
        let price = limit ?? (side == .buy ? market.shown.bestAsk : market.shown.bestBid)?.ticks ?? market.lastPrice.map(roughTicks) ?? 0
        let notional = Int128(order.lots) * Int128(market.instrument.lotUnit) * Int128(price) * Int128(market.instrument.tickSize.nanos)
        guard notional / 1_000_000_000 <= Self.largestNotional else { throw BackpackFault(.maximumQuantity) }
        if let limit, let last = market.lastPrice { try checkBand(limit, last) }
        return order
    }

    /// The order as the simulated venue takes it.
    func request(_ order: ServedOrder, _ account: ServedAccount, _ server: BackpackServer) throws(BackpackFault) -> OrderRequest {
        var terms = OrderTerms(selfTrade: selfTrade.prevention)
        if let trigger {
            guard trigger.price > 0 else { throw BackpackFault(.tickSize) }
            terms.trigger = Trigger(kind(of: trigger), trigger.by.reference, at: FinePrice(nanos: trigger.price))
        }
        let force: TimeInForce =
            switch timeInForce {
            case .good: .goodTillCancelled
            case .immediate: .immediateOrCancel
            case .fillOrKill: .fillOrKill
            }
        let bound = type == .market && trigger == nil ? worst(server) : nil
        return OrderRequest(
            account: account.id, instrument: market.id, order: order.id, side: side, type: type == .limit ? .limit : .market,
            timeInForce: force, price: (order.limit ?? bound).map { Price(ticks: $0) }, quantity: Quantity(lots: order.lots),
            postOnly: postOnly, reduceOnly: reduceOnly ?? false, terms: terms)
    }

    private func ticks() throws(BackpackFault) -> Int64? {
        guard let price else { return nil }
        guard price > 0 else { throw BackpackFault(.tickSize) }
        let step = market.instrument.tickSize.nanos
        guard BackpackTexts.decimals(price) <= market.priceDecimals else { throw .client("Price decimal too long") }
        guard price.isMultiple(of: step) else { throw BackpackFault(.tickSize) }
        return price / step
    }

    private func size(_ account: ServedAccount, _ server: BackpackServer) throws(BackpackFault) -> Int64 {
        if let trigger { return try size(trigger.quantity, account) }
        if let quantity { return try lots(quantity) }
        let lots = affordable(quoteQuantity ?? 0)
        guard lots > 0 else { throw BackpackFault(.minimumQuantity) }
        return lots
    }

    private func lots(_ size: Int64) throws(BackpackFault) -> Int64 {
        guard size > 0 else { throw BackpackFault(.minimumQuantity) }
        guard BackpackTexts.decimals(size) <= market.sizeDecimals else { throw .client("Quantity decimal too long") }
        guard size.isMultiple(of: market.instrument.lotUnit) else { throw BackpackFault(.lotSize) }
        return size / market.instrument.lotUnit
    }

    /// A size, or a share of the position that there is.
    private func size(_ text: String, _ account: ServedAccount) throws(BackpackFault) -> Int64 {
        let isShare = text.hasSuffix("%")
        guard let number = try? Decimal.parse(isShare ? text.dropLast() : text[...], decimals: 9), number > 0 else {
            throw .payload("TriggerQuantity", "Invalid decimal")
        }
        guard isShare else { return try lots(number) }
        guard number <= 100_000_000_000 else { throw .payload("TriggerQuantity", "Expect at most 100%") }
        let held = abs(account.positions[market.listing]?.lots ?? 0)
        let lots = Int64(Int128(held) * Int128(number) / 100_000_000_000)
        guard lots > 0 else { throw BackpackFault(.reduceOnly) }
        return lots
    }

    /// What an amount buys, or what has to be sold for it, in the book as it is shown.
    private func affordable(_ amount: Int64) -> Int64 {
        var (left, lots): (Int64, Int64) = (amount, 0)
        let step = market.instrument.quantityStep
        var at: Int64?
        while left > 0, let level = market.shown.next(side.opposite, after: at) {
            let price = Int128(level.ticks) * Int128(market.instrument.tickSize.nanos)
            let most = Int128(left) * 1_000_000_000 / price / Int128(market.instrument.lotUnit)
            let taken = min(level.lots, Int64(clamping: most))
            lots += taken
            left -= market.worth(taken, at: level.ticks)
            if taken < level.lots { break }
            at = level.ticks
        }
        return lots / step * step
    }

    private func roughTicks(_ price: FinePrice) -> Int64 { price.nanos / market.instrument.tickSize.nanos }

    private func checkBand(_ limit: Int64, _ last: FinePrice) throws(BackpackFault) {
        let price = Int128(limit) * Int128(market.instrument.tickSize.nanos) * Int128(Rate.scale)
        let band = BackpackServer.lastPriceBand
        guard price >= Int128(last.nanos) * Int128(band.least.trillionths), price <= Int128(last.nanos) * Int128(band.most.trillionths)
        else {
            throw BackpackFault(.priceBand)
        }
    }

    private func kind(of trigger: (price: Int64, by: BackpackTriggerBy, quantity: String)) -> Trigger.Kind {
        let reference: FinePrice? =
            switch trigger.by {
            case .last: market.lastPrice
            case .mark: market.mark
            case .index: market.index
            }
        let isAbove = trigger.price >= (reference ?? market.valuation ?? FinePrice(nanos: 0)).nanos
        return isAbove == (side == .buy) ? .stop : .takeProfit
    }

    /// The worst price that a market order may take: what the client tolerates, at most what the venue does.
    private func worst(_ server: BackpackServer) -> Int64? {
        guard let best = side == .buy ? market.shown.bestAsk : market.shown.bestBid else { return nil }
        var reaches: [Int64] = []
        func share(_ rate: Int64) -> Int64 { Int64(Int128(best.ticks) * Int128(rate) / Int128(Rate.scale)) }
        if let reach = server.configuration.marketReach { reaches.append(share(reach.trillionths)) }
        switch slippage?.type {
        case nil: break
        // 10⁻⁹ of a percent are 10⁻¹¹.
        case .percent: reaches.append(share(min(Rate.scale, max(0, min(slippage?.tolerance ?? 0, 100_000_000_000)) * 10)))
        case .ticks: reaches.append(max(0, slippage?.tolerance ?? 0) / 1_000_000_000)
        }
        guard let reach = reaches.min() else { return nil }
        let step = market.instrument.priceStep
        let bound = side == .buy ? best.ticks + reach : best.ticks - reach
        let aligned = side == .buy ? bound / step * step : (bound + step - 1) / step * step
        return max(step, aligned)
    }
}
