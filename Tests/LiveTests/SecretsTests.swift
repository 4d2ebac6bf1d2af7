import Foundation
import Signing
import Testing
import Venues

@testable import Live
@testable import Runtime

/// What a live run tells the world, and what it leaves, has nothing in it by which somebody could sign.
@Suite struct SecretsTests {
    /// An ED25519 signature as the venue takes it.
    private static var signature: Regex<Substring> { /[A-Za-z0-9+\/]{86}==/ }
    private static let token = "watch-4711-token"

    @Test func `a run that tells of itself tells no secret, and none is in what it leaves`() throws {
        let (hedge, receiver) = (try ServedHedge(), try Receiver())
        try hedge.programs.write("keys/watch", Self.token + "\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: hedge.programs.path("keys/watch"))
        let host = "http://127.0.0.1:\(receiver.port)"
        try hedge.programs.write(
            "live.yaml",
            """
            heartbeat: { url: "\(host)/beat", every: 1 s, token: watch }
            notify: { webhook: { url: "\(host)/hook" }, on: [start, stop, alarm, kill] }
            metrics: { port: 0 }
            """)
        let run = try hedge.start("--config", "live.yaml")
        try hedge.waitForFills(run)
        let port = try #require(run.error.firstMatch(of: /metrics: http:\/\/127\.0\.0\.1:(\d+)\/metrics/).flatMap { Int($0.1) })
        let metrics = try Asked.ask(port, "/metrics", .get)
        #expect(metrics.status == 200 && metrics.body.contains("mmsim_fills_total{run=\"hedge\"}"), "\(metrics)")
        hedge.venues[0].program.suspend()
        func bodies(_ target: String) -> [String] {
            receiver.told.requests.filter { $0.target == target }.map { String(decoding: $0.body, as: UTF8.self) }
        }
        try run.wait(for: "a notice of the alarm") { _ in bodies("/hook").contains { $0.contains("no market data for ") } }
        hedge.venues[0].program.resume()
        try run.wait(for: "heartbeats") { _ in bodies("/beat").count > 3 }
        let processes = try Self.processes(run.id)
        let status = try hedge.programs.live("status", "--state", "state")
        let ended = try run.interrupt()
        #expect(ended.code == 0, "\(ended.error)")
        #expect(bodies("/hook").contains { $0.contains("hedge: started") } && bodies("/hook").contains { $0.contains("hedge: ended") })
        let replay = try hedge.programs.mmsim("replay", hedge.journal)
        let diff = try hedge.programs.mmsim("diff", hedge.journal, "--json")
        #expect((replay.code, diff.code) == (0, 0))

        var texts = [ended.out, ended.error, metrics.body, status.out, replay.out, replay.error, diff.out, diff.error]
        texts += processes + bodies("/hook") + bodies("/beat") + receiver.told.requests.map(\.target)
        texts += try Self.left(in: hedge.programs.path("state"))
        texts += try Self.border(try hedge.journal)
        #expect(texts.count > 100)
        for (number, text) in texts.enumerated() {
            for secret in hedge.secrets + [Self.token] { #expect(!text.contains(secret), "text \(number)") }
            #expect(text.firstMatch(of: Self.signature) == nil, "text \(number)")
        }
        try receiver.stop()
    }

    @Test func `a signature would be found`() throws {
        let key = try Ed25519SecretKey([UInt8](0..<32).span)
        #expect("X-Signature: \(key.sign("instruction=orderExecute"))\n".firstMatch(of: Self.signature) != nil)
    }

    /// What anybody on this machine sees of a process, and what its owner does.
    private static func processes(_ id: Int32) throws -> [String] {
        try ["cmdline", "environ"].map { String(decoding: try Data(contentsOf: URL(filePath: "/proc/\(id)/\($0)")), as: UTF8.self) }
    }

    /// Every file, byte by byte.
    private static func left(in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).compactMap { path in
            FileManager.default.contents(atPath: "\(folder)/\(path)").map { String(decoding: $0, as: Unicode.ASCII.self) }
        }
    }

    /// What crossed the border, which stands in the file packed.
    private static func border(_ journal: String) throws -> [String] {
        let file = try LiveJournalFile(opening: journal)
        var texts: [String] = []
        while let entries = try file.nextEntries() { texts += entries.map { String(decoding: $0.bytes, as: UTF8.self) } }
        return texts
    }
}
