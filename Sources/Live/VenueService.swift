public import Market
internal import NIOCore
internal import NIOPosix
public import Network
public import Runtime
internal import Simulation
internal import Synchronization
public import VenueServers
public import Venues

/// A venue's server on this machine: recorded feeds behind it, clients before it.
///
/// The records happen as far apart as they were recorded, or so many times as fast, from now on: the venue's clock is this
/// machine's, or as far from it as was asked for.
/// When the feeds end the books stand still, and clients go on. Its own state belongs to its event loop.
public final class VenueService: @unchecked Sendable {
    public struct Configuration: Sendable {
        public var listener = LoopbackListener.Configuration()
        /// Recorded seconds a second.
        public var speed: Int64 = 1
        public var faults: [ServiceFault] = []
        /// How far the venue's clock is ahead of this machine's.
        public var clockOffset = Nanoseconds.zero

        public init() {}
    }

    /// What has been served so far.
    public struct Counters: Hashable, Sendable {
        public var records: Int64 = 0
        public var requests = 0
        public var frames = 0
        /// Open now.
        public var sockets = 0
        /// Whether all records have happened.
        public var hasEnded = false
    }

    private let server: any VenueServer
    private let configuration: Configuration
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clock = WallClock()
    /// By the venue's clock.
    private var now: Timestamp { clock.now + configuration.clockOffset }
    private let shared = Mutex(Counters())
    private let failures = Mutex<RunError?>(nil)
    private var feeds: FeedCursors
    /// By feed; nil where it has full books.
    private var touches: [TouchFollower?]
    /// When the first record happened, as recorded and now.
    private var recordedStart = Timestamp.distantPast
    private var start = Timestamp.distantPast
    private var listener: LoopbackListener?
    private var timer: Scheduled<Void>?
    private var counters = Counters()
    private var sockets: [SocketID] = []
    private var conduct = ServiceConduct()

    /// - Parameters:
    ///   - feeds: By instrument of the server.
    ///   - trustsTouch: By instrument: its feed has no full book, so that its book is trusted by its touch.
    public init(
        _ server: any VenueServer, feeds: [any MarketSource], trustsTouch: [Bool], _ configuration: Configuration
    ) throws(RunError) {
        (self.server, self.configuration) = (server, configuration)
        self.feeds = try FeedCursors(feeds)
        touches = trustsTouch.map { $0 ? TouchFollower() : nil }
    }

    /// Opens the port, and lets the feeds begin.
    ///
    /// - Returns: The port.
    public func run() throws -> Int {
        let loop = group.next()
        return try loop.flatSubmit {
            let listener: LoopbackListener
            do { listener = try LoopbackListener(self.configuration.listener, on: loop, delegate: self) } catch {
                return loop.makeFailedFuture(error)
            }
            self.listener = listener
            (self.recordedStart, self.start) = (self.feeds.next, self.now)
            for fault in self.configuration.faults { self.schedule(fault) }
            self.proceed()
            return listener.start()
        }.wait()
    }

    /// Ends every connection and closes the port.
    public func stop() throws {
        try group.next().submit {
            self.timer?.cancel()
            self.server.closeAll()
            self.flush()
            self.listener?.stop()
            self.listener = nil
        }.wait()
        try group.syncShutdownGracefully()
    }

    /// Read from any thread.
    public var soFar: Counters { shared.withLock { $0 } }
    /// What broke the feeds off; nil while they are whole.
    public var failure: RunError? { failures.withLock { $0 } }

    // MARK: Time

    /// A recorded time as it is served.
    private func served(_ time: Timestamp) -> Timestamp {
        start + Nanoseconds(count: (time - recordedStart).count / configuration.speed)
    }

    /// Lets happen what is due, and comes again when something is.
    private func proceed() {
        let now = now
        do {
            while feeds.next != .never, served(feeds.next) <= now {
                try feeds.take { event, feed in serve(event, feed) }
            }
        } catch { failures.withLock { $0 = error } }
        server.advance(to: now)
        (counters.records, counters.hasEnded) = (feeds.count, feeds.next == .never)
        flush()
        timer?.cancel()
        let next = min(feeds.next == .never ? .never : served(feeds.next), server.nextWake, now + .seconds(1))
        timer = group.next().assumeIsolated().scheduleTask(in: .nanoseconds(max(0, (next - now).count))) { self.proceed() }
    }

