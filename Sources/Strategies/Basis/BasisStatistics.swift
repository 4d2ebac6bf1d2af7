internal import Market

/// How far a basis is from where it usually is: the average and the deviation, weighted towards the present, of samples at even
/// distance. In basis points; statistics alone.
struct BasisStatistics {
    private let weight: Double
    private let kept: Int
    private(set) var mean = 0.0
    private var variance = 0.0
    /// The last ones, oldest first.
    private var samples: [Double] = []
    private(set) var count = 0

    /// - Parameter halfLife: In samples; as many as 4 of it are kept for the check of stationarity.
    init(halfLife: Int) {
        // The rational neighbour of the exponential average: the same on every machine.
        weight = 1 / (1 + Double(halfLife) * 1.44)
        kept = max(AutoRegression.fewestSamples, min(2_000, 4 * halfLife))
    }

    mutating func add(_ basis: Rate) {
        let sample = Double(basis.trillionths) / 100_000_000
        count += 1
        samples.append(sample)
        if samples.count > kept { samples.removeFirst() }
        guard count > 1 else { return mean = sample }
        let distance = sample - mean
        mean += distance * weight
        variance += (distance * distance * (1 - weight) - variance) * weight
    }

    var deviation: Double { variance.squareRoot() }

    /// The last sample's distance from the mean in deviations; nil while there is none.
    var score: Double? {
        guard let last = samples.last, deviation > 0 else { return nil }
        return (last - mean) / deviation
    }

    /// Whether a basis that strays comes back.
    ///
    /// - Complexity: O(*n*) in the samples kept.
    var isStationary: Bool { AutoRegression(samples)?.isStationary ?? false }
}
