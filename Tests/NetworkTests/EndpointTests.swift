import Network
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        ("https://api.backpack.exchange", "api.backpack.exchange", 443, "", "api.backpack.exchange"),
        ("HTTPS://API.Example.com:8443/v1/", "api.example.com", 8_443, "/v1", "api.example.com:8443"),
        ("http://127.0.0.1:80", "127.0.0.1", 80, "", "127.0.0.1"), ("wss://[::1]:9000/ws", "::1", 9_000, "/ws", "[::1]:9000"),
        ("ws://localhost", "localhost", 80, "", "localhost"),
    ])
    func `a URL says where to connect to`(url: String, host: String, port: Int, path: String, authority: String) throws {
        let endpoint = try Endpoint(url)
        #expect((endpoint.host, endpoint.port, endpoint.path, endpoint.authority) == (host, port, path, authority))
    }

    @Test(arguments: [
        "api.backpack.exchange", "https://", "https://host:0", "https://host:70000", "https://host:8a", "https://user:secret@host",
        "https://host/path?key=secret", "https://host/#secret", "https://[1.2.3.4]", "https://[::1", "https://ho st", "https://host/a b",
    ])
    func `anything else is refused, without being told`(url: String) {
        let error = #expect(throws: NetworkError.self) { try Endpoint(url) }
        #expect(error?.message.contains("secret") == false && error?.hint != nil)
    }

    @Test func `a scheme that can't be spoken is named`() {
        #expect(throws: NetworkError.wrongScheme(found: "ftp", expected: "http, https, ws or wss")) { try Endpoint("ftp://host") }
    }
}
