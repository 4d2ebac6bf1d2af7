/// The side of an order, a book level or a trade's aggressor.
public enum Side: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Bids; the aggressor bought.
    case buy = 0
    /// Asks; the aggressor sold.
    case sell = 1

    @inlinable public var opposite: Side { self == .buy ? .sell : .buy }
    /// +1 for buy, −1 for sell.
    @inlinable public var sign: Int64 { self == .buy ? 1 : -1 }
}
