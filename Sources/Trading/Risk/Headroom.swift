internal import Market

/// What an account's collateral carries: asked by strategies before they size an order, and of each quote before it leaves.
extension TradingCore {
    /// Adds up what the contracts of one settlement currency ask for. One that has no price asks for nothing.
    ///
    /// - Parameters:
    ///   - price: What an instrument is reckoned at.
    ///   - asks: Of an instrument at its price, in 10⁻⁹.
    private func demand(_ currency: Currency, _ price: (InstrumentID) -> FinePrice?, _ asks: (InstrumentID, FinePrice) -> Int128) -> Int128
    {
        var sum: Int128 = 0
        for (index, instrument) in instruments.enumerated() where instrument.kind != .spot && instrument.settlement == currency {
            if let price = price(InstrumentID(index)) { sum += asks(InstrumentID(index), price) }
        }
        return sum
    }

    // MARK: Strategies' sizes

    func canCarry(_ base: Int64, more leg: StrategyBinding.Leg, at price: FinePrice, leverage: Int64) -> Bool {
        let instrument = instruments[leg.instrument.index]
        guard instrument.kind != .spot else {
            guard base > 0 else { return balance(leg.account, instrument.base).nanos >= -base }
            return balance(leg.account, instrument.quote).nanos >= roundedQuotient(Int128(base) * Int128(price.nanos), 1_000_000_000)
        }
        var grows = false
        func asks(_ id: InstrumentID, _ price: FinePrice) -> Int128 {
            let held = contracts[id.index].baseAmount(position(leg.account, id), at: price)
            let after = id == leg.instrument ? held + base : held
            if id == leg.instrument { grows = abs(after) > abs(held) }
            return Int128(abs(after)) * Int128(price.nanos) / 1_000_000_000
        }
        let notional = demand(instrument.settlement, { $0 == leg.instrument ? price : reference($0) }, asks)
        return !grows || notional <= Int128(max(0, collateral(leg))) * Int128(leverage)
    }

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

    // MARK: Orders

    /// Of quotes alone: a hedge makes the group safer though it makes the account's position larger, and what closes asks for nothing.
    /// The venue has the last word on those.
    func marginDenial(_ draft: OrderDraft, replacing replaced: OrderID?) -> DenyReason? {
        guard let headroom = risk.limits.marginHeadroom, draft.purpose == .quote, !draft.reduceOnly,
            margin(draft.account, draft.instrument) != nil
        else { return nil }
        let contract = contracts[draft.instrument.index]
        let currency = contract.settlement
        let price = draft.price.map(contract.finePrice)
        let before = initialMargin(draft.account, currency, price, nil, replacing: nil)
        let after = initialMargin(draft.account, currency, price, draft, replacing: replaced)
        guard after > before else { return nil }
        let free = Int128(Rate.scale - headroom.trillionths) * Int128(equity(draft.account, currency).nanos)
        return after * Int128(Rate.scale) > free ? .margin : nil
    }

    /// By the venue's terms, with all that works and is unknown, and an order that is not there yet; in 10⁻⁹ of the currency.
    ///
    /// - Parameter limit: What the order's instrument is reckoned at while nothing else prices it.
    private func initialMargin(
        _ account: AccountID, _ currency: Currency, _ limit: FinePrice?, _ draft: OrderDraft?, replacing replaced: OrderID?
    ) -> Int128 {
        let filled = replaced.flatMap { orders.read($0) { $0.filled.lots } } ?? 0
        func asks(_ id: InstrumentID, _ price: FinePrice) -> Int128 {
            guard let terms = margin(account, id) else { return 0 }
            func waiting(_ side: Side) -> Int64 {
                let added = draft?.instrument == id && draft?.side == side ? (draft?.quantity.lots ?? 0) - filled : 0
                return working(account, id, side, except: replaced, mayOpen: true) + added
            }
            let lots = terms.exposure(position: position(account, id).lots, buys: waiting(.buy), sells: waiting(.sell))
            return Int128(terms.requirement(abs(value(contracts[id.index], Quantity(lots: lots), price).nanos)))
        }
        return demand(currency, { reference($0) ?? (draft?.instrument == $0 ? limit : nil) }, asks)
    }

    // MARK: Terms

    func margin(_ account: AccountID, _ instrument: InstrumentID) -> MarginTerms? {
        margins.isEmpty ? nil : margins[account.index * instruments.count + instrument.index]
    }

    /// The venue has confirmed a leverage.
    func setMarginLeverage(_ leverage: Int64, _ account: AccountID, _ instrument: InstrumentID) {
        guard let terms = margin(account, instrument) else { return }
        for index in instruments.indices where terms.leverageIsPerAccount || index == instrument.index {
            margins[account.index * instruments.count + index]?.leverage = leverage
        }
    }
}
