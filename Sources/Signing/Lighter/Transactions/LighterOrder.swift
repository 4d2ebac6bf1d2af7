/// An order: in lots, ticks and milliseconds of Unix time.
public struct LighterOrder: Hashable, Sendable {
    public var market: Int64
    /// Chosen by the client, below 2⁴⁸; 0 for none.
    public var clientIndex: Int64
    /// Zero closes the whole position where the order type allows it.
    public var baseAmount: Int64
    public var price: UInt32
    public var isAsk: Bool
    public var type: LighterOrderType
    public var timeInForce: LighterTimeInForce
    public var isReduceOnly: Bool
    /// Zero for none.
    public var triggerPrice: UInt32
    /// Zero for orders that are immediate or cancelled.
    public var expiry: Int64

    public init(
        market: Int64 = 0, clientIndex: Int64 = 0, baseAmount: Int64 = 0, price: UInt32 = 0, isAsk: Bool = false,
        type: LighterOrderType = .limit, timeInForce: LighterTimeInForce = .goodTillTime, isReduceOnly: Bool = false,
        triggerPrice: UInt32 = 0, expiry: Int64 = 0
    ) {
        self.market = market
        self.clientIndex = clientIndex
        self.baseAmount = baseAmount
        self.price = price
        self.isAsk = isAsk
        self.type = type
        self.timeInForce = timeInForce
        self.isReduceOnly = isReduceOnly
        self.triggerPrice = triggerPrice
        self.expiry = expiry
    }
}

extension LighterOrder: LighterFields {
    static var blank: LighterOrder { LighterOrder() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("MarketIndex", &market)
        try visitor.number("ClientOrderIndex", &clientIndex)
        try visitor.number("BaseAmount", &baseAmount)
        try visitor.number("Price", &price)
        try visitor.flag("IsAsk", &isAsk)
        try visitor.choice("Type", &type)
        try visitor.choice("TimeInForce", &timeInForce)
        try visitor.flag("ReduceOnly", &isReduceOnly)
        try visitor.number("TriggerPrice", &triggerPrice)
        try visitor.number("OrderExpiry", &expiry)
    }
}

/// What makes an order trade.
public enum LighterOrderType: UInt8, Sendable, CaseIterable {
    case limit, market, stopLoss, stopLossLimit, takeProfit, takeProfitLimit, timeWeighted
}

public enum LighterTimeInForce: UInt8, Sendable, CaseIterable {
    case immediateOrCancel, goodTillTime, postOnly
}
