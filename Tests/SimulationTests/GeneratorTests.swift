import Market
import Simulation
import TestSupport
import Testing

@Suite struct GeneratorTests {
    private static func events(
        _ seed: UInt64, minutes: Int64 = 20, venues: Int = 3, _ change: (inout GeneratedMarket) -> Void = { _ in }
    ) -> [MarketEvent] {
        var market = GeneratedMarket.standard(venues: venues, duration: .minutes(minutes))
        change(&market)
        var generator = MarketGenerator(market, seed: seed)
        var (all, part) = ([MarketEvent](), ContiguousArray<MarketEvent>())
        while generator.next(into: &part) { all += part }
        return all
    }

    @Test func `the same seed makes the same market, another one another`() {
        #expect(Self.events(1, minutes: 2) == Self.events(1, minutes: 2))
        #expect(Self.events(1, minutes: 2) != Self.events(2, minutes: 2))
    }

    @Test(arguments: TestScale.seeds(3))
    func `books never cross, frames are whole, time goes on, venues stay together`(seed: UInt64) {
        let market = GeneratedMarket.standard(venues: 3, duration: .minutes(20))
        let books = Table(count: 3) { _ in OrderBook() }
        var last: [(venue: Timestamp, receive: Timestamp)] = Array(repeating: (.distantPast, .distantPast), count: 3)
        var isOpen = [false, false, false]
        var (trades, frames) = (0, 0)
        for event in Self.events(seed) {
            let index = event.instrument.index
            #expect(event.venueTime >= last[index].venue && event.receiveTime >= last[index].receive && event.receiveTime > event.venueTime)
            last[index] = (event.venueTime, event.receiveTime)
            #expect(event.isFirst != isOpen[index])
            isOpen[index] = !event.isLast
            if event.kind == .trade { trades += 1 }
            guard event.kind == .level else { continue }
            books[index].set(event.side, ticks: event.price, lots: event.quantity)
            guard event.isLast else { continue }
            frames += 1
            #expect(books[index].bestBidTicks < books[index].bestAskTicks)
            if frames % 50 == 0 { #expect((30...200).contains(books[index].levelCount(.buy))) }
        }
        #expect(trades > 1_000)
        let mids = market.instruments.indices.map { books[$0].mid(market.instruments[$0])?.nanos ?? 0 }
        #expect((mids.max() ?? 0) - (mids.min() ?? 0) < 150_000_000_000)
    }

    @Test(arguments: [Rate(basisPoints: 150), Rate(basisPoints: -400)])
    func `a stated jump moves every venue by its share, once, and crosses no book`(share: Rate) {
        func mids(_ jumps: [GeneratedMarket.Jump]) -> [Double] {
            let books = Table(count: 2) { _ in OrderBook() }
            for event in Self.events(9, minutes: 2, venues: 2, { $0.jumps = jumps }) where event.kind == .level {
                books[event.instrument.index].set(event.side, ticks: event.price, lots: event.quantity)
                if event.isLast { #expect(books[event.instrument.index].bestBidTicks < books[event.instrument.index].bestAskTicks) }
            }
            return (0...1).map { Double(books[$0].bestBidTicks + books[$0].bestAskTicks) / 2 }
        }
        let moved = mids([.init(after: .seconds(60), share: share)])
        for (before, after) in zip(mids([]), moved) {
            #expect(abs(after / before - 1 - Double(share.trillionths) / Double(Rate.scale)) < 0.001, "\(before) \(after)")
        }
    }

    @Test func `takers who saw the fastest venue move take what the others still show, within their time, and leave that venue as it is`() {
        let quiet = { (market: inout GeneratedMarket) in
            (market.stray, market.regimes, market.jumpEvery, market.jumpTicks) = (0, [12], .seconds(2), 8)
            for venue in market.venues.indices { market.venues[venue].takes = .init(0, of: 100) }
        }
        let plain = Self.events(5, minutes: 2, venues: 2, quiet)
        let events = Self.events(5, minutes: 2, venues: 2) {
            quiet(&$0)
            $0.informed = .init(reaction: .milliseconds(10))
        }
        func trades(_ events: [MarketEvent]) -> [MarketEvent] { events.filter { $0.kind == .trade && $0.instrument.index == 0 } }
        #expect(plain.filter { $0.instrument.index == 1 } == events.filter { $0.instrument.index == 1 })
        #expect(trades(events).count > trades(plain).count * 3 / 2, "\(trades(events).count), \(trades(plain).count)")
        // What they buy is dearer soon after, what they sell cheaper: by the mid of the venue that leads, 60 ms ahead.
        let books = Table(count: 2) { _ in OrderBook() }
        var (waiting, gains) = ([MarketEvent](), [Int64]())
        for event in events {
            while let first = waiting.first, first.venueTime + .milliseconds(200) <= event.venueTime {
                let mid = books[0].bestBidTicks + books[0].bestAskTicks
                gains.append((mid - 2 * first.price) * first.side.sign)
                waiting.removeFirst()
            }
            if event.kind == .level {
                books[event.instrument.index].set(event.side, ticks: event.price, lots: event.quantity)
                if event.isLast { #expect(books[event.instrument.index].bestBidTicks < books[event.instrument.index].bestAskTicks) }
            }
            if event.kind == .trade, event.instrument.index == 0 { waiting.append(event) }
        }
        #expect(gains.reduce(0, +) > 0 && gains.count { $0 > 0 } * 2 > gains.count, "\(gains.count { $0 > 0 }) of \(gains.count)")
    }

    @Test func `funding that is stated is paid at its interval, from its time on`() {
        let change = { (market: inout GeneratedMarket) in
            market.venues[0].instrument.fundingInterval = .minutes(5)
            market.venues[0].fundingSteps = [
                .init(after: .zero, rate: Rate(basisPoints: 4)), .init(after: .minutes(2), rate: Rate(basisPoints: -3)),
            ]
        }
        let told = Self.events(3, minutes: 4, venues: 2, change).filter { $0.kind == .funding }
        let start = GeneratedMarket.standard(venues: 2, duration: .minutes(4)).start
        for event in told where event.instrument == InstrumentID(0) {
            let stated: Int64 = event.venueTime < start + .minutes(2) ? 400_000_000 : -300_000_000
            #expect(abs(event.price - stated) < 1_000_000 && event.quantity == 300 * 1_000_000_000)
            #expect(event.detail == (start + .minutes(5)).nanoseconds)
        }
        // The other venue's is what it is without.
        func other(_ events: [MarketEvent]) -> [MarketEvent] { events.filter { $0.instrument == InstrumentID(1) } }
        #expect(other(told) == other(Self.events(3, minutes: 4, venues: 2).filter { $0.kind == .funding }))
    }

    @Test func `a spot market comes last, pays no funding, and leaves the others as they are`() {
        func events(_ spot: Bool) -> [MarketEvent] {
            var generator = MarketGenerator(GeneratedMarket.standard(venues: 2, spot: spot, duration: .minutes(2)), seed: 3)
            var (all, part) = ([MarketEvent](), ContiguousArray<MarketEvent>())
            while generator.next(into: &part) { all += part }
            return all
        }
        let all = events(true)
        #expect(all.filter { $0.instrument != InstrumentID(2) } == events(false))
        let coins = all.filter { $0.instrument == InstrumentID(2) }
        #expect(coins.count > 1_000 && !coins.contains { $0.kind == .mark || $0.kind == .funding })
    }

    @Test func `venues that stray are further apart`() {
        func farthest(_ stray: Int64) -> Int64 {
            let books = Table(count: 2) { _ in OrderBook() }
            var most: Int64 = 0
            for event in Self.events(3, minutes: 10, venues: 2, { $0.stray = stray }) where event.kind == .level {
                books[event.instrument.index].set(event.side, ticks: event.price, lots: event.quantity)
                guard event.isLast, books[0].hasBothSides, books[1].hasBothSides else { continue }
                most = max(most, abs(books[0].bestBidTicks - books[1].bestBidTicks))
            }
            return most
        }
        #expect(farthest(10) > 4 * farthest(1))
    }

    @Test(arguments: [Rate(basisPoints: -150), Rate(basisPoints: 200)])
    func `forced orders push one venue alone, are marked, and the price comes back`(share: Rate) {
        let cascade = GeneratedMarket.Cascade(after: .seconds(60), share: share)
        let plain = Self.events(9, minutes: 3, venues: 2)
        let forced = Self.events(9, minutes: 3, venues: 2) { $0.cascades = [cascade] }
        #expect(plain.filter { $0.instrument.index == 1 } == forced.filter { $0.instrument.index == 1 }, "the other venue hears nothing")
        #expect(!plain.contains { $0.kind == .liquidation || $0.flags.contains(.liquidation) })
        let marked = forced.filter { $0.flags.contains(.liquidation) }
        #expect(marked.contains { $0.kind == .trade } && marked.contains { $0.kind == .liquidation })
        let start = GeneratedMarket.standard(venues: 2, duration: .minutes(3)).start
        let side: Side = share.trillionths < 0 ? .sell : .buy
        #expect(marked.allSatisfy { $0.side == side && $0.venueTime >= start + .seconds(60) && $0.venueTime < start + .seconds(66) })
        // Its distance from the other venue, by second, as a share.
        let books = Table(count: 2) { _ in OrderBook() }
        var distance: [Int64: Double] = [:]
        for event in forced where event.kind == .level {
            books[event.instrument.index].set(event.side, ticks: event.price, lots: event.quantity)
            guard event.isLast, books[0].hasBothSides, books[1].hasBothSides else { continue }
            #expect(books[0].bestBidTicks < books[0].bestAskTicks)
            let mids = (0...1).map { Double(books[$0].bestBidTicks + books[$0].bestAskTicks) / 2 }
            distance[(event.venueTime - start).count / 1_000_000_000] = (mids[0] - mids[1]) / mids[1]
        }
        let pushed = Double(share.trillionths) / Double(Rate.scale)
        #expect(abs((distance[65] ?? 0) - pushed) < abs(pushed) / 4, "\(distance[65] ?? 0)")
        #expect(abs(distance[58] ?? 1) < 0.001 && abs(distance[120] ?? 1) < 0.001)
    }
}
