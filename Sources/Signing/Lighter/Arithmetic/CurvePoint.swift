/// A point of ECgFp5, y² = x(x² + 2x + 263z) over GF(p⁵), in the group of prime order that the double-odd construction gives.
///
/// Fractions x = X/Z and u = x/y = U/T. The neutral element is (0, 0) with u = 0. Addition is complete: one formula for every pair,
/// doubling and the neutral element included, and no branch.
struct CurvePoint: Sendable, BitwiseCopyable {
    static let neutral = CurvePoint(x: .zero, z: .one, u: .zero, t: .one)
    static let generator = CurvePoint(
        x: QuinticElement(
            Goldilocks(canonical: 12_883_135_586_176_881_569), Goldilocks(canonical: 4_356_519_642_755_055_268),
            Goldilocks(canonical: 5_248_930_565_894_896_907), Goldilocks(canonical: 2_165_973_894_480_315_022),
            Goldilocks(canonical: 2_448_410_071_095_648_785)),
        z: .one, u: .one, t: QuinticElement(Goldilocks(canonical: 4), .zero, .zero, .zero, .zero))

    let x, z, u, t: QuinticElement

    /// The point that `encoded` names; nothing where no point does. Not for secrets.
    init?(_ w: QuinticElement) {
        if w == .zero {
            self = .neutral
            return
        }
        // w = y/x, and so x² + (2 − w²)x + b = 0: of its two solutions the curve's group holds the one that is no square.
        let e = w.squared - QuinticElement(Goldilocks(canonical: 2), .zero, .zero, .zero, .zero)
        let b = QuinticElement.one.timesB
        guard let root = (e.squared - b.doubled.doubled).squareRoot else { return nil }
        let half = Goldilocks(canonical: (Goldilocks.modulus + 1) / 2)
        let first = (e + root) * half
        let second = (e - root) * half
        self.init(x: first.legendre == .one ? second : first, z: .one, u: .one, t: w)
    }

    @inline(__always)
    init(x: QuinticElement, z: QuinticElement, u: QuinticElement, t: QuinticElement) {
        (self.x, self.z, self.u, self.t) = (x, z, u, t)
    }

    /// w = y/x = T/U, and 0 for the neutral element: one element for each point.
    var encoded: QuinticElement { t * u.inverse }

    var isNeutral: Bool { u == .zero }

    static prefix func - (a: CurvePoint) -> CurvePoint { CurvePoint(x: a.x, z: a.z, u: -a.u, t: a.t) }

    static func == (a: CurvePoint, b: CurvePoint) -> Bool { a.u * b.t == b.u * a.t }

    static func + (a: CurvePoint, b: CurvePoint) -> CurvePoint {
        let zz = a.z * b.z
        let tt = a.t * b.t
        let xx = a.x * b.x
        let uu = a.u * b.u
        return sum(
            xx: xx, zz: zz, uu: uu, tt: tt, xz: (a.x + a.z) * (b.x + b.z) - xx - zz, ut: (a.u + a.t) * (b.u + b.t) - uu - tt)
    }

    /// The sum with a point whose denominators are one: two products fewer.
    static func + (a: CurvePoint, b: AffinePoint) -> CurvePoint {
        sum(xx: a.x * b.x, zz: a.z, uu: a.u * b.u, tt: a.t, xz: a.x + a.z * b.x, ut: a.u + a.t * b.u)
    }

    /// The sum from the products of both points' coordinates: xz = X₁Z₂ + X₂Z₁ and ut = U₁T₂ + U₂T₁.
    @inline(__always)
    private static func sum(
        xx: QuinticElement, zz: QuinticElement, uu: QuinticElement, tt: QuinticElement, xz: QuinticElement, ut: QuinticElement
    ) -> CurvePoint {
        let bzz = zz.timesB
        let t7 = xx + bzz
        let t8 = tt * t7
        let t9 = uu * (xz.timesB + t7).doubled
        let t10 = (tt + uu.doubled) * (xz + t7)
        return CurvePoint(x: (t10 - t8).timesB, z: t8 - t9, u: ut * (bzz - xx), t: t8 + t9)
    }

    func doubled(times count: Int) -> CurvePoint {
        var result = self
        for _ in 0..<count { result = result + result }
        return result
    }

    /// scalar · G, in a time that tells nothing of the scalar.
    static func generator(times scalar: CurveScalar) -> CurvePoint {
        let table = FixedBase.generator
        var sum = neutral
        for window in 0..<FixedBase.windows { sum = sum + table.multiple(scalar.window(window), of: window) }
        return sum
    }

    /// a · G + b · point, for verification: its time depends on `b`.
    static func generator(times a: CurveScalar, plus point: CurvePoint, times b: CurveScalar) -> CurvePoint {
        var multiples = [neutral]
        for _ in 1..<16 { multiples.append(multiples[multiples.count - 1] + point) }
        var sum = neutral
        for window in (0..<FixedBase.windows).reversed() {
            sum = sum.doubled(times: 4)
            let digit = Int(b.window(window))
            if digit != 0 { sum = sum + multiples[digit] }
        }
        return sum + generator(times: a)
    }
}

/// A point whose denominators are one.
struct AffinePoint: Sendable, BitwiseCopyable {
    let x, u: QuinticElement

    @inline(__always)
    init(x: QuinticElement, u: QuinticElement) { (self.x, self.u) = (x, u) }

    init(_ point: CurvePoint) {
        let inverse = (point.z * point.t).inverse
        x = point.x * (point.t * inverse)
        u = point.u * (point.z * inverse)
    }
}

/// Multiples d · 16ʷ · G of every digit d and window w: a product with the generator is eighty additions and no doubling.
struct FixedBase: Sendable {
    static let windows = 80
    static let generator = FixedBase(.generator)

    private let points: ContiguousArray<AffinePoint>

    init(_ base: CurvePoint) {
        var points: ContiguousArray<AffinePoint> = []
        points.reserveCapacity(Self.windows * 16)
        var power = base
        for _ in 0..<Self.windows {
            var multiple = CurvePoint.neutral
            for _ in 0..<16 {
                points.append(AffinePoint(multiple))
                multiple = multiple + power
            }
            power = multiple
        }
        self.points = points
    }

    /// digit · 16^window · base. Reads all sixteen, so that neither time nor cache tells which was meant.
    @inline(__always)
    func multiple(_ digit: UInt64, of window: Int) -> AffinePoint {
        var x = QuinticElement.zero
        var u = QuinticElement.zero
        for candidate in 0..<16 {
            let point = points[window << 4 | candidate]
            let difference = UInt64(candidate) ^ digit
            // All ones where the difference is zero: only then does subtracting one borrow.
            let mask = 0 &- (((difference &- 1) & ~difference) >> 63)
            x = .select(point.x, x, mask: mask)
            u = .select(point.u, u, mask: mask)
        }
        return AffinePoint(x: x, u: u)
    }
}

extension QuinticElement {
    /// The product with the curve's b = 263z.
    @inline(__always)
    fileprivate var timesB: QuinticElement {
        let factor = Goldilocks(canonical: 263)
        return QuinticElement(c4 * Goldilocks(canonical: 789), c0 * factor, c1 * factor, c2 * factor, c3 * factor)
    }
}
