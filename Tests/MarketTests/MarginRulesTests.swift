import Market
import TestSupport
import Testing

private func dollars(_ text: String) throws -> Int64 { try Decimal.parse(text, decimals: 9) }

@Suite struct MarginRulesTests {
    @Test func `a root is the largest whole number whose square fits`() {
        #expect([0, 1, 2, 3, 4, 8, 9, 10].map { floorSquareRoot($0) } == [0, 1, 1, 1, 2, 2, 3, 3])
        #expect(floorSquareRoot(.max) == .max)
        #expect(floorSquareRoot(UInt128(1) << 126) == UInt64(1) << 63)
        #expect(floorSquareRoot((UInt128(1) << 126) - 1) == UInt64(Int64.max))
    }

    @Test(arguments: TestScale.seeds(4))
    func `a root squared does not exceed its number, and the next one does`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let shift = UInt128(random.uniform(in: 0...120))
            let number = (UInt128(random.next()) << 64 | UInt128(random.next())) >> shift
            let root = UInt128(floorSquareRoot(number))
            #expect(root * root <= number)
            let next = (root + 1).multipliedReportingOverflow(by: root + 1)
            #expect(next.overflow || next.partialValue > number, "seed \(seed): \(number)")
        }
    }

    /// ETH_USDC_PERP at Backpack: IMF max(0.02, 0.00004214 √n), MMF max(0.01111111, 0.00002528 √n).
    @Test func `Backpack's requirement grows with the root of the exposure`() throws {
        let table = try #require(VenueProfile.backpack.marginTable("ETH")?.value)
        // √10,000 = 100: both factors are far below the bases. 2 % and 1.111111 % of 10,000.
        #expect(table.initialRequirement(try dollars("10000"), leverage: nil) == (try dollars("200")))
        #expect(table.maintenance.requirement(try dollars("10000")) == (try dollars("111.1111")))
        // √1,000,000 = 1,000: 4.214 % and 2.528 %.
        #expect(table.initialRequirement(try dollars("1000000"), leverage: nil) == (try dollars("42140")))
        #expect(table.maintenance.requirement(try dollars("1000000")) == (try dollars("25280")))
        // Ten times leverage asks for a tenth at least, and lowers nothing.
        #expect(table.initialRequirement(try dollars("10000"), leverage: 10) == (try dollars("1000")))
        #expect(table.initialRequirement(try dollars("1000000"), leverage: 50) == (try dollars("42140")))
        #expect(table.maximumLeverage == 50)
    }

    /// ETH at Lighter: 500, 200, 120, 80 of 10⁻⁴.
    @Test func `Lighter's fractions are flat, and begin at twenty times leverage`() throws {
        let table = try #require(VenueProfile.lighterStandard.marginTable("ETH")?.value)
        #expect(table.initialRequirement(try dollars("2361.31"), leverage: nil) == (try dollars("118.0655")))
        #expect(table.initialRequirement(try dollars("2361.31"), leverage: 50) == (try dollars("47.2262")))
        #expect(table.maintenance.requirement(try dollars("2361.31")) == (try dollars("28.33572")))
        #expect(table.closeOut?.requirement(try dollars("2361.31")) == (try dollars("18.89048")))
    }

    @Test func `brackets grow without a jump`() throws {
        // 1 % up to 100,000, then 2 % less 1,000.
        let schedule = MarginSchedule.brackets([
            MarginBracket(floor: 0, rate: Rate(basisPoints: 100)),
            MarginBracket(floor: try dollars("100000"), rate: Rate(basisPoints: 200), deduction: try dollars("1000")),
        ])
        #expect(schedule.requirement(try dollars("50000")) == (try dollars("500")))
        #expect(schedule.requirement(try dollars("100000")) == (try dollars("1000")))
        #expect(schedule.requirement(try dollars("250000")) == (try dollars("4000")))
        #expect(schedule.smallestRate == Rate(basisPoints: 100))
    }

    @Test(arguments: [
        // Long 5; what is bought adds, what is sold beyond 5 opens a short.
        (position: 5 as Int64, buys: 2 as Int64, sells: 3 as Int64, risk: 7 as Int64, worst: 7 as Int64),
        (position: 5, buys: 0, sells: 8, risk: 8, worst: 8),
        (position: 5, buys: 2, sells: 8, risk: 10, worst: 8),
        (position: -5, buys: 8, sells: 2, risk: 10, worst: 8),
        (position: 0, buys: 3, sells: 4, risk: 7, worst: 4),
        (position: -4, buys: 4, sells: 0, risk: 4, worst: 4),
    ])
    func `open orders count by the venue's rule`(position: Int64, buys: Int64, sells: Int64, risk: Int64, worst: Int64) {
        let backpack = MarginRules(openOrders: .riskIncreasing, liquidation: .takeover)
        #expect(backpack.exposure(position: position, buys: buys, sells: sells) == risk)
        #expect(MarginRules.plain.exposure(position: position, buys: buys, sells: sells) == worst)
    }
}
