internal import Market

/// A run of one feed's raw frames, as bytes to be compressed.
///
/// Layout 3: numbers as columns (`FrameColumns`), for frames that are text, as most are. Layout 2: the number of frames, then a
/// column each of receive time, monotonic − receive time, connection, direction and length (zigzag varints; the first two as
/// differences to the frame before), then the frames' bytes one after another, so that like stands with like. Layout 1: each frame
/// as receive time and length (u64, little-endian) and its bytes.
struct FrameBlock {
    static let columnLayout: Int64 = 3
    static let plainLayout: Int64 = 2
    /// Bytes of a block that is full.
    static let fullSize = 1 << 20
    /// zstd's level for sealed blocks, which are kept for years; open parts take the fast one.
    static let sealedLevel: Int32 = 9
    static let openLevel: Int32 = 3
    /// A block may hold one frame beyond its full size; a frame longer than this is refused by the reader.
    static let sizeLimit = 1 << 28

    private(set) var headers: [FrameHeader] = []
    private var lengths: [Int] = []
    private var text: [UInt8] = []

    var count: Int { headers.count }
    var byteCount: Int { text.count }
    /// By receive time.
    var times: ClosedRange<Int64>? {
        guard let first = headers.lazy.map(\.receiveTime.nanoseconds).min(), let last = headers.lazy.map(\.receiveTime.nanoseconds).max()
        else { return nil }
        return first...last
    }

    mutating func append(_ header: FrameHeader, _ bytes: Span<UInt8>) {
        headers.append(header)
        lengths.append(bytes.count)
        unsafe bytes.withUnsafeBufferPointer { unsafe text.append(contentsOf: $0) }
    }

    mutating func append(contentsOf block: FrameBlock) {
        headers += block.headers
        lengths += block.lengths
        text += block.text
    }

    mutating func removeAll() {
        headers.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
    }

    /// In layout 3; nil when the frames are not of its sort.
    func encodeColumns() -> [UInt8]? { FrameColumns.encode(headers, text.span, lengths: lengths) }

    /// In layout 2.
    func encodePlain(into output: inout [UInt8]) {
        output.removeAll(keepingCapacity: true)
        VariableInteger.append(Int64(headers.count), to: &output)
        var previous: Int64 = 0
        for header in headers {
            VariableInteger.append(header.receiveTime.nanoseconds &- previous, to: &output)
            previous = header.receiveTime.nanoseconds
        }
        previous = 0
        for header in headers {
            let offset = header.monotonicTime &- header.receiveTime.nanoseconds
            VariableInteger.append(offset &- previous, to: &output)
            previous = offset
        }
        for header in headers { VariableInteger.append(Int64(header.connection), to: &output) }
        for header in headers { VariableInteger.append(Int64(header.direction.rawValue), to: &output) }
        for length in lengths { VariableInteger.append(Int64(length), to: &output) }
        output += text
    }

    /// Calls `body` for each frame that the bytes hold; returns the reason when they are not a block.
    static func decode(_ bytes: Span<UInt8>, layout: Int64, feed: InstrumentID?, _ body: (StoredFrame) -> Void) -> String? {
        switch layout {
        case 1: decodeLayout1(bytes, feed, body)
        case plainLayout: decodeLayout2(bytes, feed, body)
        case columnLayout: FrameColumns.decode(bytes, feed: feed, body)
        default: "its layout \(layout) is unknown"
        }
    }

    private static func decodeLayout2(_ bytes: Span<UInt8>, _ feed: InstrumentID?, _ body: (StoredFrame) -> Void) -> String? {
        var cursor = VariableInteger.Cursor(bytes.count)
        guard let count = cursor.next(bytes), count >= 0, count <= bytes.count else { return "it does not say how many frames it holds" }
        func column() -> [Int64]? {
            var values: [Int64] = []
            values.reserveCapacity(Int(count))
            for _ in 0..<count {
                guard let value = cursor.next(bytes) else { return nil }
                values.append(value)
            }
            return values
        }
        guard let times = column(), let offsets = column(), let connections = column(), let directions = column(), let lengths = column()
        else { return "it ends within its frames' times" }
        var (time, offset, at) = (Int64(0), Int64(0), cursor.at)
        for index in 0..<Int(count) {
            time &+= times[index]
            offset &+= offsets[index]
            guard let connection = UInt16(exactly: connections[index]), let raw = UInt8(exactly: directions[index]),
                let direction = FrameHeader.Direction(rawValue: raw), lengths[index] >= 0, lengths[index] <= bytes.count - at
            else { return "its frame \(index) is impossible" }
            let end = at + Int(lengths[index])
            let header = FrameHeader(
                feed: feed, receiveTime: Timestamp(nanoseconds: time), monotonicTime: time &+ offset, connection: connection,
                direction: direction)
            body(StoredFrame(header: header, bytes: array(bytes.extracting(at..<end))))
            at = end
        }
        return at == bytes.count ? nil : "it is longer than its frames"
    }

    private static func decodeLayout1(_ bytes: Span<UInt8>, _ feed: InstrumentID?, _ body: (StoredFrame) -> Void) -> String? {
        var at = 0
        while at < bytes.count {
            guard bytes.count - at >= 16 else { return "it ends within a frame's times" }
            let time = Int64(bitPattern: fixed(bytes, at))
            let length = fixed(bytes, at + 8)
            at += 16
            guard length <= UInt64(bytes.count - at) else { return "it ends within a frame" }
            let end = at + Int(length)
            body(
                StoredFrame(
                    header: FrameHeader(feed: feed, receiveTime: Timestamp(nanoseconds: time)), bytes: array(bytes.extracting(at..<end))))
            at = end
        }
        return nil
    }

    private static func array(_ bytes: Span<UInt8>) -> [UInt8] { unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } }

    private static func fixed(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        return value
    }
}
