import Foundation
import Market
import Testing

@testable import Feeds
@testable import Tape

@Suite struct TapeExportTests {
    private let files: Files

    init() throws { files = try Files() }

    private static let instrument = Instrument(
        symbol: "BTC", venue: "binance-usdm", venueSymbol: "BTCUSDT", kind: .linear, base: Currency("BTC")!, quote: Currency("USDT")!,
        tickSize: FinePrice(nanos: 100_000_000), lotSize: 1_000_000)

    private static func record(
        _ kind: MarketEvent.Kind, _ microsecond: Int64, _ price: Int64 = 0, _ quantity: Int64 = 0, _ detail: Int64 = 0,
        _ flags: MarketEvent.Flags = [.first, .last]
    ) -> MarketEvent {
        let venue = 1_723_161_256_000_000_000 + microsecond * 1_000
        return MarketEvent(
            kind: kind, instrument: InstrumentID(0), venueTime: Timestamp(nanoseconds: venue),
            receiveTime: Timestamp(nanoseconds: venue + 2_000_000), price: price, quantity: quantity, detail: detail, flags: flags)
    }

    /// What Tardis has files for, a full book in two sizes of frames included.
    private static let market = [
        record(.level, 0, 617_995, 1_500, 0, [.first, .snapshot]), record(.level, 0, 617_996, 20, 0, [.last, .snapshot, .sell]),
        record(.trade, 10, 617_996, 5, 77, [.first]), record(.trade, 10, 617_997, 6, 78, [.last, .noAggressor]),
        record(.quote, 20, 617_995, 1_500, 0, [.first]), record(.quote, 20, 0, 0, 0, [.last, .sell]),
        record(.mark, 30, 61_799_512_345_678, 0, 0, [.first]), record(.index, 30, 61_800_000_000_001),
        record(.funding, 30, -100_000_000, 28_800_000_000_000, 1_723_161_600_000_000_000, []),
        record(.openInterest, 30, 0, 123_456, 0, [.last]), record(.mark, 31, 61_799_512_345_679),
        record(.level, 40, 617_995, 0), record(.trade, 50, 617_990, 7, 79, [.first, .last, .sell]),
    ].map { event in
        var event = event
        if event.kind == .index { event.flags = [] }
        return event
    }

    private func tape(_ name: String, _ events: [MarketEvent], _ instrument: Instrument = Self.instrument) throws -> Tape {
        let writer = try TapeWriter(creating: files.path(name))
        _ = try writer.addFeed(FeedDescription(instrument: instrument, source: name))
        for event in events { try writer.append(event) }
        try writer.close()
        return try Tape(opening: files.path(name))
    }

    private static func read(_ tape: Tape) throws -> [MarketEvent] {
        var (all, chunk) = ([MarketEvent](), EventBatch())
        let reader = try tape.reader(feed: InstrumentID(0))
        while try reader.next(into: chunk) { all += chunk }
        return all
    }

    private func export(_ tape: Tape, _ format: TapeExport.Format, raw: Bool = false, _ folder: String) throws -> TapeExport.Summary {
        try TapeExport(tape, .init(format: format, rawTimes: raw)).write(to: files.path(folder))
    }

    private func importAgain(_ summary: TapeExport.Summary, _ name: String) throws -> Tape {
        _ = try Importer(inputs: summary.files.map(\.path), output: files.path(name)).run()
        return try Tape(opening: files.path(name))
    }

