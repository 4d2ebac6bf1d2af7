import Market
import Metrics
import Strategies
import Testing

@testable import Runtime

/// How long orders wait, and how long nobody knows of them, in whole runs.
@Suite struct ExecutionRunTests {
    @Test func `every resting order has its distance, and what is unknown is counted until it is known`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 8)
        func run(_ overrides: [String]) throws -> RunResult {
            try bench.run(bench.scenario(tapes, parameters: Workbench.xemm, latency: "\"10 ms\"", overrides: overrides)).result
        }
        let plain = try run([])
        #expect(plain.fillTimes.count > 50 && plain.unknownTimes.count == 0 && plain.unknownAtEnd == 0)
        #expect(plain.fillTimesByDistance.map(\.distance) == TouchDistance.allCases)
        #expect(plain.fillTimesByDistance.reduce(0) { $0 + $1.times.count } == plain.fillTimes.count)
        #expect(plain.fillTimesByDistance.count { $0.times.count > 0 } > 1)
        for venue in plain.activity where venue.accepted > 0 {
            let ratio = try #require(venue.quantityFillRatio)
            #expect(ratio >= 0 && ratio <= 1 && (ratio == 0) == (venue.fills == 0))
        }
        // Every report of the maker's venue is lost for ten seconds: what was asked then is unknown for two seconds at least.
        let lost = try run(["faults=[{ kind: dropped_reports, venue: one, probability: \"1\", after: 60 s, for: 10 s }]"])
        #expect(lost.unknownTimes.count > 0 && lost.unknownTimes.largest >= .milliseconds(20) && lost.unknownAtEnd == 0)
    }
}
