import Foundation
import Market
import Tape
import Testing

@testable import Feeds
@testable import Venues

@Suite struct ImporterTests {
    private let files: Files

    init() throws { files = try Files() }

    /// A line of a spot depth stream.
    private func depth(_ second: Int64, _ first: Int64, _ last: Int64, bid: String = "100.00", size: String = "1.00000") -> String {
        let time = 1_700_000_000 + second
        return "\(time)000000000 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":\(time)000,\"s\":\"BTCUSDT\","
            + "\"U\":\(first),\"u\":\(last),\"b\":[[\"\(bid)\",\"\(size)\"]],\"a\":[]}}\n"
    }

    private func book(_ second: Int64, _ last: Int64) -> String {
        "\(1_700_000_000 + second)000000000 {\"lastUpdateId\":\(last),\"bids\":[[\"99.00\",\"2.00\"]],\"asks\":[[\"101.00\",\"3.00\"]]}\n"
    }

    private func run(_ paths: [String], _ options: Importer.Options = Importer.Options()) throws -> (MemorySink, ImportSummary) {
        var run = try ImportRun(paths, options, MemorySink()) { _ in }
        return try run.run()
    }

    @Test func `changes before the full book wait, and those it contains are dropped`() throws {
        let text = depth(0, 1, 2) + depth(1, 3, 5) + depth(2, 6, 9) + book(3, 7) + depth(4, 10, 11)
        let (sink, summary) = try run([files.write("spot.txt", text)])
        #expect(sink.events.map(\.detail) == [7, 7, 9, 11])
        #expect(sink.events.map { $0.flags.contains(.snapshot) } == [true, true, false, false])
        #expect(summary.feeds[0].staleFrames == 2)
        #expect(summary.feeds[0].gaps == 0)
    }

    @Test func `a skipped number is a gap, and changes wait for the next full book`() throws {
        let text = depth(0, 1, 2) + book(1, 2) + depth(2, 3, 4) + depth(3, 6, 7) + depth(4, 8, 9) + book(5, 8) + depth(6, 10, 11)
        let (sink, summary) = try run([files.write("spot.txt", text)])
        #expect(sink.events.map(\.kind) == [.level, .level, .level, .level, .gap, .level, .level, .level, .level])
        #expect(sink.events[4].price == GapCause.sequence.rawValue)
        #expect(sink.events.suffix(2).map(\.detail) == [9, 11])
        #expect(summary.feeds[0].gaps == 1)
    }

    @Test func `a recording without a full book keeps its changes as they are`() throws {
        let (sink, summary) = try run([files.write("spot.txt", depth(0, 1, 2) + depth(1, 3, 4) + depth(2, 9, 9))])
        #expect(sink.events.map(\.kind) == [.level, .level, .gap, .level])
        #expect(!sink.events.contains { $0.flags.contains(.snapshot) })
        #expect(summary.feeds[0].unsynchronisedFrames == 0)
    }

    @Test func `parts are joined in time order, whatever their order on the command line`() throws {
        let first = try files.write("one.txt", depth(0, 1, 2) + book(1, 2) + depth(2, 3, 4))
        let second = try files.write("two.txt", depth(100, 5, 6) + depth(101, 7, 8))
        let (sink, summary) = try run([second, first])
        #expect(sink.instruments.count == 1)
        #expect(sink.events.map(\.detail) == [2, 2, 2, 4, 6, 8])
        #expect(summary.feeds[0].gaps == 0, "continuous numbers prove that the pause held nothing")
    }

    @Test func `a hole between parts is a gap of the recording`() throws {
        let first = try files.write("one.txt", depth(0, 1, 2) + book(1, 2))
        let second = try files.write("two.txt", depth(100, 50, 60) + depth(101, 61, 62))
        let (sink, summary) = try run([first, second])
        #expect(sink.events.last?.kind == .gap)
        #expect(sink.events.last?.price == GapCause.recording.rawValue)
        #expect(summary.feeds[0].unsynchronisedFrames == 2)
    }

