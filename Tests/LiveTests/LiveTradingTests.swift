import Foundation
import Market
import Strategies
import TestSupport
import Testing

@testable import Runtime

/// Two venues are served, a hedge is traded on them for real, seen, steered, killed and gone on with.
@Suite(.serialized) struct LiveTradingTests {
    private static let kills = TestScale.seeds(4).count
    private let hedge: ServedHedge

    init() throws { hedge = try ServedHedge(minutes: 10 + Self.kills / 4) }

    @Test func `a run is looked at, seen, steered and ended`() throws {
        let run = try hedge.start()
        try hedge.waitForFills(run)
        let second = try hedge.start().ended()
        #expect(second.code == 2 && second.error.contains("hedge"), "\(second.error)")
        let set = try hedge.programs.live("set", "min_net=5 bp", "--state", "state")
        #expect(set.code == 0 && set.out.contains("min_net"), "\(set)")
        #expect(try hedge.programs.live("flatten", "--yes", "--state", "state").code == 0)
        try run.wait(for: "flat") { $0.error.contains("kill: flat in BTC") }
        #expect(try hedge.programs.live("stop", "--state", "state").code == 0)
        let ended = try run.ended()
        #expect(ended.code == 0 && ended.error.contains("the run is over"), "\(ended.error)")
        let replay = try hedge.programs.mmsim("replay", hedge.journal)
        #expect(replay.code == 0 && replay.out.hasPrefix("equal: "), "\(replay)")
        let diff = try hedge.programs.mmsim("diff", hedge.journal, "--tape", "market.tape")
        #expect(diff.code == 0 && diff.out.contains("unexplained: 0 orders"), "\(diff)")
        #expect(try hedge.programs.mmsim("tape", "check", "market.tape").code == 0)
        let again = try hedge.programs.mmsim("diff", hedge.journal, "--tape", "market.tape")
        #expect(again.code != 0 && again.error.contains("market.tape"), "\(again.error)")
    }

    @Test func `killed at any moment, it goes on to what the venues have, and hedges it`() throws {
        let kills = Self.kills
        var random = SeededGenerator(seed: 99)
        for number in 0..<kills {
            let run = try hedge.start()
            try run.wait(for: "its start") { $0.error.contains(number == 0 ? "trading 'hedge'" : "going on 'hedge'") }
            usleep(UInt32(random.uniform(in: 10_000...3_000_000)))
            run.kill()
        }
        let run = try hedge.start()
        try run.wait(for: "what was missed") { $0.error.contains("restarted: the venues have told what was missed") }
        try run.wait(for: "fills") { _ in
            guard let status = try hedge.status() else { return false }
            return status.state == .running && status.counts.fills > 0
        }
        let ended = try run.interrupt()
        #expect(ended.code == 0, "\(ended.error)")
        let held = try hedge.held()
        // Less than the smallest order may be left.
        #expect(abs(held[0] &+ held[1]) < 100_000, "\(held)")
        let path = try hedge.journal
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
