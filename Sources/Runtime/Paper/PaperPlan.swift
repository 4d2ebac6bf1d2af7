public import Market
public import Scenario
internal import Trading
public import Venues

/// A scenario bound to what its venues list now.
public struct PaperPlan {
    /// A venue of the scenario that is listened to.
    public struct Venue: Sendable {
        /// The scenario's name of it.
        public var name: String
        public var speaks: VenueProtocol
    }

    let plan: RunPlan
    /// Indices into the scenario's venues, by session.
    let venues: [Int]

    /// Which venues a scenario trades at, and how they are spoken to.
    ///
    /// - Throws: Where one has no protocol that is spoken here, or the scenario asks for what a live market can't give.
    public static func venues(of scenario: Scenario) throws(RunError) -> [Venue] {
        if let fault = scenario.faults.first {
            throw .scenario(
                message: "a paper run has no faults, and the scenario has \(fault.kind.rawValue) at '\(fault.venue)'",
                hint: "leave them out with --set \"faults=[]\"; `mmsim backtest` has them happen")
        }
        var venues: [Venue] = []
        for venue in scenario.venues {
            guard let speaks = VenueProtocol(profile: venue.profile.name) else {
                throw .scenario(
                    message: "venue '\(venue.name)' has the profile '\(venue.profile.name)', whose protocol is not spoken here",
                    hint: "there are: \(VenueProtocol.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            guard venue.queue != .exactFIFO else {
                throw .scenario(
                    message: "venue '\(venue.name)' wants the queue exact-fifo, but the streams of \(speaks.rawValue) tell no orders",
                    hint: "use another queue model: --set venues.\(venue.name).queue=risk-averse")
            }
            venues.append(Venue(name: venue.name, speaks: speaks))
        }
        return venues
    }

    /// - Parameters:
    ///   - listed: What each venue of the scenario lists.
    ///   - start: When the run begins.
    ///   - duration: How long it is to last; nil: until somebody ends it.
    public init(_ scenario: Scenario, listed: [[Instrument]], start: Timestamp, duration: Nanoseconds?) throws(RunError) {
        _ = try Self.venues(of: scenario)
        let plan = try RunPlan(scenario, .listed(listed, start...start + (duration ?? .hours(24))))
        self.plan = plan
        venues = scenario.venues.indices.filter { venue in plan.listings.contains { $0.venue == venue } }
    }

    public var instruments: [Instrument] { plan.instruments }
    public var warnings: [String] { plan.warnings }
    /// By instrument: index of its venue in the scenario.
    public var venueOfInstrument: [Int] { plan.listings.map(\.venue) }
    /// By session: index of its venue in the scenario.
    public var venueOfSession: [Int] { venues }

    /// What the sessions serve: the public streams of what is traded.
    public func terms(seed: UInt64) -> [SessionTerms] {
        venues.map { venue in
            let listed = plan.listings.enumerated().filter { $0.element.venue == venue }
            var terms = SessionTerms(
                venue: VenueID(venue), instruments: listed.map { (InstrumentID($0.offset), $0.element.instrument) }, accounts: [])
            terms.seed = seed &+ UInt64(venue)
            return terms
        }
    }
}
