public import Market

/// How long resting orders wait for their first fill: Kaplan–Meier over orders that filled and orders that ended without.
///
/// Times are counted in buckets a hundredth of their size wide, so that memory is constant.
public struct FillTimes: Hashable, Sendable {
    private var filled: [Int: Int] = [:]
    private var censored: [Int: Int] = [:]

    public init() {}
    public var count: Int { filled.values.reduce(0, +) + censored.values.reduce(0, +) }

    public mutating func add(_ wait: Nanoseconds, filled isFilled: Bool) {
        let bucket = Self.bucket(wait)
        if isFilled { filled[bucket, default: 0] += 1 } else { censored[bucket, default: 0] += 1 }
    }

    /// Probability of a fill within `span`; nil without orders.
    public func probability(within span: Nanoseconds) -> Double? {
        count == 0 ? nil : 1 - survival(through: Self.bucket(span))
    }

    /// The time within which half of the orders fill; nil when fewer do.
    public var median: Nanoseconds? {
        var share = 1.0
        var atRisk = count
        for bucket in Set(filled.keys).union(censored.keys).sorted() {
            let events = filled[bucket] ?? 0
            if atRisk > 0 { share *= 1 - Double(events) / Double(atRisk) }
            atRisk -= events + (censored[bucket] ?? 0)
            if share <= 0.5 { return Nanoseconds(count: Self.upper(bucket)) }
        }
        return nil
    }

    private func survival(through last: Int) -> Double {
        var share = 1.0
        var atRisk = count
        for bucket in Set(filled.keys).union(censored.keys).sorted() where bucket <= last {
            let events = filled[bucket] ?? 0
            if atRisk > 0 { share *= 1 - Double(events) / Double(atRisk) }
            atRisk -= events + (censored[bucket] ?? 0)
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
