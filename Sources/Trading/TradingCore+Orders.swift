internal import Market

/// Feeds that tell their orders one by one: their books are the sums of the orders that rest.
extension TradingCore {
    func absorbOrder(_ event: borrowing MarketEvent) {
        let instrument = event.instrument
        if event.flags.contains(.snapshot), event.isFirst { books[instrument].removeAll() }
        let wasSettled = flows[instrument.index].isSettled
        flows[instrument.index].receive(event)
        let changes = flows[instrument.index].changes
        for change in changes { books[instrument].set(change.order.side, ticks: change.order.ticks, lots: change.level) }
        if flows[instrument.index].isSettled, !wasSettled { set(instrument, .synchronised) }
        guard event.isLast else { return }
        feeds[instrument].lastUpdate = event.receiveTime
        if !changes.isEmpty, !feeds[instrument].interests.isEmpty { tellOfBook(instrument) }
    }
}
