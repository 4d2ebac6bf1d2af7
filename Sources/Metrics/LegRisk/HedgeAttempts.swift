internal import Market
internal import Trading

/// Counts how hedges and emergency closings go.
struct HedgeAttempts {
    /// A position that is being closed at once.
    private struct Closing {
        var account: AccountID
        var instrument: InstrumentID
        var since: Timestamp
        var mid: FinePrice?
    }

    private(set) var attempts = LegRisk.Attempts()
    private(set) var flattens = LegRisk.Flattens()
    /// By symbol: hedges in a row that did not fill whole.
    private var failed: [Int]
    private var first: [OrderID] = []
    private var doubtful: [OrderID] = []
    private var closings: [Closing] = []

    init(symbols: Int) { failed = Array(repeating: 0, count: symbols) }

    mutating func submitted(_ order: Order, symbol: Int, residual: ExactAmount, mid: FinePrice?, at time: Timestamp) {
        switch order.draft.purpose {
        case .hedge where failed[symbol] == 0:
            attempts.intents += 1
            first.append(order.id)
        case .hedge:
            attempts.retries += 1
        case .flatten:
            if failed[symbol] > 0 {
                attempts.escalations += 1
                attempts.residual += residual
                failed[symbol] = 0
            }
            let (account, instrument) = (order.draft.account, order.draft.instrument)
            if !closings.contains(where: { $0.account == account && $0.instrument == instrument }) {
                closings.append(Closing(account: account, instrument: instrument, since: time, mid: mid))
                flattens.count += 1
            }
        case .quote, .rebalance: break
        }
    }

    mutating func becameUnknown(_ order: Order) {
        if order.draft.purpose == .hedge, !doubtful.contains(order.id) { doubtful.append(order.id) }
    }

    mutating func ended(_ order: Order, symbol: Int) {
        guard order.draft.purpose == .hedge, case .done(let end) = order.life else { return }
        var isFirst = first.firstIndex(of: order.id).map { first.remove(at: $0) } != nil
        if end == .denied {
            // What our own limits deny is never sent.
            isFirst = failed[symbol] == 0
            if isFirst { attempts.intents += 1 } else { attempts.retries += 1 }
        }
        let wasDoubtful = doubtful.firstIndex(of: order.id).map { doubtful.remove(at: $0) } != nil
        guard order.filled < order.quantity || wasDoubtful else { return failed[symbol] = 0 }
        if isFirst { attempts.failures[Self.failure(order, end, wasDoubtful).rawValue] += 1 }
        if order.filled < order.quantity { failed[symbol] += 1 } else { failed[symbol] = 0 }
    }

    private static func failure(_ order: Order, _ end: Order.End, _ wasDoubtful: Bool) -> LegRisk.Failure {
        if wasDoubtful { return .unknown }
        switch end {
        case .rejected, .failed: return .rejected
        case .denied: return .denied
        case .filled, .cancelled, .expired: return order.filled.lots > 0 ? .partial : .unfilled
        }
    }

    /// A fill of a closing order.
    ///
    /// - Parameter paid: In the settlement currency, positive if paid.
    mutating func closed(_ fill: Fill, account: AccountID, paid: Money, _ contract: Contract, rate: Int64) {
        guard let closing = closings.first(where: { $0.account == account && $0.instrument == fill.instrument }) else { return }
        flattens.notional += ExactAmount(nanos: abs(paid.nanos), rate: rate)
        guard let mid = closing.mid else { return }
        flattens.cost += ExactAmount(nanos: (paid - value(contract, fill.signedQuantity, mid)).nanos, rate: rate)
    }

    /// A position has become zero.
    mutating func flat(_ account: AccountID, _ instrument: InstrumentID, at time: Timestamp) {
        guard let place = closings.firstIndex(where: { $0.account == account && $0.instrument == instrument }) else { return }
        flattens.timeToFlat.add(time - closings.remove(at: place).since)
    }

    mutating func finish() { flattens.open = closings.count }
}
