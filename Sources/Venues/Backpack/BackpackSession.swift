public import Market
public import Signing
public import Trading

/// An account at Backpack: a subaccount with its key.
public final class BackpackAccount: Sendable {
    public let id: AccountID
    let key: Ed25519SecretKey

    public init(_ id: AccountID, key: consuming Ed25519SecretKey) {
        self.id = id
        self.key = key
    }
}

/// The client's side of Backpack.
///
/// One socket carries the public streams, one each the private streams of an account. A socket that is lost is opened again after a
/// while that grows; then everything is subscribed anew, books are asked for anew, and the core, which hears that the stream is up,
/// asks what it missed. What it can't understand is an alarm with the frame, never an end.
public final class BackpackSession: VenueSession {
    public struct Configuration: Sendable {
        public var venue: VenueID
        public var instruments: [(id: InstrumentID, instrument: Instrument)]
        public var accounts: [BackpackAccount]
        /// Added to an order's number to make its client id, so that no two runs on an account share one.
        public var clientBase: UInt32 = 0
        /// Connections for requests; all of one order go by one.
        public var lanes = 4
        /// Requests a minute, for each account, and those of them that quotes may not use.
        public var requestsPerMinute = 2_000
        public var reservedRequests = 400
        /// Public data silent for so long are stale, and for so long a lost connection.
        public var stallAfter = Nanoseconds.seconds(5)
        public var silentAfter = Nanoseconds.seconds(20)
        /// A private socket may have nothing to tell: it is asked for a sign of life so often, and silent for so long it is lost.
        public var pingEvery = Nanoseconds.seconds(10)
        public var privateSilentAfter = Nanoseconds.seconds(25)
        /// The private stream tells of an order so long after the venue has taken it, or is not to be relied on.
        public var newsAfter = Nanoseconds.seconds(3)
        public var openTimeout = Nanoseconds.seconds(10)
        /// A subscription has no answer: no refusal for so long is one.
        public var confirmAfter = Nanoseconds.seconds(1)
        /// An order that is not found yet may be on its way into the history.
        public var historyLag = Nanoseconds.seconds(5)
        /// When the run first began, by the venue's clock: what was traded before is none of it.
        public var historyFrom = Timestamp.distantPast
        public var clockEvery = Nanoseconds.minutes(1)
        /// How often deposits and withdrawals are looked for; nil: never.
        public var transfersEvery: Nanoseconds? = .minutes(1)
        /// How often a full book is asked for to be compared with the one that the stream has made; nil: never.
        public var auditEvery: Nanoseconds?
        /// Of the waits before sockets are opened again.
        public var seed: UInt64 = 1

        public init(venue: VenueID, instruments: [(id: InstrumentID, instrument: Instrument)], accounts: [BackpackAccount]) {
            (self.venue, self.instruments, self.accounts) = (venue, instruments, accounts)
        }
    }

    /// An order of ours, as far as its messages have to be understood.
    struct KnownOrder: BitwiseCopyable {
        var account: AccountID
        var feed: Int
        var sentAt: Timestamp
        /// The venue's number, 0 before it is known.
        var venueID: Int64 = 0
        /// By which its requests go: they never overtake each other.
        var lane: Int
        var wasCancelled = false
    }

