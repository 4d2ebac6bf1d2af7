public import Market

/// The deterministic heart of a run: events in, commands out.
///
/// It holds the books as known here, orders, positions, risk and the strategies, and reads no clock: time is what the inputs
/// say. The driver hands it events in order, takes its commands after each, and wakes it when it asks.
public final class TradingCore {
    public internal(set) var now = Timestamp.distantPast
    public let instruments: [Instrument]
    public let accounts: [CoreConfiguration.Account]
    public let books: BookTable
    private let bookStore: Table<OrderBook>
    public let journal: Journal?

    let configuration: CoreConfiguration
    /// By `InstrumentID`.
    let contracts: Table<Contract>
    /// By account.
    let venues: Table<VenueID>
    let feeds: FeedStates
    /// Of feeds that tell their orders one by one; nothing in the others'.
    let flows: Table<OrderFlow>
    var orders: OrderStore
    var positions: PositionBook
    /// What each instance made of the accounts; nil where there is one, whose is all, and whose own losses have no limit.
    var shares: InstanceBook?
    /// By account × instrument; empty: none is known.
    var margins: [MarginTerms?]
    var timers = TimerQueue()
    var risk: RiskService
    var observers = CoreObservers()

    // Strategies and algorithms, and what waits to be told to them.
    var instances: [Instance] = []
    var algorithms: [RunningAlgorithm] = []
    var lastAlgorithm: UInt64 = 0
    /// What the highest kill level has begun to close.
    var killClosings: [KillClosing] = []
    /// What a breaker has begun to close and has not yet.
    var pairClosings: [AlgorithmID] = []
    var inbox = Inbox()
    var isDelivering = false
    var isStarted = false
    var isStopped = false

    // What leaves.
    private var commands = Ring<Command>()

    // Requests whose answer is awaited, oldest first; and what became of counted trades.
    var deadlines = DeadlineQueue()
    var lastQuery: UInt64 = 0
    var questions: [Question] = []
    /// By account; and when all are begun again.
    var reviews: [AccountReview]
    var nextReview = Timestamp.never
    /// What the accounts were worth, where losses have limits; and when it is looked at next.
    var losses: LossWatch?
    var nextLossCheck = Timestamp.never
    let countedTrades: Table<TradeFilter>
    /// Whether nothing new is quoted until an operator releases it.
    public internal(set) var isHeld = false
    /// What a restarted core has still to hear of; nil otherwise.
    var recovery: Recovery?
    /// Ids of orders that were lost with an earlier process.
    var lostOrders: [Range<UInt64>] = []

    /// - Parameter journal: Where what enters and leaves is recorded; nil for none.
    public init(_ configuration: CoreConfiguration, journal: Journal? = nil) {
        self.configuration = configuration
        self.journal = journal
        instruments = configuration.instruments
        accounts = configuration.accounts
        contracts = Table(configuration.instruments.map(\.contract))
        venues = Table(configuration.accounts.map(\.venue))
        bookStore = Table(count: configuration.instruments.count) { _ in OrderBook() }
        books = BookTable(lending: bookStore)
        feeds = FeedStates(count: configuration.instruments.count)
        flows = Table(count: configuration.instruments.count) { _ in OrderFlow() }
        orders = OrderStore(keepsFor: configuration.keepsOrdersFor)
        positions = PositionBook(configuration.instruments, configuration.accounts)
        margins = configuration.margins
        risk = RiskService(configuration.limits)
        losses = configuration.limits.losses.map { LossWatch($0) }
        reviews = configuration.accounts.map { _ in AccountReview() }
        countedTrades = Table(count: (configuration.accounts.map(\.venue.index).max() ?? -1) + 1) { _ in TradeFilter() }
    }

    /// More would not fit the journal's records.
    public static let maximumInstances = 64

    /// Adds an instance of a strategy, which will be woken by the books of `subscriptions`.
    ///
    /// - Precondition: The core has not started; it has fewer than `maximumInstances`.
    @discardableResult
    public func attach(_ strategy: any Strategy, subscriptions: [InstrumentID], limits: InstanceLimits = InstanceLimits()) -> StrategyID {
        precondition(!isStarted && instances.count < Self.maximumInstances, "an instance too many, or after the start")
        let id = StrategyID(instances.count)
        instances.append(
            Instance(
                strategy, subscriptions: subscriptions, limits: limits,
                random: SeededGenerator(seed: configuration.seed, stream: UInt64(instances.count))))
        positions.addInstance()
        if instances.count > 1 || limits.losses != nil { shares = InstanceBook(instances: instances.count, accounts: accounts.count) }
        for instrument in subscriptions { feeds.watch(instrument, strategy.interests, .strategy(id)) }
        return id
    }

