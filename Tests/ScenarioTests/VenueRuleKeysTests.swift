import Scenario
import Testing

/// How a scenario chooses a venue's rules for orders.
@Suite struct VenueRuleKeysTests {
    @Test func `what is not said is the profile's or the plainest`() throws {
        let scenario = try Demo.resolve(Demo.text)
        let venue = try #require(scenario.venue("near"))
        #expect(venue.selfTrade == .profile && venue.selfTradeScope == .account && venue.marketPrice == .worst)
        #expect(venue.amendPlace == .kept && venue.limits == .profile)
        #expect(!scenario.canonicalText.contains("self_trade"))
    }

    @Test(arguments: [
        ("venues.near.self_trade", "reduce-both"), ("venues.near.self_trade_scope", "venue"), ("venues.near.market_price", "average"),
        ("venues.near.amend_place", "lost"), ("venues.near.limits", "none"), ("accounts.M.cancel_on_disconnect", "true"),
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
}
