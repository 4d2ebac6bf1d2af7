import Market
import Testing

@Suite struct FundingRuleTests {
    /// In 10⁻⁶: 12 is 0.0012 %.
    private func millionths(_ rule: FundingRule, _ premium: Int64) -> Int64 {
        rule.rate(averagePremium: Rate(trillionths: premium * 1_000_000)).trillionths / 1_000_000
    }

    @Test func `Lighter's hourly rate, cut off at four decimals of a percent`() throws {
        let rule = try #require(VenueProfile.lighterStandard.fundingRule?.value)
        // No premium: 0.01 % ÷ 8 = 0.00125 %, told as 0.0012 %.
        #expect(rule.rate(averagePremium: .zero) == Rate(trillionths: 12_000_000))
        // Within ± 0.05 % of the interest the rate is the interest: 0.06 % and −0.04 % are the edges.
        #expect(millionths(rule, 600) == 12 && millionths(rule, -400) == 12)
        // 0.10 %: 0.10 − 0.05 = 0.05 %; ÷ 8 = 0.00625 % → 0.0062 %.
        #expect(millionths(rule, 1_000) == 62)
        // −0.10 %: −0.10 + 0.05 = −0.05 %; towards zero −0.0062 %.
        #expect(millionths(rule, -1_000) == -62)
        // 10 %: capped at 4 %; ÷ 8 = 0.5 %.
        #expect(millionths(rule, 100_000) == 5_000)
    }

    @Test func `GRVT's rate of eight hours`() throws {
        let rule = try #require(VenueProfile.grvt.fundingRule?.value)
        // Idle markets sit at 0.01 %.
        #expect(millionths(rule, 0) == 100)
        #expect(millionths(rule, 1_000) == 500)
        // BTC's cap of 0.3 %.
        #expect(millionths(rule, 50_000) == 3_000 && millionths(rule, -50_000) == -3_000)
    }

    @Test func `the premium is what the book is beyond the index on either side`() {
        func premium(_ bid: Int64, _ ask: Int64, _ index: Int64) -> Rate {
            FundingRule.premium(
                impactBid: FinePrice(nanos: bid * 1_000_000_000), impactAsk: FinePrice(nanos: ask * 1_000_000_000),
                index: FinePrice(nanos: index * 1_000_000_000))
        }
        #expect(premium(2_002, 2_004, 2_000) == Rate(basisPoints: 10))
        #expect(premium(1_999, 2_001, 2_000) == .zero)
        #expect(premium(1_990, 1_996, 2_000) == -Rate(basisPoints: 20))
    }

    @Test func `a venue whose formula is not known has none`() {
        #expect(VenueProfile.backpack.fundingRule == nil && VenueProfile.generic.fundingRule == nil)
    }
}
