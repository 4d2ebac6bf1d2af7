internal import Market
internal import Trading
internal import Yams

/// The list `faults`: which keys each kind has, and what they mean to it.
extension ScenarioResolver {
    private typealias Kind = Scenario.Fault.Kind

    static let faultKeys: [ScenarioSchema.Key] = [
        .init("kind", .choice(Scenario.Fault.Kind.allCases.map(\.rawValue)), required: true, "What goes wrong."),
        .init("venue", .text, required: true, "One of `venues`: where."),
        .init("account", .text, "One of `accounts`: for whom. Default: all of the venue."),
        .init("symbol", .text, "Of what, such as BTC. Default: all of the venue."),
        .init("at", .instant, "When, such as \"2024-08-08T23:55:00Z\"."),
        .init("after", .duration, "When, counted from the start of the run, such as \"10 min\"."),
        .init("per_hour", .decimal, "How often on average, at times drawn from the seed, such as \"0.5\"."),
        .init("for", .durations, "How long, such as \"30 s\"; of drawn ones also between two, as [\"10 s\", \"60 s\"]."),
        .init("answer", .choice(Scenario.Fault.Answer.allCases.map(\.rawValue)), "How requests fail. Default silence."),
        .init("reason", .choice(RejectReason.allCases.map(\.name)), "Why requests are refused. Default venue."),
        .init("reports", .choice(Scenario.Fault.Missed.allCases.map(\.rawValue)), "What becomes of reports meanwhile. Default lost."),
        .init("probability", .decimal, "The share that it hits, such as \"0.01\"."),
        .init("factor", .decimal, "What latencies are multiplied by. Default 10, or 1 with a `delay`."),
        .init("delay", .duration, "How much later."),
        .init("error", .rate, "What reported amounts are wrong by, such as \"-100 %\": no position at all."),
        .init("share", .rate, "How much of each position is closed. Default \"100 %\"."),
        .init("extra", .rate, "What fills cost more, such as \"5 bp\"."),
        .init("ticks", .integer, "What prices must be whole multiples of. Default 1."),
        .init("lots", .integer, "What sizes must be whole multiples of. Default 1."),
    ]

    private static let always: Set<String> = ["kind", "venue"]
    private static let timing: Set<String> = ["at", "after", "per_hour", "for"]
    private static let lengths: ClosedRange<Nanoseconds> = Nanoseconds(count: 1) ... .hours(24 * 365)
    private static let delays: ClosedRange<Nanoseconds> = .zero ... .hours(24)
    private static let one = Rate(trillionths: Rate.scale)

    /// What a kind is told by, beside what, where and when.
    private static func keys(_ kind: Kind) -> Set<String> {
        switch kind {
        case .outage: ["account", "answer", "reason"]
        case .submitFailure, .cancelFailure: ["account", "symbol", "answer", "reason"]
        case .slow: ["account", "factor", "delay"]
        case .staleBook, .crossedBook, .publicDisconnect: ["symbol"]
        case .privateDisconnect: ["account", "reports"]
        case .droppedReports: ["account", "probability"]
        case .duplicatedReports, .lateReports, .reorderedReports: ["account", "probability", "delay"]
        case .rejections: ["account", "symbol", "reason", "probability"]
        case .rateLimited: ["account"]
        case .positionReports: ["account", "symbol", "delay", "error"]
        case .autoDeleveraging, .liquidation: ["account", "symbol", "share"]
        case .fees: ["account", "symbol", "extra"]
        case .steps: ["account", "symbol", "ticks", "lots"]
        }
    }

    /// What must be stated of a kind, and an example.
    private static func needed(_ kind: Kind) -> [(key: String, example: String)] {
        switch kind {
        case .droppedReports, .duplicatedReports, .reorderedReports: [("probability", "\"0.01\"")]
        case .lateReports: [("probability", "\"0.01\""), ("delay", "\"2 s\"")]
        case .rejections: [("probability", "\"0.01\""), ("reason", "margin")]
        case .fees: [("extra", "\"5 bp\"")]
        case .outage, .submitFailure, .cancelFailure, .slow, .staleBook, .crossedBook, .publicDisconnect, .privateDisconnect, .rateLimited,
            .positionReports, .autoDeleveraging, .liquidation, .steps:
            []
        }
    }

    /// Whether it may go on for the whole run.
    private static func mayLast(_ kind: Kind) -> Bool {
        switch kind {
        case .slow, .droppedReports, .duplicatedReports, .lateReports, .reorderedReports, .rejections, .positionReports, .fees, .steps: true
        case .outage, .submitFailure, .cancelFailure, .staleBook, .crossedBook, .publicDisconnect, .privateDisconnect, .rateLimited,
            .autoDeleveraging, .liquidation:
            false
        }
    }

