public import Market

extension VenueConfiguration {
    /// Fees that follow what an account trades.
    public struct FeeTerms: Hashable, Sendable {
        /// Of linear and inverse contracts.
        public var contracts: FeeSchedule
        public var spot: FeeSchedule
        public var review: FeeReview
        /// Traded in the 30 days before the run, contracts and spot each, in 10⁻⁹ of the quote currency; it leaves the window
        /// evenly over the 30 days that follow.
        public var volume: Int64
        /// Staked, in 10⁻⁹ of the venue's token.
        public var stake: Int64

        public init(contracts: FeeSchedule, spot: FeeSchedule, review: FeeReview, volume: Int64 = 0, stake: Int64 = 0) {
            self.contracts = contracts
            self.spot = spot
            self.review = review
            self.volume = volume
            self.stake = stake
        }
    }

    /// What the venue asks of accounts that hold positions. Each settlement currency stands for itself: collateral in another
    /// one counts for nothing.
    public struct Margin: Hashable, Sendable {
        public var rules: MarginRules
        /// By listing; nil where no margin is asked for, such as spot.
        public var tables: [MarginTable?]
        /// Of the value of what is closed by force.
        public var liquidationFee: Rate

        public init(rules: MarginRules, tables: [MarginTable?], liquidationFee: Rate) {
            self.rules = rules
            self.tables = tables
            self.liquidationFee = liquidationFee
        }
    }
}
