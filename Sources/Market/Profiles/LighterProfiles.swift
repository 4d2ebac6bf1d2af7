extension VenueProfile {
    public static let lighterStandard: VenueProfile = {
        var profile = VenueProfile(name: "lighter-standard", feeds: ["lighter"])
        profile.makerFee = Fact(.zero, source: "documentation, account tiers", date: "2026-07")
        profile.takerFee = Fact(.zero, source: "documentation, account tiers", date: "2026-07")
        profile.speedBumps = [
            Fact(
                SpeedBumpTier(
                    "standard", SpeedBumps(maker: .milliseconds(200), taker: .milliseconds(300), cancel: .milliseconds(200))),
                source: "documentation, account tiers", date: "2026-07")
        ]
        return profile
    }()

    public static let lighterPremium: VenueProfile = {
        var profile = VenueProfile(name: "lighter-premium", feeds: ["lighter"])
        profile.makerFee = Fact(Rate(trillionths: 40_000_000), source: "documentation, account tiers, nothing staked", date: "2026-07")
        profile.takerFee = Fact(Rate(trillionths: 280_000_000), source: "documentation, account tiers, nothing staked", date: "2026-07")
        let takers: [(staked: String, delay: Int64)] = [
            ("0 LIT", 200), ("1k LIT", 195), ("3k LIT", 190), ("10k LIT", 180), ("30k LIT", 170), ("100k LIT", 160), ("300k LIT", 150),
            ("500k LIT", 140),
        ]
        profile.speedBumps = takers.map { staked, delay in
            Fact(
                SpeedBumpTier(staked, SpeedBumps(taker: .milliseconds(delay))),
                source: "documentation, account tiers: by staked LIT; makers and cancels are not held up", date: "2026-07")
        }
        return profile
    }()
}