    public func observe(_ observer: any CoreObserver) { observers.add(observer) }

    // MARK: Inputs

    /// Starts the strategies. Market data before this only builds the books.
    public func start(at time: Timestamp) {
        advance(to: time)
        isStarted = true
        journal?.append(JournalRecord(startAt: time))
        reviewAll()
        watchLosses()
        for index in instances.indices {
            call(.strategy(StrategyID(index))) { strategy, context in strategy.start(&context) }
            deliver()
        }
    }

    /// Takes a private report.
    public func receive(_ event: borrowing AccountEvent) {
        advance(to: event.receiveTime)
        if let journal { journal.append(JournalRecord(copy event)) }
        apply(event)
        deliver()
    }

    public func receive(_ event: ConnectionEvent) {
        advance(to: event.time)
        journal?.append(JournalRecord(event))
        for index in instances.indices { inbox.add(.connection(event), .strategy(StrategyID(index))) }
        if event.stream == .account, event.change == .up || event.change == .resumed { review(of: event.venue) }
        deliver()
    }

    public func receive(_ event: OperatorEvent, at time: Timestamp) {
        advance(to: time)
        journal?.append(JournalRecord(event, at: time))
        // What was said outlives the process.
        journal?.commit()
        switch event {
        case .stop: end(.operator)
        case .kill(let level): kill(level)
        case .flatten: kill(.flatten)
        case .hold: hold()
        case .release: isHeld = false
        case .set(let change): set(change)
        }
        deliver()
    }

    /// Fires every timer that is due, asks about requests that have waited too long for an answer, and compares the accounts with
    /// their venues when that is due.
    public func wake(at time: Timestamp) {
        advance(to: time)
        journal?.append(JournalRecord(wakeAt: time))
        askAboutUnknown()
        if time >= nextReview { reviewAll() }
        if time >= nextLossCheck { watchLosses() }
        while !isRecovering, let timer = timers.take(time) {
            guard !isStopped else { continue }
            inbox.add(.timer(timer.token), timer.algorithm.map(Target.algorithm) ?? .strategy(timer.instance))
            deliver()
        }
        deliver()
    }

    /// When `wake` has something to do next.
    public var nextWake: Timestamp {
        let next = isStopped ? .never : isRecovering ? nextReview : min(timers.next, nextReview, nextLossCheck)
        // What fell due while no process ran is due now.
        return max(now, deadlines.next(orders, before: next))
    }

    /// Ends the run: strategies cancel what they have working; no timer fires and no order is sent any more.
    public func stop(_ reason: StopReason) {
        guard !isStopped else { return }
        journal?.append(JournalRecord(reason, at: now))
        end(reason)
    }

    private func end(_ reason: StopReason) {
        guard !isStopped else { return }
        for index in instances.indices {
            call(.strategy(StrategyID(index))) { strategy, context in strategy.stop(reason, &context) }
        }
        for id in orders.open { cancel(id) }
        isStopped = true
    }

    // MARK: Outputs

    public var hasCommands: Bool { !commands.isEmpty }

    /// Whether a command was given, or a wake asked for or withdrawn, since the driver last looked.
    public internal(set) var hasNews = false

    /// The driver has looked.
    public func acknowledgeNews() { hasNews = false }

    /// The next command in the order they were given; nil when all are taken.
    public func nextCommand() -> Command? { commands.isEmpty ? nil : commands.removeFirst() }

    /// Lends the next command and takes it off.
    ///
    /// - Parameter body: Must not call the core's inputs.
    @inline(__always)
    public func takeCommand(_ body: (borrowing Command) -> Void) {
        body(commands[0])
        commands.removeFirst()
    }

    func emit(_ command: Command) {
        journal?.append(JournalRecord(command, at: now))
        commands.append(command)
        hasNews = true
    }

    // MARK: Time

    @inline(__always)
    func advance(to time: Timestamp) {
        precondition(time >= now, "an event came before the one that was handled last")
        now = time
    }
}

extension Command {
    /// Whom it is addressed to.
    public var account: AccountID {
        switch self {
        case .submit(let request): request.account
        case .amend(let request): request.account
        case .cancel(let request): request.account
        case .query(let request): request.account
        case .cancelAll(let account, _), .setLeverage(let account, _, _), .deadMan(let account, _): account
        }
    }
}
