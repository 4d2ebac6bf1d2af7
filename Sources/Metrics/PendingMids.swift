internal import Market

/// The mids just before fills that have happened at the venues and have not reached the core: by venue and trade.
struct PendingMids: ~Copyable {
    private let venues: Table<NumberMap<Int>>
    private let width: Int
    /// Rows of `width` mids; a row is used again once it was taken.
    private var rows: ContiguousArray<FinePrice?> = []
    private var free: ContiguousArray<Int> = []

    init(venues: Int, instruments: Int) {
        self.venues = Table(count: venues) { _ in NumberMap(filler: 0) }
        width = instruments
    }

    mutating func add(_ mids: [FinePrice?], venue: Int, trade: UInt64) {
        let row = free.popLast() ?? rows.count / max(width, 1)
        if row * width == rows.count {
            rows.append(contentsOf: mids)
        } else {
            for column in 0..<width { rows[row * width + column] = mids[column] }
        }
        venues[venue].insert(trade, row)
    }

    /// Moves the mids of a fill into `mids`, which has room for them; false when they are not known.
    mutating func take(venue: Int, trade: UInt64, into mids: inout [FinePrice?]) -> Bool {
        guard let row = venues[venue][trade] else { return false }
        venues[venue].remove(trade)
        free.append(row)
        for column in 0..<width { mids[column] = rows[row * width + column] }
        return true
    }
}
