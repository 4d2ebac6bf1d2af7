internal import Market
internal import Trading

/// One account as the venue keeps it: settled balances and what open positions cost.
struct VenueAccount {
    let configuration: VenueConfiguration.Account
    /// Sorted by currency.
    private(set) var balances: [Money]
    /// By listing; of spot unused.
    private(set) var costs: [PositionCost]
    private(set) var fees: AccountFees
    /// Of funding, in order of time.
    var payments: [FundingPayment] = []

    init(_ configuration: VenueConfiguration.Account, listings: Int) {
        self.configuration = configuration
        balances = []
        costs = Array(repeating: PositionCost(), count: listings)
        fees = AccountFees(configuration)
        for amount in configuration.collateral { add(amount) }
    }

    func balance(_ currency: Currency) -> Money { balances.amount(currency) }

    mutating func add(_ amount: Money) { balances.add(amount) }

    /// Books a fill and returns its fee.
    ///
    /// - Parameters:
    ///   - worth: `value` of the change at the price.
    ///   - extra: What is asked beyond the account's rate.
    mutating func book(
        _ contract: Contract, listing: Int, _ change: Quantity, _ price: FinePrice, worth: Money, _ role: LiquidityRole, extra: Rate,
        spotFee: VenueConfiguration.SpotFee, _ rounding: FeeRounding, at time: Timestamp
    ) -> Money {
        var rate = fees.rate(contract.kind, role, contract.notional(change, price).nanos, at: time)
        rate.trillionths += extra.trillionths
        let fee: Money
        if contract.kind == .spot {
            let base = Money(nanos: contract.baseAmount(change, at: price), contract.base)
            // What is smallest in the base currency is not known: there the fee is as exact as money is.
            fee = spotFee == .received && change.lots > 0 ? base.share(rate) : rounding.fee(worth.magnitude, rate)
            add(base)
            add(-worth)
        } else {
            fee = rounding.fee(worth.magnitude, rate)
            add(costs[listing].apply(contract, change, price, worth: worth))
        }
        add(-fee)
        return fee
    }

    /// Closes, or opens, a part of a contract's position without a fee.
    mutating func close(_ contract: Contract, listing: Int, _ change: Quantity, _ price: FinePrice, worth: Money) {
        add(costs[listing].apply(contract, change, price, worth: worth))
    }

    /// What an open position would pay if it were closed at `price` without a fee.
    func unrealised(_ contract: Contract, listing: Int, at price: FinePrice) -> Money {
        guard contract.kind != .spot else { return .zero(contract.settlement) }
        return costs[listing].unrealised(contract, at: price)
    }

    /// The average price of what is open; zero when flat, and for spot.
    func entry(_ contract: Contract, listing: Int) -> FinePrice { costs[listing].entry(contract) }
}

extension Money {
    var magnitude: Money { Money(nanos: abs(nanos), currency) }
}

/// Amounts of several currencies, sorted by currency.
extension [Money] {
    func amount(_ currency: Currency) -> Money { first { $0.currency == currency } ?? .zero(currency) }

    mutating func add(_ amount: Money) {
        if let index = firstIndex(where: { $0.currency == amount.currency }) {
            self[index] += amount
        } else {
            append(amount)
            sort { $0.currency < $1.currency }
        }
    }
}
