internal import Market

/// Requests whose answer is awaited, in the order of their deadlines: every request waits equally long.
struct DeadlineQueue {
    private var entries: ContiguousArray<(order: OrderID, time: Timestamp)> = []
    private var head = 0

    mutating func add(_ order: OrderID, _ time: Timestamp) { entries.append((order, time)) }

    /// The first deadline of a request that is still unanswered.
    mutating func next(_ orders: borrowing OrderStore) -> Timestamp {
        skipAnswered(orders)
        return head < entries.count ? entries[head].time : .never
    }

    /// An order whose deadline has passed.
    mutating func take(_ now: Timestamp, _ orders: borrowing OrderStore) -> OrderID? {
        skipAnswered(orders)
        guard head < entries.count, entries[head].time <= now else { return nil }
        head += 1
        return entries[head - 1].order
    }

    private mutating func skipAnswered(_ orders: borrowing OrderStore) {
        while head < entries.count {
            // A later request of the same order waits for its own deadline.
            guard let order = orders[entries[head].order], order.awaitsAnswer || order.certainty != .known,
                order.deadline == entries[head].time
            else {
                head += 1
                continue
            }
            break
        }
        if head == entries.count {
            entries.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 4_096 {
            entries.removeFirst(head)
            head = 0
        }
    }
}

/// Trades of one venue that were counted already: the last ones, so that a duplicate report is not counted twice.
struct TradeFilter {
    private static let limit = 65_536
    private var seen: Set<UInt64> = []
    private var order: ContiguousArray<UInt64> = []
    private var oldest = 0

    /// Whether the trade is new.
    mutating func insert(_ trade: UInt64) -> Bool {
        guard seen.insert(trade).inserted else { return false }
        if order.count < Self.limit {
            order.append(trade)
        } else {
            seen.remove(order[oldest])
            order[oldest] = trade
            oldest = (oldest + 1) % Self.limit
        }
        return true
    }
}

/// What waits to be told, in order.
struct Inbox {
    enum Message {
        case event(StrategyEvent)
        /// Of an algorithm: it begins.
        case start
        /// Of an algorithm: it is asked to end early.
        case cancel
    }

    private var entries: ContiguousArray<(message: Message, target: Target)> = []
    private var head = 0

    var isEmpty: Bool { head == entries.count }

    mutating func add(_ event: StrategyEvent, _ target: Target) { entries.append((.event(event), target)) }
    mutating func add(_ message: Message, _ target: Target) { entries.append((message, target)) }

    mutating func take() -> (message: Message, target: Target)? {
        guard head < entries.count else { return nil }
        head += 1
        let entry = entries[head - 1]
        if head == entries.count {
            entries.removeAll(keepingCapacity: true)
            head = 0
        }
        return entry
    }
}
