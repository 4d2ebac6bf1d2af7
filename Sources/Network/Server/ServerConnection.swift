internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS
internal import NIOWebSocket
internal import Venues

/// A client's connection at a listener, as long as it speaks HTTP: one request at a time is answered, those behind it wait.
///
///     idle ──first byte──▶ receiving ──last byte──▶ answering ──▶ writing ──▶ idle, or the next that waits, or closed
final class ServerConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never

    private enum Phase { case idle, receiving, answering, writing, ended }

    private enum Waiting {
        case request(HTTPRequest, closes: Bool)
        case upgrade(HTTPRequestHead)
        /// Answered without asking anyone; then the connection is closed.
        case refusal(status: Int)
    }

    private struct Receiving {
        var head: HTTPRequestHead
        var method: HTTPRequest.Method
        var body: [UInt8] = []
    }

    let wire: Connection
    var end: SocketEnd { wire.end }
    private var channel: any Channel { wire.channel }
    private unowned let listener: LoopbackListener
    private let limits: ListenerLimits
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private var context: ChannelHandlerContext?
    private var phase = Phase.idle
    private var receiving: Receiving?
    private var queue = CircularBuffer<Waiting>()
    private var current: (id: RequestID?, closes: Bool) = (nil, false)
    /// TLS is set up, or not asked for.
    private var isThrough = false
    /// Nothing that comes is looked at any more.
    private var isClosing = false
    private var wantsRead = false
    private var timer: Scheduled<Void>?

    init(_ wire: Connection, _ listener: LoopbackListener) {
        (self.wire, self.listener) = (wire, listener)
        limits = listener.configuration.limits
        var bounds = NIOHTTPDecoderLimitConfiguration()
        (bounds.maxHeaderListSize, bounds.maxHeaderFieldSize) = (limits.requestHead, limits.requestHead)
        decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: bounds))
    }

    func start(_ tls: NIOSSLContext?) throws {
        let operations = channel.pipeline.syncOperations
        if let tls { try operations.addHandler(NIOSSLServerHandler(context: tls), position: .after(end)) }
        isThrough = tls == nil
        try operations.addHandlers([decoder, self])
        end.arrived = { [weak self] in self?.arrived() }
        enter(.idle)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        end.arrived = nil
        timer?.cancel()
    }

    /// Each phase that a client can draw out has its time.
    private func enter(_ next: Phase) {
        phase = next
        timer?.cancel()
        timer = nil
        let span: TimeAmount
        switch next {
        case .answering, .ended: return
        case .idle: span = limits.idle
        case .receiving, .writing: span = limits.request
        }
        timer = channel.eventLoop.assumeIsolated().scheduleTask(in: span) { [weak self] in self?.expire() }
    }

    private func expire() {
        if phase == .receiving, isThrough { refuse(408) } else { end.cut() }
    }

    private func arrived() { if phase == .idle { enter(.receiving) } }

    // MARK: Requests in

    func read(context: ChannelHandlerContext) {
        wantsRead = queue.count >= limits.pipelined
        if !wantsRead { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard let method = HTTPRequest.Method(rawValue: head.method.rawValue) else { return refuse(501) }
            let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            guard length <= limits.requestBody else { return refuse(413) }
            receiving = Receiving(head: head, method: method)
            if head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" }), phase == .receiving {
                wire.outlet.send(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
            }
        case .body(let bytes):
            guard let count = receiving?.body.count, count + bytes.readableBytes <= limits.requestBody else { return refuse(413) }
            receiving?.body.append(contentsOf: bytes.readableBytesView)
        case .end:
            guard let received = receiving else { return }
            receiving = nil
            queue.append(waiting(received))
            next()
        }
    }

    private func waiting(_ received: Receiving) -> Waiting {
        let head = received.head
        let wantsSocket = head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
        if wantsSocket {
            isClosing = true
            let path = head.uri.prefix { $0 != "?" }
            return received.method == .get && path == listener.configuration.webSocketPath ? .upgrade(head) : .refusal(status: 404)
        }
        let headers = head.headers.map { HTTPRequest.Header($0.name, $0.value) }
        let request = HTTPRequest(received.method, head.uri, headers: headers, body: received.body)
        // The decoder stops behind a request that asks for another protocol.
        return .request(request, closes: !head.isKeepAlive || head.headers.contains(name: "upgrade"))
    }

    /// Answers in its turn, and closes.
    private func refuse(_ status: Int) {
        guard !isClosing else { return }
        isClosing = true
        receiving = nil
        queue.append(.refusal(status: status))
        next()
    }

    private func next() {
        guard phase == .idle || phase == .receiving else { return }
        guard let first = queue.popFirst() else { return enter(receiving == nil ? .idle : .receiving) }
        enter(.answering)
        switch first {
        case .request(let request, let closes):
            let id = listener.name(requestOn: self)
            current = (id, closes)
            listener.received(request, id)
        case .upgrade(let head): upgrade(head)
        case .refusal(let status):
            current = (nil, true)
            write(status, [], Array("\(HTTPResponseStatus(statusCode: status).reasonPhrase)\n".utf8), .whole)
        }
        if wantsRead, queue.count < limits.pipelined, let context { read(context: context) }
    }

    // MARK: Answers out

    func answer(_ status: Int, _ headers: [HTTPRequest.Header], _ body: [UInt8], _ delivery: AnswerDelivery) {
        guard phase == .answering else { return }
        current.id = nil
        write(status, headers, body, delivery)
    }

    private func write(_ status: Int, _ headers: [HTTPRequest.Header], _ body: [UInt8], _ delivery: AnswerDelivery) {
        guard let context else { return }
        switch delivery {
        case .close: return end.cut()
        case .reset: return end.reset()
        case .whole, .wholeThenReset, .wholeThenClose, .cut: break
        }
        enter(.writing)
        var buffer = context.channel.allocator.buffer(capacity: 256 + body.count)
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        buffer.writeString("HTTP/1.1 \(status) \(phrase)\r\n")
        for header in headers {
            precondition(RequestHead.isSendable(header), "an answer's header breaks out of its line")
            buffer.writeString("\(header.name): \(header.value)\r\n")
        }
        if status != 204, status != 304 { buffer.writeString("Content-Length: \(body.count)\r\n") }
        if current.closes { buffer.writeString("Connection: close\r\n") }
        buffer.writeString("\r\n")
        if status != 204, status != 304 { buffer.writeBytes(body) }
        if case .cut(let count) = delivery { buffer.moveWriterIndex(to: min(count, buffer.writerIndex)) }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { [self] in self.written(delivery) }
        wire.outlet.send(buffer, promise: written)
    }

    /// The client's system has taken the answer.
    private func written(_ delivery: AnswerDelivery) {
        guard phase == .writing else { return }
        switch delivery {
        case .whole where !current.closes:
            phase = .idle
            next()
        case .wholeThenReset, .reset: end.reset()
        case .cut, .close: end.cut()
        case .whole, .wholeThenClose: sayFarewell()
        }
    }

    /// Nothing more is said; what comes is taken in for a while, or a client that still sends would lose the answer to a reset.
    private func sayFarewell() {
        isClosing = true
        enter(.ended)
        channel.close(mode: .output, promise: nil)
        timer = channel.eventLoop.assumeIsolated().scheduleTask(in: limits.close) { [weak self] in self?.end.cut() }
    }

    private func upgrade(_ head: HTTPRequestHead) {
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        upgrader.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: HTTPHeaders())
            .assumeIsolated().whenComplete { [self] result in
                guard let context else { return }
                guard case .success(let headers) = result else {
                    current = (nil, true)
                    return write(400, [], Array("Bad Request\n".utf8), .whole)
                }
                var answer = ByteBuffer(string: "HTTP/1.1 101 Switching Protocols\r\n")
                for header in headers { answer.writeString("\(header.name): \(header.value)\r\n") }
                answer.writeString("\r\n")
                wire.outlet.send(answer)
                enter(.ended)
                let operations = context.pipeline.syncOperations
                listener.upgraded(self)
                // The decoder goes last: it hands on what came behind the head.
                operations.removeHandler(self, promise: nil)
                operations.removeHandler(decoder, promise: nil)
            }
    }

    // MARK: The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // TLS is through, which took bytes but was no request.
        if case .handshakeCompleted = event as? TLSUserEvent {
            isThrough = true
            if phase == .receiving { enter(.idle) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.headerOverflow: refuse(431)
        case HTTPParserError.invalidEOFState: end.cut()
        case is HTTPParserError: refuse(400)
        case is ByteToMessageDecoderError where isClosing: break
        default: end.cut()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        enter(.ended)
        listener.closed(self, asked: current.id)
        context.fireChannelInactive()
    }
}
