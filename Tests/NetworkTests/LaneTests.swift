import NIOCore
import Network
import Testing
import Venues

@Suite(.timeLimit(.minutes(10))) struct LaneTests {
    @Test(arguments: HTTPRequest.Method.allCases)
    func `a request arrives as it was asked for, and its answer comes back`(method: HTTPRequest.Method) async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port) { $0.headers = [.init("User-Agent", "test")] }
        try await client.startUp()
        let body = method == .get ? [] : Array("{\"side\":\"Bid\"}".utf8)
        try await client.request(1, HTTPRequest(method, "/api/v1/order?symbol=SOL", headers: [.init("X-Key", "abc")], body: body))
        #expect(
            await client.outcome(1)
                == .answered(1, 200, "\(method.rawValue) /api/v1/order?symbol=SOL " + (method == .get ? "" : "{\"side\":\"Bid\"}")))
        let request = await server.request().request
        let expected = [
            HTTPRequest.Header("Host", "127.0.0.1:\(server.port)"), .init("User-Agent", "test"), .init("X-Key", "abc"),
        ]
        #expect(request.headers == expected + (method == .get ? [] : [.init("Content-Length", "14")]))
        try await client.stop()
        try await server.stop()
    }

    @Test func `lanes are open before the first request, and each stays open`() async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port, lanes: 3)
        try await client.start()
        let peers = [try await server.peer(), try await server.peer(), try await server.peer()]
        var up: Set<Int> = []
        while up.count < 3 { if case .up(let lane) = await client.told.next() { up.insert(lane) } }
        try await client.get(1, "/one", lane: 1)
        #expect(await client.told.next() == .handedOver(1))
        for peer in peers { peer.close() }
        try await client.stop()
        try await server.stop()
    }

    @Test func `a lane has one request in flight, and sends in the order in which they came`() async throws {
        let server = try await ListenerFixture(script: ListenerFixture.silent)
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        for id in 1...20 as ClosedRange<UInt64> { try await client.get(id, "/\(id)") }
        for id in 1...20 as ClosedRange<UInt64> {
            let asked = await server.request()
            #expect(asked.request.target == "/\(id)")
            #expect(await client.told.next() == .handedOver(id))
            try await server.answer(asked.id, 200, "\(id)")
            #expect(await client.told.next() == .answered(id, 200, "\(id)"))
        }
        try await client.stop()
        try await server.stop()
    }

    @Test func `lanes don't wait for each other`() async throws {
        let server = try await ListenerFixture(script: ListenerFixture.silent)
        let client = try await ClientFixture.to(server.port, lanes: 2)
        try await client.start()
        try await client.get(1, "/first", lane: 0)
        try await client.get(2, "/second", lane: 1)
        let (one, two) = (await server.request(), await server.request())
        let second = one.request.target == "/second" ? one : two
        let first = one.request.target == "/second" ? two : one
        try await server.answer(second.id, 200, "b")
        #expect(await client.outcome(2) == .answered(2, 200, "b"))
        try await server.answer(first.id, 200, "a")
        #expect(await client.outcome(1) == .answered(1, 200, "a"))
        try await client.stop()
        try await server.stop()
    }

    @Test func `what goes beyond the bound of a lane's queue is not sent`() async throws {
        let server = try await ListenerFixture(script: ListenerFixture.silent)
        let client = try await ClientFixture.to(server.port) { $0.limits.waitingRequests = 2 }
        try await client.startUp()
        for id in 1...4 as ClosedRange<UInt64> { try await client.get(id) }
        #expect(await client.outcome(4) == .notSent(4, "2 requests wait on lane 0"))
        for id in 1...3 as ClosedRange<UInt64> {
            try await server.answer(await server.request().id, 204)
            #expect(await client.outcome(id) == .answered(id, 204, ""))
        }
        try await client.stop()
        try await server.stop()
    }

    @Test func `a lane that the server closed is opened again, and what waits goes by it`() async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        try await server.peer().close()
        #expect(await client.told.next() == .down(lane: 0, "the server closed the connection"))
        try await client.get(1)
        let peer = try await server.peer()
        #expect(await peer.text(to: "\r\n\r\n").hasPrefix("GET /x HTTP/1.1\r\n"))
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(await client.outcome(1) == .answered(1, 200, "ok"))
        try await client.stop()
        try await server.stop()
    }

    @Test func `an answer that ends its connection counts, and the next request has a new one`() async throws {
        let server = try await RawServer()
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        try await client.get(1)
        try await client.get(2)
        let first = try await server.peer()
        _ = await first.text(to: "\r\n\r\n")
        first.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1")
        #expect(await client.outcome(1) == .answered(1, 200, "1"))
        let second = try await server.peer()
        _ = await second.text(to: "\r\n\r\n")
        // Without a length, the end of the connection is the end of the answer.
        second.send("HTTP/1.1 200 OK\r\n\r\n2")
        second.close()
        #expect(await client.outcome(2) == .answered(2, 200, "2"))
        try await client.stop()
        try await server.stop()
    }

    @Test func `a redirect is an answer like another`() async throws {
        let server = try await ListenerFixture { _, id, listener in
            listener.answer(id, status: 307, headers: [.init("Location", "/elsewhere")], body: [])
        }
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        try await client.get(1)
        #expect(await client.outcome(1) == .answered(1, 307, ""))
        try await client.get(2, "/next")
        #expect(await client.outcome(2) == .answered(2, 307, ""))
        #expect(await server.request().request.target == "/x")
        #expect(await server.request().request.target == "/next")
        try await client.stop()
        try await server.stop()
    }

    @Test(arguments: [
        HTTPRequest(.get, "/x", headers: [.init("X-Key", "secret\r\nX-Other: 1")]),
        HTTPRequest(.get, "/x", headers: [.init("X-Key", "secret\n")]),
        HTTPRequest(.get, "/x", headers: [.init("X Key", "secret")]), HTTPRequest(.get, "/x", headers: [.init("Host", "secret")]),
        HTTPRequest(.get, "/x", headers: [.init("content-length", "3")]), HTTPRequest(.get, "/secret HTTP/1.1\r\n"),
        HTTPRequest(.get, "secret"),
    ])
    func `what would break out of its line is not sent, and not told`(request: HTTPRequest) async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        try await client.request(1, request)
        guard case .notSent(1, let reason) = await client.outcome(1) else { return #expect(Bool(false), "it was sent") }
        #expect(reason.contains("can't be sent") && !reason.contains("secret"))
        try await client.get(2)
        #expect(await client.outcome(2) == .answered(2, 200, "GET /x "))
        try await client.stop()
        try await server.stop()
    }

    @Test func `a client that is stopped leaves nothing without an outcome`() async throws {
        let server = try await ListenerFixture(script: ListenerFixture.silent)
        let client = try await ClientFixture.to(server.port)
        try await client.startUp()
        try await client.get(1)
        try await client.get(2)
        _ = await server.request()
        try await client.stop()
        #expect(await client.outcome(1) == .unknown(1, "the client was stopped"))
        #expect(await client.outcome(2) == .notSent(2, "the client was stopped"))
        try await server.stop()
    }
}
