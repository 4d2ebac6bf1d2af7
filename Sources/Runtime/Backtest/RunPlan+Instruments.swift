internal import Market
internal import Scenario

/// What the scenario says of instruments, in place of what the recording does.
extension RunPlan {
    /// The recorded instrument under the venue's terms.
    static func instrument(_ recorded: Instrument, _ symbol: String, _ venue: Scenario.Venue) throws(RunError) -> Instrument {
        var instrument = recorded
        if let minimum = venue.minimumNotional, minimum.currency == instrument.quote { instrument.minimumNotional = minimum.nanos }
        guard let terms = venue.instruments[symbol] else { return instrument }
        let path = "venues.\(venue.name).instruments.\(symbol)"
        let sizes = instrument.kind == .inverse ? instrument.quote : instrument.base
        func whole(_ amount: Money, _ key: String, _ currency: Currency, _ unit: Int64, _ what: String) throws(RunError) -> Int64 {
            guard amount.currency == currency else {
                throw .scenario(
                    message: "\(path).\(key) is in \(amount.currency), and \(instrument.venueSymbol) wants it in \(currency)",
                    hint: "write \"\(Decimal.text(unit, decimals: 9)) \(currency)\" or a multiple of it")
            }
            guard amount.nanos % unit == 0 else {
                throw .scenario(
                    message: "\(path).\(key): \(amount) is no multiple of the recording's \(what) of \(Decimal.text(unit, decimals: 9))",
                    hint: "state a multiple of it")
            }
            return amount.nanos / unit
        }
        if let step = terms.priceStep {
            instrument.priceStep = try whole(step, "price_step", instrument.quote, instrument.tickSize.nanos, "tick")
        }
        if let step = terms.sizeStep { instrument.quantityStep = try whole(step, "size_step", sizes, instrument.lotUnit, "lot") }
        if let minimum = terms.minimumSize {
            instrument.minimumQuantity = Quantity(lots: try whole(minimum, "minimum_size", sizes, instrument.lotUnit, "lot"))
        }
        // The smallest order that the steps allow.
        let (least, step) = (instrument.minimumQuantity.lots, instrument.quantityStep)
        instrument.minimumQuantity = Quantity(lots: max(1, (least + step - 1) / step) * step)
        if let minimum = terms.minimumNotional {
            instrument.minimumNotional = try whole(minimum, "minimum_notional", instrument.quote, 1, "currency")
        }
        return instrument
    }

    /// Refuses terms that nothing of the run goes by.
    static func checkTerms(_ scenario: Scenario, _ listings: [Listing]) throws(RunError) {
        for (index, venue) in scenario.venues.enumerated() {
            let traded = listings.filter { $0.venue == index }
            guard let first = traded.first else { continue }
            if let minimum = venue.minimumNotional, !traded.contains(where: { $0.instrument.quote == minimum.currency }) {
                throw .scenario(
                    message: "minimum_notional of venue '\(venue.name)' is in \(minimum.currency), which nothing there is quoted in",
                    hint: "write it in \(first.instrument.quote)")
            }
            for symbol in venue.instruments.keys.sorted() where !traded.contains(where: { $0.symbol == symbol }) {
                throw .scenario(
                    message: "venues.\(venue.name).instruments.\(symbol): the run has no \(symbol) at '\(venue.name)'",
                    hint: "it has \(traded.map(\.symbol).sorted().joined(separator: ", "))")
            }
        }
    }
}
