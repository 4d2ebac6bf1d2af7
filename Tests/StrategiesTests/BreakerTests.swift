import Market
import Simulation
import Strategies
import Testing
import Trading

/// What becomes of a pair when a limit of losses is passed (`risk.on_breaker`).
@Suite struct BreakerTests {
    private static func limits(_ policy: LossLimits.Policy) -> RiskLimits {
        RiskLimits(losses: LossLimits(PairWorld.usd, drawdown: 4 * PairWorld.second, policy: policy))
    }

    private static let players = [PairWorld.Player(role: "maker", venue: 0), .init(role: "taker", venue: 1)]

    /// The second venue's price rises by so much that four dollars are lost on it.
    private static func breach(_ world: inout PairWorld) {
        world.snapshot(1, 62_000, 62_002)
        world.pass(milliseconds: 3_000)
    }

    /// Takes on a pair that is not even, and does nothing else.
    private final class Uneven: Strategy {
        static let specification = StrategySpecification(name: "uneven", purpose: "Opens.", phases: [], roles: [], parameters: [])
        private let legs: [StrategyBinding.Leg]

        init(_ binding: StrategyBinding) { legs = ["maker", "taker"].map(binding.leg) }
        convenience init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) { self.init(binding) }

        var interests: Interests { [] }
        func start(_ context: inout Context) {
            for (leg, lots) in zip(legs, [9, -6] as [Int64]) {
                context.submit(
                    OrderDraft(
                        account: leg.account, instrument: leg.instrument, side: lots > 0 ? .buy : .sell, type: .market,
                        timeInForce: .immediateOrCancel, price: nil, quantity: Quantity(lots: abs(lots)), purpose: .quote))
            }
        }
        func receive(_ event: StrategyEvent, _ context: inout Context) {}
        func stop(_ reason: StopReason, _ context: inout Context) {}
    }

    private static let outcomes: [(LossLimits.Policy, [Int64])] = [
        (.holdNeutral, [9, -6]), (.flattenPair, [3, 0]), (.flattenAll, [0, 0]),
    ]

    @Test(arguments: outcomes)
    func `a breaker holds a pair, closes what is paired, or closes everything`(policy: LossLimits.Policy, left: [Int64]) {
        var world = PairWorld(PairWorld.instruments(), Self.players, limits: Self.limits(policy)) { Uneven($0) }
        world.start()
        world.pass(milliseconds: 1_500)
        #expect(world.players.indices.map(world.position) == [9, -6])
        Self.breach(&world)
        for _ in 0..<100 {
            world.pass(milliseconds: 100)
            #expect(abs(world.position(0) + world.position(1)) <= 3 + 3, "a slice at most beside what is not paired")
        }
        #expect(world.players.indices.map(world.position) == left)
        guard policy == .flattenPair else { return }
        let closing = world.notes.sent.filter { $0.draft.purpose == .flatten }
        #expect(closing.allSatisfy { $0.draft.reduceOnly && $0.draft.timeInForce == .immediateOrCancel })
        #expect(closing.map(\.draft.quantity.lots) == [6, 6], "as much of the one as of the other")
        #expect(world.notes.texts.last == "breaker: the pair is closed")
    }

    @Test func `a hedger does not work against the closing of its pair`() {
        let changes: [String: ParameterValue] = [
            "size": .amount(Money(nanos: 20_000_000, PairWorld.btc)), "stale_after": .duration(.hours(1)),
        ]
        var world = PairWorld(PairWorld.instruments(), Self.players, limits: Self.limits(.flattenPair)) { binding in
            do { return try Xemm(PairWorld.parameters(Xemm.specification, changes), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
        world.start()
        world.record(1, .level, .buy, 60_000, 11)
        world.pass(milliseconds: 30)
        world.record(0, .trade, .sell, 59_970, 9)
        world.pass(milliseconds: 1_500)
        #expect(world.players.indices.map(world.position) == [9, -9])
        Self.breach(&world)
        world.pass(milliseconds: 20_000)
        #expect(world.players.indices.map(world.position) == [0, 0])
        let traded = world.notes.fills.reduce(Int64(0)) { $0 + $1.fill.quantity.lots }
        #expect(traded == 36, "in and out, and nothing back and forth")
    }
}
