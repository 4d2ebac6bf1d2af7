import Market
import Simulation
import Testing

@testable import Runtime
@testable import Trading

/// Our record against the venue's, where a report is lost and nothing else would say so. Each with what happens without it.
@Suite struct ReconciliationTests {
    private static let whole = Rate(trillionths: Rate.scale)
    private static let flat = Quantity.zero
    private static func time(_ milliseconds: Int64) -> Timestamp { FaultWorld.time(milliseconds) }

    private static func worlds(_ faults: Fault...) -> [(reconciles: Bool, world: FaultWorld)] {
        [true, false].map { reconciles in
            let interval: Nanoseconds? = reconciles ? .seconds(5) : nil
            return (
                reconciles,
                faults.count == 1
                    ? FaultWorld(faults[0], reconcileEvery: interval) : FaultWorld(faults[0], faults[1], reconcileEvery: interval)
            )
        }
    }

    @Test func `Pain 10: a fill lost during a reconnect is found by the cursor when the stream is back; without: it is not`() throws {
        for (reconciles, world) in Self.worlds(Fault(.privateDisconnect(.lost), from: Self.time(500), until: Self.time(1_500))) {
            world.buy(at: 100, 99, 4)
            world.sold(at: 300, 99, 11)  // One of ours, told before the stream is lost.
            world.sold(at: 600, 98, 50)
            try world.run(4_000)
            #expect(world.ledger.venue[0] == 4)
            let fills = world.told.compactMap { told -> (Int64, Int64)? in
                if case .order(_, .filled(let fill, _)) = told.event { (told.time, fill.quantity.lots) } else { nil }
            }
            if reconciles {
                // Asked at 1,500 ms, ten there and ten back; the first fill is not counted again.
                #expect(fills.map(\.0) == [310, 1_520] && fills.map(\.1) == [1, 3])
                #expect(world.ledger.core == world.ledger.venue)
            } else {
                #expect(fills.map(\.1) == [1])
            }
        }
    }

    @Test func `a fill whose report was dropped is found at the next interval, without any request of ours`() throws {
        let lost = Fault(.droppedReports(probability: Self.whole), from: Self.time(500), until: Self.time(700))
        for (reconciles, world) in Self.worlds(lost) {
            world.buy(at: 100, 99, 4)
            world.sold(at: 600, 98, 50)
            world.at(9_000) { context in
                #expect((context.position(FaultWorld.account, FaultWorld.instrument).lots == 4) == reconciles)
                #expect(context.isDone(OrderID(1)) == reconciles)
            }
            try world.run(9_500)
        }
    }

    @Test func `funding that was not told is found at the next interval, and what is told twice counts once`() throws {
        let span = (from: Self.time(900), until: Self.time(1_200))
        for (reconciles, world) in Self.worlds(Fault(.droppedReports(probability: Self.whole), from: span.from, until: span.until)) {
            world.buy(at: 100, 101, 4)
            world.funding(at: 300, basisPoints: 100, due: 1_000)
            world.bid(at: 1_010, 98, 21)
            try world.run(9_500)
            #expect((world.ledger.core == world.ledger.venue) == reconciles)
        }
        let twice = FaultWorld(
            Fault(.duplicatedReports(probability: Self.whole, after: .milliseconds(300)), from: span.from, until: span.until),
            reconcileEvery: .seconds(2))
        twice.buy(at: 100, 101, 4)
        twice.funding(at: 300, basisPoints: 100, due: 1_000)
        twice.bid(at: 1_010, 98, 21)
        try twice.run(9_500)
        let told = twice.told.filter { if case .funding = $0.event { true } else { false } }
        #expect(told.count == 1 && twice.ledger.core == twice.ledger.venue)
    }

