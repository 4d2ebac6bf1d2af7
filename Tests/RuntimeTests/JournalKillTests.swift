import Foundation
import Market
import Scenario
import Simulation
import Strategies
import Tape
import Testing

@testable import Runtime

/// Journals of runs that died: what the disk holds at a moment is all that is left.
@Suite struct JournalKillTests {
    /// A run that sends much, and its journal's files as they were at 200 moments of it.
    private struct Deaths {
        let bench: Workbench
        let tapes: [String]
        var whole: String { bench.folder + "/whole.sqlite" }
        private(set) var copies: [String] = []

        init() throws {
            bench = try Workbench()
            var market = GeneratedMarket.standard(venues: 2, duration: .seconds(900))
            (market.stray, market.regimes) = (0, [12])
            tapes = try bench.synth(market, seed: 5)
            let scenario = try bench.scenario(
                tapes, strategy: "market_maker",
                parameters: "size: \"0.05 BTC\", fair: other_mid, half_spread: \"0.6 bp\", min_requote: \"1 ms\", requote: \"0 bp\"",
                latency: "\"5 ms\"")
            let (path, folder) = (bench.folder + "/whole.sqlite", bench.folder)
            var random = SeededGenerator(seed: 5)
            var moments: Set<Int64> = []
            while moments.count < 200 { moments.insert(random.uniform(in: 1...899)) }
            var (second, taken) = (Int64(0), [String]())
            _ = try Backtest(scenario, registry: .builtIn).run(journalPath: path) { _ in
                second += 1
                guard moments.contains(second) else { return true }
                let copy = "\(folder)/death-\(second).sqlite"
                for suffix in ["", "-wal"] { try? FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix) }
                taken.append(copy)
                return true
            }
            copies = taken
        }
    }

    /// How many records each commit left, with the running hash after it.
    private static func commits(_ path: String) throws -> [Int64: String] {
        let reader = try JournalReader(opening: path)
        var (commits, records): ([Int64: String], Int64) = ([0: ""], 0)
        while let block = try reader.nextBlock() {
            records += Int64(block.records)
            commits[records] = block.hashAfter
        }
        return commits
    }

    private static func read(_ path: String) throws -> JournalFile.Ending {
        let file = try JournalFile(opening: path)
        while try file.next() != nil {}
        return file.ending
    }

    @Test func `a run killed at 200 moments leaves its journal up to the last commit, and says where that is`() throws {
        let deaths = try Deaths()
        defer { withExtendedLifetime(deaths) {} }
        let commits = try Self.commits(deaths.whole)
        #expect(deaths.copies.count == 200 && commits.count > 8, "\(commits.count) commits")
        var (random, before, different) = (SeededGenerator(seed: 6), Int64(0), Set<Int64>())
        for (number, copy) in deaths.copies.enumerated() {
            let ending = try Self.read(copy)
            #expect(!ending.isComplete && ending.losses.isEmpty && ending.records >= before, "\(copy)")
            #expect(ending.records == 0 || commits[ending.records] == JournalStore.hexadecimal(ending.hash), "\(copy)")
            #expect((ending.last != nil) == (ending.records > 0))
            before = ending.records
            different.insert(ending.records)
            if number % 66 == 65 {
                let replay = try Replay(JournalFile(opening: copy), tapes: deaths.tapes, registry: .builtIn).run()
                #expect(replay.difference == nil && replay.records == ending.records && !replay.ending.isComplete)
            }
            // Died while the last commit was being written: it is not there, or not whole.
            let log = try Data(contentsOf: URL(filePath: copy + "-wal"))
            try log.dropLast(Int(random.uniform(in: 1...6_000))).write(to: URL(filePath: copy + "-wal"))
            let cut = try Self.read(copy)
            #expect(cut.records <= ending.records && (cut.records == 0 || commits[cut.records] == JournalStore.hexadecimal(cut.hash)))
        }
        #expect(different.count > 6, "the moments were of no interest")
    }
}
