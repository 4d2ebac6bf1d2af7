import Market
import Simulation
import Testing
import Trading

/// What accounts may open, by hand.
@Suite struct MarginTests {
    @Test func `Lighter: a twentieth of the value opens, at default leverage`() throws {
        let world = try MarginWorld(.lighterStandard, collateral: ["150"])
        try world.level(.buy, "1999", "9")
        try world.level(.sell, "2000", "9")
        try world.mark("2000")
        // 1 × 2,000 ÷ 20 = 100.
        #expect(try world.submit(.buy, "2000", "1").slices.count == 1)
        #expect(world.venue.margin(AccountID(0)).map(\.initial) == [100_000_000_000])
        // 0.51 more would ask for 151; 0.5 asks for 150.
        #expect(try world.submit(.buy, "1990", "0.51") == [.rejected(OrderID(2), .submit, .margin)])
        #expect(try world.submit(.buy, "1990", "0.5") == [.acknowledged(OrderID(3))])
        // Sales are the smaller side until they exceed 1.5.
        #expect(try world.submit(.sell, "2100", "1.5") == [.acknowledged(OrderID(4))])
        #expect(try world.submit(.sell, "2100", "0.0001") == [.rejected(OrderID(5), .submit, .margin)])
        // What only reduces asks for nothing.
        #expect(try world.submit(.sell, "2100", "1", reduceOnly: true) == [.acknowledged(OrderID(6))])
        #expect(
            world.send(
                .amend(
                    AmendRequest(
                        account: AccountID(0), instrument: InstrumentID(0), order: OrderID(3), price: Price(ticks: try world.ticks("1991")),
                        quantity: Quantity(lots: try world.lots("0.6"))))) == [.rejected(OrderID(3), .amend, .margin)])
    }

    @Test func `a leverage must be one that the venue has and the collateral carries`() throws {
        let world = try MarginWorld(.lighterStandard, collateral: ["150"])
        try world.level(.sell, "2000", "9")
        try world.mark("2000")
        let instrument = InstrumentID(0)
        #expect(world.setLeverage(51) == [.rejected(.venue, .leverage, .unsupported)])
        #expect(world.setLeverage(0) == [.rejected(.venue, .leverage, .unsupported)])
        #expect(world.setLeverage(50) == [.leverage(instrument, 50)])
        // 2 % of 3.75 × 2,000 = 150.
        #expect(try world.submit(.buy, "2000", "3.7501") == [.rejected(OrderID(1), .submit, .margin)])
        #expect(try world.submit(.buy, "2000", "3.75").slices.count == 1)
        #expect(world.setLeverage(49) == [.rejected(.venue, .leverage, .margin)])
        #expect(world.venue.margin(AccountID(0)).map(\.initial) == [150_000_000_000])
        #expect(world.setLeverage(50) == [.leverage(instrument, 50)])
    }

    @Test func `Backpack: both sides' risk counts, and the root grows`() throws {
        let world = try MarginWorld(.backpack, collateral: ["100"])
        try world.level(.buy, "1999", "9")
        try world.level(.sell, "2001", "9")
        try world.mark("2000")
        // 2 % of 2.5 × 2,000 = 100, on whichever side they wait.
        #expect(try world.submit(.buy, "1990", "1.5") == [.acknowledged(OrderID(1))])
        #expect(try world.submit(.sell, "2010", "1.1") == [.rejected(OrderID(2), .submit, .margin)])
        #expect(try world.submit(.sell, "2010", "1") == [.acknowledged(OrderID(3))])
        // 0.00004214 × √n passes 2 % at n = 225,247: 600 ETH × 2,000 = 1,200,000 ask for 4.61621… % of it.
        let whale = try MarginWorld(.backpack, collateral: ["55394"])
        try whale.level(.sell, "2000", "1000")
        try whale.mark("2000")
        // √1,200,000 = 1,095.445115010; × 0.00004214 = 0.046162057147 (rounded up); × 1,200,000 = 55,394.4685764.
        #expect(try whale.submit(.buy, "2000", "600") == [.rejected(OrderID(1), .submit, .margin)])
        let richer = try MarginWorld(.backpack, collateral: ["55394.4685764"])
        try richer.level(.sell, "2000", "1000")
        try richer.mark("2000")
        #expect(try richer.submit(.buy, "2000", "600").slices.count == 1)
        #expect(richer.venue.margin(AccountID(0)).map(\.initial) == [55_394_468_576_400])
    }

    @Test func `a chosen leverage holds from the start`() throws {
        let world = try MarginWorld(.backpack, collateral: ["100"], leverage: 10)
        try world.level(.sell, "2000", "9")
        try world.mark("2000")
        #expect(try world.submit(.buy, "2000", "0.5001") == [.rejected(OrderID(1), .submit, .margin)])
        #expect(try world.submit(.buy, "2000", "0.5").slices.count == 1)
    }

    @Test func `below the initial requirement only what reduces is let in`() throws {
        let world = try MarginWorld(.lighterStandard, collateral: ["150"])
        try world.level(.buy, "1900", "9")
        try world.level(.sell, "2000", "9")
        try world.mark("2000")
        try world.submit(.buy, "2000", "1")
        // 150 − 60 = 90 are less than 1,940 ÷ 20 = 97, and more than 23.28.
        try world.mark("1940")
        #expect(world.standing() == .reducing)
        #expect(try world.submit(.buy, "1900", "0.01") == [.rejected(OrderID(2), .submit, .margin)])
        #expect(try world.submit(.sell, "1950", "1") == [.acknowledged(OrderID(3))])
        #expect(try world.submit(.sell, "1950", "0.01") == [.rejected(OrderID(4), .submit, .margin)])
        #expect(try world.submit(.sell, "1900", "0.5", .immediateOrCancel, reduceOnly: true).slices.count == 1)
        try world.mark("2000")
        #expect(world.standing() == .healthy)
    }

    @Test func `profit in one contract carries another of the same currency`() throws {
        let table = MarginTable(symbol: "ETH", initial: .flat(Rate(basisPoints: 1_000)), maintenance: .flat(Rate(basisPoints: 500)))
        let margin = VenueConfiguration.Margin(rules: .plain, tables: [table, table], liquidationFee: .zero)
        let world = try MarginWorld(margin, symbols: ["ETH", "BTC"], collateral: ["100"])
        for instrument in 0...1 {
            try world.level(.sell, "100", "99", instrument: instrument)
            try world.mark("100", instrument: instrument)
        }
        try world.submit(.buy, "100", "10", instrument: 0)
        #expect(try world.submit(.buy, "100", "1", instrument: 1) == [.rejected(OrderID(2), .submit, .margin)])
        // 10 × 20 gained: 300 of equity less 120 for the first.
        try world.mark("120", instrument: 0)
        #expect(try world.submit(.buy, "100", "18", instrument: 1).slices.count == 1)
    }

    @Test func `without rules, or under hftbacktest's, nothing is asked for`() throws {
        let world = try MarginWorld(collateral: ["1"])
        try world.level(.sell, "2000", "900")
        #expect(try world.submit(.buy, "2000", "900").slices.count == 1)
        try world.mark("1000")
        #expect(try world.balance() == world.money("1") && world.standing() == .healthy)
        #expect(world.setLeverage(500) == [.leverage(InstrumentID(0), 500)])
        let margin = VenueConfiguration.Margin(
            rules: .plain, tables: [MarginTable(symbol: "ETH", initial: .flat(.init(basisPoints: 200)), maintenance: .flat(.zero))],
            liquidationFee: .zero)
        let other = try MarginWorld(margin, collateral: ["1"]) { $0.matching = .hftbacktest }
        try other.level(.sell, "2000", "900")
        #expect(try other.submit(.buy, "2000", "900").slices.count == 1)
    }
}
