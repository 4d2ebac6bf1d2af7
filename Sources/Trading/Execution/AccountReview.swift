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

    /// - Parameter query: The number of the first of the queries.
    mutating func begin(_ query: UInt64, at time: Timestamp) {
        (self.query, askedAt, newestWhenAsked) = (query, time, newest)
        orders = []
        positions = [:]
    }

    mutating func heard(trade: UInt64) { newest = max(newest, trade) }
    mutating func heard(_ order: OrderID) { if query != nil { orders.append(order) } }
    mutating func heard(_ position: Quantity, of instrument: InstrumentID) { if query != nil { positions[instrument] = position } }

    enum Answer { case fills, orders, positions }

    /// What is complete with the end of this answer; nil for other queries.
    mutating func complete(_ query: UInt64) -> Answer? {
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
