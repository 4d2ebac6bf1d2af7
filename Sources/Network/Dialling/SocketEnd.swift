internal import NIOCore

/// The end of a pipeline next to the socket, before TLS: stamps what comes, and does to the connection what needs no farewell.
final class SocketEnd: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// When bytes came last; at first, when the connection did.
    private(set) var lastArrival = NIODeadline.now()
    /// Told of bytes that come.
    var arrived: (() -> Void)?
    /// While set, nothing is read: bytes stay in the system's buffers.
    var isDeaf = false {
        didSet { if isDeaf != oldValue { applyDeafness() } }
    }
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if isDeaf { applyDeafness() }
    }

    /// A channel that is closed already has nothing to set.
    private func applyDeafness() { try? context?.channel.syncOptions?.setOption(.autoRead, value: !isDeaf) }

    func handlerRemoved(context: ChannelHandlerContext) { (self.context, arrived) = (nil, nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastArrival = .now()
        arrived?()
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) { if !isDeaf { context.read() } }

    /// Closes without a farewell.
    func cut() { context?.close(promise: nil) }

    /// Closes by a reset: what the peer didn't read yet may be lost to it.
    func reset() {
        guard let context else { return }
        _ = (context.channel as? any SocketOptionProvider)?.unsafeSetSocketOption(
            level: .socket, name: .so_linger, value: Linger(isOn: 1, seconds: 0))
        context.close(promise: nil)
    }

    /// As the system lays it out.
    private struct Linger {
        var isOn: CInt
        var seconds: CInt
    }
}
