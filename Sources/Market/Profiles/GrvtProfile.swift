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
        profile.feeReview = Fact(FeeReview(every: .hours(24), offset: .hours(8)), source: "help pages: daily at 08:00 UTC", date: "2025-10")
        profile.feeRounding = Fact(
            FeeRounding(unit: 1_000, .nearest), source: "a fill: 0.040263 USDT for 0.04026303; direction inferred", date: "2026-01")
        // The brackets are given per instrument by margin_rules: a scenario states them.
        profile.marginRules = Fact(
            MarginRules(openOrders: .worstSide, liquidation: .takeover), source: "help pages, cross margin", date: "2026-05")
        profile.liquidationFee = Fact(
            Rate(trillionths: 9_000_000_000), source: "help page of 2024; inferred to be current", date: "2025-10")
        profile.fundingRule = Fact(
            FundingRule(
                interval: .hours(8), span: .hours(8), interest: Rate(basisPoints: 1), band: Rate(basisPoints: 5),
                cap: Rate(basisPoints: 30), resolution: Rate(trillionths: 1)),
            source: "help article and the BTC instrument's cap; form of the formula inferred", date: "2025-10")
        profile.fundingPrice = Fact(.mark, source: "help article on funding", date: "2025-10")
        return profile
    }()
}
