public import Market

/// What the core lends a strategy or an algorithm for the length of one call: time, books, positions, orders, and the
/// requests it may make. Nothing here reads a clock or the world.
public struct Context {
    /// The instance that this call, and every order it sends, belongs to.
    public let instance: StrategyID
    /// The algorithm that is being called; nil for a strategy.
    public let algorithm: AlgorithmID?
    private let core: Port<TradingCore>

    init(core: TradingCore, instance: StrategyID, algorithm: AlgorithmID?) {
        self.core = Port(core)
        self.instance = instance
        self.algorithm = algorithm
    }

    public var now: Timestamp { core.with { $0.now } }
    public var instruments: [Instrument] { core.with { $0.instruments } }

    /// The books as known here, by instrument: `context.books[id].bestBid`.
    public var books: BookTable { core.with { $0.books } }
    public func bookState(_ instrument: InstrumentID) -> BookState { core.with { $0.bookState(instrument) } }
    /// How long ago the book last changed or was confirmed.
    public func bookAge(_ instrument: InstrumentID) -> Nanoseconds { core.with { $0.bookAge(instrument) } }
    /// Whether the venue trades the instrument, as it told last.
    public func status(_ instrument: InstrumentID) -> TradingStatus { core.with { $0.feeds[instrument].status } }
    /// The venue's mark price; nil until one arrived.
    public func mark(_ instrument: InstrumentID) -> FinePrice? { core.with { $0.mark(instrument) } }
    /// The last known funding record of an instrument.
    public func funding(_ instrument: InstrumentID) -> MarketEvent? { core.with { $0.funding(instrument) } }

    /// The account's position from confirmed fills, all instances together.
    public func position(_ account: AccountID, _ instrument: InstrumentID) -> Quantity { core.with { $0.position(account, instrument) } }
    /// The part of it that this instance's own fills make.
    public func ownPosition(_ account: AccountID, _ instrument: InstrumentID) -> Quantity {
        core.with { $0.ownPosition(instance, account, instrument) }
    }
    /// Signed remainder of this instance's orders that are not done, unknown ones included, and what may have filled of ended ones
    /// that are unknown: what their venue counts and has not told.
    public func inFlight(_ account: AccountID, _ instrument: InstrumentID, purpose: OrderPurpose? = nil) -> Quantity {
        core.with { $0.inFlight(instance, account, instrument, purpose) }
    }
    /// The account's balance of a currency by the core's own record.
    public func balance(_ account: AccountID, _ currency: Currency) -> Money { core.with { $0.balance(account, currency) } }
    /// Balance plus unrealised profit (at mark, else mid) of the positions that settle in the currency.
    public func equity(_ account: AccountID, _ currency: Currency) -> Money { core.with { $0.equity(account, currency) } }

    /// Whether an account can carry so much more of a leg, signed and in 10⁻⁹ of the base currency: contracts at this leverage over all
    /// that it holds, spot out of what it has. What makes a position smaller it always can.
    public func canCarry(_ base: Int64, more leg: StrategyBinding.Leg, at price: FinePrice, leverage: Int64) -> Bool {
        core.with { $0.canCarry(base, more: leg, at: price, leverage: leverage) }
    }
    /// An account's equity in the quote currency of a leg's instrument, in 10⁻⁹; 0 while it has no price.
    public func collateral(_ leg: StrategyBinding.Leg) -> Int64 { core.with { $0.collateral(leg) } }

    /// nil once the record was let go, ten minutes or more after the order ended.
    public func order(_ id: OrderID) -> Order? { core.with { $0.order(id) } }
    /// Whether the order has ended; true when its record was let go.
    public func isDone(_ id: OrderID) -> Bool { core.with { $0.isDone(id) } }
    /// This instance's orders that are not done, oldest first; of one instrument if given.
    public func openOrders(_ account: AccountID? = nil, _ instrument: InstrumentID? = nil) -> [Order] {
        core.with { $0.openOrders(instance, account, instrument) }
    }

    /// The reason if risk keeps this instance from taking new risk.
    public var freeze: FreezeReason? { core.with { $0.freeze(instance) } }

