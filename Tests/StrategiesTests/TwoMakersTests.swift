import Market
import Simulation
import Strategies
import Testing
import Trading

/// `xemm` with `makers: both`: quotes on two venues, one ledger.
@Suite struct TwoMakersTests {
    private static func world(_ makers: String = "both", _ changes: [String: ParameterValue] = [:]) -> PairWorld {
        var parameters = changes
        parameters["size"] = .amount(Money(nanos: 20_000_000, PairWorld.btc))
        parameters["makers"] = .choice(makers)
        for fee in ["reverse_maker_fee", "reverse_taker_fee"] { parameters[fee] = .rate(.zero) }
        parameters["stale_after"] = .duration(.hours(1))
        var world = PairWorld { binding in
            do { return try Xemm(PairWorld.parameters(Xemm.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
        world.start()
        world.record(1, .level, .buy, 60_000, 11)
        world.pass(milliseconds: 30)
        return world
    }

    private static func positions(_ world: PairWorld) -> [Int64] { world.players.indices.map(world.position) }

    private static func hedges(_ world: PairWorld) -> [Order] { world.notes.sent.filter { $0.draft.purpose == .hedge } }

    @Test(arguments: [true, false])
    func `a fill on the second venue is hedged on the first, whose quotes go without waiting; one maker has no quote there`(both: Bool) {
        var world = Self.world(both ? "both" : "one")
        #expect(world.venues.map(\.restingOrderCount) == [2, both ? 2 : 0])
        world.record(1, .trade, .sell, 59_970, 5)
        // The report takes 10 ms, the hedge and the cancels as long again.
        world.pass(milliseconds: 21)
        guard both else { return #expect(Self.positions(world) == [0, 0]) }
        #expect(Self.positions(world) == [-5, 5])
        #expect(world.venues[0].restingOrderCount == 0)
        #expect(Self.hedges(world).map(\.draft.account.index) == [0])
        world.record(1, .level, .buy, 60_000, 12)
        world.pass(milliseconds: 300)
        world.record(1, .level, .buy, 60_000, 13)
        world.pass(milliseconds: 300)
        #expect(world.venues.map(\.restingOrderCount) == [2, 2], "what is hedged lets them rest again")
    }

    @Test(arguments: [Side.buy, .sell])
    func `what fills on both before a cancel has arrived is netted`(second: Side) {
        var world = Self.world()
        // The first venue's bid is hit; before its report has led to a cancel, the second venue's bid, or its ask.
        world.record(0, .trade, .sell, 59_970, 5)
        world.pass(milliseconds: 5)
        world.record(1, .trade, second.opposite, second == .buy ? 59_970 : 60_030, 5)
        world.pass(milliseconds: 500)
        #expect(Self.positions(world).reduce(0, +) == 0)
        let hedges = Self.hedges(world).map(\.id)
        let hedged = world.notes.fills.reduce(Int64(0)) { hedges.contains($1.fill.order) ? $0 + $1.fill.signedQuantity.lots : $0 }
        #expect(hedged == (second == .buy ? -10 : 0), "no more than the net of both")
        #expect(Self.hedges(world).reduce(0) { $0 + $1.draft.quantity.lots } <= 10)
    }

    @Test func `what is cancelled on one venue was filled there before: the late fill is hedged too`() {
        var world = Self.world()
        world.record(0, .trade, .sell, 59_970, 5)
        // The cancel of the second venue's quotes has been sent and has not arrived.
        world.pass(milliseconds: 15)
        #expect(Self.positions(world)[0] == 5 && Self.hedges(world).count == 1)
        world.record(1, .trade, .sell, 59_970, 7)
        world.pass(milliseconds: 500)
        #expect(world.notes.fills.contains { $0.account == 1 && $0.cancelPending })
        #expect(Self.positions(world).reduce(0, +) == 0)
    }

    @Test(arguments: [nil, 1, 2, 3] as [Int64?])
    func `no more rests on both than may`(clips: Int64?) {
        let world = Self.world("both", ["max_pending_maker": clips.map { .integer($0) } ?? .unlimited])
        #expect(world.venues.reduce(0) { $0 + $1.restingOrderCount } == Int(clips ?? 4))
    }

    @Test func `what is too much unhedged stops both`() {
        var world = Self.world("both", ["max_unhedged": .integer(1), "hedge_retry_delay": .duration(.seconds(30))])
        for venue in 0...1 {
            for ticks in [60_000, 59_995] as [Int64] { world.record(venue, .level, .buy, ticks, 0) }
        }
        world.record(0, .trade, .sell, 59_970, 20)
        world.record(1, .trade, .sell, 59_970, 20)
        world.pass(milliseconds: 300)
        #expect(Self.positions(world) == [20, 20])
        #expect(world.venues.map(\.restingOrderCount) == [0, 0])
    }

    @Test func `sides are those of the first venue`() {
        let world = Self.world("both", ["sides": .choice("buy")])
        let quotes = Set(world.core.openOrders.map { "\($0.draft.account.index) \($0.draft.side)" })
        #expect(quotes == ["0 buy", "1 sell"])
    }
}
