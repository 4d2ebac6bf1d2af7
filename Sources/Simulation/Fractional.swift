internal import Glibc

/// Logarithms, exponentials and fractional powers: the only place in the simulation where the mathematics library is called.
///
/// Its last bits may differ between machines; nothing derived from it is money.
enum Fractional {
    static func logarithm(_ value: Double) -> Double { log(value) }
    static func exponential(_ value: Double) -> Double { exp(value) }

    /// Powers of small whole exponents are exact products, as the library gives them.
    static func power(_ base: Double, _ exponent: Double) -> Double {
        if exponent == 1 { return base }
        if exponent == 2 { return base * base }
        return pow(base, exponent)
    }
}
