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

/// What our own fills have used of displayed levels, by side and price: few at a time, so a plain list.
///
/// A debt falls only when the level shows less than it or empties: displayed liquidity is not taken twice.
struct Debts {
    private var entries: ContiguousArray<(side: Side, ticks: Int64, lots: Int64)> = []

    var isEmpty: Bool { entries.isEmpty }

    func lots(_ side: Side, _ ticks: Int64) -> Int64 {
        for entry in entries where entry.ticks == ticks && entry.side == side { return entry.lots }
        return 0
    }

    mutating func add(_ side: Side, _ ticks: Int64, _ lots: Int64) {
        for index in entries.indices where entries[index].ticks == ticks && entries[index].side == side {
            entries[index].lots += lots
            return
        }
        entries.append((side, ticks, lots))
    }

    /// No debt is larger than what the whole book shows at its price.
    mutating func cap(by book: borrowing OrderBook) {
        for index in entries.indices {
            entries[index].lots = min(entries[index].lots, book.lots(entries[index].side, entries[index].ticks))
        }
        entries.removeAll { $0.lots == 0 }
    }

    /// The level now shows `displayed`.
    @inline(__always)
    mutating func cap(_ side: Side, _ ticks: Int64, _ displayed: Int64) {
        guard !entries.isEmpty else { return }
        for index in entries.indices where entries[index].ticks == ticks && entries[index].side == side {
            if displayed < entries[index].lots { entries[index].lots = displayed }
            if entries[index].lots == 0 { entries.remove(at: index) }
            return
        }
    }
}
