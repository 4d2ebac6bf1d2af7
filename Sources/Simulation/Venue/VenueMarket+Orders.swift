internal import Market

/// Feeds that tell their orders one by one, and no levels beside them.
extension VenueMarket {
    /// A record of a single order: what a feed of levels and trades would have shown of it happens to the book and to our
    /// orders; with exact queues, each of ours then learns what stands ahead of it.
    mutating func order(_ event: borrowing MarketEvent) {
        if event.flags.contains(.snapshot), event.isFirst { book.removeAll() }
        let wasSettled = flow.isSettled
        flow.receive(event)
        let changes = flow.changes
        for change in changes {
            let (side, ticks) = (change.order.side, change.order.ticks)
            if change.cause == .executed { trade(side.opposite, ticks, change.lots) }
            level(side, ticks, change.level)
            if queueModel == .exactFIFO { recount(side, ticks) }
        }
        guard flow.isSettled, !wasSettled else { return }
        if event.flags.contains(.snapshot) { endSnapshot() } else { isSynchronised = true }
    }

    /// Where an order that arrives now would stand.
    func queueEnd(_ side: Side, _ ticks: Int64) -> QueuePosition {
        QueuePosition(ahead: book.lots(side, ticks), place: flow.book.nextPlace)
    }

    /// Orders of ours that arrived before the venue's orders were forgotten keep what they knew: only trades move them.
    private mutating func recount(_ side: Side, _ ticks: Int64) {
        for index in 0..<count(side) where self[side, index].ticks == ticks {
            let place = self[side, index].queue.place
            if place >= flow.knownFrom { self[side, index].queue.recount(flow.book.lots(side, ticks, before: place)) }
        }
    }
}
