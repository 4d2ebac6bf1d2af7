public import Market
internal import Trading

/// Requests as they reach the venue.
extension SimulatedVenue {
    func process(_ request: SentRequest, _ account: Int, _ time: Timestamp) {
        // A request that is one too many is turned away before its number is looked at.
        if limiters.count > 0, isOneTooMany(request, account, time) { return }
        if nonces.count > 0, isOutOfOrder(request, account, time) { return }
        switch request.command {
        case .submit(let request): submit(request, account, time)
        case .amend(let request): amend(request, account, time)
        case .cancel(let request): cancel(request, account, time)
        case .cancelAll(let id, let instrument): cancelAll(id, instrument, account, time, .requested)
        case .query(let request): answer(request, account, time)
        case .setLeverage(_, let instrument, let leverage): setLeverage(leverage, instrument, account, time)
        case .deadMan(_, let span): deadMen[account] = span > .zero ? time + span : .never
        }
    }

    private func submit(_ request: OrderRequest, _ account: Int, _ time: Timestamp) {
        func refuse(_ reason: RejectReason) { report(.rejected(request.order, .submit, reason), account, time) }
        guard knownOrders.add(request) else { return refuse(.duplicateOrder) }
        func refuseUnused(_ reason: RejectReason) {
            knownOrders.forget(request.order)
            refuse(reason)
        }
        guard let index = listing(request.instrument) else { return refuseUnused(.unknownInstrument) }
        guard request.terms.expiry > time else { return refuseUnused(.expired) }
        if let reason = violation(request, index, account) ?? limitViolation(request, index, account, time) {
            // Margin of what would rest is looked at before the number is used up.
            if reason == .margin, !markets[index].wouldTake(request.side, request.price?.ticks) { giveBackNumber(request, account) }
            return refuseUnused(reason)
        }
        if request.terms.trigger != nil {
            markets[index].wait(WaitingOrder(request: request, account: account))
            return report(.acknowledged(request.order), account, time)
        }
        if let reason = enter(request, index, account, time) { refuse(reason) }
    }

    /// Lets an order into the book: it takes, rests, or ends. Returns why it is refused, if it is.
    func enter(_ request: OrderRequest, _ index: Int, _ account: Int, _ time: Timestamp) -> RejectReason? {
        let quotes = (bid: markets[index].book.bestBidTicks, ask: markets[index].book.bestAskTicks)
        let arrival = markets[index].arrive(request, account: account)
        if case .rejected(let reason) = arrival {
            knownOrders.end(request.order)
            return reason
        }
        if request.terms.trigger == nil { report(.acknowledged(request.order), account, time) }
        settleMatches(index, time, quotes)
        switch arrival {
        case .rested, .filled, .rejected: break
        case .slid(let ticks):
            let price = Price(ticks: ticks)
            knownOrders.amend(request.order, price: price, quantity: request.quantity)
            report(.amended(request.order, price: price, quantity: request.quantity), account, time)
        case .expired(let reason):
            knownOrders.end(request.order)
            report(.expired(request.order, reason), account, time)
        }
        return nil
    }

    /// The rule of the venue that an order breaks.
    func violation(_ request: OrderRequest, _ index: Int, _ account: Int) -> RejectReason? {
        guard markets[index].status.allows(request) else { return .halted }
        guard markets[index].isSynchronised || configuration.matching == .hftbacktest else { return .notSynchronised }
        guard request.quantity.lots > 0 else { return .minimumQuantity }
        guard request.type == .market || request.price != nil else { return .unsupported }
        guard !request.postOnly || (request.type == .limit && request.timeInForce == .goodTillCancelled) else { return .unsupported }
        let (priceStep, quantityStep) = (markets[index].contract.priceStep, markets[index].contract.quantityStep)
        if let price = request.price, configuration.matching == .faithful, price.ticks <= 0 || price.ticks % priceStep != 0 {
            return .tickSize
        }
        // What stands between steps, from a fill by force, can still be closed.
        if quantityStep > 1, request.quantity.lots % quantityStep != 0, !request.reduceOnly { return .lotSize }
        if request.quantity < markets[index].contract.minimumQuantity, !request.reduceOnly { return .minimumQuantity }
        if !request.reduceOnly, markets[index].isBelowMinimumNotional(request) { return .minimumNotional }
        return markets[index].contract.kind == .spot
            ? spotViolation(request, index, account) : marginViolation(request, index, account)
    }

