public import Market
public import NIOCore
internal import NIOPosix
public import Network
public import Runtime
internal import Synchronization
internal import Trading
internal import Venues

/// Lets a live run meet its venues: moves the bytes between its sessions and their connections, and tells it the time.
///
/// The run, its sessions and their sockets live on one event loop: there is no hand-off between a frame and the order that follows from
/// it. It decides nothing.
public final class LiveRunner: @unchecked Sendable {
    /// What one session's connections tell.
    private final class Link: VenueClientDelegate {
        private unowned let runner: LiveRunner
        private let index: Int

        init(_ runner: LiveRunner, _ index: Int) { (self.runner, self.index) = (runner, index) }

        func opened(_ socket: SocketID) { runner.take { $0.opened(socket, of: index, at: $1) } }
        func heard(_ socket: SocketID) { runner.take { $0.heard(socket, of: index, at: $1) } }
        func answered(_ request: RequestID, _ outcome: HTTPOutcome) { runner.take { $0.answer(request, outcome, of: index, at: $1) } }

        func closed(_ socket: SocketID, reason: String) {
            runner.tell("\(runner.run.names[index]): connection \(socket.rawValue) ended: \(reason)")
            runner.take { $0.closed(socket, of: index, at: $1) }
        }

        func received(_ frame: Span<UInt8>, from socket: SocketID, arrived: NIODeadline) {
            runner.counters.frames += 1
            runner.run.live.receive(frame, from: socket, of: index, at: runner.clock.now)
            runner.proceed()
        }
    }

    /// What has come and gone so far.
    public struct Counters: Hashable, Sendable {
        public var frames = 0
        public var requests = 0
    }

    private let run: LiveRun
    private let configurations: [VenueClient.Configuration]
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clock: WallClock
    private var clients: [VenueClient] = []
    private var timer: Scheduled<Void>?
    private var timerAt = Timestamp.never
    private var watch: RepeatedTask?
    private var isOver = false
    private var counters = Counters()
    private var desk: RunDesk?
    private var control: ControlServer?
    private let stopWanted = Mutex(false)
    private let shared = Mutex((notices: [LiveRun.Notice](), counters: Counters()))

    /// How often journal and numbers are looked after.
    private static let lookEvery = TimeAmount.milliseconds(50)

    /// - Parameter clients: By session of the run.
    public init(_ run: LiveRun, clients: [VenueClient.Configuration], clock: WallClock) {
        (self.run, configurations, self.clock) = (run, clients, clock)
    }

    /// Where all of it happens.
    public var loop: any EventLoop { group.next() }

    // MARK: Beginning and end

    /// Opens the connections; the run begins, or goes on from its journal.
    ///
    /// - Throws: `NetworkError` or `RunError`.
    public func start(goesOn: Bool) throws {
        try loop.submit {
            for (index, configuration) in self.configurations.enumerated() {
                let client = try VenueClient(configuration, on: self.loop, delegate: Link(self, index))
                self.clients.append(client)
                client.start()
            }
            if goesOn { try self.run.goOn(at: self.clock.now) } else { self.run.start(at: self.clock.now) }
            self.proceed()
            self.watch = self.loop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.lookEvery) { _ in self.look() }
        }.wait()
    }

    /// Takes no new risk any more, waits until no order is open, and ends the run.
    ///
    /// - Parameter patience: How long at most.
    /// - Throws: `RunError` where the journal could not be written to its end.
    public func stop(patience: Nanoseconds = .seconds(15)) throws -> LiveRun.Ending {
        let until = clock.now + patience
        try loop.submit {
            self.run.holdBack(at: self.clock.now)
            self.proceed()
        }.wait()
        while try loop.submit({ !self.run.isQuiet }).wait(), clock.now < until { pause() }
        let ending = try loop.submit {
            self.isOver = true
            self.watch?.cancel()
            self.timer?.cancel()
            self.control?.stop()
            for client in self.clients { client.stop() }
            defer { self.publish() }
            return try self.run.end(at: self.clock.now)
        }.wait()
        try group.syncShutdownGracefully()
        return ending
    }

    private func pause() { try? loop.scheduleTask(in: .milliseconds(20)) {}.futureResult.wait() }

    // MARK: From outside

    /// Lets the run be seen and steered by a socket that its owner alone can reach.
    ///
    /// - Throws: `ControlError`.
    public func serveControl(path: String, _ desk: RunDesk) throws {
        try loop.flatSubmit {
            self.desk = desk
            let server = ControlServer(path: path, on: self.loop) { request in
                self.loop.makeSucceededFuture(self.answer(request, desk))
            }
            self.control = server
            return server.start()
        }.wait()
    }

    /// Whether somebody asked by the socket that the run end.
    public var wantsStop: Bool { stopWanted.withLock { $0 } }

    private func answer(_ request: ControlRequest, _ desk: RunDesk) -> ControlAnswer {
        guard !isOver else { return .refused("the run is over") }
        switch request {
        case .status: return .done(desk.status(at: clock.now).json)
        case .stop:
            stopWanted.withLock { $0 = true }
            return .done("ending: what is quoted is withdrawn, and positions stay")
        case .kill(let level):
            take { $0.receive(.kill(level), at: $1) }
            return .done("kill level K\(level.rawValue) is on")
        case .flatten:
            take { $0.receive(.flatten, at: $1) }
            return .done("everything that the accounts hold is being closed")
        case .set(let key, let value):
            do throws(ParameterError) {
                let change = try desk.change(key, to: value)
                take { $0.receive(change.event, at: $1) }
                return .done(change.text)
            } catch { return .refused(error.message, hint: error.hint) }
        }
    }

    /// Looks at the run, between two events.
    public func look<Result: Sendable>(_ body: @escaping @Sendable (LiveRun, Timestamp) -> Result) throws -> Result {
        try loop.submit { body(self.run, self.clock.now) }.wait()
    }

    /// What there is to tell since the last call.
    public func takeNotices() -> [LiveRun.Notice] {
        shared.withLock { shared in
            defer { shared.notices = [] }
            return shared.notices
        }
    }

    public var soFar: Counters { shared.withLock { $0.counters } }

    // MARK: Work

    private func take(_ body: (LiveCore, Timestamp) -> Void) {
        guard !isOver else { return }
        body(run.live, clock.now)
        proceed()
    }

    /// Does what the sessions want, and comes again when something is due.
    private func proceed() {
        while let (session, action) = run.live.nextAction() {
            if case .request = action { counters.requests += 1 }
            clients[session].perform(action)
        }
        let next = run.live.nextWake
        guard next < timerAt, !isOver else { return }
        timer?.cancel()
        timerAt = next
        let wait = max(.zero, next - clock.now)
        timer = loop.assumeIsolated().scheduleTask(in: .nanoseconds(wait.count)) { self.wake() }
    }

    private func wake() {
        timerAt = .never
        let now = clock.now
        if run.live.nextWake <= now { run.live.wake(at: now) }
        proceed()
    }

    private func look() {
        run.look(at: clock.now)
        proceed()
        publish()
    }

    private func tell(_ text: String) {
        let notice = LiveRun.Notice(kind: .venue, time: clock.now, text: text, isAlarm: false)
        shared.withLock { $0.notices.append(notice) }
    }

    private func publish() {
        let notices = run.takeNotices(at: clock.now)
        for notice in notices { desk?.note(notice) }
        shared.withLock { shared in
            shared.notices += notices
            shared.counters = counters
        }
    }
}
