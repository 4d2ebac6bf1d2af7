public import Market
public import Scenario
internal import Trading

/// A scenario bound to what its venues list now.
public struct LivePlan {
    let plan: RunPlan

    /// - Parameters:
    ///   - listed: By venue of the scenario.
    ///   - now: When the run begins.
    /// - Throws: `RunError` where the scenario asks for something that is not listed, or contradicts it.
    public init(_ scenario: Scenario, listed: [[Instrument]], at now: Timestamp) throws(RunError) {
        var scenario = scenario
        // What goes wrong goes wrong by itself.
        scenario.faults = []
        plan = try RunPlan(scenario, .listed(listed, now ... .never))
    }

    public var scenario: Scenario { plan.scenario }
    /// By `InstrumentID`: the index of its venue in the scenario, and the instrument under the scenario's terms.
    public var instruments: [(venue: Int, instrument: Instrument)] { plan.listings.map { ($0.venue, $0.instrument) } }
    public var assumptions: [String] { plan.assumptions }
    public var warnings: [String] { plan.warnings }

    /// Indices of the venues that anything of the run is at.
    public var venues: [Int] {
        let used = Set(plan.listings.map(\.venue)).union(plan.venueOfAccount)
        return used.sorted()
    }

    /// The plan with what the accounts really hold in place of what the scenario says.
    ///
    /// - Parameter balances: By account of the scenario.
    public func holding(_ balances: [[Money]]) throws(RunError) -> LivePlan {
        var scenario = plan.scenario
        for (index, balance) in balances.enumerated() { scenario.accounts[index].collateral = balance }
        let listed = scenario.venues.indices.map { venue in plan.listings.filter { $0.venue == venue }.map(\.instrument) }
        return try LivePlan(scenario, listed: listed, at: plan.start)
    }
}
