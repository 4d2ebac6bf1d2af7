internal import Market
internal import Trading

/// One account as the venue keeps it: settled balances and what open positions cost.
struct VenueAccount {
    let configuration: VenueConfiguration.Account
    /// Sorted by currency.
    private(set) var balances: [Money]
    /// Σ value(q, p) of what is still open, by listing.
    private var costs: [Int64]

    init(_ configuration: VenueConfiguration.Account, listings: Int) {
        self.configuration = configuration
        balances = []
        costs = Array(repeating: 0, count: listings)
        for amount in configuration.collateral { add(amount) }
    }

    func balance(_ currency: Currency) -> Money { balances.first { $0.currency == currency } ?? .zero(currency) }

    mutating func add(_ amount: Money) {
        if let index = balances.firstIndex(where: { $0.currency == amount.currency }) {
            balances[index] += amount
        } else {
            balances.append(amount)
            balances.sort { $0.currency < $1.currency }
        }
    }

    /// Books a fill and returns its fee.
    ///
    /// - Parameter position: The position after it.
    mutating func book(
        _ instrument: Instrument, listing: Int, _ change: Quantity, _ price: FinePrice, _ role: LiquidityRole, position: Int64
    ) -> Money {
        let worth = value(instrument, change, price)
        let fee = Money(nanos: abs(worth.nanos), worth.currency).share(role == .maker ? configuration.makerFee : configuration.takerFee)
        if instrument.kind == .spot {
            add(Money(nanos: instrument.baseAmount(change, at: price), instrument.base))
            add(-worth)
        } else {
            settle(instrument, listing: listing, change, price, worth: worth, before: position - change.lots)
        }
        add(-fee)
        return fee
    }

    /// Pays what the closed part of a position earned; the rest of the fill opens, and adds its cost.
    ///
    /// Balance less cost changes by exactly `−worth`, however the cost is shared.
    private mutating func settle(
        _ instrument: Instrument, listing: Int, _ change: Quantity, _ price: FinePrice, worth: Money, before: Int64
    ) {
        let closes = before.signum() * change.lots.signum() < 0 ? min(abs(before), abs(change.lots)) : 0
        guard closes > 0 else {
            costs[listing] += worth.nanos
            return
        }
        let closedWorth = value(instrument, Quantity(lots: change.lots.signum() * closes), price)
        let closedCost = roundedQuotient(Int128(costs[listing]) * Int128(closes), Int128(abs(before)))
        add(Money(nanos: -closedWorth.nanos - closedCost, instrument.settlement))
        costs[listing] += worth.nanos - closedWorth.nanos - closedCost
    }

    /// What an open position would pay if it were closed at `price` without a fee.
    func unrealised(_ instrument: Instrument, listing: Int, position: Int64, at price: FinePrice) -> Money {
        guard instrument.kind != .spot, position != 0 else { return .zero(instrument.settlement) }
        return value(instrument, Quantity(lots: position), price) - Money(nanos: costs[listing], instrument.settlement)
    }

    /// The average price that the position's cost stands for; zero when flat.
    func entry(_ instrument: Instrument, listing: Int, position: Int64) -> FinePrice {
        guard position != 0, costs[listing] != 0 else { return FinePrice(nanos: 0) }
        let units = Int128(position) * Int128(instrument.lotUnit)
        switch instrument.kind {
        case .linear, .spot: return FinePrice(nanos: roundedQuotient(Int128(costs[listing].magnitude) * 1_000_000_000, abs(units)))
        case .inverse: return FinePrice(nanos: roundedQuotient(abs(units) * 1_000_000_000, Int128(costs[listing].magnitude)))
        }
    }
}
