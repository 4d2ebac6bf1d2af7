internal import Market

/// Layout 3 of a block of raw frames: their numbers as columns.
///
/// Each frame is cut into numbers and what stands before them (`FrameTokens`). The numbers of frames, of symbols, of bytes of the
/// symbols' texts and of symbols in all frames together, and the frames' bytes (variable integers each) are followed by form and
/// length of each symbol; the heads of the columns, each with a byte of how its numbers are stored (`Steps`); the symbols' texts;
/// the frames as indices of symbols, all low bytes before all high ones, which are left out where there are no more than 256 symbols;
/// and the columns' planes: receive time, monotonic time, connection and direction of the frames, then the numbers of each symbol.
enum FrameColumns {
    /// What stands for a number in a column. Differences are zigzag and wrap.
    enum Steps: UInt8, CaseIterable {
        /// Itself.
        case none
        /// Its difference to the number before it in its column.
        case column
        /// Its difference to the number before it in its frame, 0 before the first; of the monotonic time, to the receive time.
        case frame
        /// The difference of that difference to the one before it in its column.
        case both
    }

    /// Numbers that are looked at to choose how a column is stored.
    private static let sampleSize = 2_048
    private static let headerColumns = 4

    /// nil when the frames have too many symbols to be worth it.
    static func encode(_ headers: [FrameHeader], _ frames: Span<UInt8>, lengths: [Int]) -> [UInt8]? {
        guard let tokens = FrameTokens(frames, lengths: lengths) else { return nil }
        var (heads, planes) = ([UInt8](), [UInt8]())
        func add(_ numbers: [Int64], before: [Int64]) {
            let sample = numbers.count > sampleSize ? Array(numbers[..<sampleSize]) : numbers
            var best = (steps: Steps.none, size: Int.max)
            for steps in Steps.allCases {
                let size = NumberColumn.estimate(stepped(sample, before, steps))
                if size < best.size { best = (steps, size) }
            }
            VariableInteger.append(Int64(best.steps.rawValue), to: &heads)
            NumberColumn.encode(stepped(numbers, before, best.steps), head: &heads, planes: &planes)
        }
        let times = headers.map(\.receiveTime.nanoseconds)
        let none = [Int64](repeating: 0, count: headers.count)
        add(times, before: none)
        add(headers.map(\.monotonicTime), before: times)
        add(headers.map { Int64($0.connection) }, before: none)
        add(headers.map { Int64($0.direction.rawValue) }, before: none)
        var columns = [[Int64]](repeating: [], count: tokens.symbols.count)
        var befores = columns
        var before: Int64 = 0
        for (place, number) in zip(tokens.places, tokens.numbers) {
            guard tokens.symbols[Int(place)].digits > 0 else {
                before = 0
                continue
            }
            columns[Int(place)].append(number)
            befores[Int(place)].append(before)
            before = number
        }
        for (index, symbol) in tokens.symbols.enumerated() where symbol.digits > 0 { add(columns[index], before: befores[index]) }

        var output: [UInt8] = []
        for count in [headers.count, tokens.symbols.count, tokens.text.count, tokens.places.count, frames.count] {
            VariableInteger.append(Int64(count), to: &output)
        }
        for symbol in tokens.symbols {
            VariableInteger.append(Int64(symbol.form), to: &output)
            VariableInteger.append(Int64(symbol.text.count), to: &output)
        }
        output += heads
        output += tokens.text
        for place in tokens.places { output.append(UInt8(truncatingIfNeeded: place)) }
        if tokens.symbols.count > 256 { for place in tokens.places { output.append(UInt8(place >> 8)) } }
        output += planes
        return output
    }

    private static func stepped(_ numbers: [Int64], _ before: [Int64], _ steps: Steps) -> [Int64] {
        var (result, previous) = ([Int64](), Int64(0))
        result.reserveCapacity(numbers.count)
        switch steps {
        case .none: return numbers
        case .column:
            for number in numbers {
                result.append(ChunkCodec.zigzag(number &- previous))
                previous = number
            }
        case .frame: for index in numbers.indices { result.append(ChunkCodec.zigzag(numbers[index] &- before[index])) }
        case .both:
            for index in numbers.indices {
                let step = numbers[index] &- before[index]
                result.append(ChunkCodec.zigzag(step &- previous))
                previous = step
            }
        }
        return result
    }

