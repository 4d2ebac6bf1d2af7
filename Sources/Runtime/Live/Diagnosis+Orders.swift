internal import Market
internal import Trading
internal import Venues

/// An order's life, a trade, and how nothing is left behind.
extension Diagnosis {
    private static let mostAttempts = 50
    private static let mostClosings = 5
    private static let attemptEvery = Nanoseconds.milliseconds(500)

    func name(_ order: OrderID) -> String { "client id \(UInt64(terms.clientBase) + order.rawValue)" }

    private func submit(
        _ side: Side, _ price: Price, _ quantity: Quantity, postOnly: Bool, reduceOnly: Bool = false, _ now: Timestamp
    ) -> OrderID {
        lastOrder += 1
        let order = OrderRequest(
            account: terms.account, instrument: terms.instrument, order: OrderID(lastOrder), side: side, type: .limit,
            timeInForce: postOnly ? .goodTillCancelled : .immediateOrCancel, price: price, quantity: quantity, postOnly: postOnly,
            reduceOnly: reduceOnly)
        working.append(Working(order: order, sentAt: now))
        session.handle(.submit(order), now: now)
        return order.order
    }

    private func sendCancel(_ id: OrderID, _ now: Timestamp) {
        if let index = working.firstIndex(where: { $0.order.order == id }) { working[index].isCancelling = true }
        session.handle(.cancel(CancelRequest(account: terms.account, instrument: terms.instrument, order: id)), now: now)
    }

    private func ask(_ subject: QueryRequest.Subject, _ now: Timestamp) -> UInt64 {
        lastQuery += 1
        session.handle(.query(QueryRequest(account: terms.account, query: lastQuery, subject: subject)), now: now)
        return lastQuery
    }

    // MARK: An order that rests

    func rest(_ now: Timestamp) {
        guard let mid else { return leave(now) }
        let contract = terms.contract
        let far = Int128(mid.nanos) * Int128(Rate.scale - terms.distance.trillionths) / Int128(Rate.scale)
        let price = contract.orderPrice(Price(ticks: Int64(far) / contract.tickSize.nanos), .buy)
        guard price.ticks > 0 else {
            tell("order acknowledged", false, "there is no price so far below the market", now)
            return leave(now)
        }
        let size = contract.leastOrder(at: contract.finePrice(price))
        begin(.resting(OrderID(lastOrder + 1)), now)
        _ = submit(.buy, price, size, postOnly: true, now)
    }

    private func query(_ id: OrderID, isGone: Bool, _ now: Timestamp) {
        begin(.querying(id, isGone: isGone, query: lastQuery + 1), now)
        _ = ask(.order(id, terms.instrument), now)
    }

    private func list(_ id: OrderID, isGone: Bool, _ now: Timestamp) {
        begin(.listing(id, isGone: isGone, query: lastQuery + 1), now)
        _ = ask(.openOrders, now)
    }

    private func cancel(_ id: OrderID, _ now: Timestamp) {
        begin(.cancelling(id), now)
        sendCancel(id, now)
    }

    private func afterQuery(_ id: OrderID, isGone: Bool, _ now: Timestamp) { list(id, isGone: isGone, now) }

    private func afterListing(_ id: OrderID, isGone: Bool, _ now: Timestamp) {
        if !isGone { return cancel(id, now) }
        held.isZero ? trade(now) : close(now)
    }

    func stepTimedOut(_ now: Timestamp) {
        func silent(_ name: String) { tell(name, false, "no answer", since: stepBegan, now) }
        switch step {
        case .resting(let id):
            if !seen.contains("answer") { silent("order acknowledged") }
            if !seen.contains("stream") { silent("order, by private stream") }
            query(id, isGone: false, now)
        case .querying(let id, let isGone, _):
            silent(isGone ? "cancelled, by query" : "order, by query")
            afterQuery(id, isGone: isGone, now)
        case .listing(let id, let isGone, _):
            silent(isGone ? "cancelled, by open orders" : "order, by open orders")
            afterListing(id, isGone: isGone, now)
        case .cancelling(let id):
            silent("cancelled, by private stream")
            query(id, isGone: true, now)
        case .entering:
            if held.isZero { tell("bought", false, "nothing in \(attempts) orders at the touch", since: stepBegan, now) }
            held.isZero ? leave(now) : close(now)
        case .closing: leave(now)
        case .leaving: giveUp(now)
        case .connecting, .observing, .done: break
        }
    }

    // MARK: Reports

