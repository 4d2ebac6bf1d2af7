import Market
import Metrics
import Scenario
import Simulation
import Strategies
import Testing
import Trading

@testable import Runtime

/// Markouts, leg risk and the stress grid of whole runs.
@Suite struct LegRiskRunTests {
    private static func run(compute: Nanoseconds = .zero, overrides: [String] = []) throws -> (
        scenario: Scenario, outcome: Backtest.Outcome
    ) {
        let bench = try Workbench()
        var scenario = try bench.scenario(
            bench.synth(minutes: 12), parameters: Workbench.xemm, latency: "\"10 ms\"", overrides: overrides)
        scenario.strategy.computeTime = compute
        return (scenario, try bench.run(scenario))
    }

    @Test func `every fill has a markout at every horizon, or is counted among those left out`() throws {
        let result = try Self.run().outcome.result
        #expect(result.markouts.fills == result.fillCount && result.fillCount > 20)
        for (horizon, _) in Markouts.horizons.enumerated() {
            let seen = result.markouts.roles.reduce(0) { $0 + $1.cells[0][horizon].fills }
            let left = result.markouts.roles.reduce(0) { $0 + $1.distrusted[horizon].fills + $1.unfinished[horizon].fills }
            #expect(seen + left == result.fillCount)
            for group in ["side", "spread"] {
                #expect(result.markouts.groups.filter { $0.dimension == group }.reduce(0) { $0 + $1.cells[horizon].fills } == seen)
            }
        }
        let makers = try #require(result.markouts.roles.first { $0.venue == "one" && $0.isMaker })
        let takers = try #require(result.markouts.roles.first { $0.venue == "two" && !$0.isMaker })
        // Who takes pays half the spread. Who makes need not capture it: the recorded book may have passed a quote that is not in it.
        #expect(takers.cells[0][0].captured.units < 0)
        #expect(makers.cells[2][0].fills == makers.cells[0][0].fills)
    }

    /// What a venue's fills captured of the mid before them, in half ticks, of those whose queue trades had cleared and of the others.
    private final class Captured: RunOutput {
        var (cleared, others): ([Int64], [Int64]) = ([], [])
        func witness(_ fill: VenueFill, account: String, instrument: Instrument) throws(RunError) {
            guard fill.fill.role == .maker, instrument.venue == "backpack" else { return }
            let half = (fill.bidTicks + fill.askTicks - 2 * fill.fill.price.ticks) * fill.fill.side.sign
            if fill.witness.mechanism.name == "queueCleared" { cleared.append(half) } else { others.append(half) }
        }
    }

    @Test func `who makes at the touch captures the distance to the mid, whoever was passed by the book does not`() throws {
        let bench = try Workbench()
        defer { withExtendedLifetime(bench) {} }
        var market = GeneratedMarket.standard(venues: 2, duration: .minutes(3))
        (market.stray, market.regimes) = (0, [8])
        let scenario = try bench.scenario(
            bench.synth(market, seed: 8), strategy: "market_maker",
            parameters: "size: \"0.05 BTC\", fair: mid, half_spread: \"0.6 bp\", min_requote: \"20 ms\", requote: \"0 bp\"",
            latency: "\"5 ms\"")
        let captured = Captured()
        _ = try Backtest(scenario, registry: .builtIn).run(output: captured)
        #expect(captured.cleared.count > 10 && captured.cleared.reduce(0, +) > 0, "\(captured.cleared)")
    }

    @Test func `the stages of hedges are the latencies of the scenario`() throws {
        let risk = try Self.run(compute: .milliseconds(3)).outcome.result.legRisk
        #expect(risk[.total].count > 10)
        for stage in [LegRisk.Stage.heard, .told] {
            #expect(risk[stage].percentile(1) == risk[stage].largest && risk[stage].largest == .milliseconds(10))
        }
        #expect(risk[.sent].largest == .milliseconds(3) && risk[.accepted].percentile(500) == .milliseconds(10))
        #expect(risk[.filled].largest == .zero)
        #expect((risk[.total].percentile(1) ?? .zero) >= .milliseconds(23))
        #expect(risk.slippage.internal + risk.slippage.wire + risk.slippage.impact == risk.slippage.total)
        #expect(risk.slippage.feed + risk.slippage.total == risk.slippage.shortfall && risk.slippage.hedges > 10)
        #expect(risk.edge.pairs > 10 && risk.edge.planned.units > 0)
        #expect(risk.attempts.intents > 10)
        let exposure = try #require(risk.exposures.first)
        #expect(exposure.episodes > 10 && (exposure.nakedShare ?? 1) < 0.2 && exposure.integral > 0 && exposure.peak > 0)
        #expect((exposure.durations.percentile(500) ?? .zero) >= .milliseconds(23))
    }

    @Test func `the stress grid has the run itself in its middle, and other runs about it`() throws {
        let (scenario, outcome) = try Self.run(overrides: ["venues.one.queue=risk-averse", "venues.two.queue=risk-averse"])
        let stress = try #require(try Stress.run(scenario, base: outcome, registry: .builtIn))
        #expect(stress.cells.count == 9)
        #expect(stress[.base, 100]?.netProfit == outcome.result.netProfit && stress[.base, 100]?.journalHash == outcome.journalHash)
        // Each latency is another run; of the queues, where no order waits for long, at least one is.
        #expect(Set(stress.cells.map(\.journalHash)).count >= 6)
        // Under the pessimistic queue orders stand behind more.
        let fills = Stress.Queue.allCases.map { stress[$0, 100]?.fills ?? 0 }
        #expect(fills[2] <= fills[1] && fills[2] <= fills[0])
        #expect(try Stress.run(scenario, base: outcome, registry: .builtIn, goesOn: { false }) == nil)
    }
}
