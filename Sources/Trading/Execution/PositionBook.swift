internal import Market

/// Positions and balances by the core's own record: what the fills, fees and payments that reached us make.
struct PositionBook: ~Copyable {
    private let contracts: Table<Contract>
    /// By account × instrument; of spot only the quantity counts.
    private let positions: Table<PositionCost>
    /// By instance × account × instrument.
    private var own: ContiguousArray<Quantity> = []
    /// By account, sorted by currency.
    private let balances: Table<[Money]>

    init(_ instruments: [Instrument], _ accounts: [CoreConfiguration.Account]) {
        contracts = Table(instruments.map(\.contract))
        positions = Table(count: accounts.count * instruments.count) { _ in PositionCost() }
        balances = Table(accounts.map { $0.balances.sorted { $0.currency < $1.currency } })
    }

    mutating func addInstance() { own.append(contentsOf: repeatElement(.zero, count: positions.count)) }

    private func slot(_ account: AccountID, _ instrument: InstrumentID) -> Int { account.index * contracts.count + instrument.index }

    func position(_ account: AccountID, _ instrument: InstrumentID) -> Quantity { positions[slot(account, instrument)].quantity }
    func own(_ instance: StrategyID, _ account: AccountID, _ instrument: InstrumentID) -> Quantity {
        own[instance.index * positions.count + slot(account, instrument)]
    }

    func balance(_ account: AccountID, _ currency: Currency) -> Money {
        balances[account.index].first { $0.currency == currency } ?? .zero(currency)
    }

    func balances(of account: AccountID) -> [Money] { balances[account.index] }

    func add(_ amount: Money, to account: AccountID) {
        if let index = balances[account.index].firstIndex(where: { $0.currency == amount.currency }) {
            balances[account.index][index] += amount
        } else {
            balances[account.index].append(amount)
            balances[account.index].sort { $0.currency < $1.currency }
        }
    }

    /// - Parameter instance: Whose order it was; nil: nobody's part changes.
    mutating func apply(_ fill: Fill, account: AccountID, instance: StrategyID?) {
        let change = fill.signedQuantity
        if let instance {
            let index = instance.index * positions.count + slot(account, fill.instrument)
            own[index] = own[index] + change
        }
        let price = contracts[fill.instrument.index].finePrice(fill.price)
        apply(change, of: fill.instrument, at: price, cost: fill.fee, account: account)
    }

    /// Books a change that the venue made: none of our orders did. It concerns the instances whose positions it makes smaller,
    /// the first ones first, and the first one for the rest.
    ///
    /// - Returns: Whose share is how large.
    @discardableResult
    mutating func force(
        _ change: Quantity, of instrument: InstrumentID, at price: FinePrice, cost: Money, account: AccountID
    ) -> [TradingCore.Share] {
        let shares = attribute(change, of: instrument, account: account)
        apply(change, of: instrument, at: price, cost: cost, account: account)
        return shares
    }

    /// Counts a change that no recorded order of one instance made among those of the instances.
    @discardableResult
    mutating func attribute(_ change: Quantity, of instrument: InstrumentID, account: AccountID) -> [TradingCore.Share] {
        var rest = change.lots
        let slot = slot(account, instrument)
        var taken = (0..<own.count / max(1, positions.count)).map { _ in Int64(0) }
        for instance in taken.indices where rest != 0 {
            let held = own[instance * positions.count + slot].lots
            guard held != 0, (held > 0) != (rest > 0) else { continue }
            taken[instance] = min(abs(held), abs(rest)) * rest.signum()
            rest -= taken[instance]
        }
        if !taken.isEmpty { taken[0] += rest }
        for instance in taken.indices {
            own[instance * positions.count + slot] = own[instance * positions.count + slot] + Quantity(lots: taken[instance])
        }
        return taken.enumerated().filter { $0.element != 0 }.map { (StrategyID($0.offset), Quantity(lots: $0.element)) }
    }

    /// Books a change of a position that was paid at `price`, and what it cost besides.
    mutating func apply(_ change: Quantity, of instrument: InstrumentID, at price: FinePrice, cost: Money, account: AccountID) {
        let (slot, index) = (slot(account, instrument), instrument.index)
        let worth = value(contracts[index], change, price)
        let realised = positions[slot].apply(contracts[index], change, price, worth: worth)
        if contracts[index].kind == .spot {
            add(Money(nanos: contracts[index].baseAmount(change, at: price), contracts[index].base), to: account)
            add(-worth, to: account)
        } else {
            add(realised, to: account)
        }
        add(-cost, to: account)
    }

    /// What the open position would add to the balance at `price`; zero for spot, whose worth is in the balances.
    func unrealised(_ account: AccountID, _ instrument: InstrumentID, at price: FinePrice?) -> Money {
        let slot = slot(account, instrument)
        guard contracts[instrument.index].kind != .spot, let price else { return .zero(contracts[instrument.index].settlement) }
        return positions[slot].unrealised(contracts[instrument.index], at: price)
    }
}