    func heard(_ report: AccountEvent.Report, _ source: Source, _ now: Timestamp) {
        switch report {
        case .acknowledged(let id): acknowledged(id, source, now)
        case .filled(let fill): filled(fill, now)
        case .cancelled(let id, let reason): ended(id, "cancelled: \(reason)", wasAsked: reason == .requested, now)
        case .expired(let id, let reason): ended(id, "expired: \(reason)", wasAsked: false, now)
        case .rejected(let id, .submit, let reason): ended(id, "refused: \(reason)", wasAsked: false, now)
        case .rejected(let id, .cancel, let reason): cancelRefused(id, reason, now)
        case .rejected(_, .query, let reason): queryRefused(reason, now)
        case .status(let status):
            toldOrders.append(status)
            if !status.isOpen, step == .leaving { forget(status.order) }
        case .notFound(let id): if step == .leaving { forget(id) }
        case .endOfAnswer(let query): answered(query, now)
        case .amended, .triggered, .rejected, .leverage, .position, .balance, .funding, .liquidation, .adjustment, .externalFlow: break
        }
    }

    private func forget(_ id: OrderID) { working.removeAll { $0.order.order == id } }

    private func acknowledged(_ id: OrderID, _ source: Source, _ now: Timestamp) {
        if let index = working.firstIndex(where: { $0.order.order == id }) { working[index].isAcknowledged = true }
        guard step == .resting(id) else { return }
        switch source {
        case .answer where seen.insert("answer").inserted: tell("order acknowledged", true, name(id), since: stepBegan, now)
        case .stream where seen.insert("stream").inserted: tell("order, by private stream", true, name(id), since: stepBegan, now)
        case .answer, .stream: break
        }
        if seen.count == 2 { query(id, isGone: false, now) }
    }

    private func filled(_ fill: Fill, _ now: Timestamp) {
        guard fill.instrument == terms.instrument, let index = working.firstIndex(where: { $0.order.order == fill.order }) else { return }
        let contract = terms.contract
        held = Quantity(lots: held.lots + fill.signedQuantity.lots)
        spent += fill.side.sign * contract.notional(fill.quantity, contract.finePrice(fill.price)).nanos
        if fill.fee.currency == contract.quote { spent += fill.fee.nanos }
        working[index].filled = Quantity(lots: working[index].filled.lots + fill.quantity.lots)
        let what = fill.side == .buy ? "bought" : "closed"
        tell(
            what, true,
            "\(contract.text(fill.quantity)) at \(contract.text(fill.price)) as \(fill.role), fee \(fill.fee), trade "
                + "\(fill.trade & 0xFFFF_FFFF_FFFF), \(name(fill.order))", since: working[index].sentAt, now)
        let isWhole = working[index].filled >= working[index].order.quantity
        if isWhole { forget(fill.order) }
        switch step {
        case .entering: if isWhole { close(now) }
        case .closing: if held.isZero { finishTrade(now) }
        // It rested too near: what it bought is closed once it is gone.
        case .resting(fill.order) where isWhole: close(now)
        default: break
        }
    }

    private func ended(_ id: OrderID, _ text: String, wasAsked: Bool, _ now: Timestamp) {
        forget(id)
        switch step {
        case .resting(id):
            tell("order acknowledged", false, "\(name(id)) \(text)", since: stepBegan, now)
            held.isZero ? leave(now) : close(now)
        case .cancelling(id):
            tell("cancelled, by private stream", wasAsked, "\(name(id))\(wasAsked ? "" : " \(text)")", since: stepBegan, now)
            query(id, isGone: true, now)
        default: break
        }
    }

    private func cancelRefused(_ id: OrderID, _ reason: RejectReason, _ now: Timestamp) {
        if let index = working.firstIndex(where: { $0.order.order == id }) { working[index].isCancelling = false }
        switch step {
        case .cancelling(id):
            tell("cancelled, by private stream", false, "\(name(id)): the cancel was refused: \(reason)", since: stepBegan, now)
            query(id, isGone: true, now)
        // The venue doesn't know it: it is gone, or never came.
        case .leaving: _ = ask(.order(id, terms.instrument), now)
        default: break
        }
    }

    private func queryRefused(_ reason: RejectReason, _ now: Timestamp) {
        switch step {
        case .querying(let id, let isGone, _):
            tell(isGone ? "cancelled, by query" : "order, by query", false, "refused: \(reason)", since: stepBegan, now)
            afterQuery(id, isGone: isGone, now)
        case .listing(let id, let isGone, _):
            tell(isGone ? "cancelled, by open orders" : "order, by open orders", false, "refused: \(reason)", since: stepBegan, now)
            afterListing(id, isGone: isGone, now)
        default: break
        }
    }

    private func answered(_ query: UInt64, _ now: Timestamp) {
        switch step {
        case .querying(let id, let isGone, query):
            let status = toldOrders.last { $0.order == id }
            let text = status.map { "\(name(id)) is \($0.isOpen ? "open" : "gone")" } ?? "\(name(id)) is not known"
            tell(isGone ? "cancelled, by query" : "order, by query", (status?.isOpen ?? false) != isGone, text, since: stepBegan, now)
            if isGone, status?.isOpen != true { forget(id) }
            afterQuery(id, isGone: isGone, now)
        case .listing(let id, let isGone, query):
            let isThere = toldOrders.contains { $0.order == id && $0.isOpen }
            let text =
                "\(toldOrders.count) of ours \(toldOrders.count == 1 ? "is" : "are") open, \(name(id)) is \(isThere ? "one" : "none")"
            tell(isGone ? "cancelled, by open orders" : "order, by open orders", isThere != isGone, text, since: stepBegan, now)
            afterListing(id, isGone: isGone, now)
        default: break
        }
    }