    @Test func `a part that begins with a full book of its own follows a gap`() throws {
        let first = try files.write("one.txt", depth(0, 1, 2) + book(1, 2) + depth(2, 3, 4))
        let second = try files.write("two.txt", depth(100, 48, 49) + book(101, 50))
        let (sink, summary) = try run([first, second])
        #expect(sink.events.map(\.kind) == [.level, .level, .level, .level, .gap, .level, .level])
        #expect(summary.feeds[0].gaps == 1)
    }

    @Test func `orders that were open at the end of a part are lost in the next`() throws {
        func order(_ second: Int, _ id: Int) -> String {
            "\(1_430_438_404 + second)000 order_created {\"price\": \"236.47\", \"amount\": \"2.0\", \"id\": \(id), \"order_type\": 0}\n"
        }
        let first = try files.write("one.log", order(0, 1))
        let second = try files.write("two.log", order(1, 2))
        let (sink, _) = try run([first, second])
        #expect(sink.events.map(\.kind) == [.orderAdded, .gap, .orderAdded])
    }

    @Test func `one feed's full book makes no other feed wait`() throws {
        func future(_ line: String, after previous: Int) -> String {
            line.replacingOccurrences(of: "\"b\":", with: "\"pu\":\(previous),\"b\":")
        }
        let futures = future(depth(0, 1, 2), after: 0) + book(1, 2) + future(depth(2, 5, 6), after: 2)
        let paths = [try files.write("usdm.txt", futures), try files.write("spot.txt", depth(0, 1, 2) + depth(1, 3, 4))]
        let (sink, summary) = try run(paths)
        #expect(sink.instruments.map(\.venue) == ["binance-usdm", "binance-spot"])
        #expect(sink.events.filter { $0.instrument == InstrumentID(1) }.count == 2)
        #expect(summary.feeds.map(\.unsynchronisedFrames) == [0, 0])
    }

    @Test func `parts that overlap are an error`() throws {
        let first = try files.write("one.txt", depth(0, 1, 2) + depth(50, 3, 4))
        let second = try files.write("two.txt", depth(10, 3, 4))
        #expect(throws: FeedError.overlap(feed: "binance-spot BTCUSDT", first: first, second: second)) { try run([first, second]) }
    }

    @Test func `a bad row names its place and what was expected, and leaves no tape`() throws {
        let bad = depth(1, 3, 4, bid: "1x0")
        let path = try files.write("spot.txt", depth(0, 1, 2) + bad)
        let place = try #require(bad.range(of: "\"1x0\""))
        let column = bad.distance(from: bad.startIndex, to: place.lowerBound) + 1
        let importer = Importer(inputs: [path], output: files.path("out.tape"))
        let error = FeedError.badRow(path: path, line: 2, column: column, fault: .malformed, expected: "a decimal")
        #expect(throws: error) { try importer.run() }
        #expect(try files.names == ["spot.txt"])
    }

