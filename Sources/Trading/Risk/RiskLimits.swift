public import Market

/// Limits that every order is checked against before it leaves; nil switches a limit off.
public struct RiskLimits: Hashable, Sendable {
    /// Largest order value, in 10⁻⁹ of the quote currency.
    public var maximumOrderNotional: Int64?
    /// Largest absolute position of an account in one instrument, working orders included, in 10⁻⁹ of the base currency.
    public var maximumPosition: Int64?
    /// Largest distance of a limit price from the local mid, on the side where it costs.
    public var priceCollar: Rate?
    /// Orders of any purpose in any span of one second.
    public var maximumOrdersPerSecond: Int?
    /// Of these, how many only hedges, rebalancing, flattening (and never quotes) may use.
    public var reservedOrdersPerSecond: Int
    /// The same side, price and quantity again within this span is refused.
    public var duplicateWindow: Nanoseconds?
    /// A quote is refused when the book has been silent for longer.
    public var staleAfter: Nanoseconds?
    /// Refuses an order that would meet one of our own on the same account and instrument.
    public var preventsSelfTrade: Bool
    /// Quotes freeze when an instance had more rejects than this within a minute.
    public var maximumRejectsPerMinute: Int?
    /// The share of an account's equity that quotes leave free of the venue's initial margin; nil: they are not asked for it.
    public var marginHeadroom: Rate?
    /// nil: nothing is done about losses.
    public var losses: LossLimits?

    public init(
        maximumOrderNotional: Int64? = nil, maximumPosition: Int64? = nil, priceCollar: Rate? = nil, maximumOrdersPerSecond: Int? = nil,
        reservedOrdersPerSecond: Int = 0, duplicateWindow: Nanoseconds? = nil, staleAfter: Nanoseconds? = nil,
        preventsSelfTrade: Bool = true, maximumRejectsPerMinute: Int? = nil, marginHeadroom: Rate? = nil,
        losses: LossLimits? = nil
    ) {
        self.maximumOrderNotional = maximumOrderNotional
        self.maximumPosition = maximumPosition
        self.priceCollar = priceCollar
        self.maximumOrdersPerSecond = maximumOrdersPerSecond
        self.reservedOrdersPerSecond = reservedOrdersPerSecond
        self.duplicateWindow = duplicateWindow
        self.staleAfter = staleAfter
        self.preventsSelfTrade = preventsSelfTrade
        self.maximumRejectsPerMinute = maximumRejectsPerMinute
        self.marginHeadroom = marginHeadroom
        self.losses = losses
    }
}
