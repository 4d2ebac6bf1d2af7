internal import Feeds
public import Market
internal import Metrics
internal import Scenario
internal import Signing
internal import Simulation
public import Strategies
internal import Tape
public import Trading
public import Venues

/// A paper run without its sockets, clock and files of feeds: sessions of public streams, a core, and models of the venues.
///
/// Whoever moves the bytes tells it what came, with the time of it, and does what `nextAction` asks for; it is woken at `nextWake`.
/// Each moment is told once: what comes at one instant comes by one call.
public final class PaperRun {
    public struct Options {
        /// Where the journal is written; nil: nowhere, its hash is made all the same.
        public var journalPath: String?
        public var output: (any RunOutput)?
        /// How long a feed is waited for; nil: by what its frames take.
        public var allowance: Nanoseconds?

        public init(journalPath: String? = nil, output: (any RunOutput)? = nil, allowance: Nanoseconds? = nil) {
            (self.journalPath, self.output, self.allowance) = (journalPath, output, allowance)
        }
    }

    /// How it goes.
    public struct Status: Sendable {
        public var figures: PaperFigures
        public var events: Int64
        public var fills = 0
        /// In 10⁻⁹ of the reporting currency, since the start, as the venues have it.
        public var profit: Int64 = 0
        /// By account, its instruments' that are not flat.
        public var positions: [(account: String, text: String)] = []
    }

    public let sessions: [any VenueSession]
    private let plan: PaperPlan
    private let options: Options
    private let core: TradingCore
    private let driver: PaperDriver
    private let bridge: RunBridge
    private let recorder: RunRecorder
    private let venues: [SimulatedVenue]
    private let journal: Journal
    private let store: JournalStore?
    private let sink: RunJournal?
    /// By venue of the scenario: its clock less ours, where its session has asked.
    private var clocks: [Nanoseconds?]
    private var firstWithActions = 0

    /// - Parameter sessions: Of the plan's terms, in their order.
    public init(
        _ plan: PaperPlan, _ sessions: [any VenueSession], registry: StrategyRegistry, _ options: Options = Options()
    ) throws(RunError) {
        (self.plan, self.sessions, self.options) = (plan, sessions, options)
        let run = plan.plan
        store = try options.journalPath.map { (path) throws(RunError) in try Self.store(path, run) }
        let sink = store.map { RunJournal($0, path: options.journalPath ?? "") }
        let journal = Journal(sink: sink)
        (self.sink, self.journal) = (sink, journal)
        core = try run.makeCore(run.coreConfiguration, registry, journal: journal)
        venues = run.scenario.venues.indices.map { SimulatedVenue(run.venueConfiguration($0)) }
        clocks = venues.map { _ in nil }
        recorder = RunRecorder(run.description)
        bridge = RunBridge(
            run.description, venues, venueOfInstrument: run.listings.map(\.venue), venueOfAccount: run.venueOfAccount, core, recorder,
            output: options.output, computeTime: run.scenario.computeTime
        ) { (_, _) throws(RunError) in
            // A run that is killed keeps all but its last second.
            journal.commit()
            if let failure = sink?.failure { throw failure }
            return true
        }
        core.observe(bridge)
        let feeds = run.listings.map { listing in
            TrailingFeed(
                venue: listing.venue, minimumLatency: run.scenario.venues[listing.venue].minimumLatency, allowance: options.allowance)
        }
        let trailing = TrailingVenues(venues, feeds: feeds, observer: bridge, sampleInterval: .seconds(1))
        driver = PaperDriver(
            core, trailing, venueOfAccount: run.venueOfAccount, observer: bridge, computeTime: run.scenario.computeTime)
    }

    // MARK: What comes

    /// Opens every session.
    public func open(at now: Timestamp) throws(RunError) {
        for session in sessions { session.start(at: now) }
        try settle(now)
    }

    /// Starts the strategies.
    public func begin(at now: Timestamp) { driver.begin(at: now) }

