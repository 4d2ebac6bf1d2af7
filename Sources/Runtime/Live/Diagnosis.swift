public import Market
internal import Trading
public import Venues

/// Proves over a venue's own protocol that an account works, step by step (`domain` C.6), and leaves nothing behind.
///
/// An order of the smallest size rests far from the market, is looked for in every way that the venue tells of orders, is cancelled and
/// looked for again; where it may trade, the smallest size is bought at the touch and closed. It opens no socket and reads no clock:
/// who does moves its bytes as a session's, and wakes it at `nextWake`.
///
///     connecting ▶ observing ▶ resting ▶ querying ▶ listing ▶ cancelling ▶ querying ▶ listing ▶ entering ▶ closing ▶ leaving ▶ done
public final class Diagnosis {
    public struct Check: Hashable, Sendable {
        public var name: String
        public var passes: Bool
        public var text: String
        /// From the request to what was waited for; nil where nothing was.
        public var latency: Nanoseconds?

        public init(_ name: String, _ passes: Bool, _ text: String, latency: Nanoseconds? = nil) {
            (self.name, self.passes, self.text, self.latency) = (name, passes, text, latency)
        }
    }

    public struct Terms: Sendable {
        public var account: AccountID
        public var instrument: InstrumentID
        public var contract: Instrument
        /// Added to an order's number to make its client id.
        public var clientBase: UInt32
        /// How far below the market the order rests that is to be seen and cancelled.
        public var distance = Rate(basisPoints: 200)
        /// The most that a trade may cost, in 10⁻⁹ of the quote currency; nil: nothing is traded.
        public var budget: Int64?
        /// As the cost of trading is reckoned beforehand.
        public var takerFee = Rate(basisPoints: 10)
        /// The worst price of the order that closes, as a share below the best bid.
        public var slippage = Rate(basisPoints: 50)
        public var connectTimeout = Nanoseconds.seconds(20)
        /// Of the book, before anything is sent.
        public var observation = Nanoseconds.seconds(3)
        public var stepTimeout = Nanoseconds.seconds(10)
        public var entryTimeout = Nanoseconds.seconds(30)
        public var largestBookAge = Nanoseconds.seconds(5)

        public init(account: AccountID, instrument: InstrumentID, contract: Instrument, clientBase: UInt32) {
            (self.account, self.instrument, self.contract, self.clientBase) = (account, instrument, contract, clientBase)
        }
    }

    enum Step: Equatable {
        case connecting, observing
        case resting(OrderID)
        /// Whether the order is to be there or gone.
        case querying(OrderID, isGone: Bool, query: UInt64)
        case listing(OrderID, isGone: Bool, query: UInt64)
        case cancelling(OrderID)
        case entering, closing
        /// Nothing more is placed; what is not known to be gone is cancelled and asked for.
        case leaving
        case done
    }

    /// Who told something.
    enum Source { case answer, stream }

    struct Working {
        var order: OrderRequest
        var sentAt: Timestamp
        var filled = Quantity.zero
        var isCancelling = false
        /// Whether the venue is known to have had it.
        var isAcknowledged = false
    }

    let terms: Terms
    let session: any VenueSession
    var step = Step.connecting
    var stepBegan = Timestamp.distantPast
    var deadline = Timestamp.never
    /// By what has come of a step of several parts.
    var seen: Set<String> = []
    /// Orders that are not known to be gone.
    var working: [Working] = []
    /// Bought and not closed, in lots.
    var held = Quantity.zero
    /// What trading has cost so far, in 10⁻⁹ of the quote currency.
    var spent: Int64 = 0
    var lastOrder: UInt64 = 0
    var lastQuery: UInt64 = 0
    var toldOrders: [OrderStatus] = []
    var entryEnds = Timestamp.never
    var attempts = 0
    var nextAttempt = Timestamp.distantPast
    var book = OrderBook()
    private var hasBook = false
    private var bookHeardAt = Timestamp.distantPast
    private var streamsUp: Set<ConnectionEvent.Stream> = []
    /// The run was told to end.
    var isAbandoned = false
    public private(set) var checks: [Check] = []

    /// - Precondition: The session serves the account and the instrument, and nobody else uses it.
    public init(_ terms: Terms, session: any VenueSession) { (self.terms, self.session) = (terms, session) }

    public var isDone: Bool { step == .done }

    func tell(_ name: String, _ passes: Bool, _ text: String, since start: Timestamp? = nil, _ now: Timestamp) {
        checks.append(Check(name, passes, text, latency: start.map { now - $0 }))
    }

    // MARK: What comes

    public func start(at now: Timestamp) {
        begin(.connecting, within: terms.connectTimeout, now)
        session.start(at: now)
        settle(.stream, now)
    }

