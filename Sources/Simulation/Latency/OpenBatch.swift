internal import Market
internal import Trading

/// The requests of one account that left at the present instant, as far as others can still travel with them.
struct OpenBatch: BitwiseCopyable {
    private struct Head: BitwiseCopyable {
        var time = Timestamp.distantPast
        var latency = Nanoseconds.zero
        var lane = 0
        var instrument: InstrumentID?
        var count = 0
    }

    private let rule: BatchRule
    private var orders = Head()
    private var cancels = Head()

    init(_ rule: BatchRule) { self.rule = rule }

    /// How long the request takes that this one joins, if it joins one.
    mutating func join(_ command: Command, lane: Int, at now: Timestamp) -> Nanoseconds? {
        switch command {
        case .submit(let request): join(\.orders, rule.orders, request.instrument, lane, now)
        case .cancel(let request): join(\.cancels, rule.cancels, request.instrument, lane, now)
        case .amend, .cancelAll, .query, .setLeverage, .deadMan: nil
        }
    }

    /// A request leaves that the next ones may join.
    mutating func begin(_ command: Command, lane: Int, at now: Timestamp, latency: Nanoseconds) {
        switch command {
        case .submit(let request): orders = Head(time: now, latency: latency, lane: lane, instrument: request.instrument, count: 1)
        case .cancel(let request): cancels = Head(time: now, latency: latency, lane: lane, instrument: request.instrument, count: 1)
        case .amend, .cancelAll, .query, .setLeverage, .deadMan: break
        }
    }

    private mutating func join(
        _ kind: WritableKeyPath<OpenBatch, Head>, _ batch: BatchRule.Batch?, _ instrument: InstrumentID, _ lane: Int, _ now: Timestamp
    ) -> Nanoseconds? {
        let head = self[keyPath: kind]
        guard let batch, head.time == now, head.lane == lane, head.count < batch.limit,
            !rule.isOfOneInstrument || head.instrument == instrument
        else { return nil }
        self[keyPath: kind].count += 1
        return head.latency
    }
}
