/// Turns a feed of orders into what a feed of levels and trades would have shown of it, and knows every order's place.
///
/// - A new order that reaches the other side is about to trade. Some venues announce it as if it rested, and its trades
///   afterwards: it is held back until nothing stands against it, and then rests with what it has left.
/// - A resting order that is deleted as filled, or shrinks at the touch or against an order held back, was hit: the
///   other side traded with it at its price. A trade is told before the level that it shrinks.
/// - All else that vanishes was withdrawn.
///
/// The feed's own trades add nothing to it: each is the fill of a resting order, which is told here with its id.
public struct OrderFlow: Sendable {
    public enum Cause: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        /// The order joined the end of its level.
        case rested
        /// The order was hit.
        case executed
        /// The order left or shrank without a trade.
        case withdrawn
    }

    public struct Change: Hashable, BitwiseCopyable, Sendable {
        public var cause: Cause
        /// As it was before the change; one that rested, as it is.
        public var order: L3Book.Order
        /// By how much its level grew or shrank.
        public var lots: Int64
        /// The level's size after it.
        public var level: Int64

        public init(cause: Cause, order: L3Book.Order, lots: Int64, level: Int64) {
            self.cause = cause
            self.order = order
            self.lots = lots
            self.level = level
        }

        /// The level's size before it.
        public var previous: Int64 { cause == .rested ? level - lots : level + lots }
    }

    /// An order that is about to trade.
    private struct Taker {
        var id: Int64
        var side: Side
        var ticks: Int64
        /// As its own records say.
        var lots: Int64
        /// Executions against it that its own records have not told yet; negative: told, but not by the other order's.
        var owed: Int64
        var since: Timestamp

        var remaining: Int64 { lots - max(0, owed) }

        /// Whether it still wants what rests at `price` on the other side.
        func reaches(_ resting: Side, _ price: Int64) -> Bool {
            side != resting && remaining > 0 && OrderFlow.reaches(side, ticks, price)
        }
    }

    /// A book that began without its orders is trusted after this long: those that stand at its touch have been seen by then.
    public static let warmUp = Nanoseconds.minutes(10)
    /// An order that has stood against the other side for longer than this is not about to trade.
    private static let patience = Nanoseconds.seconds(5)

    /// What rests.
    public private(set) var book = L3Book()
    /// What the last record did, in order.
    public private(set) var changes: ContiguousArray<Change> = []
    /// Whether a full book came, or the warm-up is over; false again after a gap.
    public private(set) var isSettled = false
    /// Places below it are of orders that a gap or a full book has made it forget.
    public private(set) var knownFrom: UInt64 = 0
    private var takers: ContiguousArray<Taker> = []
    private var start: Timestamp?

    public init() {}

    /// Whether the feed has told of an order, since the last gap.
    public var hasBegun: Bool { start != nil }

    /// Takes the feed's next record; `changes` then holds what it did.
    public mutating func receive(_ event: borrowing MarketEvent) {
        changes.removeAll(keepingCapacity: true)
        let time = event.venueTime
        switch event.kind {
        case .gap: return clear()
        case .orderAdded, .orderChanged, .orderDeleted: break
        case .level, .trade, .quote, .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange: return
        }
        let isSnapshot = event.flags.contains(.snapshot)
        if isSnapshot, event.isFirst { clear() }
        let begun = start ?? time
        start = begun
        switch event.kind {
        case .orderAdded: add(event.detail, event.side, event.price, event.quantity, time)
        case .orderChanged: change(event.detail, event.side, event.price, event.quantity, time)
        default: delete(event.detail, left: event.quantity)
        }
        if !takers.isEmpty { release(time) }
        if isSnapshot ? event.isLast : time - begun >= Self.warmUp { isSettled = true }
    }

    private mutating func clear() {
        book.removeAll()
        knownFrom = book.nextPlace
        takers.removeAll()
        isSettled = false
        start = nil
    }

    // MARK: Records

    private mutating func add(_ id: Int64, _ side: Side, _ ticks: Int64, _ lots: Int64, _ time: Timestamp) {
        takers.removeAll { $0.id == id }
        if let old = book[id] { withdraw(old) }
        if lots > 0, isReached(side, ticks) {
            takers.append(Taker(id: id, side: side, ticks: ticks, lots: lots, owed: 0, since: time))
        } else {
            rest(id, side, ticks, lots)
        }
    }

    private mutating func change(_ id: Int64, _ side: Side, _ ticks: Int64, _ lots: Int64, _ time: Timestamp) {
        if let index = takers.firstIndex(where: { $0.id == id }) {
            guard takers[index].side == side, takers[index].ticks == ticks, lots <= takers[index].lots else {
                return add(id, side, ticks, lots, time)
            }
            takers[index].owed -= takers[index].lots - lots
            takers[index].lots = lots
            return
        }
        guard let old = book[id] else {
            _ = book.change(id, side, ticks: ticks, lots: lots)
            return
        }
        guard old.side == side, old.ticks == ticks, lots <= old.lots else { return add(id, side, ticks, lots, time) }
        guard lots < old.lots else { return }
        let isHit = book.best(side) == ticks || takers.contains { $0.reaches(side, ticks) }
        _ = book.change(id, side, ticks: ticks, lots: lots)
        note(isHit ? .executed : .withdrawn, old, old.lots - lots)
    }

    private mutating func delete(_ id: Int64, left: Int64) {
        if let index = takers.firstIndex(where: { $0.id == id }) {
            takers.remove(at: index)
        } else if let old = book[id] {
            if left > 0 { return withdraw(old) }
            _ = book.remove(id)
            note(.executed, old, old.lots)
        } else {
            _ = book.remove(id)
        }
    }

    // MARK: Changes

    private mutating func rest(_ id: Int64, _ side: Side, _ ticks: Int64, _ lots: Int64) {
        guard let order = book.add(id, side, ticks: ticks, lots: lots) else { return }
        note(.rested, order, lots)
    }

    private mutating func withdraw(_ order: L3Book.Order) {
        _ = book.remove(order.id)
        note(.withdrawn, order, order.lots)
    }

    private mutating func note(_ cause: Cause, _ order: L3Book.Order, _ lots: Int64) {
        changes.append(Change(cause: cause, order: order, lots: lots, level: book.lots(order.side, order.ticks)))
        guard cause == .executed, let taker = takers.firstIndex(where: { $0.reaches(order.side, order.ticks) }) else { return }
        takers[taker].owed += lots
    }

    /// Lets orders rest that nothing stands against any more, or that have waited too long for it.
    private mutating func release(_ time: Timestamp) {
        var index = 0
        while index < takers.count {
            let taker = takers[index]
            // One that has nothing left waits for its own records to say so.
            let isWaiting = taker.remaining == 0 || isReached(taker.side, taker.ticks)
            if isWaiting, time - taker.since <= Self.patience {
                index += 1
            } else {
                takers.remove(at: index)
                if taker.remaining > 0 { rest(taker.id, taker.side, taker.ticks, taker.remaining) }
            }
        }
    }

    /// Whether an order at `ticks` would meet a resting one.
    private func isReached(_ side: Side, _ ticks: Int64) -> Bool {
        book.best(side.opposite).map { Self.reaches(side, ticks, $0) } ?? false
    }

    private static func reaches(_ side: Side, _ limit: Int64, _ ticks: Int64) -> Bool { side == .buy ? limit >= ticks : limit <= ticks }
}