    /// Sorted by what they say, so that their order in the file means nothing.
    func faults(_ top: SectionReader, _ accounts: [Scenario.Account]) -> [Scenario.Fault] {
        guard let node = top.node("faults") else { return [] }
        guard case .sequence(let sequence) = node else {
            top.fail(
                "faults", "it must be a list of faults", "write faults: [{ kind: outage, venue: NAME, after: \"10 min\", for: \"30 s\" }]")
            return []
        }
        var faults: [Scenario.Fault] = []
        for (index, element) in sequence.enumerated() {
            guard let section = SectionReader(element, path: "faults.\(index + 1)", section: "fault", issues: issues),
                let fault = fault(section, top, accounts)
            else { continue }
            if faults.contains(fault) { section.fail("kind", "the same fault stands twice") }
            faults.append(fault)
        }
        return faults.sorted { $0.canonicalText < $1.canonicalText }
    }

    private func fault(_ section: SectionReader, _ top: SectionReader, _ accounts: [Scenario.Account]) -> Scenario.Fault? {
        guard let name = section.text("kind") else { return nil }
        guard let kind = Kind(rawValue: name) else {
            let names = Kind.allCases.map(\.rawValue)
            section.fail("kind", "there is no fault '\(name)'", Spelling.hint(name, names) ?? "there are: \(names.joined(separator: ", "))")
            return nil
        }
        let known = Self.keys(kind)
        for key in Self.faultKeys.map(\.name) where section.node(key) != nil {
            guard !Self.always.contains(key), !Self.timing.contains(key), !known.contains(key) else { continue }
            section.refuse(key, "it means nothing to \(name)", known.isEmpty ? nil : "it knows \(known.sorted().joined(separator: ", "))")
        }
        for (key, example) in Self.needed(kind) where section.node(key) == nil {
            section.fail(key, "it is missing", "state it, such as \(key): \(example)")
        }
        let venue = self.venue(section, top)
        var fault = Scenario.Fault(
            kind: kind, venue: venue, account: account(section, venue, accounts), symbol: section.text("symbol"),
            when: when(section, kind), duration: nil)
        fault.duration = duration(section, fault)
        read(section, into: &fault)
        return fault
    }

    private func venue(_ section: SectionReader, _ top: SectionReader) -> String {
        let name = section.text("venue") ?? ""
        let names = top.names(in: "venues")
        if !name.isEmpty, !names.contains(name) {
            section.fail("venue", "there is no venue '\(name)'", Spelling.hint(name, names) ?? "name one of `venues`")
        }
        return name
    }

    private func account(_ section: SectionReader, _ venue: String, _ accounts: [Scenario.Account]) -> String? {
        guard let name = section.text("account") else { return nil }
        let names = accounts.map(\.name)
        guard let account = accounts.first(where: { $0.name == name }) else {
            section.fail("account", "there is no account '\(name)'", Spelling.hint(name, names) ?? "name one of `accounts`")
            return name
        }
        if account.venue != venue {
            section.fail("account", "'\(name)' is an account at '\(account.venue)'", "name one at '\(venue)', or leave it out for all")
        }
        return name
    }

    // MARK: When

    private func when(_ section: SectionReader, _ kind: Kind) -> Scenario.Fault.When {
        let stated = ["at", "after", "per_hour"].filter { section.node($0) != nil }
        if stated.count > 1 { section.fail(stated[1], "\(stated[0]) says when already", "keep one of them") }
        if let time = section.instant("at") { return .at(time) }
        if let span = section.duration("after", .zero ... .hours(24 * 365)) { return .after(span) }
        if let rate = decimal(section, "per_hour", Rate(trillionths: Rate.scale / 1_000)...Rate(trillionths: Rate.scale * 1_000)) {
            return .perHour(rate)
        }
        if stated.isEmpty, !Self.mayLast(kind) {
            section.fail("kind", "nothing says when the \(kind.rawValue) happens", "add after: \"10 min\", at, or per_hour")
        }
        return .wholeRun
    }

