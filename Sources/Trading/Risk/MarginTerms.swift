public import Market

/// What an account's venue asks for the positions and orders in one instrument.
public struct MarginTerms: Hashable, Sendable {
    public var table: MarginTable
    /// How open orders count beside a position, and whether a leverage holds for all instruments of the account.
    public var openOrders: MarginRules.OpenOrders
    public var leverageIsPerAccount: Bool
    /// Chosen before the run; nil: the table's. A leverage that the venue confirms takes its place.
    public var leverage: Int64?

    public init(table: MarginTable, openOrders: MarginRules.OpenOrders, leverageIsPerAccount: Bool, leverage: Int64?) {
        self.table = table
        self.openOrders = openOrders
        self.leverageIsPerAccount = leverageIsPerAccount
        self.leverage = leverage
    }

    /// In 10⁻⁹ of the settlement currency, as the notional.
    func requirement(_ notional: Int64) -> Int64 { table.initialRequirement(notional, leverage: leverage) }

    /// The lots that a position with the purchases and sales beside it counts for.
    func exposure(position: Int64, buys: Int64, sells: Int64) -> Int64 {
        MarginRules(openOrders: openOrders, liquidation: .takeover).exposure(position: position, buys: buys, sells: sells)
    }
}
