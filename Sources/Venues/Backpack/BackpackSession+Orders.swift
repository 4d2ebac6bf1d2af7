public import Market
public import Trading

/// An order that leaves with the others of its instant.
struct BackpackOutgoing {
    var account: Int
    var order: OrderID
    var terms: BackpackOrder
    var time: Timestamp
}

/// Commands to requests, and the stream of orders to reports.
extension BackpackSession {
    /// Takes a command at the moment the core gave it.
    public func handle(_ command: Command, now: Timestamp) {
        guard let account = account(command.account) else { return }
        switch command {
        case .submit(let request): submit(request, account, now)
        case .amend(let request): tell(.rejected(request.order, .amend, .unsupported), request.account, at: now, now)
        case .cancel(let request): cancel(request, account, now)
        case .cancelAll(_, let instrument):
            sendOrders()
            for feed in feeds.indices where instrument == nil || feeds[feed].id == instrument { cancelAll(feed, account, now) }
        case .query(let request): ask(request, account, now)
        case .setLeverage(_, let instrument, let leverage):
            guard take(account, now, usesReserve: true) else {
                return tell(.rejected(.venue, .leverage, .rateLimit), command.account, at: now, now)
            }
            send(.setLeverage(leverage), .leverage(account: account, instrument, leverage), lane: coldLane, now)
        case .deadMan: tell(.rejected(.venue, .deadMan, .unsupported), command.account, at: now, now)
        }
        advance(to: now)
    }

    private func take(_ account: Int, _ now: Timestamp, usesReserve: Bool) -> Bool { budgets[account].take(now, usesReserve: usesReserve) }

    /// Ours to the venue; nil beyond 32 bits.
    func clientID(_ order: OrderID) -> UInt32? { UInt32(exactly: order.rawValue + UInt64(configuration.clientBase)) }

    /// The venue's name of ours; nil for one that we did not give.
    func order(client: UInt32?, venueID: Int64) -> OrderID? {
        if let client, client > configuration.clientBase { return OrderID(UInt64(client - configuration.clientBase)) }
        return venueID > 0 ? ordersOfVenue[UInt64(venueID)].map { OrderID($0) } : nil
    }

    private func submit(_ request: OrderRequest, _ account: Int, _ now: Timestamp) {
        func refuse(_ reason: RejectReason) { tell(.rejected(request.order, .submit, reason), request.account, at: now, now) }
        guard let feed = feed(request.instrument) else { return refuse(.unknownInstrument) }
        guard let client = clientID(request.order) else { return refuse(.duplicateOrder) }
        guard request.terms.trigger == nil, request.terms.expiry == .never else { return refuse(.unsupported) }
        let timeInForce: BackpackOrder.TimeInForce =
            switch request.timeInForce {
            case .goodTillCancelled: .goodTillCancelled
            case .immediateOrCancel: .immediateOrCancel
            case .fillOrKill: .fillOrKill
            }
        // A market order with a bound is a limit order that does not rest.
        let isBounded = request.type == .market && request.price != nil
        var order = BackpackOrder(
            symbol: feeds[feed].instrument.venueSymbol, side: request.side, price: request.price.map(feeds[feed].priceText),
            quantity: feeds[feed].quantityText(request.quantity), client: client, timeInForce: isBounded ? .immediateOrCancel : timeInForce)
        (order.postOnly, order.reduceOnly) = (request.postOnly, request.reduceOnly)
        switch request.terms.selfTrade {
        case nil: break
        case .expireTaker: order.selfTrade = .rejectTaker
        case .expireMaker: order.selfTrade = .rejectMaker
        case .expireBoth: order.selfTrade = .rejectBoth
        case .allow, .reduceBoth: return refuse(.unsupported)
        }
        // Orders that leave together are one request.
        let joins = outbox.last.map { $0.account == account && $0.time == now && outbox.count < BackpackRequest.largestBatch } ?? false
        if !joins { sendOrders() }
        guard joins || take(account, now, usesReserve: !request.postOnly) else { return refuse(.rateLimit) }
        let lane = joins ? lane(outbox[0].order) : Int(request.order.rawValue % UInt64(configuration.lanes))
        _ = orders.insert(request.order.rawValue, KnownOrder(account: request.account, feed: feed, sentAt: now, lane: lane))
        outbox.append(BackpackOutgoing(account: account, order: request.order, terms: order, time: now))
    }

