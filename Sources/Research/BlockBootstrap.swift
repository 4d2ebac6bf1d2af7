internal import Market

/// Resamples blocks of time with replacement: how far a statistic would have varied on other days of the same kind.
///
/// What happens within a block hangs together, so the blocks are drawn whole. All statistics share the draws.
struct BlockBootstrap {
    /// How often each block was drawn, resample after resample.
    private let weights: ContiguousArray<Int32>
    private let blockCount: Int
    private let resamples: Int

    /// - Precondition: There is a resample.
    init(blocks: Int, resamples: Int, seed: UInt64) {
        precondition(resamples > 0, "a bootstrap needs a resample")
        blockCount = blocks
        self.resamples = resamples
        var generator = SeededGenerator(seed: seed)
        var weights = ContiguousArray<Int32>(repeating: 0, count: blocks * resamples)
        if blocks > 0 {
            for resample in 0..<resamples {
                for _ in 0..<blocks { weights[resample * blocks + Int(generator.uniform(in: 0...Int64(blocks - 1)))] += 1 }
            }
        }
        self.weights = weights
    }

    /// The middle 95 % of a statistic over the resamples in which it exists; nil with fewer than two blocks.
    ///
    /// - Parameter statistic: Takes how often each block counts.
    func interval(_ statistic: (ArraySlice<Int32>) -> Double?) -> ClosedRange<Double>? {
        guard blockCount > 1 else { return nil }
        var values: [Double] = []
        for resample in 0..<resamples {
            let drawn = ArraySlice(weights[resample * blockCount..<(resample + 1) * blockCount])
            if let value = statistic(drawn) { values.append(value) }
        }
        guard values.count > resamples / 2 else { return nil }
        values.sort()
        let tail = (values.count * 25) / 1_000
        return values[tail]...values[values.count - 1 - tail]
    }

    /// The interval of a ratio of sums, such as a mean: numerators and denominators by block.
    func interval(_ numerators: [Double], over denominators: [Double]) -> ClosedRange<Double>? {
        interval { weights in
            var (numerator, denominator) = (0.0, 0.0)
            for (block, weight) in weights.enumerated() where weight > 0 {
                numerator += Double(weight) * numerators[block]
                denominator += Double(weight) * denominators[block]
            }
            return denominator > 0 ? numerator / denominator : nil
        }
    }

    /// The interval of a median.
    ///
    /// - Parameter values: In ascending order, each with its block.
    func intervalOfMedian(_ values: [(value: Double, block: Int)]) -> ClosedRange<Double>? {
        interval { weights in
            let first = weights.startIndex
            var total: Int32 = 0
            for entry in values { total += weights[first + entry.block] }
            var left = (total + 1) / 2
            guard left > 0 else { return nil }
            for entry in values {
                left -= weights[first + entry.block]
                if left <= 0 { return entry.value }
            }
            return nil
        }
    }
}
