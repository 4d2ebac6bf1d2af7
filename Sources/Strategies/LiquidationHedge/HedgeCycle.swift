internal import Market
internal import Trading

/// What one cycle of three accounts cost and brought, for its report.
struct HedgeCycle {
    struct Account {
        let role: String
        let collateral: Money
        var fees: Money
        var funding: Money
        /// What the venue closed by force, signed, and when it first did.
        var forced = Quantity.zero
        var forcedAt: Timestamp?
        /// What the account had lost since the cycle began, at the last report of its balance after the forced closing.
        var loss: Money

        init(_ role: String, _ collateral: Money) {
            self.role = role
            self.collateral = collateral
            fees = .zero(collateral.currency)
            funding = .zero(collateral.currency)
            loss = .zero(collateral.currency)
        }
    }

    let number: Int
    let legs: [StrategyBinding.Leg]
    private(set) var accounts: [Account]
    private var nakedSince: Timestamp?
    private var naked = Nanoseconds.zero

    init(_ number: Int, _ legs: [StrategyBinding.Leg], _ roles: [String], _ context: Context) {
        self.number = number
        self.legs = legs
        accounts = zip(legs, roles).map { leg, role in Account(role, Self.equity(leg, context)) }
    }

    private static func equity(_ leg: StrategyBinding.Leg, _ context: Context) -> Money {
        context.equity(leg.account, context.instruments[leg.instrument.index].settlement)
    }

    mutating func add(fee: Money, _ leg: Int) { if fee.currency == accounts[leg].fees.currency { accounts[leg].fees += fee } }
    mutating func add(funding: Money, _ leg: Int) {
        if funding.currency == accounts[leg].funding.currency { accounts[leg].funding += funding }
    }

    mutating func force(_ change: Quantity, _ leg: Int, _ context: Context) {
        accounts[leg].forced = accounts[leg].forced + change
        if accounts[leg].forcedAt == nil { accounts[leg].forcedAt = context.now }
        settle(leg, context)
    }

    /// What was closed by force may be made good in part, or cost more, by what the venue books next.
    mutating func settle(_ leg: Int, _ context: Context) {
        if accounts[leg].forcedAt != nil { accounts[leg].loss = accounts[leg].collateral - Self.equity(legs[leg], context) }
    }

    /// The exposure as it is from now on.
    mutating func expose(_ isNaked: Bool, at now: Timestamp) {
        switch (isNaked, nakedSince) {
        case (true, nil): nakedSince = now
        case (false, let since?):
            naked += now - since
            nakedSince = nil
        case (true, _), (false, nil): break
        }
    }

    /// A line for the cycle and one for each account.
    func report(_ reason: String, _ context: Context) -> [String] {
        let total = naked + (nakedSince.map { context.now - $0 } ?? .zero)
        let head = "cycle \(number) ended: \(reason); naked for \(Decimal.text(total.count / 1_000_000, decimals: 3)) s"
        return [head]
            + zip(legs, accounts).map { leg, account in
                let end = Self.equity(leg, context)
                var line =
                    "cycle \(number), \(account.role): collateral \(account.collateral) → \(end), net \(end - account.collateral), "
                    + "fees \(account.fees), funding \(account.funding)"
                if let time = account.forcedAt {
                    let text = context.instruments[leg.instrument.index].text(account.forced)
                    line += ", closed by force \(text) at \(time.iso8601) with a loss of \(account.loss)"
                }
                return line
            }
    }
}
