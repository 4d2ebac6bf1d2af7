internal import Market
internal import Trading

/// Orders that the venue remembers, for queries and to refuse an id used twice.
struct KnownOrders: ~Copyable {
    /// What a query may ask of an order: kept small, because thousands are remembered.
    struct Record: BitwiseCopyable {
        let order: OrderID
        let account: AccountID
        let instrument: InstrumentID
        var isOpen = true
        private var hasPrice: Bool
        private var ticks: Int64
        var quantity: Quantity
        var filled = Quantity.zero

        init(_ request: OrderRequest) {
            order = request.order
            account = request.account
            instrument = request.instrument
            hasPrice = request.price != nil
            ticks = request.price?.ticks ?? 0
            quantity = request.quantity
        }

        var price: Price? { hasPrice ? Price(ticks: ticks) : nil }

        mutating func amend(price: Price, quantity: Quantity) {
            hasPrice = true
            ticks = price.ticks
            self.quantity = quantity
        }

        var status: OrderStatus {
            OrderStatus(order: order, instrument: instrument, isOpen: isOpen, price: price, quantity: quantity, filled: filled)
        }
    }

    struct AccountFill: BitwiseCopyable {
        var account: AccountID
        var fill: Fill
    }

    /// Open orders, the last ended ones, and the last fills are kept, so that memory is constant.
    private static let limit = 4_096
    private var records: RecentMap<Record>
    private var fills = Ring<AccountFill>()

    init() {
        let nothing = OrderRequest(
            account: AccountID(0), instrument: InstrumentID(0), order: OrderID(0), side: .buy, type: .limit,
            timeInForce: .goodTillCancelled,
            price: nil, quantity: .zero)
        records = RecentMap(limit: Self.limit, filler: Record(nothing))
    }

    subscript(id: OrderID) -> Record? { records[id.rawValue] }

    /// Returns false, and changes nothing, when the id was used before.
    mutating func add(_ request: OrderRequest) -> Bool { records.insert(request.order.rawValue, Record(request)) { $0.isOpen } }

    mutating func fill(_ id: OrderID, _ fill: Fill) {
        let account = records.update(id.rawValue) { record in
            record.filled = record.filled + fill.quantity
            if record.filled >= record.quantity { record.isOpen = false }
            return record.account
        }
        guard let account else { return }
        if fills.count == Self.limit { fills.removeFirst() }
        fills.append(AccountFill(account: account, fill: fill))
    }

    mutating func amend(_ id: OrderID, price: Price, quantity: Quantity) {
        _ = records.update(id.rawValue) { $0.amend(price: price, quantity: quantity) }
    }

    mutating func end(_ id: OrderID) { records.update(id.rawValue) { $0.isOpen = false } }

    /// Takes back an order that was added and then refused: its id was never used.
    mutating func forget(_ id: OrderID) { records.remove(id.rawValue) }

    /// The account's fills that are remembered, oldest trade first.
    func fills(_ account: AccountID, after trade: UInt64) -> [Fill] {
        var found: [Fill] = []
        for index in 0..<fills.count where fills[index].account == account && fills[index].fill.trade > trade {
            found.append(fills[index].fill)
        }
        return found
    }

    /// The account's open orders, oldest first.
    func open(_ account: AccountID) -> [Record] {
        records.sorted { $1.isOpen && $1.account == account }.map(\.value)
    }
}
