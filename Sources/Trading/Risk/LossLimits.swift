public import Market

/// Losses after which no new risk is taken: of the equity in one currency, all accounts together.
public struct LossLimits: Hashable, Sendable {
    /// What becomes of a delta-neutral pair when a limit is passed.
    public enum Policy: String, Hashable, Sendable, CaseIterable {
        /// Quotes are cancelled and refused; what is held stays, and stays hedged.
        case holdNeutral = "hold_neutral"
        /// The same, and what positions offset each other is closed in matched slices; what has no counterpart stays, and is hedged.
        case flattenPair = "flatten_pair"
        /// All that the accounts hold is closed.
        case flattenAll = "flatten_all"
    }

    public var currency: Currency
    /// Below the highest equity so far; in 10⁻⁹, as are the others.
    public var drawdown: Int64?
    /// Below the equity of an hour ago, and of a day ago.
    public var hourly: Int64?
    public var daily: Int64?
    public var policy: Policy

    public init(_ currency: Currency, drawdown: Int64? = nil, hourly: Int64? = nil, daily: Int64? = nil, policy: Policy = .holdNeutral) {
        self.currency = currency
        self.drawdown = drawdown
        self.hourly = hourly
        self.daily = daily
        self.policy = policy
    }
}