    /// Lets the orders that wait for others of their instant go.
    func sendOrders() {
        guard let first = outbox.first else { return }
        let (orders, terms) = (outbox.map(\.order), outbox.map(\.terms))
        outbox.removeAll(keepingCapacity: true)
        if orders.count == 1 {
            send(.place(terms[0]), .place(orders[0], account: first.account), lane: lane(orders[0]), first.time)
        } else {
            send(.batch(terms), .batch(orders, account: first.account), lane: lane(orders[0]), first.time)
        }
    }

    private func lane(_ order: OrderID) -> Int {
        orders[order.rawValue]?.lane ?? Int(order.rawValue % UInt64(configuration.lanes))
    }

    private func cancel(_ request: CancelRequest, _ account: Int, _ now: Timestamp) {
        guard let feed = feed(request.instrument), let client = clientID(request.order) else {
            return tell(.rejected(request.order, .cancel, .unknownOrder), request.account, at: now, now)
        }
        guard take(account, now, usesReserve: true) else {
            return tell(.rejected(request.order, .cancel, .rateLimit), request.account, at: now, now)
        }
        if outbox.contains(where: { $0.order == request.order }) { sendOrders() }
        noteCancel(request.order)
        send(
            .cancel(symbol: feeds[feed].instrument.venueSymbol, .client(client)), .cancel(request.order, account: account),
            lane: lane(request.order), now)
    }

    private func noteCancel(_ order: OrderID) { _ = orders.update(order.rawValue) { $0.wasCancelled = true } }

    private func cancelAll(_ feed: Int, _ account: Int, _ now: Timestamp) {
        let id = configuration.accounts[account].id
        guard take(account, now, usesReserve: true) else { return tell(.rejected(.venue, .cancelAll, .rateLimit), id, at: now, now) }
        for (number, known) in orders.sorted(where: { $1.feed == feed && $1.account == id }) where !known.wasCancelled {
            noteCancel(OrderID(number))
        }
        // Every lane may hold an order that is on its way: it must not come after this.
        for lane in 0..<configuration.lanes {
            send(.cancelAll(symbol: feeds[feed].instrument.venueSymbol), .cancelAll(account: account, feed: feed), lane: lane, now)
        }
    }

    // MARK: The private streams

    func readPrivate(_ message: BackpackMessage, _ account: Int, _ now: Timestamp) throws(RowFailure) {
        let id = configuration.accounts[account].id
        switch message {
        case .order(let kind): try readOrder(kind, id, now)
        case .position:
            guard let feed = feed(try reader.symbol) else { return }
            let (told, time) = (try reader.position, try reader.happenedAt)
            guard let lots = feeds[feed].lots(told.quantity) else {
                throw RowFailure(offset: reader.place(of: "q"), expected: "a whole number of lots", kind: .offGrid)
            }
            tell(
                .position(feeds[feed].id, quantity: Quantity(lots: lots), entry: FinePrice(nanos: told.entry)), id, at: time, now)
        case .balance:
            let (told, time) = (try reader.balance, try reader.happenedAt)
            guard let currency = Currency(told.asset.text) else { return }
            tell(.balance(Money(nanos: told.available + told.locked, currency)), id, at: time, now)
        case .depth, .bookTicker, .trade, .markPrice, .openInterest, .liquidation, .refusal, .other: break
        }
    }

    private func readOrder(_ kind: BackpackOrderUpdate.Kind, _ account: AccountID, _ now: Timestamp) throws(RowFailure) {
        let update = try reader.order
        guard let feed = feed(update.symbol) else { return }
        let order = update.isForced ? nil : order(client: update.client, venueID: update.id)
        if let order { note(order, venueID: update.id) }
        switch kind {
        case .accepted:
            guard let order else { return foreign(update) }
            tell(.acknowledged(order), account, at: update.happenedAt, now)
        case .fill: try readFill(update, order, feed, account, now)
        case .cancelled:
            guard let order else { return foreign(update) }
            let reason: CancelReason = orders[order.rawValue]?.wasCancelled ?? false ? .requested : .venue
            tell(.cancelled(order, reason), account, at: update.happenedAt, now)
        case .expired:
            guard let order else { return foreign(update) }
            tell(.expired(order, Self.expiry(update.reason)), account, at: update.happenedAt, now)
        case .modified:
            guard let order, let price = update.price else { return foreign(update) }
            guard let ticks = feeds[feed].ticks(price), let lots = feeds[feed].lots(update.quantity) else {
                throw RowFailure(offset: reader.place(of: "q"), expected: "a whole number of ticks and lots", kind: .offGrid)
            }
            tell(
                .amended(order, price: Price(ticks: ticks), quantity: Quantity(lots: lots)), account, at: update.happenedAt, now)
        case .triggerPlaced, .triggerFailed: foreign(update)
        }
    }