    let configuration: Configuration
    var feeds: [BackpackFeed]
    var links: [BackpackLink]
    var reader = BackpackStreamReader()
    var random: SeededGenerator
    var orders = RecentMap<KnownOrder>(
        limit: 1 << 16, filler: KnownOrder(account: AccountID(0), feed: 0, sentAt: .distantPast, lane: 0))
    var ordersOfVenue = RecentMap<UInt64>(limit: 1 << 16, filler: 0)
    var pending: [RequestID: BackpackPending] = [:]
    /// By account, by the venue's clock: fills before it have been told.
    var fillsToldUntil: [Timestamp]
    /// By account: deposits and withdrawals that were told, and when they are looked for.
    var transfersTold: [Set<UInt64>]
    private var transfersDue: [Timestamp]
    let budgets: [RequestBudget]
    /// Questions to be asked again, by time.
    var retries: [(due: Timestamp, subject: BackpackPending)] = []
    /// What the last public frame was about; nil where that is none of our instruments.
    public internal(set) var frameInstrument: InstrumentID?
    /// How the venue's clock stands to ours.
    public internal(set) var clock = ClockOffset()
    var clockDue = Timestamp.never
    private var lastRequest: UInt64 = 0
    /// Orders of one instant that have not left: those of one account go together.
    var outbox: [BackpackOutgoing] = []
    private var actions: [SessionAction] = []
    private var nextOfActions = 0
    private var inputs = Ring<CoreInput>(capacity: 1_024)
    private var alarms: [SessionAlarm] = []

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        feeds = configuration.instruments.map { BackpackFeed($0.id, $0.instrument) }
        links = [BackpackLink(account: nil)] + configuration.accounts.indices.map { BackpackLink(account: $0) }
        if configuration.auditEvery != nil {
            for feed in feeds.indices { feeds[feed].audit = BookAudit(depth: Self.bookDepth) }
        }
        random = SeededGenerator(seed: configuration.seed, stream: 0xBAC4)
        transfersTold = configuration.accounts.map { _ in [] }
        transfersDue = configuration.accounts.map { _ in .never }
        fillsToldUntil = configuration.accounts.map { _ in .distantPast }
        budgets = configuration.accounts.map { _ in
            RequestBudget(limit: configuration.requestsPerMinute, reserve: configuration.reservedRequests, span: .minutes(1))
        }
    }

    /// Opens everything.
    public func start(at now: Timestamp) {
        for index in links.indices { links[index].state = .down(retryAt: now) }
        clockDue = now
        if let every = configuration.transfersEvery { transfersDue = transfersDue.map { _ in now + every } }
        advance(to: now)
    }

    public func restart(at now: Timestamp) {
        pending.removeAll()
        retries.removeAll()
        outbox.removeAll()
        (actions, nextOfActions) = ([], 0)
        for feed in feeds.indices { (feeds[feed].isAsking, feeds[feed].auditDue) = (false, .never) }
        for link in links.indices {
            lose(link, now)
            links[link].backOff.reset()
        }
        start(at: now)
    }

    // MARK: What it wants and tells

    public func nextAction() -> SessionAction? {
        if nextOfActions == actions.count { sendOrders() }
        guard nextOfActions < actions.count else {
            actions.removeAll(keepingCapacity: true)
            nextOfActions = 0
            return nil
        }
        nextOfActions += 1
        return actions[nextOfActions - 1]
    }

    /// What the core is to hear next, in order.
    public func nextInput(now: Timestamp) -> CoreInput? { inputs.isEmpty ? nil : inputs.removeFirst() }

    public func takeAlarms() -> [SessionAlarm] {
        defer { alarms = [] }
        return alarms
    }

    func act(_ action: SessionAction) { actions.append(action) }
    func tell(_ event: MarketEvent) { inputs.append(.market(event)) }
    func alarm(_ kind: SessionAlarm.Kind, _ text: String, frame: [UInt8] = []) { alarms.append(SessionAlarm(kind, text, frame: frame)) }

    func tell(_ report: AccountEvent.Report, _ account: AccountID, at venueTime: Timestamp, _ now: Timestamp) {
        inputs.append(.account(AccountEvent(account: account, venueTime: venueTime, receiveTime: now, report: report)))
    }

    func tell(_ change: ConnectionEvent.Change, of link: Int, _ now: Timestamp) {
        let stream: ConnectionEvent.Stream = links[link].account == nil ? .market : .account
        inputs.append(.connection(ConnectionEvent(venue: configuration.venue, stream: stream, change: change, time: now)))
    }

    /// Sends a request; what it asks for decides what becomes of its answer.
    func send(_ request: BackpackRequest, _ subject: BackpackPending, lane: Int, _ now: Timestamp) {
        lastRequest += 1
        let id = RequestID(lastRequest)
        pending[id] = subject
        guard let account = subject.account else { return act(.request(id, request.unsigned, lane: lane)) }
        let time = now + clock.offset
        let window = BackpackWindow(timestamp: time.nanoseconds / 1_000_000)
        act(.request(id, request.signed(configuration.accounts[account].key, valid: window), lane: lane))
    }

    // MARK: Time

    /// Does what is due.
    public func advance(to now: Timestamp) {
        for link in links.indices { advance(link, now) }
        for feed in feeds.indices where feeds[feed].bookDue <= now { askForBook(feed, now) }
        for feed in feeds.indices where feeds[feed].auditDue <= now { askForAudit(feed, now) }
        if clockDue <= now {
            clockDue = now + configuration.clockEvery
            send(.time, .clock(askedAt: now), lane: coldLane, now)
        }
        for account in transfersDue.indices where transfersDue[account] <= now {
            transfersDue[account] = configuration.transfersEvery.map { now + $0 } ?? .never
            ask(.transfers(account: account, areDeposits: true), now)
        }
        while let index = retries.firstIndex(where: { $0.due <= now }) { ask(retries.remove(at: index).subject, now) }
    }

    /// When `advance` has something to do next; `.never` if nothing is due.
    public var nextWake: Timestamp {
        var next = clockDue
        for link in links { next = min(next, link.nextWake(configuration)) }
        for feed in feeds { next = min(next, feed.bookDue, feed.auditDue) }
        for retry in retries { next = min(next, retry.due) }
        for due in transfersDue { next = min(next, due) }
        return next
    }

    /// Questions go by a lane of their own, so that no order waits behind them.
    var coldLane: Int { configuration.lanes }

    func feed(_ instrument: InstrumentID) -> Int? { feeds.firstIndex { $0.id == instrument } }

    func feed(_ symbol: Bytes) -> Int? {
        feeds.firstIndex { feed in Bytes.lending(feed.symbol) { $0.equals(symbol) } }
    }

    func account(_ id: AccountID) -> Int? { configuration.accounts.firstIndex { $0.id == id } }
}
