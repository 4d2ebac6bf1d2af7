internal import Market

/// An amount of the reporting currency in 10⁻¹⁸: money (10⁻⁹) times a rate (10⁻⁹), with nothing rounded, so that sums are exact.
public struct ExactAmount: Hashable, Comparable, BitwiseCopyable, Sendable, AdditiveArithmetic {
    public var units: Int128
    public init(units: Int128) { self.units = units }

    public static let zero = ExactAmount(units: 0)
    public static func + (lhs: ExactAmount, rhs: ExactAmount) -> ExactAmount { ExactAmount(units: lhs.units + rhs.units) }
    public static func - (lhs: ExactAmount, rhs: ExactAmount) -> ExactAmount { ExactAmount(units: lhs.units - rhs.units) }
    public static func < (lhs: ExactAmount, rhs: ExactAmount) -> Bool { lhs.units < rhs.units }

    /// An amount of another currency at `rate` (10⁻⁹ of the reporting currency for one).
    init(nanos: Int64, rate: Int64) { units = product(nanos, rate) }

    /// The same of an amount in 10⁻¹⁸: exact where one is worth one, else rounded to 10⁻⁹ first as money is.
    init(fine: Int128, rate: Int64) {
        units = rate == 1_000_000_000 ? fine : product(roundedBillionth(fine), rate)
    }

    /// All eighteen decimals, trailing zeros removed.
    public var exactText: String {
        let (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000_000_000_000)
        var digits = String(fraction)
        digits = String(repeating: "0", count: 18 - digits.utf8.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return (units < 0 ? "-" : "") + String(whole) + (digits.isEmpty ? "" : "." + digits)
    }

    /// Rounded half to even to 10⁻⁹.
    public var nanos: Int64 { roundedBillionth(units) }
    public var double: Double { Double(nanos) / 1e9 }
}

/// Amounts by currency, in 10⁻⁹ of each: few, so a sorted list.
struct CurrencyAmounts: Hashable, Sendable {
    private(set) var entries: ContiguousArray<Money> = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func add(_ money: Money) {
        let index = place(money.currency)
        if index < entries.count, entries[index].currency == money.currency {
            entries[index] += money
        } else {
            entries.insert(money, at: index)
        }
    }

    /// Nothing of any currency that was there.
    mutating func clear() {
        for index in entries.indices { entries[index].nanos = 0 }
    }

    func exact(_ rates: CurrencyAmounts) -> ExactAmount {
        var sum = ExactAmount.zero
        for entry in entries { sum += ExactAmount(nanos: entry.nanos, rate: rates[entry.currency] ?? 0) }
        return sum
    }

    subscript(currency: Currency) -> Int64? {
        get {
            let index = place(currency)
            return index < entries.count && entries[index].currency == currency ? entries[index].nanos : nil
        }
        set {
            let index = place(currency)
            let isThere = index < entries.count && entries[index].currency == currency
            if let newValue, isThere {
                entries[index] = Money(nanos: newValue, currency)
            } else if let newValue {
                entries.insert(Money(nanos: newValue, currency), at: index)
            } else if isThere {
                entries.remove(at: index)
            }
        }
    }

    /// The first entry that is not before the currency.
    private func place(_ currency: Currency) -> Int {
        var index = 0
        while index < entries.count, entries[index].currency < currency { index += 1 }
        return index
    }
}