    // MARK: Decoding

    /// A column that was read, and how far its numbers were used.
    private struct Column {
        var steps: Steps
        var numbers: [Int64]
        private var used = 0
        private var previous: Int64 = 0

        init(_ steps: Steps, _ numbers: [Int64]) {
            self.steps = steps
            self.numbers = numbers
        }

        @inline(__always)
        mutating func next(after before: Int64) -> Int64 {
            let stored = numbers[used]
            used += 1
            switch steps {
            case .none: return stored
            case .column: previous &+= stored
            case .frame: previous = before &+ stored
            case .both:
                previous &+= stored
                return before &+ previous
            }
            return previous
        }
    }

    /// Calls `body` for each frame that the bytes hold; returns the reason when they are not a block.
    ///
    /// What it takes in memory is bounded by the bytes: each frame has at least a byte of them, and all together may not have more text
    /// than their symbols and numbers can make.
    static func decode(_ bytes: Span<UInt8>, feed: InstrumentID?, _ body: (StoredFrame) -> Void) -> String? {
        var cursor = VariableInteger.Cursor(bytes.count)
        func count(_ limit: Int) -> Int? {
            guard let value = cursor.next(bytes), value >= 0, value <= limit else { return nil }
            return Int(value)
        }
        guard let frameCount = count(bytes.count), let symbolCount = count(FrameTokens.symbolLimit), let textCount = count(bytes.count),
            let placeCount = count(bytes.count), let size = count(FrameBlock.sizeLimit)
        else { return "it does not say how much it holds" }
        var (symbols, text) = ([FrameSymbol](), 0)
        for index in 0..<symbolCount {
            guard let form = cursor.next(bytes), let length = count(textCount - text),
                let symbol = FrameSymbol(text: text..<(text + length), form: form)
            else { return "its symbol \(index) is impossible" }
            symbols.append(symbol)
            text += length
        }
        guard text == textCount else { return "its symbols do not fill their texts" }
        var heads: [(steps: Steps, column: NumberColumn)] = []
        for index in 0..<(headerColumns + symbols.count { $0.digits > 0 }) {
            guard let raw = count(255), let steps = Steps(rawValue: UInt8(raw)), let column = NumberColumn(head: bytes, &cursor) else {
                return "the head of its column \(index) is impossible"
            }
            heads.append((steps, column))
        }
        let places = cursor.at + textCount
        var at = places + placeCount * (symbolCount > 256 ? 2 : 1)
        guard at <= bytes.count else { return "it ends within its frames" }
        func place(_ index: Int) -> Int {
            Int(bytes[places + index]) | (symbolCount > 256 ? Int(bytes[places + placeCount + index]) << 8 : 0)
        }
        var (uses, ends, room) = ([Int](repeating: 0, count: symbolCount), 0, 0)
        for index in 0..<placeCount {
            let place = place(index)
            guard place < symbolCount else { return "its frames have a symbol that is unknown" }
            uses[place] += 1
            ends += symbols[place].digits == 0 ? 1 : 0
            room += symbols[place].text.count + (symbols[place].digits == 0 ? 0 : FrameSymbol.digitLimit + 1)
        }
        guard ends == frameCount, size <= room, placeCount == 0 || symbols[place(placeCount - 1)].digits == 0 else {
            return "its frames do not end where they should"
        }
        let counts = [Int](repeating: frameCount, count: headerColumns) + symbols.indices.filter { symbols[$0].digits > 0 }.map { uses[$0] }
        var columns: [Column] = []
        for (head, count) in zip(heads, counts) {
            guard let numbers = read(head.column, bytes, &at, count, isZigzag: head.steps != .none) else {
                return "its columns are longer than it"
            }
            columns.append(Column(head.steps, numbers))
        }
        guard at == bytes.count else { return "its columns do not fill it" }
        var frames = FrameText(bytes.extracting(cursor.at..<places), size: size)
        // The columns of symbols by symbol; those that end a frame have none.
        var columnOf = [Int](repeating: 0, count: symbolCount)
        var next = headerColumns
        for index in symbols.indices where symbols[index].digits > 0 {
            columnOf[index] = next
            next += 1
        }
        var before: Int64 = 0
        var ranges: [Int] = [0]
        for index in 0..<placeCount {
            let place = place(index)
            let symbol = symbols[place]
            var number: Int64 = 0
            if symbol.digits > 0 { number = columns[columnOf[place]].next(after: before) }
            guard frames.append(symbol, number) else { return "its frames are longer than it says" }
            before = number
            if symbol.digits == 0 { ranges.append(frames.count) }
        }
        guard frames.count == size else { return "its frames are shorter than it says" }
        for index in 0..<frameCount {
            let time = columns[0].next(after: 0)
            let monotonic = columns[1].next(after: time)
            guard let connection = UInt16(exactly: columns[2].next(after: 0)), let raw = UInt8(exactly: columns[3].next(after: 0)),
                let direction = FrameHeader.Direction(rawValue: raw)
            else { return "its frame \(index) is impossible" }
            let header = FrameHeader(
                feed: feed, receiveTime: Timestamp(nanoseconds: time), monotonicTime: monotonic, connection: connection,
                direction: direction)
            body(StoredFrame(header: header, bytes: frames.slice(ranges[index]..<ranges[index + 1])))
        }
        return nil
    }

