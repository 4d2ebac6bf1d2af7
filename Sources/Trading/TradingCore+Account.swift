internal import Market

/// Private reports.
extension TradingCore {
    /// A strategy's own question that is not answered yet.
    struct Question {
        var query: UInt64
        var account: AccountID
        var instance: StrategyID
    }

    private static let questionLimit = 64

    func apply(_ event: borrowing AccountEvent) {
        let (account, venueTime, now) = (event.account, event.venueTime, now)
        switch event.report {
        case .acknowledged(let id), .triggered(let id):
            observers.tell { $0.acknowledged(id, venueTime: venueTime, at: now) }
            if change(id, { $0.acknowledge(venueTime, now) }) { outlived(id, isCertain: false) }
        case .amended(let id, let price, let quantity):
            if change(id, { $0.amended(price: price, quantity: quantity, venueTime, now) }) { amendedAfterEnd(id, quantity, venueTime) }
        case .filled(let fill):
            apply(fill, account, venueTime)
        case .cancelled(let id, let reason):
            end(id, .cancelled, .cancelled(reason), venueTime)
        case .expired(let id, let reason):
            end(id, .expired, .expired(reason), venueTime)
        case .rejected(let id, let kind, let reason):
            reject(id, kind, reason, account, venueTime)
        case .status(let status):
            apply(status, account, venueTime)
            for question in questions where question.account == account {
                inbox.add(.status(account, status), .strategy(question.instance))
            }
        case .notFound(let id):
            notFound(id, venueTime)
        case .endOfAnswer(let query):
            reviews[account.index].isAnswered()
            answered(query, account)
            if let index = questions.firstIndex(where: { $0.query == query && $0.account == account }) {
                inbox.add(.answered(account, query: query), .strategy(questions.remove(at: index).instance))
            }
        case .leverage(let instrument, let leverage):
            setMarginLeverage(leverage, account, instrument)
        case .position(let instrument, let quantity, _):
            reviews[account.index].heard(quantity, of: instrument)
            reviewSoon(unless: quantity, isOursOf: instrument, account)
            tellAccount(.position(account, instrument, quantity))
        case .balance(let balance):
            tellAccount(.balance(account, balance))
        case .funding(let payment):
            guard reviews[account.index].isNew(payment) else { return }
            positions.add(payment.amount, to: account)
            bookFunding(payment, account)
            observers.tell { $0.funded(payment, account: account, at: venueTime) }
            tellAccount(.funding(account, payment))
        case .liquidation(let instrument, let quantity, let price, let penalty, let trade):
            guard trade == 0 || countedTrades[venues[account.index].index].insert(trade) else { return }
            let shares = positions.force(quantity, of: instrument, at: price, cost: penalty, account: account)
            book(shares, of: instrument, account, at: price, penalty: penalty)
            observers.tell {
                $0.liquidated(quantity, of: instrument, at: price, penalty: penalty, account: account, time: venueTime)
            }
            guard !isStopped else { return }
            for running in algorithms { inbox.add(.liquidation(account, instrument, quantity), .algorithm(running.id)) }
            tell(shares) { .liquidation(account, instrument, $0) }
        case .adjustment(let money):
            positions.add(money, to: account)
            shares?[nil, account].adjustments.add(money)
            observers.tell { $0.adjusted(money, account: account, at: venueTime) }
        case .externalFlow(let money, let transfer):
            guard transfer == 0 || reviews[account.index].isNew(transfer: transfer) else { return }
            positions.add(money, to: account)
        }
    }

    private func tellAccount(_ event: StrategyEvent) {
        guard !isStopped else { return }
        for running in algorithms { inbox.add(event, .algorithm(running.id)) }
        for index in instances.indices { inbox.add(event, .strategy(StrategyID(index))) }
    }

    /// Tells each instance its share of a change of an account.
    func tell(_ shares: [Share], _ event: (Quantity) -> StrategyEvent) {
        for share in shares { if let instance = share.instance { inbox.add(event(share.lots), .strategy(instance)) } }
    }

    private func apply(_ fill: Fill, _ account: AccountID, _ venueTime: Timestamp) {
        reviews[account.index].heard(trade: fill.trade)
        guard countedTrades[venues[account.index].index].insert(fill.trade) else { return }
        let now = now
        let told = orders.update(fill.order) { order in
            let (wasDone, wasCancelling, unknownSince) = (order.isDone, order.pending == .cancel, order.unknownSince)
            let news = order.fill(fill, venueTime, now)
            return (
                news: Told(order, news, ended: !wasDone && order.isDone, unknownSince), wasDone: wasDone,
                wasCancelling: wasCancelling
            )
        }
        count(fill, account, told?.news.instance, told?.news.algorithm)
        if !observers.isEmpty {
            let order = orders[fill.order]
            observers.tell {
                $0.filled(
                    fill, order, account: account, isLate: told?.wasDone ?? true, cancelPending: told?.wasCancelling ?? false,
                    venueTime: venueTime)
            }
        }
        guard let told else { return adopt(fill, account) }
        tell(fill.order, told.news)
        if told.wasDone { outlived(fill.order, isCertain: false) }
    }

