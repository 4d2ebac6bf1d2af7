public import Market
public import Trading

extension Scenario {
    /// Something that goes wrong at a venue, as written: names instead of numbers, times not yet drawn.
    public struct Fault: Sendable, Hashable {
        public enum Kind: String, Sendable, CaseIterable {
            case outage
            case submitFailure = "submit_failure"
            case cancelFailure = "cancel_failure"
            case slow
            case staleBook = "stale_book"
            case crossedBook = "crossed_book"
            case publicDisconnect = "public_disconnect"
            case privateDisconnect = "private_disconnect"
            case droppedReports = "dropped_reports"
            case duplicatedReports = "duplicated_reports"
            case lateReports = "late_reports"
            case reorderedReports = "reordered_reports"
            case rejections
            case rateLimited = "rate_limited"
            case positionReports = "position_reports"
            case autoDeleveraging = "adl"
            case liquidation
            case fees
            case steps

            /// Whether it happens at once and is over.
            public var isInstant: Bool { self == .autoDeleveraging || self == .liquidation }
        }

        public enum When: Sendable, Hashable {
            case wholeRun
            case at(Timestamp)
            /// Counted from the run's start.
            case after(Nanoseconds)
            /// Drawn from the seed, so many an hour on average.
            case perHour(Rate)
        }

        public enum Answer: String, Sendable, CaseIterable { case silence, refusal }
        public enum Missed: String, Sendable, CaseIterable { case lost, late }

        public var kind: Kind
        public var venue: String
        /// nil: all accounts.
        public var account: String?
        /// nil: all instruments.
        public var symbol: String?
        public var when: When
        /// Between these; zero for what happens at once, nil for the whole run.
        public var duration: ClosedRange<Nanoseconds>?
        /// Of what the kind has no use for, nil; as are those below.
        public var answer: Answer?
        public var reason: RejectReason?
        public var missed: Missed?
        public var probability: Rate?
        public var factor: Rate?
        public var delay: Nanoseconds?
        public var error: Rate?
        public var share: Rate?
        public var extra: Rate?
        public var ticks: Int64?
        public var lots: Int64?

        /// Key and value of all that is stated or stands by default, sorted: equal for faults that are equal.
        public var canonicalText: String { canonicalKeys.map { "\($0.key) = \($0.value)" }.joined(separator: ", ") }

        var canonicalKeys: [(key: String, value: String)] {
            var keys = ["kind": kind.rawValue, "venue": venue]
            keys["account"] = account
            keys["symbol"] = symbol
            switch when {
            case .wholeRun: break
            case .at(let time): keys["at"] = time.iso8601
            case .after(let span): keys["after"] = UnitText.text(span)
            case .perHour(let rate): keys["per_hour"] = rate.description
            }
            if let duration, !kind.isInstant {
                let (low, high) = (UnitText.text(duration.lowerBound), UnitText.text(duration.upperBound))
                keys["for"] = low == high ? low : "\(low) .. \(high)"
            }
            keys["answer"] = answer?.rawValue
            keys["reason"] = reason?.name
            keys["reports"] = missed?.rawValue
            keys["probability"] = probability?.description
            keys["factor"] = factor?.description
            keys["delay"] = delay.map { UnitText.text($0) }
            keys["error"] = error.map { UnitText.text($0) }
            keys["share"] = share.map { UnitText.text($0) }
            keys["extra"] = extra.map { UnitText.text($0) }
            keys["ticks"] = ticks.map { String($0) }
            keys["lots"] = lots.map { String($0) }
            return keys.sorted { $0.key < $1.key }
        }
    }
}

extension RejectReason {
    /// As a scenario writes it, such as `minimum_notional`.
    public var name: String {
        var name = ""
        for letter in "\(self)" {
            if letter.isUppercase { name += "_" }
            name += letter.lowercased()
        }
        return name
    }
}
