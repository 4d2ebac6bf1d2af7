public import Market
internal import Trading

/// Questions, and what becomes of every request.
extension BackpackSession {
    /// The largest page of the history.
    static let pageSize = 1_000
    /// How far back fills are asked for: further than any outage that a run goes on from.
    static let fillsBack = Nanoseconds.hours(24)
    /// How much later than it happened a fill may come into the history.
    static let fillsOverlap = Nanoseconds.minutes(2)
    /// The newest deposits, and withdrawals, that are looked at: more than come while nobody looks.
    static let transfersShown = 100

    func ask(_ request: QueryRequest, _ account: Int, _ now: Timestamp) {
        let query = request.query
        switch request.subject {
        case .order(let order, _): ask(.order(order, account: account, query: query), now)
        case .openOrders: ask(.openOrders(account: account, query: query), now)
        case .positions: ask(.positions(account: account, query: query), now)
        case .balances: ask(.balances(account: account, query: query), now)
        case .fills(let after):
            // Those that have been told completely are not asked for again, unless the core knows of none.
            let all = max(configuration.historyFrom, now + clock.offset - Self.fillsBack)
            let from = after == 0 ? all : max(all, fillsToldUntil[account] - Self.fillsOverlap)
            ask(.fills(account: account, query: query, from: from, askedAt: now + clock.offset, before: []), now)
        case .payments(let after): ask(.payments(account: account, query: query, after: after), now)
        }
    }

    func ask(_ subject: BackpackPending, _ now: Timestamp) {
        guard let account = subject.account, budgets[account].take(now, usesReserve: !subject.canWait) else {
            return fail(subject, .rateLimit, now)
        }
        let request: BackpackRequest?
        switch subject {
        case .order(let order, _, _):
            request = place(order).flatMap { symbol in clientID(order).map { .order(symbol: symbol, .client($0)) } }
        case .history(let order, _, _):
            let venueID = orders[order.rawValue]?.venueID ?? 0
            request = place(order).map { .orderHistory(symbol: $0, id: venueID > 0 ? venueID : nil) }
        case .openOrders: request = .openOrders(symbol: nil)
        case .positions: request = .positions
        case .balances: request = .collateral
        case .fills(_, _, let from, _, let before):
            request = .fills(symbol: nil, from: from.nanoseconds / 1_000_000, limit: Self.pageSize, offset: before.count)
        case .payments: request = .fundingPayments(symbol: nil, limit: Self.pageSize, offset: 0)
        case .transfers(_, areDeposits: true): request = .deposits(limit: Self.transfersShown, offset: 0)
        case .transfers(_, areDeposits: false): request = .withdrawals(limit: Self.transfersShown, offset: 0)
        case .book, .audit, .clock, .place, .batch, .cancel, .cancelAll, .leverage: request = nil
        }
        guard let request else { return fail(subject, .unknownOrder, now) }
        send(request, subject, lane: coldLane, now)
    }

    /// The symbol that an order of ours was sent for.
    private func place(_ order: OrderID) -> String? {
        orders[order.rawValue].map { feeds[$0.feed].instrument.venueSymbol }
    }

    // MARK: Outcomes

    /// Takes the one outcome of a request.
    public func answer(_ id: RequestID, _ outcome: HTTPOutcome, at now: Timestamp) {
        guard let subject = pending.removeValue(forKey: id) else { return }
        switch outcome {
        case .answered(let status, let body):
            switch BackpackAnswers.verdict(status: status, body: body) {
            case .done, .pending:
                do throws(RowFailure) { try take(subject, body, isPending: status == 202, now) } catch {
                    alarm(.notUnderstood, "byte \(error.offset) of an answer: expected \(error.expected)", frame: body)
                    fail(subject, .venue, isKnown: false, now)
                }
            case .refused(let refusal):
                if status == 429, let account = subject.account { budgets[account].block(until: now + .seconds(2)) }
                refuse(subject, refusal, now)
            case .unknown(let refusal):
                alarm(.unanswered, refusal.message.isEmpty ? refusal.code : "\(refusal.code) \(refusal.message)", frame: body)
                fail(subject, .venue, isKnown: false, now)
            }
        case .notSent: fail(subject, .venue, now)
        case .unknown(let reason):
            alarm(.unanswered, reason)
            fail(subject, .venue, isKnown: false, now)
        }
        advance(to: now)
    }

