internal import Market
internal import Simulation
internal import Trading

/// What came of something that was done to the venue: told to the accounts, then to everybody.
extension BackpackServer {
    /// What one operation on the venue led to.
    struct Outcome {
        var refusals: [OrderID: RejectReason] = [:]
        /// Lots of a recorded trade that went to clients' resting orders.
        var takenByOwn: Int64 = 0
        fileprivate var prints: [(trade: ServedMarket.Trade, market: ServedMarket)] = []
        fileprivate var forced: [(trade: ServedMarket.Trade, market: ServedMarket, side: Side)] = []
        /// The symbols' numbers of the trades that the venue numbered.
        fileprivate var numbers: [UInt64: Int64] = [:]
        fileprivate var accounts: Set<Int> = []
        fileprivate var positions: Set<Int> = []

        fileprivate mutating func touch(_ account: ServedAccount) { accounts.insert(account.index) }
        fileprivate mutating func touch(_ account: ServedAccount, _ market: ServedMarket, of count: Int) {
            accounts.insert(account.index)
            positions.insert(account.index * count + market.listing)
        }
    }

    /// Does something to the venue and tells what came of it.
    ///
    /// - Parameter market: Where orders may fill; nil where none can.
    @discardableResult
    func operate(_ market: ServedMarket?, at time: Timestamp, _ body: () -> Void) -> Outcome {
        now = max(now, time)
        if let market { venue.continueTrades(after: UInt64(max(0, market.tradeNumber))) }
        body()
        venue.advance(to: now)
        var outcome = Outcome()
        if venue.hasFills { collectFills(&outcome) }
        guard venue.nextReportTime <= now else { return outcome }
        while let report = venue.nextReport(now: now) { take(report, &outcome) }
        tellAccounts(outcome)
        if configuration.showsOrders { for print in outcome.prints { publishTrade(print.trade, print.market) } }
        for forced in outcome.forced {
            publishTrade(forced.trade, forced.market)
            publish(
                liquidations, forced.market.liquidationFrame(forced.side, ticks: forced.trade.ticks, lots: forced.trade.lots, at: now))
        }
        return outcome
    }

    // MARK: Fills

    private func collectFills(_ outcome: inout Outcome) {
        var found: [VenueFill] = []
        venue.takeFills { found.append($0) }
        var index = 0
        while index < found.count {
            let fill = found[index].fill
            let mechanism = found[index].witness.mechanism
            if mechanism == .queueCleared || mechanism == .tradeThrough { outcome.takenByOwn += fill.quantity.lots }
            // Two of our clients met: one trade with a side each.
            let isPair = mechanism == .ownOrder && fill.role == .maker && index + 1 < found.count
            let other = isPair ? found[index + 1].fill : nil
            index += isPair ? 2 : 1
            let number = Int64(fill.trade)
            outcome.numbers[fill.trade] = number
            if let other { outcome.numbers[other.trade] = number }
            if configuration.keepsFills {
                for var told in found[(isPair ? index - 2 : index - 1)..<index] {
                    told.fill.trade = UInt64(number)
                    told.fill.order = OrderID(UInt64(orders[told.fill.order]?.client ?? 0))
                    fillsTold.append(told)
                }
            }
            guard let market = market(fill.instrument) else { continue }
            market.noteOwnTrade(number)
            outcome.prints.append((print(fill, with: other, number), market))
        }
    }

    private func print(_ fill: Fill, with other: Fill?, _ number: Int64) -> ServedMarket.Trade {
        let isMaker = fill.role == .maker
        let stranger = Self.stranger(number, isTaker: isMaker)
        let (mine, theirs) = (venueNumber(fill.order), other.map { venueNumber($0.order) } ?? stranger)
        return ServedMarket.Trade(
            id: number, ticks: fill.price.ticks, lots: fill.quantity.lots, isBuyerMaker: (fill.side == .buy) == isMaker,
            buyer: fill.side == .buy ? mine : theirs, seller: fill.side == .buy ? theirs : mine, time: now)
    }

    func venueNumber(_ order: OrderID) -> Int64 { ServedOrder.firstNumber + Int64(order.rawValue) }

    // MARK: Reports

    private func take(_ event: AccountEvent, _ outcome: inout Outcome) {
        guard let account = account(event.account) else { return }
        outcome.touch(account)
        switch event.report {
        case .acknowledged(let id):
            guard let order = orders[id] else { return }
            tell(order, order.condition == nil ? "orderAccepted" : "triggerPlaced", account)
        case .triggered(let id):
            change(id, account, "orderAccepted") { order in
                order.status = .new
                order.condition?.triggeredAt = now
            }
        case .amended(let id, let price, let quantity):
            change(id, account, "orderModified") { order in
                order.limit = price.ticks
                order.lots = quantity.lots
            }
        case .filled(let fill): take(fill, account, &outcome)
        case .cancelled(let id, let reason): cancelled(id, reason, account)
        case .expired(let id, let reason):
            change(id, account, "orderExpired") { order in
                order.status = .expired
                order.reason = BackpackExpiry(reason, isBounded: order.isBounded)
            }
        case .rejected(let id, let kind, let reason):
            outcome.refusals[id] = reason
            guard kind == .submit, let order = orders[id] else { return }
            if let client = order.client { account.clients[client] = nil }
            orders[id] = nil
        case .funding(let payment):
            account.payments.append(payment)
            if let market = market(payment.instrument) { account.positions[market.listing]?.funding += payment.amount.nanos }
        case .liquidation(let instrument, let change, let price, let penalty, _):
            forced(account, instrument, change, price, penalty, &outcome)
        case .externalFlow(let amount, _):
            account.flows.append(ServedAccount.Flow(number: account.flows.count + 1, amount: amount, time: now))
        case .status, .notFound, .endOfAnswer, .leverage, .position, .balance, .adjustment: break
        }
    }

