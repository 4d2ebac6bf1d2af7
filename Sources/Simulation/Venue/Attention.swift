internal import Market

/// Which records can concern our orders, so that all others only change the book.
struct Attention {
    private var lowestBid = Int64.max
    private var highestBid = Int64.min
    private var lowestAsk = Int64.max
    private var highestAsk = Int64.min
    /// Something of ours was taken: every level change may lower what is owed there.
    var hasDebts = false
    /// When positions pay funding next.
    var settlement = Timestamp.never
    var hasOrders: Bool { highestBid >= lowestBid || highestAsk >= lowestAsk }

    /// Nothing of ours is there.
    var isIdle: Bool { !hasOrders && !hasDebts }

    /// Whether a level change is at the price of an order of ours, or reaches one on the other side.
    @inline(__always)
    func concerns(_ side: Side, _ ticks: Int64) -> Bool {
        if hasDebts { return true }
        return switch side {
        case .buy: ticks >= lowestAsk || (ticks >= lowestBid && ticks <= highestBid)
        case .sell: ticks <= highestBid || (ticks >= lowestAsk && ticks <= highestAsk)
        }
    }

    /// Our orders are these now: each side sorted from its best price outwards.
    mutating func watch(_ bids: ContiguousArray<RestingOrder>, _ asks: ContiguousArray<RestingOrder>) {
        (highestBid, lowestBid) = (bids.first?.ticks ?? .min, bids.last?.ticks ?? .max)
        (lowestAsk, highestAsk) = (asks.first?.ticks ?? .max, asks.last?.ticks ?? .min)
    }
}
