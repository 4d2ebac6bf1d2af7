internal import Market

/// Positions and balances by the core's own record: what the fills, fees and payments that reached us make.
struct PositionBook {
    private let instruments: [Instrument]
    /// By account × instrument; of spot only the quantity counts.
    private var positions: [PositionCost]
    /// By instance, then account × instrument.
    private var own: [[Quantity]] = []
    private var balances: [[Money]]

    init(_ instruments: [Instrument], _ accounts: [CoreConfiguration.Account]) {
        self.instruments = instruments
        positions = Array(repeating: PositionCost(), count: accounts.count * instruments.count)
        balances = accounts.map { $0.balances.sorted { $0.currency < $1.currency } }
    }

    mutating func addInstance() { own.append(Array(repeating: .zero, count: positions.count)) }

    private func slot(_ account: AccountID, _ instrument: InstrumentID) -> Int { account.index * instruments.count + instrument.index }

    func position(_ account: AccountID, _ instrument: InstrumentID) -> Quantity { positions[slot(account, instrument)].quantity }
    func own(_ instance: StrategyID, _ account: AccountID, _ instrument: InstrumentID) -> Quantity {
        own[instance.index][slot(account, instrument)]
    }

    func balance(_ account: AccountID, _ currency: Currency) -> Money {
        balances[account.index].first { $0.currency == currency } ?? .zero(currency)
    }

    mutating func add(_ amount: Money, to account: AccountID) {
        if let index = balances[account.index].firstIndex(where: { $0.currency == amount.currency }) {
            balances[account.index][index] += amount
        } else {
            balances[account.index].append(amount)
            balances[account.index].sort { $0.currency < $1.currency }
        }
    }

    mutating func apply(_ fill: Fill, account: AccountID, instance: StrategyID?) {
        let slot = slot(account, fill.instrument)
        let instrument = instruments[fill.instrument.index]
        let change = fill.signedQuantity
        if let instance { own[instance.index][slot] = own[instance.index][slot] + change }
        let price = instrument.finePrice(fill.price)
        let worth = value(instrument, change, price)
        let realised = positions[slot].apply(instrument, change, price, worth: worth)
        if instrument.kind == .spot {
            add(Money(nanos: instrument.baseAmount(change, at: price), instrument.base), to: account)
            add(-worth, to: account)
        } else {
            add(realised, to: account)
        }
        add(-fill.fee, to: account)
    }

    /// What the open position would add to the balance at `price`; zero for spot, whose worth is in the balances.
    func unrealised(_ account: AccountID, _ instrument: InstrumentID, at price: FinePrice?) -> Money {
        let slot = slot(account, instrument)
        let contract = instruments[instrument.index]
        guard contract.kind != .spot, let price else { return .zero(contract.settlement) }
        return positions[slot].unrealised(contract, at: price)
    }
}
