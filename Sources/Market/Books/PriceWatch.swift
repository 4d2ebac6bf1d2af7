/// Prices where somebody has orders: which level changes concern them.
public struct PriceWatch: Hashable, BitwiseCopyable, Sendable {
    private var lowestBid = Int64.max
    private var highestBid = Int64.min
    private var lowestAsk = Int64.max
    private var highestAsk = Int64.min
    /// Every level change concerns somebody.
    public var isEverywhere = false

    public init() {}

    public var hasOrders: Bool { highestBid >= lowestBid || highestAsk >= lowestAsk }
    /// Nothing concerns anybody.
    public var isIdle: Bool { !hasOrders && !isEverywhere }

    /// The orders lie between these ticks; nil on a side without any.
    public mutating func set(bids: ClosedRange<Int64>?, asks: ClosedRange<Int64>?) {
        (lowestBid, highestBid) = (bids?.lowerBound ?? .max, bids?.upperBound ?? .min)
        (lowestAsk, highestAsk) = (asks?.lowerBound ?? .max, asks?.upperBound ?? .min)
    }

    /// Whether a level change is at the price of an order, or reaches one on the other side.
    @inline(__always)
    public func concerns(_ side: Side, _ ticks: Int64) -> Bool {
        if isEverywhere { return true }
        return switch side {
        case .buy: ticks >= lowestAsk || (ticks >= lowestBid && ticks <= highestBid)
        case .sell: ticks <= highestBid || (ticks >= lowestAsk && ticks <= highestAsk)
        }
    }
}
