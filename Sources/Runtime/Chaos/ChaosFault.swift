internal import Market
internal import Simulation
internal import Trading

/// What a chaos run lets go wrong, each with how hard and how long: the faults of the list that the core can see by itself, and those
/// of frames, connections and requests, which a run over the venues' protocols draws.
///
/// Losses of acknowledgements, fills after cancels, double fills and the like are no faults of their own: they are what lost, late,
/// doubled and reordered reports come to, depending on what they hit.
public enum ChaosFault: String, Sendable, Hashable, CaseIterable {
    case reportsLost = "reports-lost"
    case reportsLate = "reports-late"
    case reportsTwice = "reports-twice"
    case reportsReordered = "reports-reordered"
    case privateLost = "private-lost"
    case privateLate = "private-late"
    case publicGap = "public-gap"
    case staleBook = "stale-book"
    case crossedBook = "crossed-book"
    case outage
    case outageRefused = "outage-refused"
    case submitSilent = "submit-silent"
    case submitRefused = "submit-refused"
    case cancelSilent = "cancel-silent"
    case cancelRefused = "cancel-refused"
    case rejectMargin = "reject-margin"
    case rejectPriceBand = "reject-price-band"
    case rejectMinimum = "reject-minimum"
    case rejectPostOnly = "reject-post-only"
    case rateLimited = "rate-limited"
    case quotaExhausted = "quota-exhausted"
    case halted
    case clockSkew = "clock-skew"
    case nonceRefused = "nonce-refused"
    case slow
    case positionsWrong = "positions-wrong"
    case positionsLate = "positions-late"
    case autoDeleveraging = "auto-deleveraging"
    case liquidation
    case partialLiquidation = "partial-liquidation"
    case markJump = "mark-jump"
    case fundingChange = "funding-change"
    case feeChange = "fee-change"
    case stepChange = "step-change"
    case restart
    // Of frames, connections and requests.
    case wireDelay = "wire-delay"
    case wireCut = "wire-cut"
    case halfOpen = "half-open"
    case connectionReset = "connection-reset"
    case framesTwice = "frames-twice"
    case throttled
    case answersLate = "answers-late"
    case streamsLate = "streams-late"
    case answersLost = "answers-lost"
    case publicStall = "public-stall"
    case privateStall = "private-stall"
    case tooManyRequests = "too-many-requests"
    case serverError = "server-error"
    case serverErrorDone = "server-error-done"
    case staleSnapshot = "stale-snapshot"
    case sequenceReset = "sequence-reset"

    public var level: FaultLevel {
        switch self {
        case .wireDelay, .wireCut, .halfOpen, .connectionReset, .framesTwice, .throttled, .answersLate, .streamsLate, .answersLost,
            .publicStall, .privateStall, .tooManyRequests, .serverError, .serverErrorDone, .staleSnapshot, .sequenceReset:
            .wire
        default: .core
        }
    }

    /// What a run draws from unless it is told.
    ///
    /// - Parameter overWire: Of a run over the venues' protocols: the faults of the wire, what venues do by themselves, and the death of
    ///   our process. Faults of reports and requests are what those of the wire come to.
    public static func drawn(overWire: Bool) -> [ChaosFault] {
        guard overWire else { return allCases.filter { $0.level == .core } }
        return allCases.filter { fault in
            switch fault {
            case .rejectMargin, .rejectPriceBand, .rejectPostOnly, .autoDeleveraging, .liquidation, .partialLiquidation, .markJump,
                .fundingChange, .feeChange, .restart:
                true
            default: fault.level == .wire
            }
        }
    }

