internal import Market

/// Reads layout 2 of a chunk: see `ChunkCodec`.
enum ChunkDecoder {
    private static let runColumns = 7

    static func decode(_ bytes: Span<UInt8>, _ instrument: InstrumentID, into events: EventBatch) -> String? {
        guard bytes.count >= ChunkCodec.headerSize else { return "it is shorter than its header" }
        func fixed(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
        guard fixed(0) == Int(ChunkCodec.version) else { return "its layout \(fixed(0)) is unknown" }
        let (records, runs, moments) = (fixed(4), fixed(8), fixed(12))
        guard records <= ChunkCodec.recordLimit, runs <= records, moments <= runs else {
            return "it claims \(records) records in \(runs) runs of \(moments) moments"
        }
        let kinds = ChunkCodec.headerSize
        guard bytes.count >= kinds + 2 * runs else { return "it is shorter than its runs" }
        var columns: [NumberColumn] = []
        for index in 0..<ChunkCodec.columnCount {
            guard let column = NumberColumn(head: bytes, at: 16 + index * NumberColumn.headSize) else {
                return "a column is wider than eight bytes"
            }
            columns.append(column)
        }
        var counts = [moments, moments, moments, moments, runs, runs, records - runs]
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: ChunkCodec.columnCount * ColumnCursor.blockSize) { blocks in
                guard let base = bytes.baseAddress, let block = blocks.baseAddress else { return "no memory" }
                var start = kinds + 2 * runs
                var cursors: [ColumnCursor] = []
                /// Goes on to the next columns; false where they are not all there.
                func place(through last: Int) -> Bool {
                    for index in cursors.count...last {
                        let end = start + counts[index] * columns[index].width
                        guard end <= bytes.count else { return false }
                        unsafe cursors.append(
                            ColumnCursor(
                                columns[index], base + start, count: counts[index], isZigzag: ChunkCodec.isZigzag(index),
                                block: block + index * ColumnCursor.blockSize))
                        start = end
                    }
                    return true
                }
                guard place(through: runColumns - 1) else { return "its columns are longer than it" }
                // The lengths of the runs say how many sizes of each sort there are, and so where the last columns lie.
                var lengths = cursors[4]
                var (total, begun) = (0, 0)
                var sizes = (book: 0, quote: 0, other: 0)
                for run in 0..<runs {
                    guard let kind = MarketEvent.Kind(rawValue: unsafe bytes[kinds + run] & 0x7F) else {
                        return "run \(run) has an unknown kind"
                    }
                    let length = lengths.next()
                    guard length >= 1, length <= Int64(records - total) else { return "run \(run) is longer than its chunk" }
                    total += Int(length)
                    if unsafe bytes[kinds + run] & ChunkCodec.beginsMoment != 0 {
                        begun += 1
                    } else if run == 0 {
                        return "it begins in no moment"
                    }
                    switch ChunkCodec.sizeColumn(kind) {
                    case .book: sizes.book += Int(length)
                    case .quote: sizes.quote += Int(length)
                    case .other: sizes.other += Int(length)
                    }
                }
                guard total == records, begun == moments else { return "its runs do not fill it" }
                counts += [sizes.book, sizes.quote, sizes.other]
                guard place(through: ChunkCodec.columnCount - 1) else { return "its columns are longer than it" }
                guard start == bytes.count else { return "its columns do not fill it" }
                unsafe events.overwrite(count: records) { records in
                    var assembly = ChunkAssembly(cursors)
                    for run in 0..<runs {
                        unsafe assembly.add(kind: bytes[kinds + run], flags: bytes[kinds + runs + run], instrument, to: records)
                    }
                }
                return nil
            }
        }
    }
}

/// Puts records together, run by run, from columns that were found to be complete.
private struct ChunkAssembly {
    private var venueTimes: ColumnCursor
    private var latencies: ColumnCursor
    private var frames: ColumnCursor
    private var detailSteps: ColumnCursor
    private var lengths: ColumnCursor
    private var firstPrices: ColumnCursor
    private var priceSteps: ColumnCursor
    private var bookSizes: ColumnCursor
    private var quoteSizes: ColumnCursor
    private var otherSizes: ColumnCursor

    private var at = 0
    private var venueTime: Int64 = 0
    private var latency: Int64 = 0
    private var frame: Int64 = 0
    private var detail: Int64 = 0
    private var details = InlineArray<16, Int64>(repeating: 0)
    private var prices = InlineArray<32, Int64>(repeating: 0)
    private var quotes = InlineArray<2, Int64>(repeating: 0)

    init(_ columns: [ColumnCursor]) {
        venueTimes = columns[0]
        latencies = columns[1]
        frames = columns[2]
        detailSteps = columns[3]
        lengths = columns[4]
        firstPrices = columns[5]
        priceSteps = columns[6]
        bookSizes = columns[7]
        quoteSizes = columns[8]
        otherSizes = columns[9]
    }

    @inline(__always)
    mutating func add(
        kind kindByte: UInt8, flags flagByte: UInt8, _ instrument: InstrumentID, to records: UnsafeMutablePointer<MarketEvent>
    ) {
        guard let kind = MarketEvent.Kind(rawValue: kindByte & 0x7F) else { return }
        if kindByte & ChunkCodec.beginsMoment != 0 {
            venueTime &+= venueTimes.next()
            latency &+= latencies.next()
            frame &+= frames.next()
            let slot = ChunkCodec.detailSlot(kind)
            detail = details[slot] &+ detailSteps.next()
            details[slot] = detail
        }
        let flags = MarketEvent.Flags(rawValue: flagByte)
        let side = flags.contains(.sell) ? 1 : 0
        let slot = Int(kind.rawValue) * 2 + side
        var price = prices[slot] &+ firstPrices.next()
        prices[slot] = price
        var event = MarketEvent(
            kind: kind, instrument: instrument, venueTime: Timestamp(nanoseconds: venueTime),
            receiveTime: Timestamp(nanoseconds: venueTime &+ latency), price: price, detail: detail,
            flags: flags.subtracting(ChunkCodec.ends), frame: UInt32(truncatingIfNeeded: frame))
        let (first, end) = (at, at + Int(lengths.next()))
        while at < end {
            if at > first {
                price &+= priceSteps.next()
                event.price = price
            }
            switch ChunkCodec.sizeColumn(kind) {
            case .book: event.quantity = bookSizes.next()
            case .quote:
                quotes[side] &+= quoteSizes.next()
                event.quantity = quotes[side]
            case .other: event.quantity = otherSizes.next()
            }
            unsafe records[at] = event
            at += 1
        }
        if flags.contains(.first) { unsafe records[first].flags.insert(.first) }
        if flags.contains(.last) { unsafe records[end - 1].flags.insert(.last) }
    }
}
