import Market
import Scenario
import Simulation
import Strategies
import TestSupport
import Testing

@testable import Metrics
@testable import Runtime
@testable import Trading

/// The pains of those who run it, each as its situation; beside it the same situation with what heals it switched off, where the
/// damage shows (`Tests/PAINS.md`).
@Suite struct PainTests {
    private static let whole = Rate(trillionths: Rate.scale)
    private static func time(_ milliseconds: Int64) -> Timestamp { FaultWorld.time(milliseconds) }

    private static func take(_ lots: Int64, _ ticks: Int64, _ context: inout Context) {
        context.submit(
            OrderDraft(
                account: FaultWorld.account, instrument: FaultWorld.instrument, side: .buy, price: Price(ticks: ticks),
                quantity: Quantity(lots: lots), purpose: .quote))
    }

    // MARK: Money

    @Test(arguments: [true, false])
    func `Pain 2: fees and funding are the venue's to the last digit; without: a payment nobody told of is missing`(heals: Bool) throws {
        let lost = Fault(.droppedReports(probability: Self.whole), from: Self.time(1_900), until: Self.time(2_200))
        let world = heals ? FaultWorld() : FaultWorld(lost)
        world.buy(at: 100, 101, 4)
        world.record(at: 400, .mark, 101_000_000_000, 0)
        // 10 bp at 2 s: of 4 × 101 dollars, 0.404.
        world.fund(at: 500, rate: Rate(basisPoints: 10), due: 2_000)
        world.record(at: 2_001, .mark, 101_000_000_000, 0)
        try world.run(4_000)
        // Taken for a fee of 5 bp: 0.202.
        let balance = 1_000_000_000_000 - 202_000_000 - 404_000_000 as Int64
        #expect(world.ledger.venue == [4, balance])
        #expect((world.ledger.core == world.ledger.venue) == heals)
        if !heals { #expect(world.ledger.core[1] - world.ledger.venue[1] == 404_000_000) }
    }

    // MARK: What reports tell, and when

    @Test(arguments: [true, false])
    func `Pain 6: late position reports open nothing twice; without: one who trusts them opens again and again`(heals: Bool) throws {
        let world = FaultWorld(Fault(.positionReports(lag: .seconds(4), error: .zero)))
        for moment in 1...12 as ClosedRange<Int64> {
            world.at(moment * 300) { context in
                let reported =
                    world.told.reversed().lazy.compactMap { told -> Int64? in
                        if case .position(_, _, let quantity) = told.event { quantity.lots } else { nil }
                    }.first ?? 0
                let (account, instrument) = (FaultWorld.account, FaultWorld.instrument)
                let known = context.position(account, instrument) + context.inFlight(account, instrument)
                let missing = 4 - (heals ? known.lots : reported)
                if missing > 0 { Self.take(missing, 101, &context) }
            }
        }
        try world.run(9_000)
        #expect((world.ledger.venue[0] == 4) == heals)
        #expect(world.ledger.core == world.ledger.venue)
    }

    @Test(arguments: [true, false])
    func `Pain 8: in whatever order and however often reports come, the record is the same; without: it is as often as they come`(
        heals: Bool
    ) throws {
        func world(_ faults: Fault...) throws -> FaultWorld {
            let world = faults.isEmpty ? FaultWorld() : faults.count == 1 ? FaultWorld(faults[0]) : FaultWorld(faults[0], faults[1])
            for step in 0..<6 as Range<Int64> {
                world.buy(at: 100 + 400 * step, step % 2 == 0 ? 101 : 99, 2)
                world.sold(at: 300 + 400 * step, 98, 30)
            }
            try world.run(6_000)
            return world
        }
        let plain = try world()
        let others = try [
            world(Fault(.duplicatedReports(probability: Self.whole, after: .milliseconds(250)))),
            world(Fault(.reorderedReports(probability: Self.whole, within: .milliseconds(300)))),
            world(
                Fault(.lateReports(probability: Rate(trillionths: Rate.scale / 2), by: .milliseconds(700))),
                Fault(.duplicatedReports(probability: Self.whole, after: .milliseconds(400)))),
        ]
        #expect(plain.ledger.core == plain.ledger.venue && plain.ledger.core[0] == 12)
        for other in others {
            #expect(other.ledger.core == plain.ledger.core && other.ledger.venue == plain.ledger.venue)
            #expect((1...6).map { other.order($0)?.filled } == (1...6).map { plain.order($0)?.filled })
        }
        guard !heals else { return }
        // One who adds up what is told.
        let told = try others[0].entries().reduce(Int64(0)) { sum, entry in
            if case .report(let event) = entry, case .filled(let fill) = event.report { sum + fill.signedQuantity.lots } else { sum }
        }
        #expect(told == 24)
    }

    @Test(arguments: [true, false])
    func `Pain 11: a submit of unknown outcome that fills later is counted once; without: who sends again has it twice`(heals: Bool) throws
    {
        let world = FaultWorld(Fault(.droppedReports(probability: Self.whole), from: Self.time(105), until: Self.time(2_050)))
        world.buy(at: 100, 99, 4)
        world.at(2_110) { context in
            #expect(context.order(OrderID(1))?.certainty != .known)
            let flying = heals ? context.inFlight(FaultWorld.account, FaultWorld.instrument).lots : 0
            if flying < 4 { Self.take(4 - flying, 99, &context) }
        }
        world.sold(at: 2_500, 98, 50)
        try world.run(6_000)
        #expect((world.ledger.venue[0] == 4) == heals)
        #expect(world.ledger.core == world.ledger.venue)
    }

    // MARK: Runs

    @Test func `Pain 17: the models are the scenario's: each changes the run; without a change it is the same run`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 4)
        let plain = try bench.scenario(tapes, parameters: Workbench.xemm)
        let hash = try bench.run(plain).journalHash
        #expect(try bench.run(bench.scenario(tapes, parameters: Workbench.xemm)).journalHash == hash)
        var changed: [(name: String, scenario: Scenario)] = [("latency", plain.stressed(.base, latencyPercent: 300))]
        var patience = plain
        patience.strategy.computeTime = .milliseconds(40)
        changed.append(("compute time", patience))
        for (name, scenario) in changed { #expect(try bench.run(scenario).journalHash != hash, "\(name)") }
    }

