import Foundation
import Market
import Testing

@testable import Feeds
@testable import Tape

@Suite struct TapeCheckTests {
    private let files: Files

    init() throws { files = try Files() }

    private static let instrument = Instrument(
        symbol: "BTC", venue: "v", venueSymbol: "BTC_PERP", kind: .linear, base: Currency("BTC")!, quote: Currency("USDC")!,
        tickSize: FinePrice(nanos: 100_000_000), lotSize: 10_000)

    private static func second(_ second: Int64) -> Timestamp { Timestamp(nanoseconds: 1_700_000_000_000_000_000 + second * 1_000_000_000) }

    private static func record(
        _ kind: MarketEvent.Kind, _ side: Side, _ second: Int64, _ price: Int64, _ quantity: Int64, _ detail: Int64,
        _ flags: MarketEvent.Flags = [.first, .last]
    ) -> MarketEvent {
        MarketEvent(
            kind: kind, instrument: InstrumentID(0), venueTime: Self.second(second),
            receiveTime: Self.second(second) + .milliseconds(5), price: price, quantity: quantity, detail: detail,
            flags: side == .sell ? flags.union(.sell) : flags)
    }

    private static func book(_ second: Int64, _ number: Int64, bid: Int64 = 7) -> [MarketEvent] {
        [
            record(.level, .buy, second, 1_000, bid, number, [.first, .snapshot]),
            record(.level, .buy, second, 999, 5, number, [.snapshot]),
            record(.level, .sell, second, 1_001, 6, number, [.last, .snapshot]),
        ]
    }

    /// A full book, then each second a change of the best bid, the quote that follows from it and a trade.
    private static func market(_ seconds: Int64 = 100) -> [MarketEvent] {
        var events = book(0, 100)
        for second in 1...seconds {
            events += [
                record(.level, .buy, second, 1_000, second, 100 + second),
                record(.quote, .buy, second, 1_000, second, 100 + second, [.first]),
                record(.quote, .sell, second, 1_001, 6, 100 + second, [.last]), record(.trade, .sell, second, 1_000, 1, 500 + second),
            ]
        }
        return events
    }

    private func tape(_ events: [MarketEvent], frames: Int = 0) throws -> String {
        let path = files.path("\(UUID().uuidString).tape")
        let writer = try TapeWriter(creating: path)
        let feed = try writer.addFeed(FeedDescription(instrument: Self.instrument, source: ""))
        for event in events { try writer.append(event) }
        for frame in 0..<frames {
            try writer.appendFrame(feed: feed, receiveTime: Self.second(Int64(frame)), bytes: Array("frame \(frame)".utf8).span)
        }
        try writer.close()
        return path
    }

    private func check(_ events: [MarketEvent]) throws -> TapeCheck { try TapeCheck(Tape(opening: tape(events))) }

    @Test func `a tape as it should be is sound, and its quotes and full books were compared`() throws {
        let check = try check(Self.market() + Self.book(101, 200, bid: 100))
        #expect(check.verdict == .sound && check.fileFaults == [])
        #expect(check.feeds[0].findings == [] && check.feeds[0].quarantined == [])
        #expect((check.feeds[0].quotesCompared, check.feeds[0].snapshotsCompared) == (100, 1))
        #expect(check.text.contains(": sound\nv BTC_PERP: 406 records, 100 quotes and 1 full books compared"))
    }

