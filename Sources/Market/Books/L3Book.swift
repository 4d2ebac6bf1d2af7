/// Resting orders of one instrument by the venue's id, first in first out at each price.
///
/// An order that shrinks keeps its place; one that grows, or moves to another price or side, goes to the end. Changes and
/// removals of unknown ids do nothing and are counted.
public struct L3Book: Hashable, Sendable {
    public struct Order: Hashable, BitwiseCopyable, Sendable {
        public var id: Int64
        public var side: Side
        public var ticks: Int64
        public var lots: Int64
        /// Its turn at its price: lower goes first. No two orders ever have the same.
        public var place: UInt64

        public init(id: Int64, side: Side, ticks: Int64, lots: Int64, place: UInt64) {
            self.id = id
            self.side = side
            self.ticks = ticks
            self.lots = lots
            self.place = place
        }
    }

    /// What did not fit the book.
    public struct Faults: Hashable, Sendable {
        public var unknownChanges = 0
        public var unknownRemovals = 0
        /// Additions of an id that was there; the old order is gone.
        public var repeatedAdditions = 0
        /// Additions of nothing, which are left out.
        public var emptyAdditions = 0

        public init() {}
    }

    private struct Level: Hashable, Sendable {
        var ticks: Int64
        var lots: Int64
        /// In order of place.
        var orders: ContiguousArray<Order>
    }

    private struct Location: Hashable, Sendable {
        var side: Side
        var ticks: Int64
        var place: UInt64
    }

    private var locations: [Int64: Location] = [:]
    /// From the worst price to the best, so that the touch changes at the end of the array.
    private var bids: ContiguousArray<Level> = []
    private var asks: ContiguousArray<Level> = []
    /// The place of the next order that joins a level: whoever comes now stands behind all that have a lower one.
    public private(set) var nextPlace: UInt64 = 0
    public private(set) var faults = Faults()

    public init() {}

    public var count: Int { locations.count }
    public func levelCount(_ side: Side) -> Int { side == .buy ? bids.count : asks.count }

    /// The best price of a side; nil when it is empty.
    public func best(_ side: Side) -> Int64? { side == .buy ? bids.last?.ticks : asks.last?.ticks }

    /// The size that the orders at a price have together.
    public func lots(_ side: Side, _ ticks: Int64) -> Int64 {
        find(side, ticks).map { side == .buy ? bids[$0].lots : asks[$0].lots } ?? 0
    }

    /// The orders at a price, first in the queue first.
    public func orders(_ side: Side, _ ticks: Int64) -> ContiguousArray<Order> {
        find(side, ticks).map { side == .buy ? bids[$0].orders : asks[$0].orders } ?? []
    }

    /// The size at a price that stands before `place`.
    ///
    /// - Complexity: O(log *l* + *n*) in the side's levels and the orders ahead.
    public func lots(_ side: Side, _ ticks: Int64, before place: UInt64) -> Int64 {
        guard let index = find(side, ticks) else { return 0 }
        return side == .buy ? Self.lots(bids[index], before: place) : Self.lots(asks[index], before: place)
    }

    private static func lots(_ level: borrowing Level, before place: UInt64) -> Int64 {
        var sum: Int64 = 0
        for index in level.orders.indices {
            guard level.orders[index].place < place else { break }
            sum += level.orders[index].lots
        }
        return sum
    }

    public subscript(id: Int64) -> Order? {
        guard let location = locations[id], let level = find(location.side, location.ticks) else { return nil }
        let orders = location.side == .buy ? bids[level].orders : asks[level].orders
        return orders[Self.find(orders, location.place)]
    }

    // MARK: Changes

    /// Puts an order at the end of its price's queue; returns it, or nil when it has no size.
    @discardableResult
    public mutating func add(_ id: Int64, _ side: Side, ticks: Int64, lots: Int64) -> Order? {
        if locations[id] != nil {
            faults.repeatedAdditions += 1
            _ = take(id)
        }
        guard lots > 0 else {
            faults.emptyAdditions += 1
            return nil
        }
        return append(id, side, ticks, lots)
    }

