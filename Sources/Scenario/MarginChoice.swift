public import Market

extension Scenario {
    /// Whether accounts at a venue are asked for margin.
    public enum MarginCheck: String, Sendable, CaseIterable {
        /// The run is refused where a number is missing.
        case required
        /// Where the profile or the scenario has the numbers; where not, the report says so.
        case known
        case none
    }

    /// What a scenario says of a venue's margin; the rest is the profile's.
    public struct MarginChoice: Sendable, Hashable {
        /// Shares of a position's value, whatever its size.
        public struct Stated: Sendable, Hashable {
            public var initial: Rate
            public var maintenance: Rate
            public var closeOut: Rate?
        }

        public var check: MarginCheck
        public var stated: Stated?
        public var liquidationFee: Rate?
    }

    /// What an account's fees follow.
    public struct FeeBasis: Sendable, Hashable {
        /// At least one fee is the scenario's own: no tier changes them.
        public var isStated: Bool
        public var volume: Money?
        public var stake: Money?

        /// The fees of the profile's tier that the account begins in; nil where they are stated or there are no tiers.
        public func tier(_ profile: VenueProfile?) -> FeeTier? {
            guard !isStated, let tiers = profile?.feeTiers?.value else { return nil }
            return tiers.tier(volume: volume?.nanos ?? 0, stake: stake?.nanos ?? 0)
        }
    }
}

extension Scenario.MarginChoice {
    private static let shares = Rate(trillionths: 1)...Rate(basisPoints: 10_000)

    init(_ venue: SectionReader) {
        check = venue.choice("margin_check", default: .required)
        liquidationFee = venue.rate("liquidation_fee", .zero...Rate(basisPoints: 10_000))
        guard let section = venue.section("margin", "margin") else { return }
        let (initial, maintenance) = (section.rate("initial", Self.shares), section.rate("maintenance", Self.shares))
        let closeOut = section.rate("close_out", Self.shares)
        if check == .none { venue.fail("margin", "margin_check is none, so that it counts for nothing", "leave one of the two out") }
        guard let initial, let maintenance else { return }
        if maintenance > initial {
            section.fail("maintenance", "it is more than `initial`", "what opens a position must be enough to keep it")
        }
        if let closeOut, closeOut > maintenance {
            section.fail("close_out", "it is more than `maintenance`", "a position is closed out after it was reduced")
        }
        stated = Stated(initial: initial, maintenance: maintenance, closeOut: closeOut)
    }
}

extension CanonicalText {
    /// What was stated; a scenario that says nothing of margin and tiers is what it was before there were any.
    static func margin(_ choice: Scenario.MarginChoice, _ path: String) -> [String: String] {
        var lines: [String: String] = [:]
        if choice.check != .required { lines[path + "margin_check"] = choice.check.rawValue }
        lines[path + "margin.initial"] = choice.stated.map { UnitText.text($0.initial) }
        lines[path + "margin.maintenance"] = choice.stated.map { UnitText.text($0.maintenance) }
        lines[path + "margin.close_out"] = choice.stated?.closeOut.map { UnitText.text($0) }
        lines[path + "liquidation_fee"] = choice.liquidationFee.map { UnitText.text($0) }
        return lines
    }

    static func terms(_ account: Scenario.Account, _ path: String) -> [String: String] {
        var lines: [String: String] = [:]
        lines[path + "leverage"] = account.leverage.map(String.init)
        lines[path + "volume_30d"] = account.feeBasis.volume?.description
        lines[path + "stake"] = account.feeBasis.stake?.description
        return lines
    }
}
