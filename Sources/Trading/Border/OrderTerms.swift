public import Market

/// What an order may ask for beside price, size and time in force.
public struct OrderTerms: Hashable, BitwiseCopyable, Sendable {
    /// When the order is gone, if it still rests: good till time. `.never` for none.
    public var expiry = Timestamp.never
    /// nil: the order enters the book at once.
    public var trigger: Trigger?
    /// nil: the venue's own rule.
    public var selfTrade: SelfTradePrevention?

    public init(expiry: Timestamp = .never, trigger: Trigger? = nil, selfTrade: SelfTradePrevention? = nil) {
        self.expiry = expiry
        self.trigger = trigger
        self.selfTrade = selfTrade
    }

    public static let plain = OrderTerms()
}

/// A price that an order waits for before it enters the book.
public struct Trigger: Hashable, BitwiseCopyable, Sendable {
    public enum Kind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        /// A buy above the market, a sell below it.
        case stop
        /// A buy below the market, a sell above it.
        case takeProfit
    }

    public enum Reference: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable { case last, mark, index }

    public var kind: Kind
    public var reference: Reference
    public var price: FinePrice

    public init(_ kind: Kind, _ reference: Reference, at price: FinePrice) {
        self.kind = kind
        self.reference = reference
        self.price = price
    }

    /// Whether the reference price lets an order of this side in; reaching the price is enough.
    public func isReached(_ side: Side, _ price: FinePrice) -> Bool {
        let waitsForRise = (kind == .stop) == (side == .buy)
        return waitsForRise ? price >= self.price : price <= self.price
    }
}

/// What happens when an order would meet a resting one of the same owner.
public enum SelfTradePrevention: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// They trade.
    case allow
    /// The resting order is cancelled and the new one goes on.
    case expireMaker
    /// The rest of the new order expires; the resting one stays.
    case expireTaker
    case expireBoth
    /// Both shrink by the smaller of the two, without a trade; what is empty is gone.
    case reduceBoth
}
