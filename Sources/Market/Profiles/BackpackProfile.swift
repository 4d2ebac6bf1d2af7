extension VenueProfile {
    public static let backpack: VenueProfile = {
        var profile = VenueProfile(name: "backpack", feeds: ["backpack"])
        profile.makerFee = Fact(Rate(basisPoints: 2), source: "support pages, VIP tier 1", date: "2026-09")
        profile.takerFee = Fact(Rate(basisPoints: 5), source: "support pages, VIP tier 1; the same in a fill", date: "2026-09")
        let tiers = "support pages, VIP tiers 1 and 2; what higher ones charge is not known, so they count as tier 2"
        profile.feeTiers = Fact(
            FeeSchedule([
                FeeTier(volume: 0, maker: Rate(basisPoints: 2), taker: Rate(basisPoints: 5)),
                FeeTier(
                    volume: units(500_000), stake: units(350),
                    maker: Rate(trillionths: 190_000_000), taker: Rate(trillionths: 450_000_000)),
            ]), source: tiers, date: "2026-09")
        profile.spotFeeTiers = Fact(
            FeeSchedule([
                FeeTier(volume: 0, maker: Rate(basisPoints: 8), taker: Rate(basisPoints: 10)),
                FeeTier(volume: units(100_000), stake: units(350), maker: Rate(basisPoints: 7), taker: Rate(basisPoints: 9)),
            ]), source: tiers, date: "2026-09")
        profile.feeReview = Fact(FeeReview(every: .hours(1)), source: "support pages: recalculated hourly", date: "2026-09")
        profile.feeRounding = Fact(
            FeeRounding(unit: 1_000, .up), source: "a fill: 0.002119 USDC for 0.00211818", date: "2026-09")
        profile.marginRules = Fact(
            MarginRules(
                openOrders: .riskIncreasing, maintainsOrders: true, leverageIsPerAccount: true,
                liquidation: .passes(share: Rate(basisPoints: 1_000))),
            source: "support pages and API documentation; the share of a pass from a third party", date: "2026-09")
        profile.marginTables = marginTables.map { Fact($0, source: "recorded answer of /api/v1/markets", date: "2026-09") }
        profile.liquidationFee = Fact(Rate(basisPoints: 100), source: "a secondary source", date: "2026-09")
        profile.fundingPrice = Fact(.mark, source: "inferred from the documentation", date: "2026-09")
        profile.requestLimits = Fact(
            RequestLimits(windows: [.all(2_000, per: .minutes(1))]), source: "support FAQ: requests a minute and subaccount",
            date: "2026-08")
        profile.batches = Fact(
            BatchRule(orders: .init(limit: 20, countsOnce: true)),
            source: "API documentation: several orders in one POST; no limit is given, 20 is what a client library keeps to; that limits "
                + "count it as one request is inferred", date: "2026-08")
        profile.priceBands = [("SOL", 90, 110), ("BTC", 94, 106), ("ETH", 92, 109), ("XRP", 94, 106), ("DOGE", 90, 112)].map {
            Fact(
                PriceBand("\($0.0)_USDC_PERP", Rate(basisPoints: $0.1 * 100), Rate(basisPoints: $0.2 * 100)),
                source: "market parameters as recorded: mark band", date: "2026-09")
        }
        profile.selfTrade = Fact(.expireTaker, source: "API documentation: RejectTaker is the default", date: "2026-08")
        return profile
    }()

    private static let marginTables: [MarginTable] = [
        table("SOL", initial: (20_000_000_000, 75_000_000), maintenance: (13_500_000_000, 37_500_000)),
        table("BTC", initial: (13_333_330_000, 24_940_000), maintenance: (6_666_670_000, 14_960_000)),
        table("ETH", initial: (20_000_000_000, 42_140_000), maintenance: (11_111_110_000, 25_280_000)),
        table("XRP", initial: (40_000_000_000, 67_050_000), maintenance: (20_000_000_000, 40_230_000)),
        table("DOGE", initial: (50_000_000_000, 119_200_000), maintenance: (33_333_330_000, 71_520_000)),
    ]

    /// Bases and factors in 10⁻¹².
    private static func table(_ symbol: String, initial: (Int64, Int64), maintenance: (Int64, Int64)) -> MarginTable {
        MarginTable(
            symbol: symbol, initial: .squareRoot(base: Rate(trillionths: initial.0), factor: Rate(trillionths: initial.1)),
            maintenance: .squareRoot(base: Rate(trillionths: maintenance.0), factor: Rate(trillionths: maintenance.1)))
    }

    /// A whole amount in 10⁻⁹.
    static func units(_ count: Int64) -> Int64 { count * Money.scale }
}
