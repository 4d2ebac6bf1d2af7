import Market
import Testing

private let usdc = Currency("USDC")!

private func money(_ text: String) throws -> Money { Money(nanos: try Decimal.parse(text, decimals: 9), usdc) }

@Suite struct FeeScheduleTests {
    @Test func `Backpack's tiers by volume or stake`() throws {
        let schedule = try #require(VenueProfile.backpack.feeTiers?.value)
        func rates(_ volume: String, _ stake: String) throws -> [Int64] {
            let tier = schedule.tier(
                volume: try Decimal.parse(volume, decimals: 9), stake: try Decimal.parse(stake, decimals: 9))
            return [tier.maker.trillionths / 1_000_000, tier.taker.trillionths / 1_000_000]
        }
        // 0.02 % and 0.05 %; from 500,000 dollars or 350 BP on 0.019 % and 0.045 %.
        #expect(try rates("0", "0") == [200, 500])
        #expect(try rates("499999.99", "349") == [200, 500])
        #expect(try rates("500000", "0") == [190, 450])
        #expect(try rates("0", "350") == [190, 450])
        let spot = try #require(VenueProfile.backpack.spotFeeTiers?.value)
        #expect(spot.tier(volume: 0, stake: 0).taker == Rate(basisPoints: 10))
        #expect(spot.tier(volume: 100_000_000_000_000, stake: 0).maker == Rate(basisPoints: 7))
    }

    @Test func `Lighter's premium tiers by staked LIT`() throws {
        let schedule = try #require(VenueProfile.lighterPremium.feeTiers?.value)
        func ticks(_ stake: Int64) -> [Int64] {
            let tier = schedule.tier(volume: .max, stake: stake * Money.scale)
            return [tier.maker.trillionths / 1_000_000, tier.taker.trillionths / 1_000_000]
        }
        #expect(ticks(0) == [40, 280] && ticks(999) == [40, 280] && ticks(1_000) == [39, 273])
        #expect(ticks(30_000) == [34, 238] && ticks(2_000_000) == [28, 196])
    }

    @Test func `Backpack rounds a fee up to a millionth`() throws {
        let rounding = try #require(VenueProfile.backpack.feeRounding?.value)
        let taker = try #require(VenueProfile.backpack.takerFee?.value)
        // The recorded fill: 5 bp of 4.23636 are 0.00211818, charged 0.002119.
        #expect(rounding.fee(try money("4.23636"), taker) == (try money("0.002119")))
        // 5 bp of 9.94799 are 0.004973995, charged 0.004974.
        #expect(rounding.fee(try money("9.94799"), taker) == (try money("0.004974")))
        // A rebate shrinks.
        #expect(rounding.fee(try money("4.23636"), -taker) == (try money("-0.002118")))
    }

    @Test func `GRVT's fee of a recorded fill`() throws {
        let profile = VenueProfile.grvt
        let rounding = try #require(profile.feeRounding?.value)
        // 0.001 BTC at 89,473.4: 4.5 bp of 89.4734 are 0.04026303.
        #expect(rounding.fee(try money("89.4734"), try #require(profile.takerFee?.value)) == (try money("0.040263")))
        // A maker is paid 0.01 bp of 90.
        #expect(rounding.fee(try money("90"), try #require(profile.makerFee?.value)) == (try money("-0.00009")))
    }

    @Test func `Lighter's fee in whole millionths`() throws {
        let profile = VenueProfile.lighterPremium
        let rounding = try #require(profile.feeRounding?.value)
        // 280 ticks of 2,361.3201 are 661,169.628 µUSDC.
        #expect(rounding.fee(try money("2361.3201"), try #require(profile.takerFee?.value)) == (try money("0.66117")))
    }

    @Test func `a review is at the venue's hour`() throws {
        func last(_ review: FeeReview?, _ time: String) throws -> String? {
            review?.last(before: try #require(Timestamp(iso8601: time))).iso8601
        }
        let (hourly, daily) = (VenueProfile.backpack.feeReview?.value, VenueProfile.grvt.feeReview?.value)
        #expect(try last(hourly, "2026-09-01T10:59:59Z") == Timestamp(iso8601: "2026-09-01T10:00:00Z")?.iso8601)
        #expect(try last(daily, "2026-09-01T07:59:59Z") == Timestamp(iso8601: "2026-08-31T08:00:00Z")?.iso8601)
        #expect(try last(daily, "2026-09-01T08:00:00Z") == Timestamp(iso8601: "2026-09-01T08:00:00Z")?.iso8601)
    }
}