    /// The request did nothing; or, where that is not known, nobody says what it did.
    private func fail(_ subject: BackpackPending, _ reason: RejectReason, isKnown: Bool = true, _ now: Timestamp) {
        switch subject {
        case .book(let feed):
            feeds[feed].isAsking = false
            missBook(feed, now)
        case .audit(let feed): feeds[feed].audit?.giveUp()
        // Looked for again soon.
        case .clock, .transfers: break
        case .place(let order, let account): if isKnown { reject(order, .submit, reason, account, now) }
        case .batch(let orders, let account): if isKnown { for order in orders { reject(order, .submit, reason, account, now) } }
        case .cancel(let order, let account): if isKnown { reject(order, .cancel, reason, account, now) }
        case .cancelAll(let account, _): if isKnown { reject(.venue, .cancelAll, reason, account, now) }
        case .leverage(let account, _, _): if isKnown { reject(.venue, .leverage, reason, account, now) }
        case .order, .history, .openOrders, .positions, .balances, .fills, .payments:
            // A question without an answer says nothing of what was asked; the core asks again.
            if let account = subject.account { reject(.venue, .query, reason, account, now) }
        }
    }

    private func reject(_ order: OrderID, _ kind: RequestKind, _ reason: RejectReason, _ account: Int, _ now: Timestamp) {
        tell(.rejected(order, kind, reason), configuration.accounts[account].id, at: now, now)
    }

    private func refuse(_ subject: BackpackPending, _ refusal: BackpackAnswers.Refusal, _ now: Timestamp) {
        // Only resting orders are found by their id: what else there was is in the history.
        if case .order(let order, let account, let query) = subject, refusal.code == "RESOURCE_NOT_FOUND" || refusal.code == "HTTP_404" {
            return ask(.history(order, account: account, query: query), now)
        }
        fail(subject, Self.reason(refusal), now)
    }

    /// The venue's codes, and where one code has several meanings its words.
    static func reason(_ refusal: BackpackAnswers.Refusal) -> RejectReason {
        let message = refusal.message.lowercased()
        switch refusal.code {
        case "INSUFFICIENT_MARGIN", "POSITION_LIMIT", "MAX_LEVERAGE_REACHED": return .margin
        case "INSUFFICIENT_FUNDS": return .balance
        case "INVALID_PRICE": return .priceBand
        case "INVALID_QUANTITY": return .lotSize
        case "INVALID_SYMBOL", "INVALID_MARKET": return .unknownInstrument
        case "RESOURCE_NOT_FOUND", "HTTP_404": return .unknownOrder
        case "TOO_MANY_REQUESTS", "HTTP_429": return .rateLimit
        case "ORDER_LIMIT": return .openOrderLimit
        case "TRADING_PAUSED", "MAINTENANCE", "ACCOUNT_LIQUIDATING", "ACCOUNT_DEACTIVATED": return .halted
        case "INVALID_ORDER": return message.contains("immediately match") ? .postOnlyWouldTake : .venue
        case "INVALID_CLIENT_REQUEST", "HTTP_400":
            if message.contains("expired") || message.contains("timestamp") { return .expired }
            if message.contains("price decimal") { return .tickSize }
            return message.contains("quantity decimal") ? .lotSize : .venue
        default: return .venue
        }
    }

    // MARK: Answers

