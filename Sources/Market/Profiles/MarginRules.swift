/// What share of a position's notional a venue asks for.
///
/// Notionals and requirements are 10⁻⁹ of one currency; requirements are rounded up.
public enum MarginSchedule: Hashable, Sendable {
    case flat(Rate)
    /// The larger of `base` and `factor` × √notional, the notional in whole units of the currency.
    case squareRoot(base: Rate, factor: Rate)
    /// By size, smallest first: the bracket's share less its deduction.
    case brackets([MarginBracket])

    public func requirement(_ notional: Int64) -> Int64 {
        switch self {
        case .flat(let rate): return Self.share(notional, rate.trillionths)
        case .squareRoot(let base, let factor):
            // √(n × 10⁻⁹) in 10⁻⁹ is √(n × 10⁹).
            let root = floorSquareRoot(UInt128(notional) * 1_000_000_000)
            let grown = ceilingQuotient(Int128(factor.trillionths) * Int128(root), 1_000_000_000)
            return Self.share(notional, max(base.trillionths, grown))
        case .brackets(let brackets):
            guard let bracket = brackets.last(where: { $0.floor <= notional }) ?? brackets.first else { return 0 }
            return max(0, Self.share(notional, bracket.rate.trillionths) - bracket.deduction)
        }
    }

    /// The share of a position that is as small as can be.
    public var smallestRate: Rate {
        switch self {
        case .flat(let rate): rate
        case .squareRoot(let base, _): base
        case .brackets(let brackets): brackets.first?.rate ?? .zero
        }
    }

    private static func share(_ notional: Int64, _ trillionths: Int64) -> Int64 {
        ceilingQuotient(Int128(notional) * Int128(trillionths), Int128(Rate.scale))
    }
}

public struct MarginBracket: Hashable, Sendable {
    /// The notional from which on it holds.
    public var floor: Int64
    public var rate: Rate
    /// What makes the requirement grow without a jump from the bracket before.
    public var deduction: Int64

    public init(floor: Int64, rate: Rate, deduction: Int64 = 0) {
        self.floor = floor
        self.rate = rate
        self.deduction = deduction
    }
}

/// What a venue asks for one contract.
public struct MarginTable: Hashable, Sendable {
    /// The trader's name of what the contract is on, such as `BTC`.
    public var symbol: String
    /// To open.
    public var initial: MarginSchedule
    /// To keep.
    public var maintenance: MarginSchedule
    /// Below it the venue takes the account's positions over; nil: where equity is below nothing.
    public var closeOut: MarginSchedule?
    /// What an account has before it chooses; nil: the largest.
    public var defaultLeverage: Int64?

    public init(
        symbol: String, initial: MarginSchedule, maintenance: MarginSchedule, closeOut: MarginSchedule? = nil, defaultLeverage: Int64? = nil
    ) {
        self.symbol = symbol
        self.initial = initial
        self.maintenance = maintenance
        self.closeOut = closeOut
        self.defaultLeverage = defaultLeverage
    }

    /// What opening asks for; a leverage raises it to a share of at least 1 ÷ leverage.
    public func initialRequirement(_ notional: Int64, leverage: Int64?) -> Int64 {
        let required = initial.requirement(notional)
        guard let leverage = leverage ?? defaultLeverage else { return required }
        return max(required, ceilingQuotient(Int128(notional), Int128(leverage)))
    }

    /// The largest leverage that a small position can have.
    public var maximumLeverage: Int64 {
        let rate = initial.smallestRate.trillionths
        return rate > 0 ? max(1, Rate.scale / rate) : .max
    }
}

/// How a venue guards itself against an account's losses.
public struct MarginRules: Hashable, Sendable {
    /// How open orders count beside a position.
    public enum OpenOrders: Hashable, Sendable {
        /// |position| and the orders that make it larger; an order on the other side for what it exceeds the position by.
        case riskIncreasing
        /// The larger side of long position and purchases, and short position and sales.
        case worstSide
    }

    /// What happens below the maintenance requirement, once all orders are cancelled.
    public enum Liquidation: Hashable, Sendable {
        /// At each mark, this share of each position is sent to the book, until the requirement is met.
        case passes(share: Rate)
        /// At each mark, each position is sent to the book with a limit at which equity ÷ requirement stays as it is, until the
        /// requirement is met; the fee is at most what the price is better than the limit.
        case zeroPrice
        /// The venue's fund takes all positions over at the mark.
        case takeover
    }

    public var openOrders: OpenOrders
    /// Whether open orders count for the maintenance requirement too.
    public var maintainsOrders: Bool
    /// Whether a leverage holds for all of an account's instruments.
    public var leverageIsPerAccount: Bool
    public var liquidation: Liquidation

    public init(openOrders: OpenOrders, maintainsOrders: Bool = false, leverageIsPerAccount: Bool = false, liquidation: Liquidation) {
        self.openOrders = openOrders
        self.maintainsOrders = maintainsOrders
        self.leverageIsPerAccount = leverageIsPerAccount
        self.liquidation = liquidation
    }

    /// What is asked for where only a table of requirements is known.
    public static let plain = MarginRules(openOrders: .worstSide, liquidation: .takeover)

    /// The lots that a position with the purchases and sales that wait beside it counts for.
    public func exposure(position: Int64, buys: Int64, sells: Int64) -> Int64 {
        switch openOrders {
        case .riskIncreasing:
            let (same, opposite) = position >= 0 ? (buys, sells) : (sells, buys)
            return abs(position) + same + max(0, opposite - abs(position))
        case .worstSide:
            return max(max(0, position) + buys, max(0, -position) + sells)
        }
    }
}