    public func opened(_ socket: SocketID, at now: Timestamp) {
        session.opened(socket, at: now)
        settle(.stream, now)
    }

    public func closed(_ socket: SocketID, at now: Timestamp) {
        session.closed(socket, at: now)
        settle(.stream, now)
    }

    public func heard(_ socket: SocketID, at now: Timestamp) {
        session.heard(socket, at: now)
        settle(.stream, now)
    }

    public func receive(_ frame: Span<UInt8>, from socket: SocketID, at now: Timestamp) {
        session.receive(frame, from: socket, at: now)
        settle(.stream, now)
    }

    public func answer(_ id: RequestID, _ outcome: HTTPOutcome, at now: Timestamp) {
        session.answer(id, outcome, at: now)
        settle(.answer, now)
    }

    public func wake(at now: Timestamp) {
        session.advance(to: now)
        settle(.stream, now)
        if deadline <= now { timeIsOver(now) }
        settle(.stream, now)
    }

    public var nextWake: Timestamp { min(session.nextWake, deadline, waitsToTry ? nextAttempt : .never) }

    public func nextAction() -> SessionAction? { session.nextAction() }

    /// Ends it as soon as nothing is left behind: what rests is cancelled, what was bought closed.
    public func abandon(at now: Timestamp) {
        guard !isAbandoned, step != .done else { return }
        isAbandoned = true
        leave(now)
        settle(.stream, now)
    }

    private func settle(_ source: Source, _ now: Timestamp) {
        var isSettled = false
        while !isSettled {
            isSettled = true
            while let input = session.nextInput(now: now) {
                take(input, source, now)
                isSettled = false
            }
            goOn(now)
        }
    }

    private func take(_ input: CoreInput, _ source: Source, _ now: Timestamp) {
        switch input {
        case .market(let event): heard(event, now)
        case .account(let event) where event.account == terms.account: heard(event.report, source, now)
        case .connection(let event) where event.change == .up: streamsUp.insert(event.stream)
        case .connection(let event) where event.change == .down: streamsUp.remove(event.stream)
        case .account, .connection, .wake, .operator: break
        }
    }

    private func heard(_ event: MarketEvent, _ now: Timestamp) {
        guard event.instrument == terms.instrument else { return }
        if event.kind == .gap {
            book.removeAll()
            hasBook = false
        }
        guard event.kind == .level else { return }
        if event.flags.contains(.snapshot), event.isFirst { book.removeAll() }
        book.set(event.side, ticks: event.price, lots: event.quantity)
        bookHeardAt = now
        if event.flags.contains(.snapshot), event.isLast { hasBook = true }
    }

    /// nil while the book can't be believed.
    var touch: (bid: Price, ask: Price)? {
        guard hasBook, let bid = book.bestBid, let ask = book.bestAsk else { return nil }
        return (bid, ask)
    }

    var mid: FinePrice? { hasBook ? book.mid(terms.contract) : nil }

    // MARK: Steps

    func begin(_ next: Step, within span: Nanoseconds? = nil, _ now: Timestamp) {
        (step, stepBegan, seen, toldOrders) = (next, now, [], [])
        deadline = next == .done ? .never : now + (span ?? terms.stepTimeout)
    }

    /// Does what doesn't wait for an event of its own.
    private func goOn(_ now: Timestamp) {
        switch step {
        case .connecting where streamsUp.contains(.market) && streamsUp.contains(.account) && touch != nil && session.clock.error != nil:
            tell("connected", true, "public and private streams are open, and the book is there", since: stepBegan, now)
            begin(.observing, within: terms.observation, now)
        case .entering: follow(now)
        case .closing: sendClosing(now)
        case .leaving: depart(now)
        default: break
        }
    }

    private func timeIsOver(_ now: Timestamp) {
        switch step {
        case .connecting:
            let missing = [
                streamsUp.contains(.market) ? nil : "public streams", streamsUp.contains(.account) ? nil : "private streams",
                touch == nil ? "a book of two sides" : nil, session.clock.error == nil ? "the venue's clock" : nil,
            ].compactMap { $0 }
            tell("connected", false, "what did not come: \(missing.joined(separator: ", "))", since: stepBegan, now)
            leave(now)
        case .observing:
            tellOfBook(now)
            rest(now)
        case .done: break
        case .resting, .querying, .listing, .cancelling, .entering, .closing, .leaving: stepTimedOut(now)
        }
    }

    private func tellOfBook(_ now: Timestamp) {
        guard let touch else { return tell("book", false, "it has no two sides", now) }
        let age = now - bookHeardAt
        let (bid, ask) = (terms.contract.text(touch.bid), terms.contract.text(touch.ask))
        tell("book", age <= terms.largestBookAge, "\(bid) at \(ask), \(Decimal.text(age.count / 1_000, decimals: 3)) ms old", now)
    }
}
