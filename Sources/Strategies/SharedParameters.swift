internal import Market
internal import Trading

/// Parameters that several strategies have, once.
enum SharedParameters {
    private static let second: Int64 = 1_000_000_000
    private static let day: Int64 = 86_400 * 1_000_000_000
    private static let percent: Int64 = 10_000_000_000

    /// Of a tracking limit order.
    static let trackingLimit: [ParameterSpecification] = [
        .init(
            "offset_ticks", .integer(-1_000...1_000), default: ["0"],
            "Ticks behind the touch at which an order rests; negative improves it."),
        .init("min_reprice", .duration(1_000_000...day), default: ["250 ms"], "Shortest time between two prices of one order."),
        .init("interval", .duration(1_000_000...day), default: ["10 s"], "Longest time without a review of the price."),
        .init("post_only", .boolean, default: ["true"], "Whether entry and exit orders may only rest."),
        .init(
            "post_only_retries", .integer(0...100), default: ["3"],
            "Tries, each one tick further back, after a post-only order would have taken."),
        .init("allow_taker", .boolean, default: ["false"], "Whether an order may take when its post-only tries are used up."),
        .init("entry_timeout", .duration(second...day), default: ["120 s"], "How long an entry or exit order is worked."),
        .init(
            "max_attempts", .integer(1...100_000), default: ["unlimited"], mayBeUnlimited: true,
            "How many orders an entry or exit may send."),
    ]

    /// Of a hedger.
    static let hedger: [ParameterSpecification] = [
        .init(
            "max_hedge_slippage", .rate(0...10 * percent), default: ["0.2 %"],
            "How far beyond the touch a hedge may trade at its first try; each further try adds as much."),
        .init(
            "hedge_attempts", .integer(1...100), default: ["5"], "Hedges in a row that may fail before the maker leg is reduced instead."),
        .init("hedge_retry_delay", .duration(1_000_000...60 * second), default: ["500 ms"], "Time between two tries of a hedge."),
    ]

    static func hedger(_ parameters: Parameters, maker: StrategyBinding.Leg, taker: StrategyBinding.Leg) -> Hedger.Configuration {
        var configuration = Hedger.Configuration(maker: maker, taker: taker)
        configuration.slippage = parameters.rate("max_hedge_slippage")
        configuration.attempts = Int(parameters.integer("hedge_attempts"))
        configuration.retryDelay = parameters.duration("hedge_retry_delay")
        return configuration
    }

    static func trackingLimit(_ parameters: Parameters, _ leg: StrategyBinding.Leg, _ side: Side, _ quantity: Quantity)
        -> TrackingLimit.Configuration
    {
        var configuration = TrackingLimit.Configuration(leg: leg, side: side, quantity: quantity)
        configuration.offsetTicks = parameters.integer("offset_ticks")
        configuration.minimumReprice = parameters.duration("min_reprice")
        configuration.interval = parameters.duration("interval")
        configuration.postOnly = parameters.boolean("post_only")
        configuration.postOnlyRetries = Int(parameters.integer("post_only_retries"))
        configuration.allowTaker = parameters.boolean("allow_taker")
        configuration.timeout = parameters.duration("entry_timeout")
        configuration.maximumAttempts = parameters.limit("max_attempts").map(Int.init)
        return configuration
    }
}

/// Sizes that both legs of a pair can trade.
struct PairSizing {
    let maker: Instrument
    let taker: Instrument

    /// The largest maker quantity within `base` (10⁻⁹) whose hedge is a whole number of the taker's lots, where both count in
    /// base; else the largest within it.
    func makerQuantity(base: Int64, at price: FinePrice) -> Quantity {
        guard maker.kind != .inverse, taker.kind != .inverse else { return maker.quantity(baseAmount: base, at: price) }
        let step = Self.leastCommonMultiple(maker.stepUnit, taker.stepUnit) ?? max(maker.stepUnit, taker.stepUnit)
        return maker.quantity(baseAmount: base / step * step, at: price)
    }

    /// The smallest base amount (10⁻⁹) that is tradable on both legs at `price`.
    func minimumBase(at price: FinePrice) -> Int64 {
        func minimum(_ instrument: Instrument) -> Int64 {
            let quantity = instrument.baseAmount(instrument.minimumQuantity, at: price)
            let notional = roundedQuotient(Int128(instrument.minimumNotional) * 1_000_000_000, Int128(price.nanos)) + 1
            return max(quantity, instrument.minimumNotional > 0 ? notional : 0)
        }
        let least = max(minimum(maker), minimum(taker))
        guard maker.kind != .inverse, taker.kind != .inverse, let step = Self.leastCommonMultiple(maker.stepUnit, taker.stepUnit) else {
            // A contract of quote currency is worth a little less base when the price rises: leave room for it.
            return least + least / 50
        }
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
