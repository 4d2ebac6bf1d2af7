import Market
import Simulation
import Strategies
import Testing
import Trading

/// Opens what it is told to, and leaves it a second later.
private final class Leaver: Strategy {
    static let specification = StrategySpecification(name: "leaver", purpose: "Opens and leaves.", phases: [], roles: [], parameters: [])

    private let legs: [StrategyBinding.Leg]
    private let lots: [Int64]
    let exit: SlicedExit
    private(set) var ends: [AlgorithmEnd] = []

    init(_ binding: StrategyBinding, _ lots: [Int64], _ configure: (inout SlicedExit.Configuration) -> Void) {
        legs = ["maker", "taker"].map(binding.leg)
        self.lots = lots
        var configuration = SlicedExit.Configuration(legs: legs, quantities: lots.map { Quantity(lots: abs($0)) })
        configure(&configuration)
        exit = SlicedExit(configuration)
    }

    convenience init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) { self.init(binding, [1, -1]) { _ in } }

    var interests: Interests { [] }
    func start(_ context: inout Context) {
        for (leg, lots) in zip(legs, lots) where lots != 0 {
            context.submit(
                OrderDraft(
                    account: leg.account, instrument: leg.instrument, side: lots > 0 ? .buy : .sell, type: .market,
                    timeInForce: .immediateOrCancel, price: nil, quantity: Quantity(lots: abs(lots)), purpose: .quote))
        }
        context.wake(at: context.now + .seconds(1))
    }

    func stop(_ reason: StopReason, _ context: inout Context) {}

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        if case .algorithm(_, let end) = event { ends.append(end) }
        if case .timer = event { context.run(exit) }
    }
}

@Suite struct SlicedExitTests {
    private static let start: Int64 = 1_700_000_000 * PairWorld.second

    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: start + milliseconds * 1_000_000) }

    /// A world that holds `lots` since the start and begins to leave after a second.
    private static func world(
        _ lots: [Int64], faults: [FaultPlan?] = [nil, nil], _ configure: @escaping (inout SlicedExit.Configuration) -> Void = { _ in }
    ) -> (PairWorld, Leaver) {
        var made: Leaver?
        var world = PairWorld(
            PairWorld.instruments(), [.init(role: "maker", venue: 0), .init(role: "taker", venue: 1)], faults: faults
        ) { binding in
            let leaver = Leaver(binding, lots, configure)
            made = leaver
            return leaver
        }
        world.start()
        world.pass(milliseconds: 900)
        guard let made else { preconditionFailure("the world makes its strategy") }
        return (world, made)
    }

    private static func orders(_ world: PairWorld) -> [String] {
        world.notes.sent.filter { $0.draft.purpose == .flatten }.map {
            "\(($0.submittedAt.nanoseconds - start) / 1_000_000) ms: \($0.draft.account.index) \($0.draft.quantity.lots)"
        }
    }

    @Test func `a pair is left in matched slices, the first leg ahead, the second by what filled of it`() {
        var (world, leaver) = Self.world([50, -50]) { $0.slice = 20_000_000 }
        for _ in 0..<60 {
            world.pass(milliseconds: 100)
            #expect((0...20).contains(-world.position(1) - world.position(0)), "no more than a slice is unpaired")
        }
        #expect(
            Self.orders(world) == [
                "1000 ms: 0 20", "1020 ms: 1 20", "2000 ms: 0 20", "2020 ms: 1 20", "3000 ms: 0 10", "3020 ms: 1 10",
            ])
        let sent = world.notes.sent.filter { $0.draft.purpose == .flatten }
        #expect(sent.allSatisfy { $0.draft.reduceOnly && $0.draft.timeInForce == .immediateOrCancel })
        #expect(world.position(0) == 0 && world.position(1) == 0)
        #expect(leaver.ends.map(\.reason) == [.filled] && leaver.ends.map(\.filled.lots) == [50])
        #expect(leaver.exit.slices.map { $0.closed.map(\.lots) } == [[20, 20], [20, 20], [10, 10]])
    }

    @Test func `no slice takes more than its share of what either book shows`() {
        var (world, _) = Self.world([50, -50]) { $0.depthShare = Rate(basisPoints: 10) }
        world.pass(milliseconds: 1_000)
        // 5,010 lots are shown within the cap.
        #expect(Self.orders(world) == ["1000 ms: 0 5", "1020 ms: 1 5"])
        world.record(1, .level, .sell, 60_007, 2_000)
        world.pass(milliseconds: 500)
        #expect(Self.orders(world).last == "2020 ms: 1 2")
    }

    @Test func `what fills of a slice is what the second leg trades`() {
        var (world, leaver) = Self.world([50, -50]) { $0.slice = 20_000_000 }
        world.pass(milliseconds: 105)
        // Somebody is faster.
        world.record(0, .level, .buy, 60_000, 4)
        world.record(0, .level, .buy, 59_995, 3)
        world.pass(milliseconds: 700)
        #expect(Self.orders(world).count > 1 && world.position(0) > 30, "less than a slice filled")
        #expect(world.position(0) == -world.position(1) && leaver.ends == [])
    }

    @Test func `where the second leg fails it goes further each time, then gives up with one slice unpaired`() {
        let refusals = FaultPlan([Fault(.rejections(.rateLimit, probability: PairWorld.certain), from: Self.at(900))])
        var (world, leaver) = Self.world([50, -50], faults: [nil, refusals]) {
            ($0.slice, $0.attempts, $0.slippage) = (20_000_000, 3, Rate(basisPoints: 100))
        }
        world.pass(milliseconds: 3_000)
        let prices = world.notes.sent.filter { $0.draft.purpose == .flatten && $0.draft.account.index == 1 }.map { $0.draft.price?.ticks }
        #expect(prices == [60_602, 61_202, 61_802])
        #expect(world.position(0) == 30 && world.position(1) == -50 && leaver.ends.map(\.reason) == [.attempts])
    }

    @Test func `while the outcome of an order is unknown no other is sent`() {
        let lost = FaultPlan([Fault(.submitFailure(.silence), from: Self.at(900), until: Self.at(1_500))])
        var (world, leaver) = Self.world([50, -50], faults: [lost, nil])
        world.pass(milliseconds: 1_500)
        #expect(Self.orders(world) == ["1000 ms: 0 50"])
        world.pass(milliseconds: 10_000)
        #expect(world.position(0) == 0 && world.position(1) == 0 && leaver.ends.map(\.reason) == [.filled])
    }

    @Test func `one leg alone is reduced by what is asked`() {
        var (world, leaver) = Self.world([50, 0]) { $0.quantities = [Quantity(lots: 15), .zero] }
        world.pass(milliseconds: 1_000)
        #expect(world.position(0) == 35 && leaver.ends.map(\.filled.lots) == [15])
        var (other, _) = Self.world([0, -50]) { $0.quantities = [.zero, Quantity(lots: 15)] }
        other.pass(milliseconds: 1_000)
        #expect(other.position(1) == -35)
    }

    @Test func `it waits for a book that shows something, and no longer than it may`() {
        var (world, leaver) = Self.world([50, -50]) { $0.timeout = .seconds(5) }
        for ticks in [60_002, 60_007] as [Int64] { world.record(1, .level, .sell, ticks, 0) }
        world.pass(milliseconds: 4_000)
        #expect(Self.orders(world) == [] && leaver.ends == [], "not one leg of a pair")
        world.pass(milliseconds: 3_000)
        #expect(leaver.ends.map(\.reason) == [.timeout] && world.position(0) == 50)
    }
}
