public import Market

/// What is known of a venue's fees and delays, each with its source and date. What is not known is nil, and a scenario that
/// needs it must state it.
public struct VenueProfile: Sendable, Hashable {
    public struct Fact<Value: Sendable & Hashable>: Sendable, Hashable {
        public var value: Value
        public var source: String
        public var date: String
    }

    public var name: String
    /// The recorded venues that are this venue; a feed of another one is traded under foreign rules.
    public var feeds: [String]
    public var makerFee: Fact<Rate>?
    public var takerFee: Fact<Rate>?
    /// Added to the entry latency of every request: the longest of the venue's speed bumps, so that none is understated.
    public var entryDelay: Fact<Nanoseconds>?

    public static let all: [VenueProfile] = [
        VenueProfile(name: "generic", feeds: []),
        VenueProfile(
            name: "backpack", feeds: ["backpack"],
            makerFee: .init(value: Rate(basisPoints: 2), source: "support pages, VIP tier 1", date: "2026-09"),
            takerFee: .init(value: Rate(basisPoints: 5), source: "support pages, VIP tier 1; the same in a fill", date: "2026-09")),
        VenueProfile(
            name: "lighter-standard", feeds: ["lighter"],
            makerFee: .init(value: .zero, source: "documentation, account tiers", date: "2026-07"),
            takerFee: .init(value: .zero, source: "documentation, account tiers", date: "2026-07"),
            entryDelay: .init(
                value: .milliseconds(300), source: "documentation, account tiers: 200 ms maker and cancel, 300 ms taker", date: "2026-07")),
        VenueProfile(
            name: "lighter-premium", feeds: ["lighter"],
            makerFee: .init(value: Rate(trillionths: 40_000_000), source: "documentation, account tiers, nothing staked", date: "2026-07"),
            takerFee: .init(value: Rate(trillionths: 280_000_000), source: "documentation, account tiers, nothing staked", date: "2026-07"),
            entryDelay: .init(
                value: .milliseconds(200), source: "documentation, account tiers: 0 maker and cancel, 200 ms taker", date: "2026-07")),
        VenueProfile(
            name: "grvt", feeds: ["grvt"],
            makerFee: .init(value: Rate(trillionths: -1_000_000), source: "fills of 2025-12 and 2026-01; tables differ", date: "2026-01"),
            takerFee: .init(value: Rate(trillionths: 450_000_000), source: "fills of 2025-12 and 2026-01; tables differ", date: "2026-01"),
            entryDelay: .init(value: .milliseconds(25), source: "API specification: what is not post-only", date: "2026-05")),
    ]

    public static func named(_ name: String) -> VenueProfile? { all.first { $0.name == name } }

    /// Whether a feed of `venue` traded under this profile is under rules that are not its own.
    public func isForeign(to venue: String) -> Bool { !feeds.isEmpty && !feeds.contains(venue) }
}