    /// Hands out batches and counts those that have not come back.
    private final class CountingSource: MarketSource {
        let source: MemorySource
        var given = 0
        var outstanding = 0
        var largest = 0

        init(_ source: MemorySource) { self.source = source }

        func next() throws(RunError) -> EventBatch? {
            guard let batch = try source.next() else { return nil }
            given += 1
            outstanding += 1
            largest = max(largest, outstanding)
            return batch
        }

        func recycle(_ batch: EventBatch) {
            outstanding -= 1
            source.recycle(batch)
        }
    }

    @Test func `Pain 19: memory does not grow with the tape; without giving batches back it would`() throws {
        var held: [(largest: Int, given: Int)] = []
        for length in [8, 80] {
            var batches: [EventBatch] = []
            for batch in 0..<length {
                let records = EventBatch(capacity: 4_096)
                for record in 0..<4_096 {
                    let time = FaultWorld.start + .milliseconds(Int64(batch * 4_096 + record))
                    records.append(
                        MarketEvent(
                            kind: .level, instrument: FaultWorld.instrument, venueTime: time, receiveTime: time + .milliseconds(5),
                            price: 99,
                            quantity: Int64(record % 7) + 1, flags: [.first, .last]))
                }
                batches.append(records)
            }
            let source = CountingSource(MemorySource(batches))
            let world = FaultWorld()
            let driver = try SimulationDriver(
                core: world.core, venues: [world.venue], feeds: [.init(source: source, venue: 0)], venueOfAccount: [0])
            _ = try driver.run(from: FaultWorld.start)
            held.append((source.largest, source.given))
        }
        #expect(held[0].largest == held[1].largest && held[1].largest <= 3)
        #expect(held[1].given == 10 * held[0].given, "kept, they would be ten times as many")
    }

    @Test(arguments: TestScale.seeds(2))
    func `Pain 22: the program's backtest and the run of a trial are one run; with another seed they are not`(seed: UInt64) throws {
        let bench = try Workbench()
        let scenario = try bench.scenario(bench.synth(minutes: 3, seed: seed), parameters: Workbench.xemm)
        // As the command runs it: a thread that decodes ahead, a journal on the disk. As a sweep does: neither.
        let written = try bench.run(scenario, journal: bench.folder + "/journal.sqlite")
        let trial = try Backtest(scenario.stressed(.base, latencyPercent: 100), registry: .builtIn).run(decodesAhead: false)
        #expect(written.journalHash == trial.journalHash && written.result.netProfit == trial.result.netProfit)
        #expect(written.result.markouts == trial.result.markouts && written.result.legRisk == trial.result.legRisk)
        var drawn = scenario
        drawn.accounts[0].connection.entry = EntryLatency(
            LatencyModel(.normal(mean: .milliseconds(5), deviation: .milliseconds(2), .zero ... .milliseconds(20))))
        let first = try bench.run(drawn).journalHash
        drawn.seed = seed + 1_000
        #expect(try bench.run(drawn).journalHash != first)
    }
}
