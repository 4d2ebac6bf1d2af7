/// How a venue reckons a funding rate from the average premium of an interval.
///
/// rate = average + clamp(interest − average, ± band), within ± cap, for `span`; of it, one interval's share is paid.
public struct FundingRule: Hashable, Sendable {
    /// The price that a payment is reckoned on.
    public enum Price: Hashable, Sendable { case mark, index }

    public var interval: Nanoseconds
    /// What the formula's rate is for.
    public var span: Nanoseconds
    public var interest: Rate
    public var band: Rate
    public var cap: Rate
    /// Digits beyond it are cut off, towards zero.
    public var resolution: Rate
    /// The premium is looked at once in each such span.
    public var sampleEvery = Nanoseconds.minutes(1)
    /// In 10⁻⁹ of the quote currency: the premium is that of taking what this margin carries at the highest leverage; with 0,
    /// that of the best prices.
    public var impactMargin: Int64

    public init(
        interval: Nanoseconds, span: Nanoseconds, interest: Rate, band: Rate, cap: Rate, resolution: Rate, impactMargin: Int64 = 0
    ) {
        self.impactMargin = impactMargin
        self.interval = interval
        self.span = span
        self.interest = interest
        self.band = band
        self.cap = cap
        self.resolution = resolution
    }

    /// The rate of one interval; positive: longs pay.
    public func rate(averagePremium average: Rate) -> Rate {
        let pull = Self.clamp(interest.trillionths - average.trillionths, band.trillionths)
        let full = Self.clamp(average.trillionths + pull, cap.trillionths)
        let share = Int64(Int128(full) * Int128(interval.count) / Int128(span.count))
        return Rate(trillionths: share / resolution.trillionths * resolution.trillionths)
    }

    /// How far the book stands above (positive) or below the index, as a share of it: the prices are averages of taking the
    /// impact notional from either side.
    public static func premium(impactBid: FinePrice, impactAsk: FinePrice, index: FinePrice) -> Rate {
        let excess = max(0, impactBid.nanos - index.nanos) - max(0, index.nanos - impactAsk.nanos)
        return Rate(trillionths: roundedQuotient(Int128(excess) * Int128(Rate.scale), Int128(index.nanos)))
    }

    private static func clamp(_ value: Int64, _ bound: Int64) -> Int64 { min(max(value, -bound), bound) }
}
