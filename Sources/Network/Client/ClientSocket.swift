internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket
internal import Venues

/// One opening of a session's WebSocket, from the call to its end.
final class ClientSocket: WebSocketOwner {
    private enum State {
        case new
        case dialling(Dial)
        case upgrading(Connection, HTTPExchange, Scheduled<Void>)
        case open(WebSocketConnection)
        case ended
    }

    let id: SocketID
    private let route: Route
    private let head: RequestHead
    private unowned let client: VenueClient
    private var state = State.new

    init(_ id: SocketID, _ route: Route, _ head: RequestHead, client: VenueClient) {
        (self.id, self.route, self.head, self.client) = (id, route, head, client)
    }

    func open() {
        let dial = Dial(route, on: client.loop) { [weak self] result in
            guard let self, case .dialling = state else { return }
            switch result {
            case .success(let connection): upgrade(connection)
            case .failure(let failure): fail(failure)
            }
        }
        state = .dialling(dial)
        dial.start()
    }

    func send(_ text: String) { if case .open(let socket) = state { socket.send(text) } }

    /// Tells nothing more.
    func close() {
        let last = state
        state = .ended
        switch last {
        case .new, .ended: break
        case .dialling(let dial): dial.cancel()
        case .upgrading(let connection, let exchange, let timer):
            timer.cancel()
            exchange.cancel()
            connection.end.cut()
        case .open(let socket): socket.close()
        }
    }

    private func upgrade(_ connection: Connection) {
        let key = NIOWebSocketClientUpgrader.randomRequestKey()
        var request = ByteBuffer()
        head.writeUpgrade(key: key, into: &request)
        let place = route.endpoint.place
        let exchange = HTTPExchange(.GET, request: request, by: connection) { [weak self] outcome in
            guard let self, case .upgrading(_, _, let timer) = state else { return }
            timer.cancel()
            switch outcome {
            case .changed(let head) where Self.isAgreement(head, key): begin(connection)
            case .changed: fail(.upgradeMalformed(place: place), closing: connection)
            case .refused(let status): fail(.upgradeRefused(place: place, status: status), closing: connection)
            case .notUnderstood: fail(.notUnderstood(.upgrade, place: place), closing: connection)
            case .lost: fail(.lost(.upgrade, place: place), closing: connection)
            }
        }
        let limit = route.limits.upgrade
        let timer = client.loop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
            guard let self, case .upgrading(_, let exchange, _) = state else { return }
            exchange.cancel()
            fail(.late(.upgrade, place: place, limit), closing: connection)
        }
        state = .upgrading(connection, exchange, timer)
        do { try exchange.start() } catch {
            timer.cancel()
            fail(.lost(.upgrade, place: place), closing: connection)
        }
    }

    /// Whether the answer is to our key, and agrees on nothing that we didn't ask for.
    private static func isAgreement(_ head: HTTPResponseHead, _ key: String) -> Bool {
        let upgrader = NIOWebSocketClientUpgrader(requestKey: key) { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        return upgrader.shouldAllowUpgrade(upgradeResponse: head)
            && head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && !head.headers.contains(name: "sec-websocket-extensions") && !head.headers.contains(name: "sec-websocket-protocol")
    }

    private func begin(_ connection: Connection) {
        let limits = WebSocketConnection.Limits(
            message: route.limits.message, close: route.limits.close, silence: (route.limits.pingAfter, route.limits.lostAfter))
        let socket = WebSocketConnection(.client, connection, limits, owner: self)
        do { try socket.start(maximumFrame: route.limits.frame) } catch {
            return fail(.lost(.upgrade, place: route.endpoint.place), closing: connection)
        }
        state = .open(socket)
        client.opened(self)
    }

    private func fail(_ failure: ConnectionFailure, closing connection: Connection? = nil) {
        state = .ended
        connection?.end.cut()
        client.closed(self, reason: failure.message)
    }

    // MARK: WebSocketOwner

    func received(_ message: Span<UInt8>, arrived: NIODeadline) { client.received(message, from: self, arrived: arrived) }
    func heard() { client.heard(self) }

    func ended(reason: String) {
        state = .ended
        client.closed(self, reason: reason)
    }
}