    /// Changes an order and tells its owner.
    private func change(_ id: OrderID, _ account: ServedAccount, _ event: String, _ body: (inout ServedOrder) -> Void) {
        guard var order = orders[id] else { return }
        body(&order)
        orders[id] = order
        if !order.status.isOpen, let client = order.client { account.clients[client] = nil }
        tell(order, event, account)
    }

    private func cancelled(_ id: OrderID, _ reason: CancelReason, _ account: ServedAccount) {
        switch reason {
        case .requested, .disconnect, .deadMan, .liquidation:
            change(id, account, "orderCancelled") { $0.status = .cancelled }
        case .selfTrade:
            change(id, account, "orderExpired") { ($0.status, $0.reason) = (.expired, .selfTradePrevention) }
        case .venue where orders[id]?.condition != nil:
            change(id, account, "triggerFailed") { $0.status = .triggerFailed }
        case .venue:
            // A reduce-only order with nothing left to reduce.
            change(id, account, "orderExpired") { ($0.status, $0.reason) = (.expired, .reduceOnlyNotReduced) }
        }
    }

    private func take(_ fill: Fill, _ account: ServedAccount, _ outcome: inout Outcome) {
        guard let market = market(fill.instrument), var order = orders[fill.order] else { return }
        let number = outcome.numbers[fill.trade] ?? Int64(fill.trade)
        order.executedLots += fill.quantity.lots
        order.executedQuote += market.worth(fill.quantity.lots, at: fill.price.ticks)
        order.status = order.remaining == 0 ? .filled : .partiallyFilled
        orders[fill.order] = order
        if !order.status.isOpen, let client = order.client { account.clients[client] = nil }
        let served = ServedFill(
            account: account.index, market: market, order: order.number, client: order.client, side: fill.side, ticks: fill.price.ticks,
            lots: fill.quantity.lots, fee: fill.fee, isMaker: fill.role == .maker, trade: number, time: now)
        book(served, account, &outcome)
        tell(order, "orderFill", account, execution: served)
    }

    /// A part of a position that the venue closed by itself.
    private func forced(
        _ account: ServedAccount, _ instrument: InstrumentID, _ change: Quantity, _ price: FinePrice, _ penalty: Money,
        _ outcome: inout Outcome
    ) {
        guard let market = market(instrument) else { return }
        let side: Side = change.lots > 0 ? .buy : .sell
        let ticks = roundedQuotient(price.nanos, market.instrument.tickSize.nanos)
        let number = market.tradeNumber + 1
        market.noteOwnTrade(number)
        var order = ServedOrder(
            id: orders.nextID(), account: account.index, market: market, side: side, type: .market, lots: abs(change.lots), createdAt: now)
        (order.timeInForce, order.status, order.executedLots) = (.immediate, .filled, order.lots)
        order.executedQuote = market.worth(order.lots, at: ticks)
        orders.add(order)
        let served = ServedFill(
            account: account.index, market: market, order: order.number, side: side, ticks: ticks, lots: order.lots, fee: penalty,
            isMaker: false, trade: number, time: now, system: "LiquidatePositionOnBook")
        book(served, account, &outcome)
        tell(order, "orderFill", account, execution: served, origin: "LIQUIDATION_AUTOCLOSE")
        let stranger = Self.stranger(number, isTaker: false)
        let trade = ServedMarket.Trade(
            id: number, ticks: ticks, lots: order.lots, isBuyerMaker: side == .sell, buyer: side == .buy ? order.number : stranger,
            seller: side == .buy ? stranger : order.number, time: now)
        outcome.forced.append((trade, market, side))
    }

    /// Brings a fill into the history and into the position.
    private func book(_ fill: ServedFill, _ account: ServedAccount, _ outcome: inout Outcome) {
        fills.append(fill)
        if fills.count > 200_000 { fills.removeFirst(100_000) }
        guard !fill.market.isSpot else { return }
        let contract = fill.market.instrument.contract
        var position = account.positions[fill.market.listing] ?? openedPosition()
        let change = Quantity(lots: fill.side.sign * fill.lots)
        let before = position.lots
        let price = contract.finePrice(Price(ticks: fill.ticks))
        let earned = position.cost.apply(contract, change, price, worth: value(contract, change, price))
        position.realized += earned.nanos
        position.fees += fill.fee.nanos
        position.closedLots += max(0, min(abs(before), before.signum() * -change.lots))
        position.closingTicks = fill.ticks
        if fill.system != nil { (position.isLiquidated, position.liquidationFees) = (true, position.liquidationFees + fill.fee.nanos) }
        account.positions[fill.market.listing] = position
        outcome.touch(account, fill.market, of: markets.count)
    }

