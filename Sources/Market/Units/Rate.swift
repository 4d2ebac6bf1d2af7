/// A dimensionless rate in 10⁻¹²: fees, funding, margin fractions. One basis point is 10⁸.
public struct Rate: Hashable, Comparable, BitwiseCopyable, Sendable {
    public static let scale: Int64 = 1_000_000_000_000
    public static let zero = Rate(trillionths: 0)

    public var trillionths: Int64
    @inlinable public init(trillionths: Int64) { self.trillionths = trillionths }
    @inlinable public init(basisPoints: Int64) { trillionths = basisPoints * 100_000_000 }

    @inlinable public static func < (lhs: Rate, rhs: Rate) -> Bool { lhs.trillionths < rhs.trillionths }
    @inlinable public static prefix func - (operand: Rate) -> Rate { Rate(trillionths: -operand.trillionths) }
}
