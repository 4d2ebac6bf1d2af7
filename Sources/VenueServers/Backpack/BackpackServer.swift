public import Market
public import Signing
public import Simulation
internal import Trading
internal import Venues

/// The venue's side of Backpack over a simulated venue: requests are answered and streams fed as the venue does.
///
/// It opens no socket, reads no clock and draws no entropy. Whoever does calls `request` as one arrives, `opened`, `closed`, `receive`
/// and `pong` for sockets, hands the records of the feeds to `receive` in order, calls `advance` at `nextWake`, and does what
/// `nextAction` asks for. All times are the venue's clock. A request is dealt with at the moment it is handed over, and its
/// consequences leave in the venue's order: events of orders, balances, positions; then public trades and the book; then the answer.
///
///     feeds, requests, subscriptions ─▶ receive, request ─▶ simulated venue ─▶ nextAction ─▶ frames, answers
///
/// The book that it shows is the recorded one with what clients' orders change of it; `ServedMarket` says how it is numbered. Nothing
/// that a client sends ends it: it is an answer of an error, or an error frame.
public final class BackpackServer: VenueServer {
    public struct Account: Sendable {
        public var id: AccountID
        public var name: String
        public var key: Ed25519PublicKey

        public init(id: AccountID, name: String, key: Ed25519PublicKey) { (self.id, self.name, self.key) = (id, name, key) }
    }

    public struct Configuration: Sendable {
        /// Whoever moves the bytes makes the latency: those of the accounts' connections are not used.
        public var venue: VenueConfiguration
        public var accounts: [Account]
        /// For each account; nil: as many as it likes.
        public var requestsPerMinute: Int? = 2_000
        /// How far beyond the best price a market order takes; nil: to the end of the book.
        public var marketReach: Rate? = Rate(basisPoints: 100)
        /// Open orders of an account.
        public var openOrders = 500
        /// The largest batch of orders.
        public var largestBatch = 50
        /// A socket is pinged so often, and closed when it answered none for so long.
        public var pingEvery = Nanoseconds.seconds(60)
        public var pongWithin = Nanoseconds.seconds(120)
        /// Whether signatures are verified; else any is believed, which is for runs that make millions of them.
        public var verifiesSignatures = true
        /// Whether books and trades show what clients' orders change of them, as at the venue; else the recorded market alone.
        public var showsOrders = true
        /// Whether fills are kept until `takeFills`.
        public var keepsFills = false
        /// When it begins to number the changes of its books anew, in order; nobody is told.
        public var renumbersAt: [Timestamp] = []

        /// - Precondition: Every account is one of the venue's.
        public init(venue: VenueConfiguration, accounts: [Account]) { (self.venue, self.accounts) = (venue, accounts) }
    }

    /// The venue behind it, for whoever compares.
    public let venue: SimulatedVenue
    let configuration: Configuration
    let markets: [ServedMarket]
    private let marketOfInstrument: [Int: Int]
    let marketOfSymbol: [String: Int]
    let accounts: [ServedAccount]
    let accountOfKey: [String: Int]
    private let accountOfID: [AccountID: Int]
    /// Public streams by name.
    let channels: [String: BackpackChannel]
    let liquidations = BackpackChannel("liquidation")
    var sockets: [SocketID: ServedSocket] = [:]
    var orders = ServedOrders()
    var fills: [ServedFill] = []
    var fillsTold: [VenueFill] = []
    /// Of positions and of transfers.
    var lastNumber: Int64 = 5_411_399_048
    private var actions: [ServerAction] = []
    /// Times of `renumbersAt` that have come.
    private var renumberings = 0
    private var nextOfActions = 0
    /// The latest moment that it was told of.
    public internal(set) var now = Timestamp(nanoseconds: 0)
    /// The next full second, when tickers and candles are told.
    var secondDue = Timestamp.never

    public init(_ configuration: Configuration) {
        var venue = configuration.venue
        venue.reportsAccountState = false
        venue.nonceRule = nil
        for index in venue.accounts.indices { venue.accounts[index].connection = .constant(entry: .zero, response: .zero) }
        self.configuration = configuration
        self.venue = SimulatedVenue(venue)
        markets = venue.listings.enumerated().map { ServedMarket($0.offset, $0.element, venue.margin?.tables[$0.offset]) }
        marketOfInstrument = Dictionary(uniqueKeysWithValues: markets.map { ($0.id.index, $0.listing) })
        marketOfSymbol = Dictionary(markets.map { ($0.symbol, $0.listing) }) { first, _ in first }
        accounts = configuration.accounts.enumerated().map { [markets] index, account in
            guard let terms = venue.accounts.first(where: { $0.id == account.id }) else {
                preconditionFailure("an account is served that the venue does not have")
            }
            return ServedAccount(index, account, markets, leverage: terms.leverage)
        }
        accountOfKey = Dictionary(accounts.map { ($0.key.base64, $0.index) }) { first, _ in first }
        accountOfID = Dictionary(accounts.map { ($0.id, $0.index) }) { first, _ in first }
        let all = markets.flatMap(\.channels) + [liquidations]
        channels = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
        for account in accounts { account.told = holdings(account) }
    }

    // MARK: What it wants

    public func nextAction() -> ServerAction? {
        guard nextOfActions < actions.count else {
            actions.removeAll(keepingCapacity: true)
            nextOfActions = 0
            return nil
        }
        nextOfActions += 1
        return actions[nextOfActions - 1]
    }

    func act(_ action: ServerAction) { actions.append(action) }

    /// Encodes a frame if somebody hears the stream, once for all of them.
    func publish(_ channel: BackpackChannel, _ data: @autoclosure () -> String?) {
        guard channel.isHeard, let data = data() else { return }
        let frame = channel.frame(data)
        for socket in channel.sockets { act(.send(socket, text: frame)) }
    }

    // MARK: Time

    /// Does what is due.
    public func advance(to time: Timestamp) {
        now = max(now, time)
        while renumberDue <= now {
            renumberings += 1
            for market in markets { market.renumber() }
        }
        if venue.nextWake <= now { operate(nil, at: now) {} }
        keepAlive()
        for market in markets {
            for window in market.windows where window.due <= now { publishWindow(window, market) }
        }
        if secondDue <= now { publishSecond() }
    }

    /// When `advance` has something to do next; `.never` if nothing is due.
    public var nextWake: Timestamp {
        var next = min(venue.nextWake, secondDue, nextPing, renumberDue)
        for market in markets {
            for window in market.windows { next = min(next, window.due) }
        }
        return next
    }

    private var renumberDue: Timestamp {
        renumberings < configuration.renumbersAt.count ? configuration.renumbersAt[renumberings] : .never
    }

    func market(_ instrument: InstrumentID) -> ServedMarket? { marketOfInstrument[instrument.index].map { markets[$0] } }
    func account(_ id: AccountID) -> ServedAccount? { accountOfID[id].map { accounts[$0] } }

    public func takeFills(_ body: (VenueFill) -> Void) {
        guard !fillsTold.isEmpty else { return }
        for fill in fillsTold { body(fill) }
        fillsTold.removeAll(keepingCapacity: true)
    }

    // MARK: The operator

    /// Money from outside (positive) or to there; the account's history has it as a deposit or a withdrawal.
    public func transfer(_ id: AccountID, _ amount: Money, at time: Timestamp) {
        guard account(id) != nil else { return }
        operate(nil, at: time) { [venue] in venue.transfer(id, amount, at: time) }
    }

    /// Ends every connection, as the venue does before it goes down.
    public func closeAll() {
        for socket in sockets.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            act(.close(socket))
            forget(socket)
        }
    }
}
