import Market
import Simulation
import Strategies
import Testing
import Trading

@Suite struct CrossArbTests {
    private static let start: Int64 = 1_700_000_000 * PairWorld.second  // 22:13:20 UTC

    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: start + milliseconds * 1_000_000) }

    private static func world(_ changes: [String: ParameterValue] = [:], faults: [FaultPlan?] = [nil, nil]) -> PairWorld {
        var parameters = changes
        parameters["size"] = .amount(Money(nanos: 20_000_000, PairWorld.btc))
        parameters["stale_after"] = .duration(.hours(1))
        return PairWorld(PairWorld.instruments(), [.init(role: "pilot", venue: 0), .init(role: "second", venue: 1)], faults: faults) {
            binding in
            do { return try CrossArb(PairWorld.parameters(CrossArb.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
    }

    /// The second venue is dearer by 65 bp for 20 lots.
    private static func apart(_ changes: [String: ParameterValue] = [:], faults: [FaultPlan?] = [nil, nil]) -> PairWorld {
        var world = world(changes, faults: faults)
        world.start()
        world.snapshot(1, 60_400, 60_402)
        return world
    }

    private static func positions(_ world: PairWorld) -> [Int64] { (0...1).map(world.position) }
    private static func says(_ world: PairWorld, _ text: String) -> Bool { world.notes.texts.contains { $0.contains(text) } }

    @Test func `a spread that does not last is left alone`() {
        var world = Self.apart()
        world.pass(milliseconds: 250)
        world.snapshot(1, 60_000, 60_002)
        world.pass(milliseconds: 1_000)
        #expect(world.notes.sent == [])
        // Nor is one that costs eat: 65 bp are less than 40 bp and 30 bp of threshold.
        var dear = Self.apart(["costs": .rate(Rate(basisPoints: 40)), "entry_threshold": .rate(Rate(basisPoints: 30))])
        dear.pass(milliseconds: 1_000)
        #expect(dear.notes.sent == [])
    }

    @Test func `one that lasts is bought at the one venue and sold at the other, and closed when it is gone`() {
        var world = Self.apart()
        world.pass(milliseconds: 400)
        #expect(Self.positions(world) == [20, -20])
        let sides = world.notes.sent.map { "\($0.draft.account.index) \($0.draft.side)" }
        // The pilot filled at two prices.
        #expect(sides == ["0 buy", "1 sell", "1 sell"], "the pilot first")
        world.pass(milliseconds: 10_000)
        #expect(Self.positions(world) == [20, -20])
        world.snapshot(1, 59_990, 59_992)
        world.pass(milliseconds: 1_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the spread has contracted"))
        world.pass(milliseconds: 3_000)
        world.snapshot(1, 60_400, 60_402)
        world.pass(milliseconds: 400)
        #expect(Self.positions(world) == [20, -20], "and again after the pause")
        // Where the second venue is the cheap one it goes the other way.
        var other = Self.world()
        other.start()
        other.snapshot(1, 59_600, 59_602)
        other.pass(milliseconds: 400)
        #expect(Self.positions(other) == [-20, 20])
    }

    @Test func `the second leg is sized by what the pilot filled`() {
        var world = Self.apart()
        world.pass(milliseconds: 305)
        // Somebody is faster.
        world.record(0, .level, .sell, 60_007, 2)
        world.pass(milliseconds: 200)
        #expect(Self.positions(world) == [12, -12] && world.notes.sent.map(\.draft.quantity.lots) == [20, 10, 2])
    }

    @Test func `a spread that doubles, or lasts too long, is given up`() {
        var world = Self.apart()
        world.pass(milliseconds: 400)
        world.snapshot(1, 60_900, 60_902)
        world.pass(milliseconds: 1_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the spread has expanded"))
        var long = Self.apart(["max_hold": .duration(.seconds(60))])
        long.pass(milliseconds: 59_000)
        #expect(Self.positions(long) == [20, -20])
        long.pass(milliseconds: 3_000)
        #expect(Self.positions(long) == [0, 0] && Self.says(long, "held for the longest time"))
    }

    @Test func `where the second leg is refused the pilot is undone`() {
        let refusals = FaultPlan([Fault(.rejections(.venue, probability: PairWorld.certain), until: Self.at(3_000))])
        var world = Self.apart(
            ["hedge_attempts": .integer(2), "hedge_retry_delay": .duration(.milliseconds(100)), "cooldown": .duration(.seconds(60))],
            faults: [nil, refusals])
        world.pass(milliseconds: 350)
        #expect(Self.positions(world) == [20, 0])
        world.pass(milliseconds: 2_000)
        #expect(Self.positions(world) == [0, 0])
    }

    @Test func `positions that stay off are closed for good`() {
        let refusals = FaultPlan([Fault(.rejections(.venue, probability: PairWorld.certain), until: Self.at(10_000))])
        var world = Self.apart(
            ["hedge_attempts": .integer(100), "hedge_retry_delay": .duration(.seconds(1))], faults: [nil, refusals])
        world.pass(milliseconds: 2_500)
        #expect(Self.positions(world) == [20, 0])
        world.pass(milliseconds: 3_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "suspended: the positions were off by 0.02 base at 3 checks"))
        let sent = world.notes.sent.count
        world.pass(milliseconds: 60_000)
        world.snapshot(1, 60_500, 60_502)
        world.pass(milliseconds: 5_000)
        #expect(world.notes.sent.count == sent)
    }

    @Test func `what a venue closes by force is closed at the other too`() {
        let forced = FaultPlan([Fault(.autoDeleveraging(share: Rate(basisPoints: 5_000)), from: Self.at(2_000), until: Self.at(2_000))])
        var world = Self.apart(["cooldown": .duration(.seconds(600))], faults: [nil, forced])
        world.pass(milliseconds: 1_900)
        #expect(Self.positions(world) == [20, -20])
        world.pass(milliseconds: 1_500)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the second leg was closed by force"))
    }

    @Test func `a venue that answers slowly is not entered again`() {
        func fills(_ extra: Int64) -> Int {
            let slow = FaultPlan([Fault(.slow(factor: PairWorld.certain, extra: .milliseconds(extra)))])
            var world = Self.apart(["max_hold": .duration(.seconds(5))], faults: [nil, slow])
            world.pass(milliseconds: 45_000)
            // The pair may be held: what counts is how often it was entered.
            return world.notes.sent.filter { $0.draft.purpose == .quote }.count
        }
        #expect(fills(1_000) == 1 && fills(0) > 1)
    }

    @Test func `before maintenance positions are closed, and nothing is entered`() {
        let window = ParameterValue.durationRange(.seconds(81_000), .seconds(82_800))  // 22:30 to 23:00
        var world = Self.apart(["maintenance": window, "max_hold": .duration(.hours(1))])
        world.pass(milliseconds: 399_000)
        #expect(Self.positions(world) == [20, -20])
        world.pass(milliseconds: 3_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "maintenance is near"))
        world.snapshot(1, 60_410, 60_412)
        world.pass(milliseconds: 5_000)
        #expect(Self.positions(world) == [0, 0])
    }

    @Test func `a pilot that rests is hedged as it fills, and taken back when the spread is gone`() {
        var world = Self.apart(["entry": .choice("maker")])
        world.pass(milliseconds: 400)
        #expect(world.notes.sent.map(\.draft.postOnly) == [true] && world.notes.sent[0].draft.price == Price(ticks: 60_000))
        world.record(0, .trade, .sell, 60_000, 15)
        world.pass(milliseconds: 100)
        #expect(Self.positions(world) == [5, -5])
        world.snapshot(1, 60_100, 60_102)
        world.pass(milliseconds: 200)
        #expect(world.venues[0].restingOrderCount == 0 && Self.positions(world) == [5, -5])
    }

    @Test func `it refuses accounts that make no pair`() {
        let leg = StrategyBinding.Leg(account: AccountID(0), instrument: InstrumentID(0))
        let other = StrategyBinding.Leg(account: AccountID(1), instrument: InstrumentID(0))
        let error = #expect(throws: ParameterError.self) {
            try CrossArb(
                PairWorld.parameters(CrossArb.specification, ["size": .amount(Money(nanos: 1, PairWorld.btc))]),
                StrategyBinding(legs: ["pilot": leg, "second": other], instruments: PairWorld.instruments()))
        }
        #expect(error?.hint == "name accounts at two venues")
    }
}
