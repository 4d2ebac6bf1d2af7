public import Market

/// What one instance made of one account: what was paid in and out, by currency; what its open positions are worth is not in it.
public struct InstanceAccount: Hashable, Sendable {
    public internal(set) var fills = 0
    /// What buying and selling paid: with the worth of what is held, the profit before costs.
    public internal(set) var trades: [Money] = []
    /// Negative where paid, as all that follows.
    public internal(set) var fees: [Money] = []
    public internal(set) var funding: [Money] = []
    /// Of what venues closed by force, and their corrections of balances.
    public internal(set) var penalties: [Money] = []
    public internal(set) var adjustments: [Money] = []

    public var isEmpty: Bool { self == InstanceAccount() }

    /// All of it in one currency.
    func sum(_ currency: Currency) -> Int64 {
        [trades, fees, funding, penalties, adjustments].reduce(0) { sum, part in
            sum + (part.first { $0.currency == currency }?.nanos ?? 0)
        }
    }
}

/// What each instance of a run made of the accounts that they share. What no instance's order did, and nobody's part of a position
/// tells, is nobody's: the last row. So the rows of an account add up to what it was paid.
struct InstanceBook {
    private let accountCount: Int
    /// By instance, nobody last, × account.
    private var rows: ContiguousArray<InstanceAccount>

    init(instances: Int, accounts: Int) {
        accountCount = accounts
        rows = ContiguousArray(repeating: InstanceAccount(), count: (instances + 1) * accounts)
    }

    private func place(_ instance: StrategyID?, _ account: AccountID) -> Int {
        (instance.map { $0.index * accountCount } ?? rows.count - accountCount) + account.index
    }

    subscript(_ instance: StrategyID?, _ account: AccountID) -> InstanceAccount {
        get { rows[place(instance, account)] }
        _modify { yield &rows[place(instance, account)] }
    }
}

/// Shares of an amount among parts of a whole, in their order: each is the difference that it makes to the sum of those before it, so
/// that they add up to it.
struct SharedAmount {
    let amount: Money
    private let whole: Int64
    private var before: Int64 = 0
    private var given: Int64 = 0

    /// - Precondition: `whole` is not zero.
    init(_ amount: Money, of whole: Int64) { (self.amount, self.whole) = (amount, whole) }

    mutating func take(_ part: Int64) -> Money {
        before += part
        let through = roundedQuotient(Int128(amount.nanos) * Int128(before) * Int128(whole.signum()), Int128(whole.magnitude))
        defer { given = through }
        return Money(nanos: through - given, amount.currency)
    }
}

extension [Money] {
    mutating func add(_ money: Money) {
        if let index = firstIndex(where: { $0.currency == money.currency }) { self[index] += money } else { append(money) }
    }
}

/// Whose a change is that several instances may share.
extension TradingCore {
    typealias Share = (instance: StrategyID?, lots: Quantity)

    /// Books a change of a position, each share's part of what it was paid at its price and cost besides.
    func book(_ shares: [Share], of instrument: InstrumentID, _ account: AccountID, at price: FinePrice, penalty: Money) {
        guard self.shares != nil, !shares.isEmpty else { return }
        let contract = contracts[instrument.index]
        var through = Quantity.zero
        var penalties = SharedAmount(-penalty, of: shares.reduce(0) { $0 + $1.lots.lots })
        for share in shares {
            let before = value(contract, through, price)
            through = through + share.lots
            self.shares?[share.instance, account].trades.add(before - value(contract, through, price))
            if !penalty.isZero { self.shares?[share.instance, account].penalties.add(penalties.take(share.lots.lots)) }
        }
    }

    /// A payment on a position, shared by what each instance holds of it.
    func bookFunding(_ payment: FundingPayment, _ account: AccountID) {
        guard shares != nil else { return }
        let held = instances.indices.map { positions.own(StrategyID($0), account, payment.instrument).lots }
        let whole = positions.position(account, payment.instrument).lots
        guard whole != 0 else {
            shares?[nil, account].funding.add(payment.amount)
            return
        }
        var amounts = SharedAmount(payment.amount, of: whole)
        for (index, lots) in held.enumerated() where lots != 0 {
            shares?[StrategyID(index), account].funding.add(amounts.take(lots))
        }
        let rest = whole - held.reduce(0, +)
        if rest != 0 { shares?[nil, account].funding.add(amounts.take(rest)) }
    }

    // MARK: What they made

    /// What the instance made of the account, nil for what is nobody's; nil where instances are not told apart.
    public func instanceAccount(_ instance: StrategyID?, _ account: AccountID) -> InstanceAccount? { shares?[instance, account] }

    public var instanceCount: Int { instances.count }

    /// The instance's part of the account's position; nil: what is nobody's.
    public func part(_ instance: StrategyID?, _ account: AccountID, _ instrument: InstrumentID) -> Quantity {
        guard let instance else { return positions.position(account, instrument) - through(instances.count, account, instrument) }
        return positions.own(instance, account, instrument)
    }

    private func through(_ count: Int, _ account: AccountID, _ instrument: InstrumentID) -> Quantity {
        var sum = Quantity.zero
        for index in 0..<count { sum = sum + positions.own(StrategyID(index), account, instrument) }
        return sum
    }

    /// What the instance's part of a position is worth at a price: the difference it makes to the parts before it, so that all parts,
    /// nobody's last, add up to the position's worth.
    public func worth(_ instance: StrategyID?, _ account: AccountID, _ instrument: InstrumentID, at price: FinePrice) -> Money {
        let before = through(instance?.index ?? instances.count, account, instrument)
        let contract = contracts[instrument.index]
        return value(contract, before + part(instance, account, instrument), price) - value(contract, before, price)
    }

    /// An instance's profit in a currency, in 10⁻⁹ of it: what its orders were paid and what they hold at the mark, else the mid.
    func profit(_ instance: StrategyID, _ currency: Currency) -> Int64 {
        var sum: Int64 = 0
        for number in accounts.indices {
            let account = AccountID(number)
            sum += shares?[instance, account].sum(currency) ?? 0
            for (index, instrument) in instruments.enumerated() where instrument.settlement == currency {
                let id = InstrumentID(index)
                guard let price = reference(id), !part(instance, account, id).isZero else { continue }
                sum += worth(instance, account, id, at: price).nanos
            }
        }
        return sum
    }
}
