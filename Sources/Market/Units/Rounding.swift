/// The product of two numbers, whole: 64 by 64 bits always fits 128, so that nothing looks for an overflow.
@inlinable @inline(__always)
public func product(_ one: Int64, _ two: Int64) -> Int128 { Int128(one) &* Int128(two) }

/// `numerator / denominator` rounded half to even.
///
/// - Precondition: The denominator is positive and the quotient fits 64 bits.
@inlinable @inline(__always)
public func roundedQuotient(_ numerator: Int128, _ denominator: Int128) -> Int64 {
    // The machine divides 128 by 64 bits when the quotient fits 64; the general division is a call of thirty times the cost.
    guard let divisor = Int64(exactly: denominator), divisor > 0 else { return generallyRoundedQuotient(numerator, denominator) }
    let size = numerator.magnitude
    let high = UInt64(truncatingIfNeeded: size >> 64)
    guard high < UInt64(divisor) else { return generallyRoundedQuotient(numerator, denominator) }
    var (quotient, remainder) = UInt64(divisor).dividingFullWidth((high, UInt64(truncatingIfNeeded: size)))
    let rest = UInt64(divisor) &- remainder
    if remainder > rest || (remainder == rest && quotient & 1 != 0) { quotient &+= 1 }
    guard quotient <= UInt64(Int64.max) else { return generallyRoundedQuotient(numerator, denominator) }
    return numerator < 0 ? -Int64(quotient) : Int64(quotient)
}

/// A billionth of a number, rounded half to even: what brings a product of two amounts in 10⁻⁹ back to 10⁻⁹.
///
/// - Precondition: The result fits 64 bits.
@inlinable @inline(__always)
public func roundedBillionth(_ number: Int128) -> Int64 {
    let size = number.magnitude
    guard size < 1 << 92 else { return generallyRoundedQuotient(number, 1_000_000_000) }
    // 10⁹ = 2⁹ · 5⁹. Two divisions of 64 bits by a constant are multiplications; one of 128 bits is a call.
    let shifted = size >> 9
    let high = UInt64(truncatingIfNeeded: shifted >> 42)
    let (highQuotient, highRest) = high.quotientAndRemainder(dividingBy: 1_953_125)
    let low = highRest << 42 | UInt64(truncatingIfNeeded: shifted) & (1 << 42 - 1)
    let (lowQuotient, lowRest) = low.quotientAndRemainder(dividingBy: 1_953_125)
    var quotient = highQuotient << 42 + lowQuotient
    let remainder = lowRest << 9 | UInt64(truncatingIfNeeded: size) & 511
    if remainder > 500_000_000 || (remainder == 500_000_000 && quotient & 1 != 0) { quotient += 1 }
    return number < 0 ? -Int64(quotient) : Int64(quotient)
}

@inline(never)
@usableFromInline func generallyRoundedQuotient(_ numerator: Int128, _ denominator: Int128) -> Int64 {
    precondition(denominator > 0, "a quotient needs a positive denominator")
    var (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    let twice = remainder.magnitude * 2
    if twice > denominator.magnitude || (twice == denominator.magnitude && quotient & 1 != 0) {
        quotient += numerator < 0 ? -1 : 1
    }
    return Int64(quotient)
}

/// `numerator / denominator` rounded half to even.
///
/// - Precondition: The denominator is positive.
@inlinable @inline(__always)
public func roundedQuotient(_ numerator: Int64, _ denominator: Int64) -> Int64 {
    precondition(denominator > 0, "a quotient needs a positive denominator")
    let (quotient, remainder) = numerator.magnitude.quotientAndRemainder(dividingBy: denominator.magnitude)
    let rest = denominator.magnitude &- remainder
    let isUp = remainder > rest || (remainder == rest && quotient & 1 != 0)
    let rounded = Int64(quotient) + (isUp ? 1 : 0)
    return numerator < 0 ? -rounded : rounded
}

/// Half-way between two numbers, rounded half to even.
@inlinable @inline(__always)
public func roundedMean(_ one: Int64, _ two: Int64) -> Int64 {
    let floor = (one & two) &+ ((one ^ two) >> 1)
    return floor + ((one ^ two) & floor & 1)
}

/// `numerator / denominator` rounded towards minus infinity.
@inlinable public func floorQuotient(_ numerator: Int64, _ denominator: Int64) -> Int64 {
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    return remainder != 0 && (remainder < 0) != (denominator < 0) ? quotient - 1 : quotient
}

/// `numerator / denominator` rounded up, towards plus infinity: what is owed is never understated.
///
/// - Precondition: The denominator is positive and the quotient fits 64 bits.
@inlinable public func ceilingQuotient(_ numerator: Int128, _ denominator: Int128) -> Int64 {
    precondition(denominator > 0, "a quotient needs a positive denominator")
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    return Int64(quotient) + (remainder > 0 ? 1 : 0)
}
