import Market
import Simulation
import TestSupport
import Testing
import Trading

/// What becomes of accounts that lose, by hand.
@Suite struct LiquidationTests {
    /// Long 1 ETH from 2,000 with 150: below 1.2 % of the mark's value the venue sells at the zero price or better.
    @Test func `Lighter: partial liquidation at the zero price`() throws {
        let world = try MarginWorld(.lighterStandard, collateral: ["150"])
        try world.level(.sell, "2000", "9")
        try world.level(.buy, "1869", "0.4")
        try world.level(.buy, "1860", "1")
        try world.mark("2000")
        try world.submit(.buy, "2000", "1")
        try world.submit(.buy, "1500", "0.1")
        // At 1,870 equity is 20, maintenance 22.44, close-out 14.96. Zero price: 1,870 × (1 − 0.012 × 20 ÷ 22.44) = 1,850.
        // 0.4 at 1,869: 7.6 better than the zero price, of which 1 % of 747.6 is the fee. Left: 12.124 of 13.464.
        // 0.6 at 1,860: 6 better, less than 1 % of 1,116.
        #expect(
            try world.mark("1870") == [
                .cancelled(OrderID(2), .liquidation),
                world.liquidation("-0.4", "1869", penalty: "7.476"),
                world.liquidation("-0.6", "1860", penalty: "6"),
            ])
        #expect(world.balance() == (try world.money("0.124")) && world.position() == "0")
        #expect(world.venue.funds.insurance == [try world.money("13.476")])
        #expect(world.standing() == .healthy)
    }

    @Test func `partial liquidation stops when the requirement is met, and never sells below the zero price`() throws {
        let world = try MarginWorld(.lighterStandard, collateral: ["150"])
        try world.level(.sell, "2000", "9")
        try world.mark("2000")
        try world.submit(.buy, "2000", "1")
        try world.level(.buy, "1849", "9")
        // Nothing at or above 1,850: nothing is sold, and nothing new is let in, not even what reduces.
        #expect(try world.mark("1870").isEmpty)
        #expect(world.standing() == .liquidating)
        #expect(try world.submit(.sell, "1880", "1", reduceOnly: true) == [.rejected(OrderID(2), .submit, .margin)])
        // 0.4 at 1,889: 15.6 better than 1,850, fee 7.556. Equity 20 + 7.6 − 7.556 = 20.044 for 0.6 × 22.44 = 13.464.
        try world.level(.buy, "1889", "0.4")
        #expect(try world.mark("1870") == [world.liquidation("-0.4", "1889", penalty: "7.556")])
        #expect(world.position() == "0.6" && world.standing() == .reducing)
    }

    @Test func `Lighter: below the close-out requirement the fund takes over`() throws {
        let world = try MarginWorld(.lighterStandard, collateral: ["150"])
        try world.level(.sell, "2000", "9")
        try world.level(.buy, "1860", "9")
        try world.mark("2000")
        try world.submit(.buy, "2000", "1")
        // At 1,860 equity is 10, less than 14.88: the fee of 18.6 takes what is left.
        #expect(try world.mark("1860") == [world.liquidation("-1", "1860", penalty: "10")])
        #expect(world.balance() == (try world.money("0")))
        #expect(world.venue.funds.insurancePositions == [10_000])
        // The fund paid 1,860 for the coin and got the penalty.
        #expect(world.venue.funds.insurance == [try world.money("-1850")])
    }

    @Test func `what no collateral covers is the fund's loss, and the account ends at nothing`() throws {
        let world = try MarginWorld(.lighterStandard, collateral: ["150"])
        try world.level(.sell, "2000", "9")
        try world.mark("2000")
        try world.submit(.buy, "2000", "1")
        #expect(try world.mark("1840") == [world.liquidation("-1", "1840", penalty: "0"), .adjustment(try world.money("10"))])
        #expect(world.balance() == (try world.money("0")) && world.position() == "0")
        #expect(try world.mark("1800").isEmpty)
        #expect(try world.submit(.buy, "2000", "0.0001") == [.rejected(OrderID(2), .submit, .margin)])
    }

    /// Long 10 ETH from 2,000 with 500: MMF max(0.01111111, 0.00002528 √19,710) = 0.01111111.
    @Test func `Backpack: a tenth of the position at each mark`() throws {
        let world = try MarginWorld(.backpack, collateral: ["500"])
        try world.level(.sell, "2000", "20")
        try world.level(.buy, "1970", "5")
        try world.mark("2000")
        try world.submit(.buy, "2000", "10")
        // 210 of equity, 218.9999781 asked for. One coin at 1,970 pays a fee of 1 %.
        #expect(try world.mark("1971") == [world.liquidation("-1", "1970", penalty: "19.7")])
        #expect(world.balance() == (try world.money("450.3")))
        // 500 − 30 − 19.7 − 9 × 29 = 189.3 of 197.09998029: a tenth of nine.
        #expect(world.venue.margin(AccountID(0)).map(\.equity) == [189_300_000_000])
        #expect(world.venue.margin(AccountID(0)).map(\.maintenance) == [197_099_980_290])
        #expect(try world.mark("1971") == [world.liquidation("-0.9", "1970", penalty: "17.73")])
        // It recovers: nothing more is sold.
        #expect(try world.mark("1990").isEmpty)
        #expect(world.position() == "8.1" && world.standing() == .healthy)
    }

    @Test func `Backpack: open orders count, and may be all that has to go`() throws {
        let world = try MarginWorld(.backpack, collateral: ["500"])
        try world.level(.sell, "2000", "20")
        try world.level(.buy, "1900", "5")
        try world.mark("2000")
        try world.submit(.buy, "2000", "10")
        try world.submit(.buy, "1800", "2.5")
        // 240 of equity; 12.5 × 1,974 ask for 274.1667, 10 for 219.33.
        #expect(try world.mark("1974") == [.cancelled(OrderID(2), .liquidation)])
        #expect(world.standing() == .reducing && world.position() == "10")
    }

    /// Brackets as margin_rules gives them: 2 % to open, 1 % to keep.
    @Test func `GRVT: the fund takes all positions over below maintenance`() throws {
        let grvt = VenueProfile.grvt
        let table = MarginTable(
            symbol: "BTC", initial: .brackets([MarginBracket(floor: 0, rate: Rate(basisPoints: 200))]),
            maintenance: .brackets([MarginBracket(floor: 0, rate: Rate(basisPoints: 100))]))
        let margin = VenueConfiguration.Margin(
            rules: try #require(grvt.marginRules?.value), tables: [table, table],
            liquidationFee: try #require(grvt.liquidationFee?.value))
        let world = try MarginWorld(margin, symbols: ["BTC", "ETH"], collateral: ["3000"])
        try world.level(.buy, "50000", "9")
        try world.level(.sell, "2000", "9", instrument: 1)
        try world.mark("50000")
        try world.mark("2000", instrument: 1)
        try world.submit(.sell, "50000", "2")
        try world.submit(.buy, "2000", "1", instrument: 1)
        // 3,000 − 2 × 990 = 1,020 of (101,980 + 2,000) × 1 % = 1,039.8. Fee: 0.9 % of 101,980 = 917.82, and of 2,000 = 18.
        #expect(
            try world.mark("50990") == [
                world.liquidation("2", "50990", penalty: "917.82"), world.liquidation("-1", "2000", penalty: "18", instrument: 1),
            ])
        #expect(world.balance() == (try world.money("84.18")))
        #expect(world.venue.funds.insurancePositions == [-20_000, 10_000])
    }

    @Test func `a feed without marks is valued at its mid, once a second`() throws {
        let world = try MarginWorld(.lighterStandard, collateral: ["150"])
        try world.level(.sell, "2000", "9")
        try world.level(.buy, "1998", "9")
        try world.submit(.buy, "2000", "1")
        #expect(world.venue.reactsFrom(InstrumentID(0)) == .distantPast)
        try world.level(.sell, "2000", "0")
        try world.level(.buy, "1998", "0")
        try world.level(.sell, "1861", "9")
        try world.level(.buy, "1859", "9")
        #expect(world.position() == "1")
        world.pass(.seconds(1))
        #expect(try world.level(.buy, "1000", "1") == [world.liquidation("-1", "1860", penalty: "10")])
        #expect(world.venue.reactsFrom(InstrumentID(0)) == .never)
    }

    @Test func `auto-deleveraging closes at a price, for no fee, and no more than is held`() throws {
        let world = try MarginWorld(.lighterStandard, collateral: ["150", "150"])
        try world.level(.buy, "2000", "9")
        try world.level(.sell, "2001", "9")
        try world.mark("2000")
        try world.submit(.sell, "2000", "1", account: 1)
        let price: Int64 = 1_900_123_456_789
        #expect(
            world.deleverage(4_000, at: price, account: 1) == [
                .liquidation(InstrumentID(0), Quantity(lots: 4_000), FinePrice(nanos: price), penalty: try world.money("0"))
            ])
        // 0.4 × 99.876543211 gained, to 10⁻⁹.
        #expect(world.balance(1) == (try world.money("189.950617284")))
        world.deleverage(99_999, at: price, account: 1)
        #expect(world.position(1) == "0")
        #expect(world.deleverage(1, at: price, account: 1).isEmpty && world.deleverage(1, at: price, account: 0).isEmpty)
        #expect(world.venue.funds.insurancePositions == [-10_000])
    }

    @Test func `a forced sale meets another account's order as any order does`() throws {
        let world = try MarginWorld(.lighterStandard, collateral: ["150", "1000"])
        try world.level(.sell, "2000", "9")
        try world.level(.buy, "1800", "9")
        try world.mark("2000")
        try world.submit(.buy, "2000", "1")
        try world.submit(.buy, "1865", "2", account: 1)
        // 15 better than 1,850: the fee is 1 % of 1,865, which is more.
        try world.mark("1870")
        #expect(world.position(0) == "0" && world.position(1) == "1")
        let expected = try world.liquidation("-1", "1865", penalty: "15")
        #expect(world.log.contains { $0.account == 0 && $0.report == expected })
        #expect(world.balance(0) == (try world.money("0")))
    }
}

