import Foundation
import Market
import Tape

/// How fast a tape is written, opened and decoded.
enum ReadBenchmark {
    private static let rounds = 9

    /// Decodes every feed several times; of the rounds the median counts.
    static func read(_ path: String) throws(TapeError) {
        let tape = try Tape(opening: path)
        for (index, feed) in tape.feeds.enumerated() {
            var decoding: [Double] = []
            var copying: [Double] = []
            let chunk = EventBatch()
            var copy = ContiguousArray<MarketEvent>()
            var checksum: Int64 = 0
            for _ in 0..<rounds {
                let reader = try tape.reader(feed: InstrumentID(index))
                var (decode, move) = (0.0, 0.0)
                while true {
                    let start = cpuSeconds()
                    guard try reader.next(into: chunk) else { break }
                    let decoded = cpuSeconds()
                    copy.removeAll(keepingCapacity: true)
                    copy.append(contentsOf: chunk)
                    move += cpuSeconds() - decoded
                    decode += decoded - start
                    checksum &+= copy.last?.quantity ?? 0
                }
                decoding.append(decode)
                copying.append(move)
            }
            try stages(tape, InstrumentID(index), feed)
            try levelsAlone(tape, InstrumentID(index), feed.description, path + ".levels")
            let (decode, move) = (decoding.sorted()[rounds / 2], copying.sorted()[rounds / 2])
            let frames = try tape.frames(InstrumentID(index))
            print(
                "imported: \(feed.levelChanges) of \(feed.events) records are level changes, "
                    + text(Double(feed.bytes) / Double(max(1, feed.levelChanges)))
                    + " bytes of chunks each, raw frames \(frames.bytes) bytes")
            print(
                "decoded: " + text(Double(feed.events) / decode / 1e6) + " M records/s, " + text(Double(feed.levelChanges) / decode / 1e6)
                    + " M level changes/s, " + text(decode / move) + " × a copy of the records (checksum \(checksum))")
        }
    }

    /// What of decoding is checksum, decompression and columns, each beside a copy of the records: the least of the rounds, for what
    /// else runs only adds to it.
    private static func stages(_ tape: Tape, _ index: InstrumentID, _ feed: FeedSummary) throws(TapeError) {
        let stages = try ChunkStages(tape, index)
        let chunk = EventBatch()
        var least = [Double](repeating: .infinity, count: 4)
        var (sum, copy) = (Int64(0), ContiguousArray<MarketEvent>())
        func measure(_ stage: Int, _ body: () -> Void) {
            let start = cpuSeconds()
            body()
            least[stage] = min(least[stage], cpuSeconds() - start)
        }
        for _ in 0..<(2 * rounds) {
            measure(0) { sum &+= stages.checksum() }
            measure(1) { sum &+= Int64(stages.decompress()) }
            measure(2) { sum &+= Int64(stages.decode(into: chunk)) }
            measure(3) {
                for _ in 0..<max(1, feed.events / Int64(max(1, chunk.count))) {
                    copy.removeAll(keepingCapacity: true)
                    copy.append(contentsOf: chunk)
                }
            }
        }
        let copying = least[3] * Double(feed.events) / Double(max(1, Int64(chunk.count) * (feed.events / Int64(max(1, chunk.count)))))
        let names = ["checksum", "decompression", "columns"]
        let parts = names.enumerated().map { place, name in
            "\(name) \(text(least[place] * 1e9 / Double(feed.events))) ns (\(text(least[place] / copying)) × a copy)"
        }
        let total = least[0] + least[1] + least[2]
        print(
            "stages, a record each: " + parts.joined(separator: ", ") + "; together " + text(Double(feed.levelChanges) / total / 1e6)
                + " M level changes/s, \(text(total / copying)) × a copy (\(stages.storedBytes) bytes stored, \(stages.columnBytes) of "
                + "columns, checksum \(sum))")
    }

    /// What the level changes of a feed take in chunks of their own.
    private static func levelsAlone(_ tape: Tape, _ feed: InstrumentID, _ description: FeedDescription, _ path: String) throws(TapeError) {
        let writer = try TapeWriter(creating: path, replacing: true)
        let alone = try writer.addFeed(description)
        let chunk = EventBatch()
        let reader = try tape.reader(feed: feed)
        while try reader.next(into: chunk) {
            for var event in chunk where event.kind == .level {
                event.instrument = alone
                try writer.append(event)
            }
        }
        try writer.close()
        let levels = try Tape(opening: path).feeds[0]
        print("level changes alone: " + text(Double(levels.bytes) / Double(max(1, levels.levelChanges))) + " bytes each")
    }

    /// A day of a busy book: frames of twenty level changes.
    static func day(_ path: String) throws(TapeError) {
        let (frames, levels) = (1_000_000, 20)
        let start = Timestamp(nanoseconds: 1_700_006_400_000_000_000)
        let step = Nanoseconds.hours(24).count / Int64(frames)
        let instrument = Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTC_PERP", kind: .linear, base: Currency("BTC")!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: 100_000_000), lotSize: 10_000)
        var random = SeededGenerator(seed: 1)
        let began = cpuSeconds()
        let writer = try TapeWriter(creating: path, replacing: true)
        let feed = try writer.addFeed(FeedDescription(instrument: instrument, source: "made up"))
        for frame in 0..<frames {
            let time = start + Nanoseconds(count: step * Int64(frame))
            var price = 600_000 + random.uniform(in: 0...300)
            for level in 0..<levels {
                var flags: MarketEvent.Flags = level < levels / 2 ? [] : .sell
                if level == 0 { flags.insert(.first) }
                if level == levels - 1 { flags.insert(.last) }
                price += random.uniform(in: 1...40)
                try writer.append(
                    MarketEvent(
                        kind: .level, instrument: feed, venueTime: time, receiveTime: time + .milliseconds(3), price: price,
                        quantity: random.uniform(in: 0...9_999), detail: Int64(frame) * 7, flags: flags, frame: UInt32(frame)))
            }
        }
        try writer.close()
        let written = cpuSeconds() - began
        let opening = cpuSeconds()
        let tape = try Tape(opening: path)
        let opened = cpuSeconds()
        let noon = start + .hours(12)
        let reader = try tape.reader(feed: feed, from: noon)
        var (chunk, count) = (EventBatch(), 0)
        reading: while try reader.next(into: chunk) {
            for event in chunk where event.receiveTime >= noon {
                if event.receiveTime >= noon + .minutes(1) { break reading }
                count += 1
            }
        }
        let minute = cpuSeconds()
        let records = Double(frames * levels)
        print(
            "a day of \(frames * levels) level changes: written \(text(records / written / 1e6)) M/s (making them included), "
                + "\(text(Double(tape.feeds[0].bytes) / records)) bytes each; opened in \(text((opened - opening) * 1e3)) ms; "
                + "one minute of it, \(count) records, in \(text((minute - opened) * 1e3)) ms")
        try read(path)
    }

    private static func text(_ value: Double) -> String { String(format: "%.2f", value) }
}
