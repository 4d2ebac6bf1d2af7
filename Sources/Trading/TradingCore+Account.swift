internal import Market

/// Private reports.
extension TradingCore {
    func apply(_ event: borrowing AccountEvent) {
        let (account, venueTime, now) = (event.account, event.venueTime, now)
        switch event.report {
        case .acknowledged(let id), .triggered(let id):
            change(id) { $0.acknowledge(now) }
        case .amended(let id, let price, let quantity):
            change(id) { $0.amended(price: price, quantity: quantity, now) }
        case .filled(let fill):
            apply(fill, account, venueTime)
        case .cancelled(let id, let reason):
            end(id, .cancelled, .cancelled(reason))
        case .expired(let id, let reason):
            end(id, .expired, .expired(reason))
        case .rejected(let id, let kind, let reason):
            reject(id, kind, reason, account)
        case .status(let status):
            apply(status, account)
        case .notFound(let id):
            notFound(id)
        case .endOfAnswer, .leverage:
            break
        case .position(let instrument, let quantity, _):
            tellAccount(.position(account, instrument, quantity))
        case .balance(let balance):
            tellAccount(.balance(account, balance))
        case .funding(let payment):
            positions.add(payment.amount, to: account)
            observers.tell { $0.funded(payment, account: account, at: venueTime) }
            tellAccount(.funding(account, payment))
        case .liquidation(let instrument, let quantity, let price, let penalty):
            positions.apply(quantity, of: instrument, at: price, cost: penalty, account: account)
            observers.tell {
                $0.liquidated(quantity, of: instrument, at: price, penalty: penalty, account: account, time: venueTime)
            }
            tellAccount(.liquidation(account, instrument, quantity))
        case .adjustment(let money):
            positions.add(money, to: account)
            observers.tell { $0.adjusted(money, account: account, at: venueTime) }
        case .externalFlow(let money):
            positions.add(money, to: account)
        }
    }

    private func tellAccount(_ event: StrategyEvent) {
        guard !isStopped else { return }
        for index in instances.indices { inbox.add(event, .strategy(StrategyID(index))) }
    }

    private func apply(_ fill: Fill, _ account: AccountID, _ venueTime: Timestamp) {
        guard countedTrades[venues[account.index].index].insert(fill.trade) else { return }
        let now = now
        let told = orders.update(fill.order) { order in
            let (wasDone, wasCancelling) = (order.isDone, order.pending == .cancel)
            let news = order.fill(fill, now)
            return (
                news: Told(order.instance, order.algorithm, news, ended: !wasDone && order.isDone), wasDone: wasDone,
                wasCancelling: wasCancelling
            )
        }
        positions.apply(fill, account: account, instance: told?.news.instance)
        if !observers.isEmpty {
            let order = orders[fill.order]
            observers.tell {
                $0.filled(
                    fill, order, account: account, isLate: told?.wasDone ?? true, cancelPending: told?.wasCancelling ?? false,
                    venueTime: venueTime)
            }
        }
        if let told { tell(fill.order, told.news) }
    }

    /// What a change of an order gives to tell, and to whom.
    private struct Told {
        var instance: StrategyID
        var algorithm: AlgorithmID?
        var news: OrderChange?
        var ended: Bool

        init(_ instance: StrategyID, _ algorithm: AlgorithmID?, _ news: OrderChange?, ended: Bool) {
            self.instance = instance
            self.algorithm = algorithm
            self.news = news
            self.ended = ended
        }
    }

    private func tell(_ id: OrderID, _ told: Told) {
        if let news = told.news { announce(id, told.instance, told.algorithm, news) }
        if told.ended, !observers.isEmpty, let order = orders[id] { ended(order) }
    }

    private func change(_ id: OrderID, _ body: (inout Order) -> OrderChange?) {
        let told = orders.update(id) { order in
            let wasDone = order.isDone
            let news = body(&order)
            return Told(order.instance, order.algorithm, news, ended: !wasDone && order.isDone)
        }
        if let told { tell(id, told) }
    }

