public import Market

/// What an order is for: risk budgets and attribution tell these apart.
public enum OrderPurpose: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Takes on new risk by resting or by entering.
    case quote
    /// Offsets a confirmed fill elsewhere.
    case hedge
    case rebalance
    /// Closes a position.
    case flatten
}

/// An order as a strategy asks for it; the core gives it an id and an instance.
public struct OrderDraft: Hashable, BitwiseCopyable, Sendable {
    public var account: AccountID
    public var instrument: InstrumentID
    public var side: Side
    public var type: OrderType
    public var timeInForce: TimeInForce
    /// The limit; of a market order the worst price it may trade at, or nil.
    public var price: Price?
    public var quantity: Quantity
    public var postOnly: Bool
    public var reduceOnly: Bool
    public var purpose: OrderPurpose
    public var terms: OrderTerms

    public init(
        account: AccountID, instrument: InstrumentID, side: Side, type: OrderType = .limit, timeInForce: TimeInForce = .goodTillCancelled,
        price: Price?, quantity: Quantity, postOnly: Bool = false, reduceOnly: Bool = false, purpose: OrderPurpose,
        terms: OrderTerms = .plain
    ) {
        self.account = account
        self.instrument = instrument
        self.side = side
        self.type = type
        self.timeInForce = timeInForce
        self.price = price
        self.quantity = quantity
        self.postOnly = postOnly
        self.reduceOnly = reduceOnly
        self.purpose = purpose
        self.terms = terms
    }

    /// Whether both are of one account and instrument.
    func isBeside(_ other: OrderDraft) -> Bool { account == other.account && instrument == other.instrument }
}
