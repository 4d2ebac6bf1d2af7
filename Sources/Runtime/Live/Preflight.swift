public import Market
public import Scenario
internal import Trading
public import Venues

/// What is looked at before a scenario trades for real: what it wants and states against what its venues tell.
///
/// It decides and asks nothing: whoever begins a run asks the venues, hands over what they told, and begins nothing that is refused.
public struct Preflight: Sendable {
    public enum Verdict: String, Hashable, Sendable, CaseIterable { case ok, warning, refused }

    public struct Finding: Hashable, Sendable {
        public var check: String
        /// The account that it is about; empty where it is about the run.
        public var account: String
        public var verdict: Verdict
        public var text: String
        public var hint: String?
        /// What doesn't fit on its line.
        public var details: [String]

        public init(
            _ check: String, of account: String = "", _ verdict: Verdict, _ text: String, hint: String? = nil, details: [String] = []
        ) {
            (self.check, self.account, self.verdict, self.text) = (check, account, verdict, text)
            (self.hint, self.details) = (hint, details)
        }
    }

    /// An instrument that an account trades.
    public struct Traded: Hashable, Sendable {
        /// Index among the scenario's accounts.
        public var account: Int
        /// Under the terms of the scenario's venue.
        public var instrument: Instrument

        public init(account: Int, instrument: Instrument) { (self.account, self.instrument) = (account, instrument) }
    }

    /// Against what the scenario is compared that was confirmed last under its name.
    public enum Confirmed: Hashable, Sendable {
        case never
        case before(ScenarioDifference)
    }

    /// A signed request is valid for 5 s: a clock further off leaves too little of it.
    public static let largestClockError = Nanoseconds.seconds(1)
    static let notableClockError = Nanoseconds.milliseconds(250)
    /// Bytes.
    public static let leastDisk: Int64 = 1 << 30
    static let comfortableDisk: Int64 = 5 << 30

    let scenario: Scenario
    let facts: [AccountFacts]
    let traded: [Traded]
    private let freeDisk: Int64?
    let goesOn: Bool
    private let confirmed: Confirmed

    /// - Parameters:
    ///   - facts: By account of the scenario.
    ///   - freeDisk: Bytes where the journal will be; nil: not known.
    ///   - goesOn: Whether the run goes on from its journal, which explains what its accounts hold.
    public init(
        _ scenario: Scenario, facts: [AccountFacts], traded: [Traded], freeDisk: Int64?, goesOn: Bool, confirmed: Confirmed
    ) {
        precondition(facts.count == scenario.accounts.count, "each account has its facts")
        (self.scenario, self.facts, self.traded) = (scenario, facts, traded)
        (self.freeDisk, self.goesOn, self.confirmed) = (freeDisk, goesOn, confirmed)
    }

    /// Binds a scenario to what its venues list.
    ///
    /// - Parameter listed: By venue of the scenario; empty for one that nothing is traded at.
    /// - Returns: What each account trades, by account, then symbol.
    public static func traded(_ scenario: Scenario, listed: [[Instrument]], at now: Timestamp) throws(RunError) -> [Traded] {
        // Faults are made in simulations alone.
        var scenario = scenario
        scenario.faults = []
        let plan = try RunPlan(scenario, .listed(listed, now...now))
        var traded: [Traded] = []
        for binding in plan.bindings {
            for leg in binding.legs.values {
                let one = Traded(account: leg.account.index, instrument: plan.instruments[leg.instrument.index])
                if !traded.contains(one) { traded.append(one) }
            }
        }
        return traded.sorted { ($0.account, $0.instrument.venueSymbol) < ($1.account, $1.instrument.venueSymbol) }
    }

    /// In the order in which they are to be read: the run, then account by account.
    public var findings: [Finding] {
        var findings = [disk, change] + limits + settings
        for index in scenario.accounts.indices { findings += checks(of: index) }
        return findings
    }

    // MARK: The run

    private var disk: Finding {
        guard let freeDisk else { return Finding("disk", .warning, "how much of it is free is not known") }
        let text = "\(freeDisk >> 20) MiB are free for the journal"
        if freeDisk < Self.leastDisk { return Finding("disk", .refused, text, hint: "free 1 GiB at least") }
        if freeDisk < Self.comfortableDisk { return Finding("disk", .warning, text, hint: "a day's journal may be larger: free 5 GiB") }
        return Finding("disk", .ok, text)
    }

    private var change: Finding {
        switch confirmed {
        case .never: return Finding("scenario", .ok, "'\(scenario.name)' is confirmed for the first time")
        case .before(let difference) where difference.changes.isEmpty:
            return Finding("scenario", .ok, "'\(scenario.name)' is as it was confirmed last")
        case .before(let difference):
            let count = difference.changes.count
            return Finding(
                "scenario", .warning,
                "'\(scenario.name)' is not as it was confirmed last: \(count) \(count == 1 ? "key differs" : "keys differ")",
                hint: "see whether each change is meant", details: difference.changes.map(\.text))
        }
    }

    private var limits: [Finding] {
        func finding(_ key: String, _ hint: String, isSet: Bool) -> Finding {
            isSet
                ? Finding("limits", .ok, "risk.\(key) is set")
                : Finding("limits", .warning, "there is no risk.\(key): nothing but the strategy limits what is at risk", hint: hint)
        }
        let (risk, own) = (scenario.risk, scenario.strategies.map(\.limits))
        return [
            finding(
                "max_position", "set it, such as risk: {max_position: \"0.5 BTC\"}",
                isSet: risk.maximumPosition != nil || own.allSatisfy { $0.maximumPosition != nil }),
            finding(
                "max_order_notional", "set it, such as risk: {max_order_notional: \"1000 USDC\"}",
                isSet: risk.maximumOrderNotional != nil || own.allSatisfy { $0.maximumOrderNotional != nil }),
        ]
    }

    /// What means something in a simulation alone.
    private var settings: [Finding] {
        var findings: [Finding] = []
        if !scenario.faults.isEmpty {
            findings.append(
                Finding(
                    "settings", .warning, "the scenario's \(scenario.faults.count) faults are not made here: the venues have their own",
                    hint: "leave `faults` out of what trades for real"))
        }
        if scenario.start != nil || scenario.end != nil {
            findings.append(
                Finding("settings", .warning, "`range` ends nothing here: the run goes on until somebody stops it", hint: "leave it out"))
        }
        return findings
    }
}
