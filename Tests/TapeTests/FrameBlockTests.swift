import Market
import TestSupport
import Testing

@testable import Tape

/// Raw frames as columns: whatever their bytes are, they come back as they were.
@Suite struct FrameBlockTests {
    private static let feed = InstrumentID(0)
    private static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    private static func frame(_ index: Int, _ bytes: [UInt8]) -> StoredFrame {
        let header = FrameHeader(
            feed: feed, receiveTime: start + Nanoseconds(count: Int64(index) * 7_919),
            monotonicTime: Int64(index) * 7_919 + Int64(index % 3),
            connection: UInt16(index % 2), direction: index % 5 == 0 ? .sent : .received)
        return StoredFrame(header: header, bytes: bytes)
    }

    private static func frames(_ texts: [String]) -> [StoredFrame] { texts.enumerated().map { frame($0, Array($1.utf8)) } }

    /// As a venue writes a book's changes.
    private static func updates(_ count: Int, seed: UInt64) -> [StoredFrame] {
        var random = SeededGenerator(seed: seed)
        return frames(
            (0..<count).map { index in
                let levels = (0..<random.uniform(in: 0...9)).map { _ in
                    #"["281\#(random.uniform(in: 10...99)).10","\#(random.uniform(in: 0...3)).\#(random.uniform(in: 100...999))"]"#
                }
                return
                    #"{"e":"depthUpdate","E":\#(1_680_652_700_000 + index * 13),"u":\#(index * 5),"b":[\#(levels.joined(separator: ","))]}"#
            })
    }

    private static func block(_ frames: [StoredFrame]) -> FrameBlock {
        var block = FrameBlock()
        for frame in frames { block.append(frame.header, frame.bytes.span) }
        return block
    }

    private static func decode(_ bytes: [UInt8], layout: Int64 = FrameBlock.columnLayout) -> (frames: [StoredFrame], fault: String?) {
        var frames: [StoredFrame] = []
        let fault = FrameBlock.decode(bytes.span, layout: layout, feed: feed) { frames.append($0) }
        return (frames, fault)
    }

