public import Market

/// Decides what to trade. One instance lives in one core and is called on one thread.
///
/// It holds no clock, no randomness and no input of its own: everything comes from the events and the context, so that the
/// same code runs in a backtest, on paper and live, and a journal replays it exactly.
public protocol Strategy: AnyObject, SendableMetatype {
    /// Name, purpose, accounts and parameters, for the registry, the scenario and `mmsim strategies`.
    static var specification: StrategySpecification { get }

    /// - Throws: `ParameterError` when the values contradict each other or the instruments.
    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError)

    /// What wakes it; asked once, before `start`. It is not called for anything else.
    var interests: Interests { get }

    func start(_ context: inout Context)
    func receive(_ event: StrategyEvent, _ context: inout Context)
    /// Cancels what it has working and says what it leaves; no event follows.
    func stop(_ reason: StopReason, _ context: inout Context)
    /// Another value of a parameter that its specification calls updatable: decisions from here on are made by it, and what rests or is
    /// under way changes by its usual rules.
    func update(_ parameter: String, to value: ParameterValue, _ context: inout Context)
    /// For a person who looks.
    var status: StrategyStatus { get }
}

extension Strategy {
    /// Of a strategy none of whose parameters is updatable.
    public func update(_ parameter: String, to value: ParameterValue, _ context: inout Context) {}
    public var status: StrategyStatus { StrategyStatus() }
}

/// What a strategy is woken by. Reports of its own orders, its timers and its algorithms always wake it.
public struct Interests: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The end of every frame that changed a subscribed book.
    public static let book = Interests(rawValue: 1 << 0)
    /// The end of a frame after which a subscribed book's best price or size differs.
    public static let touch = Interests(rawValue: 1 << 1)
    public static let trade = Interests(rawValue: 1 << 2)
    /// Mark, index, funding, open interest, status.
    public static let reference = Interests(rawValue: 1 << 3)
}

public enum StopReason: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// The time range or the tape ended.
    case endOfData
    case `operator`
    case risk
    case interrupted
}

/// What wakes a strategy or an algorithm.
public enum StrategyEvent: Hashable, BitwiseCopyable, Sendable {
    /// A book of this instrument changed; its state is in the context.
    case book(InstrumentID)
    case touch(InstrumentID)
    case trade(MarketEvent)
    case reference(MarketEvent)
    /// An order of this instance changed its life or had a fill; the order's state is in the context.
    case order(OrderID, OrderChange)
    case timer(TimerToken)
    /// An algorithm that this instance runs has ended.
    case algorithm(AlgorithmID, AlgorithmEnd)
    case funding(AccountID, FundingPayment)
    /// The venue closed part of a position by force (signed change).
    case liquidation(AccountID, InstrumentID, Quantity)
    /// The venue has another position than we had counted: ours was made the same (signed change). No fill explains it.
    case adjusted(AccountID, InstrumentID, Quantity)
    /// The venue's own idea of a position arrived.
    case position(AccountID, InstrumentID, Quantity)
    case balance(AccountID, Money)
    /// What the venue knows of an order, while a question of this instance about the account is open.
    case status(AccountID, OrderStatus)
    /// The answer to this instance's question of this number is complete.
    case answered(AccountID, query: UInt64)
    /// A book became, or ceased to be, trustworthy.
    case bookState(InstrumentID, BookState)
    case connection(ConnectionEvent)
    /// Risk froze or released something that concerns this instance.
    case frozen(FreezeReason)
    case released
}

/// What happened to an order.
public enum OrderChange: Hashable, BitwiseCopyable, Sendable {
    case acknowledged
    case amended
    /// Also after the order was done (`isLate`): it counts all the same.
    case filled(Fill, isLate: Bool)
    case cancelled(CancelReason)
    case expired(ExpiryReason)
    /// The venue refused the order.
    case rejected(RejectReason)
    /// Our own risk refused the order; it never left.
    case denied(DenyReason)
    case cancelRejected(RejectReason)
    case amendRejected(RejectReason)
    /// Our own risk refused an amend; it never left, and the order stands as it did.
    case amendDenied(DenyReason)
    /// Nobody has told us what became of a request; a query is under way.
    case unknown
    /// Proven never accepted.
    case failed
}

/// Whether a book can be traded on.
public enum BookState: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// No snapshot yet, or a gap since.
    case unsynchronised
    case synchronised
}

public struct TimerToken: Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt64
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

public struct AlgorithmID: Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt64
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// How an algorithm ended and what it achieved: a partial result is a result, not an error.
public struct AlgorithmEnd: Hashable, BitwiseCopyable, Sendable {
    public enum Reason: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        case filled, timeout, attempts, staleBook, belowMinimum, cancelled, refused
    }

    public var reason: Reason
    public var filled: Quantity
    /// Volume-weighted; nil if nothing was filled.
    public var averagePrice: FinePrice?
    public var attempts: Int

    public init(reason: Reason, filled: Quantity, averagePrice: FinePrice?, attempts: Int) {
        self.reason = reason
        self.filled = filled
        self.averagePrice = averagePrice
        self.attempts = attempts
    }
}

/// Waiting work with orders of its own: follow the touch until filled, hedge an amount, flatten. It starts after the
/// strategy's call returns; its orders belong to the strategy's instance; its end arrives as an event.
public protocol Algorithm: AnyObject {
    func start(_ context: inout Context)
    /// The same events as a strategy's, of the algorithm's own orders and timers and the books it subscribed to; what the venues
    /// tell of accounts reaches every algorithm.
    func receive(_ event: StrategyEvent, _ context: inout Context)
    /// Asked to end early: cancels its orders; ends through `Context.finish` when they are gone.
    func cancel(_ context: inout Context)
    var interests: Interests { get }
    /// The instruments whose market events wake it.
    var instruments: [InstrumentID] { get }
}

/// Which accounts and instruments of the run play the roles of a strategy.
public struct StrategyBinding: Sendable {
    public struct Leg: Hashable, Sendable {
        public var account: AccountID
        public var instrument: InstrumentID
        public init(account: AccountID, instrument: InstrumentID) {
            self.account = account
            self.instrument = instrument
        }
    }

    /// By role name, such as `maker` and `taker`.
    public var legs: [String: Leg]
    public var instruments: [Instrument]

    public init(legs: [String: Leg], instruments: [Instrument]) {
        self.legs = legs
        self.instruments = instruments
    }

    /// - Precondition: The role is one of the strategy's specification: scenarios are checked against it.
    public func leg(_ role: String) -> Leg {
        guard let leg = legs[role] else { preconditionFailure("the strategy has no leg '\(role)'") }
        return leg
    }
}
