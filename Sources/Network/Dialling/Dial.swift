internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS

/// How a place is reached: what stands between, and how long each step may take.
struct Route {
    let endpoint: Endpoint
    let proxy: Proxy?
    /// Nil: without TLS.
    let tls: NIOSSLContext?
    let limits: ClientLimits

    init(to endpoint: Endpoint, _ configuration: VenueClient.Configuration, _ tls: NIOSSLContext?) throws(NetworkError) {
        self.endpoint = endpoint
        self.tls = endpoint.scheme.isSecure ? tls : nil
        proxy = try configuration.proxies.proxy(to: endpoint)
        limits = configuration.limits
    }
}

/// One try to reach a place, up to where bytes can go through.
///
///     connecting ──▶ tunnelling (with a proxy) ──▶ securing (with TLS) ──▶ ended
final class Dial {
    private enum State {
        case connecting
        case tunnelling(Connection, HTTPExchange, Scheduled<Void>)
        case securing(Connection, Scheduled<Void>)
        case ended
    }

    private let route: Route
    private let loop: any EventLoop
    private var state = State.connecting
    private var done: (Result<Connection, ConnectionFailure>) -> Void

    /// - Parameter done: Called once unless it is cancelled, perhaps before `start` returns.
    init(_ route: Route, on loop: any EventLoop, done: @escaping (Result<Connection, ConnectionFailure>) -> Void) {
        (self.route, self.loop, self.done) = (route, loop, done)
    }

    func start() {
        let host = route.proxy?.host ?? route.endpoint.host
        let port = route.proxy?.port ?? route.endpoint.port
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(route.limits.connect)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // A peer whose machine is gone is found out in about half a minute, also where nothing is sent.
            .channelOption(ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: TCP_KEEPIDLE)), value: 15)
            .channelOption(ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: TCP_KEEPINTVL)), value: 5)
            .channelOption(ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: TCP_KEEPCNT)), value: 3)
            .channelOption(
                .writeBufferWaterMark, value: .init(low: route.limits.writeBuffer / 2, high: route.limits.writeBuffer))
        // An address needs no thread to look it up.
        let address = try? SocketAddress(ipAddress: host, port: port)
        let connected = address.map { bootstrap.connect(to: $0) } ?? bootstrap.connect(host: host, port: port)
        let place = route.proxy.map { "the proxy \($0)" } ?? route.endpoint.place
        connected.assumeIsolated().whenComplete { self.connected($0, host: host, place: place) }
    }

    /// Gives up: nothing is told.
    func cancel() {
        switch state {
        case .connecting, .ended: break
        case .tunnelling(let connection, let exchange, let timer):
            timer.cancel()
            exchange.cancel()
            connection.end.cut()
        case .securing(let connection, let timer):
            timer.cancel()
            connection.end.cut()
        }
        state = .ended
    }

    private func connected(_ result: Result<any Channel, any Error>, host: String, place: String) {
        guard case .connecting = state else {
            if case .success(let channel) = result { channel.close(promise: nil) }
            return
        }
        switch result {
        case .failure(let error): fail(.of(error, host: host, place: place, within: route.limits.connect))
        case .success(let channel):
            do {
                let connection = try Connection(channel)
                if let proxy = route.proxy { try tunnel(connection, proxy) } else { try secure(connection) }
            } catch {
                channel.close(promise: nil)
                fail(.lost(.connect, place: place))
            }
        }
    }

    private func tunnel(_ connection: Connection, _ proxy: Proxy) throws {
        var request = ByteBuffer()
        request.writeString("CONNECT \(route.endpoint.place) HTTP/1.1\r\nHost: \(route.endpoint.place)\r\n")
        if let authorization = proxy.authorization { request.writeString("Proxy-Authorization: \(authorization)\r\n") }
        request.writeString("\r\n")
        let exchange = HTTPExchange(.CONNECT, request: request, by: connection) { [self] outcome in
            guard case .tunnelling(_, _, let timer) = state else { return }
            timer.cancel()
            switch outcome {
            case .changed:
                do { try secure(connection) } catch { fail(.lost(.tunnel, place: "\(proxy)"), closing: connection) }
            case .refused(let status):
                fail(.proxyRefused(proxy: "\(proxy)", place: route.endpoint.place, status: status), closing: connection)
            case .notUnderstood: fail(.notUnderstood(.tunnel, place: "\(proxy)"), closing: connection)
            case .lost: fail(.lost(.tunnel, place: "\(proxy)"), closing: connection)
            }
        }
        state = .tunnelling(connection, exchange, timer(.tunnel, "\(proxy)", route.limits.tunnel))
        try exchange.start()
    }

    private func secure(_ connection: Connection) throws {
        guard let context = route.tls else { return succeed(connection) }
        let endpoint = route.endpoint
        let handler = try NIOSSLClientHandler(context: context, serverHostname: endpoint.isAddress ? nil : endpoint.host)
        let watch = HandshakeWatch { [self] error in
            guard case .securing(_, let timer) = state else { return }
            timer.cancel()
            guard let error else { return succeed(connection) }
            let failure = ConnectionFailure.ofHandshake(
                error, host: endpoint.host, place: endpoint.place, certificate: handler.peerCertificate, now: time(nil))
            fail(failure, closing: connection)
        }
        state = .securing(connection, timer(.secure, endpoint.place, route.limits.handshake))
        let operations = connection.channel.pipeline.syncOperations
        try operations.addHandler(watch, position: .after(connection.end))
        // From here on the handshake goes on by itself.
        try operations.addHandler(handler, position: .after(connection.end))
    }

    private func timer(_ stage: ConnectionFailure.Stage, _ place: String, _ span: TimeAmount) -> Scheduled<Void> {
        loop.assumeIsolated().scheduleTask(in: span) { [self] in
            switch state {
            case .tunnelling(let connection, let exchange, _):
                exchange.cancel()
                fail(.late(stage, place: place, span), closing: connection)
            case .securing(let connection, _): fail(.late(stage, place: place, span), closing: connection)
            case .connecting, .ended: break
            }
        }
    }

    private func succeed(_ connection: Connection) {
        state = .ended
        done(.success(connection))
    }

    private func fail(_ failure: ConnectionFailure, closing connection: Connection? = nil) {
        state = .ended
        connection?.end.cut()
        done(.failure(failure))
    }
}

/// Waits for the end of a TLS handshake, and goes.
private final class HandshakeWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private var done: (((any Error)?) -> Void)?

    init(done: @escaping ((any Error)?) -> Void) { self.done = done }

    private func end(_ error: (any Error)?) {
        let done = done
        self.done = nil
        done?(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            end(nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(error) }

    func channelInactive(context: ChannelHandlerContext) {
        end(ChannelError.eof)
        context.fireChannelInactive()
    }
}
