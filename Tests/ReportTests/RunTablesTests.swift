import Market
import Testing
import Trading

@testable import Report

@Suite struct RunTablesTests {
    @Test func `of any number of fills a bounded number of marks is kept, the highest and lowest among them`() {
        let usd = Currency("USD")!
        let instrument = Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTC", kind: .linear, base: Currency("BTC")!, quote: usd,
            tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 1_000_000)
        var marks = FillMarks()
        var random = SeededGenerator(seed: 1)
        var (lowest, highest) = (Int64.max, Int64.min)
        for index in 0..<100_000 as Range<Int64> {
            let ticks = random.uniform(in: 1...1_000_000)
            (lowest, highest) = (min(lowest, ticks), max(highest, ticks))
            let fill = Fill(
                order: OrderID(1), instrument: InstrumentID(0), trade: UInt64(index), side: index % 2 == 0 ? .buy : .sell, role: .maker,
                price: Price(ticks: ticks), quantity: Quantity(lots: 1), fee: Money(nanos: 0, usd))
            marks.add(fill, instrument, at: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + index * 3_000_000_000))
        }
        let all = (marks.buys + marks.sells).map(\.last)
        #expect(all.count <= 3_000)
        #expect(all.min() == Double(lowest) && all.max() == Double(highest))
        #expect(marks.buys.map(\.time) == marks.buys.map(\.time).sorted())
    }

    @Test func `a long table keeps its beginning and its end`() {
        var rows = KeptRows(limit: 3)
        for number in 0..<10 { rows.add(["\(number)"]) }
        #expect(rows.rows == [["0"], ["1"], ["2"], ["7"], ["8"], ["9"]])
        #expect(rows.note(file: "x.csv") == "The first and last 3 of 10 rows; x.csv has them all.")
    }
}
