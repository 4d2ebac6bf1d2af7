import Market
import Simulation
import Strategies
import Testing
import Trading

/// The kill that closes everything, at venues where things go wrong.
@Suite struct KillTests {
    private static let start: Int64 = 1_700_000_000 * PairWorld.second

    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: start + milliseconds * 1_000_000) }

    /// An idle strategy in a world that holds 400 lots on the first venue and −400 on the second.
    private static func world(_ lots: [Int64] = [400, -400], faults: [FaultPlan?] = [nil, nil], reconcile: Bool = true) -> PairWorld {
        var world = PairWorld(
            PairWorld.instruments(), [.init(role: "maker", venue: 0), .init(role: "taker", venue: 1)], faults: faults,
            reconcileEvery: reconcile ? .seconds(5) : nil
        ) { Opener($0, lots) }
        world.start()
        world.pass(milliseconds: 500)
        return world
    }

    private final class Opener: Strategy {
        static let specification = StrategySpecification(name: "opener", purpose: "Opens.", phases: [], roles: [], parameters: [])
        private let orders: [(leg: StrategyBinding.Leg, lots: Int64)]

        init(_ binding: StrategyBinding, _ lots: [Int64]) {
            orders = zip(["maker", "taker"].map(binding.leg), lots).map { ($0, $1) }
        }
        convenience init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) { self.init(binding, [1, -1]) }

        var interests: Interests { [] }
        func start(_ context: inout Context) {
            for order in orders where order.lots != 0 {
                context.submit(
                    OrderDraft(
                        account: order.leg.account, instrument: order.leg.instrument, side: order.lots > 0 ? .buy : .sell, type: .market,
                        timeInForce: .immediateOrCancel, price: nil, quantity: Quantity(lots: abs(order.lots)), purpose: .quote))
            }
        }
        func receive(_ event: StrategyEvent, _ context: inout Context) {}
        func stop(_ reason: StopReason, _ context: inout Context) {}
    }

    private static func kill(_ world: PairWorld, _ level: KillLevel = .flatten) {
        world.tell(.kill(level))
    }

    private static func closing(_ world: PairWorld) -> [Order] { world.notes.sent.filter { $0.draft.purpose == .flatten } }

    @Test(arguments: [true, false])
    func `both legs go in equal slices, reduce-only, and it is said when nothing is left`(reconciles: Bool) {
        var world = Self.world(reconcile: reconciles)
        #expect(world.position(0) == 400 && world.position(1) == -400)
        Self.kill(world)
        for _ in 0..<100 {
            world.pass(milliseconds: 100)
            #expect(world.position(0) >= 0 && world.position(1) <= 0)
        }
        #expect(world.position(0) == 0 && world.position(1) == 0)
        let orders = Self.closing(world)
        #expect(orders.allSatisfy { $0.draft.reduceOnly && $0.draft.timeInForce == .immediateOrCancel && $0.draft.price != nil })
        let sizes = [0, 1].map { account in orders.filter { $0.draft.account.index == account }.map(\.quantity.lots) }
        #expect(sizes[0] == sizes[1] && !sizes[0].isEmpty)
        #expect(world.notes.texts == ["kill: closing all that the accounts hold", "kill: flat in BTC"])
    }

    @Test func `told twice it closes once, and told again it closes what has come since`() {
        var world = Self.world()
        Self.kill(world)
        Self.kill(world)
        world.tell(.flatten)
        world.pass(milliseconds: 5_000)
        #expect(Self.closing(world).count == 2 && world.notes.texts.count == 2)
        Self.kill(world)
        world.pass(milliseconds: 5_000)
        #expect(Self.closing(world).count == 2, "there is nothing left to close")
    }

    @Test func `what is held is the venue's word: no more is asked for than it has`() {
        let plan = FaultPlan([
            Fault(.droppedReports(probability: PairWorld.certain), from: Self.at(100), until: Self.at(450)),
            Fault(.autoDeleveraging(share: Rate(basisPoints: 5_000)), from: Self.at(200), until: Self.at(200)),
        ])
        var world = Self.world(faults: [plan, nil], reconcile: false)
        #expect(world.position(0) == 200 && world.core.position(AccountID(0), InstrumentID(0)).lots == 400, "the record is wrong")
        Self.kill(world)
        world.pass(milliseconds: 5_000)
        #expect(world.position(0) == 0 && world.position(1) == 0)
        #expect(Self.closing(world).first { $0.draft.account.index == 1 }?.quantity.lots == 200, "what nothing offsets goes first")
    }

    @Test func `a position that our record does not have is found and closed`() {
        // All reports of the opening are lost; the venues' answers tell of it.
        let lost = FaultPlan([Fault(.droppedReports(probability: PairWorld.certain), from: Self.at(0), until: Self.at(450))])
        var world = Self.world([300, 0], faults: [lost, nil], reconcile: false)
        #expect(world.position(0) == 300 && world.core.position(AccountID(0), InstrumentID(0)) == .zero)
        Self.kill(world)
        world.pass(milliseconds: 5_000)
        #expect(world.position(0) == 0)
    }

    @Test func `where a venue refuses it raises the alarm, goes on, and closes when it can`() {
        let refusals = FaultPlan([Fault(.rejections(.margin, probability: PairWorld.certain), from: Self.at(400), until: Self.at(8_000))])
        var world = Self.world(faults: [nil, refusals])
        Self.kill(world)
        world.pass(milliseconds: 4_000)
        #expect(world.notes.texts.contains { $0.hasPrefix("ALARM: -0.4 BTC could not be closed") })
        world.pass(milliseconds: 40_000)
        #expect(world.position(0) == 0 && world.position(1) == 0 && world.notes.texts.last == "kill: flat in BTC")
    }

    @Test func `levels below close nothing`() {
        for level in [KillLevel.stopQuoting, .cancelAll, .reduceOnly] {
            var world = Self.world()
            Self.kill(world, level)
            world.pass(milliseconds: 5_000)
            #expect(world.position(0) == 400 && world.position(1) == -400 && Self.closing(world).isEmpty)
        }
    }
}