/// Everything at random, audited after every step by `MarginWorld`.
@Suite struct MarginPropertyTests {
    private static let table = MarginTable(
        symbol: "ETH", initial: .squareRoot(base: Rate(basisPoints: 500), factor: Rate(basisPoints: 2)),
        maintenance: .flat(Rate(basisPoints: 300)), closeOut: .flat(Rate(basisPoints: 150)))

    @Test(arguments: TestScale.seeds(9))
    func `money is conserved and forced closings only reduce, whatever happens`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let styles: [MarginRules.Liquidation] = [.passes(share: Rate(basisPoints: 2_500)), .zeroPrice, .takeover]
        let rules = MarginRules(
            openOrders: seed % 2 == 0 ? .riskIncreasing : .worstSide, maintainsOrders: seed % 4 == 0, leverageIsPerAccount: seed % 5 == 0,
            liquidation: styles[Int(seed % 3)])
        let margin = VenueConfiguration.Margin(
            rules: rules, tables: [Self.table, seed % 7 == 0 ? nil : Self.table], liquidationFee: Rate(basisPoints: 70))
        let world = try MarginWorld(
            margin, symbols: ["ETH", "BTC"], collateral: ["300", "2000", "40"], maker: -Rate(trillionths: 12_345_678),
            taker: Rate(trillionths: 456_789_012)
        ) { $0.feeRounding = FeeRounding(unit: 1_000, .up) }
        var centre: [Int64] = [10_000, 20_000]
        for _ in 0..<2_500 {
            let instrument = Int(random.uniform(in: 0...1))
            let account = Int(random.uniform(in: 0...2))
            let side: Side = random.uniform(in: 0...1) == 0 ? .buy : .sell
            switch random.uniform(in: 0...15) {
            case 0...4:
                let ticks = centre[instrument] + side.sign * -random.uniform(in: 1...300)
                world.record(.level, ticks, random.uniform(in: 0...40_000), side == .sell ? .sell : [], instrument: instrument)
            case 5:
                let ticks = centre[instrument] + random.uniform(in: -300...300)
                world.record(.trade, ticks, random.uniform(in: 1...30_000), side == .sell ? .sell : [], instrument: instrument)
            case 6...8:
                centre[instrument] = max(2_000, centre[instrument] + random.uniform(in: -150...150))
                world.record(.mark, centre[instrument] * 10_000_000 + random.uniform(in: 0...9_999_999), instrument: instrument)
            case 9:
                let rate = random.uniform(in: -20_000_000_000...20_000_000_000)
                world.record(.funding, rate, 50_000, detail: world.now.nanoseconds + random.uniform(in: 1...9_000), instrument: instrument)
            case 10: world.setLeverage(random.uniform(in: 0...25), account: account)
            case 11 where random.uniform(in: 0...5) == 0:
                world.deleverage(
                    random.uniform(in: 1...20_000), at: centre[instrument] * 10_000_000 + 7, account: account, instrument: instrument)
            case 12:
                world.send(.cancelAll(account: AccountID(account), instrument: nil))
            default:
                world.submit(
                    side, centre[instrument] + random.uniform(in: -200...200), random.uniform(in: 1...60_000), account: account,
                    random.uniform(in: 0...1) == 0 ? .goodTillCancelled : .immediateOrCancel, reduceOnly: random.uniform(in: 0...3) == 0,
                    instrument: instrument)
            }
        }
        let forced = world.log.count { if case .liquidation = $0.report { true } else { false } }
        let refused = world.log.count { if case .rejected(_, .submit, .margin) = $0.report { true } else { false } }
        #expect(forced > 0 && refused > 0, "seed \(seed): \(forced) forced, \(refused) refused")
    }
}
