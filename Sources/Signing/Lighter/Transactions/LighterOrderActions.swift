/// Cancels by the client's index (below 2⁴⁸) or the venue's.
public struct LighterCancelOrder: Hashable, Sendable {
    public var market: Int64
    public var index: Int64

    public init(market: Int64 = 0, index: Int64 = 0) {
        self.market = market
        self.index = index
    }
}

extension LighterCancelOrder: LighterFields {
    static var blank: LighterCancelOrder { LighterCancelOrder() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("MarketIndex", &market)
        try visitor.number("Index", &index)
    }
}

/// Cancels every order: now, at a time, or no longer at one.
public struct LighterCancelAll: Hashable, Sendable {
    public var timing: LighterCancelAllTiming
    /// Milliseconds of Unix time where scheduled, else 0.
    public var time: Int64

    public init(timing: LighterCancelAllTiming = .immediate, time: Int64 = 0) {
        self.timing = timing
        self.time = time
    }
}

extension LighterCancelAll: LighterFields {
    static var blank: LighterCancelAll { LighterCancelAll() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.choice("TimeInForce", &timing)
        try visitor.number("Time", &time)
    }
}

/// Changes an order in place; the index is the client's or the venue's.
public struct LighterModifyOrder: Hashable, Sendable {
    public var market: Int64
    public var index: Int64
    public var baseAmount: Int64
    public var price: UInt32
    public var triggerPrice: UInt32

    public init(market: Int64 = 0, index: Int64 = 0, baseAmount: Int64 = 0, price: UInt32 = 0, triggerPrice: UInt32 = 0) {
        self.market = market
        self.index = index
        self.baseAmount = baseAmount
        self.price = price
        self.triggerPrice = triggerPrice
    }
}

extension LighterModifyOrder: LighterFields {
    static var blank: LighterModifyOrder { LighterModifyOrder() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("MarketIndex", &market)
        try visitor.number("Index", &index)
        try visitor.number("BaseAmount", &baseAmount)
        try visitor.number("Price", &price)
        try visitor.number("TriggerPrice", &triggerPrice)
    }
}

/// Orders that depend on each other.
public struct LighterGroupedOrders: Hashable, Sendable {
    public var grouping: LighterGrouping
    public var orders: [LighterOrder]

    public init(grouping: LighterGrouping = .oneTriggersOther, orders: [LighterOrder] = []) {
        self.grouping = grouping
        self.orders = orders
    }
}

extension LighterGroupedOrders: LighterFields {
    static var blank: LighterGroupedOrders { LighterGroupedOrders() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.choice("GroupingType", &grouping)
        try visitor.orders("Orders", &orders)
    }
}

/// Sets the leverage of a market.
public struct LighterLeverage: Hashable, Sendable {
    public var market: Int64
    /// In 10⁻⁴: 10,000 divided by the leverage.
    public var initialMarginFraction: UInt16
    public var mode: LighterMarginMode

    public init(market: Int64 = 0, initialMarginFraction: UInt16 = 10_000, mode: LighterMarginMode = .cross) {
        self.market = market
        self.initialMarginFraction = initialMarginFraction
        self.mode = mode
    }
}

extension LighterLeverage: LighterFields {
    static var blank: LighterLeverage { LighterLeverage() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("MarketIndex", &market)
        try visitor.number("InitialMarginFraction", &initialMarginFraction)
        try visitor.choice("MarginMode", &mode)
    }
}

/// Moves collateral to an isolated position or away from it.
public struct LighterMargin: Hashable, Sendable {
    public var market: Int64
    /// In 10⁻⁶ USDC.
    public var amount: Int64
    public var isAdding: Bool

    public init(market: Int64 = 0, amount: Int64 = 0, isAdding: Bool = true) {
        self.market = market
        self.amount = amount
        self.isAdding = isAdding
    }
}

extension LighterMargin: LighterFields {
    static var blank: LighterMargin { LighterMargin() }

    mutating func visit<Visitor: LighterFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
        try visitor.number("MarketIndex", &market)
        try visitor.amount("USDCAmount", &amount)
        try visitor.flag("Direction", &isAdding)
    }
}

/// When all orders are cancelled; a scheduled cancellation is the venue's dead man's switch.
public enum LighterCancelAllTiming: UInt8, Sendable, CaseIterable {
    case immediate, scheduled, abortScheduled
}

/// How the orders of a group depend on each other.
public enum LighterGrouping: UInt8, Sendable, CaseIterable {
    case oneTriggersOther = 1, oneCancelsOther, oneTriggersOneCancelsOther
}

public enum LighterMarginMode: UInt8, Sendable, CaseIterable {
    case cross, isolated
}
