internal import Market

/// Remembers equity for as long as the limits of losses look back: one sample a minute.
struct LossWatch {
    struct Breach: Hashable {
        var reason: FreezeReason
        var loss: Int64
        var limit: Int64
        /// How far it is counted back; nil: to the highest equity.
        var span: Nanoseconds?

        func text(_ currency: Currency) -> String {
            func text(_ nanos: Int64) -> String { "\(Decimal.text(nanos, decimals: 9)) \(currency)" }
            return "a loss of \(text(loss)) (\(span.map { "\($0.count / 3_600_000_000_000) h" } ?? "drawdown")) is more than \(text(limit))"
        }
    }

    static let interval = Nanoseconds.seconds(1)
    private static let sampling = Nanoseconds.minutes(1)
    private static let (hour, day) = (Nanoseconds.hours(1), Nanoseconds.hours(24))

    let limits: LossLimits
    private var highest: Int64?
    /// Oldest first; the first may be older than a day, so that a day's loss has a beginning.
    private var samples: ContiguousArray<Sample> = []
    private var isBroken = false

    private struct Sample: BitwiseCopyable {
        var time: Timestamp
        var equity: Int64
    }

    init(_ limits: LossLimits) { self.limits = limits }

    /// The first limit that this equity passes; each run has one such moment, for it is latched.
    mutating func breach(_ equity: Int64, at now: Timestamp) -> Breach? {
        highest = max(highest ?? equity, equity)
        if samples.isEmpty || now >= samples[samples.count - 1].time + Self.sampling {
            samples.append(Sample(time: now, equity: equity))
            while samples.count > 1, samples[1].time + Self.day <= now { samples.removeFirst() }
        }
        guard !isBroken else { return nil }
        let found = drawdown(equity) ?? loss(equity, limits.hourly, Self.hour, now) ?? loss(equity, limits.daily, Self.day, now)
        isBroken = found != nil
        return found
    }

    private func drawdown(_ equity: Int64) -> Breach? {
        guard let limit = limits.drawdown, let highest, highest - equity > limit else { return nil }
        return Breach(reason: .drawdown, loss: highest - equity, limit: limit, span: nil)
    }

    /// Against the last sample that is old enough, else the first.
    private func loss(_ equity: Int64, _ limit: Int64?, _ span: Nanoseconds, _ now: Timestamp) -> Breach? {
        guard let limit else { return nil }
        var before = samples[0].equity
        for index in 0..<samples.count where samples[index].time + span <= now { before = samples[index].equity }
        guard before - equity > limit else { return nil }
        return Breach(reason: .lossLimit, loss: before - equity, limit: limit, span: span)
    }
}

extension TradingCore {
    /// Looks at what the accounts are worth, and at what each instance has made, where losses have limits.
    func watchLosses() {
        guard losses != nil || instances.contains(where: { $0.losses != nil }), !isStopped else { return nextLossCheck = .never }
        nextLossCheck = now + LossWatch.interval
        hasNews = true
        guard !isRecovering else { return }
        for index in instances.indices { watchLosses(of: StrategyID(index)) }
        guard let limits = losses?.limits else { return }
        let equity = accounts.indices.reduce(Int64(0)) { $0 + self.equity(AccountID($1), limits.currency).nanos }
        guard let breach = losses?.breach(equity, at: now) else { return }
        note(nil, "breaker: \(breach.text(limits.currency)): \(limits.policy.rawValue)")
        for index in instances.indices { setFreeze(StrategyID(index), breach.reason) }
        kill(limits.policy == .flattenAll ? .flatten : .cancelAll)
        if limits.policy == .flattenPair { closePairs() }
    }

    /// One that has lost more than it may quotes no more, and goes on hedging; the others go on.
    private func watchLosses(of id: StrategyID) {
        let instance = instances[id.index]
        guard let limits = instance.losses?.limits, !instance.isBroken,
            let breach = instance.losses?.breach(profit(id, limits.currency), at: now)
        else { return }
        note(id, "breaker of this strategy: \(breach.text(limits.currency)): it quotes no more")
        setFreeze(id, breach.reason)
        instance.isBroken = true
        for order in orders.open where orders.read(order, { $0.instance == id && $0.draft.purpose == .quote }) == true { cancel(order) }
    }
}
