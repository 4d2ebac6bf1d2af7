/// An element of the prime field of order p = 2⁶⁴ − 2³² + 1, always in its canonical form below p.
///
/// No operation branches on a value or indexes with one: time tells nothing of a secret. 2⁶⁴ ≡ 2³² − 1 and 2⁹⁶ ≡ −1 (mod p) make
/// reduction two additions.
public struct Goldilocks: Hashable, Sendable, BitwiseCopyable {
    public static let modulus: UInt64 = 0xFFFF_FFFF_0000_0001
    /// 2⁶⁴ − p: what a carry out of 64 bits is worth.
    static let carry: UInt64 = 0xFFFF_FFFF
    static let zero = Goldilocks(canonical: 0)
    static let one = Goldilocks(canonical: 1)

    public let value: UInt64

    /// Nothing where `value` is p or more: an encoding has one form.
    public init?(exactly value: UInt64) {
        guard value < Self.modulus else { return nil }
        self.value = value
    }

    /// `value` mod p.
    @inline(__always)
    public init(reducing value: UInt64) {
        let (difference, borrow) = value.subtractingReportingOverflow(Self.modulus)
        self.value = select(value, difference, if: borrow)
    }

    /// - Precondition: `value` is below p.
    @inline(__always)
    init(canonical value: UInt64) {
        assert(value < Self.modulus, "not a canonical element")
        self.value = value
    }

    /// `value` mod p.
    @inline(__always)
    init(reducing value: UInt128) {
        let low = UInt64(truncatingIfNeeded: value)
        let high = UInt64(truncatingIfNeeded: value >> 64)
        self.init(low: low, middle: high & Self.carry, high: high >> 32)
    }

    /// low + middle · 2⁶⁴ + high · 2⁹⁶ mod p, where `middle` and `high` have 32 bits: low + middle · (2³² − 1) − high.
    @inline(__always)
    init(low: UInt64, middle: UInt64, high: UInt64) {
        let (difference, borrow) = low.subtractingReportingOverflow(high)
        // A borrow is −2⁶⁴ ≡ −(2³² − 1), and can't borrow again: the difference is then at least 2⁶⁴ − 2³².
        let lower = difference &- mask(borrow) & Self.carry
        let (sum, overflow) = lower.addingReportingOverflow(middle &* Self.carry)
        // After a carry the sum is at most 2⁶⁴ − 2³³, so that adding 2³² − 1 does not carry again.
        self.init(reducing: sum &+ mask(overflow) & Self.carry)
    }

    @inline(__always)
    static func + (a: Goldilocks, b: Goldilocks) -> Goldilocks {
        let (sum, overflow) = a.value.addingReportingOverflow(b.value)
        return Goldilocks(reducing: sum &+ mask(overflow) & carry)
    }

    @inline(__always)
    static func - (a: Goldilocks, b: Goldilocks) -> Goldilocks {
        let (difference, borrow) = a.value.subtractingReportingOverflow(b.value)
        return Goldilocks(canonical: difference &- mask(borrow) & carry)
    }

    @inline(__always)
    static prefix func - (a: Goldilocks) -> Goldilocks { zero - a }

    @inline(__always)
    static func * (a: Goldilocks, b: Goldilocks) -> Goldilocks {
        let (high, low) = a.value.multipliedFullWidth(by: b.value)
        return Goldilocks(low: low, middle: high & carry, high: high >> 32)
    }

    @inline(__always)
    var squared: Goldilocks { self * self }

    func squared(times count: Int) -> Goldilocks {
        var result = self
        for _ in 0..<count { result = result.squared }
        return result
    }

    /// The S-box of Poseidon2.
    @inline(__always)
    var seventhPower: Goldilocks {
        let square = squared
        return square.squared * square * self
    }

    /// 1/a, and 0 for 0: a^(p−2).
    ///
    /// p − 2 = 2⁶⁴ − 2³² − 1 is 31 ones, a zero and 32 ones.
    var inverse: Goldilocks {
        let ones3 = (squared * self).squared * self
        let ones6 = ones3.squared(times: 3) * ones3
        let ones12 = ones6.squared(times: 6) * ones6
        let ones24 = ones12.squared(times: 12) * ones12
        let ones30 = ones24.squared(times: 6) * ones6
        let ones31 = ones30.squared * self
        let ones32 = ones31.squared * self
        return ones31.squared(times: 33) * ones32
    }

    /// a^exponent; the time depends on the exponent alone.
    func power(_ exponent: UInt64) -> Goldilocks {
        var result = Self.one
        for bit in (0..<64).reversed() {
            result = result.squared
            if exponent >> UInt64(bit) & 1 == 1 { result = result * self }
        }
        return result
    }

    /// a^((p−1)/2): 1 for a square, −1 for another, 0 for 0.
    var legendre: Goldilocks { power((Self.modulus - 1) / 2) }

    /// A square root, by Tonelli and Shanks; nothing where there is none. Not for secrets: its time depends on the value.
    var squareRoot: Goldilocks? {
        if value == 0 { return self }
        guard legendre == .one else { return nil }
        // p − 1 = 2³² · (2³² − 1), and 7 generates the whole group.
        var root = power((Self.carry + 1) / 2)
        var remainder = power(Self.carry)
        var generator = Goldilocks(canonical: 7).power(Self.carry)
        var order = 32
        while remainder != .one {
            var exponent = 0
            var squares = remainder
            while squares != .one {
                squares = squares.squared
                exponent += 1
            }
            let factor = generator.squared(times: order - exponent - 1)
            root = root * factor
            generator = factor.squared
            remainder = remainder * generator
            order = exponent
        }
        return root
    }
}

/// All ones where `condition` holds: a branch that the processor doesn't see.
@inline(__always)
func mask(_ condition: Bool) -> UInt64 { 0 &- UInt64(truncatingIfNeeded: condition ? 1 : 0) }

/// `first` where `condition` holds, else `second`, without a branch.
@inline(__always)
func select(_ first: UInt64, _ second: UInt64, if condition: Bool) -> UInt64 { second ^ (mask(condition) & (first ^ second)) }
