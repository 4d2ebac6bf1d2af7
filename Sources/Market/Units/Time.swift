/// An instant in nanoseconds since 1970-01-01 UTC.
public struct Timestamp: Hashable, Comparable, BitwiseCopyable, Sendable {
    public static let distantPast = Timestamp(nanoseconds: .min)
    /// Later than every event; a timer at it never fires.
    public static let never = Timestamp(nanoseconds: .max)

    public var nanoseconds: Int64
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.nanoseconds < rhs.nanoseconds }
    @inlinable public static func + (lhs: Timestamp, rhs: Nanoseconds) -> Timestamp { Timestamp(nanoseconds: lhs.nanoseconds + rhs.count) }
    @inlinable public static func - (lhs: Timestamp, rhs: Nanoseconds) -> Timestamp { Timestamp(nanoseconds: lhs.nanoseconds - rhs.count) }
    @inlinable public static func - (lhs: Timestamp, rhs: Timestamp) -> Nanoseconds {
        Nanoseconds(count: lhs.nanoseconds - rhs.nanoseconds)
    }
}

/// A span of time in nanoseconds.
public struct Nanoseconds: Hashable, Comparable, BitwiseCopyable, Sendable, AdditiveArithmetic {
    public static let zero = Nanoseconds(count: 0)

    public var count: Int64
    @inlinable public init(count: Int64) { self.count = count }

    @inlinable public static func milliseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count: count * 1_000_000) }
    @inlinable public static func seconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count: count * 1_000_000_000) }
    @inlinable public static func minutes(_ count: Int64) -> Nanoseconds { .seconds(count * 60) }
    @inlinable public static func hours(_ count: Int64) -> Nanoseconds { .seconds(count * 3_600) }

    @inlinable public static func < (lhs: Nanoseconds, rhs: Nanoseconds) -> Bool { lhs.count < rhs.count }
    @inlinable public static func + (lhs: Nanoseconds, rhs: Nanoseconds) -> Nanoseconds { Nanoseconds(count: lhs.count + rhs.count) }
    @inlinable public static func - (lhs: Nanoseconds, rhs: Nanoseconds) -> Nanoseconds { Nanoseconds(count: lhs.count - rhs.count) }
}
