public import Market

/// Spans counted in buckets a thousandth of their size wide, so that memory does not depend on how many there are.
public struct SpanHistogram: Hashable, Sendable {
    private var counts: ContiguousArray<Int> = []
    public private(set) var count = 0
    public private(set) var largest = Nanoseconds.zero
    /// 1,024 buckets an octave: three significant digits.
    private static let bits: UInt64 = 10

    public init() {}

    /// A negative span counts as none.
    public mutating func add(_ span: Nanoseconds) {
        let bucket = Self.bucket(UInt64(max(0, span.count)))
        if counts.count <= bucket { counts.append(contentsOf: repeatElement(0, count: bucket + 1 - counts.count)) }
        counts[bucket] += 1
        count += 1
        largest = max(largest, span)
    }

    /// The smallest span that this share (in thousandths) of all do not exceed, by nearest rank, to three significant digits;
    /// nil without spans.
    public func percentile(_ thousandths: Int) -> Nanoseconds? {
        guard count > 0 else { return nil }
        let rank = max(1, (count * thousandths + 999) / 1_000)
        var seen = 0
        for (bucket, number) in counts.enumerated() {
            seen += number
            if seen >= rank { return min(Nanoseconds(count: Self.upper(bucket)), largest) }
        }
        return largest
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= 1 << bits else { return Int(value) }
        let shift = UInt64(63 - value.leadingZeroBitCount) - bits
        return Int((shift + 1) << bits + value >> shift - 1 << bits)
    }

    private static func upper(_ bucket: Int) -> Int64 {
        guard bucket >= 1 << bits else { return Int64(bucket) }
        let shift = Int64(bucket >> bits) - 1
        // Wraps to the largest span in the last bucket.
        return (Int64(bucket & (1 << bits - 1)) + 1 << bits + 1) << shift &- 1
    }
}
