import Market
import Metrics
import Scenario
import Strategies
import Testing
import Trading

@testable import Runtime

/// Breakers of losses in whole runs, from the scenario's words to the journal's replay.
@Suite struct BreakerRunTests {
    private static func run(_ overrides: [String]) throws -> (outcome: Backtest.Outcome, replay: Replay.Outcome) {
        let bench = try Workbench()
        defer { withExtendedLifetime(bench) {} }
        let tapes = try bench.synth(minutes: 8)
        let scenario = try bench.scenario(tapes, parameters: Workbench.xemm, latency: "\"10 ms\"", overrides: overrides)
        let journal = bench.folder + "/journal.sqlite"
        let outcome = try bench.run(scenario, journal: journal)
        return (outcome, try Replay(JournalFile(opening: journal), tapes: tapes, registry: .builtIn).run())
    }

    @Test func `a run that loses too much stops quoting where it is hedged, and its journal replays`() throws {
        let plain = try Self.run([])
        let fees = plain.outcome.result.activity.reduce(0) { $0 + $1.fees.double }
        #expect(plain.outcome.result.fillCount > 10 && fees > 1)
        // The first dollar is gone with the first fees.
        for policy in ["hold_neutral", "flatten_pair", "flatten_all"] {
            let (outcome, replay) = try Self.run(["risk.max_drawdown=1 USDC", "risk.on_breaker=\(policy)"])
            #expect(outcome.result.fillCount > 0 && outcome.result.fillCount < plain.outcome.result.fillCount, "\(policy)")
            #expect(replay.difference == nil && replay.hash == outcome.journalHash, "\(policy)")
            #expect((outcome.result.positions == []) == (policy != "hold_neutral"), "\(policy): \(outcome.result.positions)")
        }
        // One that is never passed only adds the looks at the clock.
        let far = try Self.run(["risk.max_loss_per_day=40000 USDC"])
        #expect(far.outcome.result.netProfit == plain.outcome.result.netProfit && far.replay.difference == nil)
    }

    @Test(arguments: [
        ("risk.on_breaker=flatten_all", "there is no limit of losses"), ("risk.max_drawdown=5 BTC", "in which no instrument settles"),
        ("risk.max_drawdown=500", "500"),
    ])
    func `a breaker that can't be is refused`(override: String, words: String) {
        #expect { try Self.run([override]) } throws: { "\($0)".contains(words) }
    }
}
