public import Market
public import Simulation

/// Places hypothetical orders where recorded ones stood and follows each by its exact place and by every estimate.
///
/// A hypothetical order has the size of a recorded one and stands just before it. The truth knows by their ids which orders
/// stand ahead, and loses one when it fills, shrinks or is withdrawn. Each model sees the levels and trades that a feed without
/// ids would have shown. All follow the simulated venue's faithful rules; only the place in the queue differs. What the
/// recorded order itself does later concerns none of them.
///
/// Orders with nothing ahead are counted and not followed: every model knows their place.
public struct QueueStudy {
    public struct Settings: Hashable, Sendable {
        /// Hidden at the start and after each gap: not all orders of the book are known yet.
        public var skip = Nanoseconds.minutes(10)
        /// An order that has not filled by then counts as unfilled.
        public var horizon = Nanoseconds.minutes(10)
        /// Length of a block of the bootstrap: outcomes within one hang together.
        public var block = Nanoseconds.minutes(10)
        public var seed: UInt64 = 1
        public var resamples = 2_000
        /// Follows one recorded order in so many.
        public var every = 1

        public init() {}
    }

    /// An estimate that is compared with the truth.
    public struct Model: Hashable, Sendable {
        public var name: String
        public var queue: QueueModel

        public init(_ name: String, _ queue: QueueModel) {
            self.name = name
            self.queue = queue
        }

        /// All that a scenario can name, the power models with exponents 2 and 3 (1 is the same in all three).
        public static let all: [Model] =
            [Model("trades-only", .tradesOnly), Model("risk-averse", .riskAverse), Model("power n=1", .power(1))]
            + [2.0, 3.0].flatMap { n in
                let exponent = "n=\(Int(n))"
                return [
                    Model("power \(exponent)", .power(n)), Model("power2 \(exponent)", .powerOfSum(n)),
                    Model("power3 \(exponent)", .powerOfShare(n)),
                ]
            } + [Model("log", .logarithmic), Model("log2", .logarithmicOfSum)]
    }

    public let settings: Settings
    public let models: [Model]
    private let instrument: Instrument
    private let lotUnit: Double
    private var flow = OrderFlow()
    private var probes = ProbeBook()
    private var outcomes: ContiguousArray<QueueOutcome> = []
    private var counts = QueueReport.Counts()
    private var firstTime: Timestamp?
    private var lastTime = Timestamp.distantPast
    /// Nothing is sampled before.
    private var hiddenUntil: Timestamp?
    private var candidates = 0

    public init(_ instrument: Instrument, models: [Model] = Model.all, settings: Settings = Settings()) {
        self.instrument = instrument
        self.models = models
        self.settings = settings
        lotUnit = Double(instrument.lotUnit) / 1e9
    }

    /// Takes the feed's next record, times corrected.
    public mutating func receive(_ event: MarketEvent) {
        let time = event.venueTime
        lastTime = time
        if event.kind == .gap || (event.flags.contains(.snapshot) && event.isFirst) { interrupt(time) }
        expire(before: time)
        flow.receive(event)
        if event.kind == .trade {
            counts.trades += 1
            counts.tradedLots += event.quantity
        }
        guard !flow.changes.isEmpty else { return }
        if firstTime == nil { firstTime = time }
        let visibleFrom = hiddenUntil ?? time + settings.skip
        hiddenUntil = visibleFrom
        for change in flow.changes {
            apply(change, time)
            if change.cause == .rested, time >= visibleFrom { consider(change, time) }
        }
    }

    /// Draws the conclusions.
    public mutating func finish() -> QueueReport {
        counts.faults = flow.book.faults
        return QueueReport(
            instrument: instrument, settings: settings, models: models, counts: counts, outcomes: sortedOutcomes(),
            start: firstTime ?? lastTime, end: lastTime)
    }

    /// What became of the orders that could be followed to their horizon, in order of placement.
    mutating func sortedOutcomes() -> [QueueOutcome] {
        keepComplete(until: lastTime)
        return outcomes.sorted { $0.serial < $1.serial }
    }

    // MARK: Following

    private mutating func apply(_ change: OrderFlow.Change, _ time: Timestamp) {
        let (side, ticks) = (change.order.side, change.order.ticks)
        if change.cause == .executed {
            counts.executions += 1
            counts.executedLots += change.lots
            probes.forEach(side, reachedFrom: ticks) { $0.trade(side.opposite, ticks, change.lots, time) }
        }
        probes.forEach(side, at: ticks) { probe in
            probe.level(side, ticks, change, time)
            probe.exact.setAhead(flow.book.lots(side, ticks, before: probe.place))
        }
        probes.forEach(side.opposite, reachedFrom: ticks) { $0.level(side, ticks, change, time) }
        probes.collect { outcomes.append($0) }
    }

    private mutating func consider(_ change: OrderFlow.Change, _ time: Timestamp) {
        candidates += 1
        guard candidates % settings.every == 0 else { return }
        // With others at its price, the order itself has not moved the touch.
        guard change.previous > 0, let best = flow.book.best(change.order.side) else {
            counts.nothingAhead += 1
            return
        }
        let distance = (best - change.order.ticks) * change.order.side.sign
        probes.place(
            QueueProbe(
                change.order, ahead: change.previous, distance: distance, time, models: models, lotUnit: lotUnit, serial: counts.followed))
        counts.followed += 1
    }

    private mutating func expire(before time: Timestamp) {
        probes.expire { $0.placed + settings.horizon < time }
        probes.collect { outcomes.append($0) }
    }

    /// The book is unknown from here on: what was not followed to its horizon is let go, whether it filled or not.
    private mutating func interrupt(_ time: Timestamp) {
        probes.removeAll()
        keepComplete(until: time)
        hiddenUntil = nil
    }

    private mutating func keepComplete(until end: Timestamp) {
        probes.expire { $0.placed + settings.horizon <= end }
        probes.collect { outcomes.append($0) }
        probes.removeAll()
        let horizon = settings.horizon
        outcomes.removeAll { !$0.isSettled && $0.placed + horizon > end }
        for index in outcomes.indices { outcomes[index].isSettled = true }
    }
}
