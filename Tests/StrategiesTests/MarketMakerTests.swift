import Market
import Simulation
import Testing
import Trading

@testable import Strategies

@Suite struct MarketMakerTests {
    private static func world(_ changes: [String: ParameterValue] = [:], faults: [FaultPlan?] = [nil, nil]) -> PairWorld {
        var parameters = changes
        parameters["size"] = .amount(Money(nanos: 20_000_000, PairWorld.btc))
        parameters["stale_after"] = .duration(.seconds(600))
        var world = PairWorld(PairWorld.instruments(), [.init(role: "maker", venue: 0), .init(role: "taker", venue: 1)], faults: faults) {
            binding in
            do { return try MarketMaker(PairWorld.parameters(MarketMaker.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
        world.start()
        // A change at the other venue, which wakes it.
        world.record(1, .level, .buy, 60_000, 11)
        world.pass(milliseconds: 1_100)
        return world
    }

    /// Prices of the quotes sent last, bid and ask.
    private static func quotes(_ world: PairWorld) -> [Int64?] {
        [Side.buy, .sell].map { side in
            world.notes.sent.last { $0.draft.side == side && $0.draft.purpose == .quote }?.draft.price?.ticks
        }
    }

    @Test func `it quotes both sides at the stated distance from the fair price`() {
        // 5 bp of 60,001 are 30.0005, rounded away from the fair price.
        let world = Self.world()
        #expect(Self.quotes(world) == [59_970, 60_032])
        #expect(world.notes.sent.allSatisfy { $0.draft.postOnly && $0.draft.quantity.lots == 20 } && world.venues[0].restingOrderCount == 2)
    }

    @Test func `the micro-price leans to the side that shows less`() {
        var world = Self.world(["requote_ticks": .integer(1)])
        world.record(0, .level, .sell, 60_002, 90)
        world.pass(milliseconds: 500)
        // (60,000 × 90 + 60,002 × 10) ÷ 100 = 60,000.2
        #expect(Self.quotes(world) == [59_970, 60_031])
    }

    @Test func `what it holds shifts both quotes against it, and at the limit one side is left`() {
        var world = Self.world(["max_inventory": .integer(1)])
        world.record(0, .trade, .sell, 59_900, 15)
        world.pass(milliseconds: 500)
        #expect(world.position(0) == 15)
        // Three quarters of a clip: 0.75 bp of 60,001 are 4.5.
        #expect(Self.quotes(world)[1] == 60_027)
        world.record(0, .trade, .sell, 59_900, 50)
        world.pass(milliseconds: 500)
        #expect(world.position(0) >= 20 && world.venues[0].restingOrderCount == 1)
        #expect(world.position(1) == 0, "nothing is hedged unless asked")
    }

    @Test func `all of the inventory is hedged as it fills`() {
        var world = Self.world(["hedge": .choice("all")])
        world.record(0, .trade, .sell, 59_900, 7)
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 7 && world.position(1) == -7)
    }

    @Test func `or what is beyond the clips that are kept`() {
        var world = Self.world(["hedge": .choice("excess"), "hedge_above": .integer(1)])
        world.record(0, .trade, .sell, 59_900, 20)
        world.pass(milliseconds: 500)
        #expect(world.position(0) == 20 && world.position(1) == 0)
        world.record(0, .trade, .sell, 59_900, 12)
        world.pass(milliseconds: 500)
        #expect(world.position(0) == 32 && world.position(1) == -12)
        world.record(0, .trade, .buy, 60_100, 100)
        world.pass(milliseconds: 500)
        #expect(world.position(0) == 12 && world.position(1) == -12, "what is less than a clip either way stays")
    }

    @Test func `where the first venue's book empties nothing is quoted, and what still fills is hedged`() {
        var world = Self.world(["hedge": .choice("all")])
        let sent = world.notes.sent.count
        for ticks in [60_000, 59_995] as [Int64] { world.record(0, .level, .buy, ticks, 0) }
        // The cancels are on their way when the bid is hit.
        world.record(0, .trade, .sell, 59_900, 9)
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 9 && world.position(1) == -9 && world.notes.fills.first?.cancelPending == true)
        #expect(world.venues[0].restingOrderCount == 0)
        for _ in 0..<10 {
            world.record(0, .level, .sell, 60_007, 4_000)
            world.pass(milliseconds: 500)
        }
        #expect(world.notes.sent.dropFirst(sent).allSatisfy { $0.draft.purpose == .hedge }, "no quote without a book")
        #expect(world.position(0) + world.position(1) == 0)
        world.snapshot(0, 60_000, 60_002)
        world.pass(milliseconds: 500)
        #expect(world.venues[0].restingOrderCount == 2)
    }

    @Test func `what can be neither hedged nor undone is closed when it can, and it stops`() {
        // Both venues refuse for four seconds: the hedge, and then the undoing.
        func plan(_ from: Int64) -> FaultPlan {
            let start = Timestamp(nanoseconds: 1_700_000_000 * PairWorld.second)
            return FaultPlan([
                Fault(.rejections(.venue, probability: PairWorld.certain), from: start + .milliseconds(from), until: start + .seconds(5))
            ])
        }
        var world = Self.world(
            ["hedge": .choice("all"), "hedge_attempts": .integer(2), "hedge_retry_delay": .duration(.milliseconds(100))],
            faults: [plan(1_150), plan(0)])
        world.record(0, .trade, .sell, 59_900, 9)
        world.pass(milliseconds: 1_000)
        #expect(world.position(0) == 9 && world.position(1) == 0)
        #expect(world.notes.texts.contains("closing both legs: what is held could not be hedged"))
        world.pass(milliseconds: 10_000)
        #expect(world.position(0) == 0 && world.position(1) == 0 && world.notes.texts.last == "flat; stopped")
        let sent = world.notes.sent.count
        world.snapshot(0, 60_010, 60_012)
        world.pass(milliseconds: 5_000)
        #expect(world.notes.sent.count == sent && world.venues[0].restingOrderCount == 0)
    }

    @Test func `when the venue that is hedged at is lost nothing is quoted`() {
        var world = Self.world(["hedge": .choice("all")])
        world.record(1, .gap, .buy, 0, 0)
        world.pass(milliseconds: 100)
        #expect(world.venues[0].restingOrderCount == 0)
        // Without a hedge it does not matter.
        var alone = Self.world()
        alone.record(1, .gap, .buy, 0, 0)
        alone.pass(milliseconds: 100)
        #expect(alone.venues[0].restingOrderCount == 2)
    }

    @Test func `distances of Avellaneda and Stoikov grow with volatility`() {
        var world = Self.world(["spread": .choice("avellaneda_stoikov"), "half_spread": .rate(.zero), "requote_ticks": .integer(1)])
        world.pass(milliseconds: 5_000)
        // A price that does not move: ln(1 + 0.1/0.5) ÷ 0.1 = 1.823 bp of 60,001 are 10.94.
        #expect(Self.quotes(world) == [59_990, 60_012])
        for index in 0..<60 as Range<Int64> {
            let mid = 60_000 + 12 * (index % 2)
            world.snapshot(0, mid, mid + 2)
            world.pass(milliseconds: 1_000)
        }
        let (bid, ask) = (Self.quotes(world)[0] ?? 0, Self.quotes(world)[1] ?? 0)
        #expect(ask - bid > 40, "\(bid) \(ask)")
    }

    @Test func `around another venue's mid it allows for the usual difference`() {
        var world = Self.world(["fair": .choice("other_mid"), "requote_ticks": .integer(1)])
        world.snapshot(1, 60_100, 60_102)
        world.pass(milliseconds: 500)
        // The difference was nothing until now: the move is believed.
        #expect(Self.quotes(world)[0] == 60_001, "no further than it may rest")
        #expect((Self.quotes(world)[1] ?? 0) > 60_120)
    }

    @Test(arguments: [
        (2.0, 0.693_147_180_559_945_3), (10, 2.302_585_092_994_046), (1.2, 0.182_321_556_793_954_6), (0.1, -2.302_585_092_994_046), (1, 0),
    ])
    func `the logarithm of a series is the logarithm`(x: Double, expected: Double) {
        #expect(abs(naturalLogarithm(x) - expected) < 1e-14)
    }
}
