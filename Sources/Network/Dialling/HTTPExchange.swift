internal import NIOCore
internal import NIOHTTP1

/// Writes the bytes of requests that are there already, where an encoder would make them: the decoder behind it learns of each.
final class RequestWriter: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    /// What the next head is written as.
    var bytes = ByteBuffer()

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(wrapOutboundOut(bytes), promise: promise)
    }
}

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
    private let writer = RequestWriter()
    private let decoder: ByteToMessageHandler<HTTPResponseDecoder>
    private var head: HTTPResponseHead?
    private var done: ((Outcome) -> Void)?

    /// - Parameter done: Called once; when the connection has changed, what it adds to the pipeline gets all bytes that follow.
    init(_ method: HTTPMethod, request: ByteBuffer, done: @escaping (Outcome) -> Void) {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = 1 << 16
        self.method = method
        self.done = done
        writer.bytes = request
        decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
    }

    func start(on channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers([writer, decoder, self])
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
            _ = operations.removeHandler(self)
            _ = operations.removeHandler(writer)
            _ = operations.removeHandler(decoder)
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
