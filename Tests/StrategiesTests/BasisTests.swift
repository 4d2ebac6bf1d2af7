import Market
import Simulation
import Testing
import Trading

@testable import Strategies

@Suite struct BasisTests {
    private static let start: Int64 = 1_700_000_000 * PairWorld.second

    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: start + milliseconds * 1_000_000) }

    private static func instruments(spot: Bool) -> [Instrument] {
        var instruments = PairWorld.instruments()
        guard spot else { return instruments }
        instruments[0] = Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTC_USD", kind: .spot, base: PairWorld.btc, quote: PairWorld.usd,
            tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 1_000_000)
        return instruments
    }

    private static func world(
        _ changes: [String: ParameterValue] = [:], spot: Bool = true, faults: [FaultPlan?] = [nil, nil]
    ) -> PairWorld {
        var parameters: [String: ParameterValue] = [
            "size": .amount(Money(nanos: 20_000_000, PairWorld.btc)), "stale_after": .duration(.hours(1)),
            "costs": .rate(Rate(basisPoints: 20)), "open": .rate(Rate(basisPoints: 10)),
            "basis_stop": .rate(Rate(basisPoints: 50)), "next_open_delay": .duration(.seconds(60)),
        ]
        parameters.merge(changes) { $1 }
        var world = PairWorld(
            instruments(spot: spot), [.init(role: "base", venue: 0), .init(role: "perp", venue: 1)], faults: faults
        ) { binding in
            do { return try Basis(PairWorld.parameters(Basis.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
        world.start()
        return world
    }

    /// The perpetual is dearer by 65 bp for 20 lots, for 4 s.
    private static func opened(
        _ changes: [String: ParameterValue] = [:], spot: Bool = true, faults: [FaultPlan?] = [nil, nil]
    ) -> PairWorld {
        var world = world(changes, spot: spot, faults: faults)
        world.snapshot(1, 60_400, 60_402)
        world.pass(milliseconds: 4_000)
        return world
    }

    private static func positions(_ world: PairWorld) -> [Int64] { (0...1).map(world.position) }
    private static func says(_ world: PairWorld, _ text: String) -> Bool { world.notes.texts.contains { $0.contains(text) } }

    @Test func `a premium that lasts is sold against coins, and bought back when it has gone`() {
        var world = Self.opened()
        #expect(Self.positions(world) == [20, -20])
        #expect(world.notes.sent.map { "\($0.draft.account.index) \($0.draft.side)" } == ["0 buy", "1 sell", "1 sell"], "coins first")
        #expect(world.notes.sent.allSatisfy { $0.draft.timeInForce == .immediateOrCancel }, "nothing rests that could hang")
        world.pass(milliseconds: 10_000)
        #expect(Self.positions(world) == [20, -20])
        world.snapshot(1, 60_010, 60_012)
        world.pass(milliseconds: 3_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the premium has gone"))
        let closing = world.notes.sent.filter { $0.draft.purpose == .flatten }
        #expect(closing.map { "\($0.draft.account.index) \($0.draft.reduceOnly)" } == ["0 false", "1 true"])
        // And no other before the delay is over.
        world.snapshot(1, 60_400, 60_402)
        world.pass(milliseconds: 50_000)
        #expect(Self.positions(world) == [0, 0])
        world.pass(milliseconds: 15_000)
        #expect(Self.positions(world) == [20, -20])
    }

    @Test func `what does not last, or does not pay, is left alone`() {
        var world = Self.world()
        world.snapshot(1, 60_400, 60_402)
        world.pass(milliseconds: 2_500)
        world.snapshot(1, 60_000, 60_002)
        world.pass(milliseconds: 5_000)
        var dear = Self.opened(["costs": .rate(Rate(basisPoints: 60))])
        dear.pass(milliseconds: 5_000)
        #expect(world.notes.sent == [] && dear.notes.sent == [])
    }

    @Test func `funding over the horizon counts towards the premium, interest against it`() {
        func opens(interest: Int64, fundingBasisPoints: Int64) -> Bool {
            var world = Self.world([
                "costs": .rate(Rate(basisPoints: 60)), "carry_horizon": .duration(.hours(24)),
                "interest": .rate(Rate(basisPoints: interest)),
            ])
            world.funding(1, basisPoints: fundingBasisPoints, everySeconds: 28_800, dueInSeconds: 28_800)
            world.snapshot(1, 60_400, 60_402)
            world.pass(milliseconds: 4_000)
            return !world.notes.sent.isEmpty
        }
        // 65 bp of premium less 60 bp, and 9 bp in three settlements; 365 bp a year are 1 bp a day.
        #expect(opens(interest: 0, fundingBasisPoints: 3) && !opens(interest: 0, fundingBasisPoints: 0))
        #expect(!opens(interest: 3_650, fundingBasisPoints: 3))
    }

    @Test func `a premium that widens against it is given up, in the end`() {
        var world = Self.opened()
        world.snapshot(1, 60_600, 60_602)
        world.pass(milliseconds: 2_000)
        #expect(Self.positions(world) == [20, -20], "by 35 bp it may")
        world.snapshot(1, 60_750, 60_752)
        world.pass(milliseconds: 3_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the basis has widened"))
        var long = Self.opened(["max_hold": .duration(.seconds(30))])
        long.pass(milliseconds: 35_000)
        #expect(Self.positions(long) == [0, 0] && Self.says(long, "held for the longest time"))
    }

    @Test func `a part that fills is hedged and held as it is`() {
        var world = Self.world(["open_attempts": .integer(1)])
        world.snapshot(1, 60_400, 60_402)
        world.pass(milliseconds: 3_005)
        // Somebody is faster.
        world.record(0, .level, .sell, 60_007, 2)
        world.pass(milliseconds: 1_000)
        #expect(Self.positions(world) == [12, -12])
        world.record(0, .level, .sell, 60_007, 5_000)
        world.pass(milliseconds: 5_000)
        #expect(Self.positions(world) == [12, -12], "no other is opened beside it")
    }

    @Test func `coins that the perpetual can't be sold against are sold again`() {
        let refusals = FaultPlan([Fault(.rejections(.margin, probability: PairWorld.certain), until: Self.at(20_000))])
        var world = Self.opened(
            ["hedge_attempts": .integer(2), "hedge_retry_delay": .duration(.milliseconds(100)), "next_open_delay": .duration(.hours(1))],
            faults: [nil, refusals])
        world.pass(milliseconds: 5_000)
        #expect(Self.positions(world) == [0, 0] && world.notes.fills.count >= 2)
    }

    @Test func `what a venue closes by force is closed at the other too`() {
        let forced = FaultPlan([Fault(.autoDeleveraging(share: Rate(basisPoints: 5_000)), from: Self.at(8_000), until: Self.at(8_000))])
        var world = Self.opened(faults: [nil, forced])
        #expect(Self.positions(world) == [20, -20])
        world.pass(milliseconds: 4_000)
        world.mark(1, 60_400)
        world.pass(milliseconds: 1_500)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the perp leg was closed by force"))
    }

    /// A basis that goes up and down by some ticks, for so many seconds.
    private static func wiggle(_ world: inout PairWorld, seconds: Int64, _ random: inout SeededGenerator, drift: Int64 = 0) {
        for second in 0..<seconds {
            let mid = 60_001 + random.uniform(in: -30...30) + drift * second
            world.snapshot(1, mid - 1, mid + 1)
            world.pass(milliseconds: 1_000)
        }
    }

    @Test func `by its score it trades what is far from the average, either way, and leaves when it is back`() {
        let changes: [String: ParameterValue] = [
            "signal": .choice("z_score"), "sides": .choice("both"), "half_life": .duration(.seconds(60)),
            "warm_up": .duration(.seconds(60)),
            "persistence": .integer(2), "costs": .rate(Rate(basisPoints: 2)), "z_stop": .factor(Rate(trillionths: 50 * Rate.scale)),
        ]
        var random = SeededGenerator(seed: 2, stream: 0)
        var world = Self.world(changes, spot: false)
        Self.wiggle(&world, seconds: 20, &random)
        world.snapshot(1, 60_200, 60_202)
        world.pass(milliseconds: 3_000)
        #expect(world.notes.sent == [], "it is warming up")
        Self.wiggle(&world, seconds: 300, &random)
        #expect(world.notes.sent == [], "it strays no further than usual")
        world.snapshot(1, 60_200, 60_202)
        world.pass(milliseconds: 3_000)
        #expect(Self.positions(world) == [20, -20])
        world.snapshot(1, 60_000, 60_002)
        world.pass(milliseconds: 3_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the basis is back at its average"))
        Self.wiggle(&world, seconds: 300, &random)
        world.snapshot(1, 59_800, 59_802)
        world.pass(milliseconds: 3_000)
        #expect(Self.positions(world) == [-20, 20])
        // A basis that drifts away is far from its average all the time, and does not come back.
        var other = Self.world(changes, spot: false)
        Self.wiggle(&other, seconds: 300, &random, drift: 3)
        #expect(other.notes.sent == [])
    }

    @Test(
        arguments: [
            (["sides": .choice("both")], true, "sides"), (["close": .rate(Rate(basisPoints: 500))], false, "close"),
            (["z_in": .factor(Rate(trillionths: 9 * Rate.scale))], false, "z_in"),
        ] as [([String: ParameterValue], Bool, String)])
    func `it refuses parameters that contradict each other`(changes: [String: ParameterValue], spot: Bool, parameter: String) {
        let base = StrategyBinding.Leg(account: AccountID(0), instrument: InstrumentID(0))
        let perp = StrategyBinding.Leg(account: AccountID(1), instrument: InstrumentID(1))
        let size = ["size": ParameterValue.amount(Money(nanos: 1, PairWorld.btc))]
        let error = #expect(throws: ParameterError.self) {
            try Basis(
                PairWorld.parameters(Basis.specification, size.merging(changes) { $1 }),
                StrategyBinding(legs: ["base": base, "perp": perp], instruments: Self.instruments(spot: spot)))
        }
        #expect(error?.parameter == parameter && error?.hint != nil)
    }
}