    /// A fault is put into the market at second 50 of 100 and must be found there, and nothing else.
    @Test(arguments: [
        (TapeFault.quoteDiffers, 50 as Int64, 50 as Int64), (.repeatedTrade, 50, 50), (.crossedBook, 50, 51), (.crossedQuote, 50, 50),
        (.numberBack, 50, 50), (.receiveTimeBack, 47, 49), (.snapshotDiffers, 50, 50), (.staleBook, 49, 110), (.gap, 50, 50),
    ])
    func `a planted fault is found where it is`(fault: TapeFault, from: Int64, to: Int64) throws {
        var events = Self.market()
        let at = 3 + 49 * 4
        switch fault {
        case .quoteDiffers: events[at + 1].quantity += 1
        case .repeatedTrade: events[at + 3].detail -= 1
        case .crossedBook:
            events.insert(Self.record(.level, .sell, 50, 999, 1, 150), at: at + 4)
            events.insert(Self.record(.level, .sell, 51, 999, 0, 150), at: at + 5)
        case .crossedQuote:
            events[at + 1].detail = 0
            events[at + 2].detail = 0
            events[at + 1].price = 1_001
        case .numberBack:
            events[at].detail -= 10
            events[at + 1].detail = 0
            events[at + 2].detail = 0
        case .receiveTimeBack: events[at].receiveTime = Self.second(47) + .milliseconds(5)
        case .snapshotDiffers: events.insert(contentsOf: Self.book(50, 150, bid: 51), at: at + 4)
        case .staleBook:
            for index in at..<events.count {
                events[index].venueTime = events[index].venueTime + .minutes(1)
                events[index].receiveTime = events[index].receiveTime + .minutes(1)
            }
        case .gap: events.insert(Self.record(.gap, .buy, 50, GapCause.sequence.rawValue, 0, 0), at: at + 4)
        default: Issue.record("no story for \(fault)")
        }
        let check = try check(events)
        // A quiet market says nothing on any of its streams; quotes after a gap have no full book to be compared with.
        let expected: Set<TapeFault> = fault == .staleBook ? [.staleBook, .staleQuote] : [fault]
        #expect(Set(check.feeds[0].findings.map(\.fault)) == expected)
        #expect(check.verdict == .suspect)
        let range = try #require(check.feeds[0].quarantined.first { $0.fault == fault })
        let latency = Nanoseconds.milliseconds(5)
        #expect(range == FeedCheck.Quarantine(from: Self.second(from) + latency, to: Self.second(to) + latency, fault: fault))
    }

    @Test func `changes that waited for a full book are not out of order`() throws {
        var events = Array(Self.market().dropFirst(3))
        let waiting = events.indices.filter { events[$0].kind == .level && events[$0].detail <= 110 }.map { events[$0] }
        events.removeAll { $0.kind == .level && $0.detail <= 110 }
        // The book comes at second 10 with the state of the first one.
        var book = Self.book(10, 100)
        for index in book.indices { book[index].venueTime = Self.second(0) }
        let place = try #require(events.firstIndex { $0.venueTime > Self.second(10) })
        events.insert(contentsOf: book + waiting, at: place)
        let check = try check(events)
        #expect(check.feeds[0].count(.receiveTimeBack) == 0 && check.verdict == .sound, "\(check.text)")
    }

    @Test func `skipped ids are noted where a feed's ids are consecutive, and only there`() throws {
        var events = Self.market(400)
        for index in events.indices where events[index].kind == .trade && events[index].detail > 700 { events[index].detail += 5 }
        let skipped = try check(events)
        #expect(skipped.verdict == .sound && skipped.feeds[0].count(.skippedTrade) == 5)
        for index in events.indices where events[index].kind == .trade { events[index].detail *= 3 }
        #expect(try check(events).feeds[0].findings == [])
    }

    @Test func `frames and records that can't be are broken`() throws {
        var events = Self.market()
        events[0].flags.remove(.first)
        #expect(try check(events).feeds[0].count(.brokenFrame) == 1)
        events = Self.market()
        events[6].quantity = -1
        let check = try check(events)
        #expect(check.feeds[0].count(.impossibleRecord) == 1 && check.verdict == .broken)
        events = Self.market()
        events[9].frame = 3
        #expect(try TapeCheck(Tape(opening: tape(events, frames: 3))).feeds[0].count(.impossibleRecord) == 1)
        #expect(try TapeCheck(Tape(opening: tape(events, frames: 4))).verdict == .sound)
    }

    @Test func `a flipped byte anywhere in a chunk is found and named, and the rest is read`() throws {
        // More than two chunks.
        let events = Self.market(40_000)
        let path = try tape(events)
        let sizes = try TapeDatabase(opening: path).query("SELECT length(data) FROM chunk ORDER BY sequence").all().map { row -> Int64 in
            if case .integer(let size) = row[0] { size } else { 0 }
        }
        #expect(sizes.count == 3)
        var random = SeededGenerator(seed: 11)
        for trial in 0..<9 {
            let copy = files.path("flip.tape")
            try? FileManager.default.removeItem(atPath: copy)
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            let chunk = trial % 3
            let offset = random.uniform(in: 0...sizes[chunk] - 1)
            do {
                let database = try Database(copy, .create)
                let byte = try database.prepare("SELECT data FROM chunk WHERE sequence = \(chunk)")
                _ = try byte.step()
                var data = unsafe Array(byte.bytes(0))
                byte.reset()
                data[Int(offset)] ^= UInt8(1 << random.uniform(in: 0...7))
                let update = try database.prepare("UPDATE chunk SET data = ? WHERE sequence = \(chunk)")
                update.bind(copying: data, at: 1)
                try update.run()
            }
            let check = try TapeCheck(Tape(opening: copy))
            #expect(check.verdict == .broken, "byte \(offset) of chunk \(chunk)")
            let finding = try #require(check.feeds[0].findings.first { $0.fault == .damagedChunk })
            #expect(finding.count == 1 && finding.note.hasPrefix("chunk \(chunk): "), "byte \(offset): \(finding.note)")
            let lost = chunk == 2 ? events.count - 2 * TapeWriter.chunkSize : TapeWriter.chunkSize
            #expect(check.feeds[0].records == events.count - lost)
        }
    }

