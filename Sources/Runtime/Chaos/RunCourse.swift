internal import Market
internal import Simulation

/// How a run goes without faults: its phases, and what faults could have met in each.
struct RunCourse {
    struct Chance {
        var time: Timestamp
        var targets: FaultTargets
        /// Index of the venue.
        var venue: Int
        /// The phase before it was dealt with.
        var phase: Phase
    }

    struct Stretch {
        var start: Timestamp
        var phase: Phase
        /// The venues at which something is held: bits, by index.
        var holders: UInt64 = 0
    }

    /// Until the next one's start.
    var stretches: [Stretch] = []
    private struct Kind: Hashable {
        var phase: Phase
        var targets: FaultTargets
    }

    /// By time.
    private(set) var chances: [Chance] = []
    /// Places of chances, by what they are.
    private var places: [Kind: [Int]] = [:]

    mutating func add(_ chance: Chance) {
        places[Kind(phase: chance.phase, targets: chance.targets), default: []].append(chances.count)
        chances.append(chance)
    }

    /// What was there to be met while faults may strike, by phase.
    func targets(in span: ClosedRange<Timestamp>) -> [Phase: FaultTargets] {
        places.filter { $0.value.contains { span.contains(chances[$0].time) } }.keys
            .reduce(into: [:]) { $0[$1.phase, default: []].formUnion($1.targets) }
    }

    /// Whether a leg was taken, and the other one after it, before `end`.
    func isHedged(before end: Timestamp) -> Bool {
        zip(stretches, stretches.dropFirst()).contains { $0.phase == .oneLeg && $1.phase == .bothLegs && $1.start < end }
    }

    /// Whether a position was taken and given up again before `end`.
    func isClosed(before end: Timestamp) -> Bool {
        zip(stretches, stretches.dropFirst()).contains { $0.holders != 0 && $1.holders == 0 && $1.start < end }
    }
}

extension FaultMix {
    /// No fault begins earlier than this before what it is to meet.
    fileprivate static let lead = Nanoseconds.milliseconds(200)

    /// One fault that strikes while a run is in a phase; nil if no fault can. Seeds take the faults and the phases in turn, and pass
    /// over those that this run has no chance for; every fourth takes one of those that it has few chances for.
    ///
    /// Until the fault begins the run is the one that `course` tells of: what the fault is to meet will be there.
    static func aimed(seed: UInt64, allowed: [ChaosFault], venues: Int, course: RunCourse, in span: ClosedRange<Timestamp>) -> FaultMix? {
        var random = SeededGenerator(seed: seed, stream: 0xA1ED)
        let number = Int(truncatingIfNeeded: seed / 2 & 0xFFFF_FFFF)
        let all = allowed.flatMap { name in Phase.allCases.filter { name.isImpossible(in: $0) == nil }.map { (name, $0) } }
        let rare = number % 4 == 3 ? all.filter { (1...3).contains(course.hits($0.0, $0.1, in: span)?.count ?? 0) } : []
        let (cells, first) = rare.isEmpty ? (all, number) : (rare, number / 4)
        for turn in cells.indices {
            let (name, phase) = cells[(first + turn) % cells.count]
            let (way, length) = name.draw(&random)
            guard let (venue, start) = course.moment(name, phase, venues: venues, in: span, &random) else { continue }
            let end = max(start, min(start + length, span.upperBound))
            return FaultMix([Entry(name: name, venue: venue, span: start...end, way: way, stream: 1)])
        }
        return nil
    }
}

extension RunCourse {
    /// Indices of what a fault could meet in a phase; nil for one that needs nothing of ours on its way.
    fileprivate func hits(_ fault: ChaosFault, _ phase: Phase, in span: ClosedRange<Timestamp>) -> [Int]? {
        guard let targets = fault.targets else { return nil }
        return places.filter { $0.key.phase == phase && !$0.key.targets.isDisjoint(with: targets) }
            .sorted { $0.key.targets.rawValue < $1.key.targets.rawValue }
            .flatMap(\.value).filter { span.contains(chances[$0].time) }
    }

    /// When a fault has to begin, and where, to take hold in a phase; nil where it can't.
    fileprivate func moment(
        _ fault: ChaosFault, _ phase: Phase, venues: Int, in span: ClosedRange<Timestamp>, _ random: inout SeededGenerator
    ) -> (venue: Int, start: Timestamp)? {
        guard let targets = fault.targets, let hits = hits(fault, phase, in: span) else {
            return anyMoment(fault, phase, venues: venues, in: span, &random)
        }
        guard !hits.isEmpty else { return nil }
        let hit = hits[Int(random.uniform(in: 0...Int64(hits.count - 1)))]
        let (venue, time) = (chances[hit].venue, chances[hit].time)
        // What it could meet before would be met first.
        let before = chances[..<hit].last { $0.venue == venue && !$0.targets.isDisjoint(with: targets) && $0.time < time }
        let earliest = max(span.lowerBound, time - FaultMix.lead, before?.time ?? .distantPast)
        guard earliest < time else { return nil }
        return (venue, Timestamp(nanoseconds: random.uniform(in: earliest.nanoseconds + 1...time.nanoseconds)) - Nanoseconds(count: 1))
    }

    private func anyMoment(
        _ fault: ChaosFault, _ phase: Phase, venues: Int, in span: ClosedRange<Timestamp>, _ random: inout SeededGenerator
    ) -> (venue: Int, start: Timestamp)? {
        let moments = stretches.indices.compactMap { index -> (held: UInt64, span: ClosedRange<Int64>)? in
            let until = min(index + 1 < stretches.count ? stretches[index + 1].start : span.upperBound, span.upperBound)
            let from = max(stretches[index].start, span.lowerBound)
            guard stretches[index].phase == phase, from < until else { return nil }
            return (stretches[index].holders, from.nanoseconds...until.nanoseconds - 1)
        }
        guard !moments.isEmpty else { return nil }
        let (holders, stretch) = moments[Int(random.uniform(in: 0...Int64(moments.count - 1)))]
        let start = Timestamp(nanoseconds: random.uniform(in: stretch))
        let places = (0..<venues).filter { !fault.reducesPositions || holders & 1 << UInt64($0) != 0 }
        return (places[Int(random.uniform(in: 0...Int64(places.count - 1)))], start)
    }
}
