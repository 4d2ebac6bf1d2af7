import Market
import Metrics
import Runtime
import Scenario
import Testing

/// Latencies in whole runs.
@Suite struct LatencyRunTests {
    private static func scenario(_ bench: Workbench) throws -> Scenario {
        try bench.scenario(bench.synth(minutes: 2), parameters: Workbench.xemm)
    }

    @Test func `compute time is a longer way to the venue, and no longer way back`() throws {
        let bench = try Workbench()
        var scenario = try Self.scenario(bench)
        let usual = try bench.run(scenario)
        scenario.strategy.computeTime = .milliseconds(50)
        let charged = try bench.run(scenario)
        scenario.strategy.computeTime = .zero
        for account in scenario.accounts.indices {
            scenario.accounts[account].connection.entry = EntryLatency(.constant(.milliseconds(60)))
        }
        let farther = try bench.run(scenario)
        #expect(usual.result.fillCount > 0)
        #expect(charged.journalHash == farther.journalHash)
        #expect(charged.journalHash != usual.journalHash)
        #expect(charged.assumptions.contains("commands leave 50 ms after what brought them about"))
    }

    @Test func `drawn latencies are the same again with the same seed`() throws {
        let bench = try Workbench()
        var scenario = try Self.scenario(bench)
        let constant = try bench.run(scenario)
        let drawn = LatencyModel(
            .lognormal(median: .milliseconds(10), sigma: Rate(trillionths: 800_000_000_000), .milliseconds(1) ... .milliseconds(500)),
            bursts: .init(correlation: Rate(trillionths: 800_000_000_000), decay: .milliseconds(50)))
        for account in scenario.accounts.indices {
            scenario.accounts[account].connection = ConnectionModel(
                entry: EntryLatency(drawn), response: drawn, speedBumps: SpeedBumps(taker: .milliseconds(20)), separatesLanes: true)
        }
        let once = try bench.run(scenario)
        #expect(once.result.fillCount > 0 && once.result.attribution.residual == .zero)
        #expect(once.journalHash != constant.journalHash)
        #expect(try bench.run(scenario).journalHash == once.journalHash)
    }

    @Test func `what the venue's entrance refuses is told, and nothing trades`() throws {
        let bench = try Workbench()
        var scenario = try Self.scenario(bench)
        func sample(_ request: Int64, _ venue: Int64, _ response: Int64) -> LatencyModel.Sample {
            .init(
                request: Timestamp(nanoseconds: request), venue: Timestamp(nanoseconds: venue), response: Timestamp(nanoseconds: response))
        }
        let far = Int64.max / 2
        let refusing = LatencyModel(.samples([sample(1, 2, 3), sample(4, 0, 20_000_004), sample(far, far + 1, far + 20_000_000)]))
        for account in scenario.accounts.indices { scenario.accounts[account].connection.entry = EntryLatency(refusing) }
        let outcome = try bench.run(scenario)
        #expect(outcome.result.fillCount == 0)
        #expect(outcome.result.activity.reduce(0) { $0 + $1.rejects.values.reduce(0, +) } > 0)
        #expect(outcome.result.activity.allSatisfy { $0.rejects.keys.allSatisfy { $0.contains("venue") } })
    }
}
