internal import NIOCore
internal import NIOSSL
internal import NIOWebSocket

/// Who has a WebSocket, at either end.
protocol WebSocketOwner: AnyObject {
    /// A whole message, lent until this returns.
    func received(_ message: Span<UInt8>, arrived: NIODeadline)
    /// A ping or a pong.
    func heard()
    /// Told once, and nothing after it; not told after `close` or `drop`.
    func ended(reason: String)
}

/// A WebSocket, at either end, from its upgrade on: messages, pings, farewells and bounds.
///
///     open ──we close──▶ closing ──farewell answered, or late──▶ ended
///       └──────────── the peer closes, errs, is silent or doesn't read ──▲
final class WebSocketConnection: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    enum Role { case client, server }

    /// What is kept within bounds, and how long is waited.
    struct Limits {
        var message: Int
        var close: TimeAmount
        /// Nil: the peer's silence is its own affair.
        var silence: (ping: TimeAmount, lost: TimeAmount)?
    }

    private enum State { case open, closing, ended }

    private let role: Role
    private let limits: Limits
    private let channel: any Channel
    private let end: SocketEnd
    private let outlet: Outlet
    /// Nil once it has been told of the end, or doesn't want to be.
    private weak var owner: (any WebSocketOwner)?
    private var state = State.open
    private var fragments = ByteBuffer()
    private var isFragmented = false
    private var writer: WebSocketFrameWriter
    private var timer: Scheduled<Void>?
    private var pingedAt = NIODeadline.distantPast

    init(_ role: Role, _ connection: Connection, _ limits: Limits, owner: any WebSocketOwner) {
        (self.role, self.limits, self.owner) = (role, limits, owner)
        (channel, end, outlet) = (connection.channel, connection.end, connection.outlet)
        writer = WebSocketFrameWriter(masks: role == .client)
    }

    /// Takes the pipeline's end, behind what decodes frames.
    func start(maximumFrame: Int) throws {
        let decoder = ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: maximumFrame))
        try channel.pipeline.syncOperations.addHandlers([decoder, self])
        if let silence = limits.silence { watch(silence, from: .now()) }
    }

    // MARK: Out

    func send(_ text: String) { write(.text) { $0.writeString(text) } }
    func send(_ text: [UInt8]) { write(.text) { $0.writeBytes(text) } }
    func ping() { write(.ping) { _ in } }

    private func write(_ kind: WebSocketOpcode, _ payload: (inout ByteBuffer) -> Void) {
        guard state == .open else { return }
        outlet.send(writer.frame(kind, payload))
        // What the system took is not counted: this much waits because the peer doesn't read.
        guard state == .open, channel.isActive, !channel.isWritable else { return }
        finish("the peer doesn't read what is sent to it")
        end.cut()
    }

    /// Says farewell and waits a while for the answer; the owner hears no more.
    func close(_ code: WebSocketErrorCode = .normalClosure) {
        owner = nil
        guard state == .open else { return }
        write(.connectionClose) { $0.write(webSocketErrorCode: code) }
        guard state == .open else { return }
        state = .closing
        timer?.cancel()
        timer = channel.eventLoop.assumeIsolated().scheduleTask(in: limits.close) { [self] in cut() }
    }

    /// Closes without a farewell; the owner hears no more.
    func drop(byReset isReset: Bool) {
        owner = nil
        state = .ended
        timer?.cancel()
        if isReset { end.reset() } else { end.cut() }
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard state != .ended else { return }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return fail(.protocolError, "a frame of an extension that was not agreed on") }
        guard (frame.maskKey == nil) == (role == .client) else {
            return fail(.protocolError, role == .client ? "a masked frame" : "a frame without a mask")
        }
        switch frame.opcode {
        case .text, .binary:
            guard !isFragmented else { return fail(.protocolError, "a message within a message") }
            if frame.fin { return deliver(frame.unmaskedData) }
            isFragmented = true
            fragments.clear()
            collect(frame)
        case .continuation:
            guard isFragmented else { return fail(.protocolError, "the continuation of nothing") }
            collect(frame)
        case .ping:
            let data = frame.unmaskedData
            write(.pong) { $0.writeImmutableBuffer(data) }
            if state == .open { owner?.heard() }
        case .pong: if state == .open { owner?.heard() }
        case .connectionClose: receiveFarewell(frame.unmaskedData)
        default: fail(.protocolError, "a frame of an unknown kind")
        }
    }

    private func collect(_ frame: WebSocketFrame) {
        let data = frame.unmaskedData
        guard fragments.readableBytes + data.readableBytes <= limits.message else {
            return fail(.messageTooLarge, "a message larger than \(limits.message) bytes")
        }
        fragments.writeImmutableBuffer(data)
        guard frame.fin else { return }
        isFragmented = false
        deliver(fragments)
    }

    private func deliver(_ message: ByteBuffer) {
        guard state == .open, let owner else { return }
        owner.received(message.readableBytesUInt8Span, arrived: end.lastArrival)
    }

    private func receiveFarewell(_ data: ByteBuffer) {
        var data = data
        let code = data.readWebSocketErrorCode()
        // A farewell that answers ours ends it, too.
        if state == .open { write(.connectionClose) { if let code { $0.write(webSocketErrorCode: code) } } }
        finish("the peer closed the WebSocket" + (code.map { " with code \(UInt16(webSocketErrorCode: $0))" } ?? ""))
        channel.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength: fail(.messageTooLarge, "a frame that is too large")
        case is NIOWebSocketError: fail(.protocolError, "a control frame that is none")
        case let error as IOError: lose("the connection was lost: \(SystemText.of(error.errnoCode))")
        case NIOSSLError.uncleanShutdown: lose("the peer closed the connection without the end of TLS")
        default: lose("the connection failed")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish("the peer closed the connection without a farewell")
        context.fireChannelInactive()
    }

    // MARK: The end

    /// The peer broke the rules.
    private func fail(_ code: WebSocketErrorCode, _ what: String) {
        write(.connectionClose) { $0.write(webSocketErrorCode: code) }
        finish("the peer sent \(what)")
        channel.close(promise: nil)
    }

    private func lose(_ reason: String) {
        finish(reason)
        end.cut()
    }

    private func cut() {
        finish("")
        end.cut()
    }

    private func finish(_ reason: String) {
        guard state != .ended else { return }
        state = .ended
        timer?.cancel()
        timer = nil
        let owner = owner
        self.owner = nil
        owner?.ended(reason: reason)
    }

    /// Pings a peer that is silent, and gives it up in the end.
    private func watch(_ silence: (ping: TimeAmount, lost: TimeAmount), from now: NIODeadline) {
        let heard = end.lastArrival
        guard heard + silence.lost > now else { return lose("nothing was heard for \(silence.lost.text)") }
        if max(heard, pingedAt) + silence.ping <= now {
            pingedAt = now
            ping()
            guard state == .open else { return }
        }
        let next = min(max(heard, pingedAt) + silence.ping, heard + silence.lost)
        timer = channel.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [weak self] in
            guard let self, state == .open else { return }
            watch(silence, from: .now())
        }
    }
}