    /// Books a fill as its instance's. What a kill or a breaker closes is everybody's: it belongs to those whose positions it makes
    /// smaller.
    private func count(_ fill: Fill, _ account: AccountID, _ instance: StrategyID?, _ algorithm: AlgorithmID?) {
        guard shares != nil else { return positions.apply(fill, account: account, instance: instance) }
        guard let algorithm, killClosings.contains(where: { $0.id == algorithm }) || pairClosings.contains(algorithm) else {
            positions.apply(fill, account: account, instance: instance)
            let worth = value(contracts[fill.instrument.index], fill.signedQuantity, contracts[fill.instrument.index].finePrice(fill.price))
            shares?[instance, account].fills += 1
            shares?[instance, account].trades.add(-worth)
            shares?[instance, account].fees.add(-fill.fee)
            return
        }
        positions.apply(fill, account: account, instance: nil)
        let parts = positions.attribute(fill.signedQuantity, of: fill.instrument, account: account)
        let price = contracts[fill.instrument.index].finePrice(fill.price)
        book(parts, of: fill.instrument, account, at: price, penalty: .zero(fill.fee.currency))
        var fees = SharedAmount(-fill.fee, of: fill.signedQuantity.lots)
        for part in parts { if let owner = part.instance { shares?[owner, account].fees.add(fees.take(part.lots.lots)) } }
        if let first = parts.first?.instance { shares?[first, account].fills += 1 }
    }

    /// What a change of an order gives to tell, and to whom.
    private struct Told {
        var instance: StrategyID
        var algorithm: AlgorithmID?
        var news: OrderChange?
        var ended: Bool
        var isDoubtful: Bool
        /// Since when something was unknown of it that is known now.
        var resolvedSince: Timestamp?

        init(_ order: borrowing Order, _ news: OrderChange?, ended: Bool, _ unknownSince: Timestamp?) {
            instance = order.instance
            algorithm = order.algorithm
            self.news = news
            self.ended = ended
            isDoubtful = order.isDoubtful
            resolvedSince = order.certainty == .known ? unknownSince : nil
        }
    }

    private func tell(_ id: OrderID, _ told: Told) {
        if let news = told.news { announce(id, told.instance, told.algorithm, news) }
        if let since = told.resolvedSince { observers.tell { $0.resolved(id, unknownSince: since, at: now) } }
        if told.ended, !observers.isEmpty, let order = orders[id] { ended(order) }
        if told.isDoubtful, let order = orders[id] { becomeUnknown(order) }
    }

    /// Returns whether the order had ended before.
    @discardableResult
    private func change(_ id: OrderID, _ body: (inout Order) -> OrderChange?) -> Bool {
        var wasDone = false
        let told = orders.update(id) { order in
            wasDone = order.isDone
            let unknownSince = order.unknownSince
            let news = body(&order)
            return Told(order, news, ended: !wasDone && order.isDone, unknownSince)
        }
        if let told { tell(id, told) }
        return wasDone
    }

    private func end(_ id: OrderID, _ end: Order.End, _ news: OrderChange, _ venueTime: Timestamp) {
        let now = now
        change(id) { $0.end(end, venueTime, now) ? news : nil }
    }

    private func reject(_ id: OrderID, _ kind: RequestKind, _ reason: RejectReason, _ account: AccountID, _ venueTime: Timestamp) {
        observers.tell { $0.refused(kind, id, reason, account: account, at: now) }
        switch kind {
        case .submit:
            if let order = orders[id], !order.isDone { risk.recordReject(order.instance, now) }
            end(id, .rejected, .rejected(reason), venueTime)
        case .cancel, .amend:
            change(id) { $0.refusedRequest(kind, reason, self.now) }
            // The venue does not know an order that we think is open: nobody has told us what became of it. It answers, so that it
            // can be asked.
            if reason == .unknownOrder, let order = orders[id], !order.isDone {
                reviews[account.index].isAnswered()
                becomeUnknown(order)
            }
        case .cancelAll:
            // What was to be cancelled with all the rest stands after all. One that was asked for by itself has its own answer.
            for id in orders.open where orders.read(id, { $0.draft.account == account }) == true {
                change(id) { $0.refusedRequest(.cancel, reason, self.now) }
            }
        // A query that was refused says nothing; it is asked again when its order's deadline has passed, less often each time.
        case .query: reviews[account.index].refused(at: now)
        case .leverage, .deadMan: break
        }
    }

