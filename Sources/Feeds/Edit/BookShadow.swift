import Market

/// The book as a feed's records have left it, to be told again where some of them are left out: by levels or by single orders, as the
/// feed tells it.
struct BookShadow {
    private struct Order {
        var record: MarketEvent
        /// Its place among all orders ever added: orders of one price keep their places in the queue.
        var place: Int
    }

    private var bids: [Int64: Int64] = [:]
    private var asks: [Int64: Int64] = [:]
    private var orders: [Int64: Order] = [:]
    private var places = 0
    /// A full book came, and no gap since.
    private var isWhole = false
    /// The last record of the book: its venue time, update number and raw frame.
    private(set) var last: MarketEvent?

    var isEmpty: Bool { bids.isEmpty && asks.isEmpty && orders.isEmpty }

    mutating func receive(_ event: MarketEvent) {
        if event.flags.contains(.snapshot), event.isFirst {
            clear()
            isWhole = true
        }
        switch event.kind {
        case .level:
            if event.side == .buy { set(&bids, event) } else { set(&asks, event) }
            last = event
        case .orderAdded:
            places += 1
            orders[event.detail] = Order(record: event, place: places)
            last = event
        case .orderChanged:
            orders[event.detail]?.record.quantity = event.quantity
            last = event
        case .orderDeleted:
            orders[event.detail] = nil
            last = event
        case .gap:
            clear()
            isWhole = false
            last = nil
        case .trade, .quote, .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange: break
        }
    }

    private mutating func clear() {
        bids.removeAll(keepingCapacity: true)
        asks.removeAll(keepingCapacity: true)
        orders.removeAll(keepingCapacity: true)
    }

    private func set(_ side: inout [Int64: Int64], _ event: MarketEvent) {
        if event.quantity > 0 { side[event.price] = event.quantity } else { side[event.price] = nil }
    }

    /// The book as one frame: a full book where it is known whole, else as much of it as is known, as changes.
    ///
    /// - Parameter next: The record behind it, whose receive time it takes. Its venue time is that of its last change, as a full book
    ///   that is asked for has, or that of `next` where nothing tells when `next` was received.
    func frame(before next: MarketEvent) -> [MarketEvent] {
        guard let last, !isEmpty else { return [] }
        let flags: MarketEvent.Flags = isWhole ? .snapshot : []
        func record(_ kind: MarketEvent.Kind, _ side: Side, _ price: Int64, _ quantity: Int64, _ detail: Int64) -> MarketEvent {
            MarketEvent(
                kind: kind, instrument: next.instrument, venueTime: next.receiveTime.nanoseconds != 0 ? last.venueTime : next.venueTime,
                receiveTime: next.receiveTime, price: price, quantity: quantity, detail: detail,
                flags: side == .sell ? flags.union(.sell) : flags, frame: last.frame)
        }
        var frame = bids.sorted { $0.key > $1.key }.map { record(.level, .buy, $0.key, $0.value, last.detail) }
        frame += asks.sorted { $0.key < $1.key }.map { record(.level, .sell, $0.key, $0.value, last.detail) }
        for order in orders.values.sorted(by: { $0.place < $1.place }) {
            frame.append(record(.orderAdded, order.record.side, order.record.price, order.record.quantity, order.record.detail))
        }
        frame[0].flags.insert(.first)
        frame[frame.count - 1].flags.insert(.last)
        return frame
    }
}
