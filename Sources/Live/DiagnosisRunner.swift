internal import Market
public import NIOCore
internal import NIOPosix
public import Network
public import Runtime
internal import Synchronization
public import Venues

/// Moves the bytes of a diagnosis: its state belongs to its event loop.
public final class DiagnosisRunner: @unchecked Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clock = WallClock()
    private let diagnosis: Diagnosis
    private let shared = Mutex((checks: [Diagnosis.Check](), alarms: [SessionAlarm](), isDone: false))
    private var client: VenueClient?
    private var timer: Scheduled<Void>?
    private let configuration: VenueClient.Configuration
    private let session: any VenueSession

    /// - Parameter terms: Its lanes and seed are set here.
    public init(
        _ venue: VenueProtocol, _ configuration: VenueClient.Configuration, _ account: VenueAccount, _ terms: Diagnosis.Terms
    ) {
        var (settled, sessionTerms) = (
            configuration,
            SessionTerms(venue: VenueID(0), instruments: [(terms.instrument, terms.contract)], accounts: [account])
        )
        sessionTerms.lanes = 1
        settled.lanes = 2
        sessionTerms.clientBase = terms.clientBase
        sessionTerms.seed = UInt64(truncatingIfNeeded: clock.now.nanoseconds)
        sessionTerms.historyFrom = clock.now - .minutes(1)
        self.configuration = settled
        session = venue.session(sessionTerms)
        diagnosis = Diagnosis(terms, session: session)
    }

    /// What has been found so far, and what the session had to say; read from any thread.
    public var soFar: (checks: [Diagnosis.Check], alarms: [SessionAlarm], isDone: Bool) { shared.withLock { $0 } }

    /// - Throws: `NetworkError`.
    public func start() throws {
        let loop = group.next()
        try loop.submit {
            let client = try VenueClient(self.configuration, on: loop, delegate: self)
            self.client = client
            client.start()
            self.diagnosis.start(at: self.clock.now)
            self.proceed()
        }.wait()
    }

    /// Lets it end as soon as nothing is left behind.
    public func abandon() {
        group.next().execute {
            self.diagnosis.abandon(at: self.clock.now)
            self.proceed()
        }
    }

    /// Closes the connections.
    public func stop() throws {
        try group.next().submit {
            self.timer?.cancel()
            self.client?.stop()
        }.wait()
        try group.syncShutdownGracefully()
    }

    /// Does what the diagnosis wants, and comes again when something is due.
    private func proceed() {
        guard let client else { return }
        while let action = diagnosis.nextAction() { client.perform(action) }
        timer?.cancel()
        let alarms = session.takeAlarms()
        shared.withLock { state in
            state.checks = diagnosis.checks
            state.alarms += alarms
            state.isDone = diagnosis.isDone
        }
        guard !diagnosis.isDone else { return }
        let now = clock.now
        let wait = max(.zero, min(diagnosis.nextWake, now + .seconds(1)) - now)
        timer = group.next().assumeIsolated().scheduleTask(in: .nanoseconds(wait.count)) {
            self.diagnosis.wake(at: self.clock.now)
            self.proceed()
        }
    }
}

extension DiagnosisRunner: VenueClientDelegate {
    public func opened(_ socket: SocketID) {
        diagnosis.opened(socket, at: clock.now)
        proceed()
    }

    public func closed(_ socket: SocketID, reason: String) {
        diagnosis.closed(socket, at: clock.now)
        proceed()
    }

    public func received(_ frame: Span<UInt8>, from socket: SocketID, arrived: NIODeadline) {
        diagnosis.receive(frame, from: socket, at: clock.now)
        proceed()
    }

    public func heard(_ socket: SocketID) { diagnosis.heard(socket, at: clock.now) }

    public func answered(_ request: RequestID, _ outcome: HTTPOutcome) {
        diagnosis.answer(request, outcome, at: clock.now)
        proceed()
    }
}
