import Foundation
import Market
import Scenario
import Simulation
import Strategies
import Tape
import TestSupport
import Testing
import Trading

@testable import Runtime

/// Pain 1: a backtest and its replay agree byte for byte.
@Suite struct ReplayTests {
    private static func replay(_ journal: String, _ tapes: [String]) throws -> Replay.Outcome {
        try Replay(JournalFile(opening: journal), tapes: tapes, registry: .builtIn).run()
    }

    /// A run whose latencies, faults and trust in books are drawn from the seed.
    private static func drawn(_ bench: Workbench, _ tapes: [String], seed: UInt64) throws -> Scenario {
        var random = SeededGenerator(seed: seed, stream: 77)
        func one(_ texts: [String]) -> String { texts[Int(random.uniform(in: 0...Int64(texts.count - 1)))] }
        let faults = Set(
            (0..<random.uniform(in: 0...3)).map { _ in
                one([
                    "{ kind: outage, venue: one, per_hour: 120, for: [1 s, 5 s] }",
                    "{ kind: dropped_reports, venue: two, probability: \"0.1\" }",
                    "{ kind: late_reports, venue: one, probability: \"0.3\", delay: 700 ms }",
                    "{ kind: public_disconnect, venue: one, per_hour: 120, for: [1 s, 4 s] }",
                    "{ kind: private_disconnect, venue: two, per_hour: 120, for: [1 s, 4 s] }",
                    "{ kind: reordered_reports, venue: two, probability: \"0.3\", within: 200 ms }",
                    "{ kind: stale_book, venue: two, per_hour: 120, for: [1 s, 4 s] }",
                    "{ kind: cancel_failure, venue: one, per_hour: 120, for: 10 s }",
                ])
            }
        ).sorted()
        let latency = one(["\"0 ms\"", "\"3 ms\"", "{model: lognormal, median: \"8 ms\", sigma: \"0.6\"}"])
        let strategy = one(["xemm", "xemm", "simple_hedge"])
        let parameters =
            strategy == "xemm"
            ? Workbench.xemm
            : "size: \"0.05 BTC\", hold: [\"10 s\", \"20 s\"], cool_down: [\"1 s\", \"2 s\"], entry_timeout: \"20 s\", interval: \"1 s\""
        var scenario = try bench.scenario(
            tapes, strategy: strategy, parameters: parameters, extra: "faults: [\(faults.joined(separator: ", "))]",
            latency: latency)
        scenario.seed = seed
        return scenario
    }

    @Test func `Pain 1: every backtest replays to the same commands and the same hash, whatever its faults and latencies`() throws {
        let bench = try Workbench()
        let journal = bench.folder + "/journal.sqlite"
        var (commands, withFeeds) = (Int64(0), 0)
        for seed in TestScale.seeds(10) {
            let tapes = try bench.synth(minutes: 2, seed: seed % 5)
            let outcome = try bench.run(Self.drawn(bench, tapes, seed: seed), journal: journal)
            let replay = try Self.replay(journal, [bench.folder])
            #expect(replay.difference == nil, "seed \(seed): \(String(describing: replay.difference))")
            #expect(replay.hash == outcome.journalHash && replay.records == outcome.journalRecords && replay.ending.isComplete)
            commands += replay.commands
            withFeeds += try Journals.entries(journal).contains { if case .feed = $0 { true } else { false } } ? 1 : 0
        }
        #expect(commands > 200 && withFeeds > 0, "the runs were of no interest")
    }

