/// Numbers of one meaning as planes of bytes: all lowest bytes, then all second bytes, and so on, so that bytes that are alike stand
/// together for the compressor and are put together without a branch.
///
/// A number is stored as (number − least) ÷ factor in as many bytes as the largest takes. Its head is least and factor (i64 each)
/// and the width (u8).
struct NumberColumn {
    static let headSize = 17

    /// Appends the head to one array and the planes to another.
    static func encode(_ numbers: [Int64], head: inout [UInt8], planes: inout [UInt8]) {
        let least = numbers.min() ?? 0
        var factor: UInt64 = 0
        var largest: UInt64 = 0
        for number in numbers {
            let distance = UInt64(bitPattern: number &- least)
            largest = max(largest, distance)
            if factor != 1 { factor = greatestCommonDivisor(factor, distance) }
        }
        factor = max(factor, 1)
        let width = (64 - (largest / factor).leadingZeroBitCount + 7) / 8
        for shift in stride(from: 0, to: 64, by: 8) { head.append(UInt8(truncatingIfNeeded: UInt64(bitPattern: least) >> UInt64(shift))) }
        for shift in stride(from: 0, to: 64, by: 8) { head.append(UInt8(truncatingIfNeeded: factor >> UInt64(shift))) }
        head.append(UInt8(width))
        var stored: [UInt64] = []
        stored.reserveCapacity(numbers.count)
        if factor == 1 {
            for number in numbers { stored.append(UInt64(bitPattern: number &- least)) }
        } else {
            for number in numbers { stored.append(UInt64(bitPattern: number &- least) / factor) }
        }
        for plane in 0..<width {
            let shift = UInt64(8 * plane)
            for value in stored { planes.append(UInt8(truncatingIfNeeded: value >> shift)) }
        }
    }

    private static func greatestCommonDivisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
        var (larger, smaller) = (first, second)
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        return larger
    }

    private let least: UInt64
    private let factor: UInt64
    let width: Int

    /// Reads the head at `offset`; nil when it is impossible.
    init?(head bytes: Span<UInt8>, at offset: Int) {
        func fixed(_ offset: Int) -> UInt64 {
            (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
        }
        least = fixed(offset)
        factor = fixed(offset + 8)
        width = Int(bytes[offset + 16])
        guard width <= 8 else { return nil }
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

    private let column: NumberColumn
    private let planes: UnsafePointer<UInt8>
    private let count: Int
    private let isZigzag: Bool
    /// The numbers of the block that was put together last.
    let block: UnsafeMutablePointer<Int64>
    /// Numbers read by `next`.
    private var read = 0

    /// - Precondition: The planes of `count` numbers begin at `planes`, and `block` has room for a block; both stay while it is read.
    init(_ column: NumberColumn, _ planes: UnsafePointer<UInt8>, count: Int, isZigzag: Bool, block: UnsafeMutablePointer<Int64>) {
        self.column = column
        unsafe self.planes = planes
        self.count = count
        self.isZigzag = isZigzag
        unsafe self.block = block
    }

    /// Puts the block together that begins with number `first`; returns how many numbers it holds.
    ///
    /// - Precondition: There is such a number.
    @inline(never)
    @discardableResult
    func load(from first: Int) -> Int {
        precondition(first < count, "a column was read beyond its end")
        let numbers = unsafe UnsafeMutableBufferPointer(start: block, count: min(Self.blockSize, count - first))
        unsafe column.decode(planes, of: count, from: first, into: numbers)
        if isZigzag { for index in numbers.indices { unsafe numbers[index] = ChunkCodec.unzigzag(numbers[index]) } }
        return numbers.count
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
