internal import Market
internal import Trading

/// What a request was for: what becomes of its answer. Accounts and feeds are indices of the session's.
enum BackpackPending {
    case book(feed: Int)
    /// A full book to compare with.
    case audit(feed: Int)
    case clock(askedAt: Timestamp)
    case place(OrderID, account: Int)
    case batch([OrderID], account: Int)
    case cancel(OrderID, account: Int)
    case cancelAll(account: Int, feed: Int)
    case leverage(account: Int, InstrumentID, Int64)
    /// Of a resting order; then, where there is none, of what became of it.
    case order(OrderID, account: Int, query: UInt64)
    case history(OrderID, account: Int, query: UInt64)
    case openOrders(account: Int, query: UInt64)
    case positions(account: Int, query: UInt64)
    case balances(account: Int, query: UInt64)
    /// Fills since a time, the newest first, with those of the pages before.
    case fills(account: Int, query: UInt64, from: Timestamp, askedAt: Timestamp, before: [BackpackAnswers.Fill])
    case payments(account: Int, query: UInt64, after: Timestamp)
    /// Deposits, or withdrawals: nobody asked, they are looked for.
    case transfers(account: Int, areDeposits: Bool)

    /// Whose key signs it; nil: nobody's.
    var account: Int? {
        switch self {
        case .book, .audit, .clock: nil
        case .place(_, let account), .batch(_, let account), .cancel(_, let account), .cancelAll(let account, _),
            .leverage(let account, _, _),
            .order(_, let account, _), .history(_, let account, _), .openOrders(let account, _), .positions(let account, _),
            .balances(let account, _), .fills(let account, _, _, _, _), .payments(let account, _, _), .transfers(let account, _):
            account
        }
    }

    /// The question that it answers; nil where nobody asked one.
    var query: UInt64? {
        switch self {
        case .book, .audit, .clock, .place, .batch, .cancel, .cancelAll, .leverage, .transfers: nil
        case .order(_, _, let query), .history(_, _, let query), .openOrders(_, let query), .positions(_, let query),
            .balances(_, let query), .fills(_, let query, _, _, _), .payments(_, let query, _):
            query
        }
    }

    /// What leaves the requests alone that are kept for what can't.
    var canWait: Bool { if case .transfers = self { true } else { false } }
}