    @Test func `a price off the grid names both`() throws {
        let path = try files.write("spot.txt", depth(0, 1, 2, bid: "100.005"))
        #expect {
            try run([path])
        } throws: { error in
            guard let error = error as? FeedError, case .badRow(_, 1, _, .offGrid, let expected) = error else { return false }
            return expected == "a price that is a multiple of 0.01, not 100.005"
        }
    }

    @Test func `Pain 20: skipped rows are counted by what is wrong with them; without leave to skip nothing is made`() throws {
        let text = depth(0, 1, 2) + "nonsense\n" + depth(1, 3, 4, bid: "100.001") + depth(2, 3, 4) + "{\n"
        let path = try files.write("spot.txt", text)
        let (sink, summary) = try run([path], Importer.Options(skipBad: true))
        #expect(sink.events.count == 2)
        #expect(
            Set(summary.unparsed) == [
                ImportSummary.Count(name: "malformed", count: 2), ImportSummary.Count(name: "off the grid", count: 1),
            ])
        #expect(sink.unparsed.count == 3)
        let first = FeedError.badRow(path: path, line: 2, column: 1, fault: .malformed, expected: "a receive time, a space and JSON")
        #expect(summary.firstBadRow == first)
    }

    @Test func `messages are kept as received, and records name theirs`() throws {
        let text = depth(0, 1, 2) + depth(1, 3, 4)
        let (sink, _) = try run([files.write("spot.txt", text)], Importer.Options(keepFrames: true))
        #expect(sink.frames == [text.split(separator: "\n").map(String.init)])
        #expect(sink.events.map(\.frame) == [0, 1])
    }

    @Test func `an unknown format lists the known ones and the nearest`() throws {
        let path = try files.write("some.csv", "timestamp,bid_price,ask_price,volume\n1,2,3,4\n")
        let error = FeedError.unknownFormat(path: path, nearest: .bbo, firstLine: "timestamp,bid_price,ask_price,volume")
        #expect(throws: error) { try run([path]) }
        #expect(
            error.hint?.hasPrefix("the nearest is 'bbo' (timestamp,ask_amount,ask_price,bid_price,bid_amount); known formats: binance,")
                == true)
    }

    @Test func `an empty file is an error`() throws {
        let path = try files.write("empty.txt", "")
        #expect(throws: FeedError.empty(path: path)) { try run([path]) }
    }

    @Test func `an instrument that no table knows takes the finest decimals seen`() throws {
        let text = (depth(0, 1, 2, bid: "1.2500", size: "3.000") + depth(1, 3, 4, bid: "1.5", size: "0.100"))
            .replacingOccurrences(of: "BTCUSDT", with: "SOLUSDC")
        let (sink, _) = try run([files.write("sol.txt", text)])
        #expect(sink.instruments.map(\.tickSize) == [FinePrice(nanos: 10_000_000)])
        #expect(sink.instruments.map(\.lotSize) == [100_000_000])
        #expect(sink.events.map(\.price) == [125, 150])
        #expect(sink.events.map(\.quantity) == [30, 1])
    }

    @Test func `a symbol that says nothing must be named`() throws {
        let text = depth(0, 1, 2).replacingOccurrences(of: "BTCUSDT", with: "X1")
        let path = try files.write("x.txt", text)
        let error = FeedError.unknownInstrument(path: path, venue: "binance-spot", symbol: "X1")
        #expect(throws: error) { try run([path]) }
        let name = try #require(SymbolName(guessing: "ETH_USDC_PERP"))
        let (sink, _) = try run([path], Importer.Options(symbols: ["X1": name]))
        #expect(sink.instruments.map(\.symbol) == ["ETH"])
    }

    @Test func `an imported tape reads back as it was imported`() throws {
        let text = depth(0, 1, 2) + book(1, 2) + depth(2, 3, 4)
        let path = try files.write("spot.txt", text)
        let output = files.path("out.tape")
        var steps: [Importer.Progress] = []
        let summary = try Importer(inputs: [path], output: output, options: Importer.Options(keepFrames: true)).run { steps.append($0) }
        #expect(steps.last == Importer.Progress(bytesDone: text.utf8.count, bytesTotal: text.utf8.count))
        let tape = try Tape(opening: output)
        #expect(tape.feeds.map(\.description) == [FeedDescription(instrument: summary.feeds[0].instrument, source: "spot.txt")])
        #expect(try tape.frames(InstrumentID(0)).count == 3)
        let events = EventBatch()
        #expect(try tape.reader(feed: InstrumentID(0)).next(into: events))
        let (sink, _) = try run([path], Importer.Options(keepFrames: true))
        #expect(Array(events) == sink.events)
        let info = try TapeInfo(tape)
        #expect(info.feeds[0].bestBid == FeedInfo.BestLevel(price: Price(ticks: 10_000), quantity: Quantity(lots: 1_000_000)))
        #expect(info.text.contains("last best bid         100 × 1"))
        #expect(throws: FeedError.tape(.alreadyExists(path: output))) { try Importer(inputs: [path], output: output).run() }
    }
}
