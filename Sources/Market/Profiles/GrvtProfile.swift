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
        profile.requestLimits = Fact(
            RequestLimits(
                windows: [
                    .init(20, per: .seconds(1), [.submit: 1, .amend: 1]), .init(20, per: .seconds(1), [.cancel: 1]),
                    .init(2, per: .seconds(1), [.cancelAll: 1]), .init(5, per: .seconds(1), [.query: 1]),
                ], expiry: Nanoseconds(count: 1) ... .hours(24 * 30)),
            source: "a client library's weights after GRVT's limits article; expiry from the API specification", date: "2026-05")
        profile.batches = Fact(
            BatchRule(
                orders: .init(limit: 100, countsOnce: false), cancels: .init(limit: 100, countsOnce: true), isOfOneInstrument: true),
            source: "API specification: bulk_orders, n creates cost n, any cancels cost one", date: "2026-05")
        profile.selfTrade = Fact(.expireTaker, source: "API specification, reject reasons; which side goes is inferred", date: "2026-05")
        return profile
    }()
}