    @discardableResult
    public func opened(_ socket: SocketID, of session: Int, at now: Timestamp) throws(RunError) -> [CoreInput] {
        sessions[session].opened(socket, at: now)
        return try settle(now)
    }

    @discardableResult
    public func closed(_ socket: SocketID, of session: Int, at now: Timestamp) throws(RunError) -> [CoreInput] {
        sessions[session].closed(socket, at: now)
        return try settle(now)
    }

    @discardableResult
    public func heard(_ socket: SocketID, of session: Int, at now: Timestamp) throws(RunError) -> [CoreInput] {
        sessions[session].heard(socket, at: now)
        return try settle(now)
    }

    @discardableResult
    public func receive(
        _ frame: Span<UInt8>, from socket: SocketID, of session: Int, at now: Timestamp
    ) throws(RunError) -> [CoreInput] {
        sessions[session].receive(frame, from: socket, at: now)
        return try settle(now)
    }

    @discardableResult
    public func answer(_ id: RequestID, _ outcome: HTTPOutcome, of session: Int, at now: Timestamp) throws(RunError) -> [CoreInput] {
        sessions[session].answer(id, outcome, at: now)
        return try settle(now)
    }

    /// Does what is due.
    @discardableResult
    public func wake(at now: Timestamp) throws(RunError) -> [CoreInput] {
        for session in sessions where session.nextWake <= now { session.advance(to: now) }
        return try settle(now)
    }

    /// Stops the strategies. The venues go on to this moment, which takes as long as their feeds are late: `isDone`.
    public func end(_ reason: StopReason, at now: Timestamp) { driver.end(reason, at: now) }

    @discardableResult
    private func settle(_ now: Timestamp) throws(RunError) -> [CoreInput] {
        var inputs: [CoreInput] = []
        for session in sessions { while let input = session.nextInput(now: now) { inputs.append(input) } }
        for (session, venue) in zip(sessions, plan.venueOfSession) where session.clock.error != nil { clocks[venue] = session.clock.offset }
        try driver.step(inputs, clocks: clocks, at: now)
        if let failure = bridge.failure { throw failure }
        return inputs
    }

    /// When `wake` has something to do next.
    public var nextWake: Timestamp { sessions.reduce(driver.nextWake) { min($0, $1.nextWake) } }
    /// The venues have come to the end.
    public var isDone: Bool { driver.isDone }
    /// By instrument: index of its venue in the scenario.
    public var venueOfInstrument: [Int] { plan.venueOfInstrument }

    // MARK: What goes

    /// What a session wants done next, and which; nil when that is all.
    public func nextAction() -> (session: Int, action: SessionAction)? {
        while firstWithActions < sessions.count {
            if let action = sessions[firstWithActions].nextAction() { return (firstWithActions, action) }
            firstWithActions += 1
        }
        firstWithActions = 0
        return nil
    }

    /// What sessions have to say to people, by session.
    public func takeAlarms() -> [(session: Int, alarm: SessionAlarm)] {
        sessions.indices.flatMap { index in sessions[index].takeAlarms().map { (index, $0) } }
    }

    public var status: Status {
        var status = Status(figures: driver.figures, events: driver.eventCount)
        (status.fills, status.profit) = (recorder.fillCount, recorder.profitSoFar.nanos)
        for (account, owner) in plan.plan.description.accounts.enumerated() {
            for (index, instrument) in plan.instruments.enumerated() {
                let position = core.position(AccountID(account), InstrumentID(index))
                guard !position.isZero else { continue }
                status.positions.append((owner.name, "\(instrument.text(position)) \(instrument.symbol)"))
            }
        }
        return status
    }

    // MARK: The end

