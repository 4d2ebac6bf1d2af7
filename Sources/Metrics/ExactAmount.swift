internal import Market

/// An amount of the reporting currency in 10⁻¹⁸: money (10⁻⁹) times a rate (10⁻⁹), with nothing rounded, so that sums are exact.
public struct ExactAmount: Hashable, Comparable, Sendable, AdditiveArithmetic {
    public var units: Int128
    public init(units: Int128) { self.units = units }

    public static let zero = ExactAmount(units: 0)
    public static func + (lhs: ExactAmount, rhs: ExactAmount) -> ExactAmount { ExactAmount(units: lhs.units + rhs.units) }
    public static func - (lhs: ExactAmount, rhs: ExactAmount) -> ExactAmount { ExactAmount(units: lhs.units - rhs.units) }
    public static func < (lhs: ExactAmount, rhs: ExactAmount) -> Bool { lhs.units < rhs.units }

    /// An amount of another currency at `rate` (10⁻⁹ of the reporting currency for one).
    init(nanos: Int64, rate: Int64) { units = Int128(nanos) * Int128(rate) }

    /// All eighteen decimals, trailing zeros removed.
    public var exactText: String {
        let (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000_000_000_000)
        var digits = String(fraction)
        digits = String(repeating: "0", count: 18 - digits.utf8.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return (units < 0 ? "-" : "") + String(whole) + (digits.isEmpty ? "" : "." + digits)
    }

    /// Rounded half to even to 10⁻⁹.
    public var nanos: Int64 { roundedQuotient(units, 1_000_000_000) }
    public var double: Double { Double(nanos) / 1e9 }
}

/// Amounts by currency, in 10⁻⁹ of each.
struct CurrencyAmounts: Hashable, Sendable {
    private(set) var nanos: [Currency: Int64] = [:]

    mutating func add(_ money: Money) { nanos[money.currency, default: 0] += money.nanos }

    mutating func add(_ other: CurrencyAmounts) {
        for (currency, amount) in other.nanos { nanos[currency, default: 0] += amount }
    }

    func exact(_ rates: [Currency: Int64]) -> ExactAmount {
        nanos.reduce(into: .zero) { $0 += ExactAmount(nanos: $1.value, rate: rates[$1.key] ?? 0) }
    }

    subscript(currency: Currency) -> Int64 { nanos[currency] ?? 0 }
}
