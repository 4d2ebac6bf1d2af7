import TestSupport
import Testing

@testable import Signing

/// The laws of the fields and of the curve, on random values and on those where a carry or a reduction could go wrong.
@Suite struct LighterPropertyTests {
    static let p = Goldilocks.modulus
    static let edges: [UInt64] = [
        0, 1, 2, 7, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 0x1_0000_0001, 1 << 63, p / 2, p / 2 + 1, p - 0x1_0000_0000, p - 2, p - 1, p,
        p + 1, .max - 1, .max,
    ]

    private func fieldElements(_ count: Int) -> [Goldilocks] {
        var numbers = SeededNumbers(seed: 11)
        return (Self.edges + (0..<count).map { _ in numbers.next() }).map { Goldilocks(reducing: $0) }
    }

    @Test func `an encoding of the prime field is below p`() {
        for value in Self.edges {
            #expect((Goldilocks(exactly: value) != nil) == (value < Self.p))
            #expect(Goldilocks(reducing: value).value == value % Self.p)
        }
    }

    @Test func `the prime field agrees with plain division`() {
        let elements = fieldElements(30)
        for a in elements {
            for b in elements {
                let (x, y, p) = (UInt128(a.value), UInt128(b.value), UInt128(Self.p))
                #expect(UInt128((a + b).value) == (x + y) % p)
                #expect(UInt128((a - b).value) == (x + p - y) % p)
                #expect(UInt128((a * b).value) == x * y % p)
            }
            #expect((-a + a) == .zero)
            #expect(a * a.inverse == (a == .zero ? .zero : .one))
            #expect(a.seventhPower == a.power(7))
            #expect(a.inverse == a.power(Self.p - 2))
        }
        let wide: [UInt128] = [0, .max, .max - 1, UInt128(Self.p) << 64, UInt128(Self.p) * UInt128(Self.p), 1 << 96, 1 << 64]
        for value in wide { #expect(UInt128(Goldilocks(reducing: value).value) == value % UInt128(Self.p)) }
    }

    @Test func `a square has a root, and nothing else has`() {
        var squares = 0
        let elements = fieldElements(60)
        for a in elements {
            #expect(a.squared.squareRoot.map { $0 == a || $0 == -a } == true)
            if let root = a.squareRoot {
                squares += 1
                #expect(root.squared == a)
            } else {
                #expect(a.legendre == -.one)
            }
        }
        #expect((15...65).contains(squares))
    }

    @Test func `laws of the extension`() {
        var numbers = SeededNumbers(seed: 12)
        let edge = Goldilocks(canonical: Self.p - 1)
        var elements: [QuinticElement] = [.zero, .one, -.one, QuinticElement(edge, edge, edge, edge, edge)]
        elements.append(QuinticElement(.zero, .one, .zero, .zero, .zero))
        for _ in TestScale.seeds(8) { elements.append(numbers.element()) }
        let z = elements[4]
        #expect(z.squared.squared * z == QuinticElement(Goldilocks(canonical: 3), .zero, .zero, .zero, .zero))
        for a in elements {
            for b in elements {
                #expect(a * b == b * a && a + b == b + a && (a - b) + b == a)
                #expect((a * b).frobenius() == a.frobenius() * b.frobenius())
                for c in elements {
                    #expect((a * b) * c == a * (b * c))
                    #expect(a * (b + c) == a * b + a * c)
                }
            }
            #expect(a * a.inverse == (a == .zero ? .zero : .one))
            #expect(a.frobenius().frobenius() == a.frobenius(times: 2))
            #expect(a.frobenius(times: 3).frobenius(times: 2) == a)
            #expect(a.squared.squareRoot.map { $0 == a || $0 == -a } == true)
            if let root = a.squareRoot { #expect(root.squared == a) } else { #expect(a.legendre == -.one) }
            #expect(makeElement(a.bytes) == a)
        }
    }

    @Test func `an element has one encoding`() {
        for limb in 0..<5 {
            for value in Self.edges {
                let bytes = (0..<5).flatMap { littleEndianBytes($0 == limb ? value : 5) }
                #expect((makeElement(bytes) != nil) == (value < Self.p))
            }
        }
        #expect(makeElement([UInt8](repeating: 0, count: 39)) == nil)
        #expect(makeElement([UInt8](repeating: 0, count: 41)) == nil)
    }

    @Test func `the scalar field agrees with arithmetic bit by bit`() {
        var numbers = SeededNumbers(seed: 13)
        let top = CurveScalar.zero - .one
        var scalars = [.zero, .one, CurveScalar.one + .one, top, top - .one, CurveScalar(reducing: [0, 0, 0, 0, 1 << 62])]
        for _ in TestScale.seeds(8) { scalars.append(numbers.scalar()) }
        for a in scalars {
            for b in scalars {
                #expect(a + b == b + a && (a - b) + b == a && a * b == b * a)
                // Multiplication by doubling and adding.
                var product = CurveScalar.zero
                for window in (0..<80).reversed() {
                    for _ in 0..<4 { product = product + product }
                    for _ in 0..<b.window(window) { product = product + a }
                }
                #expect(a * b == product)
                for c in scalars { #expect(a * (b + c) == a * b + a * c) }
            }
            #expect(makeScalar(bytes: a.bytes) == a)
        }
        #expect(top * top == .one)
    }

    @Test func `a scalar is below the order, in one encoding`() {
        let order = (0..<5).map { CurveScalar.order[$0] }
        #expect(makeScalar(order) == nil)
        #expect(makeScalar([order[0] - 1] + order[1...]) == CurveScalar.zero - .one)
        #expect(makeScalar([order[0] + 1] + order[1...]) == nil)
        #expect(makeScalar([UInt64](repeating: .max, count: 5)) == nil)
        #expect(CurveScalar(reducing: CurveScalar.order) == .zero)
        let all = CurveScalar(reducing: [.max, .max, .max, .max, .max])
        let radix = (0..<320).reduce(CurveScalar.one) { sum, _ in sum + sum }
        #expect(all + .one == radix)
        // Sixty-four bytes of ones are 2⁵¹² − 1.
        let ones = [UInt8](repeating: 0xff, count: 64)
        let wide = CurveScalar(reducingWide: ones.span)
        #expect(wide + .one == (0..<512).reduce(CurveScalar.one) { sum, _ in sum + sum })
        #expect(throws: KeyError.outOfRange(scheme: "Lighter")) {
            try consume(makeKey(LighterSecretKey.self, order.flatMap { littleEndianBytes($0) }))
        }
        #expect(throws: KeyError.outOfRange(scheme: "Lighter")) {
            try consume(makeKey(LighterSecretKey.self, [UInt8](repeating: 0, count: 40)))
        }
        #expect(throws: KeyError.wrongLength(scheme: "Lighter", expected: 40, found: 32)) {
            try consume(LighterSecretKey(hexadecimal: String(repeating: "11", count: 32)))
        }
    }