    private func take(_ subject: BackpackPending, _ body: [UInt8], isPending: Bool, _ now: Timestamp) throws(RowFailure) {
        switch subject {
        case .book(let feed):
            feeds[feed].isAsking = false
            do throws(RowFailure) { try takeBook(feed, body, now) } catch {
                missBook(feed, now)
                throw error
            }
        case .audit(let feed): try takeAudit(feed, body, now)
        case .clock(let askedAt):
            clock.add(asked: askedAt, answered: now, venue: try BackpackAnswers.time(body), resolution: .milliseconds(1))
        case .place(let order, let account):
            guard !isPending else { return }
            note(order, venueID: try BackpackAnswers.order(body).id)
            if let sentAt = orders[order.rawValue]?.sentAt { expectNews(account, ofOrderSentAt: sentAt, now) }
            // Its fills and its end come by the private stream, which alone has their trades.
            tell(.acknowledged(order), configuration.accounts[account].id, at: now, now)
        case .batch(let orders, let account):
            guard !isPending else { return }
            let found = try BackpackAnswers.batch(body)
            guard found.count == orders.count else {
                throw RowFailure(offset: 0, expected: "\(orders.count) answers, one for each order of the batch")
            }
            for (order, result) in zip(orders, found) {
                switch result {
                case .success(let accepted):
                    note(order, venueID: accepted.id)
                    if let sentAt = self.orders[order.rawValue]?.sentAt { expectNews(account, ofOrderSentAt: sentAt, now) }
                    tell(.acknowledged(order), configuration.accounts[account].id, at: now, now)
                case .failure(let failure): reject(order, .submit, Self.reason(failure.refusal), account, now)
                }
            }
        case .cancel, .cancelAll: break
        case .leverage(let account, let instrument, let leverage):
            tell(.leverage(instrument, leverage), configuration.accounts[account].id, at: now, now)
        case .order(let order, let account, let query):
            let found = try BackpackAnswers.order(body)
            note(order, venueID: found.id)
            tell(status: found, of: order, account, now)
            end(query, account, now)
        case .history(let order, let account, let query): try takeHistory(order, account, query, body, now)
        case .openOrders(let account, let query):
            for found in try BackpackAnswers.orders(body) {
                guard let order = order(client: found.client, venueID: found.id) else {
                    alarm(.foreign, "order \(found.id) of \(found.symbol) is none of ours")
                    continue
                }
                note(order, venueID: found.id)
                tell(status: found, of: order, account, now)
            }
            end(query, account, now)
        case .positions(let account, let query): try takePositions(account, query, body, now)
        case .balances(let account, let query):
            for holding in try BackpackAnswers.collateral(body) {
                guard let currency = Currency(holding.asset) else { continue }
                tell(.balance(Money(nanos: holding.total, currency)), configuration.accounts[account].id, at: now, now)
            }
            end(query, account, now)
        case .fills(let account, let query, let from, let askedAt, let before):
            let found = try BackpackAnswers.fills(body)
            if found.count == Self.pageSize {
                return ask(.fills(account: account, query: query, from: from, askedAt: askedAt, before: before + found), now)
            }
            for fill in (before + found).reversed() { try tell(fill, account, now) }
            fillsToldUntil[account] = max(fillsToldUntil[account], askedAt)
            end(query, account, now)
        case .transfers(let account, let areDeposits): try takeTransfers(account, areDeposits: areDeposits, body, now)
        case .payments(let account, let query, let after):
            for payment in try BackpackAnswers.payments(body).reversed() where payment.settledAt > after {
                guard let feed = feeds.firstIndex(where: { $0.instrument.venueSymbol == payment.symbol }) else { continue }
                let amount = Money(nanos: payment.amount, feeds[feed].instrument.settlement)
                // The history tells neither what was held nor the mark.
                let funding = FundingPayment(
                    instrument: feeds[feed].id, settledAt: payment.settledAt, position: .zero, mark: FinePrice(nanos: 0),
                    rate: Rate(trillionths: payment.rate), amount: amount)
                tell(.funding(funding), configuration.accounts[account].id, at: payment.settledAt, now)
            }
            end(query, account, now)
        }
    }

    /// Tells of money that came or went since the run began, each time once.
    private func takeTransfers(_ account: Int, areDeposits: Bool, _ body: [UInt8], _ now: Timestamp) throws(RowFailure) {
        for transfer in try BackpackAnswers.transfers(body).reversed()
        where transfer.isConfirmed && transfer.createdAt >= configuration.historyFrom {
            guard let currency = Currency(transfer.asset) else { continue }
            // The venue counts deposits and withdrawals each for themselves.
            let number = UInt64(bitPattern: transfer.id) << 1 | (areDeposits ? 0 : 1)
            guard transfersTold[account].insert(number).inserted else { continue }
            let amount = Money(nanos: areDeposits ? transfer.quantity : -transfer.quantity, currency)
            tell(.externalFlow(amount, transfer: number), configuration.accounts[account].id, at: transfer.createdAt, now)
        }
        if areDeposits { ask(.transfers(account: account, areDeposits: false), now) }
    }

