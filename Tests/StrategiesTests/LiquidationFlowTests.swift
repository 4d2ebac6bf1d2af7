import Market
import Simulation
import Testing
import Trading

@testable import Strategies

@Suite struct LiquidationFlowTests {
    private static let start: Int64 = 1_700_000_000 * PairWorld.second

    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: start + milliseconds * 1_000_000) }

    /// Levels of 20, 30 and 45 lots at 25, 50 and 100 bp of 60,001: 59,850, 59,700 and 59,400.
    private static func world(_ changes: [String: ParameterValue] = [:], faults: [FaultPlan?] = [nil, nil]) -> PairWorld {
        var parameters: [String: ParameterValue] = [
            "size": .amount(Money(nanos: 20_000_000, PairWorld.btc)), "levels": .integer(3), "stale_after": .duration(.seconds(600)),
            "requote_ticks": .integer(10),
        ]
        parameters.merge(changes) { $1 }
        let players = [PairWorld.Player(role: "maker", venue: 0), .init(role: "taker", venue: 1)]
        var world = PairWorld(PairWorld.instruments(), players, faults: faults) { binding in
            do { return try LiquidationFlow(PairWorld.parameters(LiquidationFlow.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
        world.start()
        world.record(1, .level, .buy, 60_000, 11)
        world.pass(milliseconds: 100)
        return world
    }

    /// Forced sales of so many lots at A, which its book shows by falling to `bid`.
    private static func force(_ world: inout PairWorld, _ lots: Int64 = 500, bid: Int64 = 59_950) {
        world.record(0, .liquidation, .sell, bid, lots, [.first, .last, .liquidation])
        world.record(0, .trade, .sell, bid, lots, [.first, .last, .liquidation])
        world.snapshot(0, bid, bid + 2)
        world.pass(milliseconds: 30)
    }

    /// The price at which A is swept, and where it is then.
    private static func sweep(_ world: inout PairWorld, _ ticks: Int64, _ lots: Int64 = 500) {
        world.record(0, .trade, .sell, ticks, lots, [.first, .last, .liquidation])
        world.pass(milliseconds: 100)
    }

    private static func resting(_ world: PairWorld) -> [[Int64]] {
        world.core.openOrders.filter { $0.draft.purpose == .quote }.map { [$0.price?.ticks ?? 0, $0.quantity.lots] }
    }

    @Test func `nothing rests before somebody is forced, and then below where the price belongs`() {
        var world = Self.world()
        #expect(world.notes.sent.isEmpty)
        Self.force(&world, 300)
        #expect(world.notes.sent.isEmpty, "300 lots are less than 20 sizes")
        Self.force(&world, 200)
        // Where A belongs has hardly moved: the average of the difference is slow.
        #expect(Self.resting(world).map { $0[1] } == [20, 30, 45])
        let prices = Self.resting(world).map { $0[0] }
        for (price, wanted) in zip(prices, [59_850, 59_700, 59_400] as [Int64]) { #expect(abs(price - wanted) <= 3, "\(prices)") }
        #expect(world.notes.sent.allSatisfy { $0.draft.side == .buy && $0.draft.postOnly })
    }

    @Test func `all levels are withdrawn together when it is over`() {
        var world = Self.world(["arm_for": .duration(.seconds(5))])
        Self.force(&world)
        #expect(Self.resting(world).count == 3)
        world.snapshot(0, 60_000, 60_002)
        world.pass(milliseconds: 7_000)
        #expect(Self.resting(world).isEmpty)
    }

    @Test func `what fills is hedged whole at once, and left passively when the price is back`() {
        var world = Self.world()
        Self.force(&world)
        Self.sweep(&world, 59_690)
        // The first level and the second.
        #expect(world.position(0) == 50 && world.position(1) == -50)
        world.pass(milliseconds: 600)
        #expect(Self.resting(world).map { $0[1] } == [45], "a level that filled is used up")
        world.snapshot(0, 60_000, 60_002)
        world.pass(milliseconds: 500)
        #expect(Self.resting(world).isEmpty)
        let exit = world.core.openOrders.first
        #expect(exit?.draft.side == .sell && exit?.draft.reduceOnly == true && exit?.quantity.lots == 50)
        world.record(0, .trade, .buy, 60_010, 20)
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 30 && world.position(1) == -30, "B follows each fill")
        world.record(0, .trade, .buy, 60_010, 500)
        world.pass(milliseconds: 500)
        #expect(world.position(0) == 0 && world.position(1) == 0)
        #expect(world.notes.texts.last == "cycle 1 ended: the price is back")
    }

    @Test func `levels that A has fallen past rest at its touch, and what fills there is hedged`() {
        var world = Self.world()
        // 59 bp below where B is: the levels at 25 and 50 bp are passed while they are on their way, refused, and quoted anew.
        Self.force(&world, bid: 59_650)
        world.pass(milliseconds: 1_500)
        let ladder = Self.resting(world).sorted { $0[1] < $1[1] }
        #expect(ladder.map { $0[1] } == [20, 30, 45] && ladder.prefix(2).allSatisfy { $0[0] == 59_651 }, "\(ladder)")
        Self.sweep(&world, 59_640)
        #expect(world.position(0) == 50 && world.position(1) == -50)
    }

    @Test func `where B falls too a part is hedged at once, the rest worked and then taken`() throws {
        var world = Self.world(["rest_time": .duration(.seconds(2)), "hedge_share": .rate(Rate(basisPoints: 4_000))])
        // B falls by 30 bp, twice what counts as calm, and A with it and a little further.
        world.snapshot(1, 59_820, 59_822)
        Self.force(&world, bid: 59_780)
        world.pass(milliseconds: 300)
        let nearest = try #require(Self.resting(world).first)[0]
        world.record(0, .trade, .sell, nearest - 1, 500, [.first, .last, .liquidation])
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 20 && world.position(1) == -9)
        let worked = world.core.openOrders.first { $0.draft.account.index == 1 }
        #expect(worked?.draft.purpose == .rebalance && worked?.draft.postOnly == true && worked?.quantity.lots == 11)
        world.record(1, .trade, .buy, worked?.price?.ticks ?? 0, 15)
        world.pass(milliseconds: 100)
        #expect(world.position(1) == -14, "10 stood there before")
        world.pass(milliseconds: 3_000)
        #expect(world.position(0) == 20 && world.position(1) == -20, "what did not fill in time is taken")
    }

    @Test func `what does not come back is closed in time, both legs at once`() {
        var world = Self.world(["max_hold": .duration(.seconds(10))])
        Self.force(&world)
        Self.sweep(&world, 59_840)
        #expect(world.position(0) == 20 && world.position(1) == -20)
        world.snapshot(0, 59_700, 59_702)
        world.pass(milliseconds: 15_000)
        #expect(world.position(0) == 0 && world.position(1) == 0)
        #expect(world.notes.texts.suffix(2) == ["cycle 1: closing: it was held for too long", "cycle 1 ended: it was held for too long"])
    }

    @Test func `fills that an outage hid are hedged when they are told`() {
        // A is silent while it is swept.
        let outage = FaultPlan([Fault(.privateDisconnect(.late), from: Self.at(125), until: Self.at(4_000))])
        var world = Self.world(faults: [outage, nil])
        Self.force(&world)
        Self.sweep(&world, 59_840)
        #expect(world.position(0) == 20 && world.position(1) == 0)
        world.pass(milliseconds: 6_000)
        #expect(world.position(0) == 20 && world.position(1) == -20)
    }

    @Test func `when the position is reduced by force, the hedge goes with it`() {
        let reduction = FaultPlan([Fault(.autoDeleveraging(share: PairWorld.certain), from: Self.at(2_000), until: Self.at(2_000))])
        var world = Self.world(faults: [reduction, nil])
        world.mark(0, 60_001)
        Self.force(&world)
        Self.sweep(&world, 59_840)
        #expect(world.position(0) == 20 && world.position(1) == -20)
        world.pass(milliseconds: 4_000)
        #expect(world.position(0) == 0 && world.position(1) == 0)
        #expect(world.notes.texts.last == "cycle 1 ended: nothing is held any more")
    }

    @Test func `what can be neither hedged nor undone is closed when it can, and it stops`() {
        func refusals(from milliseconds: Int64) -> FaultPlan {
            FaultPlan([Fault(.rejections(.venue, probability: PairWorld.certain), from: Self.at(milliseconds), until: Self.at(6_000))])
        }
        var world = Self.world(
            ["hedge_attempts": .integer(2), "hedge_retry_delay": .duration(.milliseconds(100))],
            faults: [refusals(from: 180), refusals(from: 0)])
        Self.force(&world)
        Self.sweep(&world, 59_840)
        world.pass(milliseconds: 1_500)
        #expect(world.position(0) == 20 && world.position(1) == 0)
        #expect(world.notes.texts.contains("closing both legs: what is held could not be hedged"))
        world.pass(milliseconds: 20_000)
        #expect(world.position(0) == 0 && world.position(1) == 0 && world.notes.texts.last == "flat; stopped")
        let sent = world.notes.sent.count
        Self.force(&world)
        world.pass(milliseconds: 1_000)
        #expect(world.notes.sent.count == sent)
    }

    @Test func `a wide or lost book of B lets nothing rest`() {
        var world = Self.world()
        world.snapshot(1, 59_900, 60_100)
        Self.force(&world)
        #expect(world.notes.sent.isEmpty)
        var lost = Self.world()
        Self.force(&lost)
        #expect(Self.resting(lost).count == 3)
        lost.record(1, .gap, .buy, 0, 0)
        lost.pass(milliseconds: 100)
        #expect(Self.resting(lost).isEmpty)
    }

    @Test func `trades and orders that a feed tells of the same force are counted once`() {
        var flow = ForcedFlow(memory: .seconds(5))
        func event(_ kind: MarketEvent.Kind, _ side: Side, at milliseconds: Int64) -> MarketEvent {
            MarketEvent(
                kind: kind, instrument: InstrumentID(0), venueTime: Self.at(milliseconds), receiveTime: Self.at(milliseconds),
                flags: side == .sell ? [.first, .last, .liquidation, .sell] : [.first, .last, .liquidation])
        }
        flow.add(event(.liquidation, .sell, at: 0), base: 50, at: Self.at(0))
        flow.add(event(.trade, .sell, at: 1), base: 30, at: Self.at(1))
        flow.add(event(.trade, .sell, at: 2), base: 20, at: Self.at(2))
        #expect(flow.amount(at: Self.at(3)) == 50 && flow.side == .sell)
        #expect(flow.amount(at: Self.at(5_003)) == 0, "it is over")
        flow.add(event(.trade, .buy, at: 10), base: 7, at: Self.at(10))
        #expect(flow.amount(at: Self.at(11)) == 7 && flow.side == .buy)
        var plain = event(.trade, .buy, at: 12)
        plain.flags = [.first, .last]
        flow.add(plain, base: 100, at: Self.at(12))
        #expect(flow.amount(at: Self.at(12)) == 7, "nobody was forced")
    }
}