    /// Spot has no margin: what is sold must be there, what is bought must be paid.
    private func spotViolation(_ request: OrderRequest, _ index: Int, _ account: Int) -> RejectReason? {
        let instrument = configuration.listings[index].instrument
        guard !request.reduceOnly else { return .unsupported }
        let resting = markets[index].orders(request.side).filter { $0.account == account && $0.id != request.order }
        switch request.side {
        case .sell:
            let promised = resting.reduce(0) { $0 + $1.remaining } + request.quantity.lots
            let price = FinePrice(nanos: 1)
            return instrument.baseAmount(Quantity(lots: promised), at: price) > accounts[account].balance(instrument.base).nanos
                ? .balance : nil
        case .buy:
            let reach = markets[index].reach(.buy, request.quantity.lots)
            guard let price = request.price ?? reach.map(Price.init(ticks:)) else { return nil }
            var cost = value(instrument, request.quantity, instrument.finePrice(price))
            for order in resting {
                cost += value(instrument, Quantity(lots: order.remaining), instrument.finePrice(Price(ticks: order.ticks)))
            }
            cost += cost.share(accounts[account].fees.largestSpotRate)
            return cost.nanos > accounts[account].balance(instrument.quote).nanos ? .balance : nil
        }
    }

    private func amend(_ request: AmendRequest, _ account: Int, _ time: Timestamp) {
        func refuse(_ reason: RejectReason) { report(.rejected(request.order, .amend, reason), account, time) }
        guard let index = listing(request.instrument), let found = markets[index].find(request.order) else {
            return refuse(.unknownOrder)
        }
        var order = markets[index][found.side, found.index]
        guard order.account == account else { return refuse(.unknownOrder) }
        let filled = order.quantity - order.remaining
        guard request.quantity.lots > filled else { return refuse(.minimumQuantity) }
        let keepsPriority = configuration.amendKeepsPlace && request.price.ticks == order.ticks && request.quantity.lots <= order.quantity
        if !keepsPriority {
            // A new place in the book is a new quote, and is held to the same rules; it may not take.
            let quote = OrderRequest(
                account: request.account, instrument: request.instrument, order: request.order, side: order.side, type: .limit,
                timeInForce: .goodTillCancelled, price: request.price, quantity: Quantity(lots: request.quantity.lots - filled),
                reduceOnly: order.reduceOnly)
            if let reason = violation(quote, index, account) { return refuse(reason) }
            if markets[index].wouldTake(order.side, request.price.ticks) { return refuse(.postOnlyWouldTake) }
        }
        order.remaining = request.quantity.lots - filled
        order.quantity = request.quantity.lots
        if keepsPriority {
            markets[index][found.side, found.index] = order
        } else {
            markets[index].remove(found.side, found.index)
            order.ticks = request.price.ticks
            order.queue = markets[index].queueEnd(order.side, order.ticks)
            markets[index].rest(order)
        }
        knownOrders.amend(request.order, price: request.price, quantity: request.quantity)
        report(.amended(request.order, price: request.price, quantity: request.quantity), account, time)
    }

    private func cancel(_ request: CancelRequest, _ account: Int, _ time: Timestamp, _ reason: CancelReason = .requested) {
        func refuse() { report(.rejected(request.order, .cancel, .unknownOrder), account, time) }
        guard let index = listing(request.instrument) else { return refuse() }
        if let found = markets[index].find(request.order), markets[index][found.side, found.index].account == account {
            markets[index].remove(found.side, found.index)
        } else if let found = markets[index].waiting.firstIndex(where: { $0.request.order == request.order && $0.account == account }) {
            markets[index].waiting.remove(at: found)
        } else {
            return refuse()
        }
        knownOrders.end(request.order)
        report(.cancelled(request.order, reason), account, time)
    }

    func cancelAll(_ id: AccountID, _ instrument: InstrumentID?, _ account: Int, _ time: Timestamp, _ reason: CancelReason) {
        for record in knownOrders.open(id) where instrument == nil || record.instrument == instrument {
            cancel(CancelRequest(account: id, instrument: record.instrument, order: record.order), account, time, reason)
        }
    }

