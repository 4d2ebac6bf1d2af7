import NIOCore
import NIOPosix
import Network
import Testing
import Venues

/// Each request ends as one of answered, not sent and unknown, whatever a server does.
@Suite(.timeLimit(.minutes(10))) struct RequestOutcomeTests {
    /// What a server does once it has read a request, and what becomes of the request.
    @Test(arguments: [
        ("", "the server closed the connection"),
        ("HTTP/1.1 200 OK\r\nContent-Le", "the server closed the connection in the middle of an answer"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", "the server closed the connection in the middle of an answer"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
            "the server closed the connection in the middle of an answer"
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n", "the answer can't be understood as HTTP"),
        ("HTTP/1.1 200 OK\r\nContent-Length: secret\r\n\r\n", "the answer can't be understood as HTTP"),
        ("HTTP/1.1 200 OK\r\nX: \(String(repeating: "secret", count: 2_000))\r\n\r\n", "the answer's headers are too large"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", "the answer is larger than 1000 bytes"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n\(String(repeating: "s", count: 1_001))\r\n0\r\n\r\n",
            "the answer is larger than 1000 bytes"
        ),
    ])
    func `without a whole answer it is unknown`(answer: String, reason: String) async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port) {
            $0.limits.answerBody = 1_000
            $0.limits.answerHead = 4_096
        }
        try await client.startUp()
        try await client.get(1)
        let peer = try await server.peer()
        _ = await peer.text(to: "\r\n\r\n")
        if !answer.isEmpty { peer.send(answer) }
        peer.close()
        #expect(await client.outcome(1) == .unknown(1, reason))
        try await client.stop()
        try await server.stop()
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 200, "abc"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok", 201, "ok"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""), ("HTTP/1.0 503 Busy\r\nContent-Length: 1\r\n\r\n!", 503, "!"),
    ])
    func `a whole answer counts, however it is framed`(answer: String, status: Int, body: String) async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        try await client.get(1)
        let peer = try await server.peer()
        _ = await peer.text(to: "\r\n\r\n")
        for byte in answer.utf8 { peer.send([byte]) }
        #expect(await client.outcome(1) == .answered(1, status, body))
        try await client.stop()
        try await server.stop()
    }

    @Test func `a server that closes without reading leaves it unknown`() async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        let peer = try await server.peer()
        try await peer.pauseReading()
        try await client.get(1)
        #expect(await client.told.next() == .handedOver(1))
        peer.close()
        guard case .unknown(1, let reason) = await client.outcome(1) else { return #expect(Bool(false), "it is not unknown") }
        #expect(reason.hasPrefix("the connection was lost: ") || reason == "the server closed the connection")
        try await client.stop()
        try await server.stop()
    }

    @Test func `a reset leaves it unknown, before and in the middle of an answer`() async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        for (id, part) in [(1 as UInt64, ""), (2, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")] {
            try await client.get(id)
            let peer = try await server.peer()
            _ = await peer.text(to: "\r\n\r\n")
            if !part.isEmpty { try await peer.channel.writeAndFlush(ByteBuffer(string: part)).get() }
            peer.reset()
            guard case .unknown(id, let reason) = await client.outcome(id) else { return #expect(Bool(false), "it is not unknown") }
            #expect(reason.hasPrefix("the connection was lost: "))
            _ = await client.told.first { $0 == .up(lane: 0) }
        }
        try await client.stop()
        try await server.stop()
    }

    @Test func `one that no answer comes to is unknown in time, and the next is sent on a new connection`()
        async throws
    {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port) { $0.limits.request = .milliseconds(500) }
        try await client.startUp()
        try await client.get(1)
        let first = try await server.peer()
        _ = await first.text(to: "\r\n\r\n")
        #expect(await client.outcome(1) == .unknown(1, "no whole answer came within 500 ms"))
        #expect(await first.text() == "")
        try await client.get(2)
        let second = try await server.peer()
        #expect(await second.text(to: "\r\n\r\n").hasPrefix("GET /x "))
        #expect(await client.outcome(2) == .unknown(2, "no whole answer came within 500 ms"))
        try await client.stop()
        try await server.stop()
    }

    @Test func `a request is written once: one that ended unknown is never seen again`() async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        try await client.get(1, "/order")
        try await client.get(2, "/cancel")
        let first = try await server.peer()
        #expect(await first.text(to: "\r\n\r\n").hasPrefix("GET /order "))
        first.reset()
        let second = try await server.peer()
        let text = await second.text(to: "\r\n\r\n")
        #expect(text.hasPrefix("GET /cancel ") && !text.contains("/order"))
        try await client.stop()
        #expect(await second.text() == "")
        try await server.stop()
    }

    @Test func `an answer too many belongs to no request`() async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        try await client.get(1)
        try await client.get(2)
        let first = try await server.peer()
        _ = await first.text(to: "\r\n\r\n")
        first.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nX")
        #expect(await client.outcome(1) == .answered(1, 200, "1"))
        let second = try await server.peer()
        _ = await second.text(to: "\r\n\r\n")
        second.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2")
        #expect(await client.outcome(2) == .answered(2, 200, "2"))
        try await client.stop()
        try await server.stop()
    }

    @Test func `without a connection nothing is sent`() async throws {
        let client = try await ClientFixture.to(try await RawServer.unusedPort())
        try await client.start()
        try await client.get(1)
        guard case .notSent(1, let reason) = await client.outcome(1) else { return #expect(Bool(false), "it was sent") }
        #expect(reason.hasPrefix("127.0.0.1:") && reason.hasSuffix(" refused the connection"))
        try await client.stop()
    }

    @Test func `a name that nobody knows is said so`() async throws {
        let client = try await ClientFixture.to(443, host: "venue.invalid")
        try await client.start()
        try await client.get(1)
        #expect(await client.outcome(1) == .notSent(1, "no address can be found for the name 'venue.invalid'"))
        try await client.stop()
    }

    /// The system takes in a few connections for it, and lets the others wait.
    private func reclusiveServer() async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1).serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
    }

    @Test func `a server that takes no connections in is given up in time`() async throws {
        let server = try await reclusiveServer()
        let client = try await ClientFixture.to(server.localAddress?.port ?? 0, lanes: 8) { $0.limits.connect = .milliseconds(200) }
        try await client.start()
        let late = await client.told.first { told in
            if case .down(_, let reason) = told { reason.hasPrefix("no TCP connection at 127.0.0.1:") } else { false }
        }
        #expect(late != nil)
        try await client.stop()
        try await server.close().get()
    }

    @Test func `what waits too long for its lane is not sent`() async throws {
        let server = try await reclusiveServer()
        let client = try await ClientFixture.to(server.localAddress?.port ?? 0, lanes: 8) {
            $0.limits.connect = .seconds(30)
            $0.limits.request = .milliseconds(500)
        }
        try await client.start()
        for lane in 0..<8 { try await client.get(UInt64(lane), lane: lane) }
        var notSent = 0
        for _ in 0..<8 {
            let told = await client.told.first { told in
                switch told {
                case .answered, .notSent, .unknown: true
                default: false
                }
            }
            switch told {
            case .notSent(let lane, let reason):
                #expect(reason == "lane \(lane) was not free within 500 ms")
                notSent += 1
            case .unknown(_, let reason): #expect(reason == "no whole answer came within 500 ms")
            default: #expect(Bool(false), "nobody answers")
            }
        }
        #expect(notSent > 0)
        try await client.stop()
        try await server.close().get()
    }

    @Test func `a lane that is down comes up when its server does`() async throws {
        let port = try await RawServer.unusedPort()
        let client = try await ClientFixture.to(port)
        try await client.start()
        _ = await client.told.first { if case .down = $0 { true } else { false } }
        var configuration = LoopbackListener.Configuration()
        configuration.port = port
        let server = try await ListenerFixture(configuration)
        _ = await client.told.first { $0 == .up(lane: 0) }
        try await client.get(1)
        #expect(await client.outcome(1) == .answered(1, 200, "GET /x "))
        try await client.stop()
        try await server.stop()
    }
}
