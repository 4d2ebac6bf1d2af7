/// Limits of one instance of a strategy, beside those of all of them together; nil switches a limit off.
public struct InstanceLimits: Hashable, Sendable {
    /// Largest value of a quote, in 10⁻⁹ of the quote currency.
    public var maximumOrderNotional: Int64?
    /// Largest absolute position of its own in one instrument of an account, its working orders included, in 10⁻⁹ of the base currency.
    public var maximumPosition: Int64?
    /// Its orders of any purpose in any span of one second; hedges are counted and never refused for it.
    public var maximumOrdersPerSecond: Int?
    /// Of its own profit, in one currency. Beyond them its quotes are cancelled and refused for good; its hedges go on.
    public var losses: LossLimits?

    public init(
        maximumOrderNotional: Int64? = nil, maximumPosition: Int64? = nil, maximumOrdersPerSecond: Int? = nil, losses: LossLimits? = nil
    ) {
        self.maximumOrderNotional = maximumOrderNotional
        self.maximumPosition = maximumPosition
        self.maximumOrdersPerSecond = maximumOrdersPerSecond
        self.losses = losses
    }
}
