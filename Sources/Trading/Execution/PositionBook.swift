internal import Market

/// Positions and balances by the core's own record: what the fills, fees and payments that reached us make.
struct PositionBook {
    private let instruments: [Instrument]
    private var positions: [Quantity]
    /// Σ value(q, p) of the fills since the position was last flat, by account × instrument.
    private var costs: [Int64]
    /// By instance, then account × instrument.
    private var own: [[Quantity]] = []
    private var balances: [[Money]]

    init(_ instruments: [Instrument], _ accounts: [CoreConfiguration.Account]) {
        self.instruments = instruments
        positions = Array(repeating: .zero, count: accounts.count * instruments.count)
        costs = Array(repeating: 0, count: positions.count)
        balances = accounts.map { $0.balances.sorted { $0.currency < $1.currency } }
    }

    mutating func addInstance() { own.append(Array(repeating: .zero, count: positions.count)) }

    private func slot(_ account: AccountID, _ instrument: InstrumentID) -> Int { account.index * instruments.count + instrument.index }

    func position(_ account: AccountID, _ instrument: InstrumentID) -> Quantity { positions[slot(account, instrument)] }
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
        positions[slot] = positions[slot] + change
        if let instance { own[instance.index][slot] = own[instance.index][slot] + change }
        let worth = value(instrument, change, instrument.finePrice(fill.price))
        if instrument.kind == .spot {
            add(Money(nanos: instrument.baseAmount(change, at: instrument.finePrice(fill.price)), instrument.base), to: account)
            add(-worth, to: account)
        } else {
            costs[slot] += worth.nanos
            if positions[slot].isZero {
                add(Money(nanos: -costs[slot], instrument.settlement), to: account)
                costs[slot] = 0
            }
        }
        add(-fill.fee, to: account)
    }

    /// What the open position would add to the balance at `price`; zero for spot, whose worth is in the balances.
    func unrealised(_ account: AccountID, _ instrument: InstrumentID, at price: FinePrice?) -> Money {
        let slot = slot(account, instrument)
        let contract = instruments[instrument.index]
        guard contract.kind != .spot, !positions[slot].isZero, let price else { return .zero(contract.settlement) }
        return value(contract, positions[slot], price) - Money(nanos: costs[slot], contract.settlement)
    }
}
