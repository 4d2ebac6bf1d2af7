internal import Market
internal import Metrics
internal import Simulation
internal import Trading

/// Runs a core on live feeds, at the time at which they tell of things, against models of the venues that follow them in the venues'
/// own time.
///
///     feeds ──now──▶ core ── commands, entry latency ──▶ venue ◀── records, once all until then are known ── feeds
///                     ▲                                    │
///                     └── max(venue time + response latency, now)
///
/// Of what happens at one moment of ours, the venues go on first, then their reports come, news of connections, records of the feeds by
/// feed, and what falls due: a backtest's order, so that both give the same orders and fills wherever a report is known in time.
final class PaperDriver {
    let core: TradingCore
    private let trailing: TrailingVenues
    private let observer: any SimulationObserver
    private let venueOfAccount: [Int]
    private let computeTime: Nanoseconds
    /// Our time of what came last.
    private(set) var now = Timestamp.distantPast
    private var isStarted = false
    private var hasEnded = false
    private(set) var figures = PaperFigures()

    init(
        _ core: TradingCore, _ trailing: TrailingVenues, venueOfAccount: [Int], observer: any SimulationObserver, computeTime: Nanoseconds
    ) {
        (self.core, self.trailing, self.observer) = (core, trailing, observer)
        (self.venueOfAccount, self.computeTime) = (venueOfAccount, computeTime)
    }

    // MARK: What comes

    /// Starts the strategies.
    func begin(at time: Timestamp) {
        now = max(now, time)
        isStarted = true
        trailing.begin(at: now)
        core.start(at: now)
        flush()
    }

    /// Takes all that feeds and connections tell at one moment, and does what is due.
    ///
    /// - Parameters:
    ///   - inputs: Those of one feed in its order; what is not of the public streams is nobody's here.
    ///   - clocks: By venue: its clock less ours, where it was asked.
    func step(_ inputs: [CoreInput], clocks: [Nanoseconds?], at time: Timestamp) throws(RunError) {
        now = max(now, time)
        for case .market(let event) in inputs {
            let feed = trailing.feeds[event.instrument.index]
            feed.take(event, measured: clocks[feed.venue])
        }
        // What was known and came due since the last step is no later for the venues' sake.
        if !hasEnded { tellReports(before: now, areKnown: true) }
        try trailing.advance(to: now, &figures)
        guard !hasEnded else { return }
        tellReports(before: now + Nanoseconds(count: 1), areKnown: false)
        for case .connection(let event) in inputs { core.receive(event) }
        for index in trailing.feeds.indices {
            for case .market(let event) in inputs where event.instrument.index == index { core.receive(event) }
        }
        if isStarted { flush() }
        while isStarted, core.nextWake <= now {
            core.wake(at: now)
            flush()
        }
        if observer.nextDue <= now { observer.due(at: now) }
    }

    private func tellReports(before limit: Timestamp, areKnown: Bool) {
        while let (due, venue) = trailing.nextReport(), due < limit {
            figures.note(lateness: areKnown ? .zero : now - due)
            tellReport(of: venue, due: due, at: now)
        }
    }

    private func tellReport(of venue: Int, due: Timestamp, at time: Timestamp) {
        trailing.venues[venue].receiveReport(now: due) { report in
            var told = copy report
            told.receiveTime = time
            core.receive(told)
        }
        flush()
    }

    private func flush() {
        while let command = core.nextCommand() {
            trailing.venues[venueOfAccount[command.account.index]].handle(command, now: core.now + computeTime)
        }
        core.acknowledgeNews()
    }

    /// When `step` has something to do next, whatever the feeds tell until then.
    var nextWake: Timestamp {
        guard !hasEnded else { return trailing.nextWake }
        var next = trailing.nextWake
        if let report = trailing.nextReport() { next = min(next, report.time) }
        if isStarted { next = min(next, core.nextWake, observer.nextDue) }
        return next
    }

    // MARK: The end

    /// Stops the strategies. The venues go on until they have come to this moment: `isDone`.
    func end(_ reason: StopReason, at time: Timestamp) {
        guard !hasEnded else { return }
        now = max(now, time)
        hasEnded = true
        trailing.end(at: now)
        if now > core.now { core.wake(at: now) }
        core.stop(reason)
        flush()
    }

    /// The observer wants no more.
    var isOver: Bool { trailing.isOver }
    /// The venues have come to the end.
    var isDone: Bool { trailing.isDone || trailing.isOver }
    var eventCount: Int64 { trailing.eventCount }
    var feeds: [TrailingFeed] { trailing.feeds }

    /// Lets what is on its way arrive, while the market stands still.
    func finish() {
        trailing.drain { due, venue in
            let time = max(due, core.now)
            figures.note(lateness: .zero)
            tellReport(of: venue, due: due, at: time)
        }
    }
}
