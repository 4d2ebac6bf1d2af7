internal import Market

/// The first layout of a chunk, which tapes of the first schema hold: it is read and no longer written.
///
/// Layout, little-endian: version (u32), count (u32), the length of each column (7 × u32), then the columns:
///
/// | column | content |
/// |---|---|
/// | kind and flags | two bytes a record |
/// | venue time | zigzag varint of the difference to the record before |
/// | latency | zigzag varint of the difference of (receive − venue) to the record before |
/// | price | zigzag varint of the difference to the last record of the same kind and side |
/// | quantity | zigzag varint |
/// | detail | zigzag varint of the difference to the last record of the same kind |
/// | frame | zigzag varint of the difference to the record before |
///
/// Differences wrap, so that every value round-trips. The instrument is the chunk's and not stored.
enum FirstLayout {
    static let version: UInt32 = 1
    private static let columnCount = 7
    private static let headerSize = 4 * (2 + columnCount)

    /// What the deltas are taken against.
    private struct Previous {
        var venueTime: Int64 = 0
        var latency: Int64 = 0
        var frame: Int64 = 0
        /// By kind × side.
        var price = InlineArray<32, Int64>(repeating: 0)
        var detail = InlineArray<16, Int64>(repeating: 0)
    }

    /// Replaces `events` by what the bytes hold; returns the reason when they are not a chunk.
    static func decode(_ bytes: Span<UInt8>, instrument: InstrumentID, into events: EventBatch) -> String? {
        events.removeAll()
        guard bytes.count >= headerSize else { return "it is shorter than its header" }
        guard fixed(bytes, 0) == version else { return "its layout \(fixed(bytes, 0)) is unknown" }
        let count = Int(fixed(bytes, 4))
        guard count <= 65_536 else { return "it claims \(count) records" }
        var starts = InlineArray<8, Int>(repeating: headerSize)
        for column in 0..<columnCount { starts[column + 1] = starts[column] + Int(fixed(bytes, 8 + 4 * column)) }
        guard starts[columnCount] == bytes.count, starts[1] - starts[0] == 2 * count else { return "its columns do not fill it" }
        var venueTimes = Column(bytes, starts[1], starts[2])
        var latencies = Column(bytes, starts[2], starts[3])
        var prices = Column(bytes, starts[3], starts[4])
        var quantities = Column(bytes, starts[4], starts[5])
        var details = Column(bytes, starts[5], starts[6])
        var frames = Column(bytes, starts[6], starts[7])
        var previous = Previous()
        let kinds = starts[0]
        for index in 0..<count {
            guard let kind = MarketEvent.Kind(rawValue: bytes[kinds + 2 * index]) else {
                events.removeAll()
                return "record \(index) has an unknown kind"
            }
            let flags = MarketEvent.Flags(rawValue: bytes[kinds + 2 * index + 1])
            previous.venueTime &+= venueTimes.next(bytes)
            previous.latency &+= latencies.next(bytes)
            let slot = Int(kind.rawValue) * 2 + (flags.contains(.sell) ? 1 : 0)
            previous.price[slot] &+= prices.next(bytes)
            previous.detail[slot >> 1] &+= details.next(bytes)
            previous.frame &+= frames.next(bytes)
            events.append(
                MarketEvent(
                    kind: kind, instrument: instrument, venueTime: Timestamp(nanoseconds: previous.venueTime),
                    receiveTime: Timestamp(nanoseconds: previous.venueTime &+ previous.latency), price: previous.price[slot],
                    quantity: quantities.next(bytes), detail: previous.detail[slot >> 1], flags: flags,
                    frame: UInt32(truncatingIfNeeded: previous.frame)))
        }
        let isWhole =
            venueTimes.isDone && latencies.isDone && prices.isDone && quantities.isDone && details.isDone && frames.isDone
        guard !isWhole else { return nil }
        events.removeAll()
        return "a column is longer or shorter than its records"
    }

    /// A cursor over one column of varints; past its end it yields zeros and says so.
    private struct Column {
        private var at: Int
        private let end: Int
        private var overran = false

        init(_ bytes: borrowing Span<UInt8>, _ start: Int, _ end: Int) {
            at = start
            self.end = end
        }

        var isDone: Bool { at == end && !overran }

        @inline(__always)
        mutating func next(_ bytes: borrowing Span<UInt8>) -> Int64 {
            guard at < end else {
                overran = true
                return 0
            }
            var byte = bytes[at]
            at += 1
            var value = UInt64(byte & 0x7F)
            var shift: UInt64 = 7
            while byte & 0x80 != 0 {
                guard at < end, shift < 64 else {
                    overran = true
                    return 0
                }
                byte = bytes[at]
                at += 1
                value |= UInt64(byte & 0x7F) << shift
                shift += 7
            }
            return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
        }
    }

    private static func fixed(_ bytes: Span<UInt8>, _ offset: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<4 { value |= UInt32(bytes[offset + index]) << UInt32(8 * index) }
        return value
    }
}
