import NIOCore
import NIOPosix
import Testing
import Venues

@testable import Network

@Suite(.timeLimit(.minutes(10))) struct ProxyTests {
    @Test(
        arguments: [
            (["https_proxy": "http://p:1"], "https://a.com", "p:1"), (["HTTPS_PROXY": "http://p:1"], "wss://a.com", "p:1"),
            (["https_proxy": "http://small:1", "HTTPS_PROXY": "http://large:1"], "https://a.com", "small:1"),
            (["https_proxy": "", "HTTPS_PROXY": "http://large:1"], "https://a.com", "large:1"),
            (["https_proxy": "http://p:1"], "http://a.com", nil), (["http_proxy": "p"], "ws://a.com", "p:1080"),
            (["HTTP_PROXY": "http://p:1/"], "http://a.com", "p:1"), (["ALL_PROXY": "http://p:1"], "https://a.com", "p:1"),
            (["all_proxy": "http://all:1", "https_proxy": "http://own:1"], "https://a.com", "own:1"), ([:], "https://a.com", nil),
            (["https_proxy": "http://[::1]:3128"], "https://a.com", "[::1]:3128"),
        ] as [([String: String], String, String?)])
    func `the environment names the proxy`(environment: [String: String], url: String, proxy: String?) throws {
        #expect(try ProxySettings(environment: environment).proxy(to: Endpoint(url))?.description == proxy)
    }

    @Test(arguments: [
        ("*", "a.com", true), ("a.com", "a.com", true), ("A.com", "a.com", true), ("a.com", "b.a.com", true), (".a.com", "a.com", true),
        ("a.com", "ba.com", false), ("b.a.com", "a.com", false), ("x.org, a.com", "a.com", true), ("x.org a.com.", "a.com", true),
        ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/9", "10.200.2.3", false), ("127.0.0.1", "127.0.0.1", true),
        ("[::1]", "[::1]", true), ("fe80::/10", "[fe81::1]", true), ("fe80::/10", "[fc80::1]", false), ("0.1", "127.0.0.1", false),
        ("", "a.com", false), ("*", "127.0.0.1", true),
    ])
    func `what no_proxy lists is reached directly`(list: String, host: String, isDirect: Bool) throws {
        let settings = ProxySettings(environment: ["http_proxy": "http://p:1", "no_proxy": list])
        #expect(try (settings.proxy(to: Endpoint("http://\(host)")) == nil) == isDirect)
    }

    @Test func `user and password become a header, and are not shown`() throws {
        let proxy = try #require(
            try ProxySettings(environment: ["https_proxy": "http://me:s%40cret:x@p:1"]).proxy(to: Endpoint("https://a.com")))
        #expect(proxy.authorization == "Basic bWU6c0BjcmV0Ong=")
        #expect("\(proxy)" == "p:1")
        for (bytes, text) in [([], ""), ([0], "AA=="), ([255, 254], "//4="), ([1, 2, 3], "AQID")] as [([UInt8], String)] {
            #expect(Base64.text(bytes) == text)
        }
    }

    @Test func `a proxy that can't be used is an error at the start`() throws {
        func proxy(_ url: String, _ target: String = "https://a.com") throws {
            _ = try ProxySettings(environment: ["https_proxy": url]).proxy(to: Endpoint(target))
        }
        #expect(throws: NetworkError.unsupportedProxy(scheme: "socks5")) { try proxy("socks5://p:1") }
        #expect(throws: NetworkError.malformedProxy(variable: "https_proxy")) { try proxy("http://me:secret@:1") }
        #expect(throws: NetworkError.malformedProxy(variable: "https_proxy")) { try proxy("http://me:%zz@p:1") }
        #expect(throws: NetworkError.addressBehindProxy(host: "10.0.0.1")) { try proxy("http://p:1", "https://10.0.0.1") }
    }

    /// Nobody knows the venue's name but the proxy, which leads to the listener.
    private func client(by proxy: Int, login: String = "", _ change: @escaping (inout VenueClient.Configuration) -> Void = { _ in })
        async throws
        -> ClientFixture
    {
        try await ClientFixture.to(80, host: "venue.invalid") {
            $0.proxies = ProxySettings(environment: ["http_proxy": "http://\(login)127.0.0.1:\(proxy)"])
            change(&$0)
        }
    }

    @Test(arguments: [("", nil), ("me:secret@", "Basic bWU6c2VjcmV0")] as [(String, String?)])
    func `requests and WebSockets go through a tunnel`(login: String, authorization: String?) async throws {
        let server = try await ListenerFixture()
        let proxy = try await RawServer()
        let client = try await client(by: proxy.port, login: login)
        try await client.start()
        let first = try await proxy.peer()
        let asked = await first.text(to: "\r\n\r\n")
        #expect(
            asked == "CONNECT venue.invalid:80 HTTP/1.1\r\nHost: venue.invalid:80\r\n"
                + (authorization.map { "Proxy-Authorization: \($0)\r\n" } ?? "") + "\r\n")
        let relays = [try await first.relay(to: server.port)]
        try await client.get(1)
        #expect(await client.outcome(1) == .answered(1, 200, "GET /x "))
        let request = await server.request().request
        #expect(request.headers.first == .init("Host", "venue.invalid"))
        #expect(!request.headers.contains { $0.name == "Proxy-Authorization" })

        try await client.open(3)
        let second = try await proxy.peer()
        #expect(await second.text(to: "\r\n\r\n") == asked)
        let others = [try await second.relay(to: server.port)]
        #expect(await client.told.first { $0 == .opened(3) } == .opened(3))
        try await client.send(3, "hello")
        #expect(await server.told.first { $0 == .received(1, "hello") } == .received(1, "hello"))
        try await client.stop()
        for task in relays + others { await task.value }
        try await server.stop()
        try await proxy.stop()
    }

    @Test(arguments: [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            "with status 407: it wants a user and a password, or others"
        ),
        ("HTTP/1.1 403 secret\r\nContent-Length: 0\r\n\r\n", "refused the tunnel to venue.invalid:80 with status 403"),
        ("secret\r\n\r\n", "can't be understood"), ("", "was closed before the answer of the proxy"),
    ])
    func `a proxy that refuses is said so, without its password`(answer: String, reason: String) async throws {
        let proxy = try await RawServer()
        let client = try await client(by: proxy.port, login: "me:secret@")
        try await client.start()
        try await client.get(1)
        let peer = try await proxy.peer()
        _ = await peer.text(to: "\r\n\r\n")
        peer.send(answer)
        peer.close()
        guard case .notSent(1, let told) = await client.outcome(1) else { return #expect(Bool(false), "it was sent") }
        #expect(told.contains(reason) && !told.contains("secret") && !told.contains("me:"))
        try await client.stop()
        try await proxy.stop()
    }

    @Test func `a proxy that isn't there is said to be the one`() async throws {
        let port = try await RawServer.unusedPort()
        let client = try await client(by: port, login: "me:secret@")
        try await client.open(1)
        #expect(await client.closing(of: 1) == "the proxy 127.0.0.1:\(port) refused the connection")
        try await client.stop()
    }

    @Test func `a proxy that says nothing is given up`() async throws {
        let proxy = try await RawServer()
        let client = try await client(by: proxy.port) { $0.limits.tunnel = .milliseconds(100) }
        try await client.open(1)
        #expect(await client.closing(of: 1) == "no answer of the proxy at 127.0.0.1:\(proxy.port) within 100 ms")
        try await client.stop()
        try await proxy.stop()
    }

    @Test func `a place that no_proxy lists is reached without it`() async throws {
        let server = try await ListenerFixture()
        let client = try await ClientFixture.to(server.port) {
            $0.proxies = ProxySettings(environment: ["http_proxy": "http://proxy.invalid:1", "no_proxy": "127.0.0.0/8"])
        }
        try await client.startUp()
        try await client.get(1)
        #expect(await client.outcome(1) == .answered(1, 200, "GET /x "))
        try await client.stop()
        try await server.stop()
    }
}
