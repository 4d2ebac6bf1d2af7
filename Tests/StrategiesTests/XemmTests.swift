import Market
import Simulation
import Strategies
import Testing
import Trading

@Suite struct XemmTests {
    private static func world(
        takerMinimum: Int64 = 1, _ changes: [String: ParameterValue] = [:], faults: [FaultPlan?] = [nil, nil],
        collateral: [Int64] = [100_000, 100_000]
    ) -> PairWorld {
        var parameters = changes
        parameters["size"] = .amount(Money(nanos: 20_000_000, PairWorld.btc))
        let players = [
            PairWorld.Player(role: "maker", venue: 0, collateral: collateral[0]), .init(role: "taker", venue: 1, collateral: collateral[1]),
        ]
        return PairWorld(PairWorld.instruments(takerMinimum: takerMinimum), players, faults: faults) { binding in
            do { return try Xemm(PairWorld.parameters(Xemm.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
    }

    /// A world whose quotes rest: 3 bp off 60,001 are 18 ticks.
    private static func quoting(
        takerMinimum: Int64 = 1, _ changes: [String: ParameterValue] = [:], faults: [FaultPlan?] = [nil, nil],
        collateral: [Int64] = [100_000, 100_000]
    ) -> PairWorld {
        var world = world(takerMinimum: takerMinimum, changes, faults: faults, collateral: collateral)
        world.start()
        world.record(1, .level, .buy, 60_000, 11)
        world.pass(milliseconds: 30)
        return world
    }

    @Test func `it quotes both sides off the other venue's executable prices`() {
        let world = Self.quoting()
        let quotes = world.notes.sent.map { ($0.draft.side, $0.draft.price?.ticks ?? 0, $0.draft.quantity.lots, $0.draft.postOnly) }
        // Selling 20 lots on the other venue gets 11 at 60,000 and 9 at 59,995: 59,997.75, less 3 bp of it: 59,979.75.
        #expect(quotes.first ?? (.sell, 0, 0, false) == (.buy, 59_979, 20, true))
        // Buying costs 60,004.5; with 3 bp 60,022.5.
        #expect(quotes.last ?? (.buy, 0, 0, false) == (.sell, 60_023, 20, true))
    }

    @Test(arguments: [[200, 100_000], [100_000, 200], [100_000, 100_000]] as [[Int64]])
    func `nothing is quoted that either account could not carry, but what reduces`(collateral: [Int64]) {
        // A clip is worth 1,200: six times what the poor one has.
        let isPoor = collateral.contains(200)
        let plain = Self.quoting(["leverage": .integer(5)], collateral: collateral)
        #expect(plain.venues[0].restingOrderCount == (isPoor ? 0 : 2))
        var bold = Self.quoting(["leverage": .integer(10), "max_inventory": .integer(5)], collateral: collateral)
        #expect(bold.venues[0].restingOrderCount == 2)
        bold.record(0, .trade, .sell, 59_970, 20)
        bold.pass(milliseconds: 300)
        bold.record(1, .level, .buy, 60_000, 12)
        bold.pass(milliseconds: 300)
        #expect(bold.position(0) == 20 && bold.position(1) == -20)
        let sides = Set(bold.core.openOrders.map(\.draft.side))
        #expect(sides == (isPoor ? [.sell] : [.buy, .sell]), "a second clip is more than it can carry")
    }

    @Test func `nothing is quoted whose hedge would slip by more than it may`() {
        // Of 20 lots nine are taken five dollars below the touch: 2.25 on average, a third of a basis point.
        #expect(Self.quoting(["max_hedge_slippage": .rate(Rate(trillionths: 30_000_000))]).venues[0].restingOrderCount == 0)
        #expect(Self.quoting(["max_hedge_slippage": .rate(Rate(trillionths: 80_000_000))]).venues[0].restingOrderCount == 2)
    }

    @Test func `a partial fill is hedged by what filled, at once`() {
        var world = Self.quoting()
        world.record(0, .trade, .sell, 59_970, 7)
        world.pass(milliseconds: 25)
        #expect(world.position(0) == 7)
        world.pass(milliseconds: 30)
        #expect(world.position(1) == -7)
        #expect(world.notes.sent.last?.draft.purpose == .hedge)
    }

    @Test func `a fill while the cancel is on its way is hedged like any other`() {
        var world = Self.quoting()
        // The other venue falls by far: the bid must go, and is hit before the cancel arrives.
        world.snapshot(1, 59_000, 59_002)
        world.record(0, .trade, .sell, 59_970, 5)
        world.pass(milliseconds: 100)
        #expect(world.notes.fills.first?.cancelPending == true)
        #expect(world.position(0) == 5 && world.position(1) == -5)
    }

    @Test func `what the other venue counts and has not told is not hedged again`() {
        let start = Timestamp(nanoseconds: 1_700_000_000 * PairWorld.second)
        let lost = Fault(
            .droppedReports(probability: PairWorld.certain), from: start + .milliseconds(40), until: start + .milliseconds(200))
        var world = Self.quoting(
            ["hedge_retry_delay": .duration(.milliseconds(10)), "stale_after": .duration(.seconds(60))], faults: [nil, FaultPlan([lost])])
        world.record(0, .trade, .sell, 59_970, 7)
        world.pass(milliseconds: 1_500)
        #expect(world.position(1) == -7 && world.core.position(AccountID(1), InstrumentID(1)) == .zero, "nobody has told")
        // The order is asked about: it has ended filled, the venue says, and its fills come an answer later.
        world.pass(milliseconds: 3_000)
        #expect(world.core.position(AccountID(1), InstrumentID(1)) == Quantity(lots: -7))
        #expect(world.position(1) == -7 && world.notes.sent.count { $0.draft.purpose == .hedge } == 1)
    }

    @Test func `fills below the other venue's minimum wait until they are enough`() {
        var world = Self.quoting(takerMinimum: 10)
        world.record(0, .trade, .sell, 59_970, 4)
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 4 && world.position(1) == 0)
        world.record(0, .trade, .sell, 59_970, 7)
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 11 && world.position(1) == -11)
    }

    @Test func `what stays below the minimum is taken off on the maker when it is old`() {
        var world = Self.quoting(
            takerMinimum: 10,
            ["sub_min": .choice("flatten_on_maker"), "max_pending_age": .duration(.seconds(2)), "stale_after": .duration(.seconds(60))])
        world.record(0, .trade, .sell, 59_970, 4)
        world.pass(milliseconds: 1_000)
        #expect(world.position(0) == 4)
        world.pass(milliseconds: 2_000)
        #expect(world.position(0) == 0 && world.position(1) == 0)
    }

    @Test func `nothing is quoted on a book that is stale or lost`() {
        var world = Self.quoting()
        world.pass(milliseconds: 6_000)
        #expect(world.venues[0].restingOrderCount == 0, "stale")
        var gapped = Self.quoting()
        gapped.record(1, .gap, .buy, 0, 0)
        gapped.pass(milliseconds: 100)
        #expect(gapped.venues[0].restingOrderCount == 0)
        let sent = gapped.notes.sent.count
        gapped.record(0, .level, .buy, 60_000, 12)
        gapped.pass(milliseconds: 500)
        #expect(gapped.notes.sent.count == sent)
    }

    @Test func `when the hedge fails again and again the maker leg is reduced`() {
        var world = Self.quoting(["hedge_attempts": .integer(2), "hedge_retry_delay": .duration(.milliseconds(100))])
        // Everything that could be hit on the other venue goes far away just when the fill comes.
        world.record(1, .level, .buy, 60_000, 0)
        world.record(1, .level, .buy, 59_995, 0)
        world.record(1, .level, .buy, 30_000, 1)
        world.record(0, .trade, .sell, 59_970, 5)
        for _ in 0..<20 {
            world.pass(milliseconds: 100)
            world.record(1, .level, .buy, 30_000, 0)
            world.record(1, .level, .buy, 30_000, 1)
        }
        #expect(abs(world.position(0) + world.position(1)) <= 1)
    }

    @Test func `what can be neither hedged nor undone is closed when it can, and it stops`() {
        // Both venues refuse for five seconds: the hedge from the start, the undoing once there is something to undo.
        func refusals(from milliseconds: Int64) -> FaultPlan {
            let start = Timestamp(nanoseconds: 1_700_000_000 * PairWorld.second)
            return FaultPlan([
                Fault(
                    .rejections(.venue, probability: PairWorld.certain), from: start + .milliseconds(milliseconds),
                    until: start + .seconds(5))
            ])
        }
        var world = Self.quoting(
            ["hedge_attempts": .integer(2), "hedge_retry_delay": .duration(.milliseconds(100)), "stale_after": .duration(.seconds(60))],
            faults: [refusals(from: 100), refusals(from: 0)])
        world.record(0, .trade, .sell, 59_970, 9)
        world.pass(milliseconds: 1_000)
        #expect(world.position(0) == 9 && world.position(1) == 0 && world.venues[0].restingOrderCount == 0)
        #expect(world.notes.texts.contains("closing both legs: what is held could not be hedged"))
        world.pass(milliseconds: 15_000)
        #expect(world.position(0) == 0 && world.position(1) == 0 && world.notes.texts.last == "flat; stopped")
        let sent = world.notes.sent.count
        world.snapshot(0, 60_010, 60_012)
        world.snapshot(1, 60_010, 60_012)
        world.pass(milliseconds: 5_000)
        #expect(world.notes.sent.count == sent && world.venues[0].restingOrderCount == 0)
    }
}
