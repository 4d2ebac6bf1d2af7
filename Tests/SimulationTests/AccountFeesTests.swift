import Market
import Simulation
import Testing
import Trading

/// Fees that follow the volume, and funding on the venue's price.
@Suite struct AccountFeesTests {
    private func backpackTerms(volume: Int64, stake: Int64 = 0) throws -> VenueConfiguration.FeeTerms {
        let profile = VenueProfile.backpack
        return VenueConfiguration.FeeTerms(
            contracts: try #require(profile.feeTiers?.value), spot: try #require(profile.spotFeeTiers?.value),
            review: try #require(profile.feeReview?.value), volume: volume * Money.scale, stake: stake * Money.scale)
    }

    private func fee(_ reports: [AccountEvent.Report]) -> String? {
        for report in reports { if case .filled(let fill) = report { return fill.fee.description } }
        return nil
    }

    @Test func `Backpack looks again at the full hour`() throws {
        let world = try MarginWorld(collateral: ["100000"], feeTerms: backpackTerms(volume: 499_000)) {
            $0.feeRounding = FeeRounding(unit: 1_000, .up)
        }
        try world.level(.sell, "2000", "900")
        // Half past ten: 499,000 are tier 1, 5 bp of 2,000.
        #expect(try fee(world.submit(.buy, "2000", "1")) == "1 USDC")
        #expect(try fee(world.submit(.buy, "2000", "0.5")) == "0.5 USDC")
        world.pass(.minutes(29))
        #expect(try fee(world.submit(.buy, "2000", "0.0001")) == "0.0001 USDC")
        // Eleven: 499,000 × 719 ÷ 720 = 498,306.9 and 3,000.2 are past 500,000: 4.5 bp.
        world.pass(.minutes(2))
        #expect(try fee(world.submit(.buy, "2000", "1")) == "0.9 USDC")
        // 30 days later the first hours have left the window.
        world.pass(.hours(24 * 31))
        #expect(try fee(world.submit(.buy, "2000", "1")) == "1 USDC")
    }

    @Test func `a stake is as good as volume, and a maker's rebate is in the tier`() throws {
        let world = try MarginWorld(collateral: ["100000"], feeTerms: backpackTerms(volume: 0, stake: 350))
        try world.level(.sell, "2000", "900")
        #expect(try fee(world.submit(.buy, "2000", "1")) == "0.9 USDC")
    }

    @Test func `a daily review waits for its hour`() throws {
        let schedule = FeeSchedule([
            FeeTier(volume: 0, maker: .zero, taker: Rate(basisPoints: 10)),
            FeeTier(volume: 1_000 * Money.scale, maker: .zero, taker: Rate(basisPoints: 1)),
        ])
        let review = try #require(VenueProfile.grvt.feeReview?.value)
        let world = try MarginWorld(
            collateral: ["100000"], time: "2026-09-01T09:00:00Z", feeTerms: .init(contracts: schedule, spot: schedule, review: review))
        try world.level(.sell, "2000", "900")
        #expect(try fee(world.submit(.buy, "2000", "1")) == "2 USDC")
        world.pass(.hours(22))
        #expect(try fee(world.submit(.buy, "2000", "1")) == "2 USDC")
        world.pass(.hours(2))
        #expect(try fee(world.submit(.buy, "2000", "1")) == "0.2 USDC")
    }

    private func settle(_ profile: VenueProfile, _ rate: Int64, size: String) throws -> Money? {
        let world = try MarginWorld(collateral: ["100000"]) { $0.fundingPrice = profile.fundingPrice?.value ?? .mark }
        try world.level(.sell, "2000", "900")
        try world.submit(.buy, "2000", size)
        try world.mark("2010")
        world.record(.index, 2_000_000_000_000)
        world.record(.funding, rate, 0, detail: world.now.nanoseconds + 2_000)
        world.pass()
        for report in try world.level(.buy, "1000", "1") {
            if case .funding(let payment) = report { return payment.amount }
        }
        return nil
    }

    @Test func `funding of each venue, by hand`() throws {
        func money(_ text: String) throws -> Money { Money(nanos: try Decimal.parse(text, decimals: 9), MarginWorld.usdc) }
        // Lighter, on the index: 1 × 2,000 × 0.0012 %.
        #expect(try settle(.lighterStandard, 12_000_000, size: "1") == (try money("-0.024")))
        // Backpack, on the mark: 10 × 2,010 × 0.0000125, its resting value.
        #expect(try settle(.backpack, 12_500_000, size: "10") == (try money("-0.25125")))
        // GRVT, on the mark: 3 × 2,010 × 0.01 %.
        #expect(try settle(.grvt, 100_000_000, size: "3") == (try money("-0.603")))
    }
}
