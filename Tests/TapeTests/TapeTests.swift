import Foundation
import Market
import Signing
import TestSupport
import Testing

@testable import Tape

@Suite struct TapeTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static func instrument(_ symbol: String = "BTC") -> Instrument {
        Instrument(
            symbol: symbol, venue: "v", venueSymbol: symbol + "_PERP", kind: .linear, base: Currency(symbol)!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: 100_000_000), lotSize: 10_000, fundingInterval: .hours(1))
    }

    /// Records of every kind, with ordinary and extreme values.
    private static func events(_ count: Int, seed: UInt64, feed: InstrumentID) -> [MarketEvent] {
        var random = SeededGenerator(seed: seed)
        var time: Int64 = 1_700_000_000_000_000_000
        return (0..<count).map { _ in
            func number() -> Int64 {
                switch random.uniform(in: 0...19) {
                case 0: .min
                case 1: .max
                case 2: random.uniform(in: .min ... .max)
                default: random.uniform(in: 0...100_000)
                }
            }
            time += random.uniform(in: -1_000...1_000_000)
            return MarketEvent(
                kind: MarketEvent.Kind.allCases[Int(random.uniform(in: 0...13))], instrument: feed, venueTime: Timestamp(nanoseconds: time),
                receiveTime: Timestamp(
                    nanoseconds: random.uniform(in: 0...50) == 0 ? number() : time + random.uniform(in: -5_000_000...9_000_000)),
                price: number(), quantity: number(), detail: number(), flags: .init(rawValue: UInt8(random.uniform(in: 0...127))),
                frame: UInt32(random.uniform(in: 0...Int64(UInt32.max))))
        }
    }

    private static func read(_ tape: Tape, _ feed: InstrumentID) throws -> [MarketEvent] {
        var (all, chunk) = ([MarketEvent](), EventBatch())
        let reader = try tape.reader(feed: feed)
        while try reader.next(into: chunk) { all += chunk }
        return all
    }

    @Test func `records of two feeds round trip over several chunks`() throws {
        let path = folder.path("t.tape")
        let writer = try TapeWriter(creating: path)
        let feeds = [
            try writer.addFeed(FeedDescription(instrument: Self.instrument("BTC"), source: "a")),
            try writer.addFeed(FeedDescription(instrument: Self.instrument("ETH"), source: "b")),
        ]
        let written = [Self.events(150_000, seed: 1, feed: feeds[0]), Self.events(10, seed: 2, feed: feeds[1])]
        for events in written { for event in events { try writer.append(event) } }
        writer.addUnparsed(feed: feeds[0], reason: "no such stream")
        try writer.addGap(feed: feeds[1], time: Timestamp(nanoseconds: 5), cause: .sequence, note: "3 to 7")
        #expect(!FileManager.default.fileExists(atPath: path))
        try writer.close()
        let tape = try Tape(opening: path)
        for (feed, events) in zip(feeds, written) { #expect(try Self.read(tape, feed) == events) }
        #expect(tape.feeds.map(\.events) == [150_000, 10])
        #expect(tape.feeds.map(\.chunks) == [3, 1])
        #expect(tape.feeds[0].unparsed == ["no such stream": 1])
        #expect(tape.feeds[0].description == FeedDescription(instrument: Self.instrument("BTC"), source: "a"))
        #expect(try tape.gaps(feeds[1]).map(\.note) == ["3 to 7"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent) == ["t.tape"])
    }

    @Test func `a content hash belongs to the records and the instrument, not to the file`() throws {
        func hash(first: String, seed: UInt64) throws -> SHA256Digest {
            let path = folder.fresh()
            let writer = try TapeWriter(creating: path)
            var found = InstrumentID(0)
            for symbol in first == "BTC" ? ["BTC", "ETH"] : ["ETH", "BTC"] {
                let feed = try writer.addFeed(FeedDescription(instrument: Self.instrument(symbol), source: first))
                if symbol == "BTC" { found = feed }
                for event in Self.events(100, seed: symbol == "BTC" ? seed : 99, feed: feed) { try writer.append(event) }
            }
            try writer.close()
            return try Tape(opening: path).feeds[found.index].contentHash
        }
        #expect(try hash(first: "BTC", seed: 1) == hash(first: "ETH", seed: 1))
        #expect(try hash(first: "BTC", seed: 1) != hash(first: "BTC", seed: 2))
    }

    @Test func `a writer that is let go leaves nothing`() throws {
        let path = folder.path("t.tape")
        do {
            let writer = try TapeWriter(creating: path)
            _ = try writer.addFeed(FeedDescription(instrument: Self.instrument(), source: ""))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent) == [])
    }

    @Test func `what is not a tape is said by name`() throws {
        let path = folder.path("market.tape")
        #expect(throws: TapeError.notFound(path: path, closest: nil)) { try Tape(opening: path) }
        let writer = try TapeWriter(creating: path)
        try writer.close()
        #expect(throws: TapeError.alreadyExists(path: path)) { try TapeWriter(creating: path) }
        let typo = (path as NSString).deletingLastPathComponent + "/markt.tape"
        #expect(throws: TapeError.notFound(path: typo, closest: path)) { try Tape(opening: typo) }
        let folder = (path as NSString).deletingLastPathComponent
        #expect(throws: TapeError.isDirectory(path: folder)) { try Tape(opening: folder) }
        let text = folder + "/text"
        try String(repeating: "not a database ", count: 100).write(toFile: text, atomically: true, encoding: .utf8)
        #expect(throws: TapeError.notATape(path: text)) { try Tape(opening: text) }
        let empty = folder + "/empty"
        try Data().write(to: URL(filePath: empty))
        #expect(throws: TapeError.notATape(path: empty)) { try Tape(opening: empty) }
        let nowhere = folder + "/no/such/folder/t.tape"
        #expect(throws: TapeError.notWritable(path: nowhere, reason: "No such file or directory")) {
            try TapeWriter(creating: nowhere)
        }
    }

    @Test func `a tape from the future is refused`() throws {
        let path = folder.path("t.tape")
        let writer = try TapeWriter(creating: path)
        try writer.close()
        let database = try Database(path, .create)
        try database.execute("PRAGMA user_version = 7")
        #expect(throws: TapeError.schemaTooNew(path: path, found: 7, supported: 4)) { try Tape(opening: path) }
    }

    @Test func `a flipped byte is found and the chunk is named`() throws {
        let path = folder.path("t.tape")
        let writer = try TapeWriter(creating: path)
        let feed = try writer.addFeed(FeedDescription(instrument: Self.instrument(), source: ""))
        for event in Self.events(70_000, seed: 3, feed: feed) { try writer.append(event) }
        try writer.close()
        let database = try Database(path, .create)
        try database.execute(
            "UPDATE chunk SET data = CAST(substr(data, 1, 5000) || x'FFFE' || substr(data, 5003) AS BLOB) WHERE sequence = 1")
        let chunk = EventBatch()
        let reader = try Tape(opening: path).reader(feed: feed)
        #expect(try reader.next(into: chunk))
        let error = try #require(throws: TapeError.self) { try reader.next(into: chunk) }
        guard case .damagedChunk(path, "v BTC_PERP", 1, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func `a reader that skips damage puts a gap in its place and hands out the rest`() throws {
        let path = folder.path("t.tape")
        let writer = try TapeWriter(creating: path)
        let feed = try writer.addFeed(FeedDescription(instrument: Self.instrument(), source: ""))
        let events = Self.events(140_000, seed: 3, feed: feed)
        for event in events { try writer.append(event) }
        try writer.close()
        try Database(path, .create).execute(
            "UPDATE chunk SET data = CAST(substr(data, 1, 5000) || x'FFFE' || substr(data, 5003) AS BLOB) WHERE sequence = 1")
        let reader = try Tape(opening: path).reader(feed: feed, skippingDamage: true)
        var (all, chunk) = ([MarketEvent](), EventBatch())
        while try reader.next(into: chunk) { all += chunk }
        let before = events[65_535]
        let gap = MarketEvent(
            kind: .gap, instrument: feed, venueTime: before.venueTime, receiveTime: before.receiveTime, price: GapCause.quarantined.rawValue
        )
        #expect(all == events[..<65_536] + [gap] + events[131_072...])
        #expect(reader.damage.count == 1)
    }

    @Test func `any flipped byte of a chunk is found`() throws {
        let path = folder.path("t.tape")
        let writer = try TapeWriter(creating: path)
        let feed = try writer.addFeed(FeedDescription(instrument: Self.instrument(), source: ""))
        let events = Self.events(60, seed: 3, feed: feed)
        for event in events { try writer.append(event) }
        try writer.close()
        let database = try Database(path, .create)
        let size = try database.integer("SELECT length(data) FROM chunk")
        try database.execute("CREATE TABLE whole AS SELECT data FROM chunk")
        var random = SeededGenerator(seed: 9)
        let chunk = EventBatch()
        for position in 1...size {
            let byte = UInt8(try database.text("SELECT hex(substr(data, \(position), 1)) FROM whole"), radix: 16) ?? 0
            let flipped = String(Int(byte ^ UInt8(1 << random.uniform(in: 0...7))) + 256, radix: 16).dropFirst()
            try database.execute(
                """
                UPDATE chunk SET data = (SELECT CAST(substr(data, 1, \(position - 1)) || x'\(flipped)' || substr(data, \(position + 1))
                AS BLOB) FROM whole)
                """)
            let reader = try Tape(opening: path).reader(feed: feed)
            #expect(throws: TapeError.self, "byte \(position)") { try reader.next(into: chunk) }
        }
    }

    @Test func `a reader begins with the chunk that a time is in`() throws {
        let path = folder.path("t.tape")
        let writer = try TapeWriter(creating: path)
        let feed = try writer.addFeed(FeedDescription(instrument: Self.instrument(), source: ""))
        for index in 0..<200_000 { try writer.append(RecorderTests.event(index, feed)) }
        try writer.close()
        let tape = try Tape(opening: path)
        let chunk = EventBatch()
        for (wanted, first) in [(0, 0), (65_535, 0), (65_536, 65_536), (150_000, 131_072), (199_999, 196_608)] {
            let reader = try tape.reader(feed: feed, from: RecorderTests.event(wanted, feed).receiveTime)
            #expect(try reader.next(into: chunk))
            #expect(chunk.first == RecorderTests.event(first, feed))
        }
        let late = try tape.reader(feed: feed, from: RecorderTests.event(200_001, feed).receiveTime)
        #expect(try !late.next(into: chunk))
    }

    @Test func `a tape of the first schema is read, and migrated by a recorder that goes on with it`() throws {
        let path = folder.path("t.tape")
        let writer = try TapeWriter(creating: path)
        let feed = try writer.addFeed(FeedDescription(instrument: Self.instrument(), source: ""))
        let events = Self.events(1_000, seed: 1, feed: feed)
        for event in events { try writer.append(event) }
        try writer.close()
        let database = try Database(path, .create)
        for table in [
            "open_chunk", "open_frames", "unparsed_frame", "connection", "connection_state", "clock_offset", "resync", "span",
            "instrument", "journal", "quarantine", "seal",
        ] { try database.execute("DROP TABLE \(table)") }
        try database.execute(
            "ALTER TABLE frames DROP COLUMN layout; ALTER TABLE frames DROP COLUMN checksum;"
                + "ALTER TABLE chunk DROP COLUMN checksum; PRAGMA user_version = 1"
        )
        // A frame as the first schema kept it: receive time 5, two bytes.
        try unsafe Compressor().compress([5, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 7, 8]) { (bytes) throws(TapeError) in
            let insert = try database.prepare("INSERT INTO frames VALUES (0, 0, 1, 5, 5, ?)")
            unsafe insert.bind(borrowing: bytes, at: 1)
            try insert.run()
        }
        let old = StoredFrame(header: FrameHeader(feed: feed, receiveTime: Timestamp(nanoseconds: 5)), bytes: [7, 8])
        #expect(try Self.read(Tape(opening: path), feed) == events)
        #expect(try RecorderTests.frames(path, feed) == [old])
        #expect(try Tape(opening: path).notes().isEmpty)
        let now = Timestamp(nanoseconds: 9)
        let recorder = try TapeRecorder(resuming: path, at: now, options: RecorderTests.options())
        try recorder.append(events[0], at: now)
        let new = StoredFrame(header: FrameHeader(feed: feed, receiveTime: now), bytes: [1])
        #expect(try recorder.appendFrame(new.header, new.bytes.span, at: now) == 1)
        try recorder.commit(at: now)
        #expect(try Self.read(Tape(opening: path), feed) == events + [events[0]])
        #expect(try RecorderTests.frames(path, feed) == [old, new])
    }

    @Test func `a truncated tape is damaged, not empty`() throws {
        let path = folder.path("t.tape")
        let writer = try TapeWriter(creating: path)
        let feed = try writer.addFeed(FeedDescription(instrument: Self.instrument(), source: ""))
        for event in Self.events(70_000, seed: 3, feed: feed) { try writer.append(event) }
        try writer.close()
        let bytes = try Data(contentsOf: URL(filePath: path))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: path))
        #expect(throws: TapeError.self) {
            let tape = try Tape(opening: path)
            _ = try Self.read(tape, feed)
        }
    }

    @Test(arguments: [1 as UInt64, 2, 3]) func `a chunk of the first layout is read as it was written`(seed: UInt64) {
        let events = ContiguousArray(Self.events(2_000, seed: seed, feed: InstrumentID(3)))
        var (bytes, read) = ([UInt8](), EventBatch())
        FirstLayoutWriter.encode(events, into: &bytes)
        #expect(ChunkCodec.decode(bytes.span, instrument: InstrumentID(3), into: read) == nil)
        #expect(Array(read) == Array(events))
    }

    @Test(arguments: TestScale.seeds(20)) func `frames of many levels, quotes and odd flags round trip`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (events, time) = (ContiguousArray<MarketEvent>(), Timestamp(nanoseconds: 1_700_000_000_000_000_000))
        while events.count < 3_000 {
            time = time + Nanoseconds(count: random.uniform(in: 0...3_000_000))
            let kind: MarketEvent.Kind = [.level, .level, .quote, .trade, .orderAdded][Int(random.uniform(in: 0...4))]
            let (count, detail, frame) = (random.uniform(in: 1...60), random.uniform(in: 0...9), UInt32(random.uniform(in: 0...5)))
            for index in 0..<count {
                var flags = MarketEvent.Flags(rawValue: random.uniform(in: 0...9) == 0 ? UInt8(random.uniform(in: 0...127)) : 0)
                if index == 0 { flags.insert(.first) }
                if index == count - 1 { flags.insert(.last) }
                if index > count / 2 { flags.insert(.sell) }
                events.append(
                    MarketEvent(
                        kind: kind, instrument: InstrumentID(0), venueTime: time, receiveTime: time + .milliseconds(3),
                        price: 600_000 + 10 * index, quantity: 100 * random.uniform(in: 0...99), detail: detail, flags: flags, frame: frame)
                )
            }
        }
        var (bytes, read) = ([UInt8](), EventBatch())
        ChunkCodec.encode(events, into: &bytes)
        #expect(ChunkCodec.decode(bytes.span, instrument: InstrumentID(0), into: read) == nil)
        #expect(Array(read) == Array(events))
    }

    @Test func `no damaged chunk makes the decoder trap`() throws {
        var bytes: [UInt8] = []
        ChunkCodec.encode(ContiguousArray(Self.events(200, seed: 4, feed: InstrumentID(0))), into: &bytes)
        var random = SeededGenerator(seed: 8)
        let events = EventBatch()
        var refused = 0
        for _ in 0..<3_000 {
            var damaged = Array(bytes.prefix(Int(random.uniform(in: 0...Int64(bytes.count)))))
            for _ in 0..<random.uniform(in: 0...4) where !damaged.isEmpty {
                damaged[Int(random.uniform(in: 0...Int64(damaged.count - 1)))] = UInt8(random.uniform(in: 0...255))
            }
            if ChunkCodec.decode(damaged.span, instrument: InstrumentID(0), into: events) != nil {
                refused += 1
                #expect(events.isEmpty)
            }
        }
        #expect(refused > 2_900)
    }
}
