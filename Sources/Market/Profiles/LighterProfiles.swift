extension VenueProfile {
    public static let lighterStandard: VenueProfile = {
        var profile = lighter("lighter-standard")
        profile.makerFee = Fact(.zero, source: "documentation, account tiers", date: "2026-07")
        profile.takerFee = Fact(.zero, source: "documentation, account tiers", date: "2026-07")
        profile.speedBumps = [
            Fact(
                SpeedBumpTier(
                    "standard", SpeedBumps(maker: .milliseconds(200), taker: .milliseconds(300), cancel: .milliseconds(200))),
                source: "documentation, account tiers", date: "2026-07")
        ]
        profile.requestLimits = Fact(
            lighterLimits(perMinute: 60), source: "documentation, rate limits and order caps: transactions a minute, standard tier",
            date: "2026-07")
        return profile
    }()

    public static let lighterPremium: VenueProfile = {
        var profile = lighter("lighter-premium")
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
        profile.feeTiers = Fact(
            FeeSchedule([
                tier(0, 40, 280), tier(1_000, 39, 273), tier(3_000, 38, 266), tier(10_000, 36, 252), tier(30_000, 34, 238),
                tier(100_000, 32, 224), tier(300_000, 30, 210), tier(500_000, 28, 196),
            ]), source: "documentation, premium tiers by staked LIT", date: "2026-07")
        profile.requestLimits = Fact(
            lighterLimits(
                perMinute: 4_000,
                quota: .init(initial: 1_000, maximum: 5_000_000, volumePerRequest: 5_000_000_000, freeEvery: .seconds(15))),
            source: "documentation, rate limits, volume quota and order caps: premium tier, nothing staked", date: "2026-07")
        return profile
    }()

    /// Fees in ticks of 10⁻⁶, as the venue counts them.
    private static func tier(_ stake: Int64, _ maker: Int64, _ taker: Int64) -> FeeTier {
        FeeTier(stake: units(stake), maker: Rate(trillionths: maker * 1_000_000), taker: Rate(trillionths: taker * 1_000_000))
    }

    /// What all account tiers share.
    private static func lighter(_ name: String) -> VenueProfile {
        var profile = VenueProfile(name: name, feeds: ["lighter"])
        profile.feeRounding = Fact(
            FeeRounding(unit: 1_000, .up), source: "fees are whole µUSDC; direction inferred", date: "2026-07")
        profile.marginRules = Fact(
            MarginRules(openOrders: .worstSide, liquidation: .zeroPrice),
            source: "documentation and prover; netting of opposite orders and the zero price inferred", date: "2026-07")
        profile.marginTables = [
            Fact(
                MarginTable(
                    symbol: "ETH", initial: .flat(Rate(basisPoints: 200)), maintenance: .flat(Rate(basisPoints: 120)),
                    closeOut: .flat(Rate(basisPoints: 80)), defaultLeverage: 20),
                source: "recorded answer of orderBookDetails: fractions 500, 200, 120, 80 of 10⁻⁴", date: "2026-07")
        ]
        profile.liquidationFee = Fact(
            Rate(basisPoints: 100), source: "documentation: up to 1 %; 10000 ticks in recorded trades", date: "2026-07")
        profile.fundingRule = Fact(
            FundingRule(
                interval: .hours(1), span: .hours(8), interest: Rate(basisPoints: 1), band: Rate(basisPoints: 5),
                cap: Rate(basisPoints: 400), resolution: Rate(trillionths: 1_000_000), impactMargin: units(500)),
            source: "documentation; 16 of 16 hours replicated by a third party", date: "2026-07")
        profile.fundingPrice = Fact(.index, source: "documentation; older copies say mark", date: "2026-07")
        profile.nonceRule = Fact(
            .exact, source: "documentation and a measured answer: replay and gap both give code 21104, counter unchanged", date: "2026-07")
        profile.selfTrade = Fact(.expireMaker, source: "documentation: the default since 2026-05-31", date: "2026-07")
        return profile
    }

    /// Transactions of every kind count alike; expiries by the client's own window.
    private static func lighterLimits(perMinute: Int, quota: RequestLimits.VolumeQuota? = nil) -> RequestLimits {
        RequestLimits(
            windows: [.init(perMinute, per: .minutes(1), [.submit: 1, .amend: 1, .cancel: 1, .cancelAll: 1])], quota: quota,
            openOrders: 1_500, openOrdersPerInstrument: 1_000, triggers: 500, triggersPerInstrument: 16,
            expiry: .minutes(5) ... .hours(24 * 30))
    }
}