    private func openedPosition() -> ServedPosition {
        lastNumber += 1
        return ServedPosition(number: lastNumber, openedAt: now)
    }

    // MARK: Private streams

    private func tell(
        _ order: ServedOrder, _ event: String, _ account: ServedAccount, execution: ServedFill? = nil, origin: String = "USER"
    ) {
        let channels = [account.orderChannel, account.orderChannels[order.market.listing]]
        guard channels.contains(where: \.isHeard) else { return }
        var members = order.event(event, at: now, origin: origin)
        if let execution {
            members["l"] = .text(order.market.sizeText(execution.lots))
            members["L"] = .text(order.market.priceText(execution.ticks))
            members["t"] = .integer(execution.trade)
            members["m"] = .flag(execution.isMaker)
            members["n"] = BackpackTexts.amount(execution.fee.nanos)
            members["N"] = .text(execution.fee.currency.code)
        }
        let data = JSONValue.object(members).text
        for channel in channels { publish(channel, data) }
    }

    /// Balances, then positions, of the accounts that something happened to.
    private func tellAccounts(_ outcome: Outcome) {
        for index in outcome.accounts.sorted() {
            let account = accounts[index]
            tellBalances(account)
            for market in markets where outcome.positions.contains(index * markets.count + market.listing) { tellPosition(account, market) }
        }
    }

    private func tellBalances(_ account: ServedAccount) {
        let holdings = holdings(account)
        let microseconds = JSONValue.integer(BackpackTexts.microseconds(now))
        var changed = holdings.filter { !account.told.contains($0) }
        for old in account.told where !holdings.contains(where: { $0.currency == old.currency }) {
            changed.append(ServedAccount.Holding(currency: old.currency, available: 0, locked: 0))
        }
        account.told = holdings
        for holding in changed {
            publish(
                account.balanceChannel,
                JSONValue.object([
                    "A": BackpackTexts.amount(holding.available), "E": microseconds, "L": BackpackTexts.amount(holding.locked),
                    "S": .text("0"), "T": microseconds, "a": .text(holding.currency.code), "e": .text("balanceUpdate"),
                ]).text)
        }
    }

    private func tellPosition(_ account: ServedAccount, _ market: ServedMarket) {
        guard var position = account.positions[market.listing] else { return }
        let event: String
        if position.lots == 0 {
            position.closedAt = now
            account.closed.append((market, position))
            if account.closed.count > 20_000 { account.closed.removeFirst(10_000) }
            event = "positionClosed"
            account.positions[market.listing] = nil
        } else {
            event = position.isTold ? "positionAdjusted" : "positionOpened"
            position.isTold = true
            account.positions[market.listing] = position
        }
        guard account.positionChannel.isHeard || account.positionChannels[market.listing].isHeard else { return }
        let data = view(position, account, market).frame(event, at: now).text
        publish(account.positionChannel, data)
        publish(account.positionChannels[market.listing], data)
    }

    // MARK: What accounts have

    /// Balances with what open spot orders hold back of them; an asset of which there is nothing is left out.
    func holdings(_ account: ServedAccount) -> [ServedAccount.Holding] {
        var locked: [Currency: Int64] = [:]
        if markets.contains(where: \.isSpot) {
            for order in orders.open(account.index) where order.market.isSpot && order.status != .triggerPending {
                guard let limit = order.limit else { continue }
                let contract = order.market.instrument.contract
                switch order.side {
                case .buy: locked[contract.quote, default: 0] += order.market.worth(order.remaining, at: limit)
                case .sell: locked[contract.base, default: 0] += order.remaining * contract.lotUnit
                }
            }
        }
        return venue.balances(account.id).filter { !$0.isZero }.map { balance in
            let held = min(max(0, balance.nanos), locked[balance.currency] ?? 0)
            return ServedAccount.Holding(currency: balance.currency, available: balance.nanos - held, locked: held)
        }
    }

    func view(_ position: ServedPosition, _ account: ServedAccount, _ market: ServedMarket) -> PositionView {
        var waiting: (buys: Int64, sells: Int64) = (0, 0)
        for order in orders.open(account.index) where order.market === market && order.reduceOnly != true && order.status != .triggerPending
        {
            switch order.side {
            case .buy: waiting.buys += order.remaining
            case .sell: waiting.sells += order.remaining
            }
        }
        let rules = configuration.venue.margin?.rules ?? MarginRules(openOrders: .riskIncreasing, liquidation: .takeover)
        let entry = position.cost.entry(market.instrument.contract)
        return PositionView(
            position: position, market: market, mark: market.valuation ?? entry, table: market.table,
            exposureLots: rules.exposure(position: position.lots, buys: waiting.buys, sells: waiting.sells), user: account.user)
    }
}
