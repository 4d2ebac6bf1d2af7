public import Market
public import Signing
public import Trading

/// A checked scenario: every value typed, every name resolved, every default filled in.
public struct Scenario: Sendable {
    public enum Sync: String, Sendable, CaseIterable {
        /// A book is trusted from its first snapshot on, one made of single orders without a snapshot after ten minutes.
        case snapshot
        /// A book without a snapshot is trusted once its best prices have equalled the feed's own quotes for 10 s.
        case touch
    }

    public enum Queue: String, Sendable, CaseIterable {
        case tradesOnly = "trades-only"
        case riskAverse = "risk-averse"
        case power, power2, power3, log, log2
        case exactFIFO = "exact-fifo"

        /// The power models take an exponent.
        public var hasExponent: Bool { self == .power || self == .power2 || self == .power3 }
    }

    public enum PostOnly: String, Sendable, CaseIterable { case reject, expire, slide }

    public enum SelfTrade: String, Sendable, CaseIterable {
        case profile, allow
        case expireMaker = "expire-maker"
        case expireTaker = "expire-taker"
        case expireBoth = "expire-both"
        case reduceBoth = "reduce-both"
    }

    public enum SelfTradeScope: String, Sendable, CaseIterable { case account, venue }
    public enum MarketPrice: String, Sendable, CaseIterable { case worst, average }
    public enum AmendPlace: String, Sendable, CaseIterable { case kept, lost }
    public enum Limits: String, Sendable, CaseIterable { case profile, none }
    public enum Funding: String, Sendable, CaseIterable { case recording, formula }
    public enum Nonces: String, Sendable, CaseIterable { case profile, exact, increasing, none }
    public enum SpotFee: String, Sendable, CaseIterable { case quote, received }
    public enum Returns: String, Sendable, CaseIterable { case additive, compounding }

    public struct Venue: Sendable, Hashable {
        public var name: String
        /// The recorded venue whose feeds it is made of.
        public var feed: String
        public var profile: VenueProfile
        public var minimumLatency: Nanoseconds
        public var sync: Sync
        public var queue: Queue
        /// Of the power models, in 10⁻⁹; nil for the others.
        public var queueExponent: Int64?
        public var postOnly: PostOnly
        public var spotFee: SpotFee
        public var selfTrade: SelfTrade
        public var selfTradeScope: SelfTradeScope
        public var marketPrice: MarketPrice
        public var amendPlace: AmendPlace
        /// Of requests, open orders and prices.
        public var limits: LimitsChoice
        /// What requests' numbers have to be.
        public var nonces: Nonces
        /// Where funding rates come from.
        public var funding: Funding
        /// Of settlements by the formula; nil: the profile's.
        public var fundingInterval: Nanoseconds?
        /// The half-life of what we took of a level; nil: it is remembered until the level shows less.
        public var replenish: Nanoseconds?
        /// Smallest order value of what is quoted in its currency.
        public var minimumNotional: Money?
        /// By the trader's symbol.
        public var instruments: [String: InstrumentTerms]
        public var margin: MarginChoice
    }

    public struct Account: Sendable, Hashable {
        public var name: String
        public var venue: String
        public var collateral: [Money]
        public var makerFee: Rate
        public var takerFee: Rate
        public var feeBasis: FeeBasis
        public var cancelsOnDisconnect: Bool
        /// nil: the venue's default.
        public var leverage: Int64?
        /// The speed bumps of its tier included.
        public var connection: ConnectionModel
        /// The name of the credential that live commands resolve; never a secret.
        public var key: String?
    }

    public struct StrategyChoice: Sendable {
        /// The user's name of one of several; nil where the scenario has one `strategy`.
        public var id: String?
        public var name: String
        public var symbol: String
        /// Account by role.
        public var accounts: [String: String]
        public var parameters: Parameters
        /// From an event to the commands that it brings about.
        public var computeTime: Nanoseconds
        public var limits: InstanceRisk

        /// What journal and report call it.
        public var label: String { id ?? name }
    }

    /// Limits of one of several strategies, as written.
    public struct InstanceRisk: Sendable, Hashable {
        public var maximumOrderNotional: Money?
        public var maximumPosition: Money?
        public var maximumOrdersPerSecond: Int?
        public var losses: LossLimits?

        public init(
            maximumOrderNotional: Money? = nil, maximumPosition: Money? = nil, maximumOrdersPerSecond: Int? = nil,
            losses: LossLimits? = nil
        ) {
            (self.maximumOrderNotional, self.maximumPosition) = (maximumOrderNotional, maximumPosition)
            (self.maximumOrdersPerSecond, self.losses) = (maximumOrdersPerSecond, losses)
        }
    }

    /// Limits as written: amounts keep their currency until the instruments are known.
    public struct Risk: Sendable, Hashable {
        public var maximumOrderNotional: Money?
        public var maximumPosition: Money?
        public var priceCollar: Rate?
        public var maximumOrdersPerSecond: Int?
        public var reservedOrdersPerSecond: Int
        public var duplicateWindow: Nanoseconds?
        public var staleAfter: Nanoseconds?
        public var maximumRejectsPerMinute: Int?
        /// The share of the equity that quotes leave free of margin; nil: they are not asked for it.
        public var marginHeadroom: Rate?
        public var losses: LossLimits?
        /// How often our record is compared with the venues'.
        public var reconcileEvery: Nanoseconds
    }

    public enum RateSource: Sendable, Hashable {
        /// Stated by the user, in 10⁻⁹; an assumption that the report prints.
        case stated(Int64)
        /// The mid of a feed.
        case feed(venue: String, symbol: String)
    }

    public struct CurrencyRate: Sendable, Hashable {
        public var from: Currency
        public var to: Currency
        public var source: RateSource
    }

    /// A key that was not taken from the file.
    public struct Override: Sendable, Hashable {
        public var key: String
        public var value: String
        public var source: String
    }

    public var file: String
    public var name: String
    public var seed: UInt64
    /// As they are to be opened: relative ones are relative to the file.
    public var tapes: [String]
    public var start: Timestamp?
    public var end: Timestamp?
    /// Sorted by name, as are the accounts.
    public var venues: [Venue]
    public var accounts: [Account]
    /// Venue symbol by trader's symbol and venue, where the tape's own symbol is not enough.
    public var symbols: [String: [String: String]]
    /// One, or several sorted by their ids; never empty.
    public var strategies: [StrategyChoice]
    public var risk: Risk
    public var reporting: Currency
    public var rates: [CurrencyRate]
    public var capital: Money?
    public var returns: Returns
    /// Sorted by their canonical text.
    public var faults: [Fault]
    public var overrides: [Override]
    /// One `key = value` a line, sorted, units normalised; without tapes' paths and credentials.
    public var canonicalText: String
    /// YAML that gives this scenario again, overrides applied; it names credentials, and holds none.
    public var source: String

    /// SHA-256 of the canonical text.
    public var hash: SHA256Digest { sha256(canonicalText) }

    /// The only one, or the first.
    public var strategy: StrategyChoice {
        get { strategies[0] }
        set { strategies[0] = newValue }
    }

    /// From an event to the commands that it brings about: one core decides for all, so the longest of them holds.
    public var computeTime: Nanoseconds { strategies.map(\.computeTime).max() ?? .zero }

    /// What trades, on one line.
    public var strategyText: String {
        strategies.map { choice in choice.id.map { "\($0) (\(choice.name))" } ?? choice.name }.joined(separator: ", ")
    }

    public func venue(_ name: String) -> Venue? { venues.first { $0.name == name } }
    public func account(_ name: String) -> Account? { accounts.first { $0.name == name } }
}
