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

    /// Places of an ordered series at which a median is looked for; a longer one is rounded to these.
    private static let medianPlaces = 1_024

    /// The interval of a median, exact up to a thousand values and to a thousandth of them beyond.
    ///
    /// - Parameter values: In ascending order, each with its block.
    /// - Complexity: O(*n* + *r* × *b*) in values, resamples and blocks.
    func intervalOfMedian(_ values: [(value: Double, block: Int)]) -> ClosedRange<Double>? {
        let places = min(values.count, Self.medianPlaces)
        // How many values of each block stand up to each place.
        var counts = [Int32](repeating: 0, count: blockCount)
        var table: [Int32] = []
        var candidates: [Double] = []
        var next = 0
        for place in 0..<places {
            let end = (place + 1) * values.count / places
            while next < end {
                counts[values[next].block] += 1
                next += 1
            }
            table += counts
            candidates.append(values[end - 1].value)
        }
        return interval { weights in
            func standing(_ place: Int) -> Int64 {
                var sum: Int64 = 0
                for (block, weight) in weights.enumerated() { sum += Int64(weight) * Int64(table[place * blockCount + block]) }
                return sum
            }
            guard places > 0 else { return nil }
            let total = standing(places - 1)
            guard total > 0 else { return nil }
            var (low, high) = (0, places - 1)
            while low < high {
                let middle = (low + high) / 2
                if standing(middle) * 2 >= total { high = middle } else { low = middle + 1 }
            }
            return candidates[low]
        }
    }
}