    private func end(_ id: OrderID, _ end: Order.End, _ news: OrderChange) {
        let now = now
        change(id) { $0.end(end, now) ? news : nil }
    }

    private func reject(_ id: OrderID, _ kind: RequestKind, _ reason: RejectReason, _ account: AccountID) {
        observers.tell { $0.refused(kind, id, reason, account: account, at: now) }
        switch kind {
        case .submit:
            if let order = orders[id], !order.isDone { risk.recordReject(order.instance, now) }
            end(id, .rejected, .rejected(reason))
        case .cancel, .amend:
            change(id) { $0.refusedRequest(kind, reason, self.now) }
            // The venue does not know an order that we think is open: nobody has told us what became of it.
            if reason == .unknownOrder, let order = orders[id], !order.isDone { becomeUnknown(order) }
        case .cancelAll:
            // What was to be cancelled with all the rest stands after all. One that was asked for by itself has its own answer.
            for id in orders.open where orders.read(id, { $0.draft.account == account }) == true {
                change(id) { $0.refusedRequest(.cancel, reason, self.now) }
            }
        // A query that was refused says nothing; it is asked again when its order's deadline has passed.
        case .leverage, .query, .deadMan: break
        }
    }

    private func apply(_ status: OrderStatus, _ account: AccountID) {
        guard let order = orders[status.order] else { return }
        if status.filled > order.filled { askForFills(account) }
        if status.isOpen {
            change(status.order) { $0.acknowledge(self.now) }
        } else {
            end(status.order, status.filled >= status.quantity ? .filled : .cancelled, .cancelled(.venue))
        }
    }

    private func notFound(_ id: OrderID) {
        guard let order = orders[id], !order.isDone else { return }
        // Never acknowledged and not there: it was not accepted. Known before and not there: it has ended, and fills that we
        // have not seen would be in the account's list.
        let neverAccepted = order.life == .submitting && order.filled.isZero
        if !neverAccepted { askForFills(order.draft.account) }
        end(id, neverAccepted ? .failed : .cancelled, neverAccepted ? .failed : .cancelled(.venue))
    }

    // MARK: Unknown outcomes

    func askAboutUnknown() {
        while let id = deadlines.take(now, orders) {
            guard let order = orders[id], order.awaitsAnswer || order.certainty != .known else { continue }
            becomeUnknown(order)
        }
    }

    private func becomeUnknown(_ order: Order) {
        let isNews = order.certainty == .known
        _ = orders.update(order.id) { order in
            switch order.certainty {
            case .known: order.certainty = .unknown(since: self.now, asking: 1)
            case .unknown(let since, let asking): order.certainty = .unknown(since: since, asking: min(asking, 254) + 1)
            }
        }
        lastQuery += 1
        emit(.query(QueryRequest(account: order.draft.account, query: lastQuery, subject: .order(order.id, order.draft.instrument))))
        expectAnswer(order.id)
        if isNews { announce(order, .unknown) }
    }

    private func askForFills(_ account: AccountID) {
        lastQuery += 1
        emit(.query(QueryRequest(account: account, query: lastQuery, subject: .fills(after: 0))))
    }

    // MARK: Telling

    func announce(_ order: Order, _ change: OrderChange) { announce(order.id, order.instance, order.algorithm, change) }

    func announce(_ id: OrderID, _ instance: StrategyID, _ algorithm: AlgorithmID?, _ change: OrderChange) {
        guard !isStopped else { return }
        if let algorithm, algorithms.contains(where: { $0.id == algorithm }) { inbox.add(.order(id, change), .algorithm(algorithm)) }
        inbox.add(.order(id, change), .strategy(instance))
    }

    func ended(_ order: Order) {
        observers.tell { $0.ended(order, at: now) }
    }
}
