import Market
import Simulation
import Strategies
import Testing
import Trading

/// Opens what it is told to, and closes it a second later.
private final class Closer: Strategy {
    static let specification = StrategySpecification(name: "closer", purpose: "Opens and closes.", phases: [], roles: [], parameters: [])

    private let legs: [StrategyBinding.Leg]
    private let lots: [Int64]
    private let configure: (inout Flatten.Configuration) -> Void
    private let times: Int
    private(set) var flattens: [Flatten] = []
    private(set) var ends: [AlgorithmEnd] = []
    private(set) var frozen: [FreezeReason] = []

    init(_ binding: StrategyBinding, _ lots: [Int64], times: Int = 1, _ configure: @escaping (inout Flatten.Configuration) -> Void) {
        legs = ["maker", "taker"].map(binding.leg)
        (self.lots, self.times, self.configure) = (lots, times, configure)
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
        if case .frozen(let reason) = event { frozen.append(reason) }
        guard case .timer = event else { return }
        for _ in 0..<times {
            var configuration = Flatten.Configuration(legs: legs)
            configure(&configuration)
            flattens.append(Flatten(configuration))
        }
        for flatten in flattens { context.run(flatten) }
    }
}

@Suite struct FlattenTests {
    private static let start: Int64 = 1_700_000_000 * PairWorld.second

    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(nanoseconds: start + milliseconds * 1_000_000) }

    /// A world that holds `lots` since the start and begins to close after a second.
    private static func world(
        _ lots: [Int64], times: Int = 1, faults: [FaultPlan?] = [nil, nil],
        _ configure: @escaping (inout Flatten.Configuration) -> Void = { _ in }
    ) -> (PairWorld, Closer) {
        var made: Closer?
        var world = PairWorld(
            PairWorld.instruments(), [.init(role: "maker", venue: 0), .init(role: "taker", venue: 1)], faults: faults
        ) { binding in
            let closer = Closer(binding, lots, times: times, configure)
            made = closer
            return closer
        }
        world.start()
        world.pass(milliseconds: 500)
        guard let made else { preconditionFailure("the world makes its strategy") }
        return (world, made)
    }

    private static func slices(_ world: PairWorld, _ account: Int) -> [Int64] {
        world.notes.sent.filter { $0.draft.purpose == .flatten && $0.draft.account.index == account }.map(\.draft.quantity.lots)
    }

    @Test func `a pair is closed in equal slices, none larger than its share of what is shown`() {
        var (world, closer) = Self.world([400, -400]) { $0.depthShare = Rate(basisPoints: 100) }
        #expect(world.position(0) == 400 && world.position(1) == -400)
        world.pass(milliseconds: 5_000)
        #expect(world.position(0) == 0 && world.position(1) == 0)
        // 5,010 lots are shown within the cap: slices of 50, eight on each side, both legs at the same time.
        #expect(Self.slices(world, 0) == Self.slices(world, 1) && Self.slices(world, 0) == Array(repeating: 50, count: 8))
        let closing = world.notes.sent.filter { $0.draft.purpose == .flatten }
        #expect(closing.allSatisfy { $0.draft.reduceOnly && $0.draft.timeInForce == .immediateOrCancel })
        #expect(Set(closing.map(\.submittedAt)).count == 8)
        #expect(closer.ends.map(\.reason) == [.filled] && closer.flattens[0].outcomes.map(\.closed.lots) == [400, 400])
    }

    @Test func `what nothing offsets goes first`() {
        var (world, _) = Self.world([400, -100])
        world.pass(milliseconds: 550)
        #expect(Self.slices(world, 0) == [300])
        #expect(Self.slices(world, 1) == [])
        world.pass(milliseconds: 2_000)
        #expect(Self.slices(world, 0) == [300, 100] && Self.slices(world, 1) == [100])
        #expect(world.position(0) == 0 && world.position(1) == 0)
    }

    @Test func `no more is asked for than the venue says is held, whatever our own record says`() {
        // The venue closes half by force, and the report of it is lost.
        let plan = FaultPlan([
            Fault(.droppedReports(probability: PairWorld.certain), from: Self.at(590), until: Self.at(700)),
            Fault(.autoDeleveraging(share: Rate(basisPoints: 5_000)), from: Self.at(600), until: Self.at(600)),
        ])
        var (world, closer) = Self.world([400, -400], faults: [plan, nil]) { $0.depthShare = PairWorld.certain }
        world.pass(milliseconds: 400)
        #expect(world.position(0) == 200 && world.core.position(AccountID(0), InstrumentID(0)).lots == 400, "the record is wrong")
        world.pass(milliseconds: 3_000)
        #expect(world.position(0) == 0 && world.position(1) == 0)
        #expect(Self.slices(world, 0) == [200, 200], "all of what is there; then what only our record has, which is refused")
        #expect(Self.slices(world, 1) == [200, 200])
        #expect(closer.ends.map(\.reason) == [.filled])
    }

    @Test func `a venue that says nothing is held, though our fills say otherwise, is tried`() {
        let wrong = FaultPlan([
            Fault(.positionReports(lag: .zero, error: Rate(basisPoints: -10_000)), from: Self.at(590), until: Self.at(6_000))
        ])
        var (world, closer) = Self.world([400, -400], faults: [wrong, nil]) { $0.depthShare = PairWorld.certain }
        world.pass(milliseconds: 5_000)
        #expect(world.position(0) == 0 && world.position(1) == 0)
        #expect(closer.ends.map(\.reason) == [.filled])
    }

    @Test func `where nothing is shown it raises the alarm, goes on, and closes when there is a price`() {
        var (world, closer) = Self.world([400, -400]) { $0.rounds = 3 }
        for ticks in [60_000, 59_995] as [Int64] { world.record(0, .level, .buy, ticks, 0) }
        world.pass(milliseconds: 3_000)
        #expect(world.notes.texts.filter { $0.hasPrefix("ALARM") } == ["ALARM: 0.4 BTC could not be closed in 3 rounds"])
        #expect(closer.frozen == [.unhedged] && closer.ends == [])
        #expect(world.position(0) == 400 && world.position(1) == -400, "a pair stays a pair")
        world.snapshot(0, 59_000, 59_002)
        world.pass(milliseconds: 10_000)
        #expect(world.position(0) == 0 && world.position(1) == 0 && closer.ends.map(\.reason) == [.filled])
    }

    @Test func `each round that fails lets the next one go further, up to the limit`() {
        let refusals = FaultPlan([Fault(.rejections(.rateLimit, probability: PairWorld.certain), from: Self.at(900), until: Self.at(1_900))]
        )
        var (world, _) = Self.world([400, 0], faults: [refusals, nil]) {
            $0.slippage = Rate(basisPoints: 100)
            $0.maximumSlippage = Rate(basisPoints: 250)
        }
        world.pass(milliseconds: 3_000)
        let prices = world.notes.sent.filter { $0.draft.purpose == .flatten }.compactMap { $0.draft.price?.ticks }
        #expect(Array(prices.prefix(4)) == [59_400, 58_800, 58_500, 58_500])
        #expect(world.position(0) == 0)
    }

    @Test func `a price outside of the venue's band brings the next one back to the touch`() {
        let refusals = FaultPlan([Fault(.rejections(.priceBand, probability: PairWorld.certain), from: Self.at(900), until: Self.at(1_200))]
        )
        var (world, _) = Self.world([400, 0], faults: [refusals, nil]) { $0.slippage = Rate(basisPoints: 100) }
        world.pass(milliseconds: 3_000)
        let prices = world.notes.sent.filter { $0.draft.purpose == .flatten }.compactMap { $0.draft.price?.ticks }
        #expect(Array(prices.prefix(2)) == [59_400, 60_000])
        #expect(world.position(0) == 0)
    }

    @Test func `two at once close no more than there is`() {
        var (world, closer) = Self.world([400, -400], times: 2) { $0.depthShare = Rate(basisPoints: 500) }
        for _ in 0..<50 {
            world.pass(milliseconds: 100)
            #expect(world.position(0) >= 0 && world.position(1) <= 0, "never through zero")
        }
        #expect(world.position(0) == 0 && world.position(1) == 0)
        #expect(closer.ends.map(\.reason) == [.filled, .filled])
    }

    @Test func `what the venue takes no order for is left and said`() {
        let refusals = FaultPlan([Fault(.rejections(.minimumQuantity, probability: PairWorld.certain), from: Self.at(900))])
        var (world, closer) = Self.world([4, 0], faults: [refusals, nil])
        world.pass(milliseconds: 3_000)
        #expect(closer.ends.map(\.reason) == [.belowMinimum] && closer.flattens[0].outcomes.map(\.left.lots) == [4, 0])
        // A slice that is too small is not the position.
        var (other, going) = Self.world([400, 0], faults: [refusals, nil]) { $0.depthShare = Rate(basisPoints: 100) }
        other.pass(milliseconds: 3_000)
        #expect(going.ends == [], "it goes on")
    }

    @Test func `a venue that calls a large position too small is not believed`() {
        let refusals = FaultPlan([
            Fault(.rejections(.minimumNotional, probability: PairWorld.certain), from: Self.at(900), until: Self.at(4_000))
        ])
        var (world, closer) = Self.world([40, 0], faults: [refusals, nil])
        world.pass(milliseconds: 2_500)
        #expect(closer.ends.isEmpty && world.position(0) == 40)
        world.pass(milliseconds: 20_000)
        #expect(closer.ends.map(\.reason) == [.filled] && world.position(0) == 0)
    }

    @Test func `while the outcome of a slice is unknown no other is sent`() {
        let lost = FaultPlan([Fault(.submitFailure(.silence), from: Self.at(900), until: Self.at(1_500))])
        var (world, closer) = Self.world([400, 0], faults: [lost, nil])
        world.pass(milliseconds: 1_500)
        #expect(Self.slices(world, 0).count == 1)
        world.pass(milliseconds: 10_000)
        #expect(world.position(0) == 0 && Self.slices(world, 0).count == 2)
        #expect(closer.ends.map(\.reason) == [.filled])
    }

    @Test func `a venue that does not answer is closed by our own record when it is back`() {
        let outage = FaultPlan([Fault(.outage(.silence), from: Self.at(900), until: Self.at(8_000))])
        var (world, closer) = Self.world([400, -400], faults: [nil, outage])
        world.pass(milliseconds: 5_000)
        #expect(world.position(1) == -400)
        world.pass(milliseconds: 30_000)
        #expect(world.position(0) == 0 && world.position(1) == 0)
        #expect(closer.ends.map(\.reason) == [.filled])
    }
}