    // MARK: A trade

    private func trade(_ now: Timestamp) {
        guard let budget = terms.budget, working.isEmpty else { return leave(now) }
        guard let mid, let touch else {
            tell("budget", false, "the book has no two sides", now)
            return leave(now)
        }
        let contract = terms.contract
        let value = contract.notional(contract.leastOrder(at: mid), mid).nanos
        // In and out as a taker, at the worst price that closing takes.
        let rate = 2 * Int128(terms.takerFee.trillionths) + Int128(terms.slippage.trillionths)
        let spread = Int128((touch.ask - touch.bid).count) * Int128(Rate.scale) / Int128(touch.ask.ticks)
        let cost = Int64(Int128(value) * (rate + spread) / Int128(Rate.scale))
        let (costText, budgetText) = (Decimal.text(cost, decimals: 9), Decimal.text(budget, decimals: 9))
        tell("budget", cost <= budget, "trading may cost \(costText) of \(budgetText) \(contract.quote)", now)
        guard cost <= budget else { return leave(now) }
        begin(.entering, within: terms.entryTimeout, now)
        (attempts, nextAttempt) = (0, now)
        follow(now)
    }

    /// Keeps the order that buys at the best bid.
    func follow(_ now: Timestamp) {
        guard now < deadline else { return }
        guard let touch else { return nextAttempt = max(nextAttempt, now + Self.attemptEvery) }
        if let order = working.first {
            let price = order.order.price ?? touch.bid
            // What has begun to fill is left to it.
            guard touch.bid > price, order.filled.isZero, !order.isCancelling, order.isAcknowledged else { return }
            return sendCancel(order.order.order, now)
        }
        guard waitsToTry, nextAttempt <= now else { return }
        attempts += 1
        nextAttempt = now + Self.attemptEvery
        let price = terms.contract.orderPrice(touch.bid, .buy)
        _ = submit(.buy, price, terms.contract.leastOrder(at: terms.contract.finePrice(price)), postOnly: true, now)
    }

    var waitsToTry: Bool { step == .entering && working.isEmpty && held.isZero && attempts < Self.mostAttempts }

    private func close(_ now: Timestamp) {
        for order in working where !order.isCancelling { sendCancel(order.order.order, now) }
        begin(.closing, now)
        attempts = 0
        sendClosing(now)
    }

    /// At once, for no less than a bound; reduce-only, so that it never opens a position.
    func sendClosing(_ now: Timestamp) {
        guard held.lots > 0, attempts < Self.mostClosings, !working.contains(where: { $0.order.side == .sell }), let touch else { return }
        attempts += 1
        let contract = terms.contract
        let bound = Int128(touch.bid.ticks) * Int128(Rate.scale - terms.slippage.trillionths) / Int128(Rate.scale)
        let price = contract.orderPrice(Price(ticks: max(1, Int64(bound))), .sell)
        _ = submit(.sell, price, held, postOnly: false, reduceOnly: contract.kind != .spot, now)
    }

    private func finishTrade(_ now: Timestamp) {
        let text = "\(Decimal.text(spent, decimals: 9)) \(terms.contract.quote)"
        if let budget = terms.budget { tell("spent", spent <= budget, text, now) } else { tell("spent", false, "\(text), unintended", now) }
        leave(now)
    }

    // MARK: The end

    /// Places nothing more, but for what closes.
    func leave(_ now: Timestamp) {
        guard step != .leaving, step != .done else { return }
        begin(.leaving, now)
        // A cancel that was sent may be lost: another does no harm.
        for order in working { sendCancel(order.order.order, now) }
        attempts = 0
        depart(now)
    }

    func depart(_ now: Timestamp) {
        guard step == .leaving, working.isEmpty, held.isZero else { return sendClosing(now) }
        if isAbandoned, lastOrder > 0 { tell("left", true, "nothing rests, and nothing is held", since: stepBegan, now) }
        begin(.done, now)
    }

    private func giveUp(_ now: Timestamp) {
        // A stream that is down tells of no cancel: each is asked for once.
        if !working.isEmpty, seen.insert("asked").inserted {
            deadline = now + terms.stepTimeout
            for order in working { _ = ask(.order(order.order.order, terms.instrument), now) }
            return
        }
        for order in working {
            tell("left", false, "\(name(order.order.order)) may still rest: look for it at the venue", since: stepBegan, now)
        }
        if !held.isZero { tell("left", false, "\(terms.contract.text(held)) are held: close them at the venue", since: stepBegan, now) }
        begin(.done, now)
    }
}
