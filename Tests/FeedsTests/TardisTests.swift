import Market
import Testing

@testable import Feeds
@testable import Venues

@Suite struct TardisTests {
    private let files: Files

    init() throws { files = try Files() }

    private func run(_ paths: [String]) throws -> MemorySink {
        var run = try ImportRun(paths, Importer.Options(), MemorySink()) { _ in }
        return try run.run().0
    }

    private let book = """
        exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
        binance-futures,BTCUSDT,1000000,1001000,true,bid,100.0,1
        binance-futures,BTCUSDT,1000000,1001000,true,ask,100.1,2
        binance-futures,BTCUSDT,1002000,1003000,false,bid,100.0,0.5
        binance-futures,BTCUSDT,1002000,1003000,false,ask,100.1,0
        binance-futures,BTCUSDT,1004000,1005000,false,bid,99.9,3

        """

    @Test func `rows of equal times are one frame, and a run of snapshot rows a full book`() throws {
        let events = try run([files.write("book.csv", book)]).events
        #expect(
            events.map(\.flags) == [[.first, .snapshot], [.last, .snapshot, .sell], [.first], [.last, .sell], [.first, .last]])
        #expect(events.map(\.price) == [1_000, 1_001, 1_000, 1_001, 999])
        #expect(events.map(\.quantity) == [1_000, 2_000, 500, 0, 3_000])
        #expect(events[2].venueTime == Timestamp(nanoseconds: 1_002_000_000))
        #expect(events[2].receiveTime == Timestamp(nanoseconds: 1_003_000_000))
    }

    @Test func `trades, quotes and tickers are merged in, trades before the changes of the same time`() throws {
        let trades = """
            local_timestamp,timestamp,exchange,symbol,price,amount,side,id
            1003000,1002000,binance-futures,BTCUSDT,100.1,2,buy,7
            1005500,1004500,binance-futures,BTCUSDT,100.0,1,sell,8
            """
        let quotes = """
            exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount
            binance-futures,BTCUSDT,1004000,1004500,,,100.0,0.5
            """
        let ticker = """
            exchange,symbol,timestamp,local_timestamp,funding_timestamp,\
            funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price
            binance-futures,BTCUSDT,1004000,1004600,2000000,0.0001,,12.5,100,99.95,100.05
            """
        let events = try run([
            files.write("book.csv", book), files.write("trades.csv", trades), files.write("quotes.csv", quotes),
            files.write("ticker.csv", ticker),
        ]).events
        #expect(
            events.map(\.kind) == [
                .level, .level, .trade, .level, .level, .quote, .quote, .mark, .index, .funding, .openInterest, .level, .trade,
            ])
        #expect(events[2].detail == 7)
        #expect(events[5].price == 1_000 && events[6].price == 0 && events[6].quantity == 0)
        #expect(events[9].price == 100_000_000 && events[9].detail == 2_000_000_000 && events[9].quantity == Nanoseconds.hours(8).count)
        #expect(events[10].quantity == 12_500)
    }

    @Test(arguments: [true, false])
    func `Pain 15: of one instant the trade comes before the book that it left; without: in the order of the files`(heals: Bool) throws {
        let trades = """
            exchange,symbol,timestamp,local_timestamp,id,side,price,amount
            binance-futures,BTCUSDT,1002000,1003000,7,buy,100.1,2
            """
        let paths = try [files.write("book.csv", book), files.write("trades.csv", trades)]
        func kinds(_ paths: [String]) throws -> [MarketEvent.Kind] {
            // Without the rule: each file by itself, put together by their times alone.
            let events = try heals ? run(paths).events : paths.flatMap { try run([$0]).events }
            let sorted = events.enumerated().sorted { ($0.element.receiveTime, $0.offset) < ($1.element.receiveTime, $1.offset) }
            return sorted.map(\.element.kind)
        }
        for order in [paths, paths.reversed()] where heals || order == paths {
            #expect((try kinds(order) == [.level, .level, .trade, .level, .level, .level]) == heals)
        }
    }

    @Test func `a broken row names its column`() throws {
        let path = try files.write("book.csv", book + "binance-futures,BTCUSDT,1006000,1007000,false,bid,abc,1\n")
        let error = FeedError.badRow(path: path, line: 7, column: 51, fault: .malformed, expected: "a decimal as price")
        #expect(throws: error) { try run([path]) }
    }

    @Test func `quoted fields and their errors are libcsv's`() throws {
        let quoted = book.replacing("BTCUSDT", with: "\"BTCUSDT\"")
        #expect(try run([files.write("book.csv", quoted)]).events.count == 5)
        let open = try files.write("open.csv", book + "binance-futures,\"BTCUSDT,1006000,1007000,false,bid,1,1\n")
        #expect {
            try run([open])
        } throws: { error in
            if case .badRow(open, 7, _, .malformed, _)? = error as? FeedError { true } else { false }
        }
    }
}
