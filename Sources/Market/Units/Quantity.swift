/// A size in lots of an instrument; signed where it is a position or a change of one (buy positive).
public struct Quantity: Hashable, Comparable, BitwiseCopyable, Sendable, AdditiveArithmetic {
    public var lots: Int64
    @inlinable public init(lots: Int64) { self.lots = lots }

    public static let zero = Quantity(lots: 0)
    @inlinable public var isZero: Bool { lots == 0 }
    @inlinable public var magnitude: Quantity { Quantity(lots: abs(lots)) }

    @inlinable public static func < (lhs: Quantity, rhs: Quantity) -> Bool { lhs.lots < rhs.lots }
    @inlinable public static func + (lhs: Quantity, rhs: Quantity) -> Quantity { Quantity(lots: lhs.lots + rhs.lots) }
    @inlinable public static func - (lhs: Quantity, rhs: Quantity) -> Quantity { Quantity(lots: lhs.lots - rhs.lots) }
    @inlinable public static prefix func - (operand: Quantity) -> Quantity { Quantity(lots: -operand.lots) }
}