    private func answer(_ request: QueryRequest, _ account: Int, _ time: Timestamp) {
        switch request.subject {
        case .order(let order, _):
            report(knownOrders[order].map { .status($0.status) } ?? .notFound(order), account, time)
        case .openOrders:
            for record in knownOrders.open(request.account) { report(.status(record.status), account, time) }
        case .positions:
            for (index, listing) in configuration.listings.enumerated() where listing.instrument.kind != .spot {
                let position = markets[index].positions[account]
                let entry = accounts[account].entry(listing.instrument.contract, listing: index)
                report(.position(listing.id, quantity: Quantity(lots: position), entry: entry), account, time)
            }
        case .balances:
            for balance in accounts[account].balances { report(.balance(balance), account, time) }
        case .fills(let after):
            for fill in knownOrders.fills(request.account, after: after) { report(.filled(fill), account, time) }
        case .payments(let after):
            for payment in accounts[account].payments where payment.settledAt > after { report(.funding(payment), account, time) }
        }
        report(.endOfAnswer(query: request.query), account, time)
    }

    // MARK: What the venue knows, for the report

    /// Puts the account's settled balances, by currency, in place of what `balances` holds.
    public func copyBalances(_ id: AccountID, to balances: inout [Money]) {
        let account = accountIndex(id)
        guard balances.count == accounts[account].balances.count else { return balances = accounts[account].balances }
        for index in balances.indices { balances[index] = accounts[account].balances[index] }
    }

    /// Settled balances, by currency.
    public func balances(_ id: AccountID) -> [Money] { accounts[accountIndex(id)].balances }

    public func position(_ id: AccountID, _ instrument: InstrumentID) -> Quantity {
        guard let index = listing(instrument) else { return .zero }
        return Quantity(lots: markets[index].positions[accountIndex(id)])
    }

    /// What the open position would pay if it were closed at `price` without a fee.
    public func unrealised(_ id: AccountID, _ instrument: InstrumentID, at price: FinePrice) -> Money {
        guard let index = listing(instrument) else { preconditionFailure("an instrument of another venue") }
        return accounts[accountIndex(id)].unrealised(markets[index].contract, listing: index, at: price)
    }

    /// The venue's own mark; nil where it has none.
    public func mark(_ instrument: InstrumentID) -> FinePrice? {
        guard let index = listing(instrument) else { return nil }
        return markets[index].mark
    }

    /// nil while the book can't be trusted or a side is empty.
    public func mid(_ instrument: InstrumentID) -> FinePrice? {
        guard let index = listing(instrument), markets[index].isSynchronised else { return nil }
        return markets[index].book.mid(markets[index].contract)
    }

    /// Whether a book is taken as it stands, synchronised or not.
    public var trustsItsBooks: Bool { configuration.matching == .hftbacktest }

    /// Lends the venue's own book, as recorded; nil while it can't be trusted.
    public func withBook<Result>(_ instrument: InstrumentID, _ body: (borrowing OrderBook) -> Result) -> Result? {
        guard let index = listing(instrument), isTrusted(index) else { return nil }
        return body(markets[index].book)
    }

    func isTrusted(_ index: Int) -> Bool { markets[index].isSynchronised || trustsItsBooks }

    /// From here on the venue remembers how its books' touches change, until it is told to forget.
    ///
    /// - Parameter silenceLimit: Longer than this without a record of it, and a book is stale; nil if it never is.
    public func keepTrails(silenceLimit: Nanoseconds?) {
        for index in markets.indices { markets[index].trail.keep(silenceLimit: silenceLimit) }
    }

    /// What a book showed at a moment since trails were last forgotten, after all that happened then; `none` where it could not
    /// be trusted or was stale.
    public func touch(_ instrument: InstrumentID, at time: Timestamp) -> Touch {
        guard let index = listing(instrument) else { return .none }
        return markets[index].trail.touch(at: time)
    }

    /// Nobody asks about what was before now any more.
    public func forgetTrails() {
        for index in markets.indices { markets[index].trail.forget() }
    }

    /// The venue's own book: best prices as the sentinels of `OrderBook` where empty.
    public func touch(_ instrument: InstrumentID) -> (bid: Int64, ask: Int64) {
        guard let index = listing(instrument) else { return (OrderBook.noBid, OrderBook.noAsk) }
        return (markets[index].book.bestBidTicks, markets[index].book.bestAskTicks)
    }

    /// Orders resting now.
    public var restingOrderCount: Int {
        var count = 0
        for index in configuration.listings.indices { count += markets[index].count(.buy) + markets[index].count(.sell) }
        return count
    }
}

extension TradingStatus {
    /// Whether an order may enter while the venue trades like this.
    fileprivate func allows(_ request: OrderRequest) -> Bool {
        switch self {
        case .trading: true
        case .postOnly: request.postOnly
        case .reduceOnly: request.reduceOnly
        case .halted, .delisted: false
        }
    }
}