    @Test func `laws of the curve`() throws {
        var numbers = SeededNumbers(seed: 14)
        let g = CurvePoint.generator
        var points = [CurvePoint.neutral, g, -g, g + g]
        for _ in TestScale.seeds(6) { points.append(.generator(times: numbers.scalar())) }
        for a in points {
            #expect(a + .neutral == a && (a + -a).isNeutral)
            #expect(a + AffinePoint(a) == a + a)
            for b in points {
                #expect(a + b == b + a)
                #expect((a + b).encoded == (a + AffinePoint(b)).encoded)
                #expect((a == b) == (a.encoded == b.encoded))
                for c in points { #expect((a + b) + c == a + (b + c)) }
            }
            let decoded = try #require(CurvePoint(a.encoded))
            #expect(decoded == a && decoded.encoded == a.encoded)
            #expect(isOnCurve(decoded) && isOnCurve(a))
        }
    }

    @Test func `the order times any point is the neutral element`() {
        var numbers = SeededNumbers(seed: 15)
        let top = CurveScalar.zero - .one
        #expect(CurvePoint.generator(times: top) == -CurvePoint.generator)
        #expect(CurvePoint.generator(times: .zero).isNeutral)
        for _ in TestScale.seeds(4) {
            let point = CurvePoint.generator(times: numbers.scalar())
            #expect((.generator(times: .zero, plus: point, times: top) + point).isNeutral)
        }
    }

    @Test func `multiples add as their scalars do`() {
        var numbers = SeededNumbers(seed: 16)
        for _ in TestScale.seeds(10) {
            let (a, b, c) = (numbers.scalar(), numbers.scalar(), numbers.scalar())
            #expect(CurvePoint.generator(times: a) + .generator(times: b) == .generator(times: a + b))
            let point = CurvePoint.generator(times: c)
            #expect(CurvePoint.generator(times: a, plus: point, times: b) == .generator(times: a + b * c))
        }
    }

    @Test func `about half of all elements encode a point, and those encode it again`() {
        var numbers = SeededNumbers(seed: 17)
        var points = 0
        let count = TestScale.seeds(200).count
        for _ in 0..<count {
            let element = numbers.element()
            guard let point = CurvePoint(element) else { continue }
            points += 1
            #expect(point.encoded == element)
            #expect(isOnCurve(point))
        }
        #expect(points > count / 4 && points < count * 3 / 4)
    }

    /// With x = X/Z and y = x·T/U the curve's equation, without denominators: T²X·Z = U²(X² + 2XZ + 263z·Z²).
    private func isOnCurve(_ point: CurvePoint) -> Bool {
        let b = QuinticElement(.zero, Goldilocks(canonical: 263), .zero, .zero, .zero)
        let right = point.u.squared * (point.x.squared + (point.x * point.z).doubled + b * point.z.squared)
        return point.t.squared * point.x * point.z == right
    }
}
