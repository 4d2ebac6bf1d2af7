internal import Foundation
public import NIOCore
internal import NIOPosix

/// Lets people see and steer a running process by a socket in the file system, which its owner alone can reach.
///
/// One line is asked and one answered, any number of times on a connection. Whatever comes that is no request is answered by what is
/// wrong with it; connections, the length of lines and the time between them have limits.
public final class ControlServer {
    public struct Limits: Hashable, Sendable {
        public var connections = 16
        /// Bytes of a request.
        public var line = 4_096
        /// Of a connection on which nothing is asked.
        public var idle = TimeAmount.seconds(30)
        /// Requests on one connection that wait for their answer.
        public var waiting = 4

        public init() {}
    }

    /// Answers a request; called on the loop.
    public typealias Handler = (ControlRequest) -> EventLoopFuture<ControlAnswer>

    public let path: String
    let loop: any EventLoop
    let limits: Limits
    private let handler: Handler
    private var server: (any Channel)?
    private var connections: [ObjectIdentifier: ControlConnection] = [:]

    /// - Parameters:
    ///   - path: By `ControlSocket.path`.
    ///   - loop: Where everything happens, and the handler is called.
    public init(path: String, on loop: any EventLoop, limits: Limits = Limits(), handler: @escaping Handler) {
        (self.path, self.loop, self.limits, self.handler) = (path, loop, limits, handler)
    }

    /// Begins to listen. The socket of a process that has died is replaced, that of one that lives is not.
    ///
    /// - Returns: Fails with `ControlError`.
    public func start() -> EventLoopFuture<Void> {
        loop.preconditionInEventLoop()
        do throws(ControlError) { try ControlSocket.prepareFolder(of: path) } catch { return loop.makeFailedFuture(error) }
        let own = NIOLoopBound(self, eventLoop: loop)
        let path = path
        return ControlClient.isAnswering(path, on: loop).flatMap { isAnswering in
            guard !isAnswering else { return own.eventLoop.makeFailedFuture(ControlError.inUse(path)) }
            return own.value.bind()
        }
    }

    private func bind() -> EventLoopFuture<Void> {
        let own = NIOLoopBound(self, eventLoop: loop)
        let path = path
        return ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try own.value.accept(channel) }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
            .flatMapErrorThrowing { error in
                throw ControlError.cannotListen(path, reason: ControlClient.reason(error))
            }
            .map { channel in
                ControlSocket.protect(path)
                own.value.server = channel
            }
    }

    /// Closes the socket and every connection, and takes the socket's file away.
    public func stop() {
        loop.preconditionInEventLoop()
        guard let server else { return }
        self.server = nil
        server.close(promise: nil)
        for connection in connections.values { connection.close() }
        connections = [:]
        try? FileManager.default.removeItem(atPath: path)
    }

    private func accept(_ channel: any Channel) throws {
        let connection = ControlConnection(channel, self)
        guard server != nil, connections.count < limits.connections else {
            connection.refuse(.refused("too many connections", hint: "try again in a moment"))
            return
        }
        connections[ObjectIdentifier(connection)] = connection
        try channel.pipeline.syncOperations.addHandlers([
            IdleStateHandler(readTimeout: limits.idle), LineCutter(limit: limits.line), connection,
        ])
    }

    func answer(_ request: ControlRequest) -> EventLoopFuture<ControlAnswer> { handler(request) }
    func closed(_ connection: ControlConnection) { connections[ObjectIdentifier(connection)] = nil }
}

/// One who asks.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = LineCutter.Line

    private let channel: any Channel
    private unowned let server: ControlServer
    private var waiting = 0
    private var isEnding = false

    init(_ channel: any Channel, _ server: ControlServer) { (self.channel, self.server) = (channel, server) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        switch unwrapInboundIn(data) {
        case .tooLong: refuse(.refused("the request is longer than \(server.limits.line) bytes"))
        case .whole(let line):
            guard waiting < server.limits.waiting else {
                return refuse(.refused("too many requests at once", hint: "wait for the answers"))
            }
            do throws(ControlAnswer) {
                let request = try ControlRequest(line: line)
                waiting += 1
                server.answer(request).hop(to: server.loop).assumeIsolated().whenComplete { result in
                    self.waiting -= 1
                    switch result {
                    case .success(let answer): self.send(answer)
                    case .failure: self.send(.refused("the process could not do it", hint: "see its log"))
                    }
                }
            } catch { send(error) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            if waiting == 0 { close() }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }
    func channelInactive(context: ChannelHandlerContext) { server.closed(self) }

    private func send(_ answer: ControlAnswer) { channel.writeAndFlush(ByteBuffer(string: answer.line), promise: nil) }

    /// Says why, and closes.
    func refuse(_ answer: ControlAnswer) {
        isEnding = true
        let channel = channel
        channel.writeAndFlush(ByteBuffer(string: answer.line)).whenComplete { _ in channel.close(promise: nil) }
    }

    func close() {
        isEnding = true
        channel.close(promise: nil)
    }
}
