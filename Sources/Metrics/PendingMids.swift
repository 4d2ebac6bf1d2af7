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
            rows.replaceSubrange(row * width..<(row + 1) * width, with: mids)
        }
        venues[venue].insert(trade, row)
    }

    /// Takes the mids of a fill out; nil when they are not known.
    mutating func take(venue: Int, trade: UInt64) -> [FinePrice?]? {
        guard let row = venues[venue][trade] else { return nil }
        venues[venue].remove(trade)
        free.append(row)
        return Array(rows[row * width..<(row + 1) * width])
    }
}