    /// What it says it is.
    public var summary: String {
        switch self {
        case .reportsLost: "reports that the venue pushes never come"
        case .reportsLate: "reports come late, and others overtake them"
        case .reportsTwice: "reports come twice"
        case .reportsReordered: "reports change places with the next one"
        case .privateLost: "the private stream is down, what it told is lost"
        case .privateLate: "the private stream is down and tells later"
        case .publicGap: "the public stream is down, and we know it"
        case .staleBook: "the public stream stops without a word"
        case .crossedBook: "a bid stands above the asks, and the public stream stops"
        case .outage: "nothing of the venue can be reached"
        case .outageRefused: "the venue refuses every request"
        case .submitSilent: "orders vanish"
        case .submitRefused: "orders fail"
        case .cancelSilent: "cancels vanish"
        case .cancelRefused: "cancels fail"
        case .rejectMargin: "orders are refused for margin"
        case .rejectPriceBand: "orders are refused for their price"
        case .rejectMinimum: "orders are refused for their size"
        case .rejectPostOnly: "orders are refused because they would take"
        case .rateLimited: "every request is one too many"
        case .quotaExhausted: "orders are refused because the volume quota is used up"
        case .halted: "trading is halted: orders are refused, cancels are not"
        case .clockSkew: "our clock is off: orders are refused as out of their time"
        case .nonceRefused: "orders are refused for their number"
        case .slow: "everything takes ten times as long"
        case .positionsWrong: "positions are told wrongly for some seconds"
        case .positionsLate: "pushed positions are late"
        case .autoDeleveraging: "positions are reduced by force"
        case .liquidation: "our accounts are liquidated: orders are gone, and whole positions closed"
        case .partialLiquidation: "our accounts are liquidated in part"
        case .markJump: "marks jump by 2 to 5 %, and our margin with them"
        case .fundingChange: "funding is at another rate, due in other intervals"
        case .feeChange: "fills cost more than agreed"
        case .stepChange: "prices and sizes go by coarser steps, and we do not know"
        case .restart: "our process dies; after a while it goes on from its journal"
        case .wireDelay: "everything to and from the venue takes longer"
        case .wireCut: "every connection ends, and none can be opened"
        case .halfOpen: "nothing passes, and no end of a connection is told"
        case .connectionReset: "connections end in the middle of a frame or an answer"
        case .framesTwice: "streams bring everything twice, as over two connections"
        case .throttled: "streams bring no more than some bytes a second"
        case .answersLate: "answers come later than what the streams tell of the same"
        case .streamsLate: "streams tell later than answers do"
        case .answersLost: "requests are dealt with, and no answer comes"
        case .publicStall: "public streams are silent while their pings are answered"
        case .privateStall: "private streams are silent while their pings are answered"
        case .tooManyRequests: "requests are refused as too many by what stands before the venue"
        case .serverError: "requests are answered by a proxy's error, and never reach the venue"
        case .serverErrorDone: "requests are dealt with, and answered by a proxy's error"
        case .staleSnapshot: "public streams end, and full books come from a cache, older than the changes"
        case .sequenceReset: "a venue begins to number the changes of its books anew, and says nothing"
        }
    }

    /// Why it can't take hold in a phase; nil where it can.
    public func isImpossible(in phase: Phase) -> String? {
        reducesPositions && (phase == .flat || phase == .quoting) ? "there is no position to reduce" : nil
    }

    /// Whether it needs a position where it strikes.
    var reducesPositions: Bool { self == .autoDeleveraging || self == .liquidation || self == .partialLiquidation }

    /// What it can take hold of; nil: it needs nothing of ours on its way.
    var targets: FaultTargets? {
        switch self {
        case .reportsLost, .reportsLate, .reportsTwice, .reportsReordered, .privateLost, .privateLate: .reports
        case .submitSilent, .submitRefused, .rejectMargin, .rejectPriceBand, .rejectMinimum, .rejectPostOnly, .quotaExhausted, .halted,
            .clockSkew, .nonceRefused, .stepChange:
            .orders
        case .cancelSilent, .cancelRefused: .cancels
        case .outageRefused, .rateLimited: .requests
        case .slow: [.requests, .reports]
        case .positionsLate: .positions
        case .positionsWrong: .holdings
        case .feeChange: .fills
        case .wireDelay: [.requests, .reports]
        case .framesTwice, .throttled, .streamsLate, .privateStall: .reports
        case .answersLate, .answersLost, .tooManyRequests, .serverError, .serverErrorDone: .requests
        case .publicGap, .staleBook, .crossedBook, .outage, .autoDeleveraging, .liquidation, .partialLiquidation, .markJump, .fundingChange,
            .restart, .wireCut, .halfOpen, .connectionReset, .publicStall, .staleSnapshot, .sequenceReset:
            nil
        }
    }

    /// Whether it happens at a venue; else it happens to us.
    var isOfVenue: Bool { self != .restart }

    /// Where a fault acts.
    enum Way: Hashable, Sendable {
        /// At a venue, on requests, reports and the way of its public data.
        case venue(Fault.Kind)
        /// Between a venue and its session.
        case wire(WireFault.Kind)
        /// In what a venue's feeds say, to the venue and to us.
        case feeds(FeedDisturbance.Kind)
        /// Our process.
        case process
    }

    /// How it happens this time, and for how long.
    func draw(_ random: inout SeededGenerator) -> (way: Way, length: Nanoseconds) {
        func percent(_ range: ClosedRange<Int64>) -> Int64 { Rate(basisPoints: random.uniform(in: range) * 100).trillionths }
        switch self {
        case .restart:
            let length: Nanoseconds = .milliseconds(random.uniform(in: random.uniform(in: 0...1) == 0 ? 1...100 : 100...20_000))
            return (.process, length)
        case .markJump:
            let share = percent(2...5) * (random.uniform(in: 0...1) == 0 ? 1 : -1)
            return (.feeds(.mark(share: share)), .milliseconds(random.uniform(in: 1_000...60_000)))
        case .fundingChange:
            let rate = Rate(basisPoints: random.uniform(in: -20...20)).trillionths
            return (.feeds(.funding(rate: rate, every: Nanoseconds.seconds(random.uniform(in: 5...60)).count)), .minutes(1))
        default:
            if level == .wire { return (.wire(drawOnWire(&random)), Self.wireLength(&random)) }
            let (kind, length) = drawAtVenue(&random)
            return (.venue(kind), length)
        }
    }