    private func duration(_ section: SectionReader, _ fault: Scenario.Fault) -> ClosedRange<Nanoseconds>? {
        let isStated = section.node("for") != nil
        if fault.kind.isInstant {
            let what = fault.kind == .liquidation ? "a liquidation" : "auto-deleveraging"
            if isStated { section.fail("for", "\(what) happens at once", "leave it out") }
            return .zero ... .zero
        }
        guard fault.when != .wholeRun else {
            if isStated, section.node("at") == nil, section.node("after") == nil, section.node("per_hour") == nil {
                section.fail("for", "nothing says when it begins", "add after: \"10 min\", at, or per_hour")
            }
            return nil
        }
        guard let elements = section.elements("for") else {
            if !isStated { section.fail("for", "it is missing", "how long, such as for: \"30 s\"") }
            return nil
        }
        let isDrawn = if case .perHour = fault.when { true } else { false }
        guard elements.count == 1 || (isDrawn && elements.count == 2) else {
            section.fail(
                "for", isDrawn ? "it wants one duration or two" : "it wants one duration",
                isDrawn ? "write [\"10 s\", \"60 s\"]" : "two belong to per_hour: one between them is drawn for each")
            return nil
        }
        var spans: [Nanoseconds] = []
        for (text, node) in elements {
            do throws(UnitText.Failure) {
                let span = try UnitText.duration(text)
                guard Self.lengths.contains(span) else {
                    throw .init(message: "'\(text)' is out of range", hint: "allowed: 1 ns to 365 d")
                }
                spans.append(span)
            } catch {
                section.fail("for", at: node, error.message, error.hint)
                return nil
            }
        }
        guard spans[0] <= spans[spans.count - 1] else {
            section.fail("for", "'\(elements[0].text)' is longer than '\(elements[1].text)'", "write the shorter one first")
            return nil
        }
        return spans[0]...spans[spans.count - 1]
    }

    // MARK: What

    /// A decimal number without a unit.
    private func decimal(_ section: SectionReader, _ key: String, _ range: ClosedRange<Rate>) -> Rate? {
        guard let text = section.text(key) else { return nil }
        do throws(UnitText.Failure) {
            let rate = Rate(trillionths: try UnitText.decimal(text, decimals: 12, of: text))
            guard range.contains(rate) else {
                throw .init(message: "'\(text)' is out of range", hint: "allowed: \(range.lowerBound) to \(range.upperBound)")
            }
            return rate
        } catch {
            section.fail(key, error.message, error.hint)
            return nil
        }
    }

    private func reason(_ section: SectionReader) -> RejectReason {
        guard let name = section.text("reason") else { return .venue }
        if let reason = RejectReason.allCases.first(where: { $0.name == name }) { return reason }
        let names = RejectReason.allCases.map(\.name)
        section.fail(
            "reason", "there is no reason '\(name)'", Spelling.hint(name, names) ?? "there are: \(names.joined(separator: ", "))")
        return .venue
    }

    private func read(_ section: SectionReader, into fault: inout Scenario.Fault) {
        let share = Rate(trillionths: 1)...Self.one
        switch fault.kind {
        case .outage, .submitFailure, .cancelFailure:
            let answer = section.choice("answer", default: Scenario.Fault.Answer.silence)
            fault.answer = answer
            if answer == .refusal {
                fault.reason = reason(section)
            } else if section.node("reason") != nil {
                section.fail("reason", "silence has no reason", "add answer: refusal")
            }
        case .slow:
            let delay = section.duration("delay", Self.delays)
            let fallback = section.node("delay") == nil ? Rate(trillionths: 10 * Rate.scale) : Self.one
            fault.factor = decimal(section, "factor", Self.one...Rate(trillionths: 1_000_000 * Rate.scale)) ?? fallback
            fault.delay = delay ?? .zero
        case .staleBook, .crossedBook, .publicDisconnect, .rateLimited: break
        case .privateDisconnect: fault.missed = section.choice("reports", default: Scenario.Fault.Missed.lost)
        case .droppedReports: fault.probability = decimal(section, "probability", share)
        case .duplicatedReports, .lateReports, .reorderedReports:
            fault.probability = decimal(section, "probability", share)
            fault.delay = section.duration("delay", Self.delays) ?? (fault.kind == .reorderedReports ? .seconds(1) : .zero)
        case .rejections:
            fault.probability = decimal(section, "probability", share)
            fault.reason = reason(section)
        case .positionReports:
            fault.delay = section.duration("delay", Self.delays) ?? .zero
            fault.error = section.rate("error", Rate(basisPoints: -20_000)...Rate(basisPoints: 100_000)) ?? .zero
            if section.node("delay") == nil, section.node("error") == nil {
                section.fail("kind", "nothing says what is wrong with the reports", "add delay: \"5 s\", or error: \"-100 %\"")
            }
        case .autoDeleveraging, .liquidation: fault.share = section.rate("share", share) ?? Self.one
        case .fees: fault.extra = section.rate("extra", Rate(basisPoints: -1_000)...Rate(basisPoints: 1_000))
        case .steps:
            fault.ticks = section.integer("ticks", 1...1_000_000) ?? 1
            fault.lots = section.integer("lots", 1...1_000_000_000) ?? 1
            if section.node("ticks") == nil, section.node("lots") == nil {
                section.fail("kind", "nothing says which steps the venue wants", "add ticks: 10, or lots: 100")
            }
        }
    }
}
