internal import Market
internal import Trading

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
