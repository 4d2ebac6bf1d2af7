public import Market

/// Percentiles of a feed's raw latency, by nearest rank.
public struct LatencySummary: Hashable, Sendable {
    public var samples: Int
    public var minimum: Nanoseconds
    public var median: Nanoseconds
    public var percentile99: Nanoseconds
    public var maximum: Nanoseconds
    /// False: beyond 100,000 samples median and 99 % come from a histogram of three significant digits.
    public var isExact: Bool
}

/// Collects latencies in constant memory: all of them up to a limit, then their counts in log-linear buckets.
public struct LatencyRecorder: Sendable {
    private static let exactLimit = 100_000
    /// 2,048 buckets for each doubling: a width below 0.1 %.
    private static let mantissaBits = 11

    private var samples: [Int64] = []
    private var buckets: [Int64: Int] = [:]
    /// Samples of the bucket hit last that are not in `buckets` yet: latencies come in runs.
    private var run: (bucket: Int64, count: Int) = (0, 0)
    private var total = 0
    private var minimum = Int64.max
    private var maximum = Int64.min

    public init() {}

    public mutating func record(_ nanoseconds: Int64) {
        total += 1
        minimum = min(minimum, nanoseconds)
        maximum = max(maximum, nanoseconds)
        if total <= Self.exactLimit {
            samples.append(nanoseconds)
        } else {
            // Neighbours are alike: counted in runs, most samples cost no look-up.
            if !samples.isEmpty {
                for sample in samples { count(Self.rounded(sample)) }
                samples = []
            }
            count(Self.rounded(nanoseconds))
        }
    }

    private mutating func count(_ bucket: Int64) {
        if bucket != run.bucket {
            endRun()
            run.bucket = bucket
        }
        run.count += 1
    }

    private mutating func endRun() {
        if run.count > 0 { buckets[run.bucket, default: 0] += run.count }
        run.count = 0
    }

    /// The value that stands for a bucket: the number with its lower bits cleared.
    private static func rounded(_ value: Int64) -> Int64 {
        let magnitude = value.magnitude
        let drop = max(0, UInt64.bitWidth - magnitude.leadingZeroBitCount - mantissaBits)
        let kept = Int64(truncatingIfNeeded: (magnitude >> UInt64(drop)) << UInt64(drop))
        return value < 0 ? -kept : kept
    }

    /// nil before the first one.
    public var summary: LatencySummary? {
        guard total > 0 else { return nil }
        let isExact = !samples.isEmpty
        var buckets = self.buckets
        if run.count > 0 { buckets[run.bucket, default: 0] += run.count }
        let sorted = isExact ? samples.sorted().map { ($0, 1) } : buckets.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        func percentile(_ percent: Int) -> Nanoseconds {
            var rank = (percent * total + 99) / 100
            for (value, count) in sorted {
                rank -= count
                if rank <= 0 { return Nanoseconds(count: min(max(value, minimum), maximum)) }
            }
            return Nanoseconds(count: maximum)
        }
        return LatencySummary(
            samples: total, minimum: Nanoseconds(count: minimum), median: percentile(50), percentile99: percentile(99),
            maximum: Nanoseconds(count: maximum), isExact: isExact)
    }
}
