import Market
import Scenario
import Strategies
import TestSupport
import Testing
import Trading

@testable import Runtime
@testable import Simulation

/// Many runs in which things go wrong, and what must hold in each.
@Suite struct ChaosTests {
    private static func scenario(minutes: Int64, extra: String = "") throws -> Scenario {
        let bench = try Workbench()
        return try bench.scenario(bench.synth(minutes: minutes), parameters: Workbench.xemm, extra: extra)
    }

    @Test func `a mix of faults is drawn from its seed, lies within its span, and may be made smaller`() {
        let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        let span = start...start + .minutes(7)
        var seen = Set<ChaosFault>()
        for seed in TestScale.seeds(200) {
            let mix = FaultMix(seed: seed, allowed: ChaosFault.allCases, venues: 2, in: span)
            #expect(mix == FaultMix(seed: seed, allowed: ChaosFault.allCases, venues: 2, in: span))
            #expect((1...4).contains(mix.entries.count))
            #expect(
                mix.entries.allSatisfy {
                    span.contains($0.span.lowerBound) && span.contains($0.span.upperBound) && (0...1).contains($0.venue)
                })
            #expect(mix.keeping([0]).entries == [mix.entries[0]] && mix.keeping([9]).entries.isEmpty)
            // A fault's own draws do not depend on the others.
            let streams = mix.entries.compactMap(\.fault?.stream)
            #expect(Set(streams).count == streams.count)
            seen.formUnion(mix.entries.map(\.name))
        }
        #expect(seen == Set(ChaosFault.allCases))
        let only = FaultMix(seed: 3, allowed: [.slow], venues: 1, in: span)
        #expect(only.entries.allSatisfy { $0.name == .slow && $0.venue == 0 })
    }

    @Test func `the demo stays hedged and counts right whatever goes wrong`() throws {
        let outcome = try Chaos(
            Self.scenario(minutes: 12), registry: .builtIn,
            .init(seeds: TestScale.seeds(6).count, firstSeed: 1, minutes: 4)
        ).run()
        #expect(outcome.failures.isEmpty, "\(outcome.failures)")
        #expect(outcome.fills > 20 && !outcome.cells.isEmpty)
    }

    @Test func `threads change nothing, and a campaign is the same again`() throws {
        let scenario = try Self.scenario(minutes: 6)
        let hashes = try [1, 2, 3].map { jobs in
            try Chaos(scenario, registry: .builtIn, .init(seeds: 6, firstSeed: 11, minutes: 3, jobs: jobs)).run().hash
        }
        #expect(Set(hashes).count == 1)
        let other = try Chaos(scenario, registry: .builtIn, .init(seeds: 6, firstSeed: 12, minutes: 3)).run().hash
        #expect(other != hashes[0])
    }

    @Test func `what is wrong in a run is found, made smaller and named`() throws {
        // A strategy that answers fills and nothing else: what is taken from one of its legs by force leaves the other alone.
        var registry = StrategyRegistry.builtIn
        registry.add(FillsOnly.self)
        var scenario = try Self.scenario(minutes: 12)
        scenario.strategy.name = FillsOnly.specification.name
        let outcome = try Chaos(
            scenario, registry: registry, .init(seeds: 24, firstSeed: 1, faults: [.autoDeleveraging, .slow], minutes: 4, jobs: 2)
        ).run()
        let failure = try #require(outcome.failures.first { $0.invariant == .hedged })
        #expect(!failure.kept.isEmpty && failure.faults.count == failure.kept.count)
        #expect(failure.faults.contains { $0.contains(ChaosFault.autoDeleveraging.rawValue) }, "\(failure.faults)")
        let again = try Chaos(
            scenario, registry: registry,
            .init(seeds: 1, firstSeed: failure.seed, faults: [.autoDeleveraging, .slow], minutes: 4, kept: failure.kept)
        ).run()
        #expect(again.failures.contains { $0.invariant == failure.invariant && $0.kept == failure.kept })
        // Without the fault there is nothing to find.
        let calm = try Chaos(scenario, registry: registry, .init(seeds: 6, firstSeed: 1, faults: [.slow], minutes: 4, jobs: 2)).run()
        #expect(!calm.failures.contains { $0.invariant == .hedged })
    }

    @Test func `a fault meets first what it was aimed at, in the phase that it was aimed at`() throws {
        let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        var course = RunCourse()
        course.stretches = [
            .init(start: start, phase: .flat), .init(start: start + .seconds(20), phase: .quoting),
            .init(start: start + .seconds(60), phase: .oneLeg, holders: 0b10),
            .init(start: start + .seconds(61), phase: .bothLegs, holders: 0b11),
        ]
        // Orders at venue 0 all the time, cancels at venue 1 while quoting, and never a fill.
        for second in 2...100 {
            let time = start + .seconds(Int64(second))
            let phase = try #require(course.stretches.last { $0.start < time }).phase
            course.add(.init(time: time, targets: .orders, venue: 0, phase: phase))
            if phase == .quoting { course.add(.init(time: time + .milliseconds(3), targets: .cancels, venue: 1, phase: phase)) }
        }
        let span = start + .seconds(1)...start + .minutes(7)
        var struck: [ChaosFault: Set<Phase>] = [:]
        for seed in TestScale.seeds(600) {
            let allowed: [ChaosFault] = [.submitRefused, .cancelSilent, .autoDeleveraging, .publicGap, .feeChange, .positionsLate]
            let mix = try #require(FaultMix.aimed(seed: seed, allowed: allowed, venues: 2, course: course, in: span))
            let entry = try #require(mix.entries.first)
            #expect(mix.entries.count == 1 && entry.span.upperBound <= span.upperBound)
            let begun = entry.span.lowerBound
            if let targets = entry.name.targets {
                let met = try #require(
                    course.chances.first { $0.time > begun && $0.venue == entry.venue && !$0.targets.isDisjoint(with: targets) })
                #expect(met.time - begun <= .milliseconds(200))
                struck[entry.name, default: []].insert(met.phase)
            } else {
                let phase = course.stretches.last { $0.start <= begun }?.phase ?? .flat
                #expect(entry.name.isImpossible(in: phase) == nil, "\(entry.name) \(phase)")
                #expect(entry.name != .autoDeleveraging || phase != .oneLeg || entry.venue == 1)
                struck[entry.name, default: []].insert(phase)
            }
        }
        #expect(
            struck == [
                .submitRefused: Set(Phase.allCases), .cancelSilent: [.quoting], .autoDeleveraging: [.oneLeg, .bothLegs],
                .publicGap: Set(Phase.allCases),
            ])
        course.stretches = [.init(start: start, phase: .flat)]
        #expect(FaultMix.aimed(seed: 1, allowed: [.autoDeleveraging], venues: 1, course: course, in: span) == nil)
        #expect(!course.isHedged(before: span.upperBound) && !course.isClosed(before: span.upperBound))
        course.stretches += [
            .init(start: start + .seconds(3), phase: .oneLeg, holders: 0b01),
            .init(start: start + .seconds(4), phase: .bothLegs, holders: 0b11), .init(start: start + .seconds(9), phase: .quoting),
        ]
        #expect(!course.isHedged(before: start + .seconds(4)) && course.isHedged(before: start + .seconds(5)))
        #expect(!course.isClosed(before: start + .seconds(9)) && course.isClosed(before: span.upperBound))
    }

    @Test func `a cell without a chance says what there was none of`() throws {
        let outcome = try Chaos(
            Self.scenario(minutes: 12), registry: .builtIn, .init(seeds: 5, faults: [.cancelSilent, .publicGap], minutes: 4, jobs: 2)
        ).run()
        #expect(outcome.undisturbed == 3 && outcome.hedged == 5)
        let flat = outcome.impossibility(.init(fault: .cancelSilent, phase: .flat))
        #expect(flat == "a cancel came in that phase in none of the 3 runs without faults")
        #expect(outcome.impossibility(.init(fault: .cancelSilent, phase: .quoting)) == nil)
        #expect(outcome.impossibility(.init(fault: .publicGap, phase: .flat)) == nil)
        #expect(outcome.impossibility(.init(fault: .liquidation, phase: .flat)) == "there is no position to reduce")
    }

    @Test func `a tape that is too short is refused`() throws {
        let scenario = try Self.scenario(minutes: 3)
        #expect(throws: RunError.self) { try Chaos(scenario, registry: .builtIn, .init(seeds: 1, minutes: 10)) }
    }
}

