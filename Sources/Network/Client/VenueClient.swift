public import NIOCore
internal import NIOSSL
public import Venues

/// Moves one session's bytes: its WebSockets, and its requests on connections that stay open.
///
/// It lives on one event loop, where all its methods are called and everything is told, without a lock or a thread between. A request
/// is written once, as one buffer: it is never sent again and never led elsewhere, and ends as exactly one of answered, not sent (no
/// byte was written) and unknown (a byte may have been).
public final class VenueClient {
    public struct Configuration: Sendable {
        /// For requests: http or https.
        public var rest: Endpoint
        /// For WebSockets: ws or wss.
        public var stream: Endpoint
        /// Connections for requests. The requests of one go out in the order in which they came, each after the answer of the last.
        public var lanes = 4
        public var trust = TLSTrust()
        public var proxies = ProxySettings()
        public var limits = ClientLimits()
        /// Sent with every request and upgrade.
        public var headers = [HTTPRequest.Header("User-Agent", "mmsim")]

        public init(rest: Endpoint, stream: Endpoint) { (self.rest, self.stream) = (rest, stream) }
    }

    let configuration: Configuration
    let loop: any EventLoop
    private let streamRoute: Route
    private let upgradeHead: RequestHead
    /// Kept until it's stopped: a client and who listens to it hold each other.
    private var delegate: (any VenueClientDelegate)?
    private var lanes: [Lane] = []
    private var sockets: [SocketID: ClientSocket] = [:]
    /// Inside a method that was called from outside: what there is to tell waits for its end.
    private var isCalled = false

    public init(_ configuration: Configuration, on loop: any EventLoop, delegate: any VenueClientDelegate) throws(NetworkError) {
        precondition(configuration.lanes > 0, "a client needs a lane")
        guard [.http, .https].contains(configuration.rest.scheme) else {
            throw .wrongScheme(found: configuration.rest.scheme.rawValue, expected: "http or https")
        }
        guard [.ws, .wss].contains(configuration.stream.scheme) else {
            throw .wrongScheme(found: configuration.stream.scheme.rawValue, expected: "ws or wss")
        }
        (self.configuration, self.loop, self.delegate) = (configuration, loop, delegate)
        let isSecure = configuration.rest.scheme.isSecure || configuration.stream.scheme.isSecure
        let tls: NIOSSLContext? = isSecure ? try configuration.trust.clientContext(farewell: configuration.limits.close) : nil
        let restRoute = try Route(to: configuration.rest, configuration, tls)
        streamRoute = try Route(to: configuration.stream, configuration, tls)
        upgradeHead = try RequestHead(for: configuration.stream, headers: configuration.headers)
        let head = try RequestHead(for: configuration.rest, headers: configuration.headers)
        lanes = (0..<configuration.lanes).map { Lane($0, restRoute, head, client: self) }
    }

    /// Opens the lanes, before the first request needs one.
    public func start() { call { for lane in lanes { lane.open() } } }

    /// Does what a session asks for.
    public func perform(_ action: SessionAction) {
        call {
            switch action {
            case .open(let id): open(id)
            case .close(let id): sockets.removeValue(forKey: id)?.close()
            case .send(let id, let text): sockets[id]?.send(text)
            case .ping(let id): sockets[id]?.ping()
            case .request(let id, let request, let lane): lanes[lane % lanes.count].take(id, request)
            }
        }
    }

    /// Closes everything: what waits is not sent, what is in flight unknown. Then nothing more is told, and nothing is done.
    public func stop() {
        call {
            for lane in lanes { lane.stop() }
            for socket in sockets.values { socket.close() }
            sockets = [:]
        }
        loop.assumeIsolated().execute { self.delegate = nil }
    }

    private func open(_ id: SocketID) {
        sockets.removeValue(forKey: id)?.close()
        guard delegate != nil else { return }
        let socket = ClientSocket(id, streamRoute, upgradeHead, client: self)
        sockets[id] = socket
        socket.open()
    }

    private func call(_ body: () -> Void) {
        loop.preconditionInEventLoop()
        let wasCalled = isCalled
        isCalled = true
        body()
        isCalled = wasCalled
    }

    // MARK: What its parts tell

    func answered(_ request: RequestID, _ outcome: HTTPOutcome) {
        guard isCalled else { return tell { $0.answered(request, outcome) } }
        loop.assumeIsolated().execute { self.tell { $0.answered(request, outcome) } }
    }

    func handedOver(_ request: RequestID) { delegate?.handedOver(request) }

    /// A request on a lane had no answer.
    func wasSilent(lane: Int) { for (number, other) in lanes.enumerated() where number != lane { other.renew() } }

    func changed(lane: Int, to state: LaneState) {
        guard isCalled else { return tell { $0.changed(lane: lane, to: state) } }
        loop.assumeIsolated().execute { self.tell { $0.changed(lane: lane, to: state) } }
    }

    func opened(_ socket: ClientSocket) { delegate?.opened(socket.id) }

    func received(_ frame: Span<UInt8>, from socket: ClientSocket, arrived: NIODeadline) {
        guard isCalled else {
            delegate?.received(frame, from: socket.id, arrived: arrived)
            return
        }
        // A write that fails reads first what is there still.
        let copy = frame.indices.map { frame[$0] }
        loop.assumeIsolated().execute {
            if self.isCurrent(socket) { self.delegate?.received(copy.span, from: socket.id, arrived: arrived) }
        }
    }

    func heard(_ socket: ClientSocket) {
        guard isCalled else {
            delegate?.heard(socket.id)
            return
        }
        loop.assumeIsolated().execute { if self.isCurrent(socket) { self.delegate?.heard(socket.id) } }
    }

    func closed(_ socket: ClientSocket, reason: String) {
        guard !isCalled else { return loop.assumeIsolated().execute { self.closed(socket, reason: reason) } }
        guard isCurrent(socket) else { return }
        sockets[socket.id] = nil
        tell { $0.closed(socket.id, reason: reason) }
    }

    /// Not one that was closed, or opened anew, meanwhile.
    private func isCurrent(_ socket: ClientSocket) -> Bool { sockets[socket.id] === socket }

    private func tell(_ body: (any VenueClientDelegate) -> Void) { if let delegate { body(delegate) } }
}
