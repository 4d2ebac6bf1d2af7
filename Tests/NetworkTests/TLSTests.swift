import NIOCore
import Network
import Testing
import Venues

@Suite(.timeLimit(.minutes(10)), .enabled(if: TestCertificates.isAvailable, "the openssl command is not there"))
struct TLSTests {
    private func server(_ identity: String = "good", script: @escaping ListenerFixture.Script = ListenerFixture.echo) async throws
        -> ListenerFixture
    {
        var configuration = ListenerFixture.patient
        configuration.identity = try TestCertificates.shared.get().identity(identity)
        return try await ListenerFixture(configuration, script: script)
    }

    private func client(
        _ port: Int, host: String = "localhost", _ change: @escaping (inout VenueClient.Configuration) -> Void = { _ in }
    ) async throws -> ClientFixture {
        let trust = try TestCertificates.shared.get().trust
        return try await ClientFixture.to(port, host: host, secure: true) {
            $0.trust = trust
            change(&$0)
        }
    }

    @Test(arguments: ["localhost", "127.0.0.1"]) func `requests and messages come through`(host: String) async throws {
        let server = try await server()
        let client = try await client(server.port, host: host)
        try await client.startUp()
        for id in 1...50 as ClosedRange<UInt64> { try await client.request(id, HTTPRequest(.post, "/\(id)", body: Array("b".utf8))) }
        for id in 1...50 as ClosedRange<UInt64> { #expect(await client.outcome(id) == .answered(id, 200, "POST /\(id) b")) }
        try await client.open(0)
        #expect(await client.told.first { $0 == .opened(0) } == .opened(0))
        let text = String(repeating: "0123456789", count: 30_000)
        try await client.send(0, text)
        #expect(await server.told.first { $0 == .received(1, text) } == .received(1, text))
        try await server.run { $0.send(SocketID(1), text: text) }
        #expect(await client.told.next() == .received(0, text))
        try await server.run { $0.close(SocketID(1), code: 1_012) }
        #expect(await client.closing(of: 0) == "the peer closed the WebSocket with code 1012")
        try await client.stop()
        try await server.stop()
    }

    @Test func `through a tunnel it is the venue's certificate that counts`() async throws {
        for (identity, isRight) in [("good", true), ("other", false)] {
            let server = try await server(identity)
            let proxy = try await RawServer()
            let client = try await client(server.port) {
                $0.proxies = ProxySettings(environment: ["https_proxy": "http://127.0.0.1:\(proxy.port)"])
            }
            try await client.start()
            let peer = try await proxy.peer()
            #expect(await peer.text(to: "\r\n\r\n").hasPrefix("CONNECT localhost:\(server.port) HTTP/1.1\r\n"))
            let relay = try await peer.relay(to: server.port)
            try await client.get(1)
            let outcome = await client.outcome(1)
            #expect(
                outcome
                    == (isRight
                        ? .answered(1, 200, "GET /x ") : .notSent(1, "the certificate is not one for localhost")))
            try await client.stop()
            await relay.value
            try await server.stop()
            try await proxy.stop()
        }
    }

    @Test func `a certificate of an unknown authority is refused`() async throws {
        let server = try await server()
        let client = try await client(server.port) { $0.trust = TLSTrust() }
        try await client.start()
        try await client.get(1)
        #expect(await client.outcome(1) == .notSent(1, "the certificate of localhost is from an unknown authority"))
        try await client.open(0)
        #expect(await client.closing(of: 0) == "the certificate of localhost is from an unknown authority")
        try await client.stop()
        try await server.stop()
    }

    @Test(arguments: [
        ("expired", "localhost", "the certificate of localhost has expired"),
        ("expired", "127.0.0.1", "the certificate of 127.0.0.1 has expired"),
        ("other", "localhost", "the certificate is not one for localhost"),
        ("other", "127.0.0.1", "the certificate is not one for 127.0.0.1"),
    ])
    func `a certificate that is out of its time or of another host is refused`(identity: String, host: String, reason: String) async throws
    {
        let server = try await server(identity)
        let client = try await client(server.port, host: host)
        try await client.open(0)
        #expect(await client.closing(of: 0) == reason)
        try await client.stop()
        try await server.stop()
    }

    @Test func `a server without TLS, or that says nothing, is told`() async throws {
        let plain = try await ListenerFixture()
        let first = try await client(plain.port)
        try await first.open(0)
        #expect(await first.closing(of: 0) == "no TLS with localhost: the answer is not TLS")
        try await first.stop()
        try await plain.stop()
        let silent = try await RawServer()
        let second = try await client(silent.port) { $0.limits.handshake = .milliseconds(100) }
        try await second.open(0)
        #expect(await second.closing(of: 0) == "no end of the TLS handshake at localhost:\(silent.port) within 100 ms")
        try await second.stop()
        let third = try await client(silent.port)
        try await third.open(0)
        _ = try await silent.peer()
        let peer = try await silent.peer()
        peer.close()
        #expect(await third.closing(of: 0) == "the connection to localhost:\(silent.port) was closed before the end of the TLS handshake")
        try await third.stop()
        try await silent.stop()
    }

    /// An answer without a length ends with its connection: without the end of TLS, it may have been cut.
    @Test(arguments: [AnswerDelivery.cut(after: 0), .cut(after: 30), .close, .reset])
    func `a request whose TLS dies is unknown`(delivery: AnswerDelivery) async throws {
        let server = try await server { _, id, listener in
            listener.answer(id, status: 200, body: Array(repeating: 97, count: 100), delivery: delivery)
        }
        let client = try await client(server.port)
        try await client.startUp()
        try await client.get(1)
        guard case .unknown(1, let reason) = await client.outcome(1) else { return #expect(Bool(false), "it is not unknown") }
        #expect(reason.contains("closed the connection") || reason.hasPrefix("the connection was lost: "))
        try await client.stop()
        try await server.stop()
    }

    @Test func `files that hold no certificates are an error at the start`() async throws {
        let certificates = try TestCertificates.shared.get()
        await #expect(throws: NetworkError.unreadableAuthority(path: "/nowhere.pem")) {
            _ = try await client(1) { $0.trust = TLSTrust(authorities: "/nowhere.pem") }
        }
        var configuration = LoopbackListener.Configuration()
        configuration.identity = TLSIdentity(certificate: "/nowhere.pem", key: certificates.identity("good").key)
        await #expect(throws: NetworkError.unreadableCertificate(path: "/nowhere.pem")) { try await ListenerFixture(configuration) }
        configuration.identity = TLSIdentity(certificate: certificates.identity("good").certificate, key: "/nowhere.key")
        await #expect(throws: NetworkError.unreadableKey(path: "/nowhere.key")) { try await ListenerFixture(configuration) }
    }
}
