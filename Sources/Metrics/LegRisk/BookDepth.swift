public import Market

/// The levels of one side of a book that a taker would have met, as they stood at one moment: enough of them for a given size,
/// and no more than a few dozen. Empty where the book was not known.
public struct BookDepth: Sendable {
    private static let limit = 48
    /// From the touch on: ticks and lots of the first `count`; the others are room for the next moment.
    private var levels: ContiguousArray<(ticks: Int64, lots: Int64)> = []
    private var count = 0

    public init() {}

    /// Takes a book as it stands in place of what it held.
    ///
    /// - Parameters:
    ///   - side: Of the taker.
    ///   - lots: How much it might take.
    public mutating func take(_ book: borrowing OrderBook, for side: Side, lots: Int64) {
        clear()
        var left = lots
        var at: Int64?
        while left > 0, count < Self.limit, let level = book.next(side.opposite, after: at) {
            if count < levels.count { levels[count] = level } else { levels.append(level) }
            count += 1
            left -= level.lots
            at = level.ticks
        }
    }

    mutating func clear() { count = 0 }

    /// The volume-weighted price of taking `quantity`; nil when the levels hold less.
    public func executablePrice(_ quantity: Quantity, _ contract: borrowing Contract) -> FinePrice? {
        let wanted = quantity.magnitude.lots
        guard wanted > 0, count > 0 else { return nil }
        if levels[0].lots >= wanted { return FinePrice(nanos: levels[0].ticks * contract.tickSize.nanos) }
        var (left, sum) = (wanted, Int128(0))
        for place in 0..<count where left > 0 {
            let taken = min(left, levels[place].lots)
            sum += Int128(taken) * Int128(levels[place].ticks)
            left -= taken
        }
        guard left == 0 else { return nil }
        return FinePrice(nanos: roundedQuotient(sum * Int128(contract.tickSize.nanos), Int128(wanted)))
    }
}

/// Rows of books: those of one moment side by side. A row is used again once it was let go.
struct DepthRows: ~Copyable {
    private let width: Int
    private var depths: ContiguousArray<BookDepth> = []
    private var free: ContiguousArray<Int> = []

    init(width: Int) { self.width = width }

    /// A row of empty books.
    mutating func open() -> Int {
        if let row = free.popLast() {
            for column in 0..<width { depths[row * width + column].clear() }
            return row
        }
        for _ in 0..<width { depths.append(BookDepth()) }
        return depths.count / width - 1
    }

    mutating func close(_ row: Int) { free.append(row) }

    subscript(row: Int, column: Int) -> BookDepth {
        _read { yield depths[row * width + column] }
        _modify { yield &depths[row * width + column] }
    }
}
