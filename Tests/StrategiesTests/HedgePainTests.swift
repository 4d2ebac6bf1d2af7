import Market
import Simulation
import Strategies
import Testing
import Trading

/// A strategy in front of which something is taken away: what it would be without.
private final class Deprived: Strategy {
    static let specification = StrategySpecification(name: "deprived", purpose: "tests", phases: [], roles: [], parameters: [])

    private let whole: any Strategy
    private let hears: (StrategyEvent, Context) -> Bool

    init(_ whole: any Strategy, hears: @escaping (StrategyEvent, Context) -> Bool) {
        self.whole = whole
        self.hears = hears
    }

    convenience init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        throw ParameterError(parameter: "name", message: "it is made around another strategy")
    }

    var interests: Interests { whole.interests }
    func start(_ context: inout Context) { whole.start(&context) }
    func stop(_ reason: StopReason, _ context: inout Context) { whole.stop(reason, &context) }
    func receive(_ event: StrategyEvent, _ context: inout Context) {
        if hears(event, context) { whole.receive(event, &context) }
    }
}

/// The pains of those who hedge, each as its situation; beside it the same situation with what heals it switched off, where the
/// damage shows (`Tests/PAINS.md`).
@Suite struct HedgePainTests {
    private static func world(
        takerMinimum: Int64 = 1, _ changes: [String: ParameterValue] = [:], faults: [FaultPlan?] = [nil, nil],
        hears: @escaping (StrategyEvent, Context) -> Bool = { _, _ in true }
    ) -> PairWorld {
        var parameters = changes
        parameters["size"] = .amount(Money(nanos: 20_000_000, PairWorld.btc))
        var world = PairWorld(
            PairWorld.instruments(takerMinimum: takerMinimum), [.init(role: "maker", venue: 0), .init(role: "taker", venue: 1)],
            faults: faults
        ) { binding in
            do { return Deprived(try Xemm(PairWorld.parameters(Xemm.specification, parameters), binding), hears: hears) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
        world.start()
        world.record(1, .level, .buy, 60_000, 11)
        world.pass(milliseconds: 30)
        return world
    }

    private static func unhedged(_ world: PairWorld) -> Int64 { world.position(0) + world.position(1) }

    @Test(arguments: [true, false])
    func `Pain 3: a maker fill while the cancel is in flight is hedged; without: whoever takes a cancel for done is left with it`(
        heals: Bool
    ) {
        var world = Self.world { event, context in
            guard case .order(let id, .filled) = event, let order = context.order(id), !heals else { return true }
            return order.pending != .cancel
        }
        // The other venue falls by far: the bid must go, and is hit before the cancel arrives.
        world.snapshot(1, 59_000, 59_002)
        world.record(0, .trade, .sell, 59_970, 5)
        world.pass(milliseconds: 500)
        #expect(world.notes.fills.first?.cancelPending == true && world.position(0) == 5)
        #expect((Self.unhedged(world) == 0) == heals)
    }

    @Test(arguments: [true, false])
    func `Pain 4: fills below the other venue's minimum add up, and are closed in time; without: they stay for good`(heals: Bool) {
        var world = Self.world(
            takerMinimum: 10,
            [
                "sub_min": .choice(heals ? "flatten_on_maker" : "accumulate"), "max_pending_age": .duration(.seconds(2)),
                "stale_after": .duration(.seconds(60)),
            ])
        world.record(0, .trade, .sell, 59_970, 4)
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 4 && world.position(1) == 0, "four are too few to hedge")
        world.record(0, .trade, .sell, 59_970, 7)
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 11 && world.position(1) == -11, "eleven are not")
        world.record(0, .trade, .sell, 59_970, 2)
        world.pass(milliseconds: 3_500)
        #expect((Self.unhedged(world) == 0) == heals)
        #expect(abs(Self.unhedged(world)) < 10)
    }

