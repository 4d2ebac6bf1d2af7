public import Market

/// What a person who looks at a running core wants to know; nothing is decided by it.
extension TradingCore {
    /// nil: nothing was killed.
    public var killLevel: KillLevel? { risk.killLevel }
    /// Whether nothing is sent any more.
    public var hasStopped: Bool { isStopped }

    public var strategyCount: Int { instances.count }
    public func status(of instance: StrategyID) -> StrategyStatus { instances[instance.index].strategy.status }

    /// By our own record, sorted by currency.
    public func balances(of account: AccountID) -> [Money] { positions.balances(of: account) }

    /// Orders that have ended while it is not known how, oldest first.
    public var unsettledOrders: [Order] { orders.unsettled.compactMap { orders[$0] }.filter { $0.certainty != .known } }

    /// What an instance's hedges that are on their way would change, in 10⁻⁹ of the base currency, by the books' mids.
    public func hedgesInFlight(of instance: StrategyID) -> Int64 {
        var sum: Int64 = 0
        for order in openOrders + unsettledOrders where order.instance == instance && order.draft.purpose == .hedge {
            let instrument = instruments[order.draft.instrument.index]
            guard let price = books[order.draft.instrument].mid(instrument) else { continue }
            sum += instrument.baseAmount(order.signedReserve, at: price)
        }
        return sum
    }
}