    /// A moment, some seconds, or most of a minute.
    private static func wireLength(_ random: inout SeededGenerator) -> Nanoseconds {
        let range: ClosedRange<Int64> = [1...1_000, 1_000...10_000, 10_000...60_000][Int(random.uniform(in: 0...2))]
        return .milliseconds(random.uniform(in: range))
    }

    private func drawOnWire(_ random: inout SeededGenerator) -> WireFault.Kind {
        func milliseconds(_ range: ClosedRange<Int64>) -> Nanoseconds { .milliseconds(random.uniform(in: range)) }
        switch self {
        case .wireDelay: return .delay(milliseconds(10...5_000))
        case .wireCut: return .cut
        case .halfOpen: return .halfOpen
        case .connectionReset: return .reset
        case .framesTwice: return .twice(after: milliseconds(0...3_000))
        case .throttled: return .throttle(bytesPerSecond: random.uniform(in: 500...20_000))
        case .answersLate: return .answersLate(milliseconds(5...3_000))
        case .streamsLate: return .streamsLate(milliseconds(5...3_000))
        case .answersLost: return .answersLost
        case .publicStall: return .publicStall
        case .privateStall: return .privateStall
        case .tooManyRequests: return .tooMany
        case .serverError: return .unavailable(isDone: false)
        case .serverErrorDone: return .unavailable(isDone: true)
        case .staleSnapshot: return .staleAnswers
        case .sequenceReset: return .renumbered
        default: preconditionFailure("\(self) is not of the wire")
        }
    }

    private func drawAtVenue(_ random: inout SeededGenerator) -> (kind: Fault.Kind, length: Nanoseconds) {
        func probability(_ percent: ClosedRange<Int64>) -> Rate { Rate(basisPoints: random.uniform(in: percent) * 100) }
        func milliseconds(_ range: ClosedRange<Int64>) -> Nanoseconds { .milliseconds(random.uniform(in: range)) }
        func often(_ reason: RejectReason) -> Fault.Kind { .rejections(reason, probability: probability(20...100)) }
        let kind: Fault.Kind =
            switch self {
            case .restart, .markJump, .fundingChange, .wireDelay, .wireCut, .halfOpen, .connectionReset, .framesTwice, .throttled,
                .answersLate, .streamsLate, .answersLost, .publicStall, .privateStall, .tooManyRequests, .serverError, .serverErrorDone,
                .staleSnapshot, .sequenceReset:
                preconditionFailure("\(self) is of no venue")
            case .reportsLost: .droppedReports(probability: probability(10...100))
            case .reportsLate: .lateReports(probability: probability(10...100), by: milliseconds(5...3_000))
            case .reportsTwice: .duplicatedReports(probability: probability(10...100), after: milliseconds(0...3_000))
            case .reportsReordered: .reorderedReports(probability: probability(10...100), within: milliseconds(1...1_000))
            case .privateLost: .privateDisconnect(.lost)
            case .privateLate: .privateDisconnect(.late)
            case .publicGap: .publicDisconnect
            case .staleBook: .staleBook
            case .crossedBook: .crossedBook
            case .outage: .outage(.silence)
            case .outageRefused: .outage(.refusal(.venue))
            case .submitSilent: .submitFailure(.silence)
            case .submitRefused: .submitFailure(.refusal(.venue))
            case .cancelSilent: .cancelFailure(.silence)
            case .cancelRefused: .cancelFailure(.refusal(.venue))
            case .rejectMargin: often(.margin)
            case .rejectPriceBand: often(.priceBand)
            case .rejectMinimum: often(.minimumNotional)
            case .rejectPostOnly: often(.postOnlyWouldTake)
            case .rateLimited: .rateLimited
            case .quotaExhausted: often(.quota)
            case .halted: .rejections(.halted, probability: Rate(basisPoints: 10_000))
            case .clockSkew: often(.expired)
            case .nonceRefused: often(.nonce)
            case .slow: .slow(factor: Rate(basisPoints: 100_000), extra: milliseconds(0...200))
            case .positionsWrong: .positionReports(lag: .zero, error: probability(-100...100))
            case .positionsLate: .positionReports(lag: milliseconds(100...10_000), error: .zero)
            case .autoDeleveraging: .autoDeleveraging(share: probability(5...100))
            case .liquidation: .liquidation(share: probability(100...100))
            case .partialLiquidation: .liquidation(share: probability(5...90))
            case .feeChange: .fees(extra: Rate(basisPoints: random.uniform(in: 1...30)))
            case .stepChange:
                .steps(ticks: [1, 5, 10][Int(random.uniform(in: 0...2))], lots: [1, 10, 100][Int(random.uniform(in: 0...2))])
            }
        let length: Nanoseconds =
            switch self {
            case .autoDeleveraging, .liquidation, .partialLiquidation: .zero
            // A venue that is wrong for longer is believed.
            case .positionsWrong: milliseconds(200...8_000)
            // A venue that is gone for a second, ten, or a minute.
            case .outage, .outageRefused, .halted, .privateLost, .privateLate, .publicGap, .staleBook, .crossedBook:
                [.seconds(1), .seconds(10), .minutes(1)][Int(random.uniform(in: 0...2))]
            default: milliseconds(200...20_000)
            }
        return (kind, length)
    }
}

