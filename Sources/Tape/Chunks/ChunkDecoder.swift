internal import Market

/// Reads layouts 2 and 3 of a chunk: see `ChunkCodec`.
enum ChunkDecoder {
    private static let runColumns = 7

    static func decode(_ bytes: Span<UInt8>, _ instrument: InstrumentID, into events: EventBatch) -> String? {
        guard bytes.count >= ChunkCodec.headerSize else { return "it is shorter than its header" }
        func fixed(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
        let hasFixedHeads = fixed(0) == 2
        guard hasFixedHeads || fixed(0) == Int(ChunkCodec.version) else { return "its layout \(fixed(0)) is unknown" }
        let (records, runs, moments) = (fixed(4), fixed(8), fixed(12))
        guard records <= ChunkCodec.recordLimit, runs <= records, moments <= runs else {
            return "it claims \(records) records in \(runs) runs of \(moments) moments"
        }
        var columns: [NumberColumn] = []
        var (kinds, firstPriceSteps) = (ChunkCodec.headerSize, true)
        if hasFixedHeads {
            kinds += ChunkCodec.columnCount * NumberColumn.fixedHeadSize
            guard bytes.count >= kinds else { return "it is shorter than its header" }
            for index in 0..<ChunkCodec.columnCount {
                let offset = ChunkCodec.headerSize + index * NumberColumn.fixedHeadSize
                guard let column = NumberColumn(fixedHead: bytes, at: offset) else { return "a column is wider than eight bytes" }
                columns.append(column)
            }
        } else {
            guard bytes.count > kinds, bytes[kinds] <= 1 else { return "it does not say what its first prices are" }
            firstPriceSteps = bytes[kinds] == 1
            var cursor = VariableInteger.Cursor(bytes.count, at: kinds + 1)
            for index in 0..<ChunkCodec.columnCount {
                guard let column = NumberColumn(head: bytes, &cursor) else { return "the head of its column \(index) is impossible" }
                columns.append(column)
            }
            kinds = cursor.at
        }
        guard bytes.count >= kinds + 2 * runs else { return "it is shorter than its runs" }
        var counts = [moments, moments, moments, moments, runs, runs, records - runs]
        return unsafe bytes.withUnsafeBufferPointer { pointer in
            unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: ChunkCodec.columnCount * ColumnReader.memorySize) { blocks in
                guard let base = pointer.baseAddress, let block = blocks.baseAddress else { return "no memory" }
                var start = kinds + 2 * runs
                var readers: [ColumnReader] = []
                /// Goes on to the next columns; false where they are not all there.
                func place(through last: Int) -> Bool {
                    for index in readers.count...last {
                        guard let extent = columns[index].extent(bytes, at: start, count: counts[index]) else { return false }
                        unsafe readers.append(
                            ColumnReader(
                                columns[index], base, extent, count: counts[index],
                                isZigzag: ChunkCodec.isZigzag(index, firstPriceSteps: firstPriceSteps),
                                block: block + index * ColumnReader.memorySize))
                        start = extent.end
                    }
                    return true
                }
                guard place(through: runColumns - 1) else { return "its columns are longer than it" }
                // The lengths of the runs say how many sizes of each sort there are, and so where the last columns lie.
                var lengths = RunLengths()
                if let reason = unsafe lengths.read(base + kinds, runs: runs, readers[4]) { return reason }
                guard lengths.total == records, lengths.moments == moments else { return "its runs do not fill it" }
                counts += lengths.sizes
                guard place(through: ChunkCodec.columnCount - 1) else { return "its columns are longer than it" }
                guard start == bytes.count else { return "its columns do not fill it" }
                unsafe events.overwrite(count: records) { records in
                    var assembly = unsafe ChunkAssembly(readers, firstPriceSteps: firstPriceSteps, instrument, records)
                    unsafe assembly.add(kinds: base + kinds, flags: base + kinds + runs, runs: runs)
                }
                return nil
            }
        }
    }
}

/// What the runs of a chunk add up to.
private struct RunLengths {
    private var ofKind = InlineArray<128, Int>(repeating: 0)
    private(set) var moments = 0

    /// Returns the reason when runs are not possible.
    mutating func read(_ kinds: UnsafePointer<UInt8>, runs: Int, _ column: ColumnReader) -> String? {
        var lengths = column
        if runs > 0, unsafe kinds[0] & ChunkCodec.beginsMoment == 0 { return "it begins in no moment" }
        for first in stride(from: 0, to: runs, by: ColumnReader.blockSize) {
            for index in 0..<lengths.load(from: first) {
                let length = unsafe lengths.block[index]
                guard length >= 1, length <= ChunkCodec.recordLimit else { return "run \(first + index) is longer than its chunk" }
                let kind = unsafe kinds[first + index]
                moments &+= Int(kind >> 7)
                ofKind[Int(kind & 0x7F)] &+= Int(length)
            }
        }
        for kind in MarketEvent.Kind.allCases.count..<ofKind.count where ofKind[kind] > 0 { return "a run has the unknown kind \(kind)" }
        return nil
    }

    var total: Int { ofKind.indices.reduce(0) { $0 + ofKind[$1] } }

