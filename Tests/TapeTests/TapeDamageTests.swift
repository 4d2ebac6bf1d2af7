import Foundation
import Market
import TestSupport
import Testing

@testable import Tape

/// One byte of a file is changed: it is found, or nothing that the file tells is another.
@Suite struct TapeDamageTests {
    enum Maker: CaseIterable { case writer, recorder }

    private static let time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    private static func instrument(_ symbol: String) -> Instrument {
        Instrument(
            symbol: symbol, venue: "v", venueSymbol: symbol + "_PERP", kind: .linear, base: Currency(symbol)!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: 100_000_000), lotSize: 10_000, fundingInterval: .hours(1))
    }

    /// A small tape with something in each table that its maker fills.
    private static func make(_ maker: Maker, _ path: String) throws {
        let descriptions = ["BTC", "ETH"].map { FeedDescription(instrument: instrument($0), source: "made up") }
        switch maker {
        case .writer:
            let writer = try TapeWriter(creating: path)
            for description in descriptions {
                let feed = try writer.addFeed(description)
                for index in 0..<60 { try writer.append(RecorderTests.event(index, feed)) }
                try writer.appendFrame(feed: feed, receiveTime: time, bytes: Array("{\"u\":1}".utf8).span)
                try writer.addGap(feed: feed, time: time, cause: .sequence, note: "one was skipped")
                try writer.addQuarantine(QuarantinedRange(feed: feed, from: time, to: time, reason: "stale"))
                writer.addUnparsed(feed: feed, reason: "malformed")
            }
            try writer.setMeta("who", "a test")
            try writer.close()
        case .recorder:
            let recorder = try TapeRecorder(creating: path, at: time, options: RecorderTests.options())
            let connection = try recorder.addConnection(venue: "v", account: nil)
            for description in descriptions {
                let feed = try recorder.addFeed(description, at: time)
                for index in 0..<60 { try recorder.append(RecorderTests.event(index, feed), at: time) }
                let header = FrameHeader(feed: feed, receiveTime: time, connection: connection)
                try recorder.appendUnparsed(header, Array("{".utf8).span, reason: "cut off", at: time)
                try recorder.note(.gap(feed: feed, time: time, cause: .connection, note: "lost"))
            }
            try recorder.close(at: time)
        }
        // Small pages leave less room that nothing is in.
        try Database(path, .readWrite).execute("PRAGMA page_size = 512; VACUUM")
    }

    /// Every row of every table, and every record and raw frame.
    private static func contents(_ path: String) throws -> [String] {
        let tape = try Tape(opening: path)
        var all: [String] = ["\(tape.feeds)", "\(tape.isUnfinished)"]
        let names = try tape.database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        var tables = ["sqlite_schema"]
        while try names.step() { tables.append(names.text(0)) }
        for table in tables {
            let rows = try tape.database.prepare("SELECT * FROM main.\"\(table)\"")
            while try rows.step() {
                // Where a table begins is the file's own affair.
                let columns = (0..<rows.columnCount).filter { table != "sqlite_schema" || $0 != 3 }
                all.append(table + columns.map { " \(rows.type($0)) \(unsafe Array(rows.bytes($0)))" }.joined())
            }
        }
        for index in tape.feeds.indices {
            let feed = InstrumentID(index)
            all.append("\(try RecorderTests.read(path, feed))")
            all.append("\(try RecorderTests.frames(path, feed))")
        }
        return all
    }

    /// As `mmsim tape check` reads it.
    private static func isFound(_ path: String) -> Bool {
        do {
            let tape = try Tape(opening: path)
            guard try tape.fileFaults().isEmpty else { return true }
            for index in tape.feeds.indices {
                let reader = try tape.reader(feed: InstrumentID(index), verifying: true)
                let events = EventBatch()
                while try reader.next(into: events) {}
            }
            for feed in tape.feeds.indices.map({ InstrumentID($0) }) + [nil] {
                let frames = try tape.frameReader(feed: feed)
                while try frames.next() != nil {}
            }
            return false
        } catch { return true }
    }

    @Test(arguments: Maker.allCases) func `any flipped bit of a tape is found or changes nothing`(maker: Maker) throws {
        let place = try Place()
        try Self.make(maker, place.tape)
        let whole = try Data(contentsOf: URL(filePath: place.tape))
        let contents = try Self.contents(place.tape)
        #expect(!Self.isFound(place.tape))
        var random = SeededGenerator(seed: 4)
        let damaged = place.tape + ".damaged"
        var (found, harmless) = (0, 0)
        // A prime stride meets every place of every structure; ten times the scale tries every byte.
        let stride = max(1, Int(11 / TestScale.factor))
        for position in Swift.stride(from: Int(random.uniform(in: 0...Int64(stride - 1))), to: whole.count, by: stride) {
            var bytes = whole
            bytes[position] ^= UInt8(1 << random.uniform(in: 0...7))
            try bytes.write(to: URL(filePath: damaged))
            if Self.isFound(damaged) {
                found += 1
            } else {
                harmless += 1
                #expect(try Self.contents(damaged) == contents, "byte \(position) of \(maker)")
            }
        }
        #expect(found > whole.count / stride / 4 && harmless > 0, "\(found) found, \(harmless) harmless")
    }

    @Test(arguments: [
        ("UPDATE feed SET lot_size = 20000 WHERE id = 1", "table feed is not what was written"),
        ("DELETE FROM gap WHERE feed = 0", "table gap is not what was written"),
        ("UPDATE chunk SET first_venue = 7 WHERE feed = 1", "table chunk is not what was written"),
        ("DELETE FROM seal WHERE name = 'quarantine'", "table quarantine has no seal"),
        ("DROP TABLE clock_offset", "table clock_offset is missing"),
        ("PRAGMA user_version = 3", "it says that its schema is version 3, but it is a later one"),
    ])
    func `a table that is not what was written is named`(change: String, fault: String) throws {
        let place = try Place()
        try Self.make(.writer, place.tape)
        #expect(try Tape(opening: place.tape).fileFaults() == [])
        try Database(place.tape, .readWrite).execute(change)
        #expect(try Tape(opening: place.tape).fileFaults().contains(fault))
    }

    @Test func `a mark renews the seal of its own table alone`() throws {
        let place = try Place()
        try Self.make(.writer, place.tape)
        try Tape.mark(place.tape, [QuarantinedRange(feed: InstrumentID(0), from: Self.time, to: Self.time, reason: "crossed")])
        #expect(try Tape(opening: place.tape).fileFaults() == [])
        try Database(place.tape, .readWrite).execute("UPDATE feed SET tick_size = 1")
        try Tape.mark(place.tape, [])
        #expect(try Tape(opening: place.tape).fileFaults() == ["table feed is not what was written"])
    }

    @Test func `a tape that is recorded again has no seal until it is closed`() throws {
        let place = try Place()
        try Self.make(.recorder, place.tape)
        let recorder = try TapeRecorder(resuming: place.tape, at: Self.time, options: RecorderTests.options())
        try recorder.append(RecorderTests.event(1, InstrumentID(0)), at: Self.time)
        try recorder.commit(at: Self.time)
        #expect(try Tape(opening: place.tape).fileFaults() == [])
        try recorder.close(at: Self.time)
        let database = try Database(place.tape, .readOnly)
        #expect(try TapeSeal.exists(database))
        #expect(try Tape(opening: place.tape).fileFaults() == [])
    }
}
