public import Market
internal import Scenario
internal import Signing
internal import Simulation
internal import Trading

/// The faults of a scenario, bound to its run.
extension RunPlan {
    /// What goes wrong at a venue; nil if nothing does.
    func faultPlan(_ venue: Int) throws(RunError) -> FaultPlan? {
        var (stated, drawn): ([Fault], [FaultDraw]) = ([], [])
        for fault in scenario.faults where fault.venue == scenario.venues[venue].name {
            let kind = Self.kind(fault)
            let instrument = try self.instrument(fault, venue)
            let account = fault.account.map { self.account($0) }
            // By what a fault says, so that another one in the file changes nothing for it.
            let stream = Self.stream(fault)
            let length = fault.duration?.lowerBound ?? .zero
            func add(_ start: Timestamp) {
                stated.append(Fault(kind, account: account, instrument: instrument, from: start, until: start + length, stream: stream))
            }
            switch fault.when {
            case .wholeRun: stated.append(Fault(kind, account: account, instrument: instrument, stream: stream))
            case .at(let time): add(time)
            case .after(let span): add(start + span)
            case .perHour(let rate):
                let interval = roundedQuotient(Int128(Nanoseconds.hours(1).count) * Int128(Rate.scale), Int128(rate.trillionths))
                drawn.append(
                    FaultDraw(
                        kind, account: account, instrument: instrument, every: Nanoseconds(count: interval),
                        lasting: fault.duration ?? .zero ... .zero, stream: stream))
            }
        }
        guard !stated.isEmpty || !drawn.isEmpty else { return nil }
        // Nothing goes wrong before the core has started.
        return FaultPlan(stated, drawn: drawn, seed: scenario.seed, run: start + Nanoseconds(count: 1)...end)
    }

    /// Stated faults that the run does not reach.
    var faultWarnings: [String] {
        scenario.faults.compactMap { fault in
            let begin: Timestamp
            switch fault.when {
            case .wholeRun, .perHour: return nil
            case .at(let time): begin = time
            case .after(let span): begin = start + span
            }
            guard begin > end || begin + (fault.duration?.lowerBound ?? .zero) < start else { return nil }
            return "the fault \(fault.kind.rawValue) at '\(fault.venue)' does not happen: \(begin.iso8601) is outside of the run"
        }
    }

    private func instrument(_ fault: Scenario.Fault, _ venue: Int) throws(RunError) -> InstrumentID? {
        guard let symbol = fault.symbol else { return nil }
        if let index = listings.firstIndex(where: { $0.venue == venue && $0.symbol == symbol }) { return InstrumentID(index) }
        let symbols = listings.filter { $0.venue == venue }.map(\.symbol)
        throw .scenario(
            message: "the fault \(fault.kind.rawValue) is of '\(symbol)', which the run does not trade at '\(fault.venue)'",
            hint: Spelling.hint(symbol, symbols) ?? (symbols.isEmpty ? nil : "it trades \(symbols.joined(separator: ", "))"))
    }

    private static func stream(_ fault: Scenario.Fault) -> UInt64 {
        sha256(fault.canonicalText).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func kind(_ fault: Scenario.Fault) -> Fault.Kind {
        let answer: Fault.Answer = fault.answer == .refusal ? .refusal(fault.reason ?? .venue) : .silence
        let probability = fault.probability ?? .zero
        let delay = fault.delay ?? .zero
        return switch fault.kind {
        case .outage: .outage(answer)
        case .submitFailure: .submitFailure(answer)
        case .cancelFailure: .cancelFailure(answer)
        case .slow: .slow(factor: fault.factor ?? Rate(trillionths: Rate.scale), extra: delay)
        case .staleBook: .staleBook
        case .crossedBook: .crossedBook
        case .publicDisconnect: .publicDisconnect
        case .privateDisconnect: .privateDisconnect(fault.missed == .late ? .late : .lost)
        case .droppedReports: .droppedReports(probability: probability)
        case .duplicatedReports: .duplicatedReports(probability: probability, after: delay)
        case .lateReports: .lateReports(probability: probability, by: delay)
        case .reorderedReports: .reorderedReports(probability: probability, within: delay)
        case .rejections: .rejections(fault.reason ?? .venue, probability: probability)
        case .rateLimited: .rateLimited
        case .positionReports: .positionReports(lag: delay, error: fault.error ?? .zero)
        case .autoDeleveraging: .autoDeleveraging(share: fault.share ?? Rate(trillionths: Rate.scale))
        case .liquidation: .liquidation(share: fault.share ?? Rate(trillionths: Rate.scale))
        case .fees: .fees(extra: fault.extra ?? .zero)
        case .steps: .steps(ticks: fault.ticks ?? 1, lots: fault.lots ?? 1)
        }
    }
}

extension Backtest {
    /// What went wrong in a run, as planned, and how much of it was noticed.
    public struct FaultRow: Hashable, Sendable {
        /// As a scenario writes it.
        public var kind: String
        /// The venue, and the account or symbol if it is of one alone.
        public var place: String
        public var start: Timestamp
        public var end: Timestamp
        /// Requests, reports, records or positions that it touched.
        public var touched: Int64
    }

    /// By start, then in the order of the venues.
    static func faultRows(_ plan: RunPlan, _ venues: [SimulatedVenue]) -> [FaultRow] {
        var rows: [FaultRow] = []
        for (index, venue) in venues.enumerated() {
            for record in venue.faultRecords {
                var place = [plan.scenario.venues[index].name]
                if let account = record.fault.account { place.append(plan.scenario.accounts[account.index].name) }
                if let instrument = record.fault.instrument { place.append(plan.listings[instrument.index].symbol) }
                rows.append(
                    FaultRow(
                        kind: record.fault.kind.name, place: place.joined(separator: " "), start: record.fault.start,
                        end: record.fault.end, touched: record.touched))
            }
        }
        return rows.enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }.map(\.element)
    }
}

extension Fault.Kind {
    /// As a scenario writes it.
    fileprivate var name: String {
        let kind: Scenario.Fault.Kind =
            switch self {
            case .outage: .outage
            case .submitFailure: .submitFailure
            case .cancelFailure: .cancelFailure
            case .slow: .slow
            case .staleBook: .staleBook
            case .crossedBook: .crossedBook
            case .publicDisconnect: .publicDisconnect
            case .privateDisconnect: .privateDisconnect
            case .droppedReports: .droppedReports
            case .duplicatedReports: .duplicatedReports
            case .lateReports: .lateReports
            case .reorderedReports: .reorderedReports
            case .rejections: .rejections
            case .rateLimited: .rateLimited
            case .positionReports: .positionReports
            case .autoDeleveraging: .autoDeleveraging
            case .liquidation: .liquidation
            case .fees: .fees
            case .steps: .steps
            }
        return kind.rawValue
    }
}
