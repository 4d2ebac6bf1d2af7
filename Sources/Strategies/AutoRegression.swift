/// x(t + 1) = a + φ·x(t), fitted by least squares to samples of even distance: a statistic, of sums, products and roots alone.
struct AutoRegression {
    static let fewestSamples = 8

    /// φ: the share of a deviation that the next sample keeps.
    let slope: Double
    /// What the samples revert to, where they do.
    let mean: Double
    /// (φ − 1) by its standard error: the statistic of Dickey and Fuller.
    let reversion: Double

    /// nil where the samples are too few, or all the same.
    init?(_ samples: [Double]) {
        let count = Double(samples.count - 1)
        guard samples.count >= Self.fewestSamples else { return nil }
        let (before, after) = (samples.dropLast(), samples.dropFirst())
        let (meanBefore, meanAfter) = (before.reduce(0, +) / count, after.reduce(0, +) / count)
        var (spread, together) = (0.0, 0.0)
        for (one, two) in zip(before, after) {
            spread += (one - meanBefore) * (one - meanBefore)
            together += (one - meanBefore) * (two - meanAfter)
        }
        guard spread > 0 else { return nil }
        slope = together / spread
        mean = slope < 1 ? (meanAfter - slope * meanBefore) / (1 - slope) : meanAfter
        var rest = 0.0
        for (one, two) in zip(before, after) {
            let error = two - meanAfter - slope * (one - meanBefore)
            rest += error * error
        }
        let deviation = (rest / (count - 2) / spread).squareRoot()
        reversion = deviation > 0 ? (slope - 1) / deviation : slope < 1 ? -.infinity : 0
    }

    /// The average of the next `count` samples, as expected after one of `value`.
    func expectedMean(after value: Double, over count: Int) -> Double {
        let kept = max(0, min(slope, 0.999))
        var (power, sum) = (1.0, 0.0)
        for _ in 0..<max(1, count) {
            power *= kept
            sum += power
        }
        return mean + (value - mean) * sum / Double(max(1, count))
    }

    /// Whether a unit root is rejected at 5 %: what strays comes back.
    var isStationary: Bool { reversion < -2.86 }
}
