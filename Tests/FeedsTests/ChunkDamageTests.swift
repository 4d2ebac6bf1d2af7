import Foundation
import Market
import TestSupport
import Testing

@testable import Feeds
@testable import Tape

/// One byte of a chunk is changed: the check names the chunk, and all others are read.
@Suite struct ChunkDamageTests {
    private static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    private let files: Files
    private let path: String

    init() throws {
        files = try Files()
        path = files.path("t.tape")
    }

    /// Three chunks of one feed.
    private func write(recordsPerChunk: Int) throws -> [MarketEvent] {
        let instrument = Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTC_PERP", kind: .linear, base: Currency("BTC")!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: 100_000_000), lotSize: 10_000)
        var options = TapeRecorder.Options()
        options.diskReserve = 0
        let recorder = try TapeRecorder(creating: path, at: Self.start, options: options)
        let feed = try recorder.addFeed(FeedDescription(instrument: instrument, source: ""), at: Self.start)
        var events: [MarketEvent] = []
        for index in 0..<3 * recordsPerChunk {
            // A minute lies between the chunks, after which they are sealed.
            let time = Self.start + .minutes(2 * Int64(index / recordsPerChunk)) + Nanoseconds(count: 1_000 * Int64(index))
            events.append(
                MarketEvent(
                    kind: .level, instrument: feed, venueTime: time, receiveTime: time + .milliseconds(1),
                    price: 1_000 - Int64(index % 97), quantity: Int64(1 + index % 1_009), detail: Int64(index),
                    flags: index == 0 ? [.first, .last, .snapshot] : [.first, .last]))
            try recorder.append(events[index], at: time)
            if index % recordsPerChunk == recordsPerChunk - 1 { try recorder.advance(to: time + .seconds(61)) }
        }
        try recorder.close(at: Self.start + .minutes(6))
        return events
    }

    private func change(_ database: Database, _ chunk: Int, _ data: Data) throws {
        let update = try database.prepare("UPDATE chunk SET data = ? WHERE sequence = ?")
        update.bind(copying: [UInt8](data), at: 1)
        update.bind(Int64(chunk), at: 2)
        try update.run()
    }

    private func data(_ database: Database, _ chunk: Int) throws -> Data {
        let rows = try database.prepare("SELECT data FROM chunk WHERE sequence = ?")
        rows.bind(Int64(chunk), at: 1)
        #expect(try rows.step())
        return unsafe Data(rows.bytes(0))
    }

    /// Whether the check names the chunk and nothing else, and the reader hands out the others.
    private func isNamed(_ chunk: Int, _ events: [MarketEvent], _ recordsPerChunk: Int) throws -> Bool {
        let tape = try Tape(opening: path)
        let check = try TapeCheck(tape)
        let damaged = check.feeds[0].findings.filter { $0.fault == .damagedChunk }
        let reader = try tape.reader(feed: InstrumentID(0), skippingDamage: true)
        var (all, batch) = ([MarketEvent](), EventBatch(capacity: recordsPerChunk))
        while try reader.next(into: batch) { all += batch.filter { $0.kind != .gap } }
        let lost = chunk * recordsPerChunk..<(chunk + 1) * recordsPerChunk
        return check.verdict == .broken && check.fileFaults.isEmpty && damaged.count == 1 && damaged[0].note.hasPrefix("chunk \(chunk): ")
            && check.feeds[0].records == 2 * recordsPerChunk && all == Array(events[..<lost.lowerBound] + events[lost.upperBound...])
    }

    @Test func `any changed byte of a chunk is found, its chunk is named, and the others are read`() throws {
        let events = try write(recordsPerChunk: 40)
        let database = try Database(path, .readWrite)
        let whole = try data(database, 1)
        #expect(try TapeCheck(Tape(opening: path)).verdict != .broken && whole.count > 100)
        var random = SeededGenerator(seed: 8)
        for place in whole.indices {
            var bytes = whole
            bytes[place] ^= UInt8(random.uniform(in: 1...255))
            try change(database, 1, bytes)
            #expect(try isNamed(1, events, 40), "byte \(place) of \(whole.count)")
        }
        try change(database, 1, whole)
        #expect(try TapeCheck(Tape(opening: path)).verdict != .broken)
    }

    @Test(arguments: TestScale.seeds(4)) func `so is one of a large tape`(seed: UInt64) throws {
        let events = try write(recordsPerChunk: 30_000)
        let database = try Database(path, .readWrite)
        var random = SeededGenerator(seed: seed, stream: 9)
        let chunk = Int(random.uniform(in: 0...2))
        var bytes = try data(database, chunk)
        let place = Int(random.uniform(in: 0...Int64(bytes.count - 1)))
        bytes[place] ^= UInt8(random.uniform(in: 1...255))
        try change(database, chunk, bytes)
        #expect(try isNamed(chunk, events, 30_000), "byte \(place) of chunk \(chunk)")
    }
}