    private func foreign(_ update: BackpackOrderUpdate) {
        guard !update.isForced else { return }
        alarm(.foreign, "order \(update.id) of \(update.symbol.text) is none of ours")
    }

    func note(_ order: OrderID, venueID: Int64) {
        guard venueID > 0, orders.update(order.rawValue, { $0.venueID = venueID }) != nil else { return }
        _ = ordersOfVenue.insert(UInt64(venueID), order.rawValue)
    }

    private func readFill(
        _ update: BackpackOrderUpdate, _ order: OrderID?, _ feed: Int, _ account: AccountID, _ now: Timestamp
    ) throws(RowFailure) {
        guard let execution = update.execution else {
            throw RowFailure(offset: reader.place(of: "e"), expected: "members \"l\", \"L\" and \"t\" of a fill")
        }
        guard let ticks = feeds[feed].ticks(execution.price), let lots = feeds[feed].lots(execution.size) else {
            throw RowFailure(offset: reader.place(of: "l"), expected: "a whole number of ticks and lots", kind: .offGrid)
        }
        guard let currency = Currency(execution.feeAsset.text) else {
            throw RowFailure(offset: reader.place(of: "N"), expected: "a currency of letters and digits")
        }
        let fill = Fill(
            order: order ?? .venue, instrument: feeds[feed].id, trade: trade(execution.trade, feed, account), side: update.side,
            role: execution.isMaker ? .maker : .taker, price: Price(ticks: ticks), quantity: Quantity(lots: lots),
            fee: Money(nanos: execution.fee, currency))
        if update.isForced { return tellForced(fill, feed, account, at: update.happenedAt, now) }
        if order == nil { foreign(update) }
        tell(.filled(fill), account, at: update.happenedAt, now)
    }

    /// The venue closed some of a position.
    func tellForced(_ fill: Fill, _ feed: Int, _ account: AccountID, at time: Timestamp, _ now: Timestamp) {
        let price = feeds[feed].instrument.finePrice(fill.price)
        tell(.liquidation(fill.instrument, fill.signedQuantity, price, penalty: fill.fee, trade: fill.trade), account, at: time, now)
    }

    /// The venue counts the trades of each symbol for itself, and both sides of one have its number: what we call a trade is unique
    /// among all symbols and accounts.
    func trade(_ number: Int64, _ feed: Int, _ account: AccountID) -> UInt64 {
        let owner = self.account(account) ?? 0
        return UInt64(owner) << 56 | UInt64(feed + 1) << 48 | UInt64(number) & 0xFFFF_FFFF_FFFF
    }

    public func publicTrade(of fill: Fill) -> Int64 { Int64(fill.trade & 0xFFFF_FFFF_FFFF) }

    /// A fill with our numbers of its order and its trade, of one with the client id and the venue's number of the trade.
    public func asHeard(_ fill: Fill, of account: AccountID) -> Fill {
        var fill = fill
        guard let feed = feed(fill.instrument) else { return fill }
        fill.trade = trade(Int64(truncatingIfNeeded: fill.trade), feed, account)
        fill.order = order(client: UInt32(exactly: fill.order.rawValue), venueID: 0) ?? .venue
        return fill
    }

    /// The stream's spelling of the reasons differs from that of the history.
    static func expiry(_ reason: Bytes?) -> ExpiryReason {
        let name = (reason?.text ?? "").uppercased().filter { $0 != "_" }
        return switch name {
        case "POSTONLYTAKER", "POSTONLYMODE": .postOnlyWouldTake
        case "FILLORKILL": .fillOrKillShort
        case "SELFTRADEPREVENTION": .selfTrade
        case "INSUFFICIENTLIQUIDITY", "PRICEBAND", "PRICEOUTOFBOUNDS", "PRICEIMPACT", "SLIPPAGETOLERANCEEXCEEDED": .noLiquidity
        default: .immediateRemainder
        }
    }
}
