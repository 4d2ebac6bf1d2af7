internal import Market
internal import Trading

/// An order of ours in a venue's book.
struct RestingOrder: BitwiseCopyable {
    var id: OrderID
    /// Index of its account at the venue.
    var account: Int
    var side: Side
    var ticks: Int64
    var remaining: Int64
    /// Quantity asked for, filled part included.
    var quantity: Int64
    var reduceOnly: Bool
    var queue: QueuePosition
    /// Order of arrival, which breaks ties of price.
    var arrival: UInt64
    var expiry = Timestamp.never

    /// Whether it stands before `other`, which is on the same side.
    func precedes(_ other: RestingOrder) -> Bool {
        if ticks != other.ticks { return side == .buy ? ticks > other.ticks : ticks < other.ticks }
        return arrival < other.arrival
    }
}

/// An order that waits for its trigger.
struct WaitingOrder {
    var request: OrderRequest
    /// Index of its account at the venue.
    var account: Int
}

/// What matching did to one order; the venue makes reports of it.
struct Match: BitwiseCopyable {
    var order: OrderID
    var account: Int
    var side: Side
    var role: LiquidityRole
    var ticks: Int64
    var lots: Int64
    var witness: FillWitness
}
