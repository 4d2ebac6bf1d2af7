public import Market
public import NIOCore
internal import NIOPosix
public import Network
public import Runtime
internal import Synchronization
internal import Tape
internal import Trading
public import Venues

/// Listens to a venue's public data and records what comes: raw frames, and the records that are made of them.
///
/// Its state belongs to its event loop; the recorder writes on a thread of its own.
public final class MarketListener: @unchecked Sendable {
    public struct Options: Sendable {
        public var venue: VenueProtocol
        public var client: VenueClient.Configuration
        /// As the venue spells them.
        public var symbols: [String]
        public var recorder = MarketRecorder.Options()
        /// How often books are compared with the venue's own; nil: never.
        public var auditEvery: Nanoseconds? = .seconds(30)

        public init(_ venue: VenueProtocol, client: VenueClient.Configuration, symbols: [String]) {
            (self.venue, self.client, self.symbols) = (venue, client, symbols)
        }
    }

    /// What has come so far.
    public struct Counters: Hashable, Sendable {
        public var frames = 0
        public var records = 0
        public var bytes = 0
        public var gaps = 0
        /// Frames that could not be read, and other words of the session.
        public var alarms = 0
        /// Books that were not the venue's when they were compared.
        public var differences = 0
        public var connections = 0
        /// From the venue to us, of the last record that told its time, by both clocks.
        public var lag = Nanoseconds.zero
        /// Items that the recorder had no place for.
        public var lost = 0
        /// The last reason why a connection ended.
        public var lastEnd = ""
        public var lastAlarm = ""
    }

    private let options: Options
    private let path: @Sendable (Int, Timestamp) -> String
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clock = WallClock()
    private let shared = Mutex(Counters())
    private var counters = Counters()
    private var client: VenueClient?
    private var session: (any VenueSession)?
    private var recorder: SessionRecorder?
    private var instruments: [Instrument] = []
    private var timer: Scheduled<Void>?

    /// - Parameter path: Of the *n*th tape, from 0, begun at a time.
    public init(_ options: Options, path: @escaping @Sendable (Int, Timestamp) -> String) {
        (self.options, self.path) = (options, path)
    }

    /// Read from any thread.
    public var soFar: Counters { shared.withLock { $0 } }

    /// What became of the recorder; nil before it is there.
    public var state: MarketRecorder.State? {
        let loop = group.next()
        return try? loop.submit { self.recorder?.state }.wait()
    }

    // MARK: Beginning and end

    /// Asks the venue what it lists, and begins to record.
    ///
    /// - Returns: What is recorded.
    /// - Throws: `InquiryError`, `ListenerError`, `NetworkError` or `TapeError`.
    public func start() throws -> [Instrument] {
        let markets = try VenueInquirer(options.venue, options.client).listing()
        instruments = try options.symbols.map { symbol in
            guard let market = markets.first(where: { $0.symbol == symbol }) else {
                throw ListenerError.notListed(symbol, listed: markets.filter { $0.instrument != nil }.map(\.symbol).sorted())
            }
            guard let instrument = market.instrument else { throw ListenerError.notTradable(symbol) }
            return instrument
        }
        var terms = SessionTerms(
            venue: VenueID(0), instruments: instruments.enumerated().map { (InstrumentID($0), $1) }, accounts: [])
        recorder = try SessionRecorder(options.venue.rawValue, terms.instruments, options.recorder, clock, path: path)
        let clock = clock
        (terms.auditEvery, terms.lanes) = (options.auditEvery, options.client.lanes - 1)
        terms.seed = UInt64(truncatingIfNeeded: clock.now.nanoseconds)
        let (settled, loop) = (terms, group.next())
        try loop.submit {
            let client = try VenueClient(self.options.client, on: loop, delegate: self)
            self.client = client
            client.start()
            self.session = self.options.venue.session(settled)
            self.session?.start(at: clock.now)
            self.proceed()
        }.wait()
        return instruments
    }

    /// Closes the connections and the tape.
    public func stop(ending: String) throws {
        try group.next().submit {
            self.timer?.cancel()
            self.client?.stop()
        }.wait()
        defer { try? group.syncShutdownGracefully() }
        try recorder?.close(ending: ending)
    }

