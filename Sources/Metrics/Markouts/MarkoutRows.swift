internal import Market

/// Sums of fills by row and horizon.
///
/// A fill is counted in its row once; a horizon holds what its markouts sum to, and what of the row has no price there.
struct MarkoutRows: ~Copyable {
    private static let horizons = Markouts.horizons.count
    // Their elements are not private: the compiler wants their layout where the rows are held.
    private var all = List<Markouts.Cell>()
    /// By row and horizon: the markouts, and what `all` has more in fills, notional and captured than have a price there.
    private var sums = List<Markouts.Cell>()

    init(count: Int) {
        for _ in 0..<count { _ = append() }
    }

    /// Another row; returns its number.
    mutating func append() -> Int {
        all.append(Markouts.Cell())
        for _ in 0..<Self.horizons { sums.append(Markouts.Cell()) }
        return all.count - 1
    }

    /// Counts a fill at every horizon.
    @inline(__always)
    mutating func count(_ part: Markouts.Cell, in row: Int) { all[row] += part }

    /// Leaves a counted fill out at one horizon.
    @inline(__always)
    mutating func exclude(_ part: Markouts.Cell, from row: Int, _ horizon: Int) { sums[row * Self.horizons + horizon] += part }

    @inline(__always)
    mutating func add(_ markout: ExactAmount, to row: Int, _ horizon: Int) { sums[row * Self.horizons + horizon].markout += markout }

    /// The sums of some rows, by horizon.
    func cells(_ rows: [Int]) -> [Markouts.Cell] {
        (0..<Self.horizons).map { horizon in
            var sum = Markouts.Cell()
            for row in rows {
                let excluded = sums[row * Self.horizons + horizon]
                sum += Markouts.Cell(
                    fills: all[row].fills - excluded.fills, notional: all[row].notional - excluded.notional,
                    captured: all[row].captured - excluded.captured, markout: excluded.markout)
            }
            return sum
        }
    }
}

extension Markouts.Cell {
    @inline(__always)
    fileprivate static func += (lhs: inout Self, rhs: Self) {
        lhs.fills += rhs.fills
        lhs.notional += rhs.notional
        lhs.captured += rhs.captured
        lhs.markout += rhs.markout
    }
}
