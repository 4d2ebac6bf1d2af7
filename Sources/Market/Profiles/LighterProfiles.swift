extension VenueProfile {
    public static let lighterStandard: VenueProfile = {
        var profile = VenueProfile(name: "lighter-standard", feeds: ["lighter"])
        profile.makerFee = Fact(.zero, source: "documentation, account tiers", date: "2026-07")
        profile.takerFee = Fact(.zero, source: "documentation, account tiers", date: "2026-07")
        profile.entryDelay = Fact(
            .milliseconds(300), source: "documentation, account tiers: 200 ms maker and cancel, 300 ms taker", date: "2026-07")
        return profile
    }()

    public static let lighterPremium: VenueProfile = {
        var profile = VenueProfile(name: "lighter-premium", feeds: ["lighter"])
        profile.makerFee = Fact(Rate(trillionths: 40_000_000), source: "documentation, account tiers, nothing staked", date: "2026-07")
        profile.takerFee = Fact(Rate(trillionths: 280_000_000), source: "documentation, account tiers, nothing staked", date: "2026-07")
        profile.entryDelay = Fact(
            .milliseconds(200), source: "documentation, account tiers: 0 maker and cancel, 200 ms taker", date: "2026-07")
        return profile
    }()
}
