internal import Market

/// One running strategy.
final class Instance {
    let strategy: any Strategy
    let subscriptions: [InstrumentID]
    let limits: InstanceLimits
    var random: SeededGenerator
    var freeze: FreezeReason?
    /// Of its parameters, since the start.
    var changes: [ParameterChange] = []
    /// Its own profit, where that has limits.
    var losses: LossWatch?
    /// It has lost more than it may: what froze it is for good.
    var isBroken = false
    private var orders = SlidingCount(span: .seconds(1))

    init(_ strategy: any Strategy, subscriptions: [InstrumentID], limits: InstanceLimits, random: SeededGenerator) {
        self.strategy = strategy
        self.subscriptions = subscriptions
        self.limits = limits
        self.random = random
        losses = limits.losses.map { LossWatch($0) }
    }

    /// An order or an amend.
    func recordOrder(_ now: Timestamp) { if limits.maximumOrdersPerSecond != nil { orders.record(now) } }

    func exceedsRate(_ now: Timestamp) -> Bool {
        guard let maximum = limits.maximumOrdersPerSecond else { return false }
        return orders.count(now) >= maximum
    }
}

struct RunningAlgorithm {
    let id: AlgorithmID
    let instance: StrategyID
    let algorithm: any Algorithm
}

/// Telling strategies and algorithms what happened, one call after the other, never one inside another.
extension TradingCore {
    /// Tells all that waits, and what that causes, until nothing does.
    public func deliver() {
        guard !isDelivering, !inbox.isEmpty else { return }
        isDelivering = true
        defer { isDelivering = false }
        var calls = 0
        while let entry = inbox.take() {
            let message = entry.message
            calls += 1
            precondition(calls < 100_000, "a strategy answers each event by causing another without time passing")
            switch entry.target {
            case .strategy(let id):
                guard case .event(let event) = message else { preconditionFailure("only algorithms are started and cancelled by message") }
                var context = Context(core: self, instance: id, algorithm: nil)
                Port(instances[id.index]).with { $0.strategy.receive(event, &context) }
            case .algorithm(let id):
                guard let running = algorithms.first(where: { $0.id == id }) else { continue }
                var context = Context(core: self, instance: running.instance, algorithm: id)
                switch message {
                case .start: running.algorithm.start(&context)
                case .cancel: running.algorithm.cancel(&context)
                case .event(let event): running.algorithm.receive(event, &context)
                }
            }
        }
    }

    /// Calls a strategy outside the stream of events; what it causes is told after it returns.
    func call(_ target: Target, _ body: (any Strategy, inout Context) -> Void) {
        guard case .strategy(let id) = target else { preconditionFailure("only strategies are started and stopped") }
        var context = Context(core: self, instance: id, algorithm: nil)
        let wasDelivering = isDelivering
        isDelivering = true
        body(instances[id.index].strategy, &context)
        isDelivering = wasDelivering
    }

    func run(_ algorithm: any Algorithm, _ instance: StrategyID) -> AlgorithmID {
        lastAlgorithm += 1
        let id = AlgorithmID(lastAlgorithm)
        algorithms.append(RunningAlgorithm(id: id, instance: instance, algorithm: algorithm))
        for instrument in algorithm.instruments { feeds.watch(instrument, algorithm.interests, .algorithm(id)) }
        inbox.add(.start, .algorithm(id))
        return id
    }

    func cancel(_ id: AlgorithmID) {
        inbox.add(.cancel, .algorithm(id))
    }

    func finish(_ id: AlgorithmID, _ end: AlgorithmEnd) {
        guard let index = algorithms.firstIndex(where: { $0.id == id }) else { return }
        let instance = algorithms[index].instance
        algorithms.remove(at: index)
        feeds.unwatch(.algorithm(id))
        noteKillClosing(id, end)
        notePairClosing(id, end)
        inbox.add(.algorithm(id, end), .strategy(instance))
    }
}
