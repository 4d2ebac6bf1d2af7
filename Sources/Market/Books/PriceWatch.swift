/// Prices where somebody has orders: which level changes and trades concern them.
public struct PriceWatch: Hashable, BitwiseCopyable, Sendable {
    private var lowestBid = Int64.max
    private var highestBid = Int64.min
    private var lowestAsk = Int64.max
    private var highestAsk = Int64.min
    /// No bid below this tick and no ask above that one concerns anybody.
    private var lowestBidChange = Int64.max
    private var highestAskChange = Int64.min
    /// Every level change concerns somebody.
    public var isEverywhere = false { didSet { findReach() } }
    /// Every trade concerns somebody.
    public var hearsTrades = false

    public init() {}

    public var hasOrders: Bool { highestBid >= lowestBid || highestAsk >= lowestAsk }

    /// The orders lie between these ticks; nil on a side without any.
    public mutating func set(bids: ClosedRange<Int64>?, asks: ClosedRange<Int64>?) {
        (lowestBid, highestBid) = (bids?.lowerBound ?? .max, bids?.upperBound ?? .min)
        (lowestAsk, highestAsk) = (asks?.lowerBound ?? .max, asks?.upperBound ?? .min)
        findReach()
    }

    private mutating func findReach() {
        lowestBidChange = isEverywhere ? .min : min(lowestBid, lowestAsk)
        highestAskChange = isEverywhere ? .max : max(highestBid, highestAsk)
    }

    /// Whether a level change is at the price of an order, or reaches one on the other side.
    @inline(__always)
    public func concerns(_ side: Side, _ ticks: Int64) -> Bool {
        guard side == .buy ? ticks >= lowestBidChange : ticks <= highestAskChange else { return false }
        return isEverywhere || concernsOrder(side, ticks)
    }

    private func concernsOrder(_ side: Side, _ ticks: Int64) -> Bool {
        switch side {
        case .buy: ticks >= lowestAsk || (ticks >= lowestBid && ticks <= highestBid)
        case .sell: ticks <= highestBid || (ticks >= lowestAsk && ticks <= highestAsk)
        }
    }

    /// Whether a trade is at the price of an order that its aggressor meets, or through it.
    @inline(__always)
    public func concernsTrade(_ aggressor: Side, _ ticks: Int64) -> Bool {
        hearsTrades || (aggressor == .buy ? ticks >= lowestAsk : ticks <= highestBid)
    }
}
