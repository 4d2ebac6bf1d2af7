import Foundation
import Market
import Testing

@testable import Feeds
@testable import Tape

@Suite struct TapeEditTests {
    private let files: Files

    init() throws { files = try Files() }

    private static func instrument(_ symbol: String = "BTC", tick: Int64 = 100_000_000) -> Instrument {
        Instrument(
            symbol: symbol, venue: "v", venueSymbol: symbol + "_PERP", kind: .linear, base: Currency(symbol)!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: tick), lotSize: 10_000)
    }

    private static func second(_ second: Int64) -> Timestamp { Timestamp(nanoseconds: 1_700_000_000_000_000_000 + second * 1_000_000_000) }

    private static func record(
        _ kind: MarketEvent.Kind, _ side: Side, _ second: Int64, _ price: Int64, _ quantity: Int64, _ detail: Int64,
        _ flags: MarketEvent.Flags = [.first, .last], frame: UInt32 = 0
    ) -> MarketEvent {
        MarketEvent(
            kind: kind, instrument: InstrumentID(0), venueTime: Self.second(second), receiveTime: Self.second(second) + .milliseconds(5),
            price: price, quantity: quantity, detail: detail, flags: side == .sell ? flags.union(.sell) : flags, frame: frame)
    }

    /// A full book at second 0, then a change and a trade each second; each record names a raw frame of its own.
    private static func market(_ seconds: Int64 = 100, from start: Int64 = 0) -> [MarketEvent] {
        var events = [
            record(.level, .buy, start, 1_000, 7, 100, [.first, .snapshot]),
            record(.level, .sell, start, 1_001, 6, 100, [.last, .snapshot]),
        ]
        for second in start + 1...start + seconds {
            events.append(record(.level, second % 2 == 0 ? .buy : .sell, second, 1_000 + second % 2 * 3, second % 5, 100 + second))
            events.append(record(.trade, .buy, second, 1_001, 1, 500 + second))
        }
        for index in events.indices { events[index].frame = UInt32(max(index, 1) - 1) }
        return events
    }

    private func tape(_ name: String, _ events: [MarketEvent], instrument: Instrument = Self.instrument(), frames: Bool = true) throws
        -> Tape
    {
        let writer = try TapeWriter(creating: files.path(name))
        let feed = try writer.addFeed(FeedDescription(instrument: instrument, source: name))
        for event in events { try writer.append(event) }
        for event in events.dropFirst() where frames {
            let header = FrameHeader(feed: feed, receiveTime: event.receiveTime, monotonicTime: Int64(event.frame) + 1, connection: 1)
            try writer.appendFrame(header, Array("frame \(event.frame)".utf8).span)
        }
        let venue = RecordedConnection(venue: "v", account: nil, note: name)
        _ = try writer.addConnection(venue)
        try writer.appendFrame(
            FrameHeader(feed: nil, receiveTime: events[0].receiveTime, connection: 1), Array("hello of \(name)".utf8).span)
        try writer.note(.connectionState(connection: 1, time: events[0].receiveTime, state: "open", note: ""))
        try writer.addUnparsed(feed: feed, frame: 3, reason: "odd")
        try writer.close()
        return try Tape(opening: files.path(name))
    }

    private static func read(_ tape: Tape) throws -> [MarketEvent] {
        var (all, chunk) = ([MarketEvent](), EventBatch())
        let reader = try tape.reader(feed: InstrumentID(0))
        while try reader.next(into: chunk) { all += chunk }
        return all
    }

    private static func frames(_ tape: Tape) throws -> [String] {
        var frames: [String] = []
        let reader = try tape.frameReader(feed: InstrumentID(0))
        while let frame = try reader.next() { frames.append(String(decoding: frame.bytes, as: UTF8.self)) }
        return frames
    }

    @Test func `a cut begins with the book of that instant, and its records name the same raw frames`() throws {
        let events = Self.market()
        let whole = try tape("whole.tape", events)
        let out = files.path("cut.tape")
        let span = TapeCut.Options(from: Self.second(50), to: Self.second(60))
        #expect(try TapeCut(whole, span).write(to: out).map(\.records) == [3 + 20])
        let cut = try Tape(opening: out)
        let records = try Self.read(cut)
        // The bid of second 48, the asks of the full book and of second 49, then the records of ten seconds.
        let book = records.prefix(3)
        #expect(book.map(\.price) == [1_000, 1_001, 1_003] && book.map(\.quantity) == [3, 6, 4])
        #expect(book.map(\.flags) == [[.first, .snapshot], [.snapshot, .sell], [.last, .snapshot, .sell]])
        #expect(book.allSatisfy { $0.detail == 149 && $0.venueTime == Self.second(49) && $0.receiveTime == records[3].receiveTime })
        let kept = events.filter { $0.venueTime >= Self.second(50) && $0.venueTime < Self.second(60) }
        let frames = try Self.frames(cut)
        #expect(records.dropFirst(3).map { frames[Int($0.frame)] } == kept.map { "frame \($0.frame)" })
        #expect(frames[Int(records[0].frame)] == "frame \(events.last { $0.venueTime == Self.second(49) && $0.kind == .level }!.frame)")
        var without = Array(records.dropFirst(3))
        for index in without.indices { without[index].frame = kept[index].frame }
        #expect(without == kept)
        #expect(try TapeCheck(cut).verdict == .sound)
        // Frame 3, which could not be read, was received before.
        #expect(cut.feeds[0].unparsed == [:] && cut.feeds[0].description == whole.feeds[0].description)
    }

    @Test func `single orders keep their places in the queue of a cut`() throws {
        var events = [5, 3, 9, 4].enumerated().map { Self.record(.orderAdded, .buy, Int64($0.offset), 1_000, 10, $0.element) }
        events += [Self.record(.orderChanged, .buy, 4, 1_000, 6, 3), Self.record(.orderDeleted, .buy, 5, 1_000, 0, 9)]
        events += [Self.record(.orderAdded, .buy, 10, 1_000, 1, 77)]
        let out = files.path("cut.tape")
        _ = try TapeCut(tape("whole.tape", events, frames: false), .init(from: Self.second(8))).write(to: out)
        let records = try Self.read(Tape(opening: out))
        #expect(records.map(\.detail) == [5, 3, 4, 77] && records.map(\.quantity) == [10, 6, 10, 1])
        // Nobody told the whole book: it is not told as a full one.
        #expect(records.map(\.flags) == [[.first], [], [.last], [.first, .last]])
    }

    @Test func `cutting everything copies the tape`() throws {
        let whole = try tape("whole.tape", Self.market())
        let out = files.path("cut.tape")
        _ = try TapeCut(whole, .init()).write(to: out)
        let copy = try Tape(opening: out)
        #expect(copy.feeds == whole.feeds)
        #expect(try Self.frames(copy) == Self.frames(whole))
        #expect(try copy.notes() == whole.notes() && copy.connections() == whole.connections())
        #expect(try copy.unparsedFrames(InstrumentID(0)).map(\.frame) == [3])
        #expect(throws: FeedError.tape(.alreadyExists(path: out))) { try TapeCut(whole, .init()).write(to: out) }
        #expect(throws: FeedError.tape(.unknownInstrument(path: whole.path, name: "ETH", known: ["v BTC_PERP"]))) {
            try TapeCut(whole, .init(feeds: ["ETH"])).write(to: files.path("none.tape"))
        }
        #expect(try files.names == ["cut.tape", "whole.tape"])
    }

    @Test func `a merge puts parts in order with a gap between, and feeds side by side`() throws {
        let (first, second) = (Self.market(10), Self.market(10, from: 100))
        let parts = [try tape("b.tape", second), try tape("a.tape", first)]
        let other = try tape("c.tape", Self.market(5), instrument: Self.instrument("ETH"))
        let out = files.path("merged.tape")
        let counts = try TapeMerge(parts + [other]).write(to: out)
        #expect(counts.map(\.records) == [22 + 1 + 22, 12] && counts.map(\.feed) == ["v BTC_PERP", "v ETH_PERP"])
        let merged = try Tape(opening: out)
        let records = try Self.read(merged)
        #expect(Array(records.prefix(22)) == first)
        #expect(records[22].kind == .gap && records[22].price == GapCause.recording.rawValue)
        var later = Array(records.suffix(22))
        let frames = try Self.frames(merged)
        #expect(frames.count == 42 && later.map { frames[Int($0.frame)] } == second.map { "frame \($0.frame)" })
        for index in later.indices { later[index].frame = second[index].frame }
        #expect(later == second)
        #expect(merged.feeds[0].description.source == "a.tape, b.tape" && merged.feeds[0].unparsed == ["odd": 2])
        #expect(try merged.gaps(InstrumentID(0)).map(\.cause) == [.recording])
        #expect(try merged.unparsedFrames(InstrumentID(0)).map(\.frame) == [3, 24])
        // Connections are numbered anew, and what names them.
        #expect(try merged.connections().map(\.note) == ["b.tape", "a.tape", "c.tape"])
        let private_ = try merged.frameReader(feed: nil)
        var connections: [UInt16] = []
        while let frame = try private_.next() { connections.append(frame.header.connection) }
        #expect(connections == [1, 2, 3])
    }

    @Test func `parts that overlap, or count in other steps, are not merged`() throws {
        let tapes = [try tape("a.tape", Self.market(10)), try tape("b.tape", Self.market(10, from: 5))]
        let out = files.path("merged.tape")
        #expect(throws: FeedError.overlap(feed: "v BTC_PERP", first: tapes[0].path, second: tapes[1].path)) {
            try TapeMerge(tapes).write(to: out)
        }
        let finer = try tape("c.tape", Self.market(10, from: 50), instrument: Self.instrument(tick: 10_000_000))
        #expect(throws: FeedError.differentTerms(feed: "v BTC_PERP", first: tapes[0].path, second: finer.path)) {
            try TapeMerge([tapes[0], finer]).write(to: out)
        }
        #expect(!FileManager.default.fileExists(atPath: out))
    }

    @Test func `a tape without raw frames can't be decoded again`() throws {
        let tape = try tape("a.tape", Self.market(3), frames: false)
        #expect(throws: FeedError.noFrames(path: tape.path, feed: "v BTC_PERP")) { try Redecoder(tape).write(to: files.path("b.tape")) }
    }
}

