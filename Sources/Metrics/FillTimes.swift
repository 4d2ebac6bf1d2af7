public import Market

/// How long resting orders wait for their first fill: Kaplan–Meier over orders that filled and orders that ended without.
///
/// Times are counted in buckets a hundredth of their size wide, so that memory is constant.
public struct FillTimes: Hashable, Sendable {
    private struct Bucket: Hashable {
        var filled = 0
        var censored = 0
    }

    private var buckets: ContiguousArray<Bucket> = []
    public private(set) var count = 0

    public init() {}

    public mutating func add(_ wait: Nanoseconds, filled isFilled: Bool) {
        let bucket = Self.bucket(wait)
        while buckets.count <= bucket { buckets.append(Bucket()) }
        if isFilled { buckets[bucket].filled += 1 } else { buckets[bucket].censored += 1 }
        count += 1
    }

    /// Probability of a fill within `span`; nil without orders.
    public func probability(within span: Nanoseconds) -> Double? {
        count == 0 ? nil : 1 - survival(through: Self.bucket(span))
    }

    /// The time within which half of the orders fill; nil when fewer do.
    public var median: Nanoseconds? {
        var share = 1.0
        var atRisk = count
        for (index, bucket) in buckets.enumerated() where bucket != Bucket() {
            if atRisk > 0 { share *= 1 - Double(bucket.filled) / Double(atRisk) }
            atRisk -= bucket.filled + bucket.censored
            if share <= 0.5 { return Nanoseconds(count: Self.upper(index)) }
        }
        return nil
    }

    private func survival(through last: Int) -> Double {
        var share = 1.0
        var atRisk = count
        for bucket in buckets.prefix(last + 1) where bucket != Bucket() {
            if atRisk > 0 { share *= 1 - Double(bucket.filled) / Double(atRisk) }
            atRisk -= bucket.filled + bucket.censored
        }
        return share
    }

    /// 128 buckets an octave of nanoseconds.
    static func bucket(_ wait: Nanoseconds) -> Int {
        let value = UInt64(max(0, wait.count))
        guard value >= 128 else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - 7
        return (shift + 1) * 128 + Int(value >> UInt64(shift)) - 128
    }

    static func upper(_ bucket: Int) -> Int64 {
        guard bucket >= 128 else { return Int64(bucket) }
        let shift = bucket / 128 - 1
        // Wraps to the largest time in the last bucket.
        return (Int64(bucket % 128 + 129) << Int64(shift)) &- 1
    }
}
