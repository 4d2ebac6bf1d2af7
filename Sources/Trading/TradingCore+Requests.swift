public import Market

/// What a strategy or an algorithm may ask for: the work behind `Context`.
extension TradingCore {
    func submit(_ draft: OrderDraft, _ instance: StrategyID, _ algorithm: AlgorithmID?) -> OrderID {
        var order = Order(id: orders.nextID, instance: instance, algorithm: algorithm, draft: draft, now: now)
        if let reason = denial(of: draft, instance) {
            order.life = .done(.denied)
            orders.add(order)
            announce(order, .denied(reason))
            ended(order)
            return order.id
        }
        order.life = .submitting
        order.deadline = now + configuration.unknownAfter
        orders.add(order)
        risk.recordOrder(draft, now)
        instances[instance.index].recordOrder(now)
        deadlines.add(order.id, order.deadline)
        emit(
            .submit(
                OrderRequest(
                    account: draft.account, instrument: draft.instrument, order: order.id, side: draft.side, type: draft.type,
                    timeInForce: draft.timeInForce, price: draft.price, quantity: draft.quantity, postOnly: draft.postOnly,
                    reduceOnly: draft.reduceOnly, terms: draft.terms, instance: instance)))
        observers.tell { $0.submitted(order, at: now) }
        return order.id
    }

    func amend(_ id: OrderID, price: Price, quantity: Quantity) {
        guard let order = orders[id], !order.isDone, order.pending == .none else {
            if let order = orders[id] { announce(order, .amendRejected(.unknownOrder)) }
            return
        }
        if let reason = denial(ofAmending: order, to: price, quantity) { return announce(order, .amendDenied(reason)) }
        risk.recordRequest(now)
        instances[order.instance.index].recordOrder(now)
        _ = orders.update(id) { $0.expects(price: price, quantity: quantity) }
        expectAnswer(id)
        emit(
            .amend(
                AmendRequest(account: order.draft.account, instrument: order.draft.instrument, order: id, price: price, quantity: quantity))
        )
        observers.tell { $0.requested(.amend, order, at: now) }
    }

    func cancel(_ id: OrderID) {
        guard !isStopped else { return }
        let (now, deadline) = (now, now + configuration.unknownAfter)
        let request = orders.update(id) { order -> CancelRequest? in
            guard !order.isDone, order.pending != .cancel else { return nil }
            order.pending = .cancel
            // What is unknown is asked about when that is due, however often it is cancelled meanwhile.
            if order.certainty == .known || order.deadline <= now { order.deadline = deadline }
            return CancelRequest(account: order.draft.account, instrument: order.draft.instrument, order: id)
        }
        guard let request = request ?? nil else { return }
        if orders.read(id, { $0.deadline }) == deadline { deadlines.add(id, deadline) }
        emit(.cancel(request))
        guard !observers.isEmpty, let order = orders[id] else { return }
        observers.tell { $0.requested(.cancel, order, at: now) }
    }

    /// Asks to cancel once more: the cancel before was lost, or the order was taken for dead. Also when the core has stopped.
    func cancelAgain(_ id: OrderID) {
        guard let order = orders[id] else { return }
        expectAnswer(id)
        emit(.cancel(CancelRequest(account: order.draft.account, instrument: order.draft.instrument, order: id)))
        observers.tell { $0.requested(.cancel, order, at: now) }
    }

    /// Asks the venue to cancel all of an account's orders, or those of one instrument. Their ends arrive one by one.
    func cancelAll(_ account: AccountID, _ instrument: InstrumentID?) {
        guard !isStopped else { return }
        for id in orders.open {
            let deadline = now + configuration.unknownAfter
            let isAsked = orders.update(id) { order -> Bool in
                guard order.draft.account == account, instrument == nil || order.draft.instrument == instrument, order.pending != .cancel
                else { return false }
                order.pending = .cancel
                // As `cancel` has it.
                guard order.certainty == .known || order.deadline <= now else { return false }
                order.deadline = deadline
                return true
            }
            if isAsked == true { deadlines.add(id, deadline) }
        }
        emit(.cancelAll(account: account, instrument: instrument))
    }

    func deadMan(_ account: AccountID, _ span: Nanoseconds) { emit(.deadMan(account: account, span)) }

    /// A request on the order was sent now.
    func expectAnswer(_ id: OrderID) {
        let deadline = now + configuration.unknownAfter
        _ = orders.update(id) { $0.deadline = deadline }
        deadlines.add(id, deadline)
    }

    func setLeverage(_ account: AccountID, _ instrument: InstrumentID, _ leverage: Int64) {
        emit(.setLeverage(account: account, instrument: instrument, leverage: leverage))
    }

    func wake(at time: Timestamp, _ instance: StrategyID, _ algorithm: AlgorithmID?) -> TimerToken {
        hasNews = true
        return timers.add(at: max(time, now), instance, algorithm)
    }

    func cancel(_ timer: TimerToken) {
        hasNews = true
        timers.cancel(timer)
    }

    func random(_ instance: StrategyID, _ range: ClosedRange<Int64>) -> Int64 { instances[instance.index].random.uniform(in: range) }

    func note(_ instance: StrategyID?, _ text: String) {
        observers.tell { $0.noted(text, instance: instance, at: now) }
    }

    func check(_ text: String, passes: Bool) { observers.tell { $0.checked(text, passes: passes, at: now) } }

    // MARK: What the context shows

    /// The account's position from confirmed fills.
    public func position(_ account: AccountID, _ instrument: InstrumentID) -> Quantity { positions.position(account, instrument) }
    func ownPosition(_ instance: StrategyID, _ account: AccountID, _ instrument: InstrumentID) -> Quantity {
        positions.own(instance, account, instrument)
    }
    func balance(_ account: AccountID, _ currency: Currency) -> Money { positions.balance(account, currency) }

    public func equity(_ account: AccountID, _ currency: Currency) -> Money {
        var sum = positions.balance(account, currency)
        for (index, instrument) in instruments.enumerated() where instrument.settlement == currency {
            sum += positions.unrealised(account, InstrumentID(index), at: reference(InstrumentID(index)))
        }
        return sum
    }

    func inFlight(_ instance: StrategyID, _ account: AccountID, _ instrument: InstrumentID, _ purpose: OrderPurpose?) -> Quantity {
        var sum = Quantity.zero
        for id in orders.open {
            guard let order = orders[id], order.instance == instance, order.draft.account == account, order.draft.instrument == instrument,
                purpose == nil || order.draft.purpose == purpose
            else { continue }
            sum = sum + order.signedRemaining
        }
        for id in orders.unsettled {
            guard let order = orders[id], order.instance == instance, order.draft.account == account, order.draft.instrument == instrument,
                purpose == nil || order.draft.purpose == purpose
            else { continue }
            sum = sum + order.signedReserve
        }
        return sum
    }

    /// nil when it never was, or its record is no longer kept.
    public func order(_ id: OrderID) -> Order? { orders[id] }
    func isDone(_ id: OrderID) -> Bool { orders.read(id) { $0.isDone } ?? true }

    func openOrders(_ instance: StrategyID, _ account: AccountID?, _ instrument: InstrumentID?) -> [Order] {
        orders.open.compactMap { orders[$0] }.filter {
            $0.instance == instance && (account == nil || $0.draft.account == account)
                && (instrument == nil || $0.draft.instrument == instrument)
        }
    }

    /// Orders that are not done, oldest first.
    public var openOrders: [Order] { orders.open.compactMap { orders[$0] } }
}