    /// Of books, of quotes, and others.
    var sizes: [Int] {
        var sizes = [0, 0, 0]
        for kind in MarketEvent.Kind.allCases {
            sizes[ChunkCodec.sizeColumn(kind).rawValue - ChunkCodec.SizeColumn.book.rawValue] += ofKind[Int(kind.rawValue)]
        }
        return sizes
    }
}

/// Puts records together, run by run, from columns that were found to be complete.
@safe private struct ChunkAssembly {
    // Columns of moments.
    private var venueTimes: ColumnReader
    private var latencies: ColumnReader
    private var frames: ColumnReader
    private var detailSteps: ColumnReader
    // Columns of runs.
    private var lengths: ColumnReader
    private var firstPrices: ColumnReader
    // Columns of some records.
    private var priceSteps: ColumnReader
    private var bookSizes: ColumnReader
    private var quoteSizes: ColumnReader
    private var otherSizes: ColumnReader

    /// The bits of an earlier first price that count: all or none.
    private let firstPriceBase: Int64
    private var event: MarketEvent
    /// Where the next record goes.
    private var target: UnsafeMutablePointer<MarketEvent>
    /// Moments begun.
    private var moments = 0
    private var venueTime: Int64 = 0
    private var latency: Int64 = 0
    private var frame: Int64 = 0
    private var details = InlineArray<16, Int64>(repeating: 0)
    private var prices = InlineArray<32, Int64>(repeating: 0)
    private var quotes = InlineArray<2, Int64>(repeating: 0)

    init(_ columns: [ColumnReader], firstPriceSteps: Bool, _ instrument: InstrumentID, _ target: UnsafeMutablePointer<MarketEvent>) {
        firstPriceBase = firstPriceSteps ? -1 : 0
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
        event = MarketEvent(kind: .gap, instrument: instrument, venueTime: .distantPast, receiveTime: .distantPast)
        unsafe self.target = target
    }

    mutating func add(kinds: UnsafePointer<UInt8>, flags: UnsafePointer<UInt8>, runs: Int) {
        for first in stride(from: 0, to: runs, by: ColumnReader.blockSize) {
            firstPrices.load(from: first)
            for index in 0..<lengths.load(from: first) {
                let kindByte = unsafe kinds[first + index]
                guard let kind = MarketEvent.Kind(rawValue: kindByte & 0x7F) else { return }
                event.kind = kind
                if kindByte & ChunkCodec.beginsMoment != 0 { beginMoment() }
                let runFlags = MarketEvent.Flags(rawValue: unsafe flags[first + index])
                unsafe addRun(runFlags, length: Int(lengths.block[index]), priceStep: firstPrices.block[index])
            }
        }
    }

    @inline(__always)
    private mutating func beginMoment() {
        let place = moments & (ColumnReader.blockSize - 1)
        if place == 0 { loadMoments() }
        moments &+= 1
        unsafe event.venueTime = Timestamp(nanoseconds: venueTimes.block[place])
        unsafe event.receiveTime = Timestamp(nanoseconds: latencies.block[place])
        unsafe event.frame = UInt32(truncatingIfNeeded: frames.block[place])
        let slot = ChunkCodec.detailSlot(event.kind)
        event.detail = unsafe details[unchecked: slot] &+ detailSteps.block[place]
        unsafe details[unchecked: slot] = event.detail
    }

    /// Adds the next moments' differences up: the blocks hold venue times, receive times and frames then.
    @inline(never)
    private mutating func loadMoments() {
        latencies.load(from: moments)
        frames.load(from: moments)
        detailSteps.load(from: moments)
        for index in 0..<venueTimes.load(from: moments) {
            unsafe venueTime &+= venueTimes.block[index]
            unsafe latency &+= latencies.block[index]
            unsafe frame &+= frames.block[index]
            unsafe venueTimes.block[index] = venueTime
            unsafe latencies.block[index] = venueTime &+ latency
            unsafe frames.block[index] = frame
        }
    }

    @inline(__always)
    private mutating func addRun(_ flags: MarketEvent.Flags, length: Int, priceStep: Int64) {
        let slot = Int(event.kind.rawValue) * 2 + (flags.contains(.sell) ? 1 : 0)
        event.price = unsafe prices[unchecked: slot] & firstPriceBase &+ priceStep
        unsafe prices[unchecked: slot] = event.price
        let inner = flags.subtracting(ChunkCodec.ends)
        event.flags = inner.union(flags.intersection(.first))
        for _ in 1..<length {
            addRecord()
            event.flags = inner
            event.price &+= priceSteps.next()
        }
        event.flags.formUnion(flags.intersection(.last))
        addRecord()
    }

    @inline(__always)
    private mutating func addRecord() {
        switch ChunkCodec.sizeColumn(event.kind) {
        case .book: event.quantity = bookSizes.next()
        case .quote:
            let side = event.flags.contains(.sell) ? 1 : 0
            quotes[side] &+= quoteSizes.next()
            event.quantity = quotes[side]
        case .other: event.quantity = otherSizes.next()
        }
        unsafe target.initialize(to: event)
        unsafe target += 1
    }
}
