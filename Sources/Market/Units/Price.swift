/// A price, counted in the instrument's smallest increment. Orders and books only; values use `FinePrice`.
public struct Price: Hashable, Comparable, BitwiseCopyable, Sendable {
    public var ticks: Int64
    @inlinable public init(ticks: Int64) { self.ticks = ticks }

    @inlinable public static func < (lhs: Price, rhs: Price) -> Bool { lhs.ticks < rhs.ticks }
    @inlinable public static func - (lhs: Price, rhs: Price) -> Ticks { Ticks(count: lhs.ticks - rhs.ticks) }
    @inlinable public static func + (lhs: Price, rhs: Ticks) -> Price { Price(ticks: lhs.ticks + rhs.count) }
    @inlinable public static func - (lhs: Price, rhs: Ticks) -> Price { Price(ticks: lhs.ticks - rhs.count) }
}

/// The distance between two prices. Two prices do not add; a price and a distance do.
public struct Ticks: Hashable, Comparable, BitwiseCopyable, Sendable {
    public var count: Int64
    @inlinable public init(count: Int64) { self.count = count }

    @inlinable public static func < (lhs: Ticks, rhs: Ticks) -> Bool { lhs.count < rhs.count }
}
