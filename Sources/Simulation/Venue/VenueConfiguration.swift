public import Market
public import Trading

/// How a simulated venue behaves: its instruments, accounts and rules. Every model is a value chosen here.
public struct VenueConfiguration: Sendable {
    public struct Account: Hashable, Sendable {
        public var id: AccountID
        public var collateral: [Money]
        /// Negative is a rebate.
        public var makerFee: Rate
        public var takerFee: Rate
        /// nil: the fees stay what they are.
        public var feeTerms: FeeTerms?
        /// Chosen before the run; nil: the venue's default.
        public var leverage: Int64?
        /// Whether losing its connection cancels its orders.
        public var cancelsOnDisconnect = false
        public var connection: ConnectionModel

        public init(id: AccountID, collateral: [Money], makerFee: Rate, takerFee: Rate, connection: ConnectionModel) {
            self.id = id
            self.collateral = collateral
            self.makerFee = makerFee
            self.takerFee = takerFee
            self.connection = connection
        }

        /// With latencies that are always the same.
        public init(
            id: AccountID, collateral: [Money], makerFee: Rate, takerFee: Rate, entryLatency: Nanoseconds, responseLatency: Nanoseconds
        ) {
            self.init(
                id: id, collateral: collateral, makerFee: makerFee, takerFee: takerFee,
                connection: .constant(entry: entryLatency, response: responseLatency))
        }
    }

    public struct Listing: Hashable, Sendable {
        public var id: InstrumentID
        public var instrument: Instrument
        /// Order prices are multiples of this many of the feed's ticks.
        public var orderTick: Int64
        /// nil: limits may be anywhere.
        public var band: PriceBand?

        public init(id: InstrumentID, instrument: Instrument, orderTick: Int64 = 1) {
            self.id = id
            self.instrument = instrument
            self.orderTick = orderTick
        }
    }

    /// What happens to a post-only order that would take.
    public enum PostOnlyPolicy: String, Hashable, Sendable, CaseIterable {
        case reject, expire
        /// It rests one tick behind the best price that it would have met.
        case slide
    }

    /// Whose orders self-trade prevention keeps apart.
    public enum SelfTradeScope: String, Hashable, Sendable, CaseIterable {
        case account
        /// All our accounts at the venue.
        case venue
    }

    /// What the price of a market order bounds.
    public enum MarketPrice: String, Hashable, Sendable, CaseIterable {
        /// The worst price of any part of it.
        case worst
        /// The average price of all of it.
        case average
    }

    /// What a spot fee is taken from.
    public enum SpotFee: String, Hashable, Sendable, CaseIterable {
        /// Always the quote currency.
        case quote
        /// What the fill brings: the base currency of a purchase, the quote currency of a sale.
        case received
    }

    public enum Matching: Hashable, Sendable {
        /// Own orders share what traded and what the book shows; taking is remembered.
        case faithful
        /// hftbacktest's rules without partial fills, for comparison: orders fill whole, taking leaves no trace.
        case hftbacktest
    }

    public var listings: [Listing]
    public var accounts: [Account]
    public var queue: QueueModel
    public var matching: Matching
    public var postOnly: PostOnlyPolicy
    public var spotFee: SpotFee
    /// Where an order does not say.
    public var selfTrade = SelfTradePrevention.expireMaker
    public var selfTradeScope = SelfTradeScope.account
    public var marketPrice = MarketPrice.worst
    /// What each account may ask; nil: anything.
    public var limits: RequestLimits?
    /// What requests' numbers have to be; nil: they carry none.
    public var nonceRule: NonceRule?
    /// Whether an amend that only lowers the quantity keeps the order's place.
    public var amendKeepsPlace = true
    /// In which time half of what we took of a level is put in again by others; nil: never, until the level shows less.
    public var replenish: Nanoseconds?
    /// Whether a fill is followed by the position and the balances that it left.
    public var reportsAccountState: Bool
    /// Of what the venue draws.
    public var seed: UInt64
    /// What goes wrong; nil: nothing does.
    public var faults: FaultPlan?
    public var feeRounding = FeeRounding.finest
    /// nil: no margin is asked for.
    public var margin: Margin?
    /// Reckons funding rates from the book and the index; nil: the feed tells them.
    public var fundingRule: FundingRule?
    /// What funding is paid on.
    public var fundingPrice = FundingRule.Price.mark

    public init(
        listings: [Listing], accounts: [Account], queue: QueueModel = .riskAverse, matching: Matching = .faithful,
        postOnly: PostOnlyPolicy = .reject, spotFee: SpotFee = .quote, reportsAccountState: Bool = true, seed: UInt64 = 1,
        faults: FaultPlan? = nil
    ) {
        self.listings = listings
        self.accounts = accounts
        self.queue = queue
        self.matching = matching
        self.postOnly = postOnly
        self.spotFee = spotFee
        self.reportsAccountState = reportsAccountState
        self.seed = seed
        self.faults = faults
    }
}