/// The faults of one chaos run, drawn from its seed.
public struct FaultMix: Sendable, Hashable {
    public struct Entry: Sendable, Hashable {
        public var name: ChaosFault
        /// Index of the venue, where it is of one.
        public var venue: Int
        var span: ClosedRange<Timestamp>
        var way: ChaosFault.Way
        var stream: UInt64

        /// Our process dies at the beginning of the span and is there again at its end.
        static func restart(_ span: ClosedRange<Timestamp>) -> Entry {
            Entry(name: .restart, venue: 0, span: span, way: .process, stream: 1)
        }

        /// What a venue is told of it; nil where it happens to us, or in its feeds.
        var fault: Fault? {
            guard case .venue(let kind) = way else { return nil }
            return Fault(kind, from: span.lowerBound, until: span.upperBound, stream: stream)
        }

        /// What the network between a venue and its session is told of it.
        var wireFault: WireFault? {
            guard case .wire(let kind) = way else { return nil }
            return WireFault(kind, from: span.lowerBound, until: span.upperBound)
        }

        /// Whether what it changes is told of the market alone.
        var changesMarket: Bool {
            switch way {
            case .feeds, .wire(.renumbered): true
            case .venue, .wire, .process: false
            }
        }

        /// What becomes of a feed of its venue; nil where that says what it says.
        func disturbance(of instrument: Int) -> FeedDisturbance? {
            guard case .feeds(let kind) = way else { return nil }
            return FeedDisturbance(
                kind: kind, instrument: instrument, start: span.lowerBound.nanoseconds, end: span.upperBound.nanoseconds)
        }
    }

    /// By start.
    public var entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries }

    /// One to four faults of `allowed` between the first seconds and `end`.
    init(seed: UInt64, allowed: [ChaosFault], venues: Int, in span: ClosedRange<Timestamp>) {
        var random = SeededGenerator(seed: seed, stream: 0xFA17)
        let count = Int(random.uniform(in: 1...4))
        entries = (0..<count).map { number in
            let name = allowed[Int(random.uniform(in: 0...Int64(allowed.count - 1)))]
            let venue = Int(random.uniform(in: 0...Int64(venues - 1)))
            let (way, length) = name.draw(&random)
            let room = max(0, (span.upperBound - span.lowerBound).count - length.count)
            let start = span.lowerBound + Nanoseconds(count: random.uniform(in: 0...room))
            return Entry(
                name: name, venue: venue, span: start...min(start + length, span.upperBound), way: way, stream: UInt64(number + 1))
        }.sorted { ($0.span.lowerBound, $0.stream) < ($1.span.lowerBound, $1.stream) }
    }

    /// The same without the others.
    func keeping(_ kept: [Int]) -> FaultMix {
        var mix = self
        mix.entries = kept.filter(entries.indices.contains).map { entries[$0] }
        return mix
    }

    /// What the feeds of a run say otherwise than they were recorded.
    ///
    /// - Parameter venueOfInstrument: Index of the venue that lists each.
    func disturbances(_ venueOfInstrument: [Int]) -> [FeedDisturbance] {
        entries.flatMap { entry in
            venueOfInstrument.indices.filter { venueOfInstrument[$0] == entry.venue }.compactMap { entry.disturbance(of: $0) }
        }
    }

    /// What goes wrong between a venue and its session.
    func wireFaults(_ venue: Int) -> [WireFault] { entries.filter { $0.venue == venue }.compactMap(\.wireFault) }

    func plan(_ venue: Int, seed: UInt64, in span: ClosedRange<Timestamp>) -> FaultPlan? {
        // A run without faults shows what they could meet.
        if entries.isEmpty {
            var plan = FaultPlan([], seed: seed)
            plan.keepsChances = true
            return plan
        }
        let faults = entries.filter { $0.venue == venue }.compactMap(\.fault)
        return faults.isEmpty ? nil : FaultPlan(faults, seed: seed, run: span)
    }
}
