internal import Market

/// Every order of a run that may still matter, by id.
///
/// Ids count from 1, so that a lookup is an index. Records of done orders are let go after a while; a long-lived open order
/// does not hold back the ones after it.
struct OrderStore {
    private var orders: ContiguousArray<Order> = []
    /// The id of the first order in `orders`.
    private var base: UInt64 = 1
    /// Orders older than `base` that are not done yet.
    private var survivors: [UInt64: Order] = [:]
    /// Orders that are not done, oldest first.
    private(set) var open: ContiguousArray<OrderID> = []
    private let keepsFor: Nanoseconds

    init(keepsFor: Nanoseconds) { self.keepsFor = keepsFor }

    var nextID: OrderID { OrderID(base + UInt64(orders.count)) }

    mutating func add(_ order: Order) {
        precondition(order.id == nextID, "an order id was skipped")
        if orders.count >= 4_096, orders.count == orders.capacity { letGo(order.submittedAt) }
        orders.append(order)
        if !order.isDone { open.append(order.id) }
    }

    subscript(id: OrderID) -> Order? {
        guard id.rawValue >= base else { return survivors[id.rawValue] }
        let index = Int(id.rawValue - base)
        return index < orders.count ? orders[index] : nil
    }

    /// Changes an order in place; nothing happens when its record is gone.
    mutating func update(_ id: OrderID, _ body: (inout Order) -> Void) {
        if id.rawValue >= base {
            let index = Int(id.rawValue - base)
            guard index < orders.count else { return }
            body(&orders[index])
            if orders[index].isDone { close(id) }
        } else if survivors[id.rawValue] != nil {
            body(&survivors[id.rawValue]!)
            if survivors[id.rawValue]!.isDone { close(id) }
        }
    }

    /// How many records are held, for bounds on memory.
    var count: Int { orders.count + survivors.count }

    private mutating func close(_ id: OrderID) {
        // Few orders are open at a time, and the one that ends is usually among the last.
        if let index = open.lastIndex(of: id) { open.remove(at: index) }
    }

    private mutating func letGo(_ now: Timestamp) {
        var old = 0
        while old < orders.count, orders[old].submittedAt + keepsFor < now, !orders[old].isDone || orders[old].changedAt + keepsFor < now {
            old += 1
        }
        survivors = survivors.filter { !$0.value.isDone || $0.value.changedAt + keepsFor >= now }
        for order in orders[..<old] where !order.isDone { survivors[order.id.rawValue] = order }
        orders.removeFirst(old)
        base += UInt64(old)
    }
}
