public import Market
internal import Trading

/// What the venue asks of its accounts, and what it accepts from them.
extension SimulatedVenue {
    /// An account's margin in each settlement currency of what it is asked margin for, sorted by currency.
    public func margin(_ id: AccountID) -> [MarginState] {
        desk.currencies.map { marginState(accountIndex(id), $0) }
    }

    /// `healthy` where no margin is asked for.
    public func standing(_ id: AccountID) -> MarginStanding { desk.standings[accountIndex(id)] }

    /// What the venue holds on the other side of the accounts.
    public var funds: VenueFunds { desk.funds }

    /// An account's balances less what its open positions cost: what it has paid in and out in all.
    public func cash(_ id: AccountID) -> [Money] {
        var cash = accounts[accountIndex(id)].balances
        for (index, listing) in configuration.listings.enumerated() where listing.instrument.kind != .spot {
            cash.add(Money(nanos: -accounts[accountIndex(id)].costs[index].cost, listing.instrument.settlement))
        }
        return cash
    }

    /// The price that margin is reckoned at: the mark, or the mid of a feed without marks.
    func marginPrice(_ index: Int) -> FinePrice? { markets[index].mark ?? markets[index].book.mid(markets[index].contract) }

    /// A change of the orders that wait: what is put in place of one.
    struct OrderChange {
        var listing: Int
        var side: Side
        var lots: Int64
        /// Counted no more.
        var replaced: OrderID
        var limit: Price?
    }

    /// - Parameter change: An order that is not there yet.
    func marginState(_ account: Int, _ currency: Currency, with change: OrderChange? = nil) -> MarginState {
        var state = MarginState(
            currency: currency, equity: accounts[account].balance(currency).nanos, initial: 0, maintenance: 0, closeOut: nil,
            hasPositions: false)
        guard let rules = desk.margin?.rules else { return state }
        var closeOut: Int64? = 0
        for index in markets.indices {
            guard let table = desk.table(index), markets[index].contract.settlement == currency else { continue }
            let position = markets[index].positions[account]
            let change = change?.listing == index ? change : nil
            let orders = ordersLots(index, account, change)
            guard position != 0 || orders.buys != 0 || orders.sells != 0 else { continue }
            let entry = position == 0 ? nil : accounts[account].entry(markets[index].contract, listing: index)
            guard let price = marginPrice(index) ?? entry ?? change?.limit.map(markets[index].contract.finePrice) else { continue }
            func notional(_ lots: Int64) -> Int64 { abs(value(markets[index].contract, Quantity(lots: lots), price).nanos) }
            let exposure = notional(rules.exposure(position: position, buys: orders.buys, sells: orders.sells))
            let held = notional(position)
            state.equity += accounts[account].unrealised(markets[index].contract, listing: index, at: price).nanos
            state.initial += table.initialRequirement(exposure, leverage: desk.leverage(account, index))
            state.maintenance += table.maintenance.requirement(rules.maintainsOrders ? exposure : held)
            guard position != 0 else { continue }
            state.hasPositions = true
            closeOut = table.closeOut.flatMap { schedule in closeOut.map { $0 + schedule.requirement(held) } }
        }
        if state.hasPositions { state.closeOut = closeOut }
        return state
    }

    /// Lots of the account's orders that wait and may open a position.
    private func ordersLots(_ index: Int, _ account: Int, _ change: OrderChange?) -> (buys: Int64, sells: Int64) {
        func lots(_ side: Side) -> Int64 {
            var sum = change?.side == side ? change?.lots ?? 0 : 0
            for at in 0..<markets[index].count(side) {
                let order = markets[index][side, at]
                if order.account == account, !order.reduceOnly, order.id != change?.replaced { sum += order.remaining }
            }
            return sum
        }
        return (lots(.buy), lots(.sell))
    }

    /// Whether the account's collateral carries an order of a contract; one that asks for no more than before is let in
    /// unless the account is being liquidated.
    func marginViolation(_ request: OrderRequest, _ index: Int, _ account: Int) -> RejectReason? {
        guard markets[index].asksMargin else { return nil }
        if desk.standings[account] >= .liquidating { return .margin }
        guard !request.reduceOnly else { return nil }
        let currency = markets[index].contract.settlement
        let change = OrderChange(
            listing: index, side: request.side, lots: request.quantity.lots, replaced: request.order, limit: request.price)
        let after = marginState(account, currency, with: change)
        if after.equity >= after.initial { return nil }
        return after.initial <= marginState(account, currency).initial ? nil : .margin
    }

    // MARK: Leverage

    /// Takes a leverage that the venue has and the account's collateral carries, and answers.
    func setLeverage(_ leverage: Int64, _ instrument: InstrumentID, _ account: Int, _ time: Timestamp) {
        func refuse(_ reason: RejectReason) { report(.rejected(.venue, .leverage, reason), account, time) }
        guard let index = listing(instrument) else { return refuse(.unknownInstrument) }
        guard let rules = desk.margin?.rules, let table = desk.table(index) else {
            return report(.leverage(instrument, leverage), account, time)
        }
        guard (1...table.maximumLeverage).contains(leverage) else { return refuse(.unsupported) }
        let before = (desk: desk, states: desk.currencies.map { marginState(account, $0) })
        for listing in rules.leverageIsPerAccount ? Array(markets.indices) : [index] { desk.setLeverage(leverage, account, listing) }
        let after = desk.currencies.map { marginState(account, $0) }
        if zip(before.states, after).contains(where: { $1.equity < $1.initial && $1.initial > $0.initial }) {
            desk = before.desk
            return refuse(.margin)
        }
        desk.note(account)
        report(.leverage(instrument, leverage), account, time)
    }
}
