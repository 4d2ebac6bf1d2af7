public import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOWebSocket
public import Venues

/// Serves HTTP/1.1 and WebSockets on one port of this machine, to no one outside of it.
///
/// It lives on one event loop, where all its methods are called and everything is told. Beside serving it can misbehave, at the level
/// of bytes, as venues and networks do: it cuts answers, resets connections, stops reading, and lets WebSockets stall.
public final class LoopbackListener {
    public struct Configuration: Sendable {
        /// An address of this machine alone.
        public var host = "127.0.0.1"
        /// 0: any that is free.
        public var port = 0
        /// Nil: without TLS.
        public var identity: TLSIdentity?
        /// Where WebSockets are opened.
        public var webSocketPath = "/"
        public var limits = ListenerLimits()

        public init() {}
    }

    let configuration: Configuration
    let loop: any EventLoop
    let tls: NIOSSLContext?
    private var delegate: (any LoopbackListenerDelegate)?
    private var server: (any Channel)?
    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    private var asking: [RequestID: ServerConnection] = [:]
    private var sockets: [SocketID: ServerSocket] = [:]
    private var lastRequest: UInt64 = 0
    private var lastSocket = 0

    /// While set, bytes of all connections stay in the system's buffers.
    public var isDeaf = false {
        didSet {
            for connection in connections.values { connection.end.isDeaf = isDeaf }
            for socket in sockets.values { socket.end.isDeaf = isDeaf }
        }
    }
    /// While set, connections are reset as they come.
    public var refusesConnections = false

    public init(
        _ configuration: Configuration, on loop: any EventLoop, delegate: any LoopbackListenerDelegate
    ) throws(NetworkError) {
        guard Self.isLoopback(configuration.host) else { throw .notLoopback(host: configuration.host) }
        tls = try configuration.identity?.serverContext()
        (self.configuration, self.loop, self.delegate) = (configuration, loop, delegate)
    }

    /// Whether no other machine can reach an address; names aren't looked up.
    private static func isLoopback(_ host: String) -> Bool {
        switch try? SocketAddress(ipAddress: host, port: 0) {
        case .v4: host.hasPrefix("127.")
        case .v6: (try? SocketAddress(ipAddress: host, port: 0)) == (try? SocketAddress(ipAddress: "::1", port: 0))
        default: false
        }
    }

    /// - Returns: The port; it fails with `NetworkError.cannotListen`.
    public func start() -> EventLoopFuture<Int> {
        loop.preconditionInEventLoop()
        let (host, port) = (configuration.host, configuration.port)
        let own = NIOLoopBound(self, eventLoop: loop)
        let limits = configuration.limits
        return ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: limits.writeBuffer / 2, high: limits.writeBuffer))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try own.value.accept(channel) }
            }
            .bind(host: host, port: port)
            .flatMapErrorThrowing { error in
                let reason = (error as? IOError).map { SystemText.of($0.errnoCode) } ?? "the address can't be used"
                throw NetworkError.cannotListen(host: host, port: port, reason: reason)
            }
            .assumeIsolated().map { channel in
                self.server = channel
                return channel.localAddress?.port ?? port
            }
            .nonisolated()
    }

    /// Closes the port and every connection, and tells nothing more.
    public func stop() {
        loop.preconditionInEventLoop()
        delegate = nil
        server?.close(promise: nil)
        server = nil
        for connection in connections.values { connection.end.cut() }
        for socket in sockets.values { socket.connection?.close(.goingAway) }
        (connections, asking, sockets) = ([:], [:], [:])
    }

    // MARK: Answers

    /// Answers a request; one whose client has gone is passed over.
    ///
    /// - Parameter delay: Before the first byte.
    public func answer(
        _ id: RequestID, status: Int, headers: [HTTPRequest.Header] = [], body: [UInt8], delivery: AnswerDelivery = .whole,
        after delay: TimeAmount = .zero
    ) {
        loop.preconditionInEventLoop()
        guard delay == .zero else {
            loop.assumeIsolated().scheduleTask(in: delay) {
                self.answer(id, status: status, headers: headers, body: body, delivery: delivery)
            }
            return
        }
        asking.removeValue(forKey: id)?.answer(status, headers, body, delivery)
    }

    /// From here on nothing is read from the client who asked.
    public func stopReading(clientOf id: RequestID) { asking[id]?.end.isDeaf = true }

    // MARK: WebSockets

    public func send(_ socket: SocketID, text: String) { sockets[socket]?.send(text) }
    public func send(_ socket: SocketID, text: [UInt8]) { sockets[socket]?.send(text) }
    public func ping(_ socket: SocketID) { sockets[socket]?.connection?.ping() }

    /// Says farewell with a code of RFC 6455.
    public func close(_ socket: SocketID, code: Int = 1_000) {
        sockets.removeValue(forKey: socket)?.connection?.close(.init(codeNumber: code))
    }

    /// Closes by a reset, without a farewell.
    public func reset(_ socket: SocketID) { sockets.removeValue(forKey: socket)?.connection?.drop(byReset: true) }

    /// From here on messages are lost, while pings go on.
    public func stall(_ socket: SocketID) { sockets[socket]?.isStalled = true }
    public func resume(_ socket: SocketID) { sockets[socket]?.isStalled = false }

    /// From here on nothing is read, and no ping is answered.
    public func stopReading(_ socket: SocketID) { sockets[socket]?.end.isDeaf = true }

    // MARK: Its parts

    private func accept(_ channel: any Channel) throws {
        let connection = try Connection(channel)
        guard !refusesConnections, delegate != nil, connections.count + sockets.count < configuration.limits.connections else {
            return loop.assumeIsolated().execute { connection.end.reset() }
        }
        connection.end.isDeaf = isDeaf
        let served = ServerConnection(connection, self)
        connections[ObjectIdentifier(served)] = served
        try served.start(tls)
    }

    func name(requestOn connection: ServerConnection) -> RequestID {
        lastRequest += 1
        asking[RequestID(lastRequest)] = connection
        return RequestID(lastRequest)
    }

    func received(_ request: HTTPRequest, _ id: RequestID) { delegate?.received(request, id) }

    func closed(_ connection: ServerConnection, asked id: RequestID?) {
        connections[ObjectIdentifier(connection)] = nil
        if let id { asking[id] = nil }
    }

    func upgraded(_ connection: ServerConnection) {
        connections[ObjectIdentifier(connection)] = nil
        lastSocket += 1
        let socket = ServerSocket(SocketID(lastSocket), connection.wire, self)
        sockets[socket.id] = socket
        do {
            try socket.start()
        } catch {
            sockets[socket.id] = nil
            return connection.end.cut()
        }
        delegate?.opened(socket.id)
    }

    func received(_ message: Span<UInt8>, from socket: ServerSocket) {
        if sockets[socket.id] === socket { delegate?.received(message, from: socket.id) }
    }

    func heard(_ socket: ServerSocket) { if sockets[socket.id] === socket { delegate?.heard(socket.id) } }

    func closed(_ socket: ServerSocket, reason: String) {
        guard sockets[socket.id] === socket else { return }
        sockets[socket.id] = nil
        delegate?.closed(socket.id, reason: reason)
    }
}