    @Test func `a flipped bit anywhere in the file is told, or changes no record`() throws {
        let events = Self.market(4_000)
        let path = try tape(events, frames: 100)
        let whole = try Data(contentsOf: URL(filePath: path))
        // Around the chunk, the head of its page and what its row says included.
        let start = try #require(whole.firstRange(of: Data([0x28, 0xB5, 0x2F, 0xFD]))).lowerBound
        var random = SeededGenerator(seed: 23)
        var (broken, refused, kept) = (0, 0, 0)
        for trial in 0..<60 {
            var bytes = whole
            let offset = trial < 40 ? start + Int(random.uniform(in: -150...1_000)) : Int(random.uniform(in: 0...Int64(whole.count - 1)))
            bytes[offset] ^= UInt8(1 << random.uniform(in: 0...7))
            let copy = files.path("bit.tape")
            try bytes.write(to: URL(filePath: copy))
            do throws(TapeError) {
                let tape = try Tape(opening: copy)
                if try TapeCheck(tape).verdict == .broken {
                    broken += 1
                    continue
                }
                var (all, chunk) = ([MarketEvent](), EventBatch())
                let reader = try tape.reader(feed: InstrumentID(0))
                while try reader.next(into: chunk) { all += chunk }
                #expect(all == events, "trial \(trial), byte \(offset)")
                kept += 1
            } catch {
                refused += 1
            }
        }
        #expect(broken > 20 && kept > 0 && broken + refused + kept == 60, "\(broken) broken, \(refused) refused, \(kept) kept")
    }

