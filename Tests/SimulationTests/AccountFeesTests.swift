import Market
import Testing
import Trading

@testable import Simulation

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

    /// A long of 1 ETH over 11:00 with Lighter's formula; the rates that the feed tells count for nothing.
    private func measured(_ rule: FundingRule, bids: [(minute: Int64, price: String)], index: Int64? = 2_000) throws -> FundingPayment? {
        let world = try MarginWorld(collateral: ["100000"]) {
            $0.fundingRule = rule
            $0.fundingPrice = .index
        }
        let start = world.now
        if let index { world.record(.index, index * Money.scale) }
        try world.mark("2000")
        try world.level(.sell, "2005", "900")
        try world.submit(.buy, "2005", "1")
        world.record(.funding, Rate(basisPoints: 100).trillionths, 0, detail: world.now.nanoseconds + 2_000)
        var last = "1000"
        for (minute, price) in bids {
            world.pass(start + .minutes(minute) - world.now)
            try world.level(.buy, last, "0")
            try world.level(.buy, price, "900")
            last = price
        }
        world.pass(start + .minutes(30) - world.now)
        for report in try world.level(.buy, "900", "1") {
            if case .funding(let payment) = report { return payment }
        }
        return nil
    }

    @Test func `a rate by the formula, from the book and the index, by hand`() throws {
        let rule = try #require(VenueProfile.lighterStandard.fundingRule?.value)
        // 20 bp over the index all the time: 20 + (1 − 20 within ± 5) = 15 bp; ÷ 8 = 1.875 bp, told as 0.0187 %.
        let steady = try #require(try measured(rule, bids: [(0, "2004")]))
        #expect(steady.rate == Rate(trillionths: 187_000_000) && steady.amount.nanos == -374_000_000)
        // A sample a minute from 10:31 on: 14 of 20 bp, then 15 of 0: 280 ÷ 29 − 5 = 4.655 bp; ÷ 8 = 0.5819 bp.
        let changing = try #require(try measured(rule, bids: [(0, "2004"), (15, "1999")]))
        #expect(changing.rate == Rate(trillionths: 58_000_000) && changing.amount.nanos == -116_000_000)
    }

    @Test func `without an index the premium counts as nothing`() throws {
        let rule = try #require(VenueProfile.lighterStandard.fundingRule?.value)
        #expect(try measured(rule, bids: [(0, "2004")], index: nil)?.rate == Rate(trillionths: 12_000_000))
    }

    @Test func `the premium is that of taking what the margin carries`() throws {
        var rule = try #require(VenueProfile.lighterStandard.fundingRule?.value)
        // 4,000 dollars are 2 ETH: one at 2,004 and one at 1,990 are 1,997, below the index.
        rule.impactMargin = 4_000 * Money.scale
        let world = try MarginWorld(collateral: ["1"]) { $0.fundingRule = rule }
        try world.level(.buy, "2004", "1")
        try world.level(.buy, "1990", "5")
        try world.level(.sell, "2005", "9")
        world.record(.index, 2_000 * Money.scale)
        #expect(world.venue.markets[0].premium(rule, leverage: 1) == .zero)
        rule.impactMargin = 2_000 * Money.scale
        #expect(world.venue.markets[0].premium(rule, leverage: 1) == Rate(basisPoints: 20))
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
