import Market
import Strategies
import Testing
import Trading

/// Parameters that change while a strategy runs.
@Suite struct UpdateTests {
    private static let size = Money(nanos: 20_000_000, PairWorld.btc)

    private static func world<Kind: Strategy>(_ kind: Kind.Type, _ changes: [String: ParameterValue] = [:]) -> PairWorld {
        let parameters = changes.merging(["size": .amount(size)]) { one, _ in one }
        let players = [PairWorld.Player(role: "maker", venue: 0), .init(role: "taker", venue: 1)]
        return PairWorld(PairWorld.instruments(), players) { binding in
            do { return try Kind(PairWorld.parameters(Kind.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
    }

    private static func set(_ name: String, _ value: ParameterValue, in specification: StrategySpecification) -> OperatorEvent {
        guard let place = specification.parameters.firstIndex(where: { $0.name == name }),
            let change = ParameterChange(value, of: place, in: specification, instance: StrategyID(0))
        else { preconditionFailure("'\(name)' can be changed") }
        return .set(change)
    }

    private static func prices(_ world: PairWorld) -> [Int64] {
        world.core.openOrders.sorted { $0.draft.side.sign > $1.draft.side.sign }.compactMap { $0.price?.ticks }
    }

    @Test func `xemm quotes by another margin and another size from its next decision on`() {
        var world = Self.world(Xemm.self, ["min_net": .rate(Rate(basisPoints: 3))])
        world.start()
        world.record(1, .level, .buy, 60_000, 11)
        world.pass(milliseconds: 200)
        #expect(Self.prices(world) == [59_979, 60_023])
        world.tell(Self.set("min_net", .rate(Rate(basisPoints: 10)), in: Xemm.specification))
        world.tell(Self.set("size", .amount(Money(nanos: 10_000_000, PairWorld.btc)), in: Xemm.specification))
        #expect(Self.prices(world) == [59_979, 60_023], "nothing is withdrawn because of it")
        world.record(1, .level, .buy, 60_000, 12)
        world.pass(milliseconds: 200)
        world.record(1, .level, .buy, 60_000, 13)
        world.pass(milliseconds: 200)
        // Ten lots at the touch, less and plus ten basis points.
        #expect(Self.prices(world) == [59_940, 60_063])
        #expect(world.core.openOrders.allSatisfy { $0.quantity.lots == 10 })
    }

    @Test func `xemm's hedges are tried as often and as far as was said last`() {
        var world = Self.world(Xemm.self)
        world.start()
        world.record(1, .level, .buy, 60_000, 11)
        world.pass(milliseconds: 200)
        world.tell(Self.set("max_hedge_slippage", .rate(Rate(basisPoints: 50)), in: Xemm.specification))
        world.record(0, .trade, .sell, 59_900, 20)
        world.pass(milliseconds: 30)
        let hedge = world.notes.sent.last { $0.draft.purpose == .hedge }
        #expect(hedge?.draft.price?.ticks == 59_700, "60,000 less 50 bp")
    }

    @Test func `the market maker's distance and size follow`() {
        var world = Self.world(
            MarketMaker.self,
            [
                "fair": .choice("mid"), "half_spread": .rate(Rate(basisPoints: 5)), "inventory_skew": .rate(.zero),
                "requote_ticks": .integer(1),
            ])
        world.start()
        world.pass(milliseconds: 1_500)
        #expect(Self.prices(world) == [59_970, 60_032])
        world.tell(Self.set("half_spread", .rate(Rate(basisPoints: 20)), in: MarketMaker.specification))
        world.tell(Self.set("size", .amount(Money(nanos: 7_000_000, PairWorld.btc)), in: MarketMaker.specification))
        world.pass(milliseconds: 2_500)
        #expect(Self.prices(world) == [59_880, 60_122])
        #expect(world.core.openOrders.allSatisfy { $0.quantity.lots == 7 })
    }

    @Test func `every strategy that calls a parameter updatable keeps its new value`() throws {
        let registry = StrategyRegistry.builtIn
        for specification in registry.specifications where specification.parameters.contains(where: \.isLiveUpdatable) {
            let instruments = PairWorld.instruments() + PairWorld.instruments()
            let legs = specification.roles.enumerated().map {
                ($1.name, StrategyBinding.Leg(account: AccountID($0), instrument: InstrumentID($0)))
            }
            var values = PairWorld.parameters(specification, [:])
            for parameter in specification.parameters where values.values[parameter.name] == nil {
                values.values[parameter.name] = .amount(Self.size)
            }
            let binding = StrategyBinding(legs: Dictionary(uniqueKeysWithValues: legs), instruments: instruments)
            let strategy = try #require(try registry.make(specification.name, values, binding))
            let accounts = legs.indices.map { CoreConfiguration.Account(name: "\($0)", venue: VenueID($0), balances: []) }
            let core = TradingCore(CoreConfiguration(instruments: instruments, accounts: accounts, seed: 1))
            core.attach(strategy, subscriptions: [])
            for (place, parameter) in specification.parameters.enumerated() where parameter.isLiveUpdatable {
                let value = Self.other(parameter.kind, than: values.values[parameter.name])
                let change = try #require(ParameterChange(value, of: place, in: specification, instance: StrategyID(0)))
                core.receive(.set(change), at: Timestamp(nanoseconds: 1))
                let kept = Mirror(reflecting: strategy).descendant("parameters") as? Parameters
                #expect(kept?.values[parameter.name] == value, "\(specification.name).\(parameter.name)")
            }
        }
    }

    /// A value within the bounds, at one of their ends.
    private static func other(_ kind: ParameterSpecification.Kind, than old: ParameterValue?) -> ParameterValue {
        func choose(_ bounds: ClosedRange<Int64>, _ make: (Int64) -> ParameterValue) -> ParameterValue {
            make(bounds.upperBound) == old ? make(bounds.lowerBound) : make(bounds.upperBound)
        }
        return switch kind {
        case .duration(let bounds): choose(bounds) { .duration(Nanoseconds(count: $0)) }
        case .durationRange(let bounds): choose(bounds) { .durationRange(Nanoseconds(count: $0), Nanoseconds(count: $0)) }
        case .rate(let bounds): choose(bounds) { .rate(Rate(trillionths: $0)) }
        case .integer(let bounds): choose(bounds) { .integer($0) }
        case .factor(let bounds): choose(bounds) { .factor(Rate(trillionths: $0)) }
        case .amount(let bounds): choose(bounds) { .amount(Money(nanos: $0, PairWorld.btc)) }
        case .boolean: old == .boolean(true) ? .boolean(false) : .boolean(true)
        case .choice(let choices): .choice(choices.last { .choice($0) != old } ?? "")
        }
    }
}
