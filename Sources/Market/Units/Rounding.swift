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

/// Half of a number rounded half to even.
@inlinable public func roundedHalf(_ number: Int128) -> Int64 { Int64((number >> 1) + (number & (number >> 1) & 1)) }

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
