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

extension Context {
    /// Whether an account can carry so much more of a leg, signed and in 10⁻⁹ of the base currency: contracts at this leverage over all
    /// that it holds, spot out of what it has. What makes a position smaller it always can.
    func canCarry(_ base: Int64, more leg: StrategyBinding.Leg, at price: FinePrice, leverage: Int64) -> Bool {
        let instrument = instruments[leg.instrument.index]
        guard instrument.kind != .spot else {
            guard base > 0 else { return balance(leg.account, instrument.base).nanos >= -base }
            return balance(leg.account, instrument.quote).nanos >= roundedQuotient(Int128(base) * Int128(price.nanos), 1_000_000_000)
        }
        var (grows, notional) = (false, Int128(0))
        for (index, other) in instruments.enumerated() where other.kind != .spot && other.settlement == instrument.settlement {
            let id = InstrumentID(index)
            let isLeg = id == leg.instrument
            guard let mid = isLeg ? price : mark(id) ?? books[id].mid(other) else { continue }
            let held = other.baseAmount(position(leg.account, id), at: mid)
            let after = isLeg ? held + base : held
            if isLeg { grows = abs(after) > abs(held) }
            notional += Int128(abs(after)) * Int128(mid.nanos) / 1_000_000_000
        }
        return !grows || notional <= Int128(max(0, collateral(leg))) * Int128(leverage)
    }

    /// An account's equity in the quote currency of a leg's instrument, in 10⁻⁹; 0 while it has no price.
    func collateral(_ leg: StrategyBinding.Leg) -> Int64 {
        let instrument = instruments[leg.instrument.index]
        guard let mid = books[leg.instrument].mid(instrument) else { return 0 }
        let settled = equity(leg.account, instrument.settlement).nanos
        switch instrument.kind {
        case .linear: return settled
        case .inverse: return roundedBillionth(Int128(settled) * Int128(mid.nanos))
        case .spot:
            let base = balance(leg.account, instrument.base).nanos
            return settled + roundedBillionth(Int128(base) * Int128(mid.nanos))
        }
    }
}
