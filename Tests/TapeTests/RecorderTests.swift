import Foundation
import Market
import TestSupport
import Testing

@testable import Tape

@Suite struct RecorderTests {
    private static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    static func options(reserve: Int64 = 0) -> TapeRecorder.Options {
        var options = TapeRecorder.Options()
        options.diskReserve = reserve
        return options
    }

    static func instrument(_ symbol: String = "BTC", tick: Int64 = 100_000_000) -> Instrument {
        Instrument(
            symbol: symbol, venue: "v", venueSymbol: symbol + "_PERP", kind: .linear, base: Currency(symbol)!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: tick), lotSize: 10_000)
    }

    /// The `index`th record of a feed.
    static func event(_ index: Int, _ feed: InstrumentID) -> MarketEvent {
        let time = start + Nanoseconds(count: Int64(index) * 10_000)
        return MarketEvent(
            kind: .level, instrument: feed, venueTime: time, receiveTime: time + .milliseconds(1), price: Int64(index % 1_000),
            quantity: Int64(index))
    }

    static func read(_ path: String, _ feed: InstrumentID = InstrumentID(0)) throws -> [MarketEvent] {
        let tape = try Tape(opening: path)
        guard tape.feeds.indices.contains(feed.index) else { return [] }
        let reader = try tape.reader(feed: feed)
        var (all, chunk) = ([MarketEvent](), EventBatch())
        while try reader.next(into: chunk) { all += chunk }
        return all
    }

    static func frames(_ path: String, _ feed: InstrumentID?) throws -> [StoredFrame] {
        let tape = try Tape(opening: path)
        if let feed, !tape.feeds.indices.contains(feed.index) { return [] }
        let reader = try tape.frameReader(feed: feed)
        var all: [StoredFrame] = []
        while let frame = try reader.next() { all.append(frame) }
        return all
    }

    @Test func `a reader sees what was committed and nothing else, sealed or open, while the recorder goes on`() throws {
        let place = try Place()
        let recorder = try TapeRecorder(creating: place.tape, at: Self.start, options: Self.options())
        let feed = try recorder.addFeed(FeedDescription(instrument: Self.instrument(), source: "live"), at: Self.start)
        var appended: [MarketEvent] = []
        var committed = 0
        let early = try Tape(opening: place.tape)
        #expect(early.feeds.isEmpty && early.isUnfinished)
        for index in 0..<150_000 {
            let event = Self.event(index, feed)
            try recorder.append(event, at: event.receiveTime)
            appended.append(event)
            if try recorder.advance(to: event.receiveTime) { committed = appended.count }
            if index % 33_333 == 0, index > 0 {
                let tape = try Tape(opening: place.tape)
                #expect(tape.feeds[0].events == Int64(committed))
                #expect(try Self.read(place.tape) == Array(appended.prefix(committed)))
            }
        }
        #expect(committed > 0 && committed < appended.count)
        let middle = try Tape(opening: place.tape)
        #expect(middle.feeds[0].chunks == 3, "two sealed chunks and a part")
        try recorder.close(at: Self.start + .seconds(9))
        #expect(middle.feeds[0].events == Int64(committed))
        let reader = try middle.reader(feed: feed)
        var (count, chunk) = (0, EventBatch())
        while try reader.next(into: chunk) { count += chunk.count }
        #expect(count == committed, "an open tape keeps its view")
        let tape = try Tape(opening: place.tape)
        #expect(try Self.read(place.tape) == appended)
        #expect(tape.feeds[0].chunks == 3 && !tape.isUnfinished)
    }

    @Test func `an hour of a quiet feed is sealed each minute and committed in time`() throws {
        let place = try Place()
        let recorder = try TapeRecorder(creating: place.tape, at: Self.start, options: Self.options())
        let feed = try recorder.addFeed(FeedDescription(instrument: Self.instrument(), source: ""), at: Self.start)
        var now = Self.start
        for index in 0..<3_000 {
            now = now + .milliseconds(100)
            try recorder.append(Self.event(index, feed), at: now)
            try recorder.advance(to: now)
            if index % 500 == 499 { #expect(try Tape(opening: place.tape).feeds[0].events >= Int64(index - 1)) }
        }
        let sealed = try Database(place.tape, .readOnly).integer("SELECT count(*) FROM chunk")
        #expect(sealed == 4)
        try recorder.close(at: now)
        #expect(try Self.read(place.tape) == (0..<3_000).map { Self.event($0, feed) })
    }

    @Test func `frames keep both times, connection and direction, and lose their secrets`() throws {
        let place = try Place()
        var options = Self.options()
        options.redact = { header, bytes in
            guard header.direction == .sent else { return }
            bytes = Array("[redacted]".utf8)
        }
        let recorder = try TapeRecorder(creating: place.tape, at: Self.start, options: options)
        let feed = try recorder.addFeed(FeedDescription(instrument: Self.instrument(), source: ""), at: Self.start)
        let market = try recorder.addConnection(venue: "v", account: nil)
        let own = try recorder.addConnection(venue: "v", account: "maker")
        var expected: [StoredFrame] = []
        var now = Self.start
        for index in 0..<9_000 {
            now = now + .milliseconds(1)
            let header = FrameHeader(feed: feed, receiveTime: now, monotonicTime: 77 + Int64(index) * 1_000_003, connection: market)
            let bytes = Array(
                "{\"u\":\(index),\"bids\":[[\"\(index * 7 % 1_000)\",\"1.\(index)\"]],\"pad\":\"\(String(repeating: "x", count: 200))\"}"
                    .utf8)
            #expect(try recorder.appendFrame(header, bytes.span, at: now) == UInt32(index))
            expected.append(StoredFrame(header: header, bytes: bytes))
            try recorder.advance(to: now)
        }
        let secret = FrameHeader(feed: nil, receiveTime: now, connection: own, direction: .sent)
        try recorder.appendFrame(secret, Array("{\"key\":\"hunter2\"}".utf8).span, at: now)
        try recorder.appendUnparsed(FrameHeader(feed: feed, receiveTime: now), Array("{".utf8).span, reason: "no end", at: now)
        try recorder.commit(at: now)
        let open = try Self.frames(place.tape, feed)
        #expect(Array(open.dropLast()) == expected)
        #expect(open.last?.bytes == Array("{".utf8))
        #expect(try Self.frames(place.tape, nil) == [StoredFrame(header: secret, bytes: Array("[redacted]".utf8))])
        try recorder.close(at: now)
        #expect(try Self.frames(place.tape, feed) == open)
        let tape = try Tape(opening: place.tape)
        #expect(tape.feeds[0].unparsed == ["no end": 1])
        #expect(try tape.unparsedFrames(feed).map(\.frame) == [9_000])
        #expect(try tape.frames(feed).count == 9_001)
        let bytes = try Data(contentsOf: URL(filePath: place.tape))
        #expect(bytes.range(of: Data("hunter2".utf8)) == nil)
    }

    @Test func `what happened beside the market is noted and read back`() throws {
        let place = try Place()
        let recorder = try TapeRecorder(creating: place.tape, at: Self.start, options: Self.options())
        let feed = try recorder.addFeed(FeedDescription(instrument: Self.instrument(), source: ""), at: Self.start)
        let connection = try recorder.addConnection(venue: "v", account: nil)
        let times = (1...4).map { Self.start + .seconds($0) }
        let notes: [RecordingNote] = [
            .connectionState(connection: connection, time: times[0], state: "open", note: "first try"),
            .gap(feed: feed, time: times[1], cause: .connection, note: "lost"),
            .resync(feed: feed, time: times[2], note: "asked"),
            .clockOffset(venue: "v", time: times[3], offset: .milliseconds(-3), error: .milliseconds(1)),
        ]
        for note in notes.reversed() { try recorder.note(note) }
        #expect(try recorder.changeTerms(feed: feed, Self.instrument(tick: 10_000_000), at: times[3]) == 1)
        let block = JournalBlock(bytes: [1, 2, 3], records: 2, times: times[0]...times[1], hashAfter: .max)
        try recorder.append(block, run: "live-1")
        try recorder.close(at: times[3], ending: "asked to stop")
        let tape = try Tape(opening: place.tape)
        #expect(try tape.notes() == notes)
        #expect(
            try tape.terms(feed) == [
                InstrumentTerms(instrument: Self.instrument(), validFrom: Self.start, validTo: times[3]),
                InstrumentTerms(instrument: Self.instrument(tick: 10_000_000), validFrom: times[3], validTo: nil),
            ])
        #expect(try tape.spans() == [RecordingSpan(first: Self.start, last: times[3], ending: "asked to stop")])
        #expect(try tape.journalBlocks(run: "live-1") == [block])
        #expect(try tape.journalBlocks(run: "other").isEmpty)
    }

    @Test func `a recorder goes on behind the last commit, with its words and numbers`() throws {
        let place = try Place()
        var feed = InstrumentID(0)
        do {
            let recorder = try TapeRecorder(creating: place.tape, at: Self.start, options: Self.options())
            feed = try recorder.addFeed(FeedDescription(instrument: Self.instrument(), source: ""), at: Self.start)
            for index in 0..<70_000 { try recorder.append(Self.event(index, feed), at: Self.start) }
            try recorder.appendFrame(FrameHeader(feed: feed, receiveTime: Self.start), [1].span, at: Self.start)
            try recorder.setMeta("position", "70000")
            try recorder.commit(at: Self.start)
            for index in 70_000..<70_009 { try recorder.append(Self.event(index, feed), at: Self.start) }
            try recorder.setMeta("position", "70009")
        }
        #expect(try Tape(opening: place.tape).meta("position") == "70000")
        let later = Self.start + .hours(1)
        let recorder = try TapeRecorder(resuming: place.tape, at: later, options: Self.options())
        #expect(try recorder.addFeed(FeedDescription(instrument: Self.instrument(), source: ""), at: later) == feed)
        for index in 70_000..<80_000 { try recorder.append(Self.event(index, feed), at: later) }
        #expect(try recorder.appendFrame(FrameHeader(feed: feed, receiveTime: later), [2].span, at: later) == 1)
        try recorder.close(at: later)
        #expect(try Self.read(place.tape) == (0..<80_000).map { Self.event($0, feed) })
        #expect(try Self.frames(place.tape, feed).map(\.bytes) == [[1], [2]])
        let tape = try Tape(opening: place.tape)
        #expect(tape.feeds[0].chunks == 2)
        #expect(try tape.spans().map(\.ending) == [nil, "closed"])
    }

    @Test func `an import that was cut off and goes on ends as the tape that was written in one go`() throws {
        let (place, whole) = (try Place(), try Place())
        let description = FeedDescription(instrument: Self.instrument(), source: "file")
        let writer = try TapeWriter(creating: whole.tape)
        let feed = try writer.addFeed(description)
        for index in 0..<150_000 { try writer.append(Self.event(index, feed)) }
        try writer.close()
        var options = Self.options()
        options.chunkSpan = Nanoseconds(count: .max)
        for end in [70_000, 120_000, 150_000] {
            let isNew = !FileManager.default.fileExists(atPath: place.tape)
            let position = isNew ? 0 : Int(try #require(try Tape(opening: place.tape).meta("position"))) ?? 0
            let recorder =
                try isNew
                ? TapeRecorder(creating: place.tape, at: Self.start, options: options)
                : TapeRecorder(resuming: place.tape, at: Self.start, options: options)
            _ = try recorder.addFeed(description, at: Self.start)
            for index in position..<end {
                let now = Self.event(index, feed).receiveTime
                try recorder.append(Self.event(index, feed), at: now)
                try recorder.setMeta("position", String(index + 1))
                try recorder.advance(to: now)
            }
            if end == 150_000 { try recorder.close(at: Self.start) }
        }
        #expect(try Tape(opening: place.tape).feeds == Tape(opening: whole.tape).feeds)
    }

    @Test func `a full disk loses nothing committed and is said`() throws {
        let place = try Place()
        let recorder = try TapeRecorder(creating: place.tape, at: Self.start, options: Self.options())
        let feed = try recorder.addFeed(FeedDescription(instrument: Self.instrument(), source: ""), at: Self.start)
        // SQLite answers a file that may not grow as it does a full disk.
        try recorder.limitPages(to: 200)
        var (random, committed, appended) = (SeededGenerator(seed: 5), 0, [MarketEvent]())
        let error = try #require(throws: TapeError.self) {
            for index in 0..<1_000_000 {
                var event = Self.event(index, feed)
                event.price = random.uniform(in: 0...Int64.max)
                try recorder.append(event, at: event.receiveTime)
                appended.append(event)
                if try recorder.advance(to: event.receiveTime) { committed = appended.count }
            }
        }
        #expect(error == .diskFull(path: place.tape))
        #expect(throws: TapeError.diskFull(path: place.tape)) { try recorder.append(Self.event(0, feed), at: Self.start) }
        #expect(committed > 0)
        #expect(try Self.read(place.tape) == Array(appended.prefix(committed)))
    }

    @Test func `with less than the reserve left everything is committed and the recorder can close`() throws {
        let place = try Place()
        let recorder = try TapeRecorder(creating: place.tape, at: Self.start, options: Self.options(reserve: .max))
        let feed = try recorder.addFeed(FeedDescription(instrument: Self.instrument(), source: ""), at: Self.start)
        try recorder.append(Self.event(0, feed), at: Self.start)
        let error = try #require(throws: TapeError.self) { try recorder.advance(to: Self.start + .seconds(1)) }
        guard case .diskReserve(place.tape, _, .max) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(try Self.read(place.tape).count == 1)
        try recorder.close(at: Self.start + .seconds(1), ending: error.message)
        #expect(try Tape(opening: place.tape).spans()[0].ending == error.message)
    }

    @Test func `two writers, a folder, another file and a future schema are each refused by name`() throws {
        let place = try Place()
        let first = try TapeRecorder(creating: place.tape, at: Self.start, options: Self.options())
        #expect(throws: TapeError.locked(path: place.tape)) { try TapeRecorder(resuming: place.tape, at: Self.start) }
        #expect(throws: TapeError.locked(path: place.tape)) { try TapeWriter(creating: place.tape, replacing: true) }
        #expect(throws: TapeError.unknownInstrument(path: place.tape, name: "feed 4", known: [])) {
            try first.append(Self.event(0, InstrumentID(4)), at: Self.start)
        }
        try first.close(at: Self.start)
        #expect(throws: TapeError.isDirectory(path: place.folder)) { try TapeRecorder(resuming: place.folder, at: Self.start) }
        let text = place.folder + "/text"
        try String(repeating: "not a database ", count: 100).write(toFile: text, atomically: true, encoding: .utf8)
        #expect(throws: TapeError.notATape(path: text)) { try TapeRecorder(resuming: text, at: Self.start) }
        let future = place.folder + "/future"
        try FileManager.default.copyItem(atPath: place.tape, toPath: future)
        try Database(future, .readWrite).execute("PRAGMA user_version = 9")
        #expect(throws: TapeError.schemaTooNew(path: future, found: 9, supported: 4)) { try TapeRecorder(resuming: future, at: Self.start) }
        let nothing = place.folder + "/nothing"
        #expect(throws: TapeError.notFound(path: nothing, closest: nil)) { try TapeRecorder(resuming: nothing, at: Self.start) }
    }

    @Test func `a feed that a tape does not have is answered with those it has`() throws {
        let place = try Place()
        let recorder = try TapeRecorder(creating: place.tape, at: Self.start, options: Self.options())
        for symbol in ["BTC", "ETH"] {
            _ = try recorder.addFeed(FeedDescription(instrument: Self.instrument(symbol), source: ""), at: Self.start)
        }
        try recorder.close(at: Self.start)
        let tape = try Tape(opening: place.tape)
        #expect(try tape.feed(named: "ETH") == InstrumentID(1))
        #expect(try tape.feed(named: "v BTC_PERP") == InstrumentID(0))
        let error = try #require(throws: TapeError.self) { try tape.feed(named: "SOL_XYZ_ABC") }
        #expect(error == .unknownInstrument(path: place.tape, name: "SOL_XYZ_ABC", known: ["v BTC_PERP", "v ETH_PERP"]))
        #expect(error.hint == "it has 'v BTC_PERP', 'v ETH_PERP'")
        #expect(TapeError.unknownInstrument(path: "", name: "v ETH_PERF", known: ["v ETH_PERP"]).hint == "did you mean 'v ETH_PERP'?")
    }
}

/// Where a test has its tape.
struct Place {
    private let scratch: TestFolder
    var folder: String { scratch.path }
    var tape: String { scratch.path("t.tape") }

    init() throws { scratch = try TestFolder() }
}
