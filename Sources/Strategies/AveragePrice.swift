internal import Market

/// What a leg paid on average.
struct AveragePrice {
    /// In 10⁻⁹ of the base currency.
    private(set) var base: Int64 = 0
    private var worth: Int128 = 0

    mutating func add(_ base: Int64, at price: FinePrice) {
        self.base += base
        worth += Int128(base) * Int128(price.nanos)
    }

    /// nil before the first fill.
    var value: FinePrice? { base > 0 ? FinePrice(nanos: roundedQuotient(worth, Int128(base))) : nil }
}
