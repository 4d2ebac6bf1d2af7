import Foundation
import Market
import Scenario
import Strategies
import TestSupport
import Testing
import Trading

@testable import Runtime

/// Runs whose process dies and goes on from its journal.
@Suite struct RestartRunTests {
    /// A run of the hedge that other tests know, four minutes of a market of eight.
    private struct World {
        let bench: Workbench
        let tapes: [String]
        let plan: RunPlan
        let market: ChaosMarket

        init() throws {
            bench = try Workbench()
            tapes = try bench.synth(minutes: 8)
            let plan = try RunPlan(bench.scenario(tapes, parameters: Workbench.xemm), TapeCatalog(tapes))
            self.plan = plan
            market = try ChaosMarket(
                plan.listings.enumerated().map { index, listing in
                    TapeCatalog.source(
                        listing.parts, instrument: InstrumentID(index), minimumLatency: plan.scenario.venues[listing.venue].minimumLatency)
                })
        }

        var span: ClosedRange<Timestamp> { plan.start + .minutes(1)...plan.start + .minutes(5) }

        func run(_ mix: FaultMix, seed: UInt64 = 1, journal: String) throws -> ChaosRun.Result {
            try ChaosRun(plan, .builtIn, market, seed: seed, mix: mix, span: span).run(journal: journal)
        }

        func path(_ name: String) -> String { "\(bench.folder)/\(name).sqlite" }
    }

    /// The orders that hedge, as they left: those of the second account.
    private static func hedges(_ entries: [JournalEntry]) -> [(request: OrderRequest, time: Timestamp)] {
        entries.compactMap {
            if case .command(.submit(let request), let time) = $0, request.account == AccountID(1) { (request, time) } else { nil }
        }
    }

    @Test(arguments: [1, 9, 15, 400])
    func `Pain 7: a restart in the middle of a hedge rebuilds the exposure before any new order`(milliseconds: Int64) throws {
        let world = try World()
        _ = try world.run(FaultMix([]), journal: world.path("whole"))
        let hedge = try #require(Self.hedges(try Journals.entries(world.path("whole"))).first)
        let death = hedge.time + .milliseconds(milliseconds)
        let result = try world.run(FaultMix([.restart(death...death + .seconds(2))]), journal: world.path("restarted"))
        #expect(result.violations.isEmpty, "\(result.violations)")
        #expect(result.adjustments == 0 && result.phases.count == 1)
        let entries = try Journals.entries(world.path("restarted"))
        let restart = try #require(entries.firstIndex { if case .restart = $0 { true } else { false } })
        let next = try #require({ if case .restart(let next, _) = entries[restart] { next } else { nil } }())
        let sent = entries[..<restart].compactMap { if case .command(.submit(let request), _) = $0 { request.order } else { nil } }
        #expect(sent.allSatisfy { $0 < next })
        // Fills and open orders of both accounts are heard before the first order after it.
        let order = try #require(entries[restart...].firstIndex { if case .command(.submit, _) = $0 { true } else { false } })
        let answers = entries[restart..<order].filter {
            if case .report(let event) = $0, case .endOfAnswer = event.report { true } else { false }
        }
        #expect(answers.count >= 4)
    }

    @Test func `Pain 7, without: a core that comes back without the journal's fills has another exposure`() throws {
        let world = try World()
        _ = try world.run(FaultMix([]), journal: world.path("whole"))
        let entries = try Journals.entries(world.path("whole"))
        var header = RunHeader(world.plan)
        header.seed = 1
        let fills = entries.indices.filter { if case .report(let event) = entries[$0], case .filled = event.report { true } else { false } }
        let cut = try #require(fills.dropFirst(3).first)
        func positions(_ entries: [JournalEntry]) throws -> [Int64] {
            let core = try RebuiltCore(
                header, entries, world.market.sources(from: world.span.lowerBound), registry: .builtIn, path: "test",
                journal: Journal(sink: nil)
            ).fresh.core
            return (0...1).map { core.position(AccountID($0), InstrumentID($0)).lots }
        }
        var expected: [Int64] = [0, 0]
        for case .report(let event) in entries[...cut] {
            if case .filled(let fill) = event.report { expected[fill.instrument.index] += fill.signedQuantity.lots }
        }
        #expect(try positions(Array(entries[...cut])) == expected && expected != [0, 0])
        #expect(throws: RunError.self, "what followed from the fills does not follow without them") {
            try positions(entries.indices.filter { !fills.contains($0) }.map { entries[$0] })
        }
        #expect(try positions([]) == [0, 0])
    }

    @Test func `every moment is one at which the process may die`() throws {
        let outcome = try Chaos(
            World().plan.scenario, registry: .builtIn,
            .init(seeds: TestScale.seeds(12).count, firstSeed: 1, faults: [.restart], minutes: 3)
        ).run()
        #expect(outcome.failures.isEmpty, "\(outcome.failures)")
        #expect(outcome.cells.keys.contains { $0.fault == .restart } && outcome.fills > 20)
    }

    @Test func `runs among drawn faults are replayed from their journals, restarts and all`() throws {
        let world = try World()
        let folder = world.bench.folder + "/journals"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var options = Chaos.Options(seeds: TestScale.seeds(100).count, firstSeed: 1, minutes: 1, jobs: 2)
        options.journals = folder
        let outcome = try Chaos(world.plan.scenario, registry: .builtIn, options).run()
        var restarts = 0
        for seed in 1...UInt64(outcome.seeds) {
            let path = "\(folder)/seed-\(seed).sqlite"
            let replayed = try Replay(JournalFile(opening: path), tapes: world.tapes, registry: .builtIn).run()
            #expect(replayed.difference == nil && replayed.ending.isComplete && replayed.hash == replayed.ending.hash, "seed \(seed)")
            restarts += try Journals.entries(path).count { if case .restart = $0 { true } else { false } }
        }
        #expect(restarts > 0)
    }
}
