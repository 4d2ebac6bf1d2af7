import NIOCore
import Network
import Testing
import Venues

@Suite(.timeLimit(.minutes(10))) struct ListenerTests {
    private func server(
        _ change: (inout ListenerLimits) -> Void = { _ in }, script: @escaping ListenerFixture.Script = ListenerFixture.echo
    ) async throws -> ListenerFixture {
        var configuration = ListenerFixture.patient
        change(&configuration.limits)
        return try await ListenerFixture(configuration, script: script)
    }

    private static func answer(_ text: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
    }

    @Test(arguments: ["0.0.0.0", "::", "192.168.1.1", "localhost", "venue.test", "::ffff:127.0.0.1", ""])
    func `nothing but an address of this machine alone is listened on`(host: String) async throws {
        var configuration = LoopbackListener.Configuration()
        configuration.host = host
        await #expect(throws: NetworkError.notLoopback(host: host)) { try await ListenerFixture(configuration) }
    }

    @Test func `a port that is taken is said so`() async throws {
        let server = try await server()
        var configuration = LoopbackListener.Configuration()
        configuration.port = server.port
        await #expect(throws: NetworkError.cannotListen(host: "127.0.0.1", port: server.port, reason: "Address already in use")) {
            try await ListenerFixture(configuration)
        }
        try await server.stop()
    }

    @Test func `a request of any method may have a body, by length or in chunks, in as many pieces as it likes`() async throws {
        let server = try await server()
        let peer = try await RawPeer.connect(to: server.port)
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            peer.send("\(method) /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
            #expect(await peer.text(to: "body") == Self.answer("\(method) /a body"))
        }
        for byte in "DELETE /b?c=d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n".utf8 {
            peer.send([byte])
        }
        #expect(await peer.text(to: "abcde") == Self.answer("DELETE /b?c=d abcde"))
        peer.close()
        try await server.stop()
    }

    @Test func `requests that come at once are answered in their order`() async throws {
        let server = try await server({ $0.pipelined = 3 }, script: ListenerFixture.silent)
        let peer = try await RawPeer.connect(to: server.port)
        peer.send((0..<40).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
        for number in 0..<40 {
            let asked = await server.request()
            #expect(asked.request.target == "/\(number)")
            try await server.answer(asked.id, 200, "\(number)")
            #expect(await peer.text(to: "\r\n\r\n\(number)") == "HTTP/1.1 200 OK\r\nContent-Length: \("\(number)".count)\r\n\r\n\(number)")
        }
        peer.close()
        try await server.stop()
    }

    @Test(arguments: [
        ("GET /\(String(repeating: "a", count: 5_000)) HTTP/1.1\r\n\r\n", "431 Request Header Fields Too Large"),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 5_000))", "431 Request Header Fields Too Large"),
        ("GET / HTTP/1.1\r\n" + (0..<300).map { "X\($0): 1\r\n" }.joined() + "\r\n", "431 Request Header Fields Too Large"),
        ("POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", "413 Payload Too Large"),
        ("POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n\(String(repeating: "a", count: 101))", "413 Payload Too Large"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n\(String(repeating: "a", count: 101))\r\n", "413 Payload Too Large"),
        ("HEAD / HTTP/1.1\r\n\r\n", "501 Not Implemented"), ("secret\r\n\r\n", "400 Bad Request"),
        ("GET /elsewhere HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "404 Not Found"),
        ("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "400 Bad Request"),
    ])
    func `what is too large or not understood is refused, and the connection closed`(request: String, status: String) async throws {
        let server = try await server {
            $0.requestHead = 4_096
            $0.requestBody = 100
        }
        let peer = try await RawPeer.connect(to: server.port)
        peer.send(request)
        let answer = await peer.text()
        #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n") && answer.contains("\r\nConnection: close\r\n"))
        try await server.stop()
    }

    @Test func `a client that still sends gets the refusal whole`() async throws {
        let server = try await server { $0.requestBody = 100 }
        let peer = try await RawPeer.connect(to: server.port)
        peer.send("POST / HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n\(String(repeating: "a", count: 2_000_000))")
        peer.send(String(repeating: "a", count: 2_000_000))
        #expect(await peer.text().hasSuffix("\r\nConnection: close\r\n\r\nPayload Too Large\n"))
        try await server.stop()
    }

    @Test func `a request that comes too slowly is not waited for`() async throws {
        let server = try await server { $0.request = .milliseconds(200) }
        let peer = try await RawPeer.connect(to: server.port)
        peer.send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")
        #expect(await peer.text().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        // Bytes that drip in don't buy time.
        let slow = try await RawPeer.connect(to: server.port)
        let drip = Task {
            for byte in String(repeating: "GET / HTTP/1.1\r\nX: ", count: 1).utf8 + [UInt8](repeating: 97, count: 1_000) {
                slow.send([byte])
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        #expect(await slow.text().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        drip.cancel()
        try await server.stop()
    }

    @Test func `a connection without a request is closed in time`() async throws {
        let server = try await server { $0.idle = .milliseconds(100) }
        let peer = try await RawPeer.connect(to: server.port)
        #expect(await peer.text() == "")
        try await server.stop()
    }

    @Test func `an older client's connection is closed behind the answer`() async throws {
        let server = try await server()
        for request in ["GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.1\r\nConnection: close\r\n\r\n"] {
            let peer = try await RawPeer.connect(to: server.port)
            peer.send(request)
            #expect(await peer.text().hasSuffix("Content-Length: 7\r\nConnection: close\r\n\r\nGET /a "))
        }
        try await server.stop()
    }

    @Test func `a client that waits for leave to send its body gets it`() async throws {
        let server = try await server()
        let peer = try await RawPeer.connect(to: server.port)
        peer.send("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(await peer.text(to: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        peer.send("ok")
        #expect(await peer.text(to: "ok") == Self.answer("POST /a ok"))
        peer.close()
        try await server.stop()
    }

    @Test func `more connections than are allowed are reset`() async throws {
        let server = try await server { $0.connections = 1 }
        let first = try await RawPeer.connect(to: server.port)
        first.send("GET /a HTTP/1.1\r\n\r\n")
        #expect(await first.text(to: "/a ") == Self.answer("GET /a "))
        // The reset may be there before the connection is.
        let second = try? await RawPeer.connect(to: server.port)
        #expect(await second?.text() ?? "" == "")
        first.close()
        try await server.stop()
    }

    // MARK: Misbehaviour

    @Test(arguments: [
        (AnswerDelivery.cut(after: 20), "HTTP/1.1 200 OK\r\nCon"), (.cut(after: 0), ""), (.close, ""), (.reset, ""),
        (.wholeThenClose, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        (.wholeThenReset, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ])
    func `an answer can be cut, and its connection closed or reset`(delivery: AnswerDelivery, text: String) async throws {
        let server = try await ListenerFixture { _, id, listener in
            listener.answer(id, status: 200, body: Array("ok".utf8), delivery: delivery, after: .milliseconds(1))
        }
        let peer = try await RawPeer.connect(to: server.port)
        peer.send("GET / HTTP/1.1\r\n\r\n")
        #expect(await peer.text() == text)
        try await server.stop()
    }

    @Test func `a listener that is deaf hears what came once it listens again`() async throws {
        let server = try await server()
        let peer = try await RawPeer.connect(to: server.port)
        peer.send("GET /1 HTTP/1.1\r\n\r\n")
        #expect(await peer.text(to: "/1 ") == Self.answer("GET /1 "))
        _ = await server.told.next()
        try await server.run { $0.isDeaf = true }
        peer.send("GET /2 HTTP/1.1\r\n\r\n")
        let late = try await RawPeer.connect(to: server.port)
        late.send("GET /3 HTTP/1.1\r\n\r\n")
        // What the listener's loop does meanwhile is not to hear.
        for _ in 0..<100 { try await server.run { #expect($0.isDeaf) } }
        try await server.run { $0.isDeaf = false }
        #expect(await peer.text(to: "/2 ") == Self.answer("GET /2 "))
        #expect(await late.text(to: "/3 ") == Self.answer("GET /3 "))
        peer.close()
        late.close()
        try await server.stop()
    }

    @Test func `a WebSocket that is stalled loses messages while pings go on`() async throws {
        let server = try await server()
        let client = try await ClientFixture.to(server.port)
        try await client.open(0)
        #expect(await client.told.next() == .opened(0))
        try await server.run {
            $0.send(SocketID(1), text: "1")
            $0.stall(SocketID(1))
            $0.send(SocketID(1), text: "2")
            $0.ping(SocketID(1))
            $0.resume(SocketID(1))
            $0.send(SocketID(1), text: "3")
        }
        #expect(await client.told.next() == .received(0, "1"))
        #expect(await client.told.next() == .heard(0))
        #expect(await client.told.next() == .received(0, "3"))
        try await client.stop()
        try await server.stop()
    }

    @Test func `a client that doesn't read its WebSocket is dropped`() async throws {
        let server = try await server { $0.writeBuffer = 1 << 16 }
        let peer = try await RawPeer.connect(to: server.port)
        peer.send(
            "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                + "Sec-WebSocket-Version: 13\r\n\r\n")
        #expect(await peer.text(to: "\r\n\r\n").hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(await server.told.next() == .opened(1))
        try await peer.pauseReading()
        let text = String(repeating: "x", count: 1 << 16)
        for _ in 0..<1_000 { try await server.run { $0.send(SocketID(1), text: text) } }
        #expect(await server.closing(of: 1) == "the peer doesn't read what is sent to it")
        peer.close()
        try await server.stop()
    }

    @Test func `a client that doesn't take its answer is dropped in time`() async throws {
        let limits: (inout ListenerLimits) -> Void = {
            $0.request = .milliseconds(200)
            $0.connections = 1
        }
        let server = try await server(limits) { request, id, listener in
            listener.answer(id, status: 200, body: [UInt8](repeating: 97, count: request.target == "/large" ? 32 << 20 : 1))
        }
        let peer = try await RawPeer.connect(to: server.port)
        try await peer.pauseReading()
        peer.send("GET /large HTTP/1.1\r\n\r\n")
        _ = await server.request()
        // There is room for another once it is given up.
        var answer = ""
        while answer.isEmpty {
            guard let other = try? await RawPeer.connect(to: server.port) else { continue }
            other.send("GET /small HTTP/1.1\r\n\r\n")
            answer = await other.text(to: "\r\n\r\na")
            other.close()
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        peer.close()
        try await server.stop()
    }
}
