public import Market

/// What a venue tells one account: the private part of what enters the core.
public struct AccountEvent: Hashable, BitwiseCopyable, Sendable {
    public enum Report: Hashable, BitwiseCopyable, Sendable {
        /// The venue has the order.
        case acknowledged(OrderID)
        case amended(OrderID, price: Price, quantity: Quantity)
        case triggered(OrderID)
        case filled(Fill)
        /// The order is gone at our request, or the venue's (self-trade, cancel on disconnect).
        case cancelled(OrderID, CancelReason)
        /// The order is gone by its own terms: the rest of an immediate order, a post-only one that would have taken.
        case expired(OrderID, ExpiryReason)
        /// The venue refused a request: of a submit, the order never existed. A request that concerns no single order names
        /// `OrderID.venue`; a refused query says nothing of what was asked.
        case rejected(OrderID, RequestKind, RejectReason)
        /// The answer to a query of one order.
        case status(OrderStatus)
        case notFound(OrderID)
        /// The answer to the query of this number is complete.
        case endOfAnswer(query: UInt64)
        case leverage(InstrumentID, Int64)
        /// The venue's own idea of a position.
        case position(InstrumentID, quantity: Quantity, entry: FinePrice)
        /// The whole balance of a currency, as the venue has it.
        case balance(Money)
        /// A settlement: positive if received.
        case funding(FundingPayment)
        /// The venue closed this much of a position by force (signed change), with its penalty; `trade` as of a fill, or 0 where the
        /// venue gives it none: of one with a number, what is told again is nothing new.
        case liquidation(InstrumentID, Quantity, FinePrice, penalty: Money, trade: UInt64 = 0)
        /// The venue corrected something: positive if received.
        case adjustment(Money)
        /// A deposit or transfer in (positive), a withdrawal or transfer out; `transfer` as the account numbers them, or 0: of one with a
        /// number, what is told again is nothing new.
        case externalFlow(Money, transfer: UInt64 = 0)
    }

    public var account: AccountID
    /// The venue's time of what is reported.
    public var venueTime: Timestamp
    /// When the report reached us.
    public var receiveTime: Timestamp
    public var report: Report

    public init(account: AccountID, venueTime: Timestamp, receiveTime: Timestamp, report: Report) {
        self.account = account
        self.venueTime = venueTime
        self.receiveTime = receiveTime
        self.report = report
    }
}

public enum LiquidityRole: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case maker, taker
}

/// One execution of an order.
public struct Fill: Hashable, BitwiseCopyable, Sendable {
    public var order: OrderID
    public var instrument: InstrumentID
    /// Unique at its venue.
    public var trade: UInt64
    public var side: Side
    public var role: LiquidityRole
    public var price: Price
    /// Positive.
    public var quantity: Quantity
    /// Positive is a cost, negative a rebate.
    public var fee: Money

    public init(
        order: OrderID, instrument: InstrumentID, trade: UInt64, side: Side, role: LiquidityRole, price: Price, quantity: Quantity,
        fee: Money
    ) {
        self.order = order
        self.instrument = instrument
        self.trade = trade
        self.side = side
        self.role = role
        self.price = price
        self.quantity = quantity
        self.fee = fee
    }

    /// The change of the position.
    @inlinable public var signedQuantity: Quantity { side == .buy ? quantity : -quantity }
}

public enum CancelReason: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case requested, selfTrade, disconnect, deadMan, venue, liquidation
}

public enum ExpiryReason: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case immediateRemainder, postOnlyWouldTake, fillOrKillShort, timeInForce, noLiquidity, selfTrade
}

public enum RequestKind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case submit, amend, cancel, leverage, cancelAll, query, deadMan
}

extension OrderID {
    /// No single order of ours; or the venue's own, of a position that it closes by force.
    public static let venue = OrderID(0)
}

public enum RejectReason: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case unknownInstrument, tickSize, lotSize, minimumQuantity, minimumNotional, maximumQuantity, priceBand, margin, balance, reduceOnly
    case postOnlyWouldTake, duplicateOrder, unknownOrder, selfTrade, rateLimit, quota, nonce, expired, halted, notSynchronised,
        openOrderLimit
    case unsupported, venue
}

/// What a venue knows of one order.
public struct OrderStatus: Hashable, BitwiseCopyable, Sendable {
    public var order: OrderID
    public var instrument: InstrumentID
    public var isOpen: Bool
    public var price: Price?
    public var quantity: Quantity
    public var filled: Quantity

    public init(order: OrderID, instrument: InstrumentID, isOpen: Bool, price: Price?, quantity: Quantity, filled: Quantity) {
        self.order = order
        self.instrument = instrument
        self.isOpen = isOpen
        self.price = price
        self.quantity = quantity
        self.filled = filled
    }
}

/// A funding settlement of one position.
public struct FundingPayment: Hashable, BitwiseCopyable, Sendable {
    public var instrument: InstrumentID
    /// When it was settled: what tells one payment from the next, however often they are told.
    public var settledAt: Timestamp
    /// The position that paid.
    public var position: Quantity
    public var mark: FinePrice
    /// For the interval that ended; positive: longs pay.
    public var rate: Rate
    /// Positive if received.
    public var amount: Money

    public init(
        instrument: InstrumentID, settledAt: Timestamp, position: Quantity, mark: FinePrice, rate: Rate, amount: Money
    ) {
        self.instrument = instrument
        self.settledAt = settledAt
        self.position = position
        self.mark = mark
        self.rate = rate
        self.amount = amount
    }
}
