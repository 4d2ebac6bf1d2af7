/// Dense indices: each numbers a table of one run, from 0.

public struct VenueID: Hashable, Comparable, BitwiseCopyable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(_ index: Int) { rawValue = UInt16(index) }
    @inlinable public var index: Int { Int(rawValue) }
    @inlinable public static func < (lhs: VenueID, rhs: VenueID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// One contract at one venue of a run; in a tape, one recorded feed.
public struct InstrumentID: Hashable, Comparable, BitwiseCopyable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(_ index: Int) { rawValue = UInt16(index) }
    @inlinable public var index: Int { Int(rawValue) }
    @inlinable public static func < (lhs: InstrumentID, rhs: InstrumentID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// One login at one venue with its own collateral, positions and orders.
public struct AccountID: Hashable, Comparable, BitwiseCopyable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(_ index: Int) { rawValue = UInt16(index) }
    @inlinable public var index: Int { Int(rawValue) }
    @inlinable public static func < (lhs: AccountID, rhs: AccountID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// One running instance of a strategy in a core.
public struct StrategyID: Hashable, Comparable, BitwiseCopyable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(_ index: Int) { rawValue = UInt16(index) }
    @inlinable public var index: Int { Int(rawValue) }
    @inlinable public static func < (lhs: StrategyID, rhs: StrategyID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// Our own number of an order, also its client id at the venue; never used twice in a run.
public struct OrderID: Hashable, Comparable, BitwiseCopyable, Sendable {
    public let rawValue: UInt64
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static func < (lhs: OrderID, rhs: OrderID) -> Bool { lhs.rawValue < rhs.rawValue }
}
