internal import Glibc

/// Logarithms, exponentials, fractional powers and the normal distribution: the only place in the simulation where the
/// mathematics library is called.
///
/// Its last bits may differ between machines; nothing derived from it is money.
enum Fractional {
    static func logarithm(_ value: Double) -> Double { log(value) }
    static func exponential(_ value: Double) -> Double { exp(value) }

    /// The share of standard normal numbers that are less than this one.
    static func normalShare(_ value: Double) -> Double { 0.5 * erfc(-value * 0.5.squareRoot()) }

    /// Powers of small whole exponents are exact products, as the library gives them.
    static func power(_ base: Double, _ exponent: Double) -> Double {
        if exponent == 1 { return base }
        if exponent == 2 { return base * base }
        return pow(base, exponent)
    }
}
