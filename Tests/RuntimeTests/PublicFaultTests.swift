import Market
import Simulation
import Testing
import Trading

@testable import Runtime

/// Faults of public data: the venue's own book goes on, ours does not.
@Suite struct PublicFaultTests {
    private static func time(_ milliseconds: Int64) -> Timestamp { FaultWorld.time(milliseconds) }

    /// A book that changes at 200, 400, … ms; its best bid shows the time.
    private static func world(_ faults: Fault, interests: Interests = .book) -> FaultWorld {
        let world = FaultWorld(faults, interests: interests)
        for step in 1...9 as ClosedRange<Int64> { world.bid(at: 200 * step, 99, 100 * step) }
        return world
    }

    private static func states(_ world: FaultWorld) -> [(time: Int64, state: BookState)] {
        world.told.compactMap { if case .bookState(_, let state) = $0.event { ($0.time, state) } else { nil } }
    }

    @Test func `a stale book stands still without a word, then shows the gap and is whole again`() throws {
        let world = Self.world(Fault(.staleBook, from: Self.time(500), until: Self.time(1_100)))
        world.at(1_000) { context in
            #expect(context.books[FaultWorld.instrument].lots(.buy, 99) == 200)
            #expect(context.bookState(FaultWorld.instrument) == .synchronised)
            #expect(context.bookAge(FaultWorld.instrument) == .milliseconds(1_000 - 405))
        }
        world.at(1_101) { #expect($0.books[FaultWorld.instrument].lots(.buy, 99) == 500) }
        try world.run(2_000)
        #expect(Self.states(world).map(\.time) == [1_100, 1_100])
        #expect(Self.states(world).map(\.state) == [.unsynchronised, .synchronised])
        let books = world.told.compactMap { if case .book = $0.event { $0.time } else { nil } }
        #expect(books == [205, 405, 1_100, 1_205, 1_405, 1_605, 1_805])
        #expect(world.levels(.buy) == [[99, 900], [98, 20]] && world.levels(.sell) == [[101, 10], [102, 20]])
        // Records of 600, 800 and 1,000 ms.
        #expect(world.touched == [3])
    }

    @Test(arguments: [
        (Fault.Kind.staleBook, [FeedReach.silent, .open]), (.crossedBook, [.crossed, .open]), (.publicDisconnect, [.down, .open]),
    ])
    func `what a fault keeps from us is in the journal, which holds no market records`(kind: Fault.Kind, reaches: [FeedReach]) throws {
        let world = Self.world(Fault(kind, from: Self.time(500), until: Self.time(1_100)))
        try world.run(2_000)
        let feeds = try world.entries().compactMap { entry -> (time: Timestamp, reach: FeedReach)? in
            if case .feed(FaultWorld.instrument, let reach, let time) = entry { (time, reach) } else { nil }
        }
        #expect(feeds.map(\.reach) == reaches && feeds.map(\.time) == [Self.time(500), Self.time(1_100)])
    }

    @Test func `a lost connection is known at once, and a full book comes with the next`() throws {
        let world = Self.world(Fault(.publicDisconnect, from: Self.time(500), until: Self.time(1_100)))
        world.at(501) { context in
            #expect(context.bookState(FaultWorld.instrument) == .unsynchronised && !context.books[FaultWorld.instrument].hasBothSides)
        }
        try world.run(2_000)
        #expect(Self.states(world).map(\.time) == [500, 1_100])
        let connections = world.told.compactMap {
            if case .connection(let event) = $0.event { (event.stream, event.change, $0.time) } else { nil }
        }
        #expect(connections.count == 2 && connections[0] == (.market, .down, 500) && connections[1] == (.market, .up, 1_100))
        #expect(world.levels(.buy) == [[99, 900], [98, 20]])
    }

    @Test func `a bid that stands above the asks is seen until the book is fetched again`() throws {
        let world = FaultWorld(Fault(.crossedBook, from: Self.time(500), until: Self.time(1_100)), interests: .book)
        // An ask behind those that it crosses.
        world.record(at: 100, .level, 110, 5, [.first, .last, .sell])
        for step in 1...9 as ClosedRange<Int64> { world.bid(at: 200 * step, 99, 100 * step) }
        world.at(501) { context in
            let isCrossed = context.books[FaultWorld.instrument].isCrossed
            #expect(isCrossed && context.books[FaultWorld.instrument].bestBidTicks == 102)
            #expect(context.books[FaultWorld.instrument].lots(.buy, 102) == 10)
        }
        world.at(1_101) { context in
            let isCrossed = context.books[FaultWorld.instrument].isCrossed
            #expect(!isCrossed)
        }
        try world.run(2_000)
        // At 500 ms, and no more until the gap shows.
        let books = world.told.compactMap { if case .book = $0.event { $0.time } else { nil } }
        #expect(books == [105, 205, 405, 500, 1_100, 1_205, 1_405, 1_605, 1_805])
        #expect(world.levels(.buy) == [[99, 900], [98, 20]] && world.touched == [3])
    }

    @Test func `a disconnect of one instrument is no lost connection`() throws {
        let world = Self.world(
            Fault(.publicDisconnect, instrument: FaultWorld.instrument, from: Self.time(500), until: Self.time(1_100)))
        try world.run(2_000)
        #expect(Self.states(world).map(\.time) == [500, 1_100])
        #expect(!world.told.contains { if case .connection = $0.event { true } else { false } })
    }

    @Test func `what rests at the venue trades on its own book meanwhile`() throws {
        let world = FaultWorld(Fault(.publicDisconnect, from: Self.time(300), until: Self.time(1_000)))
        world.buy(at: 100, 99, 4)
        world.sold(at: 500, 98, 50)
        try world.run(2_000)
        #expect(world.ledger.core == world.ledger.venue && world.ledger.core[0] == 4)
        #expect(world.told.first { if case .order(_, .filled) = $0.event { true } else { false } }?.time == 510)
    }

    @Test func `marks that were missed are told when the stream is back, the newest of each kind`() throws {
        let world = FaultWorld(Fault(.staleBook, from: Self.time(300), until: Self.time(1_000)), interests: .reference)
        world.record(at: 400, .mark, 100_000_000_000, 0)
        world.record(at: 500, .status, TradingStatus.postOnly.rawValue, 0)
        world.record(at: 600, .mark, 105_000_000_000, 0)
        world.at(999) { #expect($0.mark(FaultWorld.instrument) == nil) }
        try world.run(2_000)
        let references = world.told.compactMap { told -> [Int64]? in
            guard case .reference(let event) = told.event, event.kind != .index else { return nil }
            return [told.time, event.price]
        }
        #expect(references == [[1_000, TradingStatus.postOnly.rawValue], [1_000, 105_000_000_000]])
    }

    @Test func `a gap of the feed itself is not healed by coming back`() throws {
        let world = FaultWorld(Fault(.publicDisconnect, from: Self.time(300), until: Self.time(1_000)), interests: .book)
        world.record(at: 500, .gap, GapCause.sequence.rawValue, 0)
        world.bid(at: 600, 97, 5)
        world.snapshot(at: 1_500, bids: [(90, 1)], asks: [(110, 1)])
        try world.run(2_000)
        #expect(Self.states(world).map(\.time) == [300, 1_505])
        #expect(world.levels(.buy) == [[90, 1]])
    }

    @Test func `two faults that overlap end when the last one does`() throws {
        let world = FaultWorld(
            Fault(.staleBook, from: Self.time(300), until: Self.time(800)),
            Fault(.publicDisconnect, from: Self.time(600), until: Self.time(1_000)),
            Fault(.outage(.silence), from: Self.time(900), until: Self.time(1_200)), interests: .book)
        world.bid(at: 700, 97, 5)
        try world.run(2_000)
        #expect(Self.states(world).map(\.time) == [600, 1_200])
        #expect(world.levels(.buy) == [[99, 10], [98, 20], [97, 5]])
    }

    /// After any public faults at all, the book that has caught up is the book of a run without them.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `a book that has come back is the true one`(seed: UInt64) throws {
        let market = GeneratedMarket.standard(venues: 2, duration: .minutes(2))
        var generator = MarketGenerator(market, seed: seed)
        var (events, chunk) = (ContiguousArray<MarketEvent>(), ContiguousArray<MarketEvent>())
        while generator.next(into: &chunk) { events += chunk.filter { $0.instrument == InstrumentID(0) } }
        let start = try #require(events.first).receiveTime + .seconds(1)

        func run(_ faults: FaultPlan?) throws -> (bids: [[Int64]], asks: [[Int64]], missed: Int64) {
            let venue = SimulatedVenue(
                VenueConfiguration(listings: [.init(id: InstrumentID(0), instrument: market.instruments[0])], accounts: [], faults: faults))
            let core = TradingCore(CoreConfiguration(instruments: [market.instruments[0]], accounts: [], seed: 1))
            let driver = try SimulationDriver(
                core: core, venues: [venue], feeds: [.init(source: MemorySource(events, batchSize: 1_000), venue: 0)], venueOfAccount: [])
            _ = try driver.run(from: start)
            func levels(_ side: Side) -> [[Int64]] {
                var levels: [[Int64]] = []
                while let level = core.books[InstrumentID(0)].next(side, after: levels.last?[0]) {
                    levels.append([level.ticks, level.lots])
                }
                return levels
            }
            return (levels(.buy), levels(.sell), venue.faultRecords.reduce(0) { $0 + $1.touched })
        }
        let draws = [Fault.Kind.staleBook, .publicDisconnect].enumerated().map {
            FaultDraw($0.element, every: .seconds(15), lasting: .milliseconds(1) ... .seconds(9), stream: UInt64($0.offset))
        }
        let plan = FaultPlan([], drawn: draws, seed: seed, run: start + Nanoseconds(count: 1)...start + .seconds(100))
        #expect(plan.faults.count > 3)
        let (healthy, faulty) = (try run(nil), try run(plan))
        #expect(faulty.bids == healthy.bids && faulty.asks == healthy.asks && healthy.bids.count > 5)
        #expect(faulty.missed > 0)
    }
}
