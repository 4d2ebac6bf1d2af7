internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// A lane's connection while it lasts: bytes of one request out, parts of its answer in.
final class LaneConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let channel: any Channel
    private let outlet: Outlet
    private let limits: ClientLimits
    /// Nil once it is closed, by either side.
    private weak var lane: Lane?
    private var answer: (head: HTTPResponseHead, body: [UInt8])?
    /// Tells the decoder that an answer is to come; the outlet puts the request's bytes in its place.
    private let announcement = HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"))

    init(_ connection: Connection, _ limits: ClientLimits, lane: Lane) {
        (channel, outlet, self.limits, self.lane) = (connection.channel, connection.outlet, limits, lane)
    }

    var isActive: Bool { channel.isActive }

    /// - Returns: Whether the connection is still there.
    func start() -> Bool {
        var bounds = NIOHTTPDecoderLimitConfiguration()
        (bounds.maxHeaderListSize, bounds.maxHeaderFieldSize) = (limits.answerHead, limits.answerHead)
        let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: bounds))
        guard channel.isActive else { return false }
        do {
            try channel.pipeline.syncOperations.addHandlers([decoder, self])
        } catch { return false }
        return true
    }

    func write(_ body: (inout ByteBuffer) -> Void) {
        outlet.bytes.clear()
        body(&outlet.bytes)
        channel.pipeline.syncOperations.writeAndFlush(wrapOutboundOut(announcement), promise: nil)
    }

    func close() {
        lane = nil
        channel.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let lane else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            guard length <= limits.answerBody else { return tooLarge(lane) }
            answer = (head, [])
            answer?.body.reserveCapacity(length)
        case .body(let bytes):
            guard let count = answer?.body.count, count + bytes.readableBytes <= limits.answerBody else { return tooLarge(lane) }
            answer?.body.append(contentsOf: bytes.readableBytesView)
        case .end:
            guard let (head, body) = answer else { return }
            answer = nil
            lane.answered(self, status: Int(head.status.code), body: body, closes: !head.isKeepAlive)
        }
    }

    private func tooLarge(_ lane: Lane) { lane.lost(self, "the answer is larger than \(limits.answerBody) bytes") }

    func channelReadComplete(context: ChannelHandlerContext) {
        lane?.settled(self)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { lane?.lost(self, Self.text(of: error)) }

    func channelInactive(context: ChannelHandlerContext) {
        lane?.lost(self, "the server closed the connection")
        context.fireChannelInactive()
    }

    private static func text(of error: any Error) -> String {
        switch error {
        case HTTPParserError.invalidEOFState: "the server closed the connection in the middle of an answer"
        case HTTPParserError.headerOverflow: "the answer's headers are too large"
        case is HTTPParserError: "the answer can't be understood as HTTP"
        case let error as NIOHTTPDecoderError where error == .unsolicitedResponse: "an answer came that belongs to no request"
        case let error as IOError: "the connection was lost: \(SystemText.of(error.errnoCode))"
        case NIOSSLError.uncleanShutdown: "the server closed the connection without the end of TLS"
        case is NIOSSLError: "TLS on the connection failed"
        default: "the connection failed"
        }
    }
}