    @Test func `an order whose end was not told is asked about`() throws {
        let cut = Fault(.autoDeleveraging(share: Self.whole), from: Self.time(90_000), until: Self.time(90_000))
        for (reconciles, world) in Self.worlds(
            Fault(.droppedReports(probability: Self.whole), from: Self.time(500), until: Self.time(700)), cut)
        {
            // It expires by itself at 600 ms.
            world.at(100) { context in
                context.submit(
                    OrderDraft(
                        account: FaultWorld.account, instrument: FaultWorld.instrument, side: .buy, price: Price(ticks: 99),
                        quantity: Quantity(lots: 4), purpose: .quote, terms: OrderTerms(expiry: Self.time(600))))
            }
            world.at(6_000) { #expect($0.isDone(OrderID(1)) == reconciles) }
            try world.run(6_500)
            #expect(world.venue.restingOrderCount == 0)
        }
    }

    @Test func `a position that no fill explains freezes quotes at once, and is the venue's when it stays so`() throws {
        for (reconciles, world) in Self.worlds(
            Fault(.autoDeleveraging(share: Rate(basisPoints: 5_000)), from: Self.time(2_000), until: Self.time(2_000)),
            Fault(.droppedReports(probability: Self.whole), from: Self.time(1_900), until: Self.time(2_100)))
        {
            world.buy(at: 100, 101, 4)
            world.record(at: 400, .mark, 101_000_000_000, 0)
            var frozen: [FreezeReason?] = []
            for moment: Int64 in [4_900, 5_500, 14_900, 19_000] { world.at(moment) { frozen.append($0.freeze) } }
            try world.run(19_500)
            #expect(world.ledger.venue[0] == 2)
            let adjusted = world.told.compactMap { told -> (Int64, Int64)? in
                if case .adjusted(_, _, let change) = told.event { (told.time, change.lots) } else { nil }
            }
            if reconciles {
                // Asked at 5,000 ms and, because it differed, two seconds after each answer.
                #expect(adjusted.map(\.0) == [15_120] && adjusted.map(\.1) == [-2])
                #expect(world.ledger.core == world.ledger.venue)
                #expect(frozen == [nil, .positionMismatch, .positionMismatch, nil])
            } else {
                #expect(adjusted.isEmpty && world.ledger.core[0] == 4 && frozen == [nil, nil, nil, nil])
            }
        }
    }

    @Test func `a position that a later fill shows to be another is looked at within seconds, however rarely all is compared`() throws {
        // What was closed by force was never told; without the fill at 6,000 ms nothing would show it within the hour.
        for isShown in [true, false] {
            let world = FaultWorld(
                Fault(.autoDeleveraging(share: Rate(basisPoints: 5_000)), from: Self.time(2_000), until: Self.time(2_000)),
                Fault(.droppedReports(probability: Self.whole), from: Self.time(1_900), until: Self.time(2_100)),
                reconcileEvery: .hours(1))
            world.buy(at: 100, 101, 4)
            world.record(at: 400, .mark, 101_000_000_000, 0)
            if isShown { world.buy(at: 6_000, 101, 1) }
            var frozen: [FreezeReason?] = []
            for moment: Int64 in [7_900, 8_100, 22_000] { world.at(moment) { frozen.append($0.freeze) } }
            try world.run(23_000)
            #expect((world.ledger.core == world.ledger.venue) == isShown)
            #expect(frozen == (isShown ? [nil, .positionMismatch, nil] : [nil, nil, nil]))
        }
    }

    @Test(arguments: [400 as Int64, 12_000])
    func `a venue that tells a wrong position for some seconds freezes quotes and changes nothing`(until: Int64) throws {
        let world = FaultWorld(
            Fault(.positionReports(lag: .zero, error: Rate(basisPoints: -10_000)), from: Self.time(50), until: Self.time(until)),
            reconcileEvery: .seconds(5))
        world.buy(at: 100, 101, 4)
        try world.run(20_000)
        #expect(!world.told.contains { if case .adjusted = $0.event { true } else { false } })
        #expect(world.told.contains { if case .frozen = $0.event { true } else { false } } == (until > 5_000))
        #expect(world.ledger.core == world.ledger.venue && world.ledger.core[0] == 4)
    }

    @Test func `positions that are pushed late change nothing`() throws {
        let world = FaultWorld(Fault(.positionReports(lag: .seconds(4), error: .zero)), reconcileEvery: .seconds(5))
        for moment in 1...30 { world.buy(at: Int64(moment) * 700, 101, 1) }
        try world.run(25_000)
        #expect(!world.told.contains { if case .adjusted = $0.event { true } else { false } })
        #expect(world.ledger.core == world.ledger.venue)
    }

    @Test func `a question that nobody answers says nothing`() throws {
        let world = FaultWorld(Fault(.outage(.silence), from: Self.time(4_000), until: Self.time(6_000)), reconcileEvery: .seconds(5))
        world.buy(at: 100, 101, 4)
        try world.run(12_000)
        #expect(!world.told.contains { if case .adjusted = $0.event { true } else { false } })
        #expect(world.ledger.core == world.ledger.venue && world.ledger.core[0] == 4)
    }

    @Test func `an order that the venue has and we hold ended is cancelled`() throws {
        let world = FaultWorld(reconcileEvery: .seconds(5))
        world.buy(at: 100, 99, 4)
        // As if its end had been told wrongly.
        world.at(1_000) { _ in
            world.core.apply(
                AccountEvent(
                    account: FaultWorld.account, venueTime: world.core.now, receiveTime: world.core.now,
                    report: .cancelled(OrderID(1), .venue)))
            #expect(world.core.isDone(OrderID(1)) && world.venue.restingOrderCount == 1)
        }
        world.at(6_000) { _ in #expect(world.venue.restingOrderCount == 0) }
        try world.run(6_500)
    }

    @Test func `a forced change concerns the instances whose positions it makes smaller`() {
        var book = PositionBook([.plainWorld], [.init(name: "a", venue: VenueID(0), balances: [])])
        for _ in 0..<3 { book.addInstance() }
        let (account, instrument) = (AccountID(0), InstrumentID(0))
        func own() -> [Int64] { (0..<3).map { book.own(StrategyID($0), account, instrument).lots } }
        for (instance, lots) in [(0, -2), (1, 5), (2, 4)] as [(Int, Int64)] {
            book.apply(
                Fill(
                    order: OrderID(1), instrument: instrument, trade: UInt64(instance), side: lots > 0 ? .buy : .sell, role: .taker,
                    price: Price(ticks: 100), quantity: Quantity(lots: abs(lots)), fee: .zero(FaultWorld.usd)), account: account,
                instance: StrategyID(instance))
        }
        let price = FinePrice(nanos: 100_000_000_000)
        book.force(Quantity(lots: -6), of: instrument, at: price, cost: .zero(FaultWorld.usd), account: account)
        #expect(own() == [-2, 0, 3] && book.position(account, instrument).lots == 1)
        // More than anybody holds: the rest is the first one's.
        book.force(Quantity(lots: -5), of: instrument, at: price, cost: .zero(FaultWorld.usd), account: account)
        #expect(own() == [-4, 0, 0] && book.position(account, instrument).lots == -4)
    }
}

extension Instrument {
    fileprivate static let plainWorld = Instrument(
        symbol: "BTC", venue: "v", venueSymbol: "BTC", kind: .linear, base: Currency("BTC")!, quote: FaultWorld.usd,
        tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 1_000_000_000)
}