    private func serve(_ event: borrowing MarketEvent, _ feed: Int) {
        var event = copy event
        event.venueTime = served(event.venueTime)
        event.receiveTime = event.venueTime
        if event.kind == .funding {
            if event.detail > 0 { event.detail = served(Timestamp(nanoseconds: event.detail)).nanoseconds }
            event.quantity /= configuration.speed
        }
        server.receive(event)
        if touches[feed]?.receive(event, touch: server.venue.touch(event.instrument)) == true {
            server.venue.setSynchronised(event.instrument, touches[feed]?.isSynchronised ?? false, at: event.venueTime)
        }
    }

    // MARK: What goes

    /// - Parameter request: The one that was dealt with last, whose answer a fault may take.
    private func flush(after request: RequestID? = nil) {
        while let action = server.nextAction() {
            switch action {
            case .answer(let id, let response):
                if id == request, conduct.isActive(.answersLost) { continue }
                if id == request, conduct.isActive(.serverErrorDone) {
                    refuse(id, 503)
                    continue
                }
                listener?.answer(
                    id, status: response.status, headers: response.headers, body: response.body,
                    delivery: conduct.isActive(.reset) ? .cut(after: 20) : .whole,
                    after: conduct.isActive(.slow) ? .milliseconds(500) : .zero)
            case .send(let socket, let text):
                counters.frames += 1
                listener?.send(socket, text: text)
            case .ping(let socket): listener?.ping(socket)
            case .close(let socket):
                sockets.removeAll { $0 == socket }
                listener?.close(socket)
            }
        }
        counters.sockets = sockets.count
        shared.withLock { $0 = counters }
    }

    /// What stands before the venue answers.
    private func refuse(_ id: RequestID, _ status: Int) {
        let page = "<html><head><title>\(status)</title></head></html>"
        listener?.answer(id, status: status, headers: [HTTPRequest.Header("Content-Type", "text/html")], body: Array(page.utf8))
    }

    // MARK: Faults

    private func schedule(_ fault: ServiceFault) {
        let loop = group.next().assumeIsolated()
        loop.scheduleTask(in: .nanoseconds(fault.start.count)) { self.change(fault.kind, isOn: true) }
        loop.scheduleTask(in: .nanoseconds((fault.start + fault.length).count)) { self.change(fault.kind, isOn: false) }
    }

    private func change(_ kind: ServiceFault.Kind, isOn: Bool) {
        conduct.change(kind, isOn: isOn)
        switch kind {
        case .cut:
            listener?.refusesConnections = isOn
            guard isOn else { return }
            for socket in sockets {
                listener?.reset(socket)
                closed(socket, reason: "reset")
            }
        case .halfOpen: listener?.isDeaf = isOn
        case .stall: for socket in sockets { if isOn { listener?.stall(socket) } else { listener?.resume(socket) } }
        case .reset, .slow, .tooMany, .serverError, .serverErrorDone, .answersLost: break
        }
    }
}

extension VenueService: LoopbackListenerDelegate {
    public func received(_ request: HTTPRequest, _ id: RequestID) {
        counters.requests += 1
        proceed()
        if conduct.isActive(.tooMany) { return refuse(id, 429) }
        if conduct.isActive(.serverError) { return refuse(id, 503) }
        server.request(id, request, at: now)
        flush(after: id)
    }

    public func opened(_ socket: SocketID) {
        sockets.append(socket)
        server.opened(socket, at: now)
        if conduct.isActive(.stall) { listener?.stall(socket) }
        flush()
    }

    public func closed(_ socket: SocketID, reason: String) {
        sockets.removeAll { $0 == socket }
        server.closed(socket, at: now)
        flush()
    }

    public func received(_ message: Span<UInt8>, from socket: SocketID) {
        proceed()
        server.receive(message, from: socket, at: now)
        flush()
    }

    public func heard(_ socket: SocketID) { server.heard(socket, at: now) }
}
