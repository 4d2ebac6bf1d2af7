import Market

@testable import Feeds
@testable import Tape

/// First inputs that are bytes rather than text: made by our own writers, so that they are of today's layout. Those of text are files in
/// `Seeds`.
enum Seeds {
    static func of(_ target: FuzzTarget) -> [[UInt8]] {
        switch target {
        case .chunk: [encoded(events(0..<40)), encoded(events(0..<1)), encoded([]), encoded(commonSizes)]
        case .frames: [[2] + frames(), [3] + columns(), [3] + columns(count: 0), [1] + firstLayoutOfFrames]
        case .tape: [tape()]
        case .npz: [[1] + rows, [0] + archive, [0] + storedArchive]
        case .recording: [archive]
        case .csv, .tardis, .binance, .lighter, .bybit, .backpack, .bitstamp, .bbo, .session: []
        }
    }

    private static let instrument = Instrument(
        symbol: "BTC", venue: "binance-usdm", venueSymbol: "BTCUSDT", kind: .linear, base: currency("BTC"), quote: currency("USDT"),
        tickSize: FinePrice(nanos: 100_000_000), lotSize: 1_000_000)

    private static func currency(_ code: String) -> Currency {
        guard let currency = Currency(code) else { preconditionFailure("'\(code)' is no currency") }
        return currency
    }

    /// Frames of two records of every kind in turn.
    private static func events(_ frames: Range<Int>) -> ContiguousArray<MarketEvent> {
        var events = ContiguousArray<MarketEvent>()
        for frame in frames {
            let number = Int64(frame)
            for (flags, price) in [(MarketEvent.Flags.first, Int64(1_000)), ([.last, .sell], 1_001)] {
                events.append(
                    MarketEvent(
                        kind: MarketEvent.Kind.allCases[frame % MarketEvent.Kind.allCases.count], instrument: InstrumentID(0),
                        venueTime: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + number * 1_000_000),
                        receiveTime: Timestamp(nanoseconds: 1_700_000_000_002_000_000 + number * 1_000_000), price: price + number % 3,
                        quantity: 5 + number, detail: 77 + number, flags: frame == 0 ? flags.union(.snapshot) : flags, frame: UInt32(frame))
                )
            }
        }
        return events
    }

    /// Long enough that the sizes have a table.
    private static var commonSizes: ContiguousArray<MarketEvent> {
        ContiguousArray(
            (0..<520).map { index in
                MarketEvent(
                    kind: .level, instrument: InstrumentID(0), venueTime: Timestamp(nanoseconds: 1), receiveTime: Timestamp(nanoseconds: 2),
                    price: 5, quantity: index % 4 == 0 ? Int64(index) * 7_919 : 70_001)
            })
    }

    private static func encoded(_ events: ContiguousArray<MarketEvent>) -> [UInt8] {
        var bytes: [UInt8] = []
        ChunkCodec.encode(events, into: &bytes)
        return bytes
    }

    private static func block(_ count: Int) -> FrameBlock {
        var block = FrameBlock()
        for index in 0..<count {
            let header = FrameHeader(
                feed: InstrumentID(0), receiveTime: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(index)),
                monotonicTime: Int64(index), connection: UInt16(index % 2), direction: index % 2 == 0 ? .received : .sent)
            block.append(header, Array(#"{"u":\#(index),"p":"28\#(index).50","q":"0.0\#(index % 3)0"}"#.utf8).span)
        }
        return block
    }

    private static func frames() -> [UInt8] {
        var bytes: [UInt8] = []
        block(6).encodePlain(into: &bytes)
        return bytes
    }

    private static func columns(count: Int = 6) -> [UInt8] {
        guard let bytes = block(count).encodeColumns() else { preconditionFailure("frames of one form are no columns") }
        return bytes
    }

    /// A frame of three bytes.
    private static let firstLayoutOfFrames: [UInt8] = [7, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 97, 98, 99]

    /// Small pages make a small file, and chunks without checksums let damage through to their decoder.
    private static func tape() -> [UInt8] {
        let path = ScratchFile.path("seed")
        defer { ScratchFile.remove(path) }
        do throws(TapeError) {
            let writer = try TapeWriter(creating: path, replacing: true)
            let feed = try writer.addFeed(FeedDescription(instrument: instrument, source: "seed"))
            for event in events(0..<20) { try writer.append(event) }
            let time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
            try writer.appendFrame(feed: feed, receiveTime: time, bytes: Array("{}".utf8).span)
            try writer.addGap(feed: feed, time: time, cause: .sequence, note: "seed")
            try writer.addQuarantine(QuarantinedRange(feed: feed, from: time, to: time, reason: "seed"))
            writer.addUnparsed(feed: feed, reason: "malformed")
            try writer.close()
            let database = try Database(path, .readWrite)
            try database.execute(
                "UPDATE chunk SET checksum = NULL; UPDATE frames SET checksum = NULL; PRAGMA page_size = 512; VACUUM;")
        } catch { preconditionFailure(error.message) }
        return ScratchFile.read(path)
    }

    private static var rows: [UInt8] {
        var bytes: [UInt8] = []
        for (index, kind) in [EventRow.snapshot, EventRow.depth, EventRow.trade, EventRow.clear, EventRow.addOrder].enumerated() {
            var row = EventRow(
                event: kind | EventRow.buy | EventRow.local | EventRow.exchange, venueTime: 1_700_000_000_000_000_000 + Int64(index),
                receiveTime: 1_700_000_000_001_000_000 + Int64(index))
            (row.price, row.quantity) = (30_000.5, 0.25)
            row.append(to: &bytes)
        }
        return bytes
    }

    /// As `mmsim tape export --npz` writes it.
    private static var archive: [UInt8] {
        let path = ScratchFile.path("seed")
        defer { ScratchFile.remove(path + ".npz") }
        do throws(FeedError) {
            var summary = TapeExport.Summary()
            // Six records and a row that clears the book before them.
            var writer = try NpzWriter(instrument, path, rows: 7, rawTimes: true, replacing: true)
            for event in events(0..<3) { try writer.write(event, &summary) }
            try writer.finish(&summary)
        } catch { preconditionFailure(error.message) }
        return ScratchFile.read(path + ".npz")
    }

    /// Without compression, so that changes reach what is in it: a file's head, its bytes, the directory and the directory's end.
    private static var storedArchive: [UInt8] {
        let header = "{'descr': [\(EventRow.fields.joined(separator: ", "))], 'fortran_order': False, 'shape': (5,), }\n"
        let array = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + rows
        let (name, size) = (Array("data.npy".utf8), array.count)
        func fixed(_ value: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let sizes = fixed(0, 4) + fixed(size, 4) + fixed(size, 4) + fixed(name.count, 2)
        let head = Array("PK\u{3}\u{4}".utf8) + fixed(20, 2) + fixed(0, 8) + sizes + fixed(0, 2) + name
        let entry = Array("PK\u{1}\u{2}".utf8) + fixed(20, 2) + fixed(20, 2) + fixed(0, 8) + sizes + fixed(0, 16) + name
        let end =
            Array("PK\u{5}\u{6}".utf8) + fixed(0, 4) + fixed(1, 2) + fixed(1, 2) + fixed(entry.count, 4) + fixed(head.count + size, 4)
            + fixed(0, 2)
        return head + array + entry + end
    }
}