    /// Sends an order and returns its id at once. A denial by our own risk arrives as an event after this call.
    @discardableResult
    public mutating func submit(_ draft: OrderDraft) -> OrderID { core.with { $0.submit(draft, instance, algorithm) } }
    /// Asks for another price or total quantity. Ignored, and answered by `amendRejected`, when the order is done. A denial by our own
    /// risk arrives as `amendDenied` after this call: the order stands as it did.
    public mutating func amend(_ id: OrderID, price: Price, quantity: Quantity) {
        core.with { $0.amend(id, price: price, quantity: quantity) }
    }
    /// Asks to cancel; does nothing when the order is done or a cancel is on its way.
    public mutating func cancel(_ id: OrderID) { core.with { $0.cancel(id) } }
    /// Asks to cancel everything that the account has working, other instances' orders included; of one instrument if given.
    public mutating func cancelAll(_ account: AccountID, _ instrument: InstrumentID? = nil) {
        core.with { $0.cancelAll(account, instrument) }
    }
    /// Asks the venue to cancel everything unless this is repeated within `span`; zero switches it off.
    public mutating func deadMan(_ account: AccountID, _ span: Nanoseconds) { core.with { $0.deadMan(account, span) } }
    public mutating func setLeverage(_ account: AccountID, _ instrument: InstrumentID, _ leverage: Int64) {
        core.with { $0.setLeverage(account, instrument, leverage) }
    }

    /// Asks the venue what the account holds. The answers arrive as `position` events; a query that fails brings none, which says
    /// nothing of the positions.
    @discardableResult
    public mutating func askForPositions(_ account: AccountID) -> UInt64 { ask(account, .positions) }
    /// Asks the venue for all orders that the account has open there. Each arrives as `status`; `answered` ends the answer.
    @discardableResult
    public mutating func askForOpenOrders(_ account: AccountID) -> UInt64 { ask(account, .openOrders) }
    /// Asks the venue what became of an order. It arrives as `status`, unless it is not known there; `answered` ends the answer.
    @discardableResult
    public mutating func ask(for order: OrderID, _ leg: StrategyBinding.Leg) -> UInt64 {
        ask(leg.account, .order(order, leg.instrument))
    }
    /// Asks the venue for the account's balances, which arrive as `balance` events; `answered` ends the answer.
    @discardableResult
    public mutating func askForBalances(_ account: AccountID) -> UInt64 { ask(account, .balances) }

    /// An algorithm hears what is told of accounts anyway.
    private func ask(_ account: AccountID, _ subject: QueryRequest.Subject) -> UInt64 {
        core.with { $0.ask(account, subject, for: algorithm == nil ? instance : nil) }
    }

    /// Starts an algorithm after the strategy returns.
    @discardableResult
    public mutating func run(_ algorithm: any Algorithm) -> AlgorithmID { core.with { $0.run(algorithm, instance) } }
    /// Asks an algorithm of this instance to end early; its end arrives as an event.
    public mutating func cancel(_ algorithm: AlgorithmID) { core.with { $0.cancel(algorithm) } }
    /// Of an algorithm: it has ended, with this result. Its strategy is told; it is not called again.
    public mutating func finish(_ end: AlgorithmEnd) {
        guard let algorithm else { preconditionFailure("only an algorithm can finish") }
        core.with { $0.finish(algorithm, end) }
    }

    /// Asks to be woken at `time` (at once, if it has passed) by `StrategyEvent.timer` with the token returned.
    @discardableResult
    public mutating func wake(at time: Timestamp) -> TimerToken { core.with { $0.wake(at: time, instance, algorithm) } }
    public mutating func cancel(_ timer: TimerToken) { core.with { $0.cancel(timer) } }

    /// A whole number drawn uniformly from the run's seed; each instance has its own sequence.
    public mutating func random(in range: ClosedRange<Int64>) -> Int64 { core.with { $0.random(instance, range) } }

    /// Stops this instance's new orders and wakes it with `frozen`; `nil` releases.
    public mutating func freeze(_ reason: FreezeReason?) { core.with { $0.setFreeze(instance, reason) } }
    /// Something that was to be proven, and whether it was. A run in which one fails ends with exit code 4.
    public mutating func check(_ text: String, passes: Bool) { core.with { $0.check(text, passes: passes) } }
    /// A line for the run's log: what was decided and why.
    public mutating func note(_ text: @autoclosure () -> String) { core.with { $0.note(instance, text()) } }
}
