import Market
import Metrics
import Scenario
import Simulation
import Strategies
import TestSupport
import Testing

@testable import Runtime

/// Pain 18: making earns less the slower we are, for whoever is quicker takes what we have not withdrawn yet.
@Suite struct LatencyPainTests {
    /// In milliseconds, each way.
    private static let latencies = [1, 5, 20, 80]
    /// Of 100 ms: the slower venue has followed by then, and little else has happened.
    private static let horizon = 0

    /// What a step from one latency to the next costs, over all markets.
    private struct Step {
        var mean: Double
        /// The one-sided lower bound of its mean, at 95 %.
        var bound: Double

        init(_ falls: [Double]) {
            let count = Double(falls.count)
            let average = falls.reduce(0, +) / count
            let squares = falls.reduce(0) { $0 + ($1 - average) * ($1 - average) }
            mean = average
            bound = average - 1.645 * (squares / (count - 1) / count).squareRoot()
        }
    }

    /// Two venues without a difference of their own, the second of which leads by 30 ms: calm, but for a jump each second, and takers at
    /// the first who have seen the second.
    private static func market(_ seconds: Int64) -> GeneratedMarket {
        var market = GeneratedMarket.standard(venues: 2, duration: .seconds(seconds))
        (market.stray, market.regimes, market.jumpEvery, market.jumpTicks) = (0, [1], .seconds(1), 8)
        market.venues[0].lag = .milliseconds(30)
        market.informed = .init(reaction: .milliseconds(30))
        return market
    }

    /// What the fills as maker are worth when the venue has followed, by latency.
    ///
    /// - Parameter isLate: Whether the latency is applied.
    private static func profits(seed: UInt64, seconds: Int64, isLate: Bool) throws -> [Double] {
        let bench = try Workbench()
        defer { withExtendedLifetime(bench) {} }
        let parameters =
            "size: \"0.05 BTC\", fair: other_mid, half_spread: \"0.6 bp\", inventory_skew: \"0 bp\", basis_half_life: \"5 s\", "
            + "warm_up: \"1 s\", min_requote: \"1 ms\", requote_ticks: 1, requote: \"0 bp\", max_inventory: 20"
        let scenario = try bench.scenario(
            bench.synth(market(seconds), seed: seed), strategy: "market_maker", parameters: parameters, latency: "\"1 ms\"")
        return try latencies.map { latency in
            let result = try Backtest(scenario.stressed(.base, latencyPercent: isLate ? 100 * latency : 100), registry: .builtIn)
                .run(decodesAhead: false).result
            let makers = result.markouts.roles.first { $0.venue == "one" && $0.isMaker }
            return makers?.cells[Markouts.View.mid.rawValue][horizon].markout.double ?? 0
        }
    }

    private static func steps(_ seeds: Range<UInt64>, seconds: Int64, isLate: Bool) async throws -> [Step] {
        let profits = try await withThrowingTaskGroup(of: (UInt64, [Double]).self) { group in
            for seed in seeds { group.addTask { (seed, try Self.profits(seed: seed, seconds: seconds, isLate: isLate)) } }
            return try await group.reduce(into: [UInt64: [Double]]()) { $0[$1.0] = $1.1 }
        }
        let rows = profits.sorted { $0.key < $1.key }.map(\.value)
        let steps = latencies.indices.dropFirst().map { place in Step(rows.map { $0[place - 1] - $0[place] }) }
        for (place, latency) in latencies.enumerated() {
            let mean = rows.reduce(0) { $0 + $1[place] } / Double(rows.count)
            let fall = place == 0 ? "" : ", falls by \(steps[place - 1].mean), with 95 % certainty by \(steps[place - 1].bound)"
            print("making at \(latency) ms, \(rows.count) markets: \(mean) USD\(fall)")
        }
        return steps
    }

    @Test func `Pain 18: over many markets making earns less at each greater latency; without the latency it does not`() async throws {
        let steps = try await Self.steps(TestScale.seeds(200), seconds: 20, isLate: true)
        for (latency, step) in zip(Self.latencies.dropFirst(), steps) { #expect(step.bound > 0, "\(latency) ms: \(step)") }
        for step in try await Self.steps(0..<10, seconds: 20, isLate: false) { #expect(step.bound <= 0 && step.mean == 0) }
    }
}
