import Market
import Scenario
import Testing

extension Demo {
    /// Keys that only `money` has.
    static let moneyKeys: [String: Set<String>] = [
        "venues.near": ["margin", "margin_check", "liquidation_fee"], "venues.near.margin": ["initial", "maintenance", "close_out"],
        "accounts.M": ["volume_30d", "stake", "leverage"],
    ]

    /// The demo with margin at `near` and terms of `M`.
    static func money(
        check: String = "known", initial: String = "5 %", maintenance: String = "2.5 %", closeOut: String = "1 %", fee: String = "1 %",
        volume: String = "1000000 USDT", leverage: String = "10"
    ) -> String {
        text.replacing(
            "    minimum_notional: \"5 USDT\"\n",
            with: """
                    minimum_notional: "5 USDT"
                    margin_check: \(check)
                    margin:
                      initial: "\(initial)"
                      maintenance: "\(maintenance)"
                      close_out: "\(closeOut)"
                    liquidation_fee: "\(fee)"

                """
        ).replacing("    key: near-main\n", with: "    volume_30d: \"\(volume)\"\n    stake: \"350 BP\"\n    leverage: \(leverage)\n")
    }
}

@Suite struct MarginChoiceTests {
    @Test func `what is said of margin and tiers`() throws {
        let scenario = try Demo.resolve(Demo.money())
        let near = try #require(scenario.venue("near"))
        #expect(near.margin.check == .known && near.margin.liquidationFee == Rate(basisPoints: 100))
        #expect(near.margin.stated?.initial == Rate(basisPoints: 500))
        #expect(near.margin.stated?.maintenance == Rate(basisPoints: 250))
        #expect(near.margin.stated?.closeOut == Rate(basisPoints: 100))
        #expect(scenario.account("M")?.leverage == 10 && scenario.account("M")?.feeBasis.isStated == true)
        let far = try #require(scenario.venue("far"))
        #expect(far.margin.check == .required && far.margin.stated == nil && far.margin.liquidationFee == nil)
        #expect(scenario.account("T")?.leverage == nil && scenario.account("T")?.feeBasis.isStated == false)
    }

    @Test func `what is said is in the canonical text, and only that`() throws {
        let plain = try Set(Demo.resolve(Demo.text).canonicalText.split(separator: "\n"))
        let added = try Set(Demo.resolve(Demo.money()).canonicalText.split(separator: "\n")).subtracting(plain)
        #expect(
            added.sorted() == [
                "accounts.M.leverage = 10", "accounts.M.stake = 350 BP", "accounts.M.volume_30d = 1000000 USDT",
                "venues.near.liquidation_fee = 100 bp", "venues.near.margin.close_out = 100 bp", "venues.near.margin.initial = 500 bp",
                "venues.near.margin.maintenance = 250 bp", "venues.near.margin_check = known",
            ])
    }

    @Test func `an account begins in the tier that its volume or stake leads to`() throws {
        func rates(_ venue: String, _ account: String) throws -> [Int64] {
            let text = Demo.setting("venues.far.profile", to: venue).replacing(
                "collateral: \"1 BTC\"", with: "collateral: \"1 BTC\"\n\(account)")
            let made = try #require(try Demo.resolve(text).account("T"))
            return [made.makerFee.trillionths / 1_000_000, made.takerFee.trillionths / 1_000_000]
        }
        #expect(try rates("backpack", "") == [200, 500])
        #expect(try rates("backpack", "    volume_30d: \"500000 USDC\"") == [190, 450])
        #expect(try rates("lighter-premium", "    stake: \"10000 LIT\"") == [36, 252])
        // A stated fee stays, and the other is the profile's.
        #expect(try rates("backpack", "    volume_30d: \"500000 USDC\"\n    maker_fee: \"1 bp\"") == [100, 500])
    }

    @Test(
        arguments: [
            (Demo.money(check: "maybe"), "venues.near.margin_check: 'maybe' is not one of required, known, none"),
            (
                Demo.money(check: "none"),
                "venues.near.margin: margin_check is none, so that it counts for nothing (leave one of the two out)"
            ),
            (Demo.money(initial: "0 bp"), "venues.near.margin.initial: '0 bp' is out of range (allowed: 0.00000001 bp to 10000 bp)"),
            (
                Demo.money(maintenance: "6 %"),
                "venues.near.margin.maintenance: it is more than `initial` (what opens a position must be enough to keep it)"
            ),
            (
                Demo.money(closeOut: "3 %"),
                "venues.near.margin.close_out: it is more than `maintenance` (a position is closed out after it was reduced)"
            ),
            (Demo.money(fee: "101 %"), "venues.near.liquidation_fee: '101 %' is out of range (allowed: 0 bp to 10000 bp)"),
            (Demo.money(volume: "-1 USD"), "accounts.M.volume_30d: '-1 USD' is negative"),
            (Demo.money(leverage: "0"), "accounts.M.leverage: 0 is out of range (allowed: 1 to 1000)"),
        ])
    func `what is wrong is said with what to do`(text: String, complaint: String) {
        #expect(Demo.complaints(text).map { String($0.drop { $0 != " " }.dropFirst()) } == [complaint])
    }
}
