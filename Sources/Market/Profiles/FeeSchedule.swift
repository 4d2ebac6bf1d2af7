/// What a venue charges an account that has traded, or staked, this much.
public struct FeeTier: Hashable, Sendable {
    /// Traded in 30 days, in 10⁻⁹ of the quote currency; nil where volume does not lead to it.
    public var volume: Int64?
    /// Staked, in 10⁻⁹ of the venue's own token; nil where a stake does not lead to it.
    public var stake: Int64?
    /// Negative is a rebate.
    public var maker: Rate
    public var taker: Rate

    public init(volume: Int64? = nil, stake: Int64? = nil, maker: Rate, taker: Rate) {
        self.volume = volume
        self.stake = stake
        self.maker = maker
        self.taker = taker
    }

    func isReached(volume: Int64, stake: Int64) -> Bool {
        if let least = self.volume, volume >= least { return true }
        if let least = self.stake, stake >= least { return true }
        return false
    }
}

/// Tiers from the dearest to the cheapest; the better of volume and stake decides.
public struct FeeSchedule: Hashable, Sendable {
    public var tiers: [FeeTier]

    /// - Precondition: There is one tier at least.
    public init(_ tiers: [FeeTier]) {
        precondition(!tiers.isEmpty, "a schedule of fees needs a tier")
        self.tiers = tiers
    }

    /// The cheapest tier that is reached; the first where none is.
    public func tier(volume: Int64, stake: Int64) -> FeeTier {
        tiers.last { $0.isReached(volume: volume, stake: stake) } ?? tiers[0]
    }
}

/// When a venue looks at an account's volume again.
public struct FeeReview: Hashable, Sendable {
    public var interval: Nanoseconds
    /// After midnight UTC.
    public var offset: Nanoseconds

    public init(every interval: Nanoseconds, offset: Nanoseconds = .zero) {
        self.interval = interval
        self.offset = offset
    }

    /// The last review at or before `time`.
    public func last(before time: Timestamp) -> Timestamp {
        let count = floorQuotient(time.nanoseconds - offset.count, interval.count)
        return Timestamp(nanoseconds: count * interval.count + offset.count)
    }
}

/// What a venue makes of a fee that is not a whole number of its smallest amount.
public struct FeeRounding: Hashable, Sendable {
    public enum Direction: Hashable, Sendable {
        /// Against the account: a fee grows, a rebate shrinks.
        case up
        /// Half to even.
        case nearest
    }

    /// As exact as money is kept here.
    public static let finest = FeeRounding(unit: 1, .nearest)

    /// The smallest amount, in 10⁻⁹ of a currency.
    public var unit: Int64
    public var direction: Direction

    public init(unit: Int64, _ direction: Direction) {
        self.unit = unit
        self.direction = direction
    }

    /// The share `rate` of an amount; positive is a cost.
    public func fee(_ amount: Money, _ rate: Rate) -> Money {
        let (numerator, denominator) = (Int128(amount.nanos) * Int128(rate.trillionths), Int128(Rate.scale) * Int128(unit))
        let units =
            switch direction {
            case .up: ceilingQuotient(numerator, denominator)
            case .nearest: roundedQuotient(numerator, denominator)
            }
        return Money(nanos: units * unit, amount.currency)
    }
}