    @Test func `a missing chunk, a row that lies and damaged raw frames are found`() throws {
        let path = try tape(Self.market(40_000), frames: 10)
        let database = try Database(path, .create)
        try database.execute("UPDATE chunk SET level_changes = level_changes + 1 WHERE sequence = 2; DELETE FROM chunk WHERE sequence = 1")
        try database.execute("UPDATE frames SET data = CAST(substr(data, 1, 30) || x'FF00' || substr(data, 33) AS BLOB)")
        let check = try TapeCheck(Tape(opening: path))
        #expect(check.verdict == .broken)
        #expect(check.feeds[0].findings.map(\.fault).prefix(2) == [.damagedChunk, .damagedFrames])
        #expect(check.feeds[0].count(.damagedChunk) == 2 && check.feeds[0].findings[0].note == "chunk 1: it is missing")
        #expect(check.feeds[0].records == TapeWriter.chunkSize)
        // A digest belongs to its chunk.
        try database.execute("UPDATE chunk SET digest = zeroblob(32) WHERE sequence = 0")
        #expect(try TapeCheck(Tape(opening: path)).feeds[0].findings[0].note == "chunk 0: its digest is another one")
        // A chunk of a feed that there is not.
        try database.execute("UPDATE chunk SET feed = 9 WHERE sequence = 2")
        #expect(
            try TapeCheck(Tape(opening: path)).fileFaults == ["1 rows of chunk belong to nothing", "table chunk is not what was written"])
    }

    @Test func `a marked range is a gap to those who replay it, and the book stands again behind it`() throws {
        var events = Self.market()
        events[3 + 49 * 4 + 1].quantity += 1
        let path = try tape(events)
        let before = try Tape(opening: path).feeds[0].contentHash
        try Tape.mark(path, TapeCheck(Tape(opening: path)).quarantine)
        let marked = try Tape(opening: path)
        #expect(try marked.quarantine(InstrumentID(0)).map(\.reason) == ["quote unlike the book"])
        #expect(marked.feeds[0].contentHash != before)
        var gate = try #require(try QuarantineGate(marked, InstrumentID(0)))
        let batch = EventBatch(events)
        gate.apply(batch)
        let left = Array(batch)
        // Second 50: a change, a quote and a trade.
        let gap = Self.record(.gap, .buy, 50, GapCause.quarantined.rawValue, 0, 0)
        let (head, tail) = (events[..<(3 + 49 * 4)], events[(3 + 50 * 4)...])
        #expect(left.prefix(head.count) == head && left.suffix(tail.count) == tail && left[head.count] == gap)
        let book = left[(head.count + 1)..<(left.count - tail.count)]
        #expect(book.map(\.price) == [1_000, 999, 1_001] && book.map(\.quantity) == [50, 5, 6] && gate.framesLeftOut == 3)
        #expect(book.map(\.flags) == [[.first, .snapshot], [.snapshot], [.last, .snapshot, .sell]])
        #expect(book.allSatisfy { $0.detail == 150 && $0.receiveTime == tail.first?.receiveTime })
        // In pieces it is the same.
        var (pieces, second) = ([MarketEvent](), try #require(try QuarantineGate(marked, InstrumentID(0))))
        for event in events {
            let piece = EventBatch([event])
            second.apply(piece)
            pieces += piece
        }
        #expect(pieces == left)
        try Tape.mark(path, [])
        #expect(try QuarantineGate(Tape(opening: path), InstrumentID(0)) == nil && Tape(opening: path).feeds[0].contentHash == before)
    }

    @Test func `two faults close to each other are one range`() throws {
        var events = Self.market()
        for second in [10, 11, 30] { events[3 + (second - 1) * 4 + 1].quantity += 1 }
        let feed = try check(events).feeds[0]
        #expect(feed.count(.quoteDiffers) == 3)
        let latency = Nanoseconds.milliseconds(5)
        #expect(
            feed.quarantined == [
                FeedCheck.Quarantine(from: Self.second(10) + latency, to: Self.second(11) + latency, fault: .quoteDiffers),
                FeedCheck.Quarantine(from: Self.second(30) + latency, to: Self.second(30) + latency, fault: .quoteDiffers),
            ])
    }
}

/// What a check says of the recordings, held against the facts that an independent reader found.
@Suite(.enabled(if: Recordings.areAvailable, "needs the shared recordings; set MMSIM_SHARED"))
struct RecordingCheckTests {
    private let files: Files

    init() throws { files = try Files() }

    private func check(_ names: [String]) throws -> TapeCheck {
        let path = files.path("t.tape")
        _ = try Importer(inputs: names.map(Recordings.path), output: path, options: .init(keepFrames: true)).run()
        return try TapeCheck(Tape(opening: path))
    }

    @Test(arguments: [
        "binance/usdm_btcusdt_20240808.txt.gz", "binance/cm_btcusd_perp_20240808.txt.gz", "binance/spot_btcusdt_20230405.txt.gz",
        "lighter/lighter_btc_20251009.jsonl.gz", "bybit/bybit_perp_spot_20260809.jsonl.gz", "backpack/backpack_sol_usdc_20260902.jsonl.gz",
        "bbo-1s/hyperliquid_btc_20260101_20260102.csv.gz", "bitstamp-l3/bitstamp_btcusd_20150501.log.gz",
    ])
    func `no recording is broken, and crossings, gaps and differing quotes are those of the facts`(name: String) throws {
        let facts = try Recordings.facts(name)
        let check = try check([name])
        #expect(check.verdict != .broken, "\(check.text)")
        for feed in check.feeds {
            #expect(feed.count(.crossedBook) == facts["crossed_after_update"] as? Int ?? 0)
            #expect(feed.count(.crossedQuote) == 0)
            #expect(feed.count(.gap) == facts["update_id_breaks"] as? Int ?? facts["offset_breaks"] as? Int ?? 0)
            #expect(feed.count(.skippedTrade) == facts["trade_id_gaps"] as? Int ?? 0)
            #expect(feed.count(.repeatedTrade) == 0)
            #expect(feed.count(.snapshotDiffers) == 0)
            let same = facts["book_vs_bookTicker_same_u"] as? [String: Int] ?? [:]
            #expect(feed.count(.quoteDiffers) == same["different", default: 0])
            #expect(feed.quotesCompared >= same["equal", default: 0])
        }
    }
}