    // MARK: Work

    /// Does what the session wants, and comes again when something is due.
    private func proceed() {
        guard let session, let client else { return }
        session.advance(to: clock.now)
        settle(nil)
        while let action = session.nextAction() { client.perform(action) }
        timer?.cancel()
        let now = clock.now
        let wait = max(.zero, min(session.nextWake, now + .seconds(1)) - now)
        timer = group.next().assumeIsolated().scheduleTask(in: .nanoseconds(wait.count)) { self.proceed() }
        if recorder?.hasNewTape() == true { session.refreshBooks(at: clock.now) }
        recorder?.note(session.clock)
        noteCounters()
    }

    private func noteCounters() {
        counters.lost = recorder?.lost ?? 0
        shared.withLock { $0 = counters }
    }

    /// Hands over what the session has told.
    ///
    /// - Parameter frame: What it was told by; nil: it is the session's own word, such as that a connection is lost.
    private func settle(_ frame: (header: FrameHeader, bytes: [UInt8])?) {
        guard let session, let recorder else { return }
        var events: [MarketEvent] = []
        while let input = session.nextInput(now: clock.now) {
            switch input {
            case .market(let event): events.append(event)
            case .connection(let change):
                recorder.noteConnection("\(change.change)", at: change.time)
                if change.change == .up { counters.connections += 1 }
            case .account, .wake, .operator: break
            }
        }
        let alarms = session.takeAlarms()
        for alarm in alarms { counters.lastAlarm = "\(alarm.kind.rawValue): \(alarm.text)" }
        counters.alarms += alarms.count
        counters.differences += alarms.count { $0.kind == .bookDiffers }
        counters.records += events.count
        counters.gaps += events.count { $0.kind == .gap }
        if let last = events.last(where: { $0.kind != .gap && $0.venueTime.nanoseconds > 0 }) {
            counters.lag = last.receiveTime + session.clock.offset - last.venueTime
        }
        guard let frame else {
            return recorder.keep(events, because: alarms.last { $0.kind == .bookDiffers }?.text ?? counters.lastEnd)
        }
        recorder.keep(frame.header, frame.bytes, events, about: session.frameInstrument, alarms)
    }
}

extension MarketListener: VenueClientDelegate {
    public func opened(_ socket: SocketID) {
        session?.opened(socket, at: clock.now)
        proceed()
    }

    public func closed(_ socket: SocketID, reason: String) {
        counters.lastEnd = reason
        recorder?.noteConnection("closed", at: clock.now, reason)
        session?.closed(socket, at: clock.now)
        proceed()
    }

    public func received(_ frame: Span<UInt8>, from socket: SocketID, arrived: NIODeadline) {
        let now = clock.now
        counters.frames += 1
        counters.bytes += frame.count
        let header = recorder?.header(SessionRecorder.streamConnection, now)
        session?.receive(frame, from: socket, at: now)
        settle(header.map { ($0, frame.indices.map { frame[$0] }) })
        guard let session, let client else { return }
        while let action = session.nextAction() { client.perform(action) }
    }

    public func heard(_ socket: SocketID) { session?.heard(socket, at: clock.now) }

    public func answered(_ request: RequestID, _ outcome: HTTPOutcome) {
        let now = clock.now
        // A book that is only compared is no frame of the recording: decoded again it would be a full book.
        let isAudit = session?.isAudit(request) ?? false
        session?.answer(request, outcome, at: now)
        if !isAudit, let recorder, case .answered(200, let body) = outcome {
            settle((recorder.header(SessionRecorder.requestConnection, now), body))
        } else {
            settle(nil)
        }
        proceed()
    }
}

/// Why nothing can be recorded.
public enum ListenerError: Error, Equatable {
    case notListed(String, listed: [String])
    case notTradable(String)

    public var message: String {
        switch self {
        case .notListed(let symbol, _): "the venue does not list '\(symbol)'"
        case .notTradable(let symbol): "'\(symbol)' is neither spot nor a perpetual that can be counted in its currencies"
        }
    }
}
