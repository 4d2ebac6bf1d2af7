/// An integer modulo n, the prime order of ECgFp5's group: five limbs of 64 bits, lowest first, always below n. Constant-time.
struct CurveScalar: Hashable, Sendable, BitwiseCopyable {
    static let byteCount = 40
    static let zero = CurveScalar(canonical: [0, 0, 0, 0, 0])
    static let one = CurveScalar(canonical: [1, 0, 0, 0, 0])
    /// n, of 319 bits.
    static let order: Limbs = [
        0xE80F_D996_948B_FFE1, 0xE888_5C39_D724_A09C, 0x7FFF_FFE6_CFB8_0639, 0x7FFF_FFF1_0000_0016, 0x7FFF_FFFD_8000_0007,
    ]
    /// −1/n mod 2⁶⁴.
    private static let negatedInverse: UInt64 = 0xD78B_EF72_057B_7BDF
    /// 2⁶⁴⁰ mod n, which a Montgomery product turns into 2³²⁰.
    static let radixSquared = doubled(one, times: 640)

    typealias Limbs = InlineArray<5, UInt64>
    let limbs: Limbs

    /// - Precondition: below n.
    init(canonical limbs: Limbs) { self.limbs = limbs }

    /// Five limbs of any value, modulo n. 2³²⁰ is less than 3n, and so two subtractions are enough.
    init(reducing limbs: Limbs) {
        self.limbs = Self.reducedOnce(Self.reducedOnce(limbs))
    }

    /// Forty bytes, little-endian; nothing where they are n or more.
    init?(bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        let limbs = Self.limbs(bytes)
        guard Self.subtract(limbs, Self.order).borrow == 1 else { return nil }
        self.limbs = limbs
    }

    /// Sixty-four bytes, little-endian, modulo n: from uniform bytes a scalar that no test tells from a uniform one (2⁻¹⁹³).
    init(reducingWide bytes: Span<UInt8>) {
        precondition(bytes.count == 64, "a wide scalar has 64 bytes")
        var low = Limbs(repeating: 0)
        var high = Limbs(repeating: 0)
        for index in 0..<5 { low[index] = littleEndian(bytes, at: index * 8) }
        for index in 0..<3 { high[index] = littleEndian(bytes, at: 40 + index * 8) }
        // high · 2³²⁰ + low, with one Montgomery product for the high part.
        self = CurveScalar(reducing: low) + CurveScalar(canonical: Self.montgomery(high, Self.radixSquared.limbs))
    }

    /// The coefficients of a field element as the limbs of a number, modulo n.
    init(_ element: QuinticElement) {
        self.init(reducing: [element.c0.value, element.c1.value, element.c2.value, element.c3.value, element.c4.value])
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<5 { bytes += littleEndianBytes(limbs[index]) }
        return bytes
    }

    var isZero: Bool { limbs[0] | limbs[1] | limbs[2] | limbs[3] | limbs[4] == 0 }

    /// The window of four bits at `index`, of which there are eighty.
    @inline(__always)
    func window(_ index: Int) -> UInt64 { limbs[index >> 4] >> UInt64((index & 15) * 4) & 15 }

    static func + (a: CurveScalar, b: CurveScalar) -> CurveScalar {
        var sum = Limbs(repeating: 0)
        var carry: UInt64 = 0
        for index in 0..<5 { (sum[index], carry) = addingCarry(a.limbs[index], b.limbs[index], carry) }
        return CurveScalar(canonical: reducedOnce(sum))  // Two numbers below n of 319 bits: the sum has 320.
    }

    static func - (a: CurveScalar, b: CurveScalar) -> CurveScalar {
        let (difference, borrow) = subtract(a.limbs, b.limbs)
        var result = difference
        var carry: UInt64 = 0
        for index in 0..<5 { (result[index], carry) = addingCarry(difference[index], order[index] & (0 &- borrow), carry) }
        return CurveScalar(canonical: result)
    }

    static func * (a: CurveScalar, b: CurveScalar) -> CurveScalar {
        CurveScalar(canonical: montgomery(montgomery(a.limbs, radixSquared.limbs), b.limbs))
    }

    static func == (a: CurveScalar, b: CurveScalar) -> Bool {
        var difference: UInt64 = 0
        for index in 0..<5 { difference |= a.limbs[index] ^ b.limbs[index] }
        return difference == 0
    }

    func hash(into hasher: inout Hasher) {
        for index in 0..<5 { hasher.combine(limbs[index]) }
    }

    /// a · b / 2³²⁰ mod n, where one of them is below n.
    private static func montgomery(_ a: Limbs, _ b: Limbs) -> Limbs {
        var sum = Limbs(repeating: 0)
        for outer in 0..<5 {
            var carry: UInt64 = 0
            for inner in 0..<5 { (sum[inner], carry) = multiplyingAdding(a[outer], b[inner], sum[inner], carry) }
            let factor = sum[0] &* negatedInverse
            var reduction: UInt64
            (_, reduction) = multiplyingAdding(factor, order[0], sum[0], 0)
            for inner in 1..<5 { (sum[inner - 1], reduction) = multiplyingAdding(factor, order[inner], sum[inner], reduction) }
            // n has 319 bits and the sum stays below 2³²⁰: no carry out of the top.
            sum[4] = carry &+ reduction
        }
        return reducedOnce(sum)
    }

    private static func reducedOnce(_ limbs: Limbs) -> Limbs {
        let (difference, borrow) = subtract(limbs, order)
        let mask = 0 &- borrow
        var result = difference
        for index in 0..<5 { result[index] = difference[index] ^ (mask & (limbs[index] ^ difference[index])) }
        return result
    }

    /// The borrow is 0 or 1, a number and not a condition: the compiler made a branch of a condition here.
    private static func subtract(_ a: Limbs, _ b: Limbs) -> (difference: Limbs, borrow: UInt64) {
        var difference = Limbs(repeating: 0)
        var borrow: UInt64 = 0
        for index in 0..<5 {
            let wide = UInt128(a[index]) &- UInt128(b[index]) &- UInt128(borrow)
            difference[index] = UInt64(truncatingIfNeeded: wide)
            borrow = UInt64(truncatingIfNeeded: wide >> 64) & 1
        }
        return (difference, borrow)
    }

    @inline(__always)
    private static func addingCarry(_ a: UInt64, _ b: UInt64, _ carry: UInt64) -> (sum: UInt64, carry: UInt64) {
        let sum = UInt128(a) + UInt128(b) + UInt128(carry)
        return (UInt64(truncatingIfNeeded: sum), UInt64(truncatingIfNeeded: sum >> 64))
    }

    /// a · b + c + carry, which has 128 bits at most.
    @inline(__always)
    private static func multiplyingAdding(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ carry: UInt64) -> (low: UInt64, high: UInt64) {
        let (high, low) = a.multipliedFullWidth(by: b)
        let sum = (UInt128(high) << 64 | UInt128(low)) &+ UInt128(c) &+ UInt128(carry)
        return (UInt64(truncatingIfNeeded: sum), UInt64(truncatingIfNeeded: sum >> 64))
    }

    private static func doubled(_ scalar: CurveScalar, times: Int) -> CurveScalar {
        var result = scalar
        for _ in 0..<times { result = result + result }
        return result
    }

    private static func limbs(_ bytes: Span<UInt8>) -> Limbs {
        var limbs = Limbs(repeating: 0)
        for index in 0..<5 { limbs[index] = littleEndian(bytes, at: index * 8) }
        return limbs
    }
}