    @Test func `Tardis files have their rows, and become the same records again`() throws {
        let tape = try tape("a.tape", Self.market)
        let summary = try export(tape, .tardis, "out")
        #expect(summary.leftOut == [])
        #expect(
            summary.files.map { String($0.path.split(separator: "/").last ?? "") } == [
                "binance-usdm_BTCUSDT_incremental_book_L2.csv", "binance-usdm_BTCUSDT_trades.csv", "binance-usdm_BTCUSDT_quotes.csv",
                "binance-usdm_BTCUSDT_derivative_ticker.csv",
            ])
        #expect(summary.files.map(\.rows) == [3, 3, 1, 2])
        #expect(
            try String(contentsOfFile: summary.files[0].path, encoding: .utf8) == """
                exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
                binance-futures,BTCUSDT,1723161256000000,1723161256002000,true,bid,61799.5,1.5
                binance-futures,BTCUSDT,1723161256000000,1723161256002000,true,ask,61799.6,0.02
                binance-futures,BTCUSDT,1723161256000040,1723161256002040,false,bid,61799.5,0

                """)
        #expect(try Self.read(importAgain(summary, "b.tape")) == Self.market)
    }

    @Test func `a gap ends the Tardis files, so that an import finds it`() throws {
        var later = Self.market
        for index in later.indices {
            later[index].venueTime = later[index].venueTime + .minutes(10)
            later[index].receiveTime = later[index].receiveTime + .minutes(10)
        }
        let gap = MarketEvent(
            kind: .gap, instrument: InstrumentID(0), venueTime: later[0].venueTime, receiveTime: later[0].receiveTime,
            price: GapCause.recording.rawValue)
        let events = Self.market + [gap] + later
        let summary = try export(tape("a.tape", events), .tardis, "out")
        #expect(summary.files.count == 8 && summary.files[4].path.hasSuffix("incremental_book_L2_2.csv"))
        #expect(try Self.read(importAgain(summary, "b.tape")) == events)
    }

    @Test func `what Tardis has no place for is counted`() throws {
        var finer = Self.record(.trade, 1, 5, 5, 1)
        finer.receiveTime = finer.receiveTime + Nanoseconds(count: 1)
        finer.flags.insert(.liquidation)
        let summary = try export(tape("a.tape", [finer, Self.record(.orderAdded, 2, 5, 5, 1), Self.record(.status, 3)]), .tardis, "out")
        #expect(summary.leftOut.map(\.count) == [1, 1, 1, 1] && summary.files.map(\.rows) == [1])
        #expect(summary.leftOut.map(\.name).contains("changes of single orders"))
    }

    /// Records of every kind in whole frames, with times in no order.
    private static func anything(_ count: Int, seed: UInt64) -> [MarketEvent] {
        var random = SeededGenerator(seed: seed)
        var events: [MarketEvent] = []
        while events.count < count {
            let length = Int(random.uniform(in: 1...4))
            let kind = MarketEvent.Kind.allCases[Int(random.uniform(in: 0...13))]
            let time = random.uniform(in: 0...1_000_000)
            let extra: [MarketEvent.Flags] = [[], .snapshot, .liquidation, .own, .noAggressor]
            let common = extra[Int(random.uniform(in: 0...4))]
            for index in 0..<length {
                var flags = random.uniform(in: 0...1) == 0 ? common : common.union(.sell)
                if index == 0 { flags.insert(.first) }
                if index == length - 1 { flags.insert(.last) }
                var event = Self.record(
                    kind, time, random.uniform(in: 0...9_000_000), random.uniform(in: 0...1_000_000), random.uniform(in: 0...1 << 60), flags
                )
                event.receiveTime = event.receiveTime + Nanoseconds(count: random.uniform(in: -5_000_000...5_000_000))
                if index > 0 { event.receiveTime = events[events.count - 1].receiveTime }
                if kind == .gap { event.price = GapCause.sequence.rawValue }
                if [.mark, .index, .status, .instrumentChange, .gap].contains(kind) { event.quantity = 0 }
                events.append(event)
            }
        }
        return events
    }

    @Test(arguments: [1 as UInt64, 2, 3]) func `any records become the same again through an npz with raw times`(seed: UInt64) throws {
        let events = Self.anything(3_000, seed: seed)
        let tape = try tape("a.tape", events)
        let summary = try export(tape, .npz, raw: true, "out")
        #expect(summary.leftOut.map(\.name) == ["rows out of the order of time that hftbacktest wants: kept as recorded"])
        let again = try importAgain(summary, "b.tape")
        #expect(try Self.read(again) == events)
        // The same bytes each time.
        let second = try export(again, .npz, raw: true, "again")
        #expect(try Data(contentsOf: URL(filePath: second.files[0].path)) == Data(contentsOf: URL(filePath: summary.files[0].path)))
    }

    @Test func `an npz with corrected times goes forward, and a damaged one is told`() throws {
        let summary = try export(tape("a.tape", Self.anything(500, seed: 9)), .npz, "out")
        #expect(summary.leftOut == [])
        let again = try importAgain(summary, "b.tape")
        let events = try Self.read(again)
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.venueTime <= $1.venueTime && $0.receiveTime <= $1.receiveTime })
        #expect(events.allSatisfy { $0.receiveTime - $0.venueTime >= .milliseconds(1) })
        let whole = try Data(contentsOf: URL(filePath: summary.files[0].path))
        var random = SeededGenerator(seed: 4)
        for trial in 0..<200 {
            var bytes = Array(whole)
            if trial % 4 == 0 {
                bytes.removeLast(Int(random.uniform(in: 1...Int64(bytes.count - 8))))
            } else {
                // The compressed data; dates and the like in the heads mean nothing.
                bytes[Int(random.uniform(in: 60...Int64(bytes.count - 200)))] ^= UInt8(1 << random.uniform(in: 0...7))
            }
            let path = try files.write("binance-usdm_BTCUSDT.npz", bytes)
            #expect(throws: FeedError.self, "trial \(trial)") {
                try Importer(inputs: [path], output: files.path("damaged.tape"), options: .init(replace: true)).run()
            }
        }
    }

    @Test func `rows of others are grouped into frames by their times`() throws {
        let (both, time) = (EventRow.exchange | EventRow.local, 1_723_161_256_000_000_000 as Int64)
        func row(_ event: UInt64, _ offset: Int64, _ price: Double, _ quantity: Double, id: UInt64 = 0) -> EventRow {
            var row = EventRow(event: event, venueTime: time + offset, receiveTime: time + offset + 1_000)
            (row.price, row.quantity, row.orderID) = (price, quantity, id)
            return row
        }
        let rows = [
            row(EventRow.clear | both | EventRow.buy, 0, 61_000, 0), row(EventRow.snapshot | both | EventRow.buy, 0, 61_799.5, 1.5),
            row(EventRow.clear | both | EventRow.sell, 0, 61_900, 0), row(EventRow.snapshot | both | EventRow.sell, 0, 61_799.6, 0.1 + 0.2),
            row(EventRow.depth | both | EventRow.buy, 5, 61_799.5, 0), row(EventRow.depth | both | EventRow.sell, 5, 61_799.7, 2),
            row(EventRow.trade | EventRow.exchange | EventRow.sell, 6, 1, 1),
            row(EventRow.trade | EventRow.local | EventRow.sell, 6, 61_799.5, 0.001),
            row(EventRow.addOrder | both | EventRow.buy, 7, 61_799.4, 1, id: 9),
        ]
        let path = files.path("binance-usdm_BTCUSDT.npz")
        let zip = try ZipWriter(creating: path, entry: "data.npy", replacing: false)
        let fields = EventRow.fields.joined(separator: ", ")
        let header = "{'descr': [\(fields)], 'fortran_order': False, 'shape': (\(rows.count),), }\n"
        var bytes: [UInt8] =
            [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
        for row in rows { row.append(to: &bytes) }
        try zip.write(bytes)
        try zip.finish()
        _ = try Importer(inputs: [path], output: files.path("a.tape")).run()
        let events = try Self.read(Tape(opening: files.path("a.tape")))
        #expect(events.map(\.kind) == [.level, .level, .level, .level, .trade, .orderAdded])
        #expect(
            events.map(\.flags) == [
                [.first, .snapshot], [.last, .snapshot, .sell], [.first], [.last, .sell], [.first, .last, .sell], [.first, .last],
            ])
        #expect(events.map(\.price) == [617_995, 617_996, 617_995, 617_997, 617_995, 617_994])
        #expect(events.map(\.quantity) == [1_500, 300, 0, 2_000, 1, 1_000] && events[5].detail == 9)
    }

    @Test func `a table has every record, exact`() throws {
        let summary = try export(tape("a.tape", Self.market), .csv, "out")
        let lines = try String(contentsOfFile: summary.files[0].path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == Self.market.count + 1 && summary.files[0].rows == Int64(Self.market.count))
        #expect(lines[0] == Substring(TableWriter.columns.joined(separator: ",")))
        let start = "binance-usdm,BTCUSDT,"
        #expect(lines[4] == "\(start)3,trade,1723161256000010000,1723161256002010000,,61799.7,0.006,78,0,0,1,0,0,0")
        #expect(lines[7].hasPrefix("\(start)6,mark,1723161256000030000,1723161256002030000,buy,61799.512345678,,0,0,1,0"))
        #expect(lines[9].contains(",funding,") && lines[9].contains(",-0.0001,28800000000000,1723161600000000000,"))
        #expect(CSVText.field("a \"b\", c") == "\"a \"\"b\"\", c\"" && CSVText.field("BTC_PERP") == "BTC_PERP")
    }

    @Test func `an export replaces nothing unless told to`() throws {
        let tape = try tape("a.tape", Self.market)
        let first = try export(tape, .tardis, "out")
        #expect(throws: FeedError.tape(.alreadyExists(path: first.files[0].path))) { try export(tape, .tardis, "out") }
        #expect(try TapeExport(tape, .init(format: .tardis, replace: true)).write(to: files.path("out")) == first)
        let file = files.path("a.tape")
        #expect(throws: FeedError.self) { try export(tape, .tardis, "a.tape") }
        #expect(FileManager.default.fileExists(atPath: file))
    }
}
