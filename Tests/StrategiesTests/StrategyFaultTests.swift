import Market
import Simulation
import Strategies
import TestSupport
import Testing
import Trading

/// Strategies on a market that moves, at venues where things go wrong for a minute: when that is over they come to rest.
@Suite struct StrategyFaultTests {
    private static let start: Int64 = 1_700_000_000 * PairWorld.second
    private static let faultSeconds: Int64 = 60

    private static let half = Rate(trillionths: Rate.scale / 2)
    private static let kinds: [Fault.Kind] = [
        .submitFailure(.silence), .submitFailure(.refusal(.rateLimit)), .cancelFailure(.silence), .cancelFailure(.refusal(.rateLimit)),
        .slow(factor: Rate(trillionths: 10 * Rate.scale), extra: .zero), .slow(factor: PairWorld.certain, extra: .seconds(3)),
        .droppedReports(probability: half), .duplicatedReports(probability: half, after: .milliseconds(300)),
        .lateReports(probability: half, by: .milliseconds(1_500)), .reorderedReports(probability: half, within: .milliseconds(400)),
        .rejections(.margin, probability: half), .rejections(.priceBand, probability: half),
        .rejections(.postOnlyWouldTake, probability: half),
        .rateLimited, .outage(.silence), .outage(.refusal(.halted)), .positionReports(lag: .milliseconds(800), error: half),
        .autoDeleveraging(share: half),
    ]

    /// Some of the faults, drawn from the seed.
    private static func plan(_ seed: UInt64, venue: Int) -> FaultPlan {
        var generator = SeededGenerator(seed: seed, stream: UInt64(venue))
        let draws = kinds.enumerated().compactMap { index, kind -> FaultDraw? in
            guard generator.uniform(in: 0...4) == 0 else { return nil }
            let isInstant = if case .autoDeleveraging = kind { true } else { false }
            return FaultDraw(
                kind, every: .seconds(15), lasting: isInstant ? .zero ... .zero : .milliseconds(200) ... .seconds(5), stream: UInt64(index))
        }
        let begin = Timestamp(nanoseconds: start)
        return FaultPlan([], drawn: draws, seed: seed &* 2 &+ UInt64(venue), run: begin...begin + .seconds(faultSeconds))
    }

    private static func world(_ strategy: String, _ seed: UInt64) -> PairWorld {
        let size = ParameterValue.amount(Money(nanos: 20_000_000, PairWorld.btc))
        var (specification, roles, changes) = (MarketMaker.specification, ["maker", "taker"], ["size": size, "hedge": .choice("all")])
        if strategy.hasPrefix("xemm") {
            (specification, changes) = (Xemm.specification, ["size": size])
            if strategy == "xemm on both" {
                for fee in ["reverse_maker_fee", "reverse_taker_fee"] { changes[fee] = .rate(.zero) }
                changes["makers"] = .choice("both")
                changes["max_pending_maker"] = .integer(3)
            } else if strategy == "xemm with all" {
                roles.append("alternate")
                changes["inflight_policy"] = .choice("duplicate_reduce_only")
                changes["unknown_patience"] = .duration(.seconds(1))
                changes["sub_min"] = .choice("overshoot_then_trim")
                changes["max_pending_age"] = .duration(.seconds(1))
            }
        } else if strategy == "liquidation_flow" {
            specification = LiquidationFlow.specification
            changes = [
                "size": size, "signal": .choice("always"), "first_deviation": .rate(Rate(basisPoints: 10)), "levels": .integer(2),
                "max_hold": .duration(.seconds(20)), "cooldown": .duration(.seconds(1)), "entry_timeout": .duration(.seconds(5)),
            ]
        } else if strategy == "cross_arb" {
            (specification, roles, changes) = (CrossArb.specification, ["pilot", "second"], ["size": size])
        } else if strategy == "basis" {
            (specification, roles) = (Basis.specification, ["base", "perp"])
            changes = [
                "size": size, "costs": .rate(.zero), "open": .rate(Rate(basisPoints: 30)), "next_open_delay": .duration(.seconds(3)),
                "stale_after": .duration(.hours(1)),
            ]
        } else if strategy == "funding_arb" {
            (specification, roles) = (FundingArb.specification, ["maker", "taker"])
            changes = [
                "max_notional": .amount(Money(nanos: 60_000_000, PairWorld.btc)), "clip": size, "costs": .rate(.zero),
                "confirm": .duration(.seconds(1)), "entry_timeout": .duration(.seconds(5)), "cooldown": .duration(.seconds(2)),
                "max_hold": .duration(.seconds(15)), "max_opens": .integer(100), "settlement_lead": .duration(.seconds(1)),
                "stale_after": .duration(.hours(1)), "basis_stop": .rate(Rate(basisPoints: 500)),
            ]
        } else if strategy == "liquidation_hedge" {
            (specification, roles) = (LiquidationHedge.specification, ["maker", "taker_1", "taker_2"])
            changes = [
                "timeout": .duration(.seconds(12)), "max_cycles": .unlimited, "entry_timeout": .duration(.seconds(5)),
                "leverage": .integer(1), "min_collateral": .amount(Money(nanos: 0, PairWorld.usd)),
            ]
        }
        let parameters = PairWorld.parameters(specification, changes)
        let players = roles.enumerated().map { PairWorld.Player(role: $0.element, venue: min($0.offset, 1), collateral: 10_000) }
        return PairWorld(
            PairWorld.instruments(), players, faults: [plan(seed, venue: 0), plan(seed, venue: 1)], reconcileEvery: .seconds(5)
        ) { binding in
            do {
                switch strategy {
                case "xemm", "xemm on both", "xemm with all": return try Xemm(parameters, binding)
                case "liquidation_flow": return try LiquidationFlow(parameters, binding)
                case "cross_arb": return try CrossArb(parameters, binding)
                case "basis": return try Basis(parameters, binding)
                case "funding_arb": return try FundingArb(parameters, binding)
                case "liquidation_hedge": return try LiquidationHedge(parameters, binding)
                default: return try MarketMaker(parameters, binding)
                }
            } catch { preconditionFailure("the parameters of the test are valid: \(error)") }
        }
    }

