public import Market
public import Trading

/// Why a simulated order filled. No witness, no fill.
public struct FillWitness: Hashable, BitwiseCopyable, Sendable {
    public enum Mechanism: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        /// A trade at the order's price ran past the queue ahead of it.
        case queueCleared
        /// A trade went through the order's price.
        case tradeThrough
        /// The book showed an opposite level at or through the order's price.
        case bookCrossed
        /// The order took a displayed level.
        case ownTaker
        /// It met an order of another of our accounts.
        case ownOrder

        public var name: String {
            switch self {
            case .queueCleared: "queueCleared"
            case .tradeThrough: "tradeThrough"
            case .bookCrossed: "bookCrossed"
            case .ownTaker: "ownTaker"
            case .ownOrder: "ownOrder"
            }
        }
    }

    public var mechanism: Mechanism
    /// The trade's size or the level's displayed size that the fill came from, in lots.
    public var displayed: Int64
    /// What of it was used up already by earlier fills of ours, in lots.
    public var usedBefore: Int64
    /// The size ahead of a resting order before the record, in lots, rounded up.
    public var queueAhead: Int64
    /// The book was synchronised and free of gaps.
    public var isVerified: Bool
}

/// A fill as the venue knows it.
public struct VenueFill: Hashable, BitwiseCopyable, Sendable {
    public var time: Timestamp
    public var account: AccountID
    public var fill: Fill
    public var witness: FillWitness
    /// The best prices just before the record that filled it; the sentinels of `OrderBook` where a side was empty.
    public var bidTicks: Int64
    public var askTicks: Int64
}
