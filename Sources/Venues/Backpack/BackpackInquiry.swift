public import Market
internal import Signing

/// What Backpack is asked about one account before a run begins.
///
/// Of keys the venue tells nothing: whether one may withdraw is not known.
public struct BackpackInquiry: VenueInquiry {
    /// The clock twice: the first answer comes by a connection that has yet to be opened. Before all that is signed by it.
    private static let questions: [(question: AccountFacts.Question, request: BackpackRequest)] = [
        (.time, .time), (.time, .time), (.markets, .markets), (.account, .account), (.balances, .collateral), (.positions, .positions),
        (.openOrders, .openOrders(symbol: nil)),
    ]

    private let account: BackpackAccount
    private var asked = 0
    private var askedAt = Timestamp.distantPast
    public private(set) var facts = AccountFacts()

    public init(_ account: BackpackAccount) { self.account = account }

    public mutating func next(at now: Timestamp) -> HTTPRequest? {
        guard asked < Self.questions.count else { return nil }
        let request = Self.questions[asked].request
        asked += 1
        askedAt = now
        guard request.endpoint.instruction != nil else { return request.unsigned }
        let window = BackpackWindow(timestamp: (now + facts.clock.offset).nanoseconds / 1_000_000)
        return request.signed(account.key, valid: window)
    }

    public mutating func answer(_ outcome: HTTPOutcome, at now: Timestamp) {
        precondition((1...Self.questions.count).contains(asked), "an answer without a question")
        let question = Self.questions[asked - 1].question
        let kind = trouble(outcome, question, now)
        facts.troubles.removeAll { $0.question == question }
        // One answer about the clock is enough.
        if let kind, question != .time || facts.clock.error == nil { facts.troubles.append(AccountFacts.Trouble(question, kind)) }
    }

    private mutating func trouble(
        _ outcome: HTTPOutcome, _ question: AccountFacts.Question, _ now: Timestamp
    ) -> AccountFacts.Trouble.Kind? {
        switch outcome {
        case .notSent(let reason), .unknown(let reason): return .unanswered(reason: reason)
        case .answered(let status, let body):
            switch BackpackAnswers.verdict(status: status, body: body) {
            case .pending: return .unanswered(reason: "status \(status)")
            case .refused(let refusal), .unknown(let refusal): return .refused(code: refusal.code, message: refusal.message)
            case .done:
                do throws(RowFailure) {
                    try take(body, question, now)
                    return nil
                } catch { return .notUnderstood(offset: error.offset, expected: error.expected) }
            }
        }
    }

    private mutating func take(_ body: [UInt8], _ question: AccountFacts.Question, _ now: Timestamp) throws(RowFailure) {
        switch question {
        case .time:
            facts.clock.add(asked: askedAt, answered: now, venue: try BackpackAnswers.time(body), resolution: .milliseconds(1))
        case .markets:
            facts.markets = try BackpackMarket.list(body).map { market in
                AccountFacts.Market(
                    symbol: market.symbol, instrument: market.instrument, status: market.status, statusText: market.bookState,
                    lowestPrice: market.lowestPrice, highestPrice: market.highestPrice)
            }
        case .account:
            let terms = try BackpackAnswers.account(body)
            facts.fees = terms.fees
            (facts.leverageLimit, facts.isBeingLiquidated) = (terms.leverageLimit, terms.isLiquidating)
        case .balances:
            facts.holdings = try BackpackAnswers.collateral(body).map { AccountFacts.Holding(asset: $0.asset, total: $0.total) }
            facts.equity = try BackpackAnswers.equity(body)
        case .positions:
            facts.positions = try BackpackAnswers.positions(body).filter { $0.quantity != 0 }.map {
                AccountFacts.Position(symbol: $0.symbol, quantity: $0.quantity, entry: FinePrice(nanos: $0.entry))
            }
        case .openOrders:
            facts.openOrders = try BackpackAnswers.orders(body).map {
                AccountFacts.Order(
                    symbol: $0.symbol, id: String($0.id), client: $0.client.map { UInt64($0) }, side: $0.side,
                    price: $0.price.map { FinePrice(nanos: $0) }, quantity: $0.quantity, filled: $0.executed)
            }
        }
    }
}