    /// Gives an order another size, price or side; returns what it was and what it is, nil when nobody knows it.
    ///
    /// With no size left it is removed, and what it is has no lots.
    @discardableResult
    public mutating func change(_ id: Int64, _ side: Side, ticks: Int64, lots: Int64) -> (old: Order, new: Order)? {
        guard let old = self[id] else {
            faults.unknownChanges += 1
            return nil
        }
        var new = old
        new.lots = max(0, lots)
        guard old.side == side, old.ticks == ticks, lots <= old.lots, lots > 0 else {
            _ = take(id)
            (new.side, new.ticks) = (side, ticks)
            return (old, lots > 0 ? append(id, side, ticks, lots) : new)
        }
        guard let level = find(side, ticks) else { preconditionFailure("an order stood at a price that has no level") }
        switch side {
        case .buy: Self.resize(&bids[level], old.place, to: lots)
        case .sell: Self.resize(&asks[level], old.place, to: lots)
        }
        return (old, new)
    }

    /// Removes an order; returns what it was, nil when nobody knows it.
    @discardableResult
    public mutating func remove(_ id: Int64) -> Order? {
        guard let order = take(id) else {
            faults.unknownRemovals += 1
            return nil
        }
        return order
    }

    /// Forgets all orders; places and faults go on counting, so that who comes now has a higher one than who was there.
    public mutating func removeAll() {
        nextPlace += 1
        locations.removeAll(keepingCapacity: true)
        bids.removeAll(keepingCapacity: true)
        asks.removeAll(keepingCapacity: true)
    }

    // MARK: Levels

    private static func resize(_ level: inout Level, _ place: UInt64, to lots: Int64) {
        let index = find(level.orders, place)
        level.lots += lots - level.orders[index].lots
        level.orders[index].lots = lots
    }

    private mutating func append(_ id: Int64, _ side: Side, _ ticks: Int64, _ lots: Int64) -> Order {
        let order = Order(id: id, side: side, ticks: ticks, lots: lots, place: nextPlace)
        nextPlace += 1
        locations[id] = Location(side: side, ticks: ticks, place: order.place)
        switch side {
        case .buy: Self.append(order, to: &bids)
        case .sell: Self.append(order, to: &asks)
        }
        return order
    }

    private static func append(_ order: Order, to levels: inout ContiguousArray<Level>) {
        let index = firstIndex(levels, order.side, order.ticks)
        if index < levels.count, levels[index].ticks == order.ticks {
            levels[index].lots += order.lots
            levels[index].orders.append(order)
        } else {
            levels.insert(Level(ticks: order.ticks, lots: order.lots, orders: [order]), at: index)
        }
    }

    private mutating func take(_ id: Int64) -> Order? {
        guard let location = locations.removeValue(forKey: id) else { return nil }
        return location.side == .buy ? Self.take(location, from: &bids) : Self.take(location, from: &asks)
    }

    private static func take(_ location: Location, from levels: inout ContiguousArray<Level>) -> Order {
        let index = firstIndex(levels, location.side, location.ticks)
        let order = levels[index].orders.remove(at: find(levels[index].orders, location.place))
        levels[index].lots -= order.lots
        if levels[index].orders.isEmpty { levels.remove(at: index) }
        return order
    }

    private func find(_ side: Side, _ ticks: Int64) -> Int? {
        let index = side == .buy ? Self.firstIndex(bids, side, ticks) : Self.firstIndex(asks, side, ticks)
        switch side {
        case .buy: return index < bids.count && bids[index].ticks == ticks ? index : nil
        case .sell: return index < asks.count && asks[index].ticks == ticks ? index : nil
        }
    }

    /// The first level that is not worse than `ticks`.
    private static func firstIndex(_ levels: borrowing ContiguousArray<Level>, _ side: Side, _ ticks: Int64) -> Int {
        var (low, high) = (0, levels.count)
        while low < high {
            let middle = (low + high) / 2
            let isWorse = side == .buy ? levels[middle].ticks < ticks : levels[middle].ticks > ticks
            if isWorse { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The index of the order that has `place`, which must be there.
    private static func find(_ orders: borrowing ContiguousArray<Order>, _ place: UInt64) -> Int {
        var (low, high) = (0, orders.count)
        while low < high {
            let middle = (low + high) / 2
            if orders[middle].place < place { low = middle + 1 } else { high = middle }
        }
        precondition(low < orders.count && orders[low].place == place, "an order is not at its place")
        return low
    }
}
