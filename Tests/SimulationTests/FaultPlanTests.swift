import Market
import TestSupport
import Testing

@testable import Simulation

@Suite struct FaultPlanTests {
    private static let start = Timestamp(nanoseconds: 1_000_000_000_000)
    private static let run = start...start + .hours(1_000)

    private static func drawn(_ seed: UInt64, stream: UInt64 = 0) -> [Fault] {
        let draw = FaultDraw(.rateLimited, every: .minutes(30), lasting: .seconds(10) ... .seconds(60), stream: stream)
        return FaultPlan([], drawn: [draw], seed: seed, run: run).faults
    }

    @Test func `drawn faults come at the stated rate, last as long as stated, and do not overlap`() {
        for seed in TestScale.seeds(20) {
            let faults = Self.drawn(seed)
            // 2,000 are expected; a Poisson count is within 6 × √2,000 of it but once in 10⁸ seeds. Few are swallowed.
            #expect(abs(faults.count - 1_970) < 270, "seed \(seed)")
            for (fault, following) in zip(faults, faults.dropFirst()) {
                #expect(fault.end <= following.start && Self.run.contains(fault.start), "seed \(seed)")
                #expect((Nanoseconds.seconds(10) ... .seconds(60)).contains(fault.end - fault.start), "seed \(seed)")
            }
        }
    }

    @Test func `the seed decides the times, and other faults do not`() {
        #expect(Self.drawn(1) == Self.drawn(1))
        #expect(Self.drawn(1) != Self.drawn(2) && Self.drawn(1, stream: 1).first?.start != Self.drawn(1, stream: 2).first?.start)
        let draw = FaultDraw(.rateLimited, every: .minutes(30), lasting: .seconds(10) ... .seconds(60))
        let other = FaultDraw(.staleBook, every: .minutes(7), lasting: .seconds(1) ... .seconds(2), stream: 9)
        let both = FaultPlan([Fault(.publicDisconnect)], drawn: [other, draw], seed: 1, run: Self.run).faults
        #expect(both.filter { $0.kind == .rateLimited } == Self.drawn(1))
        #expect(both.map(\.start) == both.map(\.start).sorted())
    }

    @Test func `waiting times have the mean and the spread of an exponential`() {
        var generator = SeededGenerator(seed: 5)
        let mean = Nanoseconds.seconds(10)
        let draws = (0..<20_000).map { _ in generator.waitingTime(mean: mean).count }
        let average = Double(draws.reduce(0, +)) / Double(draws.count) / Double(mean.count)
        #expect(abs(average - 1) < 0.05)
        // P(T > 2 means) = e⁻² = 0.1353.
        let long = Double(draws.count { $0 > 2 * mean.count }) / Double(draws.count)
        #expect(abs(long - 0.1353) < 0.015)
    }

    @Test func `faults are cut to the run, and those outside of it are left out`() {
        func time(_ seconds: Int64) -> Timestamp { Self.start + .seconds(seconds) }
        let plan = FaultPlan(
            [
                Fault(.rateLimited, from: time(50), until: time(200)), Fault(.staleBook),
                Fault(.publicDisconnect, from: time(-20), until: time(0)),
                Fault(.autoDeleveraging(share: Rate(basisPoints: 5_000)), from: time(101), until: time(101)),
                Fault(.outage(.silence), from: time(101), until: time(102)),
            ], run: time(0)...time(100))
        #expect(
            plan.faults == [
                Fault(.staleBook, from: time(0), until: time(100)), Fault(.rateLimited, from: time(50), until: time(100)),
            ])
    }
}
