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

    /// Puts `count` numbers together.
    ///
    /// - Precondition: The planes are within `bytes`, and there is room for as many numbers.
    func decode(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, count: Int, into numbers: UnsafeMutablePointer<Int64>) {
        guard width > 0 else {
            for index in 0..<count { unsafe numbers[index] = Int64(bitPattern: least) }
            return
        }
        let (least, factor) = (least, factor)
        for plane in 0..<width {
            let shift = UInt64(8 * plane)
            let base = offset + plane * count
            if plane == 0 {
                for index in 0..<count { unsafe numbers[index] = Int64(bytes[base + index]) }
            } else {
                for index in 0..<count {
                    unsafe numbers[index] |= Int64(bitPattern: UInt64(bytes[base + index]) << shift)
                }
            }
        }
        // Without the product the loop is one of vectors.
        if factor == 1 {
            guard least != 0 else { return }
            for index in 0..<count { unsafe numbers[index] &+= Int64(bitPattern: least) }
        } else {
            for index in 0..<count {
                unsafe numbers[index] = Int64(bitPattern: UInt64(bitPattern: numbers[index]) &* factor &+ least)
            }
        }
    }
}