    private func end(_ query: UInt64, _ account: Int, _ now: Timestamp) {
        tell(.endOfAnswer(query: query), configuration.accounts[account].id, at: now, now)
    }

    private func tell(status found: BackpackAnswers.Order, of order: OrderID, _ account: Int, _ now: Timestamp) {
        guard let feed = feeds.firstIndex(where: { $0.instrument.venueSymbol == found.symbol }),
            let quantity = feeds[feed].lots(found.quantity), let filled = feeds[feed].lots(found.executed)
        else { return alarm(.notUnderstood, "order \(found.id) of \(found.symbol) is off our grid") }
        let status = OrderStatus(
            order: order, instrument: feeds[feed].id, isOpen: found.status.isOpen,
            price: found.price.flatMap(feeds[feed].ticks).map { Price(ticks: $0) }, quantity: Quantity(lots: quantity),
            filled: Quantity(lots: filled))
        tell(.status(status), configuration.accounts[account].id, at: now, now)
    }

    /// What became of an order that does not rest. One that is nowhere, and has been sent long enough ago, never came.
    private func takeHistory(_ order: OrderID, _ account: Int, _ query: UInt64, _ body: [UInt8], _ now: Timestamp) throws(RowFailure) {
        let rows = try BackpackAnswers.orders(body)
        let venueID = orders[order.rawValue]?.venueID ?? 0
        if let row = rows.first(where: { $0.client == clientID(order) || (venueID > 0 && $0.id == venueID) }) {
            note(order, venueID: row.id)
            tell(status: row, of: order, account, now)
            return end(query, account, now)
        }
        if let sentAt = orders[order.rawValue]?.sentAt, now - sentAt < configuration.historyLag || venueID > 0 {
            return retries.append((now + .seconds(1), .order(order, account: account, query: query)))
        }
        tell(.notFound(order), configuration.accounts[account].id, at: now, now)
        end(query, account, now)
    }

    private func takePositions(_ account: Int, _ query: UInt64, _ body: [UInt8], _ now: Timestamp) throws(RowFailure) {
        let found = try BackpackAnswers.positions(body)
        for feed in feeds where feed.instrument.kind != .spot {
            let position = found.first { $0.symbol == feed.instrument.venueSymbol }
            guard let lots = feed.lots(position?.quantity ?? 0) else {
                throw RowFailure(offset: 0, expected: "a whole number of lots of \(feed.instrument.venueSymbol)", kind: .offGrid)
            }
            tell(
                .position(feed.id, quantity: Quantity(lots: lots), entry: FinePrice(nanos: position?.entry ?? 0)),
                configuration.accounts[account].id, at: now, now)
        }
        end(query, account, now)
    }

    private func tell(_ found: BackpackAnswers.Fill, _ account: Int, _ now: Timestamp) throws(RowFailure) {
        guard let feed = feeds.firstIndex(where: { $0.instrument.venueSymbol == found.symbol }), let number = found.trade,
            found.time >= configuration.historyFrom
        else { return }
        guard let ticks = feeds[feed].ticks(found.price), let lots = feeds[feed].lots(found.quantity),
            let currency = Currency(found.feeAsset)
        else { throw RowFailure(offset: 0, expected: "a whole number of ticks and lots in trade \(number)", kind: .offGrid) }
        let id = configuration.accounts[account].id
        let fill = Fill(
            order: order(client: found.client, venueID: found.order) ?? .venue, instrument: feeds[feed].id,
            trade: trade(number, feed, id), side: found.side, role: found.isMaker ? .maker : .taker, price: Price(ticks: ticks),
            quantity: Quantity(lots: lots), fee: Money(nanos: found.fee, currency))
        if found.system != nil { tellForced(fill, feed, id, at: found.time, now) } else { tell(.filled(fill), id, at: found.time, now) }
    }
}
