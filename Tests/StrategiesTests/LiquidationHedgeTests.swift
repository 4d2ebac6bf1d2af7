import Market
import Simulation
import Strategies
import Testing
import Trading

@Suite struct LiquidationHedgeTests {
    private static let start: Int64 = 1_700_000_000 * PairWorld.second

    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: start + milliseconds * 1_000_000) }

    private static func plan(_ kind: Fault.Kind, _ account: Int, from: Int64 = 0, until: Int64? = nil) -> Fault {
        Fault(kind, account: AccountID(account), from: at(from), until: until.map(at) ?? .never)
    }

    /// M at one venue, T1 and T2 with 1,000 each at another, which asks for 2 % and takes over below 1.2 %.
    private static func world(_ changes: [String: ParameterValue] = [:], faults: [Fault] = [], makerFaults: [Fault] = []) -> PairWorld {
        let table = MarginTable(
            symbol: "BTC", initial: .flat(Rate(basisPoints: 200)), maintenance: .flat(Rate(basisPoints: 120)))
        return PairWorld(
            PairWorld.instruments(),
            [
                .init(role: "maker", venue: 0), .init(role: "taker_1", venue: 1, collateral: 1_000, leverage: 50),
                .init(role: "taker_2", venue: 1, collateral: 1_000, leverage: 50),
            ],
            margin: .init(rules: .plain, tables: [table], liquidationFee: Rate(basisPoints: 100)),
            faults: [FaultPlan(makerFaults), FaultPlan(faults)]
        ) { binding in
            let parameters = PairWorld.parameters(LiquidationHedge.specification, changes)
            do { return try LiquidationHedge(parameters, binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
    }

    /// The same after M's entry has filled.
    private static func entered(_ changes: [String: ParameterValue] = [:], faults: [Fault] = [], makerFaults: [Fault] = []) -> PairWorld {
        var world = world(changes, faults: faults, makerFaults: makerFaults)
        world.start()
        world.pass(milliseconds: 100)
        world.record(0, .trade, .sell, 59_999, 5_000)
        return world
    }

    private static func positions(_ world: PairWorld) -> [Int64] { (0...2).map(world.position) }

    private static func says(_ world: PairWorld, _ text: String) -> Bool { world.notes.texts.contains { $0.contains(text) } }

    @Test func `M enters, T1 hedges what filled, T2 goes the other way after a pause, and M gives up what is not needed`() {
        var world = Self.world()
        world.start()
        world.pass(milliseconds: 100)
        // 1,000 × 0.96 × 50 ÷ 60,001 = 0.79998…
        #expect(world.notes.sent.map(\.draft.quantity.lots) == [799])
        world.record(0, .trade, .sell, 60_000, 310)
        world.pass(milliseconds: 100)
        #expect(Self.positions(world) == [300, -300, 0], "a part is hedged by what filled of it")
        world.record(0, .trade, .sell, 59_999, 5_000)
        world.pass(milliseconds: 1_900)
        #expect(Self.positions(world) == [799, -799, 0], "T2 waits for two seconds and more")
        world.pass(milliseconds: 3_500)
        #expect(Self.positions(world) == [0, -799, 799])
        #expect(Self.says(world, "cycle 1: monitoring M 0, T1 -0.799, T2 0.799"))
    }

    @Test func `when the venue closes T1 by force what is left is closed within two seconds, and each account's loss is told`() {
        var world = Self.entered()
        world.pass(milliseconds: 6_000)
        #expect(Self.positions(world) == [0, -799, 799])
        world.snapshot(1, 60_700, 60_702)
        world.mark(1, 60_700)
        #expect(world.position(1) == 0, "the venue has taken it over")
        world.pass(milliseconds: 2_000)
        #expect(Self.positions(world) == [0, 0, 0])
        #expect(Self.says(world, "closing everything: T1 was closed by force"))
        let lines = world.notes.texts.suffix(5)
        #expect(lines.first?.hasPrefix("cycle 1 ended: T1 was closed by force; naked for ") == true)
        let line = lines.first { $0.contains("cycle 1, T1:") } ?? ""
        let end = world.venues[1].cash(AccountID(1))[0]
        let loss = Money(nanos: 1_000 * PairWorld.second, PairWorld.usd) - end
        #expect(line.contains("collateral 1000 USD → \(end)") && line.hasSuffix("with a loss of \(loss)"), "\(line)")
        #expect(line.contains("closed by force 0.799 at 2023-11-14T22:13:26"))
        #expect(world.notes.texts.last == "stopped: 1 cycles are done")
    }

    @Test(arguments: [true, false]) func `where T2 is refused M stays against T1, and goes with it`(isRefused: Bool) {
        var world = Self.entered(faults: isRefused ? [Self.plan(.rejections(.margin, probability: PairWorld.certain), 2)] : [])
        world.pass(milliseconds: 10_000)
        #expect(Self.positions(world) == (isRefused ? [799, -799, 0] : [0, -799, 799]))
        #expect(Self.says(world, "T2 could not be entered; M and T1 stay a pair") == isRefused && Self.says(world, "monitoring"))
        world.snapshot(1, 60_700, 60_702)
        world.mark(1, 60_700)
        world.pass(milliseconds: 2_000)
        #expect(Self.positions(world) == [0, 0, 0])
    }

    @Test func `what T2 does not get, M keeps`() {
        var world = Self.entered()
        world.pass(milliseconds: 500)
        world.record(1, .level, .sell, 60_007, 490)
        world.pass(milliseconds: 10_000)
        #expect(Self.positions(world) == [299, -799, 500])
    }

    @Test func `where M is not filled the cycle ends flat, after its tries`() {
        var world = Self.world(["entry_timeout": .duration(.seconds(5)), "entry_attempts": .integer(2)])
        world.start()
        world.pass(milliseconds: 20_000)
        #expect(world.notes.sent.count == 2 && Self.positions(world) == [0, 0, 0])
        #expect(world.venues[0].restingOrderCount == 0 && Self.says(world, "closing everything: M could not be entered"))
        // A part is enough to go on with.
        var part = Self.world(["entry_timeout": .duration(.seconds(5)), "entry_attempts": .integer(2)])
        part.start()
        part.pass(milliseconds: 100)
        part.record(0, .trade, .sell, 60_000, 110)
        part.pass(milliseconds: 20_000)
        #expect(Self.positions(part) == [0, -100, 100])
    }

    @Test(arguments: [true, false]) func `where T1 is refused again and again M is closed`(isRefusedForGood: Bool) {
        // Once refused it tries again; when that helps the cycle goes on.
        let until: Int64? = isRefusedForGood ? nil : 600
        var world = Self.entered(
            ["taker_attempts": .integer(2)], faults: [Self.plan(.rejections(.venue, probability: PairWorld.certain), 1, until: until)])
        world.pass(milliseconds: 200)
        #expect(Self.positions(world) == [799, 0, 0])
        world.pass(milliseconds: 8_000)
        #expect(Self.positions(world) == (isRefusedForGood ? [0, 0, 0] : [0, -799, 799]))
        #expect(Self.says(world, "closing everything: T1 could not hedge M") == isRefusedForGood)
        if isRefusedForGood { #expect(world.notes.sent.filter { $0.draft.account.index == 1 }.count == 3) }
    }

    @Test(arguments: [true, false]) func `where M cannot be rebalanced everything is closed`(isRefused: Bool) {
        let refusal = Self.plan(.rejections(.rateLimit, probability: PairWorld.certain), 0, from: 1_000, until: 20_000)
        var world = Self.entered(makerFaults: isRefused ? [refusal] : [])
        world.pass(milliseconds: 19_000)
        // M's venue takes nothing; the two takers are gone.
        #expect(Self.positions(world) == (isRefused ? [799, 0, 0] : [0, -799, 799]))
        #expect(Self.says(world, "closing everything: M could not be rebalanced") == isRefused)
        world.pass(milliseconds: 20_000)
        #expect(Self.positions(world) == (isRefused ? [0, 0, 0] : [0, -799, 799]))
    }

    @Test func `what became of T1's hedge is found out before another is sent`() {
        var world = Self.entered(faults: [Self.plan(.submitFailure(.silence), 1, until: 2_000)])
        world.pass(milliseconds: 2_000)
        #expect(world.notes.sent.filter { $0.draft.purpose == .hedge }.count == 1 && world.position(1) == 0)
        world.pass(milliseconds: 20_000)
        #expect(world.notes.sent.filter { $0.draft.purpose == .hedge && $0.draft.account.index == 1 }.count == 2)
        #expect(Self.positions(world) == [0, -799, 799])
    }

    @Test func `the acknowledged fill of a hedge whose report came late is not sent twice`() {
        var world = Self.entered(faults: [Self.plan(.lateReports(probability: PairWorld.certain, by: .milliseconds(700)), 1, until: 4_000)])
        world.pass(milliseconds: 20_000)
        #expect(world.notes.sent.filter { $0.draft.purpose == .hedge }.count == 1)
        #expect(Self.positions(world) == [0, -799, 799])
    }

    @Test(arguments: [true, false]) func `a forced closing that nobody told of is believed when the venue says so twice`(asks: Bool) {
        // Without asking, only what the venue tells by itself counts, and that was lost.
        var world = Self.entered(
            ["monitor_interval": .duration(asks ? .seconds(5) : .hours(1))],
            faults: [
                Self.plan(.droppedReports(probability: PairWorld.certain), 1, from: 9_000, until: 9_100),
                Self.plan(.autoDeleveraging(share: PairWorld.certain), 1, from: 9_050, until: 9_050),
            ])
        world.pass(milliseconds: 9_000)
        #expect(Self.positions(world) == [0, 0, 799] && world.core.position(AccountID(1), InstrumentID(1)).lots == -799)
        world.pass(milliseconds: 7_000)
        #expect(Self.positions(world) == [0, 0, asks ? 0 : 799])
        #expect(Self.says(world, "closing everything: the position of T1 is gone, the venue says") == asks)
    }

    @Test(arguments: [true, false]) func `a position that the venue does not confirm ends the cycle`(isWrongForLong: Bool) {
        // It is asked once more before that.
        let wrong = Self.plan(
            .positionReports(lag: .zero, error: Rate(basisPoints: 5_000)), 1, until: isWrongForLong ? 20_000 : 1_500)
        var world = Self.entered(faults: [wrong])
        world.pass(milliseconds: 30_000)
        #expect(Self.says(world, "the venue does not report the position of T1 that its fills make") == isWrongForLong)
        #expect(Self.positions(world) == (isWrongForLong ? [0, 0, 0] : [0, -799, 799]))
    }

    @Test(arguments: [true, false]) func `after its time a cycle ends, and the next goes the other way if asked`(reverse: Bool) {
        var world = Self.entered(["timeout": .duration(.seconds(60)), "max_cycles": .integer(2), "reverse": .boolean(reverse)])
        world.pass(milliseconds: 59_000)
        #expect(Self.positions(world) == [0, -799, 799])
        world.pass(milliseconds: 3_000)
        #expect(Self.positions(world) == [0, 0, 0] && Self.says(world, "cycle 1 ended: the cycle's time is over"))
        #expect(world.notes.sent.last?.draft.side == (reverse ? .sell : .buy) && world.notes.sent.last?.draft.purpose == .quote)
    }

    @Test func `the same seed draws the same pause`() {
        func pause() -> [Timestamp] {
            var world = Self.entered()
            world.pass(milliseconds: 6_000)
            return world.notes.sent.filter { $0.draft.account.index == 2 }.map(\.submittedAt)
        }
        #expect(pause() == pause() && pause().count == 1)
    }

    @Test func `it refuses accounts that are not three, and collateral that is too small`() {
        let legs = (0...2).map { StrategyBinding.Leg(account: AccountID($0), instrument: InstrumentID(min($0, 1))) }
        let error = #expect(throws: ParameterError.self) {
            try LiquidationHedge(
                PairWorld.parameters(LiquidationHedge.specification, [:]),
                StrategyBinding(
                    legs: ["maker": legs[0], "taker_1": legs[1], "taker_2": legs[1]], instruments: PairWorld.instruments()))
        }
        #expect(error?.parameter == "accounts" && error?.hint == "name three accounts")
        var poor = Self.world(["min_collateral": .amount(Money(nanos: 1_001 * PairWorld.second, PairWorld.usd))])
        poor.start()
        #expect(poor.notes.texts == ["stopped: the collateral of T1 is below min_collateral"] && poor.notes.sent == [])
    }
}
