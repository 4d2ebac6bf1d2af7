public import Market

/// Sizes that all of several instruments can trade.
public struct CommonSize: Sendable {
    public let instruments: [Instrument]

    /// In 10⁻⁹ of the base currency; nil where one does not count in it, or there is none that fits.
    private let commonStep: Int64?
    private let hasInverse: Bool

    public init(instruments: [Instrument]) {
        self.instruments = instruments
        let hasInverse = instruments.contains { $0.kind == .inverse }
        self.hasInverse = hasInverse
        commonStep = hasInverse ? nil : instruments.reduce(1) { step, next in step.flatMap { Self.leastCommonMultiple($0, next.stepUnit) } }
    }

    /// The largest base amount (10⁻⁹) within `base` that is a whole number of everybody's steps, where all count in base.
    public func largest(within base: Int64) -> Int64 {
        guard !hasInverse else { return base }
        let step = commonStep ?? instruments.map(\.stepUnit).max() ?? 1
        return base / step * step
    }

    /// The smallest base amount (10⁻⁹) that all of them take an order for at `price`.
    public func minimum(at price: FinePrice) -> Int64 {
        var least: Int64 = 0
        for index in instruments.indices {
            least = max(least, instruments[index].baseAmount(instruments[index].leastOrder(at: price), at: price))
        }
        // A contract of quote currency is worth a little less base when the price rises: leave room for it.
        guard let step = commonStep else { return least + least / 50 }
        return (least + step - 1) / step * step
    }

    /// nil where it does not fit.
    public static func leastCommonMultiple(_ one: Int64, _ two: Int64) -> Int64? {
        var (a, b) = (one, two)
        while b != 0 { (a, b) = (b, a % b) }
        let (product, overflow) = (one / a).multipliedReportingOverflow(by: two)
        return overflow ? nil : product
    }
}

/// Sizes that both legs of a pair can trade.
public struct PairSizing: Sendable {
    public let maker: Instrument
    public let taker: Instrument

    public let common: CommonSize

    public init(maker: Instrument, taker: Instrument) {
        (self.maker, self.taker) = (maker, taker)
        common = CommonSize(instruments: [maker, taker])
    }

    /// The largest maker quantity within `base` (10⁻⁹) whose hedge is a whole number of the taker's lots, where both count in
    /// base; else the largest within it.
    public func makerQuantity(base: Int64, at price: FinePrice) -> Quantity {
        maker.quantity(baseAmount: common.largest(within: base), at: price)
    }

    /// The smallest base amount (10⁻⁹) that is tradable on both legs at `price`.
    public func minimumBase(at price: FinePrice) -> Int64 { common.minimum(at: price) }
}
