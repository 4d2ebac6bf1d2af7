internal import Market
internal import Trading

/// Orders by their numbers: the open ones, and the last of those that have ended.
struct ServedOrders {
    private static let limit = 100_000

    private var orders: [UInt64: ServedOrder] = [:]
    /// By account.
    private var openOrders: [Int: Set<UInt64>] = [:]
    private var oldest: UInt64 = 1
    private var last: UInt64 = 0

    /// The number of an order that is about to be sent.
    mutating func nextID() -> OrderID {
        last += 1
        return OrderID(last)
    }

    subscript(id: OrderID) -> ServedOrder? {
        get { orders[id.rawValue] }
        set {
            if let account = newValue?.account ?? orders[id.rawValue]?.account {
                if newValue?.status.isOpen == true {
                    openOrders[account, default: []].insert(id.rawValue)
                } else {
                    openOrders[account]?.remove(id.rawValue)
                }
            }
            orders[id.rawValue] = newValue
        }
    }

    mutating func add(_ order: ServedOrder) {
        self[order.id] = order
        while orders.count > Self.limit, oldest < last {
            if orders[oldest]?.status.isOpen != true { orders[oldest] = nil }
            oldest += 1
        }
    }

    /// By the number that the venue tells.
    func find(number: Int64) -> ServedOrder? {
        number > ServedOrder.firstNumber ? orders[UInt64(number - ServedOrder.firstNumber)] : nil
    }

    /// An account's, oldest first.
    func all(_ account: Int) -> [ServedOrder] { orders.values.filter { $0.account == account }.sorted { $0.id < $1.id } }

    func openCount(_ account: Int) -> Int { openOrders[account]?.count ?? 0 }

    /// An account's that are open, oldest first.
    func open(_ account: Int) -> [ServedOrder] { (openOrders[account] ?? []).sorted().compactMap { orders[$0] } }
}
