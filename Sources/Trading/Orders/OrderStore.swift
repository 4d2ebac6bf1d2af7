internal import Market

/// Every order of a run that may still matter, by id.
///
/// Ids count from 1, so that a lookup is an index. Records of done orders are let go after a while; a long-lived open order
/// does not hold back the ones after it.
struct OrderStore: ~Copyable {
    private var orders = Ring<Order>(capacity: 4_096)
    /// The id of the first order in `orders`.
    private var base: UInt64 = 1
    /// Orders older than `base` that still matter.
    private var survivors: [UInt64: Order] = [:]
    /// Orders that are not done, oldest first.
    private(set) var open: ContiguousArray<OrderID> = []
    /// Orders that ended while something of them was unknown; some may be known by now.
    private(set) var unsettled: ContiguousArray<OrderID> = []
    private let keepsFor: Nanoseconds

    init(keepsFor: Nanoseconds) { self.keepsFor = keepsFor }

    var nextID: OrderID { OrderID(base + UInt64(orders.count)) }

    mutating func add(_ order: Order) {
        precondition(order.id == nextID, "an order id was skipped")
        if orders.room == 0 { letGo(order.submittedAt) }
        orders.append(order)
        if !order.isDone { open.append(order.id) }
    }

    /// Leaves out the ids before `id`, which may have been given to orders that nobody has recorded.
    mutating func skip(to id: OrderID) {
        precondition(id >= nextID, "an order id would be used twice")
        while !orders.isEmpty {
            survivors[orders[0].id.rawValue] = orders[0]
            orders.removeFirst()
        }
        base = id.rawValue
    }

    subscript(id: OrderID) -> Order? {
        guard id.rawValue >= base else { return survivors[id.rawValue] }
        let index = Int(id.rawValue - base)
        return index < orders.count ? orders[index] : nil
    }

    /// Looks at an order in place; nil when its record is gone.
    @inline(__always)
    func read<Result>(_ id: OrderID, _ body: (borrowing Order) -> Result) -> Result? {
        guard id.rawValue >= base else { return survivors[id.rawValue].map { body($0) } }
        let index = Int(id.rawValue - base)
        return index < orders.count ? body(orders[index]) : nil
    }

    /// Changes an order in place and returns what the change says of it; nil when its record is gone.
    @inline(__always)
    mutating func update<Result>(_ id: OrderID, _ body: (inout Order) -> Result) -> Result? {
        guard id.rawValue >= base else { return updateSurvivor(id, body) }
        let index = Int(id.rawValue - base)
        guard index < orders.count else { return nil }
        let wasDone = orders[index].isDone
        let result = body(&orders[index])
        guard orders[index].isDone else { return result }
        if !wasDone { close(id) }
        if orders[index].certainty != .known { noteUnsettled(id) }
        return result
    }

    private mutating func updateSurvivor<Result>(_ id: OrderID, _ body: (inout Order) -> Result) -> Result? {
        guard var order = survivors[id.rawValue] else { return nil }
        let result = body(&order)
        survivors[id.rawValue] = order
        if order.isDone {
            close(id)
            if order.certainty != .known { noteUnsettled(id) }
        }
        return result
    }

    private mutating func noteUnsettled(_ id: OrderID) {
        guard !unsettled.contains(id) else { return }
        unsettled = unsettled.filter { self[$0].map { $0.certainty != .known } ?? false }
        unsettled.append(id)
    }

    /// Whether a request on the order that was due at `deadline` is still without an answer.
    func awaits(_ id: OrderID, by deadline: Timestamp) -> Bool {
        guard id.rawValue >= base else { return survivors[id.rawValue].map { $0.awaits(by: deadline) } ?? false }
        let index = Int(id.rawValue - base)
        return index < orders.count && orders[index].awaits(by: deadline)
    }

    /// How many records are held, for bounds on memory.
    var count: Int { orders.count + survivors.count }

    private mutating func close(_ id: OrderID) {
        // Few orders are open at a time, and the one that ends is usually among the last.
        if open.last == id { open.removeLast() } else if let index = open.lastIndex(of: id) { open.remove(at: index) }
    }

    private mutating func letGo(_ now: Timestamp) {
        survivors = survivors.filter { !$0.value.isDone || $0.value.changedAt + keepsFor >= now }
        while !orders.isEmpty, orders[0].submittedAt + keepsFor < now, !orders[0].isDone || orders[0].changedAt + keepsFor < now {
            if !orders[0].isDone { survivors[orders[0].id.rawValue] = orders[0] }
            orders.removeFirst()
            base += 1
        }
    }
}
