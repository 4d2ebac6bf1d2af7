/// An amount of one currency in 10⁻⁹ of it. Two currencies never add: that is a programming error and traps.
public struct Money: Hashable, BitwiseCopyable, Sendable {
    public static let scale: Int64 = 1_000_000_000

    public var nanos: Int64
    public var currency: Currency

    @inlinable public init(nanos: Int64, _ currency: Currency) {
        self.nanos = nanos
        self.currency = currency
    }

    @inlinable public static func zero(_ currency: Currency) -> Money { Money(nanos: 0, currency) }
    @inlinable public var isZero: Bool { nanos == 0 }

    @inlinable public static func + (lhs: Money, rhs: Money) -> Money {
        precondition(lhs.currency == rhs.currency, "money of two currencies was added")
        return Money(nanos: lhs.nanos + rhs.nanos, lhs.currency)
    }

    @inlinable public static func - (lhs: Money, rhs: Money) -> Money {
        precondition(lhs.currency == rhs.currency, "money of two currencies was subtracted")
        return Money(nanos: lhs.nanos - rhs.nanos, lhs.currency)
    }

    @inlinable public static prefix func - (operand: Money) -> Money { Money(nanos: -operand.nanos, operand.currency) }
    @inlinable public static func += (lhs: inout Money, rhs: Money) { lhs = lhs + rhs }
    @inlinable public static func -= (lhs: inout Money, rhs: Money) { lhs = lhs - rhs }

    /// The share `rate` of this amount, rounded half to even.
    @inlinable public func share(_ rate: Rate) -> Money {
        Money(nanos: roundedQuotient(Int128(nanos) * Int128(rate.trillionths), Int128(Rate.scale)), currency)
    }
}
