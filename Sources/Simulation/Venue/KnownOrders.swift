internal import Market
internal import Trading

/// Orders that the venue remembers, for queries and to refuse an id used twice.
struct KnownOrders: ~Copyable {
    struct Record: BitwiseCopyable {
        var request: OrderRequest
        var isOpen = true
        var filled = Quantity.zero
    }

    struct AccountFill: BitwiseCopyable {
        var account: AccountID
        var fill: Fill
    }

    /// The last ended ones, and the last fills, are kept, so that memory is constant.
    private static let limit = 4_096
    private var records: NumberMap<Record>
    private var ended = Ring<UInt64>()
    private var fills = Ring<AccountFill>()

    init() {
        let nothing = OrderRequest(
            account: AccountID(0), instrument: InstrumentID(0), order: OrderID(0), side: .buy, type: .limit,
            timeInForce: .goodTillCancelled,
            price: nil, quantity: .zero)
        records = NumberMap(filler: Record(request: nothing))
    }

    subscript(id: OrderID) -> Record? { records[id.rawValue] }

    /// Returns false, and changes nothing, when the id was used before.
    mutating func add(_ request: OrderRequest) -> Bool { records.insert(request.order.rawValue, Record(request: request)) }

    mutating func fill(_ id: OrderID, _ fill: Fill) {
        let update = records.update(id.rawValue) { record in
            record.filled = record.filled + fill.quantity
            let ends = record.isOpen && record.filled >= record.request.quantity
            if ends { record.isOpen = false }
            return (account: record.request.account, ends: ends)
        }
        guard let update else { return }
        if fills.count == Self.limit { fills.removeFirst() }
        fills.append(AccountFill(account: update.account, fill: fill))
        if update.ends { remember(id) }
    }

    mutating func amend(_ id: OrderID, price: Price, quantity: Quantity) {
        _ = records.update(id.rawValue) { record in
            record.request.price = price
            record.request.quantity = quantity
        }
    }

    mutating func end(_ id: OrderID) {
        let wasOpen = records.update(id.rawValue) { record in
            defer { record.isOpen = false }
            return record.isOpen
        }
        if wasOpen == true { remember(id) }
    }

    /// Takes back an order that was added and then refused: its id was never used.
    mutating func forget(_ id: OrderID) { records.remove(id.rawValue) }

    private mutating func remember(_ id: OrderID) {
        if ended.count == Self.limit { records.remove(ended.removeFirst()) }
        ended.append(id.rawValue)
    }

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
        records.sorted { $1.isOpen && $1.request.account == account }.map(\.value)
    }
}
