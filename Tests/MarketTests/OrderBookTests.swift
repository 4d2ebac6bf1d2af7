import Market
import TestSupport
import Testing

@Suite struct OrderBookTests {
    /// Shapes of markets: how far updates fall from the touch, and how often the touch jumps.
    static let shapes: [(name: String, near: Int64, far: Int64, jump: Int64)] = [
        ("dense", 8, 40, 3), ("sparse", 3_000, 20_000, 500), ("far", 40, 200_000, 30), ("jumping", 20, 400, 50_000), ("crossing", 3, 6, 1),
    ]

    @Test(arguments: shapes, TestScale.seeds(3))
    func `the ladder agrees with the naive book after every change`(
        shape: (name: String, near: Int64, far: Int64, jump: Int64), seed: UInt64
    ) {
        var random = SeededGenerator(seed: seed)
        var book = OrderBook()
        var naive = NaiveBook()
        var centre: Int64 = 600_000
        for step in 0..<4_000 {
            if random.uniform(in: 0...99) == 0 { centre += random.uniform(in: -shape.jump...shape.jump) }
            let side: Side = random.uniform(in: 0...1) == 0 ? .buy : .sell
            let reach = random.uniform(in: 0...9) == 0 ? shape.far : shape.near
            let offset = random.uniform(in: -2...reach)
            let ticks = centre + (side == .buy ? -offset : offset)
            let lots = random.uniform(in: 0...2) == 0 ? 0 : random.uniform(in: 1...50)
            if random.uniform(in: 0...1_999) == 0 {
                book.removeAll()
                naive.removeAll()
            }
            #expect(book.set(side, ticks: ticks, lots: lots) == naive.set(side, ticks: ticks, lots: lots))
            #expect(book.bestBid?.ticks == naive.bestBid, "\(shape.name) seed \(seed) step \(step)")
            #expect(book.bestAsk?.ticks == naive.bestAsk, "\(shape.name) seed \(seed) step \(step)")
            #expect(book.lots(side, ticks) == lots)
            if step % 97 == 0 {
                for side in Side.allCases {
                    #expect(book.levelCount(side) == naive.count(side))
                    #expect(ladder(book, side).elementsEqual(naive.ladder(side), by: ==), "\(shape.name) \(seed) \(step)")
                }
            }
        }
    }

    private func ladder(_ book: borrowing OrderBook, _ side: Side) -> [(Int64, Int64)] {
        var levels: [(Int64, Int64)] = []
        var at: Int64?
        while let level = book.next(side, after: at) {
            levels.append((level.ticks, level.lots))
            at = level.ticks
        }
        return levels
    }

    private static func filled() -> OrderBook {
        var book = OrderBook()
        for (ticks, lots) in [(100, 5), (99, 10), (90, 20)] as [(Int64, Int64)] { book.set(.buy, ticks: ticks, lots: lots) }
        for (ticks, lots) in [(102, 4), (103, 6), (120, 30)] as [(Int64, Int64)] { book.set(.sell, ticks: ticks, lots: lots) }
        return book
    }

    @Test func `a sweep walks the opposite levels`() {
        let book = Self.filled()
        let cases: [(side: Side, lots: Int64, limit: Int64?, filled: Int64, tickLots: Int128)] = [
            (.buy, 8, nil, 8, 820), (.sell, 100, nil, 35, 3_290), (.buy, 100, 103, 10, 1_026), (.buy, 1, 101, 0, 0),
        ]
        for expected in cases {
            let result = book.sweep(expected.side, lots: expected.lots, limit: expected.limit)
            #expect(result.lots == expected.filled)
            #expect(result.tickLots == expected.tickLots)
        }
        #expect(book.depth(.buy, through: 99) == 15)
    }

    @Test func `an executable price never understates a cost`() {
        let book = Self.filled()
        let usd = Currency("USD")!
        let instrument = Instrument(
            symbol: "X", venue: "v", venueSymbol: "X", kind: .linear, base: Currency("X")!, quote: usd, tickSize: FinePrice(nanos: 1),
            lotSize: 1)
        #expect(book.executablePrice(.buy, Quantity(lots: 7), instrument) == FinePrice(nanos: 103))  // 717 / 7 = 102.43
        #expect(book.executablePrice(.sell, Quantity(lots: 7), instrument) == FinePrice(nanos: 99))  // 698 / 7 = 99.71
        #expect(book.executablePrice(.sell, Quantity(lots: 36), instrument) == nil)
        #expect(book.mid(instrument) == FinePrice(nanos: 101))
    }

    @Test func `a crossing level moves the opposite best outwards and leaves it stored`() {
        var book = Self.filled()
        book.set(.buy, ticks: 103, lots: 1)
        #expect(book.bestBidTicks == 103 && book.bestAskTicks == 120)
        #expect(book.lots(.sell, 102) == 4)
        book.set(.buy, ticks: 103, lots: 0)
        #expect(book.bestBidTicks == 100 && book.bestAskTicks == 120)
    }
}
