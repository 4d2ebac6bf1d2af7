public import Market

/// Sizes that all of several instruments can trade.
public struct CommonSize: Sendable {
    public let instruments: [Instrument]

    public init(instruments: [Instrument]) { self.instruments = instruments }

    /// In 10⁻⁹ of the base currency; nil where one does not count in it, or there is none that fits.
    private var commonStep: Int64? {
        guard !instruments.contains(where: { $0.kind == .inverse }) else { return nil }
        return instruments.reduce(1) { step, instrument in step.flatMap { Self.leastCommonMultiple($0, instrument.stepUnit) } }
    }

    /// The largest base amount (10⁻⁹) within `base` that is a whole number of everybody's steps, where all count in base.
    public func largest(within base: Int64) -> Int64 {
        guard !instruments.contains(where: { $0.kind == .inverse }) else { return base }
        let step = commonStep ?? instruments.map(\.stepUnit).max() ?? 1
        return base / step * step
    }

    /// The smallest base amount (10⁻⁹) that all of them take an order for at `price`.
    public func minimum(at price: FinePrice) -> Int64 {
        let least = instruments.map { $0.baseAmount($0.leastOrder(at: price), at: price) }.max() ?? 0
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

    public init(maker: Instrument, taker: Instrument) { (self.maker, self.taker) = (maker, taker) }

    private var common: CommonSize { CommonSize(instruments: [maker, taker]) }

    /// The largest maker quantity within `base` (10⁻⁹) whose hedge is a whole number of the taker's lots, where both count in
    /// base; else the largest within it.
    public func makerQuantity(base: Int64, at price: FinePrice) -> Quantity {
        maker.quantity(baseAmount: common.largest(within: base), at: price)
    }

    /// The smallest base amount (10⁻⁹) that is tradable on both legs at `price`.
    public func minimumBase(at price: FinePrice) -> Int64 { common.minimum(at: price) }
}
