public import Market

/// What a strategy says of itself to people; nothing is decided by it.
public struct StrategyStatus: Hashable, Sendable {
    /// What its hedge group has to hedge.
    public struct Exposure: Hashable, Sendable {
        public var base: Currency
        /// Σ confirmed fills of all legs, less the target, in 10⁻⁹ of the base currency.
        public var pending: Int64
        /// Of it, what is not to stay.
        public var excess: Int64
        /// Since when there is any.
        public var since: Timestamp?
        public var state: Hedger.State
        /// Hedges in a row that did not fill whole.
        public var failures: Int

        public init(_ hedger: Hedger, base: Currency) {
            (self.base, pending, excess) = (base, hedger.ledger.pending, hedger.excess)
            (since, state, failures) = (hedger.ledger.since, hedger.state, hedger.failures)
        }
    }

    /// In a word or two; empty where it has no phases.
    public var phase: String
    /// Rounds that have come to their end; nil where it has none.
    public var cyclesDone: Int?
    /// nil where it hedges nothing.
    public var exposure: Exposure?

    public init(phase: String = "", cyclesDone: Int? = nil, exposure: Exposure? = nil) {
        (self.phase, self.cyclesDone, self.exposure) = (phase, cyclesDone, exposure)
    }
}
