internal import Market
internal import Trading

/// How orders of ours meet each other and the book, beside price and time.
struct MatchingRules {
    let postOnly: VenueConfiguration.PostOnlyPolicy
    private let selfTrade: SelfTradePrevention
    private let scope: VenueConfiguration.SelfTradeScope
    private let marketPrice: VenueConfiguration.MarketPrice

    init(_ configuration: VenueConfiguration) {
        postOnly = configuration.matching == .hftbacktest ? .expire : configuration.postOnly
        selfTrade = configuration.selfTrade
        scope = configuration.selfTradeScope
        marketPrice = configuration.marketPrice
    }

    /// What an order of `taker` does instead of trading with a resting one of `maker`; nil: they trade.
    func prevention(_ request: OrderRequest, taker: Int, maker: Int) -> SelfTradePrevention? {
        guard taker == maker || scope == .venue else { return nil }
        let rule = request.terms.selfTrade ?? selfTrade
        return rule == .allow ? nil : rule
    }

    /// Whether the order's price bounds what it pays on the whole, not for each part.
    func boundsAverage(_ request: OrderRequest) -> Bool { request.type == .market && marketPrice == .average && request.price != nil }
}

/// What an order has taken so far, for a bound on its average price.
struct AverageBound {
    let side: Side
    let limit: Int64
    private var lots: Int64 = 0
    private var tickLots = Int128(0)

    init(_ side: Side, limit: Int64) {
        self.side = side
        self.limit = limit
    }

    /// How many of `wanted` lots at `ticks` keep the average within the limit.
    func affordable(_ ticks: Int64, _ wanted: Int64) -> Int64 {
        let excess = Int128((ticks - limit) * side.sign)
        guard excess > 0 else { return wanted }
        // What the earlier parts were better than the limit pays for what this one is worse.
        let credit = (Int128(limit) * Int128(lots) - tickLots) * Int128(side.sign)
        return Int64(min(Int128(wanted), max(0, credit / excess)))
    }

    mutating func take(_ ticks: Int64, _ lots: Int64) {
        self.lots += lots
        tickLots += Int128(ticks) * Int128(lots)
    }
}
