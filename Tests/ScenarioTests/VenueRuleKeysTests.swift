import Market
import Scenario
import Testing

/// How a scenario chooses a venue's rules for orders.
@Suite struct VenueRuleKeysTests {
    @Test func `what is not said is the profile's or the plainest`() throws {
        let scenario = try Demo.resolve(Demo.text)
        let venue = try #require(scenario.venue("near"))
        #expect(venue.selfTrade == .profile && venue.selfTradeScope == .account && venue.marketPrice == .worst)
        #expect(venue.amendPlace == .kept && venue.limits == .init())
        #expect(venue.nonces == .profile && venue.replenish == nil)
        #expect(!scenario.canonicalText.contains("self_trade"))
    }

    @Test(arguments: [
        ("venues.near.self_trade", "reduce-both"), ("venues.near.self_trade_scope", "venue"), ("venues.near.market_price", "average"),
        ("venues.near.amend_place", "lost"), ("venues.near.limits", "none"), ("venues.near.replenish", "30000 ms"),
        ("venues.near.nonces", "exact"), ("venues.near.funding", "formula"),
        ("accounts.M.cancel_on_disconnect", "true"),
    ])
    func `what is said is in the canonical text, and a slip is pointed at`(path: String, value: String) throws {
        let parts = path.split(separator: ".").map(String.init)
        let section = "\n  \(parts[1]):\n"
        let text = Demo.text.replacing(section, with: section + "    \(parts[2]): \(value)\n", maxReplacements: 1)
        let scenario = try Demo.resolve(text)
        #expect(scenario.canonicalText.contains("\(path) = \(value)\n"))
        let wrong = text.replacing("\(parts[2]): \(value)", with: "\(parts[2]): x\(value)")
        #expect(throws: (any Error).self) { try Demo.resolve(wrong) }
    }

    private static func limits(_ text: String, venue: String = "far") -> String {
        Demo.text.replacing("\n  \(venue):\n", with: "\n  \(venue):\n    limits: { \(text) }\n", maxReplacements: 1)
    }

    @Test func `single limits stand in place of the profile's, and the rest stays`() throws {
        let text = Self.limits(
            "requests: 90, open_orders: 7, longest_expiry: \"1 h\", quota: 5, quota_volume: \"10 USDC\", highest_price: \"106 %\"")
        let scenario = try Demo.resolve(text)
        let venue = try #require(scenario.venue("far"))
        let (known, limits) = (venue.profile.requestLimits?.value, try #require(venue.limits.limits(venue.profile)))
        #expect(limits.windows == [.all(90, per: .minutes(1))])
        #expect(limits.openOrders == 7 && limits.openOrdersPerInstrument == known?.openOrdersPerInstrument)
        #expect(limits.expiry == .minutes(5) ... .hours(1) && limits.triggers == known?.triggers)
        #expect(limits.quota?.initial == 5 && limits.quota?.volumePerRequest == 10_000_000_000)
        let band = venue.limits.band(venue.profile, venueSymbol: "BTC")
        #expect(band == PriceBand("BTC", .zero, Rate(basisPoints: 10_600)))
        let plain = try Demo.resolve(Demo.text).canonicalText.split(separator: "\n")
        let lines = Set(scenario.canonicalText.split(separator: "\n")).subtracting(plain)
        #expect(
            lines.sorted() == [
                "venues.far.limits.highest_price = 10600 bp", "venues.far.limits.longest_expiry = 3600000 ms",
                "venues.far.limits.open_orders = 7", "venues.far.limits.quota = 5", "venues.far.limits.quota_volume = 10 USDC",
                "venues.far.limits.requests = 90",
            ])
    }

    @Test(arguments: [
        ("requests: 0", "requests: 0 is out of range (allowed: 1 to 1000000000)"),
        ("requests_per: \"1 s\"", "requests_per: there are no `requests` that it could be the span of (state both)"),
        ("shortest_expiry: \"2 h\", longest_expiry: \"1 h\"", "longest_expiry: it is shorter than `shortest_expiry`"),
        ("quota: 9, quota_maximum: 8", "quota_maximum: it is less than `quota`"),
        ("lowest_price: \"2 %\", highest_price: \"1 %\"", "highest_price: it is lower than `lowest_price`"),
        ("orders: 4", "orders: there is no such key"),
    ])
    func `a wrong limit is pointed at`(text: String, complaint: String) {
        let complaints = Demo.complaints(Self.limits(text))
        #expect(complaints.count == 1 && complaints[0].contains("venues.far.limits.\(complaint)"), "\(complaints)")
    }
}
