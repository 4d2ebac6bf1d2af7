internal import Market

/// Sums of weight and weighted value by block of time: what a bootstrap draws from.
///
/// A block is five minutes long; past a thousand of them neighbours are merged and blocks are twice as long.
struct BlockSums {
    struct Sums: Hashable {
        var weight = 0.0
        var value = 0.0
    }

    private static let limit = 1_024
    private static let draws = 1_000
    private(set) var block = Nanoseconds.minutes(5)
    private let origin: Timestamp
    private let width: Int
    /// Rows of `width` sums.
    private var sums: ContiguousArray<Sums> = []
    /// The row that was added to last, and the times that are its: neighbours in time come one after the other.
    private var row = 0
    private var rowStart = Timestamp.never
    private var rowEnd = Timestamp.distantPast

    /// - Parameter width: How many figures each block has.
    init(from origin: Timestamp, width: Int) {
        self.origin = origin
        self.width = width
    }

    mutating func add(weight: Double, value: Double, to column: Int, at time: Timestamp) {
        if time < rowStart || time >= rowEnd { findRow(time) }
        sums[row * width + column].weight += weight
        sums[row * width + column].value += value
    }

    @inline(never)
    private mutating func findRow(_ time: Timestamp) {
        let time = max(origin, time)
        row = Int((time - origin).count / block.count)
        while row >= Self.limit {
            halve()
            row = Int((time - origin).count / block.count)
        }
        while sums.count < (row + 1) * width { sums.append(Sums()) }
        rowStart = origin + Nanoseconds(count: Int64(row) * block.count)
        rowEnd = rowStart + block
        // What was before the origin counts as its first moment.
        if row == 0 { rowStart = .distantPast }
    }

    private mutating func halve() {
        block = Nanoseconds(count: 2 * block.count)
        let old = sums
        sums.removeAll(keepingCapacity: true)
        for row in 0..<(old.count / width + 1) / 2 {
            for column in 0..<width {
                var sum = old[2 * row * width + column]
                let second = (2 * row + 1) * width + column
                if second < old.count {
                    sum.weight += old[second].weight
                    sum.value += old[second].value
                }
                sums.append(sum)
            }
        }
    }

    /// The middle 95 % of the mean over blocks that are drawn again and again; nil with fewer than two blocks that hold anything.
    func interval(_ column: Int) -> (low: Double, high: Double)? {
        let blocks = stride(from: column, to: sums.count, by: width).map { sums[$0] }.filter { $0.weight > 0 }
        guard blocks.count > 1 else { return nil }
        var random = SeededGenerator(seed: 0x626C_6F63_6B73, stream: UInt64(column))
        var means: [Double] = []
        means.reserveCapacity(Self.draws)
        for _ in 0..<Self.draws {
            var sum = Sums()
            for _ in blocks.indices {
                let drawn = blocks[Int(random.uniform(in: 0...Int64(blocks.count - 1)))]
                sum.weight += drawn.weight
                sum.value += drawn.value
            }
            means.append(sum.value / sum.weight)
        }
        means.sort()
        return (means[Self.draws / 40 - 1], means[Self.draws - Self.draws / 40 - 1])
    }
}
