import Foundation
import Market
import Network
import Runtime
import Scenario
import Synchronization
import Testing
import Venues

@testable import Live

@Suite struct TelemetryTests {
    private static let secret = "123456:AAE-very-secret"

    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private static func status(kill: String? = nil) throws -> RunStatus {
        try RunStatus(
            json: """
                {"run":"night","scenario":"abc","process":1,"time":"2026-01-01T00:00:00Z","uptimeSeconds":61,"state":"running",
                "kill":\(kill.map { "\"\($0)\"" } ?? "null"),"strategies":[{"name":"hedge","phase":"","changed":{}}],
                "venues":[],"accounts":[],
                "counts":{"orders":5,"fills":4,"lateFills":1,"rejects":0,"denials":2,"unknowns":0,"liquidations":0,"alarms":0},
                "alarms":[],"notes":[],"journal":{"records":9,"lagMilliseconds":0}}
                """)
    }

    private static func telemetry(_ text: String, _ log: Log) throws -> Telemetry {
        let means = Telemetry.Means(credential: { _ in secret }, log: { log.add($0) })
        return try Telemetry(LiveSettings(text: text, file: "live.yaml"), means)
    }

    private static let now = Timestamp(nanoseconds: 1_000_000_000)

    private static func wait(_ isSo: () throws -> Bool) throws {
        let end = ContinuousClock.now + LivePrograms.patience
        while try !isSo() {
            try #require(ContinuousClock.now < end, "it never came")
            usleep(10_000)
        }
    }

    @Test func `heartbeat, chat and webhook get what is theirs, with their tokens where these belong`() throws {
        let (receiver, log) = (try Receiver(), Log())
        let host = "http://127.0.0.1:\(receiver.port)"
        let telemetry = try Self.telemetry(
            """
            heartbeat: { url: "\(host)/beat", token: watch }
            notify: { telegram: { chat: 42, token: bot, url: "\(host)" }, webhook: { url: "\(host)/hook/x?y=1" } }
            """, log)
        telemetry.observe(try Self.status(), at: Self.now)
        try Self.wait { receiver.told.requests.count == 3 }
        let requests = Dictionary(receiver.told.requests.map { ($0.target, $0) }) { one, _ in one }
        func body(_ request: HTTPRequest?) -> String { String(decoding: request?.body ?? [], as: UTF8.self) }
        func header(_ request: HTTPRequest?, _ name: String) -> String? {
            request?.headers.first { $0.name.lowercased() == name }?.value
        }
        let beat = requests["/beat"]
        #expect(header(beat, "authorization") == "Bearer \(Self.secret)" && header(beat, "content-type") == "application/json")
        #expect(body(beat).contains("\"run\":\"night\""))
        let chat = requests["/bot\(Self.secret)/sendMessage"]
        #expect(body(chat) == "{\"chat_id\":\"42\",\"text\":\"night: started, hedge\"}")
        #expect(header(chat, "authorization") == nil)
        let hook = requests["/hook/x?y=1"]
        #expect(body(hook) == "{\"occasion\":\"start\",\"text\":\"night: started, hedge\"}")
        telemetry.observe(try Self.status(kill: "K4 flatten"), at: Self.now)
        telemetry.stop(try Self.status(kill: "K4 flatten"), because: "asked to stop", patience: .seconds(60))
        let texts = receiver.told.requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(
            texts.contains { $0.contains("night: killed: K4 flatten") } && texts.contains { $0.contains("night: ended: asked to stop") })
        #expect(log.all.isEmpty, "\(log.all)")
        try receiver.stop()
    }

    @Test func `what fails is logged and counted, and no secret is`() throws {
        let (receiver, log) = (try Receiver { _ in 403 }, Log())
        let host = "http://127.0.0.1:\(receiver.port)"
        let telemetry = try Self.telemetry(
            "heartbeat: { url: \"\(host)/secret-path\" }\nnotify: { telegram: { chat: 42, token: bot, url: \"\(host)\" } }", log)
        telemetry.observe(try Self.status(), at: Self.now)
        try Self.wait { log.all.count == 2 }
        #expect(
            log.all.sorted() == [
                "heartbeat: a heartbeat could not be sent: it answers 403", "telegram: a notice could not be sent: it answers 403",
            ])
        #expect(telemetry.counts.map(\.failed) == [1, 1] && telemetry.counts.map(\.sent) == [0, 0])
        try receiver.stop()
        // Nobody is there any more: the end does not wait for ever.
        telemetry.stop(try Self.status(), because: "asked to stop", patience: .milliseconds(200))
        #expect(!log.all.joined().contains(Self.secret) && !log.all.joined().contains("secret-path"))
    }

    @Test func `a notice that a server could not take is sent again, a heartbeat is not`() throws {
        let (receiver, log) = (try Receiver { $0 == 1 ? 503 : 200 }, Log())
        let telemetry = try Self.telemetry("notify: { webhook: { url: \"http://127.0.0.1:\(receiver.port)\" } }", log)
        telemetry.observe(try Self.status(), at: Self.now)
        try Self.wait { telemetry.counts[0].sent == 1 }
        #expect(receiver.told.requests.count == 2 && receiver.told.requests.allSatisfy { $0.target == "/" } && log.all.isEmpty)
        telemetry.stop(try Self.status(), because: "", patience: .seconds(60))
        try receiver.stop()
        let (lame, second) = (try Receiver { _ in 503 }, Log())
        let beating = try Self.telemetry("heartbeat: { url: \"http://127.0.0.1:\(lame.port)\" }", second)
        beating.observe(try Self.status(), at: Self.now)
        try Self.wait { second.all.count == 1 }
        #expect(lame.told.requests.count == 1)
        beating.stop(try Self.status(), because: "", patience: .milliseconds(1))
        try lame.stop()
    }

    @Test func `metrics are read on this machine, and nothing else is there`() throws {
        let telemetry = try Self.telemetry("metrics: { port: 0 }", Log())
        let port = try #require(try telemetry.start())
        func get(_ path: String, _ method: HTTPRequest.Method = .get) throws -> (status: Int, body: String) {
            try Asked.ask(port, path, method)
        }
        #expect(try get("/metrics").status == 503)
        telemetry.observe(try Self.status(), at: Self.now)
        try Self.wait { try get("/metrics").status == 200 }
        #expect(try get("/metrics").body.contains("\nmmsim_orders_total{run=\"night\"} 5\n"))
        #expect(try get("/").status == 404 && get("/metrics", .post).status == 405)
        telemetry.stop(try Self.status(), because: "")
    }

    @Test(arguments: [
        "heartbeat: { url: \"https://user:pass@a\" }", "notify: { webhook: { url: \"http://a:99999/x\" } }",
    ])
    func `a URL that can't be used is refused at the start`(text: String) {
        #expect(throws: NetworkError.self) { try Self.telemetry(text, Log()) }
    }

    @Test func `a credential that is not there is refused at the start`() throws {
        struct Missing: Error {}
        let settings = try LiveSettings(text: "notify: { telegram: { chat: 1, token: bot } }", file: "live.yaml")
        #expect(throws: Missing.self) { try Telemetry(settings, .init(credential: { _ in throw Missing() }, log: { _ in })) }
    }
}
