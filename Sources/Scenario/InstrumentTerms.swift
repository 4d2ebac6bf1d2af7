public import Market

extension Scenario {
    /// What a venue asks of orders in one instrument; what is not stated is the recording's.
    public struct InstrumentTerms: Sendable, Hashable {
        /// Prices are multiples of it; in the quote currency.
        public var priceStep: Money?
        /// Sizes are multiples of it; in the base currency, of an inverse contract in the quote currency.
        public var sizeStep: Money?
        /// In the same currency.
        public var minimumSize: Money?
        /// In the quote currency.
        public var minimumNotional: Money?

        public init(
            priceStep: Money? = nil, sizeStep: Money? = nil, minimumSize: Money? = nil, minimumNotional: Money? = nil
        ) {
            (self.priceStep, self.sizeStep) = (priceStep, sizeStep)
            (self.minimumSize, self.minimumNotional) = (minimumSize, minimumNotional)
        }
    }
}

extension Scenario.InstrumentTerms {
    static let keys: [ScenarioSchema.Key] = [
        .init("price_step", .amount, "What order prices are multiples of, such as \"0.5 USDC\". Default: the recording's tick."),
        .init(
            "size_step", .amount,
            "What order sizes are multiples of, such as \"0.001 BTC\"; of an inverse contract in quote. Default: the recording's lot."),
        .init("minimum_size", .amount, "Smallest order, in the same currency. Default: the recording's."),
        .init("minimum_notional", .amount, "Smallest order value in quote. Default: the venue's, else the recording's."),
    ]

    init(_ section: SectionReader) {
        priceStep = section.amount("price_step")
        sizeStep = section.amount("size_step")
        minimumSize = section.amount("minimum_size")
        minimumNotional = section.amount("minimum_notional", mayBeZero: true)
    }

    /// What was stated, a line each.
    func lines(_ path: String) -> [String: String] {
        [
            "price_step": priceStep, "size_step": sizeStep, "minimum_size": minimumSize, "minimum_notional": minimumNotional,
        ].reduce(into: [:]) { $0["\(path).\($1.key)"] = $1.value?.description }
    }
}
