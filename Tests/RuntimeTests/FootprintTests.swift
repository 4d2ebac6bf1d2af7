import Feeds
import Market
import Scenario
import Simulation
import Strategies
import Testing
import Trading

@testable import Runtime

/// Our own orders taken out of the market that a run over the wire heard.
@Suite struct FootprintTests {
    /// A run on the server, and what sessions hear there that have no accounts.
    struct World {
        let bench: Workbench
        let plan: RunPlan
        let recording: LiveRecording
        /// By instrument: what the run heard.
        let heard: [[MarketEvent]]
        let without: [[MarketEvent]]
        /// All that crossed the run's border.
        let entries: [BorderEntry]
        private let makeCore: (RunPlan) throws -> TradingCore

        /// - Parameter makeCore: Nil: the scenario's.
        init(parameters: String = Workbench.xemm, minutes: Int64 = 6, _ makeCore: ((RunPlan) throws -> TradingCore)? = nil) throws {
            bench = try Workbench()
            let tapes = try SameCodeBench.generate(bench, minutes: minutes)
            // Reports come later than the frames that they go with.
            let plan = try RunPlan(
                bench.scenario(
                    tapes, parameters: parameters, latency: "\"9 ms\"",
                    overrides: ["venues.one.minimum_latency=5 ms", "venues.two.minimum_latency=5 ms"]), TapeCatalog(tapes))
            self.plan = plan
            let (start, end) = (plan.start + .minutes(1), plan.end - .seconds(5))
            without = try SameCodeBench.listen(plan, .init(), from: start, until: end)
            self.makeCore = makeCore ?? { try $0.makeCore($0.coreConfiguration, .builtIn, journal: Journal(sink: nil)) }
            let border = MemoryBorder()
            try Self.world(plan, self.makeCore, border).driver(SameCodeBench.sources(plan), until: end, nil).run(from: start)
            entries = border.entries
            (recording, heard) = try Self.recording(plan, self.makeCore, entries)
        }

        /// The run and what simulated venues make of it, by its own log or another one.
        func diff(of entries: [BorderEntry]? = nil) throws -> LiveDiff {
            let (recording, heard) = try entries.map { try Self.recording(plan, makeCore, $0) } ?? (recording, heard)
            let (feeds, market) = Self.marketWithoutUs(recording, heard, plan)
            let sources = zip(feeds, plan.listings).map { feed, listing -> any MarketSource in
                var clock = FeedClock(minimumLatency: plan.scenario.venues[listing.venue].minimumLatency)
                return MemorySource(
                    feed.map { event in
                        var event = event
                        clock.correct(&event)
                        return event
                    })
            }
            return try LiveDiff(recording, plan, market, feeds: sources)
        }

        static func marketWithoutUs(
            _ recording: LiveRecording, _ heard: [[MarketEvent]], _ plan: RunPlan
        ) -> (feeds: [[MarketEvent]], market: MarketWithoutUs) {
            let market = MarketWithoutUs(recording, instruments: plan.instruments)
            let feeds = heard.map { events in
                var feed: [MarketEvent] = []
                for event in events { market.take(event) { feed.append($0) } }
                return feed
            }
            market.finish()
            return (feeds, market)
        }

        private static func world(
            _ plan: RunPlan, _ makeCore: (RunPlan) throws -> TradingCore, _ border: (any BorderLog)?
        ) throws -> WireWorld {
            WireWorld(plan, try makeCore(plan), seed: 3, border: border) { plan.venueConfiguration($0) }
        }

        private static func recording(
            _ plan: RunPlan, _ makeCore: (RunPlan) throws -> TradingCore, _ entries: [BorderEntry]
        ) throws -> (LiveRecording, heard: [[MarketEvent]]) {
            var heard = [[MarketEvent]](repeating: [], count: plan.instruments.count)
            let recording = try LiveRecording(MemoryBorderSource(entries), path: "border", world(plan, makeCore, nil).live) { event in
                heard[event.instrument.index].append(event)
            }
            return (recording, heard)
        }
    }

