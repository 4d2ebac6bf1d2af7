internal import Market
internal import Trading

/// What is wrong at a venue now, and what comes of it for one request or report.
final class FaultState {
    /// What becomes of a request.
    enum Verdict: Equatable { case passes, vanishes, isRefused(RejectReason) }

    /// What becomes of a report.
    struct Fate {
        enum Way { case onTime, lost, held, late(Nanoseconds), overtaken(within: Nanoseconds) }

        var report: AccountEvent.Report
        var way = Way.onTime
        /// It comes once more, this much later.
        var copyAfter: Nanoseconds?
    }

    struct HeldReport {
        var report: AccountEvent.Report
        /// Index of its account at the venue.
        var account: Int
        var time: Timestamp
    }

    /// In the plan's order.
    private(set) var records: [FaultRecord]
    private var generators: [SeededGenerator]
    /// Indices of `records`, ascending.
    private var active: [Int] = []
    /// Those that ended at the last change.
    private var justEnded: [Int] = []
    private var following = 0
    /// When a fault begins or ends next; `.never` after the last.
    private(set) var nextChange = Timestamp.never

    /// What faults could have met since it was taken; nil: not noted.
    var chances: ContiguousArray<FaultChance>?
    var strays = StrayReports()
    var held: [HeldReport] = []
    /// Whether the venue is answering a query: answers are not pushed.
    var isAnswering = false
    /// Whether what can be seen from outside may have changed since it was looked at.
    var hasNews = false

    init(_ plan: FaultPlan) {
        records = plan.faults.map { FaultRecord(fault: $0, touched: 0) }
        generators = plan.faults.map { SeededGenerator(seed: plan.seed, stream: $0.stream) }
        chances = plan.keepsChances ? [] : nil
        findNextChange()
    }

    private func findNextChange() {
        nextChange = active.map { records[$0].fault.end }.min() ?? .never
        if following < records.count { nextChange = min(nextChange, records[following].fault.start) }
    }

    /// Lets the faults that end or begin at `nextChange` do so; returns the indices of those that begin.
    func change() -> Range<Int> {
        justEnded = active.filter { records[$0].fault.end <= nextChange }
        active.removeAll { records[$0].fault.end <= nextChange }
        let first = following
        while following < records.count, records[following].fault.start <= nextChange {
            if records[following].fault.end > nextChange { active.append(following) }
            following += 1
        }
        findNextChange()
        hasNews = true
        return first..<following
    }

    /// Adds to what a fault has touched.
    func count(_ touched: Int, at index: Int) { records[index].touched += Int64(touched) }

    private func hits(_ index: Int, _ probability: Rate) -> Bool {
        generators[index].uniform(in: 0...Rate.scale - 1) < probability.trillionths
    }

    // MARK: Requests

    /// The first of the active faults that stops a request decides what becomes of it.
    func verdict(_ command: Command) -> Verdict {
        for index in active where records[index].fault.concerns(command.account, command.instrument) {
            guard let answer = answer(records[index].fault.kind, command, index) else { continue }
            records[index].touched += 1
            switch answer {
            case .silence: return .vanishes
            case .refusal(let reason): return .isRefused(reason)
            }
        }
        return .passes
    }

    /// nil if the fault lets the request pass.
    private func answer(_ kind: Fault.Kind, _ command: Command, _ index: Int) -> Fault.Answer? {
        switch kind {
        case .outage(let answer): answer
        case .submitFailure(let answer): command.isOrder ? answer : nil
        case .cancelFailure(let answer): command.isCancel ? answer : nil
        case .rejections(let reason, let probability): command.isOrder && hits(index, probability) ? .refusal(reason) : nil
        case .rateLimited: .refusal(.rateLimit)
        case .steps(let ticks, let lots): command.breaks(ticks: ticks, lots: lots).map { .refusal($0) }
        case .slow, .staleBook, .crossedBook, .publicDisconnect, .privateDisconnect, .droppedReports, .duplicatedReports, .lateReports,
            .reorderedReports, .positionReports, .autoDeleveraging, .liquidation, .fees:
            nil
        }
    }

    /// What a fill of the account costs more than agreed.
    func extraFee(_ account: AccountID, _ instrument: InstrumentID) -> Rate {
        var extra = Rate.zero
        for index in active where records[index].fault.concerns(account, instrument) {
            guard case .fees(let more) = records[index].fault.kind else { continue }
            records[index].touched += 1
            extra.trillionths += more.trillionths
        }
        return extra
    }

    /// A latency as it is now.
    func slowed(_ latency: Nanoseconds, _ account: AccountID) -> Nanoseconds {
        var latency = latency
        for index in active where records[index].fault.concerns(account, nil) {
            guard case .slow(let factor, let extra) = records[index].fault.kind else { continue }
            records[index].touched += 1
            latency = Nanoseconds(count: roundedQuotient(Int128(latency.count) * Int128(factor.trillionths), Int128(Rate.scale))) + extra
        }
        return latency
    }

    // MARK: Reports

    /// Lets every active fault have its say, in the plan's order; what is lost to one is touched by no other.
    func fate(_ report: AccountEvent.Report, _ account: AccountID) -> Fate {
        var fate = Fate(report: report)
        for index in active {
            let fault = records[index].fault
            if case .positionReports(let lag, let error) = fault.kind, !isAnswering || error != .zero,
                let wrong = report.wrong(by: error, fault, account)
            {
                records[index].touched += 1
                fate.report = wrong
                // An answer comes as a whole.
                if lag > .zero, !isAnswering { fate.way = .late(lag) }
            }
            guard !isAnswering, fault.concerns(account, nil), strike(index, &fate) else { continue }
            records[index].touched += 1
            if case .lost = fate.way { return fate }
        }
        return fate
    }