/// Buys once on one venue and sells on the other what it was told has filled; deaf to all else.
private final class FillsOnly: Strategy {
    static let specification = StrategySpecification(
        name: "fills_only", purpose: "tests", phases: [], roles: [.init("maker", "buys"), .init("taker", "sells")], parameters: [])

    private let maker: StrategyBinding.Leg
    private let taker: StrategyBinding.Leg
    private var hasBought = false

    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        (maker, taker) = (binding.leg("maker"), binding.leg("taker"))
    }

    var interests: Interests { .touch }
    func start(_ context: inout Context) {}
    func stop(_ reason: StopReason, _ context: inout Context) {}

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .touch where !hasBought: buy(&context)
        case .order(_, .filled(let fill, _)) where fill.instrument == maker.instrument: sell(fill.quantity, &context)
        default: break
        }
    }

    private func buy(_ context: inout Context) {
        guard context.canTrade(maker), context.canTrade(taker) else { return }
        hasBought = true
        let size = context.instruments[maker.instrument.index].quantity(baseAmount: 50_000_000, at: FinePrice(nanos: 1))
        take(maker, .buy, size, .quote, &context)
    }

    private func sell(_ quantity: Quantity, _ context: inout Context) {
        let base = context.instruments[maker.instrument.index].baseAmount(quantity, at: FinePrice(nanos: 1))
        let size = context.instruments[taker.instrument.index].quantity(baseAmount: base, at: FinePrice(nanos: 1))
        take(taker, .sell, size, .hedge, &context)
    }

    private func take(_ leg: StrategyBinding.Leg, _ side: Side, _ quantity: Quantity, _ purpose: OrderPurpose, _ context: inout Context) {
        let book = (bid: context.books[leg.instrument].bestBidTicks, ask: context.books[leg.instrument].bestAskTicks)
        context.submit(
            OrderDraft(
                account: leg.account, instrument: leg.instrument, side: side, timeInForce: .immediateOrCancel,
                price: Price(ticks: side == .buy ? book.ask + 20 : book.bid - 20), quantity: quantity, purpose: purpose))
    }
}
