/// Numbers of one meaning as planes of bytes: all lowest bytes, then all second bytes, and so on, so that bytes that are alike stand
/// together for the compressor and are put together without a branch.
///
/// A number is stored as (number − least) ÷ factor in as many bytes as the largest takes. Where some numbers are common, up to 255 of
/// them stand in front as planes of a table, the commonest first; then comes a byte for each number, its place in the table or the
/// table's length, and the planes of those that are not in the table. The head is least, factor, width and the table's length as
/// variable integers; a column of an older layout has least and factor (i64 each) and the width (u8), and no table.
struct NumberColumn {
    static let fixedHeadSize = 17
    /// Fewer numbers than these have no table.
    private static let commonLimit = 512
    /// Of fewer numbers nothing is known of how often each byte is found.
    private static let sampleLimit = 32

    /// Appends the head to one array and the planes to another.
    static func encode(_ numbers: [Int64], head: inout [UInt8], planes: inout [UInt8]) {
        var column = NumberColumn(of: numbers)
        let stored = column.stored(numbers)
        let common = numbers.count >= commonLimit && column.width > 1 ? CommonNumbers(stored, width: column.width) : nil
        column.tableCount = common?.table.count ?? 0
        VariableInteger.append(Int64(bitPattern: column.least), to: &head)
        VariableInteger.append(Int64(bitPattern: column.factor), to: &head)
        VariableInteger.append(Int64(column.width), to: &head)
        VariableInteger.append(Int64(column.tableCount), to: &head)
        if let common {
            append(common.table, column.width, to: &planes)
            planes += common.codes
            append(common.rest, column.width, to: &planes)
        } else {
            append(stored, column.width, to: &planes)
        }
    }

    private static func append(_ stored: [UInt64], _ width: Int, to planes: inout [UInt8]) {
        for plane in 0..<width {
            let shift = UInt64(8 * plane)
            for value in stored { planes.append(UInt8(truncatingIfNeeded: value >> shift)) }
        }
    }

    /// Sixteenths of a bit that the planes of numbers would take, each byte by how often its plane has it; of few, as they stand.
    static func estimate(_ numbers: [Int64]) -> Int {
        let column = NumberColumn(of: numbers)
        guard numbers.count >= sampleLimit else { return numbers.count * column.width * 8 * ByteCounts.bit }
        return ByteCounts.estimate(column.stored(numbers), width: column.width)
    }

    private init(of numbers: [Int64]) {
        let least = numbers.min() ?? 0
        var factor: UInt64 = 0
        var largest: UInt64 = 0
        for number in numbers {
            let distance = UInt64(bitPattern: number &- least)
            largest = max(largest, distance)
            if factor != 1 { factor = Self.greatestCommonDivisor(factor, distance) }
        }
        self.least = UInt64(bitPattern: least)
        self.factor = max(factor, 1)
        width = (64 - (largest / self.factor).leadingZeroBitCount + 7) / 8
    }

    private func stored(_ numbers: [Int64]) -> [UInt64] {
        if factor == 1 { return numbers.map { UInt64(bitPattern: $0) &- least } }
        return numbers.map { (UInt64(bitPattern: $0) &- least) / factor }
    }

    private static func greatestCommonDivisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
        var (larger, smaller) = (first, second)
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        return larger
    }

    private let least: UInt64
    private let factor: UInt64
    let width: Int
    /// Numbers of the table in front.
    private(set) var tableCount = 0

    /// Reads a head of fixed size at `offset`; nil when it is impossible.
    init?(fixedHead bytes: Span<UInt8>, at offset: Int) {
        func fixed(_ offset: Int) -> UInt64 {
            (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
        }
        least = fixed(offset)
        factor = fixed(offset + 8)
        width = Int(bytes[offset + 16])
        guard width <= 8 else { return nil }
    }

    /// Reads the head where the cursor stands; nil when it is impossible.
    init?(head bytes: Span<UInt8>, _ cursor: inout VariableInteger.Cursor) {
        guard let least = cursor.next(bytes), let factor = cursor.next(bytes), let width = cursor.next(bytes), (0...8).contains(width),
            let tableCount = cursor.next(bytes), (0...255).contains(tableCount)
        else { return nil }
        self.least = UInt64(bitPattern: least)
        self.factor = UInt64(bitPattern: factor)
        self.width = Int(width)
        self.tableCount = Int(tableCount)
    }

    /// Where a column's parts lie.
    struct Extent {
        var start: Int
        var end: Int
        /// Numbers that are not in the table.
        var restCount: Int
    }

    /// Finds where a column of `count` numbers ends that begins at `start`; nil where it is not all there, or a number has no place.
    func extent(_ bytes: Span<UInt8>, at start: Int, count: Int) -> Extent? {
        guard tableCount > 0 else {
            let end = start + count * width
            return end <= bytes.count ? Extent(start: start, end: end, restCount: count) : nil
        }
        let codes = start + tableCount * width
        guard codes + count <= bytes.count else { return nil }
        let span = bytes.extracting(codes..<(codes + count))
        let rest = UInt8(tableCount)
        var (restCount, largest) = (0, UInt8(0))
        for index in span.indices {
            restCount &+= span[index] == rest ? 1 : 0
            largest = max(largest, span[index])
        }
        let end = codes + count + restCount * width
        return largest <= rest && end <= bytes.count ? Extent(start: start, end: end, restCount: restCount) : nil
    }

    /// Puts numbers together, those from `first` on of a column of `count`.
    ///
    /// - Precondition: The column's planes begin at `planes`, it has so many numbers, and there is room for them.
    @inline(__always)
    fileprivate func decode(_ planes: UnsafePointer<UInt8>, of count: Int, from first: Int, into numbers: UnsafeMutableBufferPointer<Int64>)
    {
        let plane0 = unsafe planes + first
        switch width {
        case 0: unsafe numbers.update(repeating: 0)
        case 1: for index in numbers.indices { unsafe numbers[index] = Int64(plane0[index]) }
        case 2:
            let plane1 = unsafe plane0 + count
            for index in numbers.indices { unsafe numbers[index] = Int64(plane0[index]) | Int64(plane1[index]) << 8 }
        case 3:
            let (plane1, plane2) = unsafe (plane0 + count, plane0 + 2 * count)
            for index in numbers.indices {
                unsafe numbers[index] = Int64(plane0[index]) | Int64(plane1[index]) << 8 | Int64(plane2[index]) << 16
            }
        default:
            for index in numbers.indices { unsafe numbers[index] = Int64(plane0[index]) }
            for plane in 1..<width {
                let (bytes, shift) = unsafe (plane0 + plane * count, Int64(8 * plane))
                for index in numbers.indices { unsafe numbers[index] |= Int64(bytes[index]) << shift }
            }
        }
        // Without the product the loop is one of vectors.
        let (least, factor) = (Int64(bitPattern: least), Int64(bitPattern: factor))
        if factor != 1 {
            for index in numbers.indices { unsafe numbers[index] = numbers[index] &* factor &+ least }
        } else if least != 0 {
            for index in numbers.indices { unsafe numbers[index] &+= least }
        }
    }
}

