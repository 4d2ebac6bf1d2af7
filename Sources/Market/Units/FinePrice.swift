/// A price in 10⁻⁹ of the quote currency: mark, index, mid, volume-weighted averages.
public struct FinePrice: Hashable, Comparable, BitwiseCopyable, Sendable {
    public static let scale: Int64 = 1_000_000_000

    public var nanos: Int64
    @inlinable public init(nanos: Int64) { self.nanos = nanos }

    @inlinable public static func < (lhs: FinePrice, rhs: FinePrice) -> Bool { lhs.nanos < rhs.nanos }
}
