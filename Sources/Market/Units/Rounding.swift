/// `numerator / denominator` rounded half to even.
///
/// - Precondition: The denominator is positive and the quotient fits 64 bits.
@inlinable public func roundedQuotient(_ numerator: Int128, _ denominator: Int128) -> Int64 {
    precondition(denominator > 0, "a quotient needs a positive denominator")
    var (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    let twice = remainder.magnitude * 2
    if twice > denominator.magnitude || (twice == denominator.magnitude && quotient & 1 != 0) {
        quotient += numerator < 0 ? -1 : 1
    }
    return Int64(quotient)
}

/// `numerator / denominator` rounded towards minus infinity.
@inlinable public func floorQuotient(_ numerator: Int64, _ denominator: Int64) -> Int64 {
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    return remainder != 0 && (remainder < 0) != (denominator < 0) ? quotient - 1 : quotient
}
