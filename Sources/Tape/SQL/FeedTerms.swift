internal import Market

/// What rows need to know of a feed.
struct FeedTerms {
    /// A step of the grid as a whole number over a power of ten, so that counts of it become the nearest `Double`.
    struct Step {
        let nanos: Int64
        private let multiplier: Int64
        private let divisor: Double

        init(nanos: Int64) {
            self.nanos = nanos
            var (multiplier, divisor) = (nanos, Int64(1_000_000_000))
            while divisor > 1, multiplier % 10 == 0 { (multiplier, divisor) = (multiplier / 10, divisor / 10) }
            self.multiplier = multiplier
            self.divisor = Double(divisor)
        }

        /// `count` steps. Below 2⁵³ units of the last decimal it is the `Double` that the decimal text would be read as.
        func real(_ count: Int64) -> Double {
            let (product, overflow) = count.multipliedReportingOverflow(by: multiplier)
            return overflow ? Double(count) * Double(multiplier) / divisor : Double(product) / divisor
        }
    }

    let venue: String
    let symbol: String
    let price: Step
    let size: Step

    init(_ instrument: Instrument) {
        venue = instrument.venue
        symbol = instrument.symbol
        price = Step(nanos: instrument.tickSize.nanos)
        size = Step(nanos: instrument.lotSize)
    }
}