    private func apply(_ status: OrderStatus, _ account: AccountID, _ venueTime: Timestamp) {
        reviews[account.index].heard(status.order)
        guard let order = orders[status.order] else {
            if status.isOpen { isOpenAgainstUs(status, account) }
            return
        }
        let id = status.order
        let now = now
        if status.isOpen {
            if order.isDone {
                outlived(id, isCertain: venueTime > order.heardAt)
            } else {
                change(id) { $0.rests(status, venueTime, now) }
            }
            // The cancel that we asked about was lost.
            if order.certainty != .known, order.isDone || order.pending == .cancel { cancelAgain(id) }
        } else {
            _ = orders.update(id) { $0.toldFilled = max($0.toldFilled, status.filled) }
            end(id, status.filled >= status.quantity ? .filled : .cancelled, .cancelled(.venue), venueTime)
        }
        guard status.filled > order.filled else { return }
        askForFills(account)
        // Until they are there the order is asked about again.
        if orders.update(id, { $0.missesFills(now) }) == true { expectAnswer(id) }
    }

    private func notFound(_ id: OrderID, _ venueTime: Timestamp) {
        guard let order = orders[id] else { return }
        // The question was answered before the order came, or another one rests by now: it is asked again.
        guard venueTime >= order.heardAt else { return }
        guard !order.isDone else {
            guard order.certainty != .known else { return }
            // What it has filled is in the account's list; fills that we were told of are asked for until they come.
            askForFills(order.draft.account)
            end(id, .cancelled, .cancelled(.venue), venueTime)
            return
        }
        // Never acknowledged and not there: it was not accepted. Known before and not there: it has ended, and fills that we
        // have not seen would be in the account's list.
        let neverAccepted = order.life == .submitting && order.filled.isZero
        if !neverAccepted { askForFills(order.draft.account) }
        end(id, neverAccepted ? .failed : .cancelled, neverAccepted ? .failed : .cancelled(.venue), venueTime)
    }

    /// Something else stands for the fills that the venue counts and has not told.
    func forgoFills(_ account: AccountID, _ instrument: InstrumentID) {
        for id in orders.unsettled where orders.read(id, { $0.draft.account == account && $0.draft.instrument == instrument }) == true {
            change(id) {
                $0.forgoesFills()
                return nil
            }
        }
    }

    /// Orders of which something is unknown.
    public var unknownOrders: Int {
        (orders.open + orders.unsettled).count { id in orders.read(id) { $0.certainty != .known } ?? false }
    }

    // MARK: Ends that were none

    /// The venue shows that an order lives which has ended for us: whatever rests of it is cancelled.
    private func outlived(_ id: OrderID, isCertain: Bool) {
        let now = now
        guard orders.update(id, { $0.outlives(now, isCertain: isCertain) }) == true, let order = orders[id] else { return }
        note(order.instance, "order \(id.rawValue) had ended for us and lives at the venue: it is cancelled")
        cancelAgain(id)
    }

    /// An amend that we had given up has given the order a remainder.
    private func amendedAfterEnd(_ id: OrderID, _ quantity: Quantity, _ venueTime: Timestamp) {
        guard let order = orders[id] else { return }
        outlived(id, isCertain: order.life == .done(.filled) && quantity > order.filled && venueTime >= order.heardAt)
    }

    // MARK: Unknown outcomes

    func askAboutUnknown() {
        while let id = deadlines.take(now, orders) {
            guard let order = orders[id] else { continue }
            becomeUnknown(order)
        }
    }

    func becomeUnknown(_ order: Order) {
        let isNews = order.certainty == .known
        _ = orders.update(order.id) { order in
            switch order.certainty {
            case .known: order.certainty = .unknown(since: self.now, asking: 1)
            case .unknown(let since, let asking): order.certainty = .unknown(since: since, asking: min(asking, 254) + 1)
            }
        }
        // A venue that refuses questions is left alone for a while; the next deadline looks again.
        if now >= reviews[order.draft.account.index].quietUntil {
            lastQuery += 1
            emit(
                .query(QueryRequest(account: order.draft.account, query: lastQuery, subject: .order(order.id, order.draft.instrument))))
        }
        expectAnswer(order.id)
        if isNews {
            announce(order, .unknown)
            observers.tell { $0.becameUnknown(order, at: now) }
        }
    }

    private func askForFills(_ account: AccountID) { ask(account, .fills(after: 0)) }

    /// - Parameter instance: Who is to hear of the answer's statuses and its end.
    @discardableResult
    func ask(_ account: AccountID, _ subject: QueryRequest.Subject, for instance: StrategyID? = nil) -> UInt64 {
        lastQuery += 1
        emit(.query(QueryRequest(account: account, query: lastQuery, subject: subject)))
        guard let instance else { return lastQuery }
        // A question whose answer was lost is not waited for without end.
        if questions.count >= Self.questionLimit { questions.removeFirst() }
        questions.append(Question(query: lastQuery, account: account, instance: instance))
        return lastQuery
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
