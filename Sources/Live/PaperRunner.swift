public import Market
internal import NIOCore
internal import NIOPosix
public import Network
public import Runtime
public import Scenario
public import Strategies
internal import Synchronization
internal import Tape
internal import Trading
internal import Venues

/// Runs a scenario on paper: a wall clock, an event loop and sockets around a `PaperRun`, and a tape beside it for each venue.
///
/// Its state belongs to its event loop. A venue that is lost is looked for again by its session; meanwhile its model goes on with what
/// is known.
public final class PaperRunner: @unchecked Sendable {
    public struct Options {
        /// By venue of the scenario.
        public var clients: [VenueClient.Configuration]
        /// Where the tape of a venue is written; nil: nothing is recorded, and the journal can't be replayed.
        public var tapePath: ((String) -> String)?
        public var run = PaperRun.Options()
        public var recorder = MarketRecorder.Options()
        public var duration: Nanoseconds?
        /// How often books are compared with the venues' own; nil: never.
        public var auditEvery: Nanoseconds? = .seconds(30)

        public init(clients: [VenueClient.Configuration]) {
            self.clients = clients
            recorder.rotation = RecorderRotation(isDaily: false)
        }
    }

    /// How it goes.
    public struct Progress: Sendable {
        public var time = Timestamp.distantPast
        public var status: PaperRun.Status?
        /// By session: whether its streams are up, and why they were lost last.
        public var lines: [Line] = []
        public var gaps = 0
        public var alarms = 0
        public var lastAlarm = ""
        public var lostItems = 0

        public struct Line: Sendable {
            public var venue: String
            public var isUp = false
            public var lastEnd = ""
        }
    }

    private let scenario: Scenario
    private let registry: StrategyRegistry
    private let options: Options
    private let venues: [PaperPlan.Venue]
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clock = WallClock()
    private var last = Timestamp.distantPast
    /// By venue of the scenario.
    private var clients: [VenueClient] = []
    private var venueOfSession: [Int] = []
    private var sessionOfVenue: [Int?] = []
    private var recorders: [SessionRecorder] = []
    private var tapes: [String] = []
    private var run: PaperRun?
    private var timer: Scheduled<Void>?
    private var timerDue = Timestamp.never
    private var done: EventLoopPromise<Void>?
    private var progress = Progress()
    private let shared = Mutex((progress: Progress(), failure: RunError?.none))

    /// - Throws: Where the scenario asks for what can't be had on paper.
    public init(_ scenario: Scenario, registry: StrategyRegistry, _ options: Options) throws(RunError) {
        (self.scenario, self.registry, self.options) = (scenario, registry, options)
        venues = try PaperPlan.venues(of: scenario)
    }

    /// Read from any thread.
    public var soFar: Progress { shared.withLock { $0.progress } }
    /// What keeps it from going on.
    public var failure: RunError? { shared.withLock { $0.failure } }

    // MARK: Beginning

    /// Asks each venue what it lists, opens the streams and starts the strategies.
    ///
    /// - Returns: What is traded, and what a reader has to know.
    /// - Throws: `InquiryError`, `RunError`, `NetworkError` or `TapeError`.
    public func start() throws -> (instruments: [(venue: String, instrument: Instrument)], warnings: [String]) {
        do { return try begin() } catch {
            try? stop(ending: "the run could not begin")
            throw error
        }
    }

    private func begin() throws -> (instruments: [(venue: String, instrument: Instrument)], warnings: [String]) {
        let listings = try zip(venues, options.clients).map { try VenueInquirer($0.speaks, $1).listing().compactMap(\.instrument) }
        let plan = try PaperPlan(scenario, listed: listings, start: clock.now, duration: options.duration)
        venueOfSession = plan.venueOfSession
        sessionOfVenue = venues.indices.map { venue in plan.venueOfSession.firstIndex(of: venue) }
        var terms = plan.terms(seed: UInt64(truncatingIfNeeded: clock.now.nanoseconds))
        for session in terms.indices {
            let venue = venueOfSession[session]
            (terms[session].auditEvery, terms[session].lanes) = (options.auditEvery, options.clients[venue].lanes - 1)
            progress.lines.append(.init(venue: venues[venue].name))
            guard let tapePath = options.tapePath else { continue }
            let path = tapePath(venues[venue].name)
            tapes.append(path)
            recorders.append(
                try SessionRecorder(venues[venue].speaks.rawValue, terms[session].instruments, options.recorder, clock) { _, _ in path })
        }
        let sessions = zip(terms, venueOfSession).map { venues[$1].speaks.session($0) }
        run = try PaperRun(plan, sessions, registry: registry, options.run)
        let loop = group.next()
        try loop.submit {
            guard let run = self.run else { return }
            self.done = loop.makePromise(of: Void.self)
            try self.connect()
            self.attempt { (now) throws(RunError) in try run.open(at: now) }
            run.begin(at: self.tick())
            self.proceed()
        }.wait()
        let names = plan.venueOfInstrument.map { venues[$0].name }
        return (zip(names, plan.instruments).map { ($0, $1) }, plan.warnings)
    }

