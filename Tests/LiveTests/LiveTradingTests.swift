import Foundation
import Market
import Strategies
import TestSupport
import Testing

@testable import Runtime

/// Two venues are served, a hedge is traded on them for real, seen, steered, killed and gone on with.
@Suite(.serialized) struct LiveTradingTests {
    private let programs: LivePrograms
    private let venues: [ServedVenue]
    private let secrets: [String]

    init() throws {
        let programs = try LivePrograms()
        try programs.makeTape()
        let venues = try ["BTC_USDC_PERP", "BTC"].map { try ServedVenue(programs, "--symbols", $0) }
        (self.programs, self.venues) = (programs, venues)
        // Each venue has the same test accounts: the run takes the first of one and the second of the other.
        secrets = venues.enumerated().map { index, venue in
            String(venue.program.out.matches(of: /secret +([^\n]+)/)[index].1)
        }
        try FileManager.default.createDirectory(at: programs.folder.appending(path: "keys"), withIntermediateDirectories: true)
        for (name, secret) in zip(["one", "two"], secrets) {
            try programs.write("keys/\(name)", secret + "\n")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: programs.path("keys/\(name)"))
        }
        try programs.write(
            "hedge.yaml",
            """
            version: 1
            name: hedge
            seed: 7
            tapes: ["made.tape"]
            venues:
              one: { feed: backpack, profile: backpack }
              two: { feed: lighter, profile: backpack }
            accounts:
              M: { venue: one, collateral: ["100000 USDC"], key: one }
              T: { venue: two, collateral: ["100000 USDC"], key: two }
            strategy:
              name: xemm
              symbol: BTC
              accounts: { maker: M, taker: T }
              parameters: { size: "0.05 BTC", min_net: "-6.8 bp", maker_fee: "2 bp", taker_fee: "5 bp", buffer: "0 bp", warm_up: "1 s" }
            risk: { max_order_notional: "100000 USDC", max_position: "1.5 BTC" }
            reporting: USD
            rates: { "USDC/USD": "1" }
            """)
    }

    private var places: [String] {
        zip(["one", "two"], venues).flatMap { name, venue in
            ["--rest", "\(name)=http://127.0.0.1:\(venue.port)", "--stream", "\(name)=ws://127.0.0.1:\(venue.port)"]
        } + ["--keys", "keys", "--state", "state"]
    }

    private func start(_ more: String...) throws -> RunningProgram {
        try programs.start(["live", "hedge.yaml", "--yes"] + places + more)
    }

    private func status() throws -> RunStatus? {
        let outcome = try programs.live("status", "--json", "--state", "state")
        return outcome.code == 0 ? try? RunStatus(json: outcome.out) : nil
    }

    private var journal: String {
        get throws {
            let folder = programs.path("state/journals")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sqlite") }
            return "\(folder)/\(try #require(names.first))"
        }
    }

    /// What the accounts hold by their venues, in nano-BTC.
    private func held() throws -> [Int64] {
        let outcome = try programs.start(["live", "hedge.yaml", "--check"] + places).ended()
        #expect(outcome.code == 0, "\(outcome.error)")
        return ["M", "T"].map { account in
            let pattern = try? Regex("positions +\(account) +[A-Z_]+: (-?[0-9.]+)", as: (Substring, Substring).self)
            guard let pattern, let match = outcome.error.firstMatch(of: pattern) else { return 0 }
            return (try? Decimal.parse(match.output.1, decimals: 9)) ?? .max
        }
    }

    @Test func `a run is looked at, seen, steered and ended, and nothing secret is in what it leaves`() throws {
        let run = try start()
        try run.wait(for: "fills") { _ in (try status()?.counts.fills ?? 0) > 2 }
        let second = try start().ended()
        #expect(second.code == 2 && second.error.contains("hedge"), "\(second.error)")
        let set = try programs.live("set", "min_net=5 bp", "--state", "state")
        #expect(set.code == 0 && set.out.contains("min_net"), "\(set)")
        #expect(try programs.live("flatten", "--yes", "--state", "state").code == 0)
        try run.wait(for: "flat") { $0.error.contains("kill: flat in BTC") }
        #expect(try programs.live("stop", "--state", "state").code == 0)
        let ended = try run.ended()
        #expect(ended.code == 0 && ended.error.contains("the run is over"), "\(ended.error)")
        let replay = try programs.mmsim("replay", journal)
        #expect(replay.code == 0 && replay.out.hasPrefix("equal: "), "\(replay)")
        let diff = try programs.mmsim("diff", journal, "--tape", "market.tape")
        #expect(diff.code == 0 && diff.out.contains("unexplained: 0 orders"), "\(diff)")
        #expect(try programs.mmsim("tape", "check", "market.tape").code == 0)
        let again = try programs.mmsim("diff", journal, "--tape", "market.tape")
        #expect(again.code != 0 && again.error.contains("market.tape"), "\(again.error)")
        let left = try FileManager.default.subpathsOfDirectory(atPath: programs.path("state")).compactMap {
            FileManager.default.contents(atPath: programs.path("state/\($0)"))
        }
        let outputs = [ended.out, ended.error, second.error, set.out, replay.out, diff.out].map { Data($0.utf8) }
        for secret in secrets {
            #expect(!(left + outputs).contains { $0.range(of: Data(secret.utf8)) != nil })
        }
        #expect(left.count > 4)
    }

    @Test func `killed at any moment, it goes on to what the venues have, and hedges it`() throws {
        let kills = TestScale.seeds(4).count
        var random = SeededGenerator(seed: 99)
        for number in 0..<kills {
            let run = try start()
            try run.wait(for: "its start") { $0.error.contains(number == 0 ? "trading 'hedge'" : "going on 'hedge'") }
            usleep(UInt32(random.uniform(in: 10_000...3_000_000)))
            run.kill()
        }
        let run = try start()
        try run.wait(for: "what was missed") { $0.error.contains("restarted: the venues have told what was missed") }
        try run.wait(for: "fills") { _ in
            guard let status = try status() else { return false }
            return status.state == .running && status.counts.fills > 0
        }
        let ended = try run.interrupt()
        #expect(ended.code == 0, "\(ended.error)")
        let held = try held()
        // Less than the smallest order may be left.
        #expect(abs(held[0] &+ held[1]) < 100_000, "\(held)")
        let path = try journal
        let outcome = try LiveJournalReplay(path, registry: .builtIn).run()
        #expect(outcome.difference == nil && outcome.isCoreEqual && outcome.restarts == kills)
        let file = try LiveJournalFile(opening: path)
        var ids: [Substring] = []
        while let entries = try file.nextEntries() {
            for entry in entries where entry.record.kind == .request {
                let text = String(decoding: entry.bytes, as: UTF8.self)
                guard text.hasPrefix("POST") else { continue }
                ids += text.matches(of: /"clientId":(\d+)/).map { $0.1 }
            }
        }
        #expect(!ids.isEmpty && Set(ids).count == ids.count)
    }
}