/// The recordings, decoded again.
@Suite(.enabled(if: Recordings.areAvailable, "needs the shared recordings; set MMSIM_SHARED"))
struct RedecodeTests {
    @Test(arguments: [
        ["binance/usdm_btcusdt_20230404.txt.gz", "binance/usdm_btcusdt_20230405.txt.gz"],
        ["binance/spot_btcusdt_20230405.txt.gz"], ["bybit/bybit_perp_spot_20260809.jsonl.gz"],
        ["lighter/lighter_btc_20251009.jsonl.gz", "lighter/lighter_market_stats_20251009.jsonl.gz"],
        ["backpack/backpack_sol_usdc_20260902.jsonl.gz"], ["bitstamp-l3/bitstamp_btcusd_20150501.log.gz"],
    ])
    func `raw frames decoded again give the same records`(names: [String]) throws {
        let files = try Files()
        let (old, new) = (files.path("old.tape"), files.path("new.tape"))
        _ = try Importer(inputs: names.map(Recordings.path), output: old, options: .init(keepFrames: true)).run()
        let before = try Tape(opening: old)
        let outcomes = try Redecoder(before).write(to: new)
        let after = try Tape(opening: new)
        #expect(after.feeds == before.feeds)
        #expect(outcomes.map(\.records) == before.feeds.map(\.events) && outcomes.allSatisfy { $0.unparsed == 0 })
        for index in before.feeds.indices {
            let (one, two) = (try before.frameReader(feed: InstrumentID(index)), try after.frameReader(feed: InstrumentID(index)))
            var different = 0
            while let frame = try one.next() { if try two.next() != frame { different += 1 } }
            #expect(try different == 0 && two.next() == nil)
        }
    }
}
