public import Market

/// A value over time in a bounded number of buckets that keep their extremes.
///
/// Buckets are equally wide; when there are too many, neighbours are merged and the width doubles, so that memory does not
/// depend on the length of a run and no extreme is lost.
public struct BucketSeries: Sendable {
    public struct Bucket: Hashable, Sendable {
        /// Of its last value.
        public var time: Timestamp
        public var low: Double
        public var last: Double
        public var high: Double
    }

    public private(set) var buckets: [Bucket] = []
    private var indices: [Int64] = []
    /// When the last bucket ends.
    private var end = Timestamp.distantPast
    private var width: Int64
    private let limit: Int
    private let origin: Timestamp

    public init(from origin: Timestamp, width: Nanoseconds = .seconds(1), limit: Int = 2_000) {
        self.origin = origin
        self.width = max(width.count, 1)
        self.limit = limit
    }

    public mutating func add(_ value: Double, at time: Timestamp) {
        let bucket = Bucket(time: time, low: value, last: value, high: value)
        guard time >= end else { return merge(bucket, into: buckets.count - 1) }
        let index = floorQuotient((time - origin).count, width)
        buckets.append(bucket)
        indices.append(index)
        if buckets.count > limit { halve() }
        end = origin + Nanoseconds(count: (indices[indices.count - 1] + 1) * width)
    }

    private mutating func merge(_ bucket: Bucket, into index: Int) {
        buckets[index] = Bucket(
            time: bucket.time, low: min(buckets[index].low, bucket.low), last: bucket.last, high: max(buckets[index].high, bucket.high))
    }

    private mutating func halve() {
        let (old, oldIndices) = (buckets, indices)
        width *= 2
        buckets.removeAll(keepingCapacity: true)
        indices.removeAll(keepingCapacity: true)
        for (bucket, index) in zip(old, oldIndices) {
            let index = floorQuotient(index, 2)
            if indices.last == index {
                merge(bucket, into: buckets.count - 1)
            } else {
                buckets.append(bucket)
                indices.append(index)
            }
        }
    }
}