    private static func frames(_ events: [MarketEvent]) -> [[MarketEvent]] {
        var frames: [[MarketEvent]] = []
        for event in events where event.kind == .level {
            if event.isFirst { frames.append([]) }
            frames[frames.count - 1].append(event)
        }
        return frames
    }

    private struct Level: Hashable {
        var side: Side
        var ticks: Int64

        init(side: Side, ticks: Int64) { (self.side, self.ticks) = (side, ticks) }
        init(_ event: MarketEvent) { self.init(side: event.side, ticks: event.price) }
    }

    /// Two books, and where they differ.
    private struct Books {
        private var with: [Level: Int64] = [:]
        private var without: [Level: Int64] = [:]
        private(set) var differences: Set<Level> = []
        var levels: Int { without.count }

        func describe(_ level: Level) -> String { "\(level.side) \(level.ticks): \(with[level] ?? 0) is \(without[level] ?? 0)" }

        mutating func set(with event: MarketEvent) {
            if event.flags.contains(.snapshot), event.isFirst { (with, differences) = ([:], Set(without.keys)) }
            with[Level(event)] = event.quantity == 0 ? nil : event.quantity
            look(Level(event))
        }

        mutating func set(without event: MarketEvent) {
            if event.flags.contains(.snapshot), event.isFirst { (without, differences) = ([:], Set(with.keys)) }
            without[Level(event)] = event.quantity == 0 ? nil : event.quantity
            look(Level(event))
        }

        private mutating func look(_ level: Level) {
            if with[level] == without[level] { differences.remove(level) } else { differences.insert(level) }
        }
    }

    private struct Comparison {
        var numbers = 0
        var ownFrames = 0
        /// Numbers at which the books differ at a level that is not doubtful, and others at which they differ.
        var differing = 0
        var doubted = 0
        var first: String?
    }

    /// Compares the book without us after every frame that the run heard with the one that is heard where we are not.
    private static func compare(_ world: World, _ instrument: Int) -> (found: Comparison, report: FootprintReport) {
        let own = world.recording.orders.filter { $0.request.instrument.index == instrument }
        let footprint = Footprint(own, ownTrades: world.recording.ownTrades[InstrumentID(instrument)] ?? [:])
        var found = Comparison()
        var books = Books()
        var without = frames(world.without[instrument])[...]
        let heard = world.heard[instrument]
        var following = frames(heard)[...]
        for event in heard {
            footprint.take(event) { if $0.kind == .level { books.set(with: $0) } }
            guard event.kind == .level, event.isLast, let frame = following.popFirst() else { continue }
            found.numbers += 1
            func isTold(_ next: [MarketEvent]?, by frame: [MarketEvent]) -> Bool {
                next.map { $0[0].venueTime == frame[0].venueTime && $0.map(Level.init) == frame.map(Level.init) } ?? false
            }
            if event.flags.contains(.snapshot) {
                // It may have been asked for at another moment.
                while let next = without.first, next[0].venueTime <= event.venueTime {
                    without.removeFirst().forEach { books.set(without: $0) }
                }
            } else if isTold(without.first, by: frame), !(following.first.map { isTold(without.first, by: $0) } ?? false) {
                // A frame of the tape tells of the same levels at the same time whether or not we are there; ours come before it.
                without.removeFirst().forEach { books.set(without: $0) }
            } else {
                found.ownFrames += 1
            }
            guard !books.differences.isEmpty else { continue }
            let doubtful = Set(footprint.doubtful.map { Level(side: $0.side, ticks: $0.ticks) })
            if books.differences.isSubset(of: doubtful) {
                found.doubted += 1
            } else {
                found.differing += 1
                let levels = books.differences.subtracting(doubtful).map { books.describe($0) }.sorted()
                found.first = found.first ?? "number \(event.detail) at \(event.venueTime.nanoseconds): \(levels)"
            }
        }
        footprint.finish()
        return (found, footprint.report)
    }