    /// Opens a client of each venue at which something is traded.
    private func connect() throws(NetworkError) {
        for (venue, configuration) in options.clients.enumerated() {
            let client = try VenueClient(configuration, on: group.next(), delegate: VenueEnd(self, venue))
            clients.append(client)
            if sessionOfVenue[venue] != nil { client.start() }
        }
    }

    // MARK: Work

    /// Now, and later than before: no two calls tell of one moment.
    private func tick() -> Timestamp {
        last = max(clock.now, last + Nanoseconds(count: 1))
        return last
    }

    private func attempt(_ body: (Timestamp) throws(RunError) -> Void) {
        guard failure == nil else { return }
        do { try body(tick()) } catch { shared.withLock { $0.failure = error } }
    }

    /// Does what is due, and comes again when something is.
    private func proceed() {
        guard let run else { return }
        attempt { (now) throws(RunError) in keep(try run.wake(at: now), of: nil) }
        for (session, recorder) in recorders.enumerated() {
            if recorder.hasNewTape() { run.sessions[session].refreshBooks(at: last) }
            recorder.note(run.sessions[session].clock)
        }
        timer?.cancel()
        timerDue = .distantPast
        goOn()
        note(run)
        if run.isDone || failure != nil { done?.succeed() }
    }

    /// Sends what there is to send, and sees to it that it comes again in time.
    private func goOn() {
        guard let run else { return }
        while let (session, action) = run.nextAction() { clients[venueOfSession[session]].perform(action) }
        let due = min(run.nextWake, last + .milliseconds(250))
        guard due < timerDue || timerDue <= last else { return }
        timer?.cancel()
        timerDue = due
        let wait = max(.zero, due - clock.now)
        timer = group.next().assumeIsolated().scheduleTask(in: .nanoseconds(wait.count)) { self.proceed() }
    }

    private func note(_ run: PaperRun) {
        progress.time = last
        progress.status = run.status
        progress.lostItems = recorders.reduce(0) { $0 + $1.lost }
        shared.withLock { $0.progress = progress }
    }

    // MARK: What comes

    /// Records what sessions told by themselves, and notes what became of their streams.
    private func keep(_ inputs: [CoreInput], of frame: (session: Int, header: FrameHeader, bytes: [UInt8])?) {
        guard let run else { return }
        var events: [[MarketEvent]] = run.sessions.map { _ in [] }
        for input in inputs {
            switch input {
            case .market(let event):
                if let session = session(of: event.instrument) { events[session].append(event) }
                if event.kind == .gap { progress.gaps += 1 }
            case .connection(let change):
                guard let session = sessionOfVenue[change.venue.index] else { continue }
                progress.lines[session].isUp = change.change == .up || change.change == .resumed
                if !recorders.isEmpty { recorders[session].noteConnection("\(change.change)", at: change.time) }
            case .account, .wake, .operator: break
            }
        }
        let alarms = run.takeAlarms()
        progress.alarms += alarms.count
        if let last = alarms.last { progress.lastAlarm = "\(last.alarm.kind.rawValue): \(last.alarm.text)" }
        for (session, recorder) in recorders.enumerated() {
            let own = alarms.filter { $0.session == session }.map(\.alarm)
            if let frame, frame.session == session {
                recorder.keep(frame.header, frame.bytes, events[session], about: run.sessions[session].frameInstrument, own)
            } else {
                recorder.keep(
                    events[session], because: own.last { $0.kind == .bookDiffers }?.text ?? progress.lines[session].lastEnd)
            }
        }
    }

    private func session(of instrument: InstrumentID) -> Int? { run.flatMap { sessionOfVenue[$0.venueOfInstrument[instrument.index]] } }