    private static func roundTrip(_ frames: [StoredFrame]) throws -> [StoredFrame] {
        let read = decode(try #require(block(frames).encodeColumns()))
        #expect(read.fault == nil)
        return read.frames
    }

    @Test func `numbers of every form are written back digit by digit`() throws {
        let texts = [
            "", "0", "007", "1.", ".5", "0.5", "00.50", "1.2.3", "-1e-05", "x", "7x", "  12  ", "9223372036854775807",
            "9223372036854775808",
            "0009223372036854775807", "12345678901234567890123456789012345678901234567890", "0.00000000000000000000000001",
            "922337203685477580.75", "1234567890123456789.5", "0000000000000000000000000.1", "1723161256172216566",
            "2024-08-09T00:05:01.070Z",
            #"{"p":"28165.47000000","q":"0.00056000"}"#, "\u{0}1\u{0}", "½1٣",
        ]
        let frames = Self.frames(texts + texts.reversed())
        #expect(try Self.roundTrip(frames) == frames)
        #expect(try Self.roundTrip([]).isEmpty)
    }

    @Test(arguments: TestScale.seeds(30)) func `random bytes round trip`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // Few different bytes make long numbers, many make none.
        let alphabet = seed % 3 == 0 ? Array("0123456789.".utf8) : seed % 3 == 1 ? Array(#"{"a":-0.,19}"#.utf8) : Array(0...255)
        let frames = (0..<60).map { index in
            Self.frame(
                index,
                (0..<random.uniform(in: 0...50)).map { _ in alphabet[Int(random.uniform(in: 0...Int64(alphabet.count - 1)))] })
        }
        #expect(try Self.roundTrip(frames) == frames)
    }

    @Test(arguments: TestScale.seeds(10)) func `book updates round trip and take less than half of what their text takes`(seed: UInt64)
        throws
    {
        let frames = Self.updates(2_000, seed: seed)
        #expect(try Self.roundTrip(frames) == frames)
        var plain: [UInt8] = []
        let block = Self.block(frames)
        block.encodePlain(into: &plain)
        let compressor = Compressor(level: FrameBlock.sealedLevel)
        #expect(try 2 * compressor.size(#require(block.encodeColumns())) < compressor.size(plain))
    }

    @Test func `frames without a common form are left as they are`() throws {
        let texts = (0..<5_000).map { index in
            let letters = [index, index >> 3, index >> 6, index >> 9, index >> 12].map { UInt8(97 + ($0 & 7)) }
            return String(decoding: letters, as: UTF8.self)
        }
        let frames = Self.frames(texts)
        #expect(Self.block(frames).encodeColumns() == nil, "5000 different texts")
        let place = try Place()
        let writer = try TapeWriter(creating: place.tape)
        let feed = try writer.addFeed(FeedDescription(instrument: RecorderTests.instrument(), source: "made up"))
        for frame in frames { try writer.appendFrame(frame.header, frame.bytes.span) }
        try writer.close()
        #expect(try Self.layouts(place.tape) == [FrameBlock.plainLayout])
        #expect(try RecorderTests.frames(place.tape, feed) == frames)
    }

    private static func layouts(_ path: String) throws -> [Int64] {
        let rows = try Database(path, .readOnly).prepare("SELECT layout FROM frames ORDER BY feed, sequence")
        var layouts: [Int64] = []
        while try rows.step() { layouts.append(rows.integer(0)) }
        return layouts
    }

    /// A tape with two blocks of book updates.
    private static func write(_ path: String) throws -> [StoredFrame] {
        let frames = updates(9_000, seed: 1)
        let writer = try TapeWriter(creating: path)
        _ = try writer.addFeed(FeedDescription(instrument: RecorderTests.instrument(), source: "made up"))
        for frame in frames { try writer.appendFrame(frame.header, frame.bytes.span) }
        try writer.close()
        return frames
    }

    /// Puts both blocks in layout 2, and lets go of the file.
    private static func makePlain(_ path: String, _ frames: [StoredFrame]) throws {
        let database = try Database(path, .readWrite)
        let first = try database.prepare("SELECT count FROM frames WHERE sequence = 0")
        let count = try first.step() ? Int(first.integer(0)) : 0
        first.reset()
        for (sequence, part) in [frames[..<count], frames[count...]].enumerated() {
            var plain: [UInt8] = []
            block(Array(part)).encodePlain(into: &plain)
            let update = try database.prepare("UPDATE frames SET data = ?, layout = 2, checksum = NULL WHERE sequence = ?")
            try unsafe Compressor().compress(plain) { (bytes) throws(TapeError) in
                unsafe update.bind(borrowing: bytes, at: 1)
                update.bind(Int64(sequence), at: 2)
                try update.run()
            }
        }
    }

    @Test func `a tape whose blocks are of layout 2 is read, and continued in layout 3`() throws {
        let place = try Place()
        let frames = try Self.write(place.tape)
        #expect(try Self.layouts(place.tape) == [FrameBlock.columnLayout, FrameBlock.columnLayout])
        try Self.makePlain(place.tape, frames)
        #expect(try RecorderTests.frames(place.tape, Self.feed) == frames)
        let now = Self.start + .minutes(1)
        let recorder = try TapeRecorder(resuming: place.tape, at: now, options: RecorderTests.options())
        let more = Self.updates(3_000, seed: 2)
        for frame in more { try recorder.appendFrame(frame.header, frame.bytes.span, at: now) }
        try recorder.close(at: now)
        #expect(try RecorderTests.frames(place.tape, Self.feed) == frames + more)
        #expect(try Self.layouts(place.tape) == [2, 2, FrameBlock.columnLayout])
    }

    @Test func `a damaged block is named, and the one behind it is read`() throws {
        let place = try Place()
        let frames = try Self.write(place.tape)
        let database = try Database(place.tape, .readWrite)
        let first = try database.prepare("SELECT count FROM frames WHERE sequence = 0")
        let count = try first.step() ? Int(first.integer(0)) : 0
        // Without the checksum it is the decoder that refuses: the block's bytes are whole for zstd, and end within a column.
        let cut = Array(try #require(Self.block(Array(frames[..<count])).encodeColumns()).dropLast(7))
        let update = try database.prepare("UPDATE frames SET data = ?, checksum = NULL WHERE sequence = 0")
        try unsafe Compressor().compress(cut) { (bytes) throws(TapeError) in
            unsafe update.bind(borrowing: bytes, at: 1)
            try update.run()
        }
        let reader = try Tape(opening: place.tape).frameReader(feed: Self.feed)
        let expected = TapeError.damagedFrames(
            path: place.tape, feed: "v BTC_PERP", block: 0, reason: "its columns are longer than it")
        #expect(throws: expected) { _ = try reader.next() }
        var rest: [StoredFrame] = []
        while let frame = try reader.next() { rest.append(frame) }
        #expect(rest == Array(frames[count...]))
    }

    @Test func `each byte of a block, changed in each bit, is refused or read within its bounds`() throws {
        let frames = Self.updates(12, seed: 3)
        let bytes = try #require(Self.block(frames).encodeColumns())
        var (refused, different) = (0, 0)
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                let read = Self.decode(damaged)
                if read.fault != nil { refused += 1 } else { different += read.frames == frames ? 0 : 1 }
                #expect(read.frames.count <= damaged.count)
            }
        }
        #expect(refused > 0 && different > 0)
        for length in bytes.indices { #expect(Self.decode(Array(bytes[..<length])).fault != nil, "cut to \(length) bytes") }
    }

    /// A block that claims what its bytes can't hold.
    @Test(arguments: [
        ([200, 1, 0, 0, 0, 0], "it does not say how much it holds"), ([2, 4, 2, 2, 2, 0, 2], "its symbol 1 is impossible"),
        ([2, 2, 2, 2, 2, 3, 2], "its symbol 0 is impossible"), ([0, 2, 2, 0, 0, 0, 0], "its symbols do not fill their texts"),
        ([], "it does not say how much it holds"),
    ])
    func `impossible counts are refused`(bytes: [UInt8], reason: String) { #expect(Self.decode(bytes).fault == reason) }
}
