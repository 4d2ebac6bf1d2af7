internal import NIOCore
internal import NIOWebSocket
internal import Venues

/// A client's WebSocket at a listener.
final class ServerSocket: WebSocketOwner {
    let id: SocketID
    let end: SocketEnd
    private let wire: Connection
    private(set) var connection: WebSocketConnection?
    private unowned let listener: LoopbackListener
    /// While set, messages to the client are lost.
    var isStalled = false

    init(_ id: SocketID, _ wire: Connection, _ listener: LoopbackListener) {
        (self.id, self.wire, end, self.listener) = (id, wire, wire.end, listener)
    }

    func start() throws {
        let limits = listener.configuration.limits
        let connection = WebSocketConnection(.server, wire, .init(message: limits.message, close: limits.close), owner: self)
        self.connection = connection
        try connection.start(maximumFrame: limits.frame)
    }

    func send(_ text: String) { if !isStalled { connection?.send(text) } }
    func send(_ text: [UInt8]) { if !isStalled { connection?.send(text) } }

    // MARK: WebSocketOwner

    func received(_ message: Span<UInt8>, arrived: NIODeadline) { listener.received(message, from: self) }
    func heard() { listener.heard(self) }
    func ended(reason: String) { listener.closed(self, reason: reason) }
}