    /// Whether the fault changed the fate of a pushed report.
    private func strike(_ index: Int, _ fate: inout Fate) -> Bool {
        let fault = records[index].fault
        switch fault.kind {
        case .outage, .privateDisconnect:
            guard let missed = fault.missedReports else { return false }
            fate.way = missed == .lost ? .lost : .held
            return true
        case .droppedReports(let probability):
            guard hits(index, probability) else { return false }
            fate.way = .lost
            return true
        case .duplicatedReports(let probability, let delay):
            guard hits(index, probability) else { return false }
            fate.copyAfter = delay
            return true
        case .lateReports(let probability, let delay):
            guard hits(index, probability), case .onTime = fate.way else { return false }
            fate.way = .late(delay)
            return true
        case .reorderedReports(let probability, let span):
            guard hits(index, probability), case .onTime = fate.way else { return false }
            fate.way = .overtaken(within: span)
            return true
        case .submitFailure, .cancelFailure, .slow, .staleBook, .crossedBook, .publicDisconnect, .rejections, .rateLimited,
            .positionReports, .autoDeleveraging, .liquidation, .fees, .steps:
            return false
        }
    }

    /// Takes the held reports whose stream is back, in order.
    func takeHeld(_ id: (Int) -> AccountID) -> [HeldReport] {
        func isCut(_ report: HeldReport) -> Bool {
            active.contains { records[$0].fault.missedReports != nil && records[$0].fault.concerns(id(report.account), nil) }
        }
        let back = held.filter { !isCut($0) }
        held.removeAll { !isCut($0) }
        return back
    }

    // MARK: Streams

    func publicStream(_ instrument: InstrumentID) -> PublicStream {
        var stream = PublicStream.open
        for index in active where records[index].fault.concerns(nil, instrument) {
            if records[index].fault.cutsPublicStream { return .down }
            if records[index].fault.kind == .crossedBook { stream = .crossed }
            if records[index].fault.kind == .staleBook, stream == .open { stream = .silent }
        }
        return stream
    }

    /// Records that did not reach us belong to the public faults that still stand or have just ended.
    func countMissed(_ records: Int, _ instrument: InstrumentID) {
        for index in active + justEnded {
            let fault = self.records[index].fault
            guard fault.stopsPublicData, fault.concerns(nil, instrument) else { continue }
            self.records[index].touched += Int64(records)
        }
    }

    /// Whether the connection that all of a venue's public data come by is down.
    var isMarketDown: Bool { active.contains { records[$0].fault.cutsPublicStream && records[$0].fault.instrument == nil } }
    /// Whether a connection that private reports come by is down.
    var isAccountDown: Bool { active.contains { records[$0].fault.missedReports != nil } }
}

extension Command {
    /// Asks for a new place in the book.
    fileprivate var isOrder: Bool {
        switch self {
        case .submit, .amend: true
        case .cancel, .cancelAll, .query, .setLeverage, .deadMan: false
        }
    }

    /// What is wrong with an order where only these multiples are taken.
    fileprivate func breaks(ticks: Int64, lots: Int64) -> RejectReason? {
        switch self {
        case .submit(let request):
            if let price = request.price, price.ticks % ticks != 0 { return .tickSize }
            return !request.reduceOnly && request.quantity.lots % lots != 0 ? .lotSize : nil
        case .amend(let request):
            return request.price.ticks % ticks != 0 ? .tickSize : request.quantity.lots % lots != 0 ? .lotSize : nil
        case .cancel, .cancelAll, .query, .setLeverage, .deadMan: return nil
        }
    }

    fileprivate var isCancel: Bool {
        switch self {
        case .cancel, .cancelAll: true
        case .submit, .amend, .query, .setLeverage, .deadMan: false
        }
    }

    /// nil where it concerns none, or all.
    fileprivate var instrument: InstrumentID? {
        switch self {
        case .submit(let request): return request.instrument
        case .amend(let request): return request.instrument
        case .cancel(let request): return request.instrument
        case .cancelAll(_, let instrument): return instrument
        case .setLeverage(_, let instrument, _): return instrument
        case .query(let request):
            guard case .order(_, let instrument) = request.subject else { return nil }
            return instrument
        case .deadMan: return nil
        }
    }
}

extension AccountEvent.Report {
    /// A report of a position or a balance that the fault concerns, with an amount that is wrong by a share of it.
    fileprivate func wrong(by error: Rate, _ fault: Fault, _ account: AccountID) -> Self? {
        switch self {
        case .position(let instrument, let quantity, let entry):
            guard fault.concerns(account, instrument) else { return nil }
            let lots = roundedQuotient(Int128(quantity.lots) * Int128(error.trillionths), Int128(Rate.scale))
            return .position(instrument, quantity: quantity + Quantity(lots: lots), entry: entry)
        case .balance(let balance):
            return fault.concerns(account, nil) ? .balance(balance + balance.share(error)) : nil
        case .acknowledged, .amended, .triggered, .filled, .cancelled, .expired, .rejected, .status, .notFound, .endOfAnswer, .leverage,
            .funding, .liquidation, .adjustment, .externalFlow:
            return nil
        }
    }
}
