internal import Market

/// Requests whose answer is awaited, in the order of their deadlines: every request waits equally long.
struct DeadlineQueue: ~Copyable {
    struct Entry: BitwiseCopyable {
        var order: OrderID
        var time: Timestamp
    }

    private var entries = Ring<Entry>()

    mutating func add(_ order: OrderID, _ time: Timestamp) { entries.append(Entry(order: order, time: time)) }

    /// The first deadline of a request that is still unanswered, if it comes before `time`; else that.
    @inline(__always)
    mutating func next(_ orders: borrowing OrderStore, before time: Timestamp) -> Timestamp {
        guard !entries.isEmpty, entries[0].time < time else { return time }
        skipAnswered(orders)
        return entries.isEmpty ? time : min(time, entries[0].time)
    }

    /// An order whose deadline has passed.
    mutating func take(_ now: Timestamp, _ orders: borrowing OrderStore) -> OrderID? {
        guard !entries.isEmpty, entries[0].time <= now else { return nil }
        skipAnswered(orders)
        guard !entries.isEmpty, entries[0].time <= now else { return nil }
        return entries.removeFirst().order
    }

    private mutating func skipAnswered(_ orders: borrowing OrderStore) {
        // A later request of the same order waits for its own deadline.
        while !entries.isEmpty, !orders.awaits(entries[0].order, by: entries[0].time) { entries.removeFirst() }
    }
}

/// Trades of one venue that were counted already: the last ones, so that a duplicate report is not counted twice.
struct TradeFilter: ~Copyable {
    private var seen = RecentMap<UInt8>(limit: 65_536, filler: 0)

    /// Whether the trade is new.
    mutating func insert(_ trade: UInt64) -> Bool { seen.insert(trade, 0) }
}

/// What waits to be told, in order.
struct Inbox: ~Copyable {
    enum Message: BitwiseCopyable {
        case event(StrategyEvent)
        /// Of an algorithm: it begins.
        case start
        /// Of an algorithm: it is asked to end early.
        case cancel
    }

    struct Entry: BitwiseCopyable {
        var message: Message
        var target: Target
    }

    private var entries = Ring<Entry>()

    var isEmpty: Bool { entries.isEmpty }

    mutating func add(_ event: StrategyEvent, _ target: Target) { add(.event(event), target) }
    mutating func add(_ message: Message, _ target: Target) { entries.append(Entry(message: message, target: target)) }

    mutating func take() -> Entry? { entries.isEmpty ? nil : entries.removeFirst() }
}
