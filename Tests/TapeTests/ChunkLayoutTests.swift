import Market
import Testing

@testable import Tape

/// What a chunk does with numbers that are common, and chunks of the second layout.
@Suite struct ChunkLayoutTests {
    private static let feed = InstrumentID(3)

    /// A book's changes, of which most have one of a few sizes.
    private static func events(_ count: Int, common: Int64, seed: UInt64) -> ContiguousArray<MarketEvent> {
        var random = SeededGenerator(seed: seed)
        let sizes = (0..<40).map { _ in random.uniform(in: 0...1_000_000_000) }
        return ContiguousArray(
            (0..<count).map { index in
                let time = Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(index / 10) * 1_000_003)
                var flags: MarketEvent.Flags = index % 10 < 5 ? [] : .sell
                if index % 10 == 0 { flags.insert(.first) }
                if index % 10 == 9 { flags.insert(.last) }
                let size =
                    random.uniform(in: 0...99) < common ? sizes[Int(random.uniform(in: 0...39))] : random.uniform(in: 0...1_000_000_000)
                return MarketEvent(
                    kind: .level, instrument: feed, venueTime: time, receiveTime: time + .milliseconds(3),
                    price: 600_000 + random.uniform(in: 0...99_999), quantity: size, detail: Int64(index / 10), flags: flags,
                    frame: UInt32(index / 10))
            })
    }

    private static func decode(_ bytes: [UInt8]) -> (events: [MarketEvent], fault: String?) {
        let events = EventBatch()
        let fault = ChunkCodec.decode(bytes.span, instrument: feed, into: events)
        return (Array(events), fault)
    }

    private static func encoded(_ events: ContiguousArray<MarketEvent>) -> [UInt8] {
        var bytes: [UInt8] = []
        ChunkCodec.encode(events, into: &bytes)
        return bytes
    }

    /// The head of each column: least, factor, width, length of the table.
    private static func heads(_ bytes: [UInt8]) throws -> (values: [[Int64]], end: Int) {
        var cursor = VariableInteger.Cursor(bytes.count, at: 17)
        var values: [[Int64]] = []
        for _ in 0..<ChunkCodec.columnCount {
            var head: [Int64] = []
            for _ in 0..<4 {
                let value = cursor.next(bytes.span)
                head.append(try #require(value))
            }
            values.append(head)
        }
        return (values, cursor.at)
    }

    @Test(arguments: [1, 255, 256, 257, 511, 512, 513, 5_000, 65_536]) func `common sizes round trip`(count: Int) throws {
        for common in [0, 30, 90, 100] as [Int64] {
            let events = Self.events(count, common: common, seed: 1)
            let bytes = Self.encoded(events)
            let read = Self.decode(bytes)
            #expect(read.fault == nil && read.events == Array(events))
            let table = try Self.heads(bytes).values[ChunkCodec.SizeColumn.book.rawValue][3]
            if count >= 5_000 { #expect(common == 0 ? table == 0 : table >= 40, "\(common) % of sizes are common") }
            if count < 512 { #expect(table == 0) }
        }
    }

    @Test func `a table of common sizes makes the chunk smaller`() throws {
        let events = Self.events(20_000, common: 90, seed: 2)
        let compressor = ChunkTable.compressor(level: ChunkTable.sealedLevel)
        // The sizes' planes alone, as they would stand without a table.
        var planes: [UInt8] = []
        for shift in stride(from: Int64(0), to: 32, by: 8) { for event in events { planes.append(UInt8(event.quantity >> shift & 0xFF)) } }
        var (head, column) = ([UInt8](), [UInt8]())
        NumberColumn.encode(events.map(\.quantity), head: &head, planes: &column)
        #expect(3 * compressor.size(column) < 2 * compressor.size(planes))
    }

    @Test func `first prices stand as they are where their differences are larger`() throws {
        func chunk(_ price: (Int) -> Int64) -> [UInt8] {
            let time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
            return Self.encoded(
                ContiguousArray(
                    (0..<1_000).map { index in
                        MarketEvent(
                            kind: .level, instrument: Self.feed, venueTime: time + Nanoseconds(count: Int64(index)), receiveTime: time,
                            price: price(index), quantity: 1, flags: [.first, .last])
                    }))
        }
        var random = SeededGenerator(seed: 5)
        let (wandering, back) = (chunk { 600_000 + Int64($0) * 300 }, chunk { _ in 600_000 + random.uniform(in: 0...200) })
        #expect(wandering[16] == 1 && back[16] == 0)
        #expect(Self.decode(wandering).events.map(\.price) == (0..<1_000).map { 600_000 + Int64($0) * 300 })
        random = SeededGenerator(seed: 5)
        #expect(Self.decode(back).events.map(\.price) == (0..<1_000).map { _ in 600_000 + random.uniform(in: 0...200) })
    }

    @Test func `a place beyond the table is refused`() throws {
        var bytes = Self.encoded(Self.events(1_000, common: 100, seed: 3))
        let heads = try Self.heads(bytes)
        let head = heads.values[ChunkCodec.SizeColumn.book.rawValue]
        #expect(head[3] == 40)
        // The column is the last one that is not empty: its places are the last bytes, for no size is outside of the table.
        bytes[bytes.count - 1] = 41
        #expect(Self.decode(bytes).fault == "its columns are longer than it")
        #expect(Self.decode(bytes).events.isEmpty)
    }

    @Test(arguments: [0, 1, 100]) func `a chunk of the second layout is read as it was written`(count: Int) throws {
        let events = Self.events(count, common: 50, seed: 4)
        let bytes = Self.encoded(events)
        let (heads, end) = try Self.heads(bytes)
        #expect(bytes[16] == 1 && heads.allSatisfy { $0[3] == 0 }, "what the second layout has no word for")
        var old: [UInt8] = [2, 0, 0, 0] + bytes[4..<16]
        for head in heads {
            for value in head[..<2] {
                for shift in stride(from: Int64(0), to: 64, by: 8) { old.append(UInt8(truncatingIfNeeded: value >> shift)) }
            }
            old.append(UInt8(head[2]))
        }
        old += bytes[end...]
        let read = Self.decode(old)
        #expect(read.fault == nil && read.events == Array(events))
    }
}
