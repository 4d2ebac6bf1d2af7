/// An element of GF(p⁵) = GF(p)[z]/(z⁵ − 3): the coefficients of z⁰ to z⁴. Constant-time unless it says otherwise.
public struct QuinticElement: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public static let byteCount = 40
    static let zero = QuinticElement(.zero, .zero, .zero, .zero, .zero)
    static let one = QuinticElement(.one, .zero, .zero, .zero, .zero)

    let c0, c1, c2, c3, c4: Goldilocks

    @inline(__always)
    init(_ c0: Goldilocks, _ c1: Goldilocks, _ c2: Goldilocks, _ c3: Goldilocks, _ c4: Goldilocks) {
        (self.c0, self.c1, self.c2, self.c3, self.c4) = (c0, c1, c2, c3, c4)
    }

    /// Five coefficients, lowest first.
    ///
    /// - Precondition: there are five.
    init(_ coefficients: [Goldilocks]) {
        precondition(coefficients.count == 5, "an element has five coefficients")
        self.init(coefficients[0], coefficients[1], coefficients[2], coefficients[3], coefficients[4])
    }

    /// Forty bytes, each coefficient little-endian; nothing where a coefficient is p or more.
    public init?(bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var coefficients: [Goldilocks] = []
        for limb in 0..<5 {
            guard let coefficient = Goldilocks(exactly: littleEndian(bytes, at: limb * 8)) else { return nil }
            coefficients.append(coefficient)
        }
        self.init(coefficients)
    }

    public var coefficients: [Goldilocks] { [c0, c1, c2, c3, c4] }
    public var bytes: [UInt8] { coefficients.flatMap { littleEndianBytes($0.value) } }
    public var description: String { Hexadecimal.text(bytes) }

    @inline(__always)
    static func + (a: QuinticElement, b: QuinticElement) -> QuinticElement {
        QuinticElement(a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2, a.c3 + b.c3, a.c4 + b.c4)
    }

    @inline(__always)
    static func - (a: QuinticElement, b: QuinticElement) -> QuinticElement {
        QuinticElement(a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2, a.c3 - b.c3, a.c4 - b.c4)
    }

    @inline(__always)
    static prefix func - (a: QuinticElement) -> QuinticElement { zero - a }

    @inline(__always)
    static func * (a: QuinticElement, factor: Goldilocks) -> QuinticElement {
        QuinticElement(a.c0 * factor, a.c1 * factor, a.c2 * factor, a.c3 * factor, a.c4 * factor)
    }

    /// Twenty-five products, five of them summed before each reduction; what passes z⁴ comes back times three.
    static func * (a: QuinticElement, b: QuinticElement) -> QuinticElement {
        let (b1, b2, b3, b4) = (b.c1.tripled, b.c2.tripled, b.c3.tripled, b.c4.tripled)
        var sum = ProductSum(a.c0, b.c0)
        sum.add(a.c1, b4)
        sum.add(a.c2, b3)
        sum.add(a.c3, b2)
        sum.add(a.c4, b1)
        let c0 = sum.reduced
        sum = ProductSum(a.c0, b.c1)
        sum.add(a.c1, b.c0)
        sum.add(a.c2, b4)
        sum.add(a.c3, b3)
        sum.add(a.c4, b2)
        let c1 = sum.reduced
        sum = ProductSum(a.c0, b.c2)
        sum.add(a.c1, b.c1)
        sum.add(a.c2, b.c0)
        sum.add(a.c3, b4)
        sum.add(a.c4, b3)
        let c2 = sum.reduced
        sum = ProductSum(a.c0, b.c3)
        sum.add(a.c1, b.c2)
        sum.add(a.c2, b.c1)
        sum.add(a.c3, b.c0)
        sum.add(a.c4, b4)
        let c3 = sum.reduced
        sum = ProductSum(a.c0, b.c4)
        sum.add(a.c1, b.c3)
        sum.add(a.c2, b.c2)
        sum.add(a.c3, b.c1)
        sum.add(a.c4, b.c0)
        return QuinticElement(c0, c1, c2, c3, sum.reduced)
    }

    @inline(__always)
    var squared: QuinticElement { self * self }

    @inline(__always)
    var doubled: QuinticElement { self + self }

    /// δ = 3^((p−1)/5): z^p = δz.
    static let frobeniusRoot = Goldilocks(canonical: 1_041_288_259_238_279_555)
    private static let frobeniusFactors: [[Goldilocks]] = (0...3).map { times in
        (0..<5).map { frobeniusRoot.power(UInt64(times * $0)) }
    }

    /// a^(p^times), for up to three times.
    func frobenius(times: Int = 1) -> QuinticElement {
        let factors = Self.frobeniusFactors[times]
        return QuinticElement(c0, c1 * factors[1], c2 * factors[2], c3 * factors[3], c4 * factors[4])
    }

    /// a^(p + p² + p³ + p⁴): the product of the other conjugates.
    private var conjugates: QuinticElement {
        let first = frobenius()
        let two = first * first.frobenius()
        return two * two.frobenius(times: 2)
    }

    /// The product of all five conjugates, which lies in the prime field.
    var norm: Goldilocks { (self * conjugates).c0 }

    /// 1/a, and 0 for 0.
    var inverse: QuinticElement {
        let others = conjugates
        return others * (self * others).c0.inverse
    }

    /// 1 for a square, −1 for another, 0 for 0.
    var legendre: Goldilocks { norm.legendre }

    /// A square root; nothing where there is none. Not for secrets.
    var squareRoot: QuinticElement? {
        if self == .zero { return self }
        guard let root = norm.squareRoot else { return nil }
        // d = a^((p+1)/2), e = d^p · d^(p³): e² is the product of the other conjugates, and so √a = √norm / e.
        let half = power((Goldilocks.modulus - 1) / 2 + 1)
        let product = half.frobenius() * half.frobenius(times: 3)
        return product.inverse * root
    }

    private func power(_ exponent: UInt64) -> QuinticElement {
        var result = Self.one
        for bit in (0..<64).reversed() {
            result = result.squared
            if exponent >> UInt64(bit) & 1 == 1 { result = result * self }
        }
        return result
    }

    /// The first where `mask` is all ones, the second where it is zero.
    @inline(__always)
    static func select(_ first: QuinticElement, _ second: QuinticElement, mask: UInt64) -> QuinticElement {
        @inline(__always) func pick(_ a: Goldilocks, _ b: Goldilocks) -> Goldilocks {
            Goldilocks(canonical: b.value ^ (mask & (a.value ^ b.value)))
        }
        return QuinticElement(
            pick(first.c0, second.c0), pick(first.c1, second.c1), pick(first.c2, second.c2), pick(first.c3, second.c3),
            pick(first.c4, second.c4))
    }
}

extension Goldilocks {
    @inline(__always)
    fileprivate var tripled: Goldilocks { self + self + self }
}

/// A sum of products of 128 bits, reduced once: 128 bits and the carries out of them.
private struct ProductSum {
    private var low: UInt128
    private var carries: UInt64 = 0

    @inline(__always)
    init(_ a: Goldilocks, _ b: Goldilocks) { low = Self.product(a, b) }

    @inline(__always)
    mutating func add(_ a: Goldilocks, _ b: Goldilocks) {
        let (sum, overflow) = low.addingReportingOverflow(Self.product(a, b))
        low = sum
        carries &+= overflow ? 1 : 0
    }

    /// A carry is 2¹²⁸ ≡ −2³².
    @inline(__always)
    var reduced: Goldilocks { Goldilocks(reducing: low) - Goldilocks(canonical: carries << 32) }

    @inline(__always)
    private static func product(_ a: Goldilocks, _ b: Goldilocks) -> UInt128 {
        let (high, low) = a.value.multipliedFullWidth(by: b.value)
        return UInt128(high) << 64 | UInt128(low)
    }
}