    fileprivate func opened(_ socket: SocketID, of venue: Int) {
        guard let run, let session = sessionOfVenue[venue] else { return }
        attempt { (now) throws(RunError) in keep(try run.opened(socket, of: session, at: now), of: nil) }
        goOn()
    }

    fileprivate func closed(_ socket: SocketID, of venue: Int, reason: String) {
        guard let run, let session = sessionOfVenue[venue] else { return }
        progress.lines[session].lastEnd = reason
        if !recorders.isEmpty { recorders[session].noteConnection("closed", at: clock.now, reason) }
        attempt { (now) throws(RunError) in keep(try run.closed(socket, of: session, at: now), of: nil) }
        goOn()
    }

    fileprivate func heard(_ socket: SocketID, of venue: Int) {
        guard let run, let session = sessionOfVenue[venue] else { return }
        attempt { (now) throws(RunError) in keep(try run.heard(socket, of: session, at: now), of: nil) }
        goOn()
    }

    fileprivate func received(_ frame: Span<UInt8>, from socket: SocketID, of venue: Int) {
        guard let run, let session = sessionOfVenue[venue], failure == nil else { return }
        let now = tick()
        do {
            let inputs = try run.receive(frame, from: socket, of: session, at: now)
            let header = recorders.isEmpty ? nil : recorders[session].header(SessionRecorder.streamConnection, now)
            keep(inputs, of: header.map { (session, $0, frame.indices.map { frame[$0] }) })
        } catch { shared.withLock { $0.failure = error } }
        goOn()
    }

    fileprivate func answered(_ request: RequestID, _ outcome: HTTPOutcome, of venue: Int) {
        guard let run, let session = sessionOfVenue[venue] else { return }
        // A book that is only compared is no frame of the recording: decoded again it would be a full book.
        let isAudit = run.sessions[session].isAudit(request)
        attempt { (now) throws(RunError) in
            let inputs = try run.answer(request, outcome, of: session, at: now)
            if !isAudit, !recorders.isEmpty, case .answered(200, let body) = outcome {
                keep(inputs, of: (session, recorders[session].header(SessionRecorder.requestConnection, now), body))
            } else {
                keep(inputs, of: nil)
            }
        }
        goOn()
    }

    // MARK: The end

    /// Stops the strategies, lets the venues come to this moment, and closes connections, tapes and the journal.
    ///
    /// - Parameter isInterrupted: Somebody ended it before its time.
    /// - Throws: `RunError` or `TapeError`.
    public func finish(isInterrupted: Bool) throws -> Backtest.Outcome {
        let loop = group.next()
        try loop.flatSubmit {
            guard let done = self.done, let run = self.run else { return loop.makeSucceededVoidFuture() }
            run.end(isInterrupted ? .interrupted : .endOfData, at: self.tick())
            self.proceed()
            return done.futureResult
        }.wait()
        try stop(ending: isInterrupted ? "interrupted" : "the run has ended")
        if let failure { throw failure }
        guard let run else { preconditionFailure("a run was finished that had not started") }
        // What the recorder could not write is in no tape: the journal can't be replayed on it.
        let lost = recorders.reduce(0) { $0 + $1.lost }
        return try run.finish(
            tapes: recorders.isEmpty || lost > 0 ? nil : tapes, lostItems: recorders.isEmpty ? nil : lost, isPartial: isInterrupted)
    }

    /// Closes connections and tapes.
    private func stop(ending: String) throws {
        try group.next().submit {
            self.timer?.cancel()
            for client in self.clients { client.stop() }
        }.wait()
        try group.syncShutdownGracefully()
        for recorder in recorders { try recorder.close(ending: ending) }
    }
}

/// What a client of one venue tells its runner.
private final class VenueEnd: VenueClientDelegate {
    private let runner: PaperRunner
    private let venue: Int

    init(_ runner: PaperRunner, _ venue: Int) { (self.runner, self.venue) = (runner, venue) }

    func opened(_ socket: SocketID) { runner.opened(socket, of: venue) }
    func closed(_ socket: SocketID, reason: String) { runner.closed(socket, of: venue, reason: reason) }
    func received(_ frame: Span<UInt8>, from socket: SocketID, arrived: NIODeadline) { runner.received(frame, from: socket, of: venue) }
    func heard(_ socket: SocketID) { runner.heard(socket, of: venue) }
    func answered(_ request: RequestID, _ outcome: HTTPOutcome) { runner.answered(request, outcome, of: venue) }
}
