import Market
import Metrics
import Scenario
import Testing

@testable import Runtime

/// Faults of a scenario, in whole runs on a generated market of five minutes.
@Suite struct FaultRunTests {
    private static func run(_ bench: Workbench, _ tapes: [String], _ faults: String? = nil) throws -> Backtest.Outcome {
        let list = faults.map { "faults: [\($0)]" } ?? ""
        return try bench.run(bench.scenario(tapes, parameters: Workbench.xemm, extra: list))
    }

    @Test func `faults that hit nothing leave the run as it is`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 5)
        let without = try Self.run(bench, tapes)
        // One of these is on the path of every request and report.
        let idle = try Self.run(
            bench, tapes, "{ kind: slow, venue: one, factor: 1 }, { kind: adl, venue: two, symbol: BTC, after: 1 s, share: 100 % }")
        #expect(without.journalHash == idle.journalHash && without.result.netProfit == idle.result.netProfit)
        #expect(without.faults == [] && idle.faults.map(\.kind) == ["slow", "adl"])
        #expect(idle.faults[0].touched > 100 && idle.faults[1].touched == 0)
        #expect(try Self.run(bench, tapes, "").journalHash == without.journalHash)
    }

    @Test func `the same faults give the same run, and other draws another`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 5)
        let faults =
            "{ kind: dropped_reports, venue: one, probability: \"0.05\" }, { kind: late_reports, venue: two, "
            + "probability: \"0.2\", delay: 700 ms }, { kind: outage, venue: one, per_hour: 60, for: [1 s, 5 s] }"
        let (one, two) = (try Self.run(bench, tapes, faults), try Self.run(bench, tapes.reversed(), faults))
        #expect(one.journalHash == two.journalHash && one.faults == two.faults)
        #expect(try one.journalHash != Self.run(bench, tapes).journalHash)
        let scenario = try bench.scenario(tapes, parameters: Workbench.xemm, extra: "faults: [\(faults)]")
        var other = scenario
        other.seed += 1
        #expect(try bench.run(other).faults != one.faults)
        // Each of the planned ones is there, in order, and the rates are about what was stated.
        #expect(one.faults.map(\.start) == one.faults.map(\.start).sorted())
        #expect((1...15).contains(one.faults.count { $0.kind == "outage" }))
        #expect(one.faults.contains { $0.kind == "dropped_reports" && $0.touched > 0 && $0.place == "one" })
    }

    @Test func `a fault that is added leaves the draws of the others alone`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 5)
        let outages = "{ kind: outage, venue: two, per_hour: 60, for: [1 s, 5 s] }"
        let alone = try Self.run(bench, tapes, outages)
        let both = try Self.run(bench, tapes, "{ kind: cancel_failure, venue: one, per_hour: 30, for: 10 s }, " + outages)
        func times(_ outcome: Backtest.Outcome) -> [ClosedRange<Timestamp>] {
            outcome.faults.filter { $0.kind == "outage" }.map { $0.start...$0.end }
        }
        #expect(times(alone) == times(both) && !times(alone).isEmpty)
    }

    @Test func `what a venue's fills say and what the core counts agree when reports only come late or twice`() throws {
        let bench = try Workbench()
        let outcome = try Self.run(
            bench, bench.synth(minutes: 5),
            "{ kind: late_reports, venue: one, probability: \"0.2\", delay: 400 ms }, "
                + "{ kind: duplicated_reports, venue: two, probability: \"0.3\", delay: 50 ms }, "
                + "{ kind: reordered_reports, venue: two, probability: \"0.3\" }, "
                + "{ kind: position_reports, venue: one, error: 50 % }, { kind: slow, venue: two, after: 1 min, for: 1 min }")
        #expect(outcome.result.fillCount > 10 && outcome.faults.allSatisfy { $0.touched > 0 })
        #expect(outcome.result.attribution.residual == .zero)
    }

    @Test func `a fault outside of the run is a warning, one of something else an error`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 2)
        let outcome = try Self.run(bench, tapes, "{ kind: stale_book, venue: one, after: 1 h, for: 1 s }")
        #expect(outcome.faults == [])
        #expect(outcome.warnings.contains { $0.hasPrefix("the fault stale_book at 'one' does not happen") })
        do {
            _ = try Self.run(bench, tapes, "{ kind: stale_book, venue: one, symbol: BTD, after: 1 s, for: 1 s }")
            Issue.record("a fault of an unknown symbol was taken")
        } catch let error as RunError {
            #expect(
                error
                    == .scenario(
                        message: "the fault stale_book is of 'BTD', which the run does not trade at 'one'", hint: "did you mean 'BTC'?"))
        }
    }
}
