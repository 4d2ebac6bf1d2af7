public import Market

/// How a simulated venue behaves: its instruments, accounts and rules. Every model is a value chosen here.
public struct VenueConfiguration: Sendable {
    public struct Account: Hashable, Sendable {
        public var id: AccountID
        public var collateral: [Money]
        /// Negative is a rebate.
        public var makerFee: Rate
        public var takerFee: Rate
        /// From our sending to the venue's matching.
        public var entryLatency: Nanoseconds
        /// From the venue's matching to our receiving.
        public var responseLatency: Nanoseconds

        public init(
            id: AccountID, collateral: [Money], makerFee: Rate, takerFee: Rate, entryLatency: Nanoseconds, responseLatency: Nanoseconds
        ) {
            self.id = id
            self.collateral = collateral
            self.makerFee = makerFee
            self.takerFee = takerFee
            self.entryLatency = entryLatency
            self.responseLatency = responseLatency
        }
    }

    public struct Listing: Hashable, Sendable {
        public var id: InstrumentID
        public var instrument: Instrument
        /// Order prices are multiples of this many of the feed's ticks.
        public var orderTick: Int64

        public init(id: InstrumentID, instrument: Instrument, orderTick: Int64 = 1) {
            self.id = id
            self.instrument = instrument
            self.orderTick = orderTick
        }
    }

    /// What happens to a post-only order that would take.
    public enum PostOnlyPolicy: String, Hashable, Sendable, CaseIterable { case reject, expire }

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
    /// Whether a fill is followed by the position and the balances that it left.
    public var reportsAccountState: Bool
    /// What goes wrong; nil: nothing does.
    public var faults: FaultPlan?

    public init(
        listings: [Listing], accounts: [Account], queue: QueueModel = .riskAverse, matching: Matching = .faithful,
        postOnly: PostOnlyPolicy = .reject, spotFee: SpotFee = .quote, reportsAccountState: Bool = true,
        faults: FaultPlan? = nil
    ) {
        self.listings = listings
        self.accounts = accounts
        self.queue = queue
        self.matching = matching
        self.postOnly = postOnly
        self.spotFee = spotFee
        self.reportsAccountState = reportsAccountState
        self.faults = faults
    }
}
