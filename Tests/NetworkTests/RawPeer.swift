import NIOCore
import NIOPosix
import Testing

/// A connection of bytes, at either end: what comes, and what is done with it.
struct RawPeer: Sendable {
    let channel: any Channel
    private let bytes: Inbox<ByteBuffer?>

    /// Connects to a port of this machine.
    static func connect(to port: Int) async throws -> RawPeer {
        let bytes = Inbox<ByteBuffer?>()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Ear { bytes.put($0) }) }
            }
            .connect(to: SocketAddress(ipAddress: "127.0.0.1", port: port)).get()
        return RawPeer(channel: channel, bytes: bytes)
    }

    func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
    func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    func pauseReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

    /// What comes until it ends in so, or to the end of the connection.
    func text(to end: String? = nil) async -> String {
        var all = ""
        while end.map({ !all.hasSuffix($0) }) ?? true, let part = await next() { all += String(buffer: part) }
        return all
    }

    func bytes(_ count: Int) async -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count, let part = await next() { all += part.readableBytesView }
        return all
    }

    /// Moves what comes to another, until this one closes.
    func pipe(to other: RawPeer) async {
        while let part = await next() { other.channel.writeAndFlush(part, promise: nil) }
        other.close()
    }

    /// As a proxy: grants the tunnel, and moves bytes both ways until one end closes.
    func relay(to port: Int) async throws -> Task<Void, Never> {
        let far = try await RawPeer.connect(to: port)
        send("HTTP/1.1 200 Connection established\r\nContent-Length: 99\r\n\r\n")
        let out = Task { await pipe(to: far) }
        let back = Task { await far.pipe(to: self) }
        return Task {
            await out.value
            await back.value
        }
    }

    private func next() async -> ByteBuffer? { await bytes.next() ?? nil }

    func close() { channel.close(promise: nil) }

    func reset() { Self.reset(channel) }

    static func reset(_ channel: any Channel) {
        struct Linger { var isOn: CInt = 1, seconds: CInt = 0 }
        channel.eventLoop.execute {
            _ = (channel as? any SocketOptionProvider)?.unsafeSetSocketOption(level: .socket, name: .so_linger, value: Linger())
            channel.close(promise: nil)
        }
    }

    /// Tells of bytes, and of the end by nil.
    fileprivate final class Ear: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let told: (ByteBuffer?) -> Void
        private var isEnded = false

        init(_ told: @escaping (ByteBuffer?) -> Void) { self.told = told }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { told(unwrapInboundIn(data)) }
        func channelInactive(context: ChannelHandlerContext) { end() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { end() }

        private func end() {
            if !isEnded { told(nil) }
            isEnded = true
        }
    }

    fileprivate init(channel: any Channel, bytes: Inbox<ByteBuffer?>) { (self.channel, self.bytes) = (channel, bytes) }
}

/// A server of bytes: its connections, in the order in which they came.
struct RawServer: Sendable {
    let port: Int
    private let channel: any Channel
    private let peers: Inbox<RawPeer>

    init() async throws {
        let peers = Inbox<RawPeer>()
        self.peers = peers
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let bytes = Inbox<ByteBuffer?>()
                    try channel.pipeline.syncOperations.addHandler(RawPeer.Ear { bytes.put($0) })
                    peers.put(RawPeer(channel: channel, bytes: bytes))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func peer() async throws -> RawPeer { try #require(await peers.next()) }

    func stop() async throws { try await channel.close().get() }

    /// A port on which nothing listens.
    static func unusedPort() async throws -> Int {
        let server = try await RawServer()
        try await server.stop()
        return server.port
    }
}