    @Test(arguments: [true, false])
    func `Pain 5: where one leg is refused the other is reduced, and no hedge ever rests; without: the leg stays open`(heals: Bool) {
        // What heals is that it gives up: without, it would try a hundred times.
        let refused = Fault(.rejections(.venue, probability: PairWorld.certain))
        var world = Self.world(
            ["hedge_attempts": .integer(heals ? 2 : 100), "hedge_retry_delay": .duration(.milliseconds(100))],
            faults: [nil, FaultPlan([refused])])
        world.record(0, .trade, .sell, 59_970, 5)
        var most: Int64 = 0
        for step in 0..<80 {
            world.pass(milliseconds: 100)
            #expect(world.venues[1].restingOrderCount == 0)
            if step >= 10 { most = max(most, abs(Self.unhedged(world))) }
        }
        #expect((most == 0) == heals)
        if !heals { #expect(Self.unhedged(world) == 5, "eight seconds later it is still open") }
        let hedges = world.notes.sent.filter { $0.draft.purpose == .hedge }
        #expect(hedges.allSatisfy { $0.draft.timeInForce == .immediateOrCancel } && hedges.count >= 3)
    }

    @Test(arguments: [true, false])
    func `Pain 13: a gap in a book stops quoting until there is a book again; without: it is filled where it can't hedge any more`(
        heals: Bool
    ) {
        var world = Self.world(["stale_after": .duration(.seconds(60))])
        #expect(world.venues[0].restingOrderCount == 2)
        // The other venue falls by far, and what told of it is lost. Whoever counts the updates knows that something is.
        world.snapshot(1, 59_000, 59_002, isHeard: false)
        if heals { world.record(1, .gap, .buy, 0, 0) }
        world.pass(milliseconds: 200)
        #expect((world.venues[0].restingOrderCount == 0) == heals)
        world.record(0, .trade, .sell, 59_970, 5)
        world.pass(milliseconds: 300)
        #expect((Self.unhedged(world) == 0) == heals)
        guard heals else { return #expect(world.position(0) == 5 && world.position(1) == 0) }
        let sent = world.notes.sent.count
        world.record(0, .level, .buy, 60_000, 12)
        world.record(1, .level, .buy, 60_000, 12)
        world.pass(milliseconds: 300)
        #expect(world.notes.sent.count == sent, "one level is no book")
        world.snapshot(1, 60_000, 60_002)
        world.record(0, .level, .buy, 60_000, 11)
        world.pass(milliseconds: 300)
        #expect(world.venues[0].restingOrderCount == 2)
    }

    @Test(arguments: [true, false])
    func `Pain 23: where the first venue's book empties nothing is quoted there and all is hedged; without: what fills stays`(heals: Bool) {
        let parameters: [String: ParameterValue] = [
            "size": .amount(Money(nanos: 20_000_000, PairWorld.btc)), "hedge": .choice(heals ? "all" : "none"),
            "stale_after": .duration(.seconds(600)),
        ]
        var world = PairWorld { binding in
            do { return try MarketMaker(PairWorld.parameters(MarketMaker.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
        world.start()
        world.record(1, .level, .buy, 60_000, 11)
        world.pass(milliseconds: 1_100)
        #expect(world.venues[0].restingOrderCount == 2)
        for ticks in [60_000, 59_995] as [Int64] { world.record(0, .level, .buy, ticks, 0) }
        world.record(0, .trade, .sell, 59_900, 9)
        world.pass(milliseconds: 500)
        #expect(world.position(0) == 9 && world.venues[0].restingOrderCount == 0)
        #expect((Self.unhedged(world) == 0) == heals)
    }

    @Test(arguments: [true, false])
    func `Pain 24: in a storm of quotes the quota is kept and hedges still go out; without a reserve they are denied`(heals: Bool) {
        var world = PairWorld(
            PairWorld.instruments(), [.init(role: "maker", venue: 0), .init(role: "taker", venue: 1)],
            limits: RiskLimits(maximumOrdersPerSecond: 8, reservedOrdersPerSecond: heals ? 3 : 0)
        ) { Storm($0) }
        world.start()
        world.pass(milliseconds: 300)
        world.record(0, .trade, .sell, 59_890, 5)
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 5)
        #expect((world.position(1) == -5) == heals)
        // Never more than the quota in any second.
        let times = world.notes.sent.map(\.submittedAt)
        #expect(times.count >= 5)
        for (index, time) in times.enumerated() where index >= 8 { #expect(time - times[index - 8] >= .seconds(1)) }
    }
}

/// Sends a quote each 10 ms, whatever becomes of it, and hedges what fills.
private final class Storm: Strategy {
    static let specification = StrategySpecification(name: "storm", purpose: "tests", phases: [], roles: [], parameters: [])

    private let binding: StrategyBinding
    private var quoteTicks: Int64 = 59_900

    init(_ binding: StrategyBinding) { self.binding = binding }
    convenience init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) { self.init(binding) }

    var interests: Interests { [] }
    func start(_ context: inout Context) { quote(&context) }
    func stop(_ reason: StopReason, _ context: inout Context) {}

    private func quote(_ context: inout Context) {
        send("maker", .buy, quoteTicks, .goodTillCancelled, Quantity(lots: 5), .quote, &context)
        quoteTicks = 59_000
        _ = context.wake(at: context.now + .milliseconds(10))
    }

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .timer: quote(&context)
        case .order(_, .filled(let fill, _)) where fill.role == .maker:
            send("taker", .sell, 59_990, .immediateOrCancel, fill.quantity, .hedge, &context)
        default: break
        }
    }

    private func send(
        _ role: String, _ side: Side, _ ticks: Int64, _ terms: TimeInForce, _ quantity: Quantity, _ purpose: OrderPurpose,
        _ context: inout Context
    ) {
        let leg = binding.leg(role)
        context.submit(
            OrderDraft(
                account: leg.account, instrument: leg.instrument, side: side, timeInForce: terms, price: Price(ticks: ticks),
                quantity: quantity,
                purpose: purpose))
    }
}
