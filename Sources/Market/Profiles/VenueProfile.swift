/// What says where it was found and when.
public protocol Sourced {
    var source: String { get }
    var date: String { get }
}

/// A number, or a table of numbers, of a venue with where it was found and when.
public struct Fact<Value: Sendable & Hashable>: Sendable, Hashable, Sourced {
    public var value: Value
    public var source: String
    /// Year and month, such as `2026-09`.
    public var date: String

    public init(_ value: Value, source: String, date: String) {
        self.value = value
        self.source = source
        self.date = date
    }
}

/// A venue's rule for an order that meets its own owner's, where the order states none.
public enum SelfTradeDefault: String, Hashable, Sendable { case expireMaker, expireTaker }

/// What is known of a venue's rules, fees and delays, each with its source and date.
///
/// What is not known is nil, and a scenario that needs it must state it.
public struct VenueProfile: Sendable, Hashable {
    public var name: String
    /// The recorded venues that are this venue; a feed of another one is traded under foreign rules.
    public var feeds: [String]
    public var makerFee: Fact<Rate>?
    public var takerFee: Fact<Rate>?
    /// By kind of account, the usual one first; empty where none is known.
    public var speedBumps: [Fact<SpeedBumpTier>] = []
    /// Of contracts, from the dearest tier on; nil where one pair of fees is all that is known.
    public var feeTiers: Fact<FeeSchedule>?
    public var spotFeeTiers: Fact<FeeSchedule>?
    public var feeReview: Fact<FeeReview>?
    public var feeRounding: Fact<FeeRounding>?
    public var marginRules: Fact<MarginRules>?
    public var marginTables: [Fact<MarginTable>] = []
    /// Of what is closed by force.
    public var liquidationFee: Fact<Rate>?
    /// nil where requests carry no numbers that have to be in order.
    public var nonceRule: Fact<NonceRule>?
    public var fundingRule: Fact<FundingRule>?
    /// What funding is paid on.
    public var fundingPrice: Fact<FundingRule.Price>?
    public var requestLimits: Fact<RequestLimits>?
    public var priceBands: [Fact<PriceBand>] = []
    /// What becomes of an order that meets its own owner's.
    public var selfTrade: Fact<SelfTradeDefault>?

    public init(name: String, feeds: [String] = []) {
        self.name = name
        self.feeds = feeds
    }

    /// Nothing is known of it: every number is the scenario's.
    public static let generic = VenueProfile(name: "generic")

    public static let all: [VenueProfile] = [generic, backpack, lighterStandard, lighterPremium, grvt]

    public static func named(_ name: String) -> VenueProfile? { all.first { $0.name == name } }

    /// What the venue asks for a contract on `symbol`; nil where that is not known.
    public func marginTable(_ symbol: String) -> Fact<MarginTable>? { marginTables.first { $0.value.symbol == symbol } }

    /// Whether a feed of `venue` traded under this profile is under rules that are not its own.
    public func isForeign(to venue: String) -> Bool { !feeds.isEmpty && !feeds.contains(venue) }
}