/// A column's numbers, put together a block at a time in memory that stays in the nearest cache.
@safe struct ColumnReader {
    /// Numbers of a block, a power of two.
    static let blockSize = 256
    /// Numbers that a reader needs room for: a block, its table, and a block of those that are not in the table.
    static let memorySize = 3 * blockSize

    private let column: NumberColumn
    private let planes: UnsafePointer<UInt8>
    private let count: Int
    private let restCount: Int
    private let isZigzag: Bool
    /// The numbers of the block that was put together last.
    let block: UnsafeMutablePointer<Int64>
    /// Numbers read by `next`.
    private var read = 0
    /// Numbers read that are not in the table.
    private var restRead = 0

    /// - Precondition: `column` has this extent in `bytes` for `count` numbers, `block` has room for `memorySize`, and both stay.
    init(
        _ column: NumberColumn, _ bytes: UnsafePointer<UInt8>, _ extent: NumberColumn.Extent, count: Int, isZigzag: Bool,
        block: UnsafeMutablePointer<Int64>
    ) {
        self.column = column
        unsafe planes = bytes + extent.start
        self.count = count
        restCount = extent.restCount
        self.isZigzag = isZigzag
        unsafe self.block = block
        if column.tableCount > 0 {
            let table = unsafe UnsafeMutableBufferPointer(start: block + Self.blockSize, count: column.tableCount)
            unsafe column.decode(planes, of: column.tableCount, from: 0, into: table)
        }
    }

    /// Puts the block together that begins with number `first`; returns how many numbers it holds.
    ///
    /// - Precondition: There is such a number, and the blocks before it were put together one after another.
    @inline(never)
    @discardableResult
    mutating func load(from first: Int) -> Int {
        precondition(first < count, "a column was read beyond its end")
        let numbers = unsafe UnsafeMutableBufferPointer(start: block, count: min(Self.blockSize, count - first))
        if column.tableCount == 0 {
            unsafe column.decode(planes, of: count, from: first, into: numbers)
        } else {
            unsafe lookUp(from: first, into: numbers)
        }
        if isZigzag { for index in numbers.indices { unsafe numbers[index] = ChunkCodec.unzigzag(numbers[index]) } }
        return numbers.count
    }

    /// The numbers that are not in the table stand behind it, so that one index without a branch finds either.
    private mutating func lookUp(from first: Int, into numbers: UnsafeMutableBufferPointer<Int64>) {
        let tableCount = column.tableCount
        let table = unsafe block + Self.blockSize
        let codes = unsafe planes + tableCount * column.width
        let rest = unsafe UnsafeMutableBufferPointer(start: table + tableCount, count: min(Self.blockSize, restCount - restRead))
        if rest.count > 0 { unsafe column.decode(codes + count, of: restCount, from: restRead, into: rest) }
        var taken = 0
        for index in numbers.indices {
            let code = unsafe Int(codes[first + index])
            let isRest = code == tableCount ? 1 : 0
            unsafe numbers[index] = table[code &+ (taken & (0 &- isRest))]
            taken &+= isRest
        }
        restRead += taken
    }

    /// The next number.
    ///
    /// - Precondition: There is one.
    @inline(__always)
    mutating func next() -> Int64 {
        let place = read & (Self.blockSize - 1)
        if place == 0 { load(from: read) }
        read += 1
        return unsafe block[place]
    }
}
