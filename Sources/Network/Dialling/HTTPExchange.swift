internal import NIOCore
internal import NIOHTTP1

/// One request that makes of the connection something else: a tunnel, or a WebSocket.
final class HTTPExchange: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    enum Outcome {
        case changed(HTTPResponseHead)
        case refused(status: Int)
        case notUnderstood
        case lost
    }

    private let method: HTTPMethod
    private let channel: any Channel
    private let outlet: Outlet
    private let decoder: ByteToMessageHandler<HTTPResponseDecoder>
    private var head: HTTPResponseHead?
    private var done: ((Outcome) -> Void)?

    /// - Parameter done: Called once; when the connection has changed, what it adds to the pipeline gets all bytes that follow.
    init(_ method: HTTPMethod, request: ByteBuffer, by connection: Connection, done: @escaping (Outcome) -> Void) {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = 1 << 16
        (self.method, self.done, channel, outlet) = (method, done, connection.channel, connection.outlet)
        outlet.bytes = request
        decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
    }

    func start() throws {
        try channel.pipeline.syncOperations.addHandlers([decoder, self])
        channel.pipeline.syncOperations.writeAndFlush(
            wrapOutboundOut(.head(HTTPRequestHead(version: .http1_1, method: method, uri: "/"))), promise: nil)
    }

    /// Nothing is told any more.
    func cancel() { done = nil }

    private func changes(_ status: HTTPResponseStatus) -> Bool {
        method == .CONNECT ? (200..<300).contains(status.code) : status == .switchingProtocols
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head) where changes(head.status): self.head = head
        case .head(let head): end(.refused(status: Int(head.status.code)))
        case .body: break
        case .end:
            guard let head, done != nil else { return }
            let operations = context.pipeline.syncOperations
            end(.changed(head))
            // The decoder goes last: it hands on what came behind the head.
            operations.removeHandler(self, promise: nil)
            operations.removeHandler(decoder, promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(error is IOError ? .lost : .notUnderstood) }

    func channelInactive(context: ChannelHandlerContext) {
        end(.lost)
        context.fireChannelInactive()
    }

    private func end(_ outcome: Outcome) {
        let done = done
        self.done = nil
        done?(outcome)
    }
}