    /// A price that walks, and a second venue that is dearer half of the time.
    private static func drive(
        _ world: inout PairWorld, seconds: Int64, trades: Bool, onBoth: Bool, _ generator: inout SeededGenerator, _ mid: inout Int64
    ) {
        for step in 0..<seconds * 4 {
            mid += generator.uniform(in: -8...8)
            world.snapshot(0, mid - 1, mid + 1)
            let other = mid + (trades && step / 20 % 2 == 1 ? 420 : 0)
            world.snapshot(1, other - 1, other + 1)
            if trades, generator.uniform(in: 0...2) == 0 {
                let side: Side = generator.uniform(in: 0...1) == 0 ? .buy : .sell
                world.record(0, .trade, side, mid + side.sign * 100, generator.uniform(in: 1...60))
            }
            if trades, onBoth, generator.uniform(in: 0...2) == 0 {
                let side: Side = generator.uniform(in: 0...1) == 0 ? .buy : .sell
                world.record(1, .trade, side, other + side.sign * 100, generator.uniform(in: 1...60))
            }
            world.pass(milliseconds: 250)
        }
    }

    @Test(
        arguments: [
            "xemm", "xemm on both", "xemm with all", "liquidation_hedge", "cross_arb", "market_maker", "liquidation_flow", "funding_arb",
            "basis",
        ],
        TestScale.seeds(25))
    func `when the faults are over nothing is unhedged, and our record is the venues'`(strategy: String, seed: UInt64) {
        var world = Self.world(strategy, seed)
        var (generator, mid) = (SeededGenerator(seed: seed, stream: 99), Int64(60_001))
        world.start()
        for venue in 0...1 { world.funding(venue, basisPoints: venue == 0 ? 10 : -10, everySeconds: 20, dueInSeconds: 20) }
        let onBoth = strategy == "xemm on both"
        Self.drive(&world, seconds: Self.faultSeconds + 60, trades: true, onBoth: onBoth, &generator, &mid)
        // Long enough for what is under way to end, and for the slowest retry of a closing.
        Self.drive(&world, seconds: 70, trades: false, onBoth: onBoth, &generator, &mid)
        func positions() -> [Int64] { world.players.indices.map(world.position) }
        func record() -> [Int64] {
            world.players.enumerated().map { world.core.position(AccountID($0.offset), InstrumentID($0.element.venue)).lots }
        }
        // A cycle may just have sent an order: what it leads to takes a moment.
        for _ in 0..<40 where record() != positions() || positions().reduce(0, +) != 0 { world.pass(milliseconds: 250) }
        #expect(record() == positions(), "\(strategy) \(seed): \(world.notes.texts.suffix(3))")
        #expect(positions().reduce(0, +) == 0, "\(strategy) \(seed): \(positions()), \(world.notes.texts.suffix(3))")
        #expect(world.notes.sent.count > 3, "\(strategy) \(seed): it has traded")
    }
}
