internal import Market

/// A run of one feed's records as columns of bytes.
///
/// What neighbouring records share is stored once: records of one kind, side and frame are a *run*, with at most its first record
/// flagged `first` and its last one `last`; runs of one frame share its *moment* (times, detail, raw frame).
/// Layout 3, little-endian: layout, records, runs, moments (u32 each); whether first prices are differences (u8, 0 or 1); the heads
/// of the columns (`NumberColumn`); a byte of kind a run (bit 7: it begins a moment) and a byte of flags; then the columns' planes.
/// Layout 2 has columns with heads of fixed size, which have no tables of common numbers, and no byte before them; it is read and no
/// longer written.
///
/// | column | numbers | content |
/// |---|---|---|
/// | venue time, receive − venue time, frame | moments | difference to the moment before |
/// | detail | moments | difference to the last moment of the same kind; quotes count as levels |
/// | length | runs | records of the run |
/// | first price | runs | difference to the first price of the last run of the same kind and side, or as it is if that is smaller |
/// | price | records that don't begin a run | difference to the record before |
/// | size of levels and orders | such records | as it is |
/// | size of quotes | such records | difference to the last quote of the side |
/// | other sizes | such records | as they are |
///
/// Differences are zigzag and wrap, so that every value round-trips. The instrument is the chunk's and not stored.
enum ChunkCodec {
    static let version: UInt32 = 3
    static let recordLimit = 65_536
    static let columnCount = 10
    static let firstPriceColumn = 5
    static let headerSize = 16
    /// More than a chunk of 64 Ki records can need in any layout.
    static let sizeLimit = 1_024 + recordLimit * 80
    static let beginsMoment: UInt8 = 0x80
    static let ends: MarketEvent.Flags = [.first, .last]

    /// Where a record's size is kept.
    enum SizeColumn: Int { case book = 7, quote, other }

    static func sizeColumn(_ kind: MarketEvent.Kind) -> SizeColumn {
        switch kind {
        case .level, .orderAdded, .orderChanged, .orderDeleted: .book
        case .quote: .quote
        case .trade, .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange, .gap: .other
        }
    }

    /// Whether a column holds differences, which are zigzag numbers.
    static func isZigzag(_ column: Int, firstPriceSteps: Bool) -> Bool {
        column != 4 && column != SizeColumn.book.rawValue && column != SizeColumn.other.rawValue
            && (firstPriceSteps || column != firstPriceColumn)
    }

    /// The kinds whose details continue each other: a venue numbers a book's changes and its best quotes together.
    static func detailSlot(_ kind: MarketEvent.Kind) -> Int { kind == .quote ? Int(MarketEvent.Kind.level.rawValue) : Int(kind.rawValue) }

    @inline(__always)
    static func zigzag(_ value: Int64) -> Int64 { (value << 1) ^ (value >> 63) }
    @inline(__always)
    static func unzigzag(_ value: Int64) -> Int64 { Int64(bitPattern: UInt64(bitPattern: value) >> 1) ^ -(value & 1) }

    /// - Precondition: At most `recordLimit` records.
    static func encode(_ events: ContiguousArray<MarketEvent>, into output: inout [UInt8]) {
        var columns = [[Int64]](repeating: [], count: columnCount)
        var firstPrices: [Int64] = []
        var (kinds, flags) = ([UInt8](), [UInt8]())
        var (moments, latency, frame, venue) = (0, Int64(0), Int64(0), Int64(0))
        var details = InlineArray<16, Int64>(repeating: 0)
        var prices = InlineArray<32, Int64>(repeating: 0)
        var quotes = InlineArray<2, Int64>(repeating: 0)
        for (index, event) in events.enumerated() {
            let before = index > 0 ? events[index - 1] : event
            let sharesMoment =
                index > 0 && event.venueTime == before.venueTime && event.receiveTime == before.receiveTime && event.detail == before.detail
                && event.frame == before.frame
            let side = Int(event.side.rawValue)
            if sharesMoment, event.kind == before.kind, event.flags.subtracting(ends) == before.flags.subtracting(ends), !event.isFirst,
                !before.isLast
            {
                columns[4][columns[4].count - 1] += 1
                columns[6].append(zigzag(event.price &- before.price))
                if event.isLast { flags[flags.count - 1] |= MarketEvent.Flags.last.rawValue }
            } else {
                if !sharesMoment {
                    moments += 1
                    let time = event.venueTime.nanoseconds
                    columns[0].append(zigzag(time &- venue))
                    venue = time
                    let distance = event.receiveTime.nanoseconds &- time
                    columns[1].append(zigzag(distance &- latency))
                    latency = distance
                    columns[2].append(zigzag(Int64(event.frame) &- frame))
                    frame = Int64(event.frame)
                    columns[3].append(zigzag(event.detail &- details[detailSlot(event.kind)]))
                    details[detailSlot(event.kind)] = event.detail
                }
                kinds.append(event.kind.rawValue | (sharesMoment ? 0 : beginsMoment))
                flags.append(event.flags.rawValue)
                columns[4].append(1)
                let slot = Int(event.kind.rawValue) * 2 + side
                columns[firstPriceColumn].append(zigzag(event.price &- prices[slot]))
                firstPrices.append(event.price)
                prices[slot] = event.price
            }
            let column = sizeColumn(event.kind)
            if column == .quote {
                columns[column.rawValue].append(zigzag(event.quantity &- quotes[side]))
                quotes[side] = event.quantity
            } else {
                columns[column.rawValue].append(event.quantity)
            }
        }
        output.removeAll(keepingCapacity: true)
        for number in [Int(version), events.count, kinds.count, moments] {
            for shift in stride(from: 0, to: 32, by: 8) { output.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        let firstPriceSteps = NumberColumn.estimate(columns[firstPriceColumn]) <= NumberColumn.estimate(firstPrices)
        if !firstPriceSteps { columns[firstPriceColumn] = firstPrices }
        output.append(firstPriceSteps ? 1 : 0)
        var planes: [UInt8] = []
        for column in columns { NumberColumn.encode(column, head: &output, planes: &planes) }
        output += kinds
        output += flags
        output += planes
    }

    /// Replaces `events` by what the bytes hold; returns the reason when they are not a chunk, and `events` are empty then.
    static func decode(_ bytes: Span<UInt8>, instrument: InstrumentID, into events: EventBatch) -> String? {
        events.removeAll()
        guard bytes.count >= 4 else { return "it is shorter than its header" }
        if bytes[0] == 1, bytes[1] | bytes[2] | bytes[3] == 0 { return FirstLayout.decode(bytes, instrument: instrument, into: events) }
        return ChunkDecoder.decode(bytes, instrument, into: events)
    }
}
