public import Market

/// What leaves the core, addressed by account.
public enum Command: Hashable, BitwiseCopyable, Sendable {
    case submit(OrderRequest)
    case amend(AmendRequest)
    case cancel(CancelRequest)
    /// All orders of an account, or of one instrument of it.
    case cancelAll(account: AccountID, instrument: InstrumentID?)
    case query(QueryRequest)
    case setLeverage(account: AccountID, instrument: InstrumentID, leverage: Int64)
    /// Asks the venue to cancel everything unless this is repeated within the span; zero switches it off.
    case deadMan(account: AccountID, Nanoseconds)
}

public enum OrderType: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case limit, market
}

public enum TimeInForce: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case goodTillCancelled, immediateOrCancel, fillOrKill
}

/// One order as sent to a venue.
public struct OrderRequest: Hashable, BitwiseCopyable, Sendable {
    public var account: AccountID
    public var instrument: InstrumentID
    public var order: OrderID
    public var side: Side
    public var type: OrderType
    public var timeInForce: TimeInForce
    /// The limit; of a market order the worst price that it may trade at, or nil.
    public var price: Price?
    /// Positive.
    public var quantity: Quantity
    public var postOnly: Bool
    public var reduceOnly: Bool
    public var terms: OrderTerms
    /// Whose it is, for the journal; no venue is told.
    public var instance: StrategyID

    public init(
        account: AccountID, instrument: InstrumentID, order: OrderID, side: Side, type: OrderType, timeInForce: TimeInForce, price: Price?,
        quantity: Quantity, postOnly: Bool = false, reduceOnly: Bool = false, terms: OrderTerms = .plain,
        instance: StrategyID = StrategyID(0)
    ) {
        self.account = account
        self.instrument = instrument
        self.order = order
        self.side = side
        self.type = type
        self.timeInForce = timeInForce
        self.price = price
        self.quantity = quantity
        self.postOnly = postOnly
        self.reduceOnly = reduceOnly
        self.terms = terms
        self.instance = instance
    }
}

public struct AmendRequest: Hashable, BitwiseCopyable, Sendable {
    public var account: AccountID
    public var instrument: InstrumentID
    public var order: OrderID
    public var price: Price
    /// The new total quantity, filled part included.
    public var quantity: Quantity

    public init(account: AccountID, instrument: InstrumentID, order: OrderID, price: Price, quantity: Quantity) {
        self.account = account
        self.instrument = instrument
        self.order = order
        self.price = price
        self.quantity = quantity
    }
}

public struct CancelRequest: Hashable, BitwiseCopyable, Sendable {
    public var account: AccountID
    public var instrument: InstrumentID
    public var order: OrderID

    public init(account: AccountID, instrument: InstrumentID, order: OrderID) {
        self.account = account
        self.instrument = instrument
        self.order = order
    }
}

public struct QueryRequest: Hashable, BitwiseCopyable, Sendable {
    public enum Subject: Hashable, BitwiseCopyable, Sendable {
        case order(OrderID, InstrumentID)
        case openOrders
        case positions
        case balances
        /// Fills after the one with this trade id; 0 asks for all.
        case fills(after: UInt64)
        /// Funding payments of settlements after this time.
        case payments(after: Timestamp)
    }

    public var account: AccountID
    /// Echoed by `AccountEvent.endOfAnswer`.
    public var query: UInt64
    public var subject: Subject

    public init(account: AccountID, query: UInt64, subject: Subject) {
        self.account = account
        self.query = query
        self.subject = subject
    }
}