    /// Ends the run: what is on its way arrives, and the journal is closed.
    ///
    /// - Parameters:
    ///   - tapes: Where each session's feeds were recorded, in the order of its instruments; nil: nowhere, and the journal can't be
    ///     replayed.
    ///   - lostItems: What the recorder had no place for.
    ///   - isPartial: Somebody interrupted it.
    public func finish(tapes: [String]?, lostItems: Int?, isPartial: Bool) throws(RunError) -> Backtest.Outcome {
        driver.finish()
        let hashes = try tapes.map { (paths) throws(RunError) in try contentHashes(paths) }
        if let failure = bridge.failure { throw failure }
        let run = plan.plan
        let digest = journal.close()
        if let failure = sink?.failure { throw failure }
        if let store, let digest {
            let path = options.journalPath ?? ""
            do throws(TapeError) {
                if let hashes { try store.describe([RunHeader.key: Self.header(run, hashes).json], feeds: Self.named(hashes, run)) }
                try store.close(finalHash: journal.hash, digest: digest)
            } catch { throw .output(path: path, message: error.message) }
        }
        let result = bridge.finish(at: max(core.now, run.start))
        var figures = driver.figures
        figures.lostItems = lostItems
        let terms = Backtest.terms(run)
        return Backtest.Outcome(
            result: result, isPartial: isPartial, events: driver.eventCount, journalHash: journal.hash,
            journalRecords: journal.recordCount, journalDigest: digest?.description,
            dataHash: hashes.map { Backtest.dataHash($0.map { [$0] }) } ?? "", feeds: feeds(hashes), accounts: terms,
            queues: Backtest.queues(run), assumptions: run.assumptions, warnings: run.warnings, faults: [], checks: bridge.checks,
            paper: figures)
    }

    /// What the feeds hold, by instrument.
    private func contentHashes(_ paths: [String]) throws(RunError) -> [SHA256Digest] {
        var ofSession: [[SHA256Digest]] = []
        for path in paths {
            do throws(TapeError) { ofSession.append(try Tape(opening: path).feeds.map(\.contentHash)) } catch {
                throw RunError(error, path: path)
            }
        }
        // Instruments are sorted by venue, as sessions are.
        return ofSession.flatMap { $0 }
    }

    private func feeds(_ hashes: [SHA256Digest]?) -> [Backtest.Feed] {
        plan.plan.listings.enumerated().map { index, listing in
            let feed = driver.feeds[index]
            let (clock, latency) = (feed.statistics, feed.latency.summary)
            return Backtest.Feed(
                venue: plan.plan.scenario.venues[listing.venue].name, name: Self.name(listing),
                contentHash: hashes?[index].description ?? "",
                clockOffset: feed.clockOffset, clockDrift: clock.drift, liftedVenueTimes: clock.liftedVenueTimes, liftedReceiveTimes: 0,
                medianLatency: latency?.median ?? .zero, latency99: latency?.percentile99 ?? .zero,
                largestLatency: latency?.maximum ?? .zero, unsynchronised: bridge.unsynchronised[index], stale: bridge.stale[index],
                crossed: bridge.crossed[index], gaps: feed.gapCount)
        }
    }

    private static func name(_ listing: RunPlan.Listing) -> String {
        FeedDescription(instrument: listing.instrument, source: "recorded").name
    }

    private static func named(_ hashes: [SHA256Digest], _ run: RunPlan) -> [(name: String, hash: SHA256Digest)] {
        zip(run.listings, hashes).map { (Self.name($0), $1) }
    }

    /// What the core was built from, with the tape's records as its market.
    private static func header(_ run: RunPlan, _ hashes: [SHA256Digest]?) -> RunHeader {
        var header = RunHeader(run)
        for (index, listing) in run.listings.enumerated() {
            (header.feeds[index].usesTouchSync, header.feeds[index].isLive) = (false, true)
            if let hashes { header.feeds[index].parts = [.init(name: name(listing), contentHash: hashes[index].description)] }
        }
        return header
    }

    private static func store(_ path: String, _ run: RunPlan) throws(RunError) -> JournalStore {
        let meta = [
            "scenario_hash": run.scenario.hash.description, "scenario": run.scenario.canonicalText, "kind": "paper",
            RunHeader.key: header(run, nil).json,
        ]
        do { return try JournalStore(creating: path, meta: meta, feeds: []) } catch { throw .output(path: path, message: error.message) }
    }
}
