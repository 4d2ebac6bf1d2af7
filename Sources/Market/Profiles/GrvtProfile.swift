extension VenueProfile {
    public static let grvt: VenueProfile = {
        var profile = VenueProfile(name: "grvt", feeds: ["grvt"])
        profile.makerFee = Fact(
            Rate(trillionths: -1_000_000), source: "fills of 2025-12 and 2026-01; tables differ", date: "2026-01")
        profile.takerFee = Fact(
            Rate(trillionths: 450_000_000), source: "fills of 2025-12 and 2026-01; tables differ", date: "2026-01")
        profile.speedBumps = [
            Fact(
                SpeedBumpTier("all", SpeedBumps(takers: .notPostOnly, taker: .milliseconds(25))),
                source: "API specification: orders that are not post-only", date: "2026-05")
        ]
        return profile
    }()
}