    @Test func `a thousand small orders leave the server's own book without them at every number`() throws {
        let world = try World { plan in
            Scatter.core(plan)
        }
        let orders = world.recording.orders
        let fills = orders.flatMap(\.executions).map(\.fill)
        #expect(orders.count >= 1_000)
        #expect(fills.count { $0.role == .maker } > 300 && fills.count { $0.role == .taker } > 100)
        for instrument in world.plan.instruments.indices {
            let (found, report) = Self.compare(world, instrument)
            #expect(found.numbers > 5_000 && found.ownFrames > 300)
            #expect(found.differing == 0 && found.doubted == 0, "\(found.first ?? "")")
            #expect(report.takenTrades > 50 && report.madeTrades > 100)
            for doubt in [FootprintReport.Doubt.lessThanOurs, .unknownOrder, .tradeWithoutFill, .fillWithoutTrade, .byOurClock] {
                #expect(report.doubts[doubt] == nil, "\(doubt)")
            }
        }
        // No trade of ours is left as one, and what others took from us stays.
        let (feeds, _) = World.marketWithoutUs(world.recording, world.heard, world.plan)
        #expect(!feeds.contains { $0.contains { $0.flags.contains(.own) } })
        for (index, feed) in feeds.enumerated() {
            func traded(_ events: [MarketEvent]) -> Int64 { events.reduce(0) { $0 + ($1.kind == .trade ? $1.quantity : 0) } }
            let made = fills.filter { $0.instrument.index == index && $0.role == .maker }.reduce(0) { $0 + $1.quantity.lots }
            #expect(traded(feed) >= traded(world.without[index]) - made && traded(feed) <= traded(world.without[index]) + made)
        }
    }

    @Test func `what a hedge of many lots can't be told apart from is counted, and nothing else differs`() throws {
        let world = try World()
        for instrument in world.plan.instruments.indices {
            let (found, report) = Self.compare(world, instrument)
            #expect(found.differing == 0, "\(found.first ?? "")")
            #expect(found.doubted > 0 && report.doubtCount > 0 && found.doubted < found.numbers / 10)
        }
    }
}

/// Places small orders all over the book: some rest, some improve it, some take.
final class Scatter: Strategy {
    static let specification = StrategySpecification(
        name: "scatter", purpose: "Places orders all over the book.", phases: [], roles: [], parameters: [])

    private let legs: [StrategyBinding.Leg]

    init(_ legs: [StrategyBinding.Leg]) { self.legs = legs }

    /// A core with nothing else in it.
    static func core(_ plan: RunPlan) -> TradingCore {
        var configuration = plan.coreConfiguration
        configuration.reconcileEvery = nil
        let core = TradingCore(configuration)
        core.attach(
            Scatter(plan.venueOfAccount.indices.map { .init(account: AccountID($0), instrument: InstrumentID($0)) }),
            subscriptions: plan.instruments.indices.map { InstrumentID($0) })
        return core
    }

    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) { legs = [] }

    var interests: Interests { [] }

    func start(_ context: inout Context) { _ = context.wake(at: context.now + .seconds(2)) }

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        guard case .timer = event else { return }
        _ = context.wake(at: context.now + .milliseconds(context.random(in: 140...420)))
        let leg = legs[Int(context.random(in: 0...Int64(legs.count - 1)))]
        guard let bid = context.books[leg.instrument].bestBid, let ask = context.books[leg.instrument].bestAsk else { return }
        if context.openOrders(leg.account).count > 12, let oldest = context.openOrders(leg.account).first { context.cancel(oldest.id) }
        let side: Side = context.random(in: 0...1) == 0 ? .buy : .sell
        let (near, far) = side == .buy ? (bid, ask) : (ask, bid)
        let lots = Quantity(lots: context.random(in: 10...40))
        var draft = OrderDraft(account: leg.account, instrument: leg.instrument, side: side, price: near, quantity: lots, purpose: .quote)
        switch context.random(in: 0...9) {
        case 0...1: (draft.price, draft.timeInForce) = (far, .immediateOrCancel)
        case 2: draft.price = Price(ticks: far.ticks - side.sign)
        case 3: draft.price = far
        case 4...6: draft.price = Price(ticks: near.ticks - side.sign * context.random(in: 1...8))
        default: draft.postOnly = true
        }
        _ = context.submit(draft)
    }

    func stop(_ reason: StopReason, _ context: inout Context) {}
}