    private static func read(_ column: NumberColumn, _ bytes: Span<UInt8>, _ at: inout Int, _ count: Int, isZigzag: Bool) -> [Int64]? {
        guard let extent = column.extent(bytes, at: at, count: count) else { return nil }
        at = extent.end
        guard count > 0 else { return [] }
        return unsafe bytes.withUnsafeBufferPointer { pointer in
            unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: ColumnReader.memorySize) { memory in
                guard let base = pointer.baseAddress, let block = memory.baseAddress else { return nil }
                var reader = unsafe ColumnReader(column, base, extent, count: count, isZigzag: isZigzag, block: block)
                var numbers: [Int64] = []
                numbers.reserveCapacity(count)
                for first in stride(from: 0, to: count, by: ColumnReader.blockSize) {
                    let loaded = reader.load(from: first)
                    unsafe numbers.append(contentsOf: UnsafeBufferPointer(start: block, count: loaded))
                }
                return numbers
            }
        }
    }
}

/// The bytes of frames as they are put together.
private struct FrameText: ~Copyable {
    private var bytes: [UInt8] = []
    private let texts: [UInt8]
    private let size: Int

    init(_ texts: Span<UInt8>, size: Int) {
        self.texts = texts.indices.map { texts[$0] }
        self.size = size
        bytes.reserveCapacity(size + FrameSymbol.digitLimit + 1)
    }

    var count: Int { bytes.count }

    /// Appends a symbol's text and the number behind it; false where that is more than there may be, or the number is none that is written.
    mutating func append(_ symbol: FrameSymbol, _ number: Int64) -> Bool {
        guard bytes.count + symbol.text.count <= size, number >= 0 else { return false }
        bytes.append(contentsOf: texts[symbol.text])
        guard symbol.digits > 0 else { return true }
        var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
        var (rest, start, written) = (UInt64(number), 20, 0)
        while rest > 0 || written < symbol.digits {
            if written == symbol.decimals, written > 0 {
                start -= 1
                digits[start] = UInt8(ascii: ".")
            }
            start -= 1
            let quotient = rest / 10
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest - quotient * 10)
            rest = quotient
            written += 1
        }
        for index in start..<20 { bytes.append(digits[index]) }
        return bytes.count <= size
    }

    func slice(_ range: Range<Int>) -> [UInt8] { Array(bytes[range]) }
}
