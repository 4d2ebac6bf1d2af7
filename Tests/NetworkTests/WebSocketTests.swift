import NIOCore
import NIOHTTP1
import NIOWebSocket
import Network
import Testing
import Venues

@Suite(.timeLimit(.minutes(10))) struct WebSocketTests {
    @Test func `messages of all sizes come through whole, both ways`() async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port)
        try await client.open(7)
        #expect(await client.told.next() == .opened(7))
        #expect(await server.told.next() == .opened(1))
        for size in [0, 1, 125, 126, 65_535, 65_536, 700_000] {
            let text = String((0..<size).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
            try await client.send(7, text)
            #expect(await server.told.next() == .received(1, text))
            try await server.run { $0.send(SocketID(1), text: text) }
            #expect(await client.told.next() == .received(7, text))
        }
        try await client.stop()
        try await server.stop()
    }

    @Test func `a session may answer the opening from within`() async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port, greeting: "subscribe")
        try await client.open(0)
        #expect(await server.told.next() == .opened(1))
        #expect(await server.told.next() == .received(1, "subscribe"))
        try await client.stop()
        try await server.stop()
    }

    @Test func `many frames in one read come in order`() async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port)
        try await client.open(0)
        #expect(await client.told.next() == .opened(0))
        try await server.run { listener in for number in 0..<2_000 { listener.send(SocketID(1), text: "\(number)") } }
        for number in 0..<2_000 { #expect(await client.told.next() == .received(0, "\(number)")) }
        try await client.stop()
        try await server.stop()
    }

    @Test func `a ping is answered and told, and so is a pong`() async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port)
        try await client.open(0)
        #expect(await client.told.next() == .opened(0))
        _ = await server.told.next()
        try await server.run { $0.ping(SocketID(1)) }
        #expect(await client.told.next() == .heard(0))
        #expect(await server.told.next() == .heard(1))
        try await client.stop()
        try await server.stop()
    }

    @Test func `a farewell of the server is told with its code`() async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port)
        try await client.open(0)
        #expect(await client.told.next() == .opened(0))
        try await server.run { $0.close(SocketID(1), code: 1_001) }
        #expect(await client.closing(of: 0) == "the peer closed the WebSocket with code 1001")
        try await client.stop()
        try await server.stop()
    }

    @Test func `one that the session closes says farewell, tells nothing, and can be opened anew at once`() async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port)
        try await client.open(5)
        #expect(await client.told.next() == .opened(5))
        #expect(await server.told.next() == .opened(1))
        try await client.run {
            $0.perform(.close(SocketID(5)))
            $0.perform(.open(SocketID(5)))
        }
        #expect(await client.told.next() == .opened(5))
        #expect(await server.closing(of: 1) == "the peer closed the WebSocket with code 1000")
        try await client.send(5, "again")
        #expect(await server.told.first { $0 == .received(2, "again") } == .received(2, "again"))
        try await client.stop()
        try await server.stop()
    }

    @Test func `a connection that is reset, or closed without a farewell, is told`() async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port)
        try await client.open(0)
        #expect(await client.told.next() == .opened(0))
        try await server.run { $0.reset(SocketID(1)) }
        #expect(await client.closing(of: 0).hasPrefix("the connection was lost: "))
        let raw = try await upgraded { $0.close() }
        #expect(raw == "the peer closed the connection without a farewell")
        try await client.stop()
        try await server.stop()
    }

    @Test func `a server that can't be reached is told`() async throws {
        let client = try await ClientFixture.to(try await RawServer.unusedPort())
        try await client.open(0)
        #expect(await client.closing(of: 0).hasSuffix(" refused the connection"))
        try await client.stop()
    }

    // MARK: A server of bytes

    /// Agrees to the upgrade of a client; what the server does then, and why the client closes.
    private func upgraded(
        _ change: (inout VenueClient.Configuration) -> Void = { _ in }, _ act: (RawPeer) async throws -> Void
    ) async throws -> String {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port, path: "/stream", change)
        try await client.open(9)
        let peer = try await server.peer()
        peer.send(try await Self.agreement(with: peer))
        #expect(await client.told.next() == .opened(9))
        try await act(peer)
        let reason = await client.closing(of: 9)
        try await client.stop()
        try await server.stop()
        return reason
    }

    /// What agrees to the upgrade that a client has asked for.
    private static func agreement(with peer: RawPeer) async throws -> String {
        let request = await peer.text(to: "\r\n\r\n")
        #expect(request.hasPrefix("GET /stream HTTP/1.1\r\n"))
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/stream")
        for line in request.split(separator: "\r\n").dropFirst() {
            if let colon = line.firstRange(of: ": ") {
                head.headers.add(name: String(line[..<colon.lowerBound]), value: String(line[colon.upperBound...]))
            }
        }
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        let answer = try await upgrader.buildUpgradeResponse(
            channel: peer.channel, upgradeRequest: head, initialResponseHeaders: HTTPHeaders()
        ).get()
        return "HTTP/1.1 101 Switching Protocols\r\n" + answer.map { "\($0.name): \($0.value)\r\n" }.joined() + "\r\n"
    }

    @Test func `a message in fragments is one, with pings between`() async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port, path: "/stream")
        try await client.open(9)
        let peer = try await server.peer()
        // The first frames come in one piece with the upgrade.
        let frames: [UInt8] = [0x01, 2, 97, 98, 0x89, 1, 33, 0x00, 0, 0x80, 1, 99, 0x82, 1, 100]
        peer.send(Array(try await Self.agreement(with: peer).utf8) + frames)
        #expect(await client.told.next() == .opened(9))
        #expect(await client.told.next() == .heard(9))
        #expect(await client.told.next() == .received(9, "abc"))
        #expect(await client.told.next() == .received(9, "d"))
        // The pong has the ping's payload, masked.
        let pong = await peer.bytes(7)
        #expect(pong.prefix(2) == [0x8A, 0x81] && pong[6] ^ pong[2] == 33)
        try await client.stop()
        try await server.stop()
    }

    @Test(
        arguments: [
            ([0x81, 126, 4, 1], "the peer sent a frame that is too large", 1_009),
            (
                [0x01, 126, 3, 0xE8] + [UInt8](repeating: 97, count: 1_000) + [0x00, 126, 3, 0xE8] + [UInt8](repeating: 97, count: 1_000)
                    + [0x80, 1, 97], "the peer sent a message larger than 2000 bytes", 1_009
            ),
            ([0x81, 0x81, 1, 2, 3, 4, 97], "the peer sent a masked frame", 1_002),
            ([0x80, 1, 97], "the peer sent the continuation of nothing", 1_002),
            ([0x01, 1, 97, 0x81, 1, 97], "the peer sent a message within a message", 1_002),
            ([0xC1, 1, 97], "the peer sent a frame of an extension that was not agreed on", 1_002),
            ([0x83, 1, 97], "the peer sent a frame of an unknown kind", 1_002),
            ([0x09, 1, 97], "the peer sent a control frame that is none", 1_002),
            ([0x89, 126, 0, 126], "the peer sent a control frame that is none", 1_002),
        ] as [([UInt8], String, UInt16)])
    func `what breaks the protocol's rules or bounds ends it, and the server is told why`(
        frames: [UInt8], reason: String, code: UInt16
    ) async throws {
        let told = try await upgraded {
            $0.limits.frame = 1_024
            $0.limits.message = 2_000
        } _: { peer in
            peer.send(frames)
            let farewell = await peer.bytes(8)
            #expect(farewell.prefix(2) == [0x88, 0x82])
            #expect(
                farewell.count == 8 && [farewell[6] ^ farewell[2], farewell[7] ^ farewell[3]] == [UInt8(code >> 8), UInt8(code & 255)])
        }
        #expect(told == reason)
    }

    @Test func `a peer that stops reading and writing is pinged, and given up in time`() async throws {
        let reason = try await upgraded {
            $0.limits.pingAfter = .milliseconds(50)
            $0.limits.lostAfter = .seconds(2)
        } _: { peer in
            #expect(await peer.bytes(6).first == 0x89)
        }
        #expect(reason == "nothing was heard for 2 s")
    }

    @Test func `a peer that pongs is not given up`() async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port) { $0.limits.pingAfter = .milliseconds(50) }
        try await client.open(0)
        #expect(await client.told.next() == .opened(0))
        for _ in 0..<5 { #expect(await client.told.next() == .heard(0)) }
        try await client.stop()
        try await server.stop()
    }

    @Test func `a peer that doesn't read is given up when too much waits`() async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port) { $0.limits.writeBuffer = 1 << 16 }
        try await client.open(0)
        #expect(await client.told.next() == .opened(0))
        try await server.run { $0.isDeaf = true }
        let text = String(repeating: "x", count: 1 << 16)
        // The systems' buffers hold a few megabytes.
        for _ in 0..<1_000 { try await client.send(0, text) }
        #expect(await client.closing(of: 0) == "the peer doesn't read what is sent to it")
        try await client.stop()
        try await server.stop()
    }

    // MARK: Upgrades that fail

    @Test(arguments: [
        ("HTTP/1.1 403 secret\r\nContent-Length: 6\r\n\r\nsecret", "refused the WebSocket with status 403"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "refused the WebSocket with status 200"),
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: secret\r\n\r\n",
            "answered the WebSocket upgrade with something else"
        ),
        ("secret\r\n\r\n", "the answer to the WebSocket upgrade at 127.0.0.1:"),
        ("", "was closed before the answer to the WebSocket upgrade"),
    ])
    func `an upgrade that is not agreed to is told`(answer: String, reason: String) async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port)
        try await client.open(1)
        let peer = try await server.peer()
        _ = await peer.text(to: "\r\n\r\n")
        peer.send(answer)
        peer.close()
        let told = await client.closing(of: 1)
        #expect(told.contains(reason) && !told.contains("secret"))
        try await client.stop()
        try await server.stop()
    }

    @Test func `an upgrade without an answer is given up in time`() async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port) { $0.limits.upgrade = .milliseconds(100) }
        try await client.open(1)
        #expect(await client.closing(of: 1) == "no answer to the WebSocket upgrade at 127.0.0.1:\(server.port) within 100 ms")
        #expect(try await server.peer().text().hasPrefix("GET / HTTP/1.1\r\n"))
        try await client.stop()
        try await server.stop()
    }

    @Test func `a farewell that isn't answered is not waited for without end`() async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port, path: "/stream") { $0.limits.close = .milliseconds(100) }
        try await client.open(9)
        let peer = try await server.peer()
        peer.send(try await Self.agreement(with: peer))
        #expect(await client.told.next() == .opened(9))
        try await client.close(9)
        // The farewell, then the end of the connection.
        #expect(await peer.bytes(9).count == 8)
        try await client.stop()
        try await server.stop()
    }
}