/// Builds a frame in one buffer.
struct WebSocketFrameWriter {
    /// The largest head: two bytes, eight of length, four of mask.
    private static let room = 14
    let masks: Bool
    private var buffer = ByteBuffer()
    private var random = SystemRandomNumberGenerator()

    init(masks: Bool) { self.masks = masks }

    mutating func frame(_ kind: WebSocketOpcode, _ payload: (inout ByteBuffer) -> Void) -> ByteBuffer {
        buffer.clear()
        buffer.writeRepeatingByte(0, count: Self.room)
        buffer.moveReaderIndex(to: Self.room)
        payload(&buffer)
        let count = buffer.readableBytes
        let maskSize = masks ? 4 : 0
        let lengthSize = count < 126 ? 0 : count <= Int(UInt16.max) ? 2 : 8
        var place = Self.room - 2 - lengthSize - maskSize
        let start = place
        buffer.setInteger(0x80 | UInt8(webSocketOpcode: kind), at: place)
        let length: UInt8 = lengthSize == 0 ? UInt8(count) : lengthSize == 2 ? 126 : 127
        buffer.setInteger(length | (masks ? 0x80 : 0), at: place + 1)
        place += 2
        if lengthSize == 2 { buffer.setInteger(UInt16(count), at: place) }
        if lengthSize == 8 { buffer.setInteger(UInt64(count), at: place) }
        place += lengthSize
        if masks {
            let key = WebSocketMaskingKey.random(using: &random)
            buffer.webSocketMask(key)
            buffer.setBytes(key, at: place)
        }
        buffer.moveReaderIndex(to: start)
        return buffer
    }
}
