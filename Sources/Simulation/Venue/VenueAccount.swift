internal import Market
internal import Trading

/// One account as the venue keeps it: settled balances and what open positions cost.
struct VenueAccount {
    let configuration: VenueConfiguration.Account
    /// Sorted by currency.
    private(set) var balances: [Money]
    /// Σ value(q, p) since the position was last flat, by listing.
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
            costs[listing] += worth.nanos
            if position == 0 {
                add(Money(nanos: -costs[listing], instrument.settlement))
                costs[listing] = 0
            }
        }
        add(-fee)
        return fee
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
