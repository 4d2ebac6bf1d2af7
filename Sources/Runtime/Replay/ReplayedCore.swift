internal import Market
internal import Signing
internal import Strategies
internal import Trading

/// A fresh core with a journal's events as its world: what the driver did between the venue and the core is done again here.
final class ReplayedCore {
    let core: TradingCore
    let journal: Journal
    private var market: ReplayMarket
    private let usesTouchSync: [Bool]
    /// By feed, as the driver has them.
    private(set) var touches: [TouchFollower]
    private(set) var silences: [PublicSilence?]
    private var hasStopped = false
    private(set) var marketRecords: Int64 = 0

    /// - Parameters:
    ///   - sources: By instrument.
    ///   - journal: Where it writes what enters and leaves.
    ///   - path: Of the journal that it is fed, for errors.
    init(
        _ header: RunHeader, _ sources: [any MarketSource], registry: StrategyRegistry, path: String, journal: Journal = Journal(sink: nil)
    ) throws(RunError) {
        self.journal = journal
        core = try header.makeCore(registry, path: path, journal: journal)
        market = try ReplayMarket(sources)
        usesTouchSync = header.feeds.map(\.usesTouchSync)
        touches = header.feeds.map { _ in TouchFollower() }
        silences = header.feeds.map { _ in nil }
    }

    /// The running hash of all that entered and left.
    var hash: UInt64 { journal.hash }

    /// Lets the next market record that is not after `limit` reach the core and returns it; nil when there is none.
    func takeMarket(through limit: Timestamp) throws(RunError) -> MarketEvent? {
        guard !hasStopped, let event = try market.next(through: limit) else { return nil }
        marketRecords += 1
        if let silence = silences[event.instrument.index] { silence.miss(event) } else { reach(event) }
        return event
    }

    /// Until when market records precede an input: those of its instant reach us after reports and news of connections, and
    /// before a wake, the start and the stop. Before a restart there was nobody whom they could reach: nil.
    static func marketLimit(before entry: JournalEntry) -> Timestamp? {
        switch entry {
        case .restart: nil
        case .report, .connection, .feed: Timestamp(nanoseconds: entry.time.nanoseconds - 1)
        case .command, .operator, .wake, .start, .stop: entry.time
        }
    }

    /// Whether the core can take an input of this sort now.
    func mayFollow(_ entry: JournalEntry) -> Bool {
        if case .restart(let next, _) = entry { next >= core.nextOrder } else { true }
    }

    /// Gives an input to the core.
    ///
    /// - Precondition: It is no command, and not before the core's time.
    func take(_ entry: JournalEntry) throws(RunError) {
        switch entry {
        case .command: preconditionFailure("a command leaves the core")
        case .report(let event): core.receive(event)
        case .connection(let event): core.receive(event)
        case .operator(let event, let time): core.receive(event, at: time)
        case .wake(let time): core.wake(at: time)
        case .start(let time): core.start(at: time)
        case .stop(let reason, _):
            core.stop(reason)
            // The driver lets no more data in.
            hasStopped = true
        case .feed(let instrument, let reach, let time): follow(instrument, reach, at: time)
        case .restart(let next, let time): try restart(nextOrder: next, at: time)
        }
    }

    /// What the feeds said since the process died has reached nobody.
    private func restart(nextOrder: OrderID, at time: Timestamp) throws(RunError) {
        for feed in silences.indices where silences[feed] == nil {
            let instrument = InstrumentID(feed)
            silences[feed] = PublicSilence(core.books[instrument], isSynchronised: !core.isUnsynchronised(instrument))
        }
        while try takeMarket(through: time) != nil {}
        core.restart(at: time, nextOrder: nextOrder)
    }

    private func reach(_ event: MarketEvent) {
        var isNews = core.take(event)
        let feed = event.instrument.index
        if usesTouchSync[feed] {
            let touch = (core.books[event.instrument].bestBidTicks, core.books[event.instrument].bestAskTicks)
            if touches[feed].receive(event, touch: touch) {
                isNews = core.noteSynchronised(event.instrument, touches[feed].isSynchronised) || isNews
            }
        }
        if isNews { core.deliver() }
    }

    private func follow(_ instrument: InstrumentID, _ reach: FeedReach, at time: Timestamp) {
        let feed = instrument.index
        if reach != .open, silences[feed] == nil {
            silences[feed] = PublicSilence(core.books[instrument], isSynchronised: !core.isUnsynchronised(instrument))
        }
        journal.append(JournalRecord(reach, of: instrument, at: time))
        guard let silence = silences[feed] else { return }
        if reach == .open { silences[feed] = nil }
        for event in silence.news(reach, instrument, at: time, asChanges: usesTouchSync[feed]) { self.reach(event) }
    }
}

extension RunHeader {
    /// The core as the header describes it, before anything has come to it.
    ///
    /// - Parameter path: Of the journal, for errors.
    func makeCore(_ registry: StrategyRegistry, path: String, journal: Journal) throws(RunError) -> TradingCore {
        func fail(_ message: String, _ hint: String? = nil) -> RunError { .journal(path: path, message: message, hint: hint) }
        guard let configuration = coreConfiguration else { throw fail("'\(path)': what its core was built from makes no sense") }
        let core = TradingCore(configuration, journal: journal)
        for instance in allInstances {
            guard let parameters = instance.values, let binding = binding(instance.legs) else {
                throw fail("'\(path)': what its core was built from makes no sense")
            }
            guard let specification = registry.specifications.first(where: { $0.name == instance.strategy }) else {
                throw fail(
                    "the journal is of the strategy '\(instance.strategy)', which this program does not have",
                    "replay it with the program that ran it")
            }
            let known = Set(specification.parameters.map(\.name))
            guard known == Set(parameters.values.keys), specification.roles.allSatisfy({ $0.isOptional || binding.legs[$0.name] != nil })
            else {
                throw fail(
                    "the strategy '\(instance.strategy)' of this program has other parameters than the journal's",
                    "replay it with the version that ran it")
            }
            let strategy: (any Strategy)?
            do { strategy = try registry.make(instance.strategy, parameters, binding) } catch {
                throw fail("'\(instance.strategy)' refuses the journal's parameter '\(error.parameter)': \(error.message)", error.hint)
            }
            guard let strategy else { preconditionFailure("a strategy of the registry could not be made") }
            core.attach(strategy, subscriptions: RunPlan.subscriptions(binding), limits: instance.limits)
        }
        return core
    }
}
