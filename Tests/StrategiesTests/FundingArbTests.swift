import Market
import Simulation
import Testing
import Trading

@testable import Strategies

@Suite struct FundingArbTests {
    private static let start: Int64 = 1_700_000_000 * PairWorld.second

    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: start + milliseconds * 1_000_000) }
    private static func btc(_ lots: Int64) -> ParameterValue { .amount(Money(nanos: lots * 1_000_000, PairWorld.btc)) }

    /// 40 lots in clips of 20. The first venue pays 4 bp more than the second every 8 h, or what is stated.
    private static func world(
        _ changes: [String: ParameterValue] = [:], collateral: Int64 = 100_000, faults: [FaultPlan?] = [nil, nil]
    ) -> PairWorld {
        var parameters: [String: ParameterValue] = [
            "max_notional": btc(40), "clip": btc(20), "stale_after": .duration(.hours(100)), "costs": .rate(.zero),
            "basis_buffer": .rate(.zero), "confirm": .duration(.seconds(10)), "funding_stale": .duration(.hours(20)),
        ]
        parameters.merge(changes) { $1 }
        return PairWorld(
            PairWorld.instruments(),
            [.init(role: "maker", venue: 0, collateral: collateral), .init(role: "taker", venue: 1, collateral: collateral)], faults: faults
        ) { binding in
            do { return try FundingArb(PairWorld.parameters(FundingArb.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
    }

    private static func tell(_ world: inout PairWorld, _ one: Int64, _ two: Int64, dueInSeconds: Int64 = 3_600) {
        world.funding(0, basisPoints: one, everySeconds: 28_800, dueInSeconds: dueInSeconds)
        world.funding(1, basisPoints: two, everySeconds: 28_800, dueInSeconds: dueInSeconds)
    }

    /// Started, with rates that pay for selling the first: 4 bp in 8 h are 43.8 % a year.
    private static func started(
        _ changes: [String: ParameterValue] = [:], collateral: Int64 = 100_000, faults: [FaultPlan?] = [nil, nil],
        dueInSeconds: Int64 = 3_600
    ) -> PairWorld {
        var world = world(changes, collateral: collateral, faults: faults)
        world.start()
        tell(&world, 5, 1, dueInSeconds: dueInSeconds)
        return world
    }

    /// Somebody lifts the first venue's best ask until a clip of ours has filled whole.
    private static func lift(_ world: inout PairWorld, times: Int = 1) {
        for _ in 0..<times {
            world.pass(milliseconds: 500)
            world.record(0, .trade, .buy, 60_003, 200)
            world.pass(milliseconds: 500)
        }
    }

    /// Open with both clips, 12 s after the start.
    private static func open(
        _ changes: [String: ParameterValue] = [:], collateral: Int64 = 100_000, faults: [FaultPlan?] = [nil, nil]
    ) -> PairWorld {
        var world = started(changes, collateral: collateral, faults: faults)
        world.pass(milliseconds: 10_000)
        lift(&world, times: 2)
        return world
    }

    private static func positions(_ world: PairWorld) -> [Int64] { (0...1).map(world.position) }
    private static func says(_ world: PairWorld, _ text: String) -> Bool { world.notes.texts.contains { $0.contains(text) } }

    @Test func `a difference that does not last, or does not earn its costs, is left alone`() {
        var world = Self.started()
        world.pass(milliseconds: 9_000)
        Self.tell(&world, 2, 1)
        world.pass(milliseconds: 20_000)
        #expect(world.notes.sent == [])
        // 12 bp a day, half of which is expected to last.
        var dear = Self.started(["costs": .rate(Rate(basisPoints: 6))])
        dear.pass(milliseconds: 20_000)
        #expect(dear.notes.sent == [])
        var cheap = Self.started(["costs": .rate(Rate(basisPoints: 4))])
        cheap.pass(milliseconds: 20_000)
        #expect(cheap.notes.sent.count > 0)
    }

    @Test func `it sells where longs pay more, clip by clip, hedged as they fill`() {
        var world = Self.started()
        world.pass(milliseconds: 11_000)
        #expect(world.notes.sent.map(\.draft.postOnly) == [true] && world.notes.sent[0].draft.quantity.lots == 20)
        world.record(0, .trade, .buy, 60_002, 15)
        world.pass(milliseconds: 100)
        #expect(Self.positions(world) == [-5, 5], "10 stood ahead")
        Self.lift(&world, times: 3)
        #expect(Self.positions(world) == [-40, 40] && Self.says(world, "holding -0.04 and 0.04"))
        // The other way around where the second venue's longs pay more.
        var other = Self.world()
        other.start()
        Self.tell(&other, 1, 5)
        other.pass(milliseconds: 11_000)
        other.record(0, .trade, .sell, 59_999, 200)
        other.pass(milliseconds: 500)
        #expect(Self.positions(other) == [20, -20])
    }

    @Test func `rates are compared by the hour, each by its own interval`() {
        // 8 bp in 8 h are as much as 1 bp in an hour.
        var world = Self.world()
        world.start()
        world.funding(0, basisPoints: 8, everySeconds: 28_800, dueInSeconds: 3_600)
        world.funding(1, basisPoints: 1, everySeconds: 3_600, dueInSeconds: 3_600)
        world.pass(milliseconds: 30_000)
        #expect(world.notes.sent == [])
        // 1 bp an hour is more than 3 bp in 8 h.
        world.funding(0, basisPoints: 3, everySeconds: 28_800, dueInSeconds: 3_500)
        world.pass(milliseconds: 11_000)
        #expect(world.notes.sent.first?.draft.side == .buy)
    }

    @Test func `it collects at settlements and leaves when the difference has gone`() {
        var world = Self.open(["min_hold": .duration(.seconds(60)), "check_interval": .duration(.seconds(5))])
        for venue in 0...1 { world.mark(venue, 60_000) }
        world.pass(milliseconds: 3_600_000)
        for venue in 0...1 { world.mark(venue, 60_000) }
        Self.tell(&world, 1, 1, dueInSeconds: 28_000)
        world.pass(milliseconds: 9_000)
        #expect(Self.positions(world) == [-40, 40])
        world.pass(milliseconds: 12_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "closing: the difference has gone"))
        // 40 lots at 60,000 are 2,400 USD: 5 bp received, 1 bp paid.
        #expect(Self.says(world, "funding 1.2 USD and -0.24 USD in 2 payments, realised less predicted 0 ± 0 bp an hour"))
        let closing = world.notes.sent.filter { $0.draft.purpose == .flatten }
        #expect(closing.count >= 4 && closing.allSatisfy { $0.draft.reduceOnly })
    }

    @Test func `rates that turn before a settlement are not waited for`() {
        var world = Self.open(["confirm": .duration(.seconds(10)), "min_hold": .duration(.seconds(60))])
        world.pass(milliseconds: 3_550_000)
        // 38 s before the settlement: what is received becomes what is paid.
        Self.tell(&world, -3, 2, dueInSeconds: 38)
        world.pass(milliseconds: 8_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the difference has turned before a settlement"))
        world.pass(milliseconds: 40_000)
        world.mark(0, 60_000)
        world.mark(1, 60_000)
        world.pass(milliseconds: 1_000)
        #expect(Self.says(world, "no funding"))
    }

    @Test func `nothing is entered just before a settlement`() {
        var world = Self.started(dueInSeconds: 35)
        world.pass(milliseconds: 34_000)
        #expect(world.notes.sent.isEmpty)
        Self.tell(&world, 5, 1, dueInSeconds: 28_800)
        world.pass(milliseconds: 3_000)
        #expect(world.notes.sent.count == 1)
    }

    @Test func `no clip is sent before both venues report what the ones before it made`() {
        let late = FaultPlan([
            Fault(.positionReports(lag: .zero, error: Rate(basisPoints: -10_000)), from: Self.at(9_000), until: Self.at(15_000))
        ])
        var world = Self.started(faults: [nil, late])
        world.pass(milliseconds: 10_000)
        Self.lift(&world, times: 3)
        #expect(Self.positions(world) == [-20, 20], "the second venue says that it holds nothing")
        world.pass(milliseconds: 4_000)
        Self.lift(&world)
        #expect(Self.positions(world) == [-40, 40])
    }

    @Test func `where the taker leg is refused the maker leg is undone`() {
        let refusals = FaultPlan([Fault(.rejections(.venue, probability: PairWorld.certain), until: Self.at(20_000))])
        var world = Self.started(
            ["hedge_attempts": .integer(2), "hedge_retry_delay": .duration(.milliseconds(100)), "cooldown": .duration(.hours(1))],
            faults: [nil, refusals])
        world.pass(milliseconds: 10_500)
        world.record(0, .trade, .buy, 60_002, 15)
        world.pass(milliseconds: 50)
        #expect(Self.positions(world) == [-5, 0])
        world.pass(milliseconds: 5_000)
        #expect(Self.positions(world) == [0, 0])
    }

    @Test func `what a venue closes by force is closed at the other too`() {
        let forced = FaultPlan([Fault(.autoDeleveraging(share: Rate(basisPoints: 5_000)), from: Self.at(20_000), until: Self.at(20_000))])
        var world = Self.open(faults: [nil, forced])
        #expect(Self.positions(world) == [-40, 40])
        world.pass(milliseconds: 10_000)
        world.mark(1, 60_000)
        world.pass(milliseconds: 1_500)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the taker leg was closed by force"))
    }

    @Test func `prices that part by more than the stop end it, and so does a profit`() {
        var world = Self.open()
        // The leg that is sold rises by 0.6 %, the other one stays.
        world.snapshot(0, 60_360, 60_362)
        world.pass(milliseconds: 5_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the prices have gone against it"))
        var lucky = Self.open(["take_profit": .rate(Rate(basisPoints: 50))])
        lucky.snapshot(0, 59_600, 59_602)
        lucky.pass(milliseconds: 5_000)
        #expect(Self.positions(lucky) == [0, 0] && Self.says(lucky, "it has earned enough"))
    }

    @Test func `with too much leverage both legs shrink together`() {
        var world = Self.open(
            ["max_notional": Self.btc(100), "clip": Self.btc(100), "max_leverage": .integer(2), "equity_skew": .rate(PairWorld.certain)],
            collateral: 4_000)
        #expect(Self.positions(world) == [-100, 100])
        // The market rises by a third: the sold leg has lost 2,000 of its 4,000, and holds four times the rest.
        for venue in 0...1 { world.snapshot(venue, 80_000, 80_002) }
        world.pass(milliseconds: 5_000)
        #expect(Self.says(world, "more leverage than allowed"))
        let held = Self.positions(world)
        #expect(held[0] == -held[1] && (-52 ... -48).contains(held[0]))
    }

    @Test func `collateral that is too unequal ends it`() {
        var world = Self.open(["equity_skew": .rate(Rate(basisPoints: 100)), "max_notional": Self.btc(40)], collateral: 3_000)
        for venue in 0...1 { world.snapshot(venue, 62_000, 62_002) }
        world.pass(milliseconds: 5_000)
        #expect(Self.positions(world) == [0, 0] && Self.says(world, "the collateral is too unequal"))
    }

    @Test func `a gap in what is known of a market closes nothing`() {
        var world = Self.open()
        world.record(0, .gap, .buy, 0, 0)
        world.pass(milliseconds: 60_000)
        #expect(Self.positions(world) == [-40, 40] && !world.notes.sent.contains { $0.draft.purpose == .flatten })
    }

    @Test func `no more pairs are opened within an hour than allowed`() {
        var world = Self.started(
            ["max_opens": .integer(2), "max_hold": .duration(.seconds(5)), "cooldown": .duration(.seconds(1))], dueInSeconds: 90_000)
        for _ in 0..<120 { Self.lift(&world) }
        let opened = world.notes.texts.filter { $0.contains("sells the maker leg") }.count
        #expect(opened == 2 && Self.positions(world) == [0, 0])
    }

    @Test func `it refuses parameters that contradict each other`() {
        let leg = StrategyBinding.Leg(account: AccountID(0), instrument: InstrumentID(0))
        let other = StrategyBinding.Leg(account: AccountID(1), instrument: InstrumentID(1))
        let binding = StrategyBinding(legs: ["maker": leg, "taker": other], instruments: PairWorld.instruments())
        let error = #expect(throws: ParameterError.self) {
            try FundingArb(
                PairWorld.parameters(
                    FundingArb.specification, ["max_notional": Self.btc(1), "clip": Self.btc(1), "exit_apr": .rate(PairWorld.certain)]),
                binding)
        }
        #expect(error?.parameter == "exit_apr" && error?.hint == "state less than min_edge_apr")
    }
}

@Suite struct FundingWatchTests {
    private static let instrument = PairWorld.instruments()[0]

    private static func event(_ rate: Int64, hours: Int64, at: Int64, due: Int64) -> MarketEvent {
        MarketEvent(
            kind: .funding, instrument: InstrumentID(0), venueTime: Timestamp(nanoseconds: at * 3_600 * PairWorld.second),
            receiveTime: Timestamp(nanoseconds: at * 3_600 * PairWorld.second), price: rate, quantity: hours * 3_600 * PairWorld.second,
            detail: due * 3_600 * PairWorld.second)
    }

    @Test func `a rate without an interval says nothing`() {
        var watch = FundingWatch()
        for leg in 0...1 { watch.receive(Self.event(800, hours: 0, at: 1, due: 8), leg: leg, Self.instrument) }
        #expect(watch.difference(at: Timestamp(nanoseconds: 0), within: .hours(1)) == nil)
        watch.receive(Self.event(800, hours: 8, at: 1, due: 8), leg: 0, Self.instrument)
        watch.receive(Self.event(-100, hours: 1, at: 1, due: 2), leg: 1, Self.instrument)
        let now = Timestamp(nanoseconds: 3_600 * PairWorld.second)
        #expect(watch.difference(at: now, within: .hours(1)) == 200)
        #expect(watch.difference(at: now + .hours(2), within: .hours(1)) == nil, "too old")
        #expect(watch.nextSettlement(after: now) == Timestamp(nanoseconds: 2 * 3_600 * PairWorld.second))
        // Longs pay at the first, shorts at the second.
        #expect(watch.nextSettlement(after: now, paidBy: [1, 1]) == Timestamp(nanoseconds: 8 * 3_600 * PairWorld.second))
    }

    @Test func `a difference that halves with each settlement is not expected to last`() {
        var watch = FundingWatch()
        func tell(_ rate: Int64, _ hour: Int64) {
            watch.receive(Self.event(0, hours: 1, at: hour, due: hour + 1), leg: 1, Self.instrument)
            watch.receive(Self.event(rate, hours: 1, at: hour, due: hour + 1), leg: 0, Self.instrument)
        }
        tell(1 << 20, 0)
        #expect(watch.persistence(of: 1_000, over: .hours(4), otherwise: 0.5) == 0.5, "nothing was realised yet")
        for hour in 1...10 { tell(1 << (20 - Int64(hour)), Int64(hour)) }
        // ½ + ¼ + ⅛ + 1/16 of it, over four settlements.
        let share = watch.persistence(of: 1_000, over: .hours(4), otherwise: 0.5)
        #expect(abs(share - 0.234) < 0.01, "\(share)")
    }

    @Test func `a regression finds the slope, and whether what strays comes back`() throws {
        var random = SeededGenerator(seed: 4, stream: 0)
        var (walk, returning) = ([0.0], [0.0])
        for index in 0..<400 {
            let step = Double(random.uniform(in: -100...100))
            walk.append(walk[index] + step)
            returning.append(returning[index] * 0.8 + step)
        }
        let fitted = try #require(AutoRegression(returning))
        #expect(abs(fitted.slope - 0.8) < 0.08 && fitted.isStationary)
        #expect(AutoRegression(walk)?.isStationary == false)
        #expect(AutoRegression([1, 1, 1, 1, 1, 1, 1, 1, 1]) == nil && AutoRegression([1, 2, 3]) == nil)
    }
}
