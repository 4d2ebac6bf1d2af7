internal import Market

/// Reads layout 2 of a chunk: see `ChunkCodec`.
enum ChunkDecoder {
    static func decode(_ bytes: Span<UInt8>, _ instrument: InstrumentID, into events: inout ContiguousArray<MarketEvent>) -> String? {
        guard bytes.count >= ChunkCodec.headerSize else { return "it is shorter than its header" }
        func fixed(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
        guard fixed(0) == Int(ChunkCodec.version) else { return "its layout \(fixed(0)) is unknown" }
        let (records, runs, moments) = (fixed(4), fixed(8), fixed(12))
        guard records <= ChunkCodec.recordLimit, runs <= records, moments <= runs else {
            return "it claims \(records) records in \(runs) runs of \(moments) moments"
        }
        let kinds = ChunkCodec.headerSize
        guard bytes.count >= kinds + 2 * runs else { return "it is shorter than its runs" }

        // The lengths of the runs say how many sizes of each sort there are, and so where the columns lie.
        var counts = InlineArray<10, Int>(repeating: moments)
        counts[4] = runs
        counts[5] = runs
        counts[6] = records - runs
        for index in 7..<10 { counts[index] = 0 }
        var starts = InlineArray<11, Int>(repeating: kinds + 2 * runs)
        var columns: [NumberColumn] = []
        for index in 0..<ChunkCodec.columnCount {
            guard let column = column(bytes, index) else { return "a column is wider than eight bytes" }
            columns.append(column)
        }
        for index in 0..<7 { starts[index + 1] = starts[index] + counts[index] * columns[index].width }
        guard starts[7] <= bytes.count else { return "its columns are longer than it" }
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: 4 * moments + 3 * runs + 2 * records + 1) { numbers in
                guard let base = numbers.baseAddress else { return "no memory" }
                var places = InlineArray<11, Int>(repeating: 0)
                func place(_ index: Int) { places[index + 1] = places[index] + counts[index] }
                func load(_ index: Int) {
                    unsafe columns[index].decode(bytes, at: starts[index], count: counts[index], into: base + places[index])
                }
                for index in 0..<7 {
                    place(index)
                    load(index)
                }
                var (total, begun) = (0, 0)
                for run in 0..<runs {
                    guard let kind = MarketEvent.Kind(rawValue: unsafe bytes[kinds + run] & 0x7F) else {
                        return "run \(run) has an unknown kind"
                    }
                    let length = unsafe base[places[4] + run]
                    guard length >= 1, length <= Int64(records - total) else { return "run \(run) is longer than its chunk" }
                    total += Int(length)
                    if unsafe bytes[kinds + run] & ChunkCodec.beginsMoment != 0 {
                        begun += 1
                    } else if run == 0 {
                        return "it begins in no moment"
                    }
                    counts[ChunkCodec.sizeColumn(kind).rawValue] += Int(length)
                }
                guard total == records, begun == moments else { return "its runs do not fill it" }
                for index in 7..<10 {
                    starts[index + 1] = starts[index] + counts[index] * columns[index].width
                    guard starts[index + 1] <= bytes.count else { return "its columns are longer than it" }
                    place(index)
                    load(index)
                }
                guard starts[10] == bytes.count else { return "its columns do not fill it" }
                // What the last chunk left is written over: filling it anew would cost as much as decoding.
                if events.count > records { events.removeLast(events.count - records) }
                let filler = MarketEvent(kind: .gap, instrument: instrument, venueTime: .distantPast, receiveTime: .distantPast)
                if events.count < records { events.append(contentsOf: repeatElement(filler, count: records - events.count)) }
                unsafe events.withUnsafeMutableBufferPointer { records in
                    unsafe fill(records, bytes, base, places, kinds: kinds, runs: runs, instrument)
                }
                return nil
            }
        }
    }

    private static func column(_ bytes: Span<UInt8>, _ index: Int) -> NumberColumn? {
        NumberColumn(head: bytes, at: 16 + index * NumberColumn.headSize)
    }

    /// Puts the records together from numbers that were found to be complete.
    private static func fill(
        _ records: UnsafeMutableBufferPointer<MarketEvent>, _ bytes: UnsafeBufferPointer<UInt8>, _ numbers: UnsafeMutablePointer<Int64>,
        _ places: InlineArray<11, Int>, kinds: Int, runs: Int, _ instrument: InstrumentID
    ) {
        var (at, moment, inner) = (0, -1, places[6])
        var sizes = InlineArray<3, Int> { places[7 + $0] }
        var (venue, latency, frame, detail) = (Int64(0), Int64(0), Int64(0), Int64(0))
        var details = InlineArray<16, Int64>(repeating: 0)
        var prices = InlineArray<32, Int64>(repeating: 0)
        var quotes = InlineArray<2, Int64>(repeating: 0)
        for run in 0..<runs {
            let kindByte = unsafe bytes[kinds + run]
            guard let kind = MarketEvent.Kind(rawValue: kindByte & 0x7F) else { return }
            let flags = MarketEvent.Flags(rawValue: unsafe bytes[kinds + runs + run])
            if kindByte & ChunkCodec.beginsMoment != 0 {
                moment += 1
                venue &+= ChunkCodec.unzigzag(unsafe numbers[places[0] + moment])
                latency &+= ChunkCodec.unzigzag(unsafe numbers[places[1] + moment])
                frame &+= ChunkCodec.unzigzag(unsafe numbers[places[2] + moment])
                let slot = ChunkCodec.detailSlot(kind)
                details[slot] &+= ChunkCodec.unzigzag(unsafe numbers[places[3] + moment])
                detail = details[slot]
            }
            let side = flags.contains(.sell) ? 1 : 0
            let slot = Int(kind.rawValue) * 2 + side
            var price = prices[slot] &+ ChunkCodec.unzigzag(unsafe numbers[places[5] + run])
            prices[slot] = price
            let column = ChunkCodec.sizeColumn(kind).rawValue - 7
            let end = unsafe at + Int(numbers[places[4] + run])
            let rest = flags.subtracting(ChunkCodec.ends)
            var size = sizes[column]
            sizes[column] += end - at
            let first = at
            while at < end {
                if at > first {
                    price &+= ChunkCodec.unzigzag(unsafe numbers[inner])
                    inner += 1
                }
                var quantity = unsafe numbers[size]
                size += 1
                if kind == .quote {
                    quantity = quotes[side] &+ ChunkCodec.unzigzag(quantity)
                    quotes[side] = quantity
                }
                unsafe records[at] = MarketEvent(
                    kind: kind, instrument: instrument, venueTime: Timestamp(nanoseconds: venue),
                    receiveTime: Timestamp(nanoseconds: venue &+ latency), price: price, quantity: quantity, detail: detail, flags: rest,
                    frame: UInt32(truncatingIfNeeded: frame))
                at += 1
            }
            if flags.contains(.first) { unsafe records[first].flags.insert(.first) }
            if flags.contains(.last) { unsafe records[end - 1].flags.insert(.last) }
        }
    }
}
