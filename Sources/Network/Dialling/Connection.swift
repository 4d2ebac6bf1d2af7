internal import NIOCore
internal import NIOHTTP1

/// A connection through which bytes can go.
///
///     socket ── end ── TLS, if any ── outlet ── what decodes ── who listens
struct Connection {
    let channel: any Channel
    let end = SocketEnd()
    let outlet = Outlet()

    init(_ channel: any Channel) throws {
        self.channel = channel
        try channel.pipeline.syncOperations.addHandlers([end, outlet])
    }
}

/// Where bytes go out, past whatever decodes: also while one decoder makes room for another.
final class Outlet: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    /// What is written in place of the next request that a decoder is told of: the decoder has to know that an answer is to come.
    var bytes = ByteBuffer()
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(wrapOutboundOut(bytes), promise: promise)
    }

    /// Writes and flushes.
    func send(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>? = nil) {
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
    }
}
