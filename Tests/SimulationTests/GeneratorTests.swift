import Market
import Simulation
import TestSupport
import Testing

@Suite struct GeneratorTests {
    private static func events(_ seed: UInt64, minutes: Int64 = 20, venues: Int = 3) -> [MarketEvent] {
        var generator = MarketGenerator(.standard(venues: venues, duration: .minutes(minutes)), seed: seed)
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
}
