internal import Market

/// The variance of relative price changes, in bp² a second: a statistic, weighted towards the present.
struct AverageVariance {
    private let halfLife: Double
    private var last: (price: FinePrice, time: Timestamp)?
    /// nil until two prices have come.
    private(set) var perSecond: Double?

    init(halfLife: Nanoseconds) { self.halfLife = Double(halfLife.count) / 1_000_000_000 }

    mutating func add(_ price: FinePrice, at time: Timestamp) {
        defer { last = (price, time) }
        guard let last, time > last.time else { return }
        let seconds = Double((time - last.time).count) / 1_000_000_000
        let change = Double(price.nanos - last.price.nanos) / Double(last.price.nanos) * 10_000
        let sample = change * change / seconds
        // The rational neighbour of the exponential average: the same on every machine.
        let weight = seconds / (seconds + halfLife * 1.44)
        perSecond = perSecond.map { $0 + (sample - $0) * weight } ?? sample
    }
}

/// ln *x* from its series: sums, products and quotients alone, so that every machine has the same digits.
///
/// - Precondition: x > 0.
func naturalLogarithm(_ x: Double) -> Double {
    precondition(x > 0, "only positive numbers have a logarithm")
    var (rest, halvings) = (x, 0.0)
    while rest > 1.5 {
        rest /= 2
        halvings += 1
    }
    while rest < 0.75 {
        rest *= 2
        halvings -= 1
    }
    // ln r = 2 artanh((r − 1) ÷ (r + 1)).
    let ratio = (rest - 1) / (rest + 1)
    var (power, sum) = (ratio, 0.0)
    for odd in stride(from: 1.0, through: 41, by: 2) {
        sum += power / odd
        power *= ratio * ratio
    }
    return 2 * sum + halvings * 0.693_147_180_559_945_3
}
