internal import Market
internal import Signing
internal import Trading

/// One account as the server keeps it beside the venue: its key, its streams, and what it was told.
final class ServedAccount {
    struct Holding: Hashable {
        var currency: Currency
        /// In 10⁻⁹: what is free, and what spot orders hold back.
        var available: Int64
        var locked: Int64
    }

    /// What came from outside the venue or went there.
    struct Flow: Hashable {
        var number: Int
        var amount: Money
        var time: Timestamp
    }

    let index: Int
    let id: AccountID
    let name: String
    let key: Ed25519PublicKey
    /// By listing; nil while flat.
    var positions: [ServedPosition?]
    var closed: [(market: ServedMarket, position: ServedPosition)] = []
    var told: [Holding] = []
    /// Numbers of its open orders by the names that it gave them.
    var clients: [UInt32: OrderID] = [:]
    var payments: [FundingPayment] = []
    var flows: [Flow] = []
    var leverage: Int64?
    /// By the settings' names.
    var settings: [String: Bool] = ["autoBorrowSettlements": true, "autoLend": false, "autoRealizePnl": true, "autoRepayBorrows": true]
    private var requests = Ring<Timestamp>()

    let orderChannel = BackpackChannel("account.orderUpdate")
    let positionChannel = BackpackChannel("account.positionUpdate")
    let balanceChannel = BackpackChannel("account.balanceUpdate")
    /// By listing.
    let orderChannels: [BackpackChannel]
    let positionChannels: [BackpackChannel]
    /// Streams that exist and of which nothing is ever told here.
    let silentChannels: [BackpackChannel]

    init(_ index: Int, _ account: BackpackServer.Account, _ markets: [ServedMarket], leverage: Int64?) {
        (self.index, id, name, key, self.leverage) = (index, account.id, account.name, account.key, leverage)
        positions = markets.map { _ in nil }
        orderChannels = markets.map { BackpackChannel("account.orderUpdate.\($0.symbol)") }
        positionChannels = markets.map { BackpackChannel("account.positionUpdate.\($0.symbol)") }
        silentChannels = [BackpackChannel("account.rfqUpdate")] + markets.map { BackpackChannel("account.rfqUpdate.\($0.symbol)") }
    }

    /// What clients call the user: of five digits, as young accounts have.
    var user: Int { 10_000 + index }

    var channels: [BackpackChannel] {
        [orderChannel, positionChannel, balanceChannel] + orderChannels + positionChannels + silentChannels
    }

    /// Counts a request; false if it is one too many in the last minute.
    func count(_ limit: Int, at now: Timestamp) -> Bool {
        while !requests.isEmpty, requests[0] + .minutes(1) <= now { requests.removeFirst() }
        guard requests.count < limit else { return false }
        requests.append(now)
        return true
    }
}
