internal import Market

/// What a venue has told of one account since we last asked it for everything.
struct AccountReview {
    /// How the venue's position and ours differed when they were last compared.
    struct Mismatch: Hashable {
        var instrument: InstrumentID
        /// The venue's less ours.
        var difference: Quantity
        /// When it was first found so.
        var since: Timestamp
    }

    /// The number of the query for fills; those for open orders and positions follow it. nil while nothing is asked.
    private(set) var query: UInt64?
    private(set) var askedAt = Timestamp.distantPast
    /// Fills up to this trade have been told completely.
    private(set) var cursor: UInt64 = 0
    /// The latest trade that we have heard of, and the one when we asked.
    private var newest: UInt64 = 0
    private var newestWhenAsked: UInt64 = 0
    /// What the running answer has named.
    private(set) var orders: [OrderID] = []
    private(set) var positions: [InstrumentID: Quantity] = [:]
    var mismatches: [Mismatch] = []
    /// Payments up to this settlement have been told completely.
    private(set) var paidThrough = Timestamp.distantPast
    private var newestPayment = Timestamp.distantPast
    private var payments: (query: UInt64, newestWhenAsked: Timestamp)?
    /// The last payments that were counted.
    private var counted: [Settlement] = []

    /// Deposits and withdrawals that were counted.
    private var transfers: Set<UInt64> = []

    private struct Settlement: Hashable {
        var instrument: InstrumentID
        var time: Timestamp
    }

    private static let paymentsKept = 1_024

    // A venue that refuses questions is asked less and less often.
    private static let firstPause = Nanoseconds.seconds(2)
    private static let longestPause = Nanoseconds.seconds(16)
    private var pause = Nanoseconds.zero
    /// Nothing is asked again before this: a question was refused. `.distantPast` if not.
    private(set) var quietUntil = Timestamp.distantPast

    /// A question was refused: those of one moment are one refusal.
    mutating func refused(at now: Timestamp) {
        guard now >= quietUntil else { return }
        pause = pause == .zero ? Self.firstPause : min(Nanoseconds(count: pause.count * 2), Self.longestPause)
        quietUntil = now + pause
    }

    /// A question was answered: the venue takes them again.
    mutating func isAnswered() { (pause, quietUntil) = (.zero, .distantPast) }

    /// - Parameter query: The number of the first of the queries.
    mutating func begin(_ query: UInt64, at time: Timestamp) {
        (self.query, askedAt, newestWhenAsked) = (query, time, newest)
        orders = []
        positions = [:]
    }

    mutating func heard(trade: UInt64) { newest = max(newest, trade) }
    mutating func heard(_ order: OrderID) { if query != nil { orders.append(order) } }
    mutating func heard(_ position: Quantity, of instrument: InstrumentID) { if query != nil { positions[instrument] = position } }

    /// Whether a deposit or a withdrawal was not counted before; it is from now on.
    mutating func isNew(transfer: UInt64) -> Bool { transfers.insert(transfer).inserted }

    /// Whether a payment was not counted before; it is from now on. A venue may tell one twice, or again when asked.
    mutating func isNew(_ payment: FundingPayment) -> Bool {
        let settlement = Settlement(instrument: payment.instrument, time: payment.settledAt)
        newestPayment = max(newestPayment, payment.settledAt)
        guard payment.settledAt > paidThrough, !counted.contains(settlement) else { return false }
        counted.append(settlement)
        if counted.count > Self.paymentsKept { counted.removeFirst() }
        return true
    }

    mutating func awaitPayments(_ query: UInt64) { payments = (query, newestPayment) }

    enum Answer { case fills, orders, positions }

    /// What is complete with the end of this answer; nil for other queries.
    mutating func complete(_ query: UInt64) -> Answer? {
        if let asked = payments, asked.query == query {
            paidThrough = asked.newestWhenAsked
            payments = nil
            return nil
        }
        switch self.query.map({ query &- $0 }) {
        case 0:
            // What we had heard of before asking came before the answer: nothing up to it is missing any more.
            cursor = newestWhenAsked
            return .fills
        case 1: return .orders
        case 2:
            self.query = nil
            return .positions
        default: return nil
        }
    }
}
