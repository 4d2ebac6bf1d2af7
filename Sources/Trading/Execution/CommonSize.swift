internal import Market
internal import Trading

/// Sizes that all of several instruments can trade.
struct CommonSize {
    let instruments: [Instrument]

    /// In 10⁻⁹ of the base currency; nil where one does not count in it, or there is none that fits.
    private var commonStep: Int64? {
        guard !instruments.contains(where: { $0.kind == .inverse }) else { return nil }
        return instruments.reduce(1) { step, instrument in step.flatMap { Self.leastCommonMultiple($0, instrument.stepUnit) } }
    }

    /// The largest base amount (10⁻⁹) within `base` that is a whole number of everybody's steps, where all count in base.
    func largest(within base: Int64) -> Int64 {
        guard !instruments.contains(where: { $0.kind == .inverse }) else { return base }
        let step = commonStep ?? instruments.map(\.stepUnit).max() ?? 1
        return base / step * step
    }

    /// The smallest base amount (10⁻⁹) that all of them take an order for at `price`.
    func minimum(at price: FinePrice) -> Int64 {
        let least = instruments.map { $0.baseAmount($0.leastOrder(at: price), at: price) }.max() ?? 0
        // A contract of quote currency is worth a little less base when the price rises: leave room for it.
        guard let step = commonStep else { return least + least / 50 }
        return (least + step - 1) / step * step
    }

    /// nil where it does not fit.
    static func leastCommonMultiple(_ one: Int64, _ two: Int64) -> Int64? {
        var (a, b) = (one, two)
        while b != 0 { (a, b) = (b, a % b) }
        let (product, overflow) = (one / a).multipliedReportingOverflow(by: two)
        return overflow ? nil : product
    }
}

/// Sizes that both legs of a pair can trade.
struct PairSizing {
    let maker: Instrument
    let taker: Instrument

    private var common: CommonSize { CommonSize(instruments: [maker, taker]) }

    /// The largest maker quantity within `base` (10⁻⁹) whose hedge is a whole number of the taker's lots, where both count in
    /// base; else the largest within it.
    func makerQuantity(base: Int64, at price: FinePrice) -> Quantity {
        maker.quantity(baseAmount: common.largest(within: base), at: price)
    }

    /// The smallest base amount (10⁻⁹) that is tradable on both legs at `price`.
    func minimumBase(at price: FinePrice) -> Int64 { common.minimum(at: price) }
}

extension Money {
    /// A size as a scenario states it, in 10⁻⁹ of the instrument's base currency: this is base or quote.
    func baseAmount(of instrument: Instrument, at price: FinePrice) -> Int64 {
        currency == instrument.base ? nanos : roundedQuotient(Int128(nanos) * 1_000_000_000, Int128(price.nanos))
    }

    /// - Throws: `ParameterError` unless it is an amount of the instrument's base or quote currency.
    func checkSize(_ parameter: String, of instrument: Instrument, _ leg: String) throws(ParameterError) {
        guard currency != instrument.base, currency != instrument.quote else { return }
        throw ParameterError(
            parameter: parameter, message: "\(currency) is neither the base nor the quote currency of the \(leg) leg",
            hint: "write it in \(instrument.base) or \(instrument.quote)")
    }
}

extension Context {
    /// An account's equity in the quote currency of a leg's instrument, in 10⁻⁹; 0 while it has no price.
    func collateral(_ leg: StrategyBinding.Leg) -> Int64 {
        let instrument = instruments[leg.instrument.index]
        guard let mid = books[leg.instrument].mid(instrument) else { return 0 }
        let settled = equity(leg.account, instrument.settlement).nanos
        switch instrument.kind {
        case .linear: return settled
        case .inverse: return roundedQuotient(Int128(settled) * Int128(mid.nanos), 1_000_000_000)
        case .spot:
            let base = balance(leg.account, instrument.base).nanos
            return settled + roundedQuotient(Int128(base) * Int128(mid.nanos), 1_000_000_000)
        }
    }

    /// Whether a leg has a book with both sides that can be traded on.
    func canTrade(_ leg: StrategyBinding.Leg) -> Bool {
        books[leg.instrument].hasBothSides && bookState(leg.instrument) == .synchronised
    }
}
