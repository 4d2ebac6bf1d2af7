internal import Market
internal import Trading

/// One account as the venue keeps it: settled balances and what open positions cost.
struct VenueAccount {
    let configuration: VenueConfiguration.Account
    /// Sorted by currency.
    private(set) var balances: [Money]
    /// By listing; of spot unused.
    private var costs: [PositionCost]

    init(_ configuration: VenueConfiguration.Account, listings: Int) {
        self.configuration = configuration
        balances = []
        costs = Array(repeating: PositionCost(), count: listings)
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
    mutating func book(
        _ contract: Contract, listing: Int, _ change: Quantity, _ price: FinePrice, _ role: LiquidityRole,
        spotFee: VenueConfiguration.SpotFee
    ) -> Money {
        let worth = value(contract, change, price)
        let takesBase = contract.kind == .spot && spotFee == .received && change.lots > 0
        let basis = takesBase ? Money(nanos: contract.baseAmount(change, at: price), contract.base) : worth
        let fee = Money(nanos: abs(basis.nanos), basis.currency).share(role == .maker ? configuration.makerFee : configuration.takerFee)
        if contract.kind == .spot {
            add(Money(nanos: contract.baseAmount(change, at: price), contract.base))
            add(-worth)
        } else {
            add(costs[listing].apply(contract, change, price, worth: worth))
        }
        add(-fee)
        return fee
    }

    /// What an open position would pay if it were closed at `price` without a fee.
    func unrealised(_ contract: Contract, listing: Int, at price: FinePrice) -> Money {
        guard contract.kind != .spot else { return .zero(contract.settlement) }
        return costs[listing].unrealised(contract, at: price)
    }

    /// The average price of what is open; zero when flat, and for spot.
    func entry(_ contract: Contract, listing: Int) -> FinePrice { costs[listing].entry(contract) }
}
