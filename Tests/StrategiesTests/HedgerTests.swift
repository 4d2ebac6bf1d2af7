import Market
import Simulation
import Strategies
import Testing
import Trading

/// What a hedger does where its plain way is barred: another leg, a second order for one need, amounts that are too small.
@Suite struct HedgerTests {
    private static let start = Timestamp(nanoseconds: 1_700_000_000 * PairWorld.second)

    private static func at(_ milliseconds: Int64) -> Timestamp { start + .milliseconds(milliseconds) }

    /// Quotes rest on the first venue; the books of both stand still.
    private static func world(
        _ changes: [String: ParameterValue] = [:], minimums: [Int64] = [1, 1], alternate: Int? = nil, faults: [FaultPlan?] = [nil, nil]
    ) -> PairWorld {
        var parameters = changes
        parameters["size"] = .amount(Money(nanos: 20_000_000, PairWorld.btc))
        parameters["stale_after"] = .duration(.hours(1))
        var instruments = PairWorld.instruments()
        for index in instruments.indices { instruments[index].minimumQuantity = Quantity(lots: minimums[index]) }
        var players = [PairWorld.Player(role: "maker", venue: 0), .init(role: "taker", venue: 1)]
        if let alternate { players.append(.init(role: "alternate", venue: alternate)) }
        var world = PairWorld(instruments, players, faults: faults) { binding in
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

    // MARK: Another leg

    private static let refusal = Fault.Kind.rejections(.margin, probability: PairWorld.certain)

    private static let quick: [String: ParameterValue] = [
        "hedge_attempts": .integer(2), "hedge_retry_delay": .duration(.milliseconds(100)),
    ]

    @Test(arguments: [true, false])
    func `what the taker refuses again and again is hedged on the alternate; without one the maker leg is reduced`(heals: Bool) {
        let refused = Fault(Self.refusal, account: AccountID(1))
        var world = Self.world(Self.quick, alternate: heals ? 1 : nil, faults: [nil, FaultPlan([refused])])
        world.record(0, .trade, .sell, 59_970, 5)
        world.pass(milliseconds: 1_000)
        #expect(Self.positions(world) == (heals ? [5, 0, -5] : [0, 0]))
        #expect(world.notes.texts.contains("the hedge failed 3 times: trying the alternate leg") == heals)
        guard heals else { return }
        let tried = world.notes.sent.filter { $0.draft.purpose == .hedge }.map(\.draft.account.index)
        #expect(tried == [1, 1, 1, 2], "three times the one, at once the other")
    }

    @Test func `the alternate is taken off first by a hedge that can`() {
        let refused = Fault(Self.refusal, account: AccountID(1), from: Self.start, until: Self.at(900))
        var world = Self.world(Self.quick, alternate: 1, faults: [nil, FaultPlan([refused])])
        world.record(0, .trade, .sell, 59_970, 5)
        world.pass(milliseconds: 1_000)
        #expect(Self.positions(world) == [5, 0, -5])
        world.record(0, .trade, .buy, 60_030, 8)
        world.pass(milliseconds: 1_000)
        #expect(Self.positions(world) == [-3, 3, 0], "five of eight stood there, the rest is the taker's")
    }

    @Test func `a taker without a price is left for the alternate`() {
        var world = Self.world(Self.quick, alternate: 0)
        for ticks in [60_000, 59_995] as [Int64] { world.record(1, .level, .buy, ticks, 0) }
        world.record(0, .trade, .sell, 59_970, 5)
        world.pass(milliseconds: 1_000)
        #expect(Self.positions(world) == [5, 0, -5])
    }

    @Test func `where no leg can be traded all three are closed at last`() {
        let end = Self.at(6_000)
        let taker = Fault(Self.refusal, account: AccountID(1), from: Self.start, until: end)
        // The others refuse from the second fill on.
        let alternate = Fault(Self.refusal, account: AccountID(2), from: Self.at(1_000), until: end)
        let maker = Fault(Self.refusal, from: Self.at(1_100), until: end)
        var world = Self.world(Self.quick, alternate: 1, faults: [FaultPlan([maker]), FaultPlan([alternate, taker])])
        world.record(0, .trade, .sell, 59_970, 5)
        world.pass(milliseconds: 1_050)
        #expect(Self.positions(world) == [5, 0, -5])
        world.record(0, .trade, .sell, 59_970, 4)
        world.pass(milliseconds: 2_000)
        #expect(world.notes.texts.contains("closing both legs: what is held could not be hedged"))
        world.pass(milliseconds: 15_000)
        #expect(Self.positions(world) == [0, 0, 0] && world.notes.texts.last == "flat; stopped")
    }

    // MARK: A hedge that nobody tells of

    private static func silent(_ policy: String, from milliseconds: Int64) -> PairWorld {
        let outage = Fault(.outage(.silence), from: at(milliseconds), until: at(12_000))
        return world(
            ["inflight_policy": .choice(policy), "unknown_patience": .duration(.seconds(3))], faults: [nil, FaultPlan([outage])])
    }

    @Test(arguments: [true, false])
    func `the need of a hedge that is lost is met on the maker leg after a while; without: it stays open`(heals: Bool) {
        var world = Self.silent(heals ? "duplicate_reduce_only" : "wait", from: 35)
        world.record(0, .trade, .sell, 59_970, 5)
        world.pass(milliseconds: 2_900)
        #expect(Self.positions(world) == [5, 0])
        world.pass(milliseconds: 3_000)
        #expect(Self.positions(world) == [heals ? 0 : 5, 0])
        let reductions = world.notes.sent.filter { $0.draft.purpose == .flatten }
        #expect(reductions.allSatisfy { $0.draft.reduceOnly && $0.draft.account == AccountID(0) } && reductions.count == (heals ? 1 : 0))
        world.pass(milliseconds: 20_000)
        #expect(Self.positions(world) == (heals ? [0, 0] : [5, -5]), "when it is known, nothing is too much")
    }

    @Test func `a hedge that filled after all is hedged back`() {
        // It arrives at 50 ms; what tells of it does not, until the venue is asked.
        let lost = Fault(.droppedReports(probability: PairWorld.certain), from: Self.at(45), until: Self.at(2_000))
        let policy: [String: ParameterValue] = [
            "inflight_policy": .choice("duplicate_reduce_only"), "unknown_patience": .duration(.seconds(1)),
        ]
        var world = Self.world(policy, faults: [nil, FaultPlan([lost])])
        world.record(0, .trade, .sell, 59_970, 5)
        world.pass(milliseconds: 1_900)
        #expect(Self.positions(world) == [5, -5])
        var least: Int64 = 0
        for _ in 0..<500 {
            world.pass(milliseconds: 10)
            least = min(least, Self.positions(world).reduce(0, +))
        }
        #expect(least == -5, "no more than the hedge is wrong")
        #expect(Self.positions(world) == [0, 0])
        #expect(world.notes.sent.filter { $0.draft.purpose != .quote }.map(\.draft.purpose) == [.hedge, .flatten, .hedge])
    }

    // MARK: Below the minimum

    private static func overshooting(_ policy: String, minimums: [Int64]) -> PairWorld {
        world(
            ["sub_min": .choice(policy), "max_pending_age": .duration(.seconds(2)), "max_inventory": .integer(100)], minimums: minimums)
    }

    @Test(arguments: [true, false])
    func `what is too little is overshot, and the rest traded on the maker; without: it stays`(heals: Bool) {
        var world = Self.overshooting(heals ? "overshoot_then_trim" : "accumulate", minimums: [3, 10])
        world.record(0, .trade, .sell, 59_970, 4)
        world.pass(milliseconds: 1_900)
        #expect(Self.positions(world) == [4, 0], "others may net it")
        world.pass(milliseconds: 1_000)
        #expect(Self.positions(world) == (heals ? [10, -10] : [4, 0]))
        let sent = world.notes.sent.filter { $0.draft.purpose != .quote }
        #expect(sent.map(\.draft.quantity.lots) == (heals ? [10, 6] : []))
    }

    @Test func `what an overshoot leaves and neither leg takes waits for fills that net it`() {
        var world = Self.overshooting("overshoot_then_trim", minimums: [3, 10])
        world.record(0, .trade, .sell, 59_970, 8)
        world.pass(milliseconds: 10_000)
        #expect(Self.positions(world) == [8, -10], "two are below both minimums: nothing more is sent")
        #expect(world.notes.sent.count { $0.draft.purpose != .quote } == 1)
        world.record(0, .trade, .sell, 59_970, 2)
        world.pass(milliseconds: 10_000)
        #expect(Self.positions(world) == [10, -10])
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `overshooting ends, and leaves less than the taker's minimum`(seed: UInt64) {
        var world = Self.overshooting("overshoot_then_trim", minimums: [3, 10])
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let side: Side = generator.uniform(in: 0...1) == 0 ? .buy : .sell
            world.record(0, .trade, side, side == .sell ? 59_970 : 60_030, generator.uniform(in: 1...9))
            world.pass(milliseconds: generator.uniform(in: 50...4_000))
            #expect(abs(world.position(0) + world.position(1)) < 20, "one fill on its way beside what is below the minimum")
            world.snapshot(0, 60_000, 60_002)
            world.snapshot(1, 60_000, 60_002)
        }
        world.pass(milliseconds: 10_000)
        let own = world.notes.sent.count { $0.draft.purpose != .quote }
        let quoted = world.notes.fills.count { fill in
            world.notes.sent.contains { $0.id == fill.fill.order && $0.draft.purpose == .quote }
        }
        #expect(quoted > 20 && own <= 2 * quoted, "\(own) orders for \(quoted) fills")
        #expect(abs(world.position(0) + world.position(1)) < 10)
        world.pass(milliseconds: 60_000)
        #expect(world.notes.sent.count { $0.draft.purpose != .quote } == own, "it has come to rest")
    }
}