    @Test func `a run whose orders are coarser than its feed replays`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 2)
        let text = try bench.scenario(tapes, parameters: Workbench.xemm)
        var scenario = text
        let venue = try #require(scenario.venues.firstIndex { $0.name == "one" })
        let usdc = try #require(Currency("USDC"))
        scenario.venues[venue].instruments = ["BTC": .init(priceStep: Money(nanos: 5_000_000_000, usdc))]
        let journal = bench.folder + "/journal.sqlite"
        let outcome = try bench.run(scenario, journal: journal)
        #expect(try outcome.journalHash != bench.run(text).journalHash, "the step changed what was sent")
        let replay = try Self.replay(journal, tapes)
        #expect(replay.difference == nil && replay.hash == outcome.journalHash && replay.commands > 10)
    }

    @Test func `the scenarios on generated data replay`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appending(path: "Scenarios").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }.sorted()
        #expect(files.contains("demo.yaml"))
        let bench = try Workbench()
        let perpetuals = try bench.synth(minutes: 5)
        var withSpot = GeneratedMarket.standard(venues: 2, spot: true, duration: .minutes(5))
        withSpot.stray = 16
        for file in files {
            let tapes = file == "basis.yaml" ? try bench.synth(withSpot, seed: 6) : perpetuals
            let scenario = try ScenarioLoader(strategies: StrategyRegistry.builtIn.specifications).load(
                path: folder + "/" + file, overrides: ["tapes=[\(tapes.map { "\"\($0)\"" }.joined(separator: ", "))]"])
            let journal = bench.folder + "/journal.sqlite"
            let outcome = try bench.run(scenario, journal: journal)
            let replay = try Self.replay(journal, tapes)
            #expect(replay.difference == nil && replay.hash == outcome.journalHash && replay.commands > 10, "\(file)")
        }
    }

    /// A journal of a run of two minutes, and its tapes.
    private struct Recorded {
        let bench: Workbench
        let tapes: [String]
        let journal: String
        let entries: [JournalEntry]

        init() throws {
            bench = try Workbench()
            tapes = try bench.synth(minutes: 2)
            journal = bench.folder + "/journal.sqlite"
            _ = try bench.run(bench.scenario(tapes, parameters: Workbench.xemm), journal: journal)
            entries = try Journals.entries(journal)
        }
    }

    @Test func `Pain 1, without: a command that was changed is found at its place, with what led to it`() throws {
        let recorded = try Recorded()
        let place = try #require(recorded.entries.lastIndex { if case .command(.submit, _) = $0 { true } else { false } })
        let changed = recorded.bench.folder + "/changed.sqlite"
        try Journals.rewrite(
            recorded.journal, to: changed,
            entries: { entries in
                var entries = entries
                guard case .command(.submit(var request), let time) = entries[place] else { return entries }
                request.quantity = request.quantity + Quantity(lots: 1)
                entries[place] = .command(.submit(request), at: time)
                return entries
            })
        let difference = try #require(try Self.replay(changed, recorded.tapes).difference)
        #expect(difference.expected?.number == Int64(place + 1))
        guard case .command(let true_, let time) = recorded.entries[place] else { return }
        #expect(difference.found == true_ && difference.time == time)
        #expect(difference.before.map(\.entry) == Array(recorded.entries[max(0, place - 8)..<place]))
        #expect(difference.after.map(\.entry) == Array(recorded.entries[(place + 1)...].prefix(8)))
        #expect(difference.cause != nil)
    }

    @Test func `a command that is missing and one too many are found`() throws {
        let recorded = try Recorded()
        let first = recorded.entries.firstIndex { $0.isCommand }
        let place = try #require(first)
        let changed = recorded.bench.folder + "/changed.sqlite"
        try Journals.rewrite(recorded.journal, to: changed, entries: { entries in Array(entries[..<place] + entries[(place + 1)...]) })
        let missing = try #require(try Self.replay(changed, recorded.tapes).difference)
        #expect(missing.found != nil && missing.expected.map(\.entry) == recorded.entries[place + 1])
        try Journals.rewrite(
            recorded.journal, to: changed,
            entries: { entries in
                Array(entries[...place] + [entries[place]] + entries[(place + 1)...])
            })
        let surplus = try #require(try Self.replay(changed, recorded.tapes).difference)
        #expect(surplus.expected?.number == Int64(place + 2) && surplus.found != recorded.entries[place].asCommand)
    }

    @Test func `a fill that the core did not hear, another parameter and another latency of the market make a difference`() throws {
        let recorded = try Recorded()
        let changed = recorded.bench.folder + "/changed.sqlite"
        let fill = try #require(
            recorded.entries.firstIndex { if case .report(let event) = $0, case .filled = event.report { true } else { false } })
        try Journals.rewrite(recorded.journal, to: changed, entries: { entries in Array(entries[..<fill] + entries[(fill + 1)...]) })
        let unheard = try #require(try Self.replay(changed, recorded.tapes).difference)
        #expect(try #require(unheard.expected).number > Int64(fill))
        try Journals.rewrite(recorded.journal, to: changed, header: { $0.parameters["size"]?.numbers[0] *= 2 })
        #expect(try Self.replay(changed, recorded.tapes).difference != nil)
        try Journals.rewrite(recorded.journal, to: changed, header: { $0.feeds[0].minimumLatency += 50_000_000 })
        #expect(try Self.replay(changed, recorded.tapes).difference != nil)
        // Written again as it was, it is the same journal.
        try Journals.rewrite(recorded.journal, to: changed)
        #expect(try Self.replay(changed, recorded.tapes).difference == nil)
    }

    private static func error(_ body: () throws -> Void) -> RunError? {
        do {
            try body()
            return nil
        } catch { return error as? RunError }
    }

    @Test func `tapes are told by what they hold, and missing ones are named`() throws {
        let recorded = try Recorded()
        // By another name, in a folder among others.
        let folder = recorded.bench.folder + "/moved"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (index, tape) in recorded.tapes.enumerated() {
            try FileManager.default.moveItem(atPath: tape, toPath: "\(folder)/\(index).tape")
        }
        try Data("no tape".utf8).write(to: URL(filePath: folder + "/broken.tape"))
        #expect(try Self.replay(recorded.journal, [folder]).difference == nil)
        let none = Self.error { _ = try Self.replay(recorded.journal, []) }
        #expect(none?.exitCode == 3 && none?.message.contains("backpack BTC_USDC_PERP") == true && none?.hint?.contains("--tapes") == true)
        let others = try recorded.bench.synth(minutes: 2, seed: 9)
        let other = Self.error { _ = try Self.replay(recorded.journal, others) }
        #expect(other?.exitCode == 3 && other?.hint?.contains("other records") == true)
        let noTape = Self.error { _ = try Self.replay(recorded.journal, [folder + "/broken.tape"]) }
        #expect(noTape?.exitCode == 3)
    }

    @Test func `a journal whose program or header is another is refused, not replayed wrongly`() throws {
        let recorded = try Recorded()
        let changed = recorded.bench.folder + "/changed.sqlite"
        for change: (inout RunHeader) -> Void in [
            { $0.strategy = "alchemy" }, { $0.parameters["size"] = nil }, { $0.parameters["size"]?.kind = "colour" },
            { $0.legs["maker"]?.account = 9 }, { $0.instruments[0].lotSize = 0 }, { $0.feeds.removeLast() },
        ] {
            try Journals.rewrite(recorded.journal, to: changed, header: change)
            #expect(Self.error { _ = try Self.replay(changed, recorded.tapes) }?.exitCode == 3)
        }
        try Journals.rewrite(recorded.journal, to: changed, entries: { entries in [entries.last!] + entries })
        let backwards = Self.error { _ = try Self.replay(changed, recorded.tapes) }
        #expect(backwards?.exitCode == 3 && backwards?.message.contains("record 2") == true)
    }

    @Test func `the journal of a run that was killed replays up to its last commit`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 10)
        let journal = bench.folder + "/journal.sqlite"
        _ = try bench.run(bench.scenario(tapes, parameters: Workbench.xemm), journal: journal)
        let killed = bench.folder + "/killed.sqlite"
        try Journals.rewrite(journal, to: killed, blocks: 1)
        let outcome = try Self.replay(killed, tapes)
        #expect(outcome.difference == nil && !outcome.ending.isComplete && outcome.commands > 0)
        #expect(try outcome.records < Self.replay(journal, tapes).records)
    }

    @Test func `the header comes back as it was written`() throws {
        let recorded = try Recorded()
        let header = try #require(try JournalFile(opening: recorded.journal).header)
        #expect(try RunHeader(json: header.json) == header && header.feeds.count == 2)
        #expect(header.allInstances.map(\.legs.count) == [2] && header.instances == nil && header.coreConfiguration?.accounts.count == 2)
    }
}

extension JournalEntry {
    fileprivate var asCommand: Command? { if case .command(let command, _) = self { command } else { nil } }
}
