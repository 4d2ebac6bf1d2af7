public import Market
internal import Trading

/// Orders that wait for a price or a time, and connections that are lost.
extension SimulatedVenue {
    /// Lets the waiting orders into the book whose trigger this record reaches, oldest first.
    func fireTriggers(_ index: Int, _ event: borrowing MarketEvent) {
        let contract = markets[index].contract
        let reference: (Trigger.Reference, FinePrice)
        switch event.kind {
        case .trade: reference = (.last, contract.finePrice(Price(ticks: event.price)))
        case .mark: reference = (.mark, FinePrice(nanos: event.price))
        case .index: reference = (.index, FinePrice(nanos: event.price))
        default: return
        }
        let time = event.venueTime
        func isReached(_ order: WaitingOrder) -> Bool {
            guard let trigger = order.request.terms.trigger, trigger.reference == reference.0 else { return false }
            return trigger.isReached(order.request.side, reference.1)
        }
        while let place = markets[index].waiting.firstIndex(where: isReached) {
            let order = markets[index].waiting.remove(at: place)
            let request = order.request
            report(.triggered(request.order), order.account, time)
            // It was let wait by the rules of then; it enters by those of now.
            if violation(request, index, order.account) != nil {
                knownOrders.end(request.order)
                report(.cancelled(request.order, .venue), order.account, time)
            } else if enter(request, index, order.account, time) != nil {
                report(.cancelled(request.order, .venue), order.account, time)
            }
        }
    }

    /// Takes out the orders whose time has come.
    func expireOrders(_ index: Int, _ now: Timestamp) {
        var gone: [(order: OrderID, account: Int)] = []
        markets[index].expire(now) { gone.append(($0, $1)) }
        for (order, account) in gone {
            knownOrders.end(order)
            report(.expired(order, .timeInForce), account, now)
        }
    }

    /// An account's connection is lost: its orders are cancelled if it asked for that.
    public func loseConnection(_ id: AccountID, at time: Timestamp) {
        let account = accountIndex(id)
        guard accounts[account].configuration.cancelsOnDisconnect else { return }
        cancelAll(id, nil, account, time, .disconnect)
    }
}
