import Foundation
import Market
import TestSupport
import Testing

@testable import Tape

@Suite struct TapeDatabaseTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static func instrument(_ symbol: String, venue: String = "v") -> Instrument {
        Instrument(
            symbol: symbol, venue: venue, venueSymbol: symbol + "_PERP", kind: .linear, base: Currency(symbol)!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: 100_000_000), lotSize: 10_000)
    }

    private static func event(
        _ kind: MarketEvent.Kind, _ feed: Int, at time: Int64, _ price: Int64 = 0, _ quantity: Int64 = 0, detail: Int64 = 0,
        flags: MarketEvent.Flags = [.first, .last], latency: Int64 = 5
    ) -> MarketEvent {
        MarketEvent(
            kind: kind, instrument: InstrumentID(feed), venueTime: Timestamp(nanoseconds: time),
            receiveTime: Timestamp(nanoseconds: time + latency), price: price, quantity: quantity, detail: detail, flags: flags)
    }

    private func tape(_ feeds: [Instrument], _ events: [MarketEvent], frames: [[UInt8]] = []) throws -> String {
        let path = folder.fresh()
        let writer = try TapeWriter(creating: path)
        for feed in feeds { _ = try writer.addFeed(FeedDescription(instrument: feed, source: "")) }
        for event in events { try writer.append(event) }
        for (index, frame) in frames.enumerated() {
            try writer.appendFrame(feed: InstrumentID(0), receiveTime: Timestamp(nanoseconds: Int64(index + 1)), bytes: frame.span)
        }
        try writer.addGap(feed: InstrumentID(0), time: Timestamp(nanoseconds: 40), cause: .connection, note: "lost")
        try writer.close()
        return path
    }

    private static func rows(_ path: String, _ sql: String) throws -> [[SQLValue]] {
        let database = try TapeDatabase(opening: path)
        return try database.query(sql).all()
    }

    @Test func `each kind of record is a row of its table`() throws {
        let path = try tape(
            [Self.instrument("BTC")],
            [
                Self.event(.trade, 0, at: 10, 617_995, 123, detail: 7, flags: [.first, .last, .sell, .liquidation]),
                Self.event(.trade, 0, at: 11, 617_996, 1, flags: [.first, .last, .noAggressor]),
                Self.event(.level, 0, at: 20, 1, 0, detail: 9, flags: [.first, .snapshot]),
                Self.event(.orderAdded, 0, at: 21, 2, 3, detail: 88, flags: [.last, .sell]),
                Self.event(.mark, 0, at: 30, 61_799_512_345_678),
                Self.event(.index, 0, at: 31, 61_799_000_000_000),
                Self.event(.funding, 0, at: 32, -100_000_000, 3_600, detail: 99),
                Self.event(.openInterest, 0, at: 33, 0, 250_000),
                Self.event(.liquidation, 0, at: 34, 5, 6, flags: [.first, .last, .sell]),
                Self.event(.status, 0, at: 35, TradingStatus.postOnly.rawValue),
            ])
        let expected: [(String, [SQLValue])] = [
            (
                "SELECT venue, symbol, venue_time, receive_time, side, price, size, id, liquidation, ticks, lots, record FROM trade "
                    + "LIMIT 1",
                [
                    .text("v"), .text("BTC"), .integer(10), .integer(15), .text("sell"), .real(61799.5), .real(0.00123), .integer(7),
                    .integer(1), .integer(617_995), .integer(123), .integer(0),
                ]
            ),
            ("SELECT side, id FROM trade WHERE record = 1", [.null, .null]),
            (
                "SELECT kind, side, size, order_id, update_id, snapshot, first, last FROM book_change LIMIT 1",
                [.text("level"), .text("buy"), .real(0), .null, .integer(9), .integer(1), .integer(1), .integer(0)]
            ),
            (
                "SELECT kind, side, order_id, update_id FROM book_change WHERE record = 3",
                [.text("order_added"), .text("sell"), .integer(88), .null]
            ),
            ("SELECT price, price_nanos FROM mark", [.real(61799.512345678), .integer(61_799_512_345_678)]),
            ("SELECT price FROM index_price", [.real(61799)]),
            (
                "SELECT rate, interval, next_time, rate_trillionths FROM funding",
                [.real(-0.0001), .integer(3_600), .integer(99), .integer(-100_000_000)]
            ),
            ("SELECT size FROM open_interest", [.real(2.5)]),
            ("SELECT side, price, lots FROM liquidation", [.text("sell"), .real(0.5), .integer(6)]),
            ("SELECT status FROM status", [.text("post_only")]),
            (
                "SELECT venue, symbol, time, cause, note FROM gap",
                [.text("v"), .text("BTC"), .integer(40), .text("connection"), .text("lost")]
            ),
        ]
        for (sql, row) in expected { #expect(try Self.rows(path, sql) == [row], "\(sql)") }
    }

    @Test func `a best quote is one row, also where its two records lie in two chunks`() throws {
        var events = (0..<Int64(TapeWriter.chunkSize - 1)).map { Self.event(.trade, 0, at: $0 + 1, 1, 1) }
        events += [
            Self.event(.quote, 0, at: 70_000, 100, 5, detail: 3, flags: [.first]),
            Self.event(.quote, 0, at: 70_000, 101, 6, detail: 3, flags: [.last, .sell]),
            Self.event(.quote, 0, at: 70_001, 0, 0, flags: [.first]), Self.event(.quote, 0, at: 70_001, 102, 7, flags: [.last, .sell]),
            Self.event(.quote, 0, at: 70_002, 99, 8, flags: [.first, .last]),
            Self.event(.quote, 0, at: 70_003, 103, 9, flags: [.first, .last, .sell]),
        ]
        // A bid alone at the end of a feed is not joined with the ask that another feed begins with.
        events += [Self.event(.quote, 0, at: 70_004, 98, 1, flags: [.first, .last])]
        events += [Self.event(.quote, 1, at: 5, 104, 2, flags: [.first, .last, .sell])]
        let path = try tape([Self.instrument("BTC"), Self.instrument("ETH")], events)
        let rows = try Self.rows(path, "SELECT feed, bid_ticks, bid_lots, ask_ticks, ask_lots, update_id FROM quote")
        #expect(
            rows == [
                [.integer(0), .integer(100), .integer(5), .integer(101), .integer(6), .integer(3)],
                [.integer(0), .null, .integer(0), .integer(102), .integer(7), .null],
                [.integer(0), .integer(99), .integer(8), .integer(103), .integer(9), .null],
                [.integer(0), .integer(98), .integer(1), .null, .null, .null],
                [.integer(1), .null, .null, .integer(104), .integer(2), .null],
            ])
        #expect(try Self.rows(path, "SELECT bid_price, ask_price FROM quote WHERE venue_time = 70000") == [[.real(10), .real(10.1)]])
    }

    /// Statements with and without what is pushed down must agree: `+column` hides a column from it.
    @Test func `conditions on feeds and times leave the rows that they say`() throws {
        var random = SeededGenerator(seed: 5)
        var events: [MarketEvent] = []
        for feed in 0..<2 {
            var time: Int64 = 1_000
            for _ in 0..<70_000 {
                time += random.uniform(in: -40...100)
                events.append(Self.event(.trade, feed, at: time, 1, 1, latency: random.uniform(in: -500...500)))
                // Some records know but one of the two times.
                if random.uniform(in: 0...9) == 0 { events[events.count - 1].receiveTime = Timestamp(nanoseconds: 0) }
                if random.uniform(in: 0...9) == 0 { events[events.count - 1].venueTime = Timestamp(nanoseconds: 0) }
            }
        }
        let path = try tape([Self.instrument("BTC"), Self.instrument("ETH", venue: "w")], events)
        let database = try TapeDatabase(opening: path)
        let conditions = [
            "{time} > 1000000", "{time} <= 5000", "{venue_time} >= 1999999.5 AND {venue_time} < 2000500.25", "{receive_time} = 1500000",
            "{feed} = 1", "{venue} = 'w' AND {time} BETWEEN 100000 AND 200000", "{symbol} IN ('BTC', 'DOGE')",
            "{symbol} = 'btc' COLLATE NOCASE",
            "{feed} = 1.0", "{venue_time} > NULL", "{receive_time} IS NULL", "{time} < 9e300",
            "{time} > -9223372036854775808 AND {time} < 9223372036854775807", "{venue_time} > 3000000 AND {receive_time} < 2900000",
        ]
        for condition in conditions {
            func count(_ prefix: String) throws -> [[SQLValue]] {
                let text = condition.replacingOccurrences(of: "{", with: prefix).replacingOccurrences(of: "}", with: "")
                return try database.query("SELECT count(*), sum(record) FROM trade WHERE \(text)").all()
            }
            #expect(try count("") == count("+"), "\(condition)")
        }
        #expect(try database.query("SELECT count(*) FROM trade WHERE symbol = 'btc' COLLATE NOCASE").all() == [[.integer(70_000)]])
        #expect(try database.query("SELECT count(*) FROM trade WHERE feed = '1'").all() == [[.integer(70_000)]])
        #expect(try database.query("SELECT count(*), count(DISTINCT rowid) FROM trade").all() == [[.integer(140_000), .integer(140_000)]])
    }

    @Test func `a tape that is recorded shows what was committed when it was opened, sealed or not, and frames of no feed`() throws {
        let path = folder.fresh()
        let now = Timestamp(nanoseconds: 1_000)
        let recorder = try TapeRecorder(creating: path, at: now, options: RecorderTests.options())
        let feed = try recorder.addFeed(FeedDescription(instrument: Self.instrument("BTC"), source: ""), at: now)
        for index in 1...Int64(TapeWriter.chunkSize) { try recorder.append(Self.event(.trade, 0, at: index, 1, 1), at: now) }
        for index in 1...10 as ClosedRange<Int64> {
            try recorder.append(Self.event(.trade, 0, at: 100_000 + index, 1, 1), at: now)
            try recorder.commit(at: now)
        }
        let header = FrameHeader(feed: feed, receiveTime: Timestamp(nanoseconds: 7), monotonicTime: 9, connection: 1)
        try recorder.appendFrame(header, Array("public".utf8).span, at: now)
        let sent = FrameHeader(feed: nil, receiveTime: Timestamp(nanoseconds: 8), connection: 2, direction: .sent)
        try recorder.appendFrame(sent, Array("private".utf8).span, at: now)
        try recorder.commit(at: now)
        let database = try TapeDatabase(opening: path)
        let counts = "SELECT count(*), max(record), (SELECT count(*) FROM trade WHERE venue_time > 100000) FROM trade"
        let expected: [[SQLValue]] = [[.integer(65_546), .integer(65_545), .integer(10)]]
        #expect(try database.query(counts).all() == expected)
        #expect(
            try database.query("SELECT feed, number, monotonic_time, connection, direction, data FROM frame").all() == [
                [.integer(0), .integer(0), .integer(9), .integer(1), .text("received"), .text("public")],
                [.null, .integer(0), .null, .integer(2), .text("sent"), .text("private")],
            ])
        // Sealing moves what it sees; the view stays.
        try recorder.append(Self.event(.trade, 0, at: 200_000, 1, 1), at: now)
        try recorder.close(at: now)
        #expect(try database.query(counts).all() == expected)
        #expect(try Self.rows(path, "SELECT count(*) FROM trade") == [[.integer(65_547)]])
    }

    @Test func `chunks that a condition rules out are not read`() throws {
        let events = (0..<Int64(4 * TapeWriter.chunkSize)).map { Self.event(.trade, 0, at: $0 + 1, 1, 1) }
        let path = try tape([Self.instrument("BTC"), Self.instrument("ETH")], events)
        let tape = try Database(path, .readOnly)
        let source = TapeSource(tape, version: TapeSchema.version, try Tape(opening: path).feeds)
        func chunks(_ constraints: [SQLConstraint]) throws -> (chunks: Int, rows: Int) {
            let columns: [RecordColumn] = [.feed, .time]
            let scan = try ChunkScan(source, RecordFilter(constraints, columns, source.terms))
            var (chunk, rows) = (EventBatch(), 0)
            while try scan.next(into: chunk) != nil { rows += chunk.count }
            return (scan.chunksRead, rows)
        }
        #expect(try chunks([]) == (4, 4 * TapeWriter.chunkSize))
        let minute = [
            SQLConstraint(column: 1, comparison: .greaterOrEqual, value: .integer(70_000)),
            SQLConstraint(column: 1, comparison: .less, value: .integer(70_100)),
        ]
        #expect(try chunks(minute) == (1, TapeWriter.chunkSize))
        #expect(try chunks([SQLConstraint(column: 0, comparison: .equal, value: .integer(1))]) == (0, 0))
    }

    @Test func `amounts have an exact form, however large their sum`() throws {
        let big = Self.event(.trade, 0, at: 1, 90_071_992_547_409_931, 4_000_000_000_000_000_001)
        let path = try tape([Self.instrument("BTC")], [big, big])
        #expect(
            try Self.rows(
                path, "SELECT decimal(sum(lots), lot_size), decimal(ticks, tick_size), decimal(-1, 5), decimal(NULL, 1) FROM trade")
                == [[.text("80000000000000.00002"), .text("9007199254740993.1"), .text("-0.000000005"), .null]])
        #expect(throws: QueryError.failed(reason: "integer overflow")) {
            try Self.rows(path, "SELECT sum(lots) FROM (SELECT lots FROM trade UNION ALL SELECT lots FROM trade)")
        }
    }

    @Test(arguments: [
        (100_000_000, 617_995), (10_000, 251), (1, 70_551_234_567), (500_000_000, 3), (25_000_000, 9_999_999), (1_000_000_000, 8),
    ])
    func `a number is the one that the decimal text would be read as`(step: Int64, count: Int64) throws {
        #expect(DecimalStep(nanos: step).real(count) == Double(Decimal.text(count * step, decimals: 9)))
    }

    @Test func `times are told as text and read from it`() throws {
        let path = try tape([Self.instrument("BTC")], [])
        #expect(
            try Self.rows(path, "SELECT time_text(1723161256299000000), time_ns('2024-08-08T23:54:16.299Z'), time_ns('2024-08-08')")
                == [[.text("2024-08-08T23:54:16.299000000Z"), .integer(1_723_161_256_299_000_000), .integer(1_723_075_200_000_000_000)]])
        #expect(throws: QueryError.failed(reason: "time_ns() takes a time such as '2024-08-08T23:54:16.299Z'")) {
            try Self.rows(path, "SELECT time_ns('yesterday')")
        }
    }

    @Test func `raw frames are rows, in text where they are text`() throws {
        let frames: [[UInt8]] = [Array("{\"a\":1}".utf8), [0xFF, 0x00], [UInt8](repeating: 0x41, count: 2 << 20), Array("é".utf8), []]
        let path = try tape([Self.instrument("BTC")], [], frames: frames)
        let rows = try Self.rows(path, "SELECT number, receive_time, bytes, CASE WHEN bytes < 100 THEN data END FROM frame")
        #expect(
            rows == [
                [.integer(0), .integer(1), .integer(7), .text("{\"a\":1}")], [.integer(1), .integer(2), .integer(2), .blob([0xFF, 0x00])],
                [.integer(2), .integer(3), .integer(2 << 20), .null], [.integer(3), .integer(4), .integer(2), .text("é")],
                [.integer(4), .integer(5), .integer(0), .text("")],
            ])
        #expect(try Self.rows(path, "SELECT number FROM frame WHERE receive_time > 3") == [[.integer(3)], [.integer(4)]])
        #expect(try Self.rows(path, "SELECT json_extract(data, '$.a') FROM frame WHERE number = 0") == [[.integer(1)]])
    }

    @Test(arguments: [
        "DELETE FROM chunk", "UPDATE feed SET symbol = 'X'", "INSERT INTO trade (size) VALUES (1)", "UPDATE gap SET note = ''",
        "CREATE TABLE t (a)", "CREATE TEMP TABLE t (a)", "DROP TABLE trade", "DROP TABLE chunk", "VACUUM", "REINDEX", "ANALYZE",
        "ATTACH 'other' AS o", "BEGIN", "SAVEPOINT s", "PRAGMA journal_mode = DELETE", "PRAGMA writable_schema = 1",
        "SELECT load_extension('x')", "VACUUM INTO 'copy'",
    ])
    func `nothing is changed, and no other file is touched`(sql: String) throws {
        let path = try tape([Self.instrument("BTC")], [Self.event(.trade, 0, at: 1, 1, 1)])
        let before = try Data(contentsOf: URL(filePath: path))
        let error = try #require(throws: QueryError.self) { try Self.rows(path, sql) }
        guard case .notReading(path, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        #expect(!FileManager.default.fileExists(atPath: "other") && !FileManager.default.fileExists(atPath: "copy"))
    }

    @Test(arguments: [
        ("SELECT prise FROM trade", "no such column: prise", 7 as Int?, "did you mean 'price'?" as String?),
        ("SELECT * FROM trades", "no such table: trades", nil, "did you mean 'trade'?"),
        ("SELEC 1", "near \"SELEC\": syntax error", 0, nil),
    ])
    func `a misspelt statement says where and what was meant`(sql: String, reason: String, offset: Int?, hint: String?) throws {
        let path = try tape([Self.instrument("BTC")], [])
        #expect(throws: QueryError.statement(reason: reason, offset: offset, hint: hint)) { try Self.rows(path, sql) }
    }

    @Test func `a damaged chunk is an error that names it, and other chunks stay readable`() throws {
        let events = (0..<Int64(2 * TapeWriter.chunkSize)).map { Self.event(.trade, 0, at: $0 + 1, 1, 1) }
        let path = try tape([Self.instrument("BTC")], events)
        let database = try Database(path, .create)
        try database.execute(
            "UPDATE chunk SET data = CAST(substr(data, 1, 500) || x'FFFE' || substr(data, 503) AS BLOB) WHERE sequence = 1")
        #expect(try Self.rows(path, "SELECT count(*) FROM trade WHERE time <= 100") == [[.integer(95)]])
        let error = try #require(throws: QueryError.self) { try Self.rows(path, "SELECT count(*) FROM trade") }
        guard case .tape(.damagedChunk(path, "v BTC_PERP", 1, _)) = error else {
            Issue.record("\(error)")
            return
        }
        try database.execute("DELETE FROM chunk WHERE sequence = 0")
        #expect(throws: QueryError.tape(.damagedChunk(path: path, feed: "v BTC_PERP", chunk: 0, reason: "it is missing"))) {
            try Self.rows(path, "SELECT count(*) FROM trade")
        }
    }

    @Test func `damaged frames are an error, never a trap`() throws {
        let frames = (0..<200).map { [UInt8](repeating: UInt8($0), count: $0) }
        let path = try tape([Self.instrument("BTC")], [], frames: frames)
        let database = try Database(path, .create)
        try database.execute("UPDATE frames SET count = count + 1")
        #expect(throws: QueryError.self) { try Self.rows(path, "SELECT count(*) FROM frame") }
        try database.execute("UPDATE frames SET count = count - 2")
        #expect(throws: QueryError.self) { try Self.rows(path, "SELECT count(*) FROM frame") }
        // Frames that are whole as compressed bytes and nonsense inside.
        let (compressor, insert) = (Compressor(), try database.prepare("UPDATE frames SET count = 3, data = ?"))
        for bytes in [[UInt8](repeating: 0xFF, count: 40), [UInt8](repeating: 0, count: 17), [1, 2, 3]] {
            try unsafe compressor.compress(bytes) { (frame) throws(TapeError) in
                unsafe insert.bind(borrowing: frame, at: 1)
                try insert.run()
            }
            #expect(throws: QueryError.self) { try Self.rows(path, "SELECT count(*) FROM frame") }
        }
    }

    @Test func `statements follow each other, and a pass may stand while another goes on`() throws {
        let path = try tape([Self.instrument("BTC")], (1...10).map { Self.event(.trade, 0, at: $0, $0, 1) })
        let database = try TapeDatabase(opening: path)
        let first = try #require(try database.first(of: " ; -- nothing\nSELECT ticks FROM trade; SELECT 2 ;"))
        #expect(try first.rows.next() == [.integer(1)])
        let second = try #require(try database.first(of: first.rest))
        #expect(try second.rows.all() == [[.integer(2)]])
        #expect(try database.first(of: second.rest)?.rows.columns == nil)
        #expect(try first.rows.all().count == 9)
        #expect(try database.query("SELECT count(*) FROM trade a, trade b WHERE a.ticks < b.ticks").all() == [[.integer(45)]])
        #expect(throws: QueryError.empty) { try database.query("-- nothing") }
    }

    @Test func `tables and columns are listed`() throws {
        let path = try tape([Self.instrument("BTC")], [])
        let lines = try TapeDatabase(opening: path).describe().split(separator: "\n")
        #expect(lines.contains("gap(feed, venue, symbol, time, cause, note)"))
        for name in ["trade", "book_change", "quote", "mark", "funding", "gap", "frame", "feed", "chunk", "meta"] {
            #expect(lines.filter { $0.hasPrefix(name + "(") }.count == 1, "\(name)")
        }
    }
}
