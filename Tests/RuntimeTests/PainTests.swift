import Feeds
import Market
import Scenario
import Simulation
import Strategies
import Tape
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

    /// What a scenario may say of one model.
    private static let models = [
        "accounts.M.entry_latency=30 ms", "accounts.M.response_latency=40 ms", "accounts.T.speed_bumps={ taker: 200 ms }",
        "strategy.compute_time=40 ms", "venues.two.minimum_latency=30 ms", "accounts.M.maker_fee=9 bp", "accounts.T.taker_fee=0 bp",
        "faults=[{ kind: outage, venue: one, after: 20 s, for: 5 s }]",
    ]

    @Test func `Pain 17: each model is the scenario's, and changes the run; a runner that is deaf to it runs the same again`() throws {
        let bench = try Workbench()
        var market = GeneratedMarket.standard(venues: 2, duration: .seconds(60))
        (market.stray, market.regimes) = (0, [12])
        let tapes = try bench.synth(market, seed: 3)
        func scenario(_ overrides: [String]) throws -> Scenario {
            try bench.scenario(
                tapes, strategy: "market_maker",
                parameters: "size: \"0.5 BTC\", fair: other_mid, half_spread: \"0.6 bp\", warm_up: \"1 s\", min_requote: \"20 ms\", "
                    + "requote: \"0 bp\", hedge: all, max_inventory: 20", latency: "\"5 ms\"", overrides: overrides)
        }
        let plain = try scenario([])
        let run = try bench.run(plain)
        #expect(run.result.fillCount > 20)
        for model in Self.models {
            let changed = try scenario([model])
            #expect(changed.hash != plain.hash, "\(model) is no part of the scenario")
            #expect(try bench.run(changed).journalHash != run.journalHash, "\(model)")
            // One who hears of the scenario and runs as it always does.
            var deaf = plain
            (deaf.name, deaf.canonicalText, deaf.overrides) = (changed.name, changed.canonicalText, changed.overrides)
            #expect(try bench.run(deaf).journalHash == run.journalHash)
        }
    }

    /// Lends a tape's batches and knows them all; gives them back only if it is to.
    private final class Lender: MarketSource {
        private let source: TapeSource
        private let givesBack: Bool
        private var batches: [EventBatch] = []
        private(set) var given = 0
        var held: Int { batches.count }

        init(_ path: String, givesBack: Bool) throws {
            source = TapeSource(
                try Tape(opening: path), path: path, feed: InstrumentID(0), instrument: InstrumentID(0), minimumLatency: .milliseconds(1))
            self.givesBack = givesBack
        }

        func next() throws(RunError) -> EventBatch? {
            guard let batch = try source.next() else { return nil }
            given += 1
            if !batches.contains(where: { $0 === batch }) { batches.append(batch) }
            return batch
        }

        func recycle(_ batch: EventBatch) { if givesBack { source.recycle(batch) } }
    }

    @Test(arguments: [true, false])
    func `Pain 19: memory does not grow with the tape; without giving batches back it does`(heals: Bool) throws {
        var held: [Int] = []
        for chunks in [2, 6] {
            let bench = try Workbench()
            defer { withExtendedLifetime(bench) {} }
            let path = bench.folder + "/long.tape"
            let writer = try TapeWriter(creating: path, replacing: true)
            let world = FaultWorld()
            _ = try writer.addFeed(FeedDescription(instrument: world.core.instruments[0], source: "test"))
            for record in 0..<chunks * TapeWriter.chunkSize {
                let time = FaultWorld.start + .milliseconds(Int64(record))
                try writer.append(
                    MarketEvent(
                        kind: .level, instrument: FaultWorld.instrument, venueTime: time, receiveTime: time + .milliseconds(5),
                        price: 99, quantity: Int64(record % 7) + 1, flags: [.first, .last]))
            }
            try writer.close()
            let source = try Lender(path, givesBack: heals)
            let driver = try SimulationDriver(
                core: world.core, venues: [world.venue], feeds: [.init(source: source, venue: 0)], venueOfAccount: [0])
            _ = try driver.run(from: FaultWorld.start)
            #expect(source.given == chunks)
            held.append(source.held)
        }
        #expect((held[1] <= 2 && held[0] == held[1]) == heals)
        if !heals { #expect(held == [2, 6]) }
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
        // A loop of its own, which sets the run up as it thinks right: without the time that a decision takes.
        drawn = scenario
        drawn.strategy.computeTime = .milliseconds(2)
        #expect(try Self.ownLoop(drawn, computeTime: .milliseconds(2)) == bench.run(drawn).journalHash)
        #expect(try Self.ownLoop(drawn, computeTime: .zero) != bench.run(drawn).journalHash)
    }

    /// A run as somebody would write it who has no runner.
    private static func ownLoop(_ scenario: Scenario, computeTime: Nanoseconds) throws -> UInt64 {
        let plan = try RunPlan(scenario, TapeCatalog(scenario.tapes))
        let journal = Journal(sink: nil)
        let core = TradingCore(plan.coreConfiguration, journal: journal)
        let registry = StrategyRegistry.builtIn
        let strategy = try #require(try registry.make(scenario.strategy.name, scenario.strategy.parameters, plan.bindings[0]))
        core.attach(strategy, subscriptions: RunPlan.subscriptions(plan.bindings[0]))
        let feeds = plan.listings.enumerated().map { index, listing in
            SimulationDriver.Feed(
                source: TapeCatalog.source(
                    listing.parts, instrument: InstrumentID(index), minimumLatency: scenario.venues[listing.venue].minimumLatency),
                venue: listing.venue)
        }
        let driver = try SimulationDriver(
            core: core, venues: scenario.venues.indices.map { SimulatedVenue(plan.venueConfiguration($0)) }, feeds: feeds,
            venueOfAccount: scenario.accounts.map { account in scenario.venues.firstIndex { $0.name == account.venue } ?? 0 },
            end: plan.end, computeTime: computeTime)
        _ = try driver.run(from: plan.start)
        _ = journal.close()
        return journal.hash
    }
}
