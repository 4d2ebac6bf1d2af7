/// A step of the grid as a whole number over a power of ten, so that counts of it become the nearest `Double`.
public struct DecimalStep: Sendable {
    /// The step in 10⁻⁹.
    public let nanos: Int64
    private let multiplier: Int64
    private let divisor: Double

    public init(nanos: Int64) {
        self.nanos = nanos
        var (multiplier, divisor) = (nanos, Int64(1_000_000_000))
        while divisor > 1, multiplier % 10 == 0 { (multiplier, divisor) = (multiplier / 10, divisor / 10) }
        self.multiplier = multiplier
        self.divisor = Double(divisor)
    }

    /// `count` steps. Below 2⁵³ units of the last decimal it is the `Double` that the decimal text would be read as.
    public func real(_ count: Int64) -> Double {
        let (product, overflow) = count.multipliedReportingOverflow(by: multiplier)
        return overflow ? Double(count) * Double(multiplier) / divisor : Double(product) / divisor
    }
}
