internal import Dispatch
internal import Foundation
internal import Market
public import Scenario
internal import Simulation
public import Strategies
internal import Trading

/// Runs a scenario over and over while things go wrong, and looks for what must never happen.
///
/// A seed decides all of a run: the part of the market, the faults and their times, and every draw of venues and strategy. A run
/// lasts `minutes`. Every other seed has one fault that strikes in a drawn phase, the others have one to four, from the tenth second
/// on. All have ended when 70 % of the run are over; at 80 % everything is cancelled and nothing is quoted any more, so that at its
/// end the system is at rest; every fourth seed closes everything, too.
///
/// The same seed is also run without each of its faults: a fault counts for the table of what was tried only if the core's
/// journal differs from the one without it, or what its feeds told it.
public final class Chaos: @unchecked Sendable {
    public struct Options: Sendable {
        public var seeds: Int
        public var firstSeed: UInt64
        public var faults: [ChaosFault]
        public var minutes: Int
        /// Threads.
        public var jobs: Int
        /// Whether core and venues meet over the venues' protocols, on a virtual network.
        public var isOverWire: Bool
        /// Of each mix, only the faults with these numbers; nil: all.
        public var kept: [Int]?
        /// A folder that is there: each run's journal is written into it, or that of those that fail, with the fewest faults.
        public var journals: String?
        public var failedJournals: String?

        public init(
            seeds: Int, firstSeed: UInt64 = 1, faults: [ChaosFault]? = nil, minutes: Int = 10, jobs: Int = 1, kept: [Int]? = nil,
            isOverWire: Bool = false
        ) {
            (self.seeds, self.firstSeed, self.minutes, self.isOverWire) = (seeds, firstSeed, minutes, isOverWire)
            (self.jobs, self.kept) = (jobs, kept)
            self.faults = faults ?? ChaosFault.drawn(overWire: isOverWire)
        }
    }

    public struct Failure: Sendable {
        public var seed: UInt64
        public var invariant: Invariant
        public var text: String
        /// Numbers, in their mix, of the faults without which it does not fail.
        public var kept: [Int]
        /// Each as a line.
        public var faults: [String]
        /// Where its journal was written.
        public var journal: String?
    }

    /// One fault of one run in one phase.
    public struct Cell: Sendable, Hashable {
        public var fault: ChaosFault
        public var phase: Phase

        public init(fault: ChaosFault, phase: Phase) { (self.fault, self.phase) = (fault, phase) }
    }

    public struct Outcome: Sendable {
        public var seeds = 0
        public var events: Int64 = 0
        public var simulatedSeconds: Double = 0
        public var fills = 0
        /// Runs in which our record had to be made the venue's.
        public var adjusted = 0
        public var failures: [Failure] = []
        public var cells: [Cell: Int] = [:]
        /// Those in which any run ever was.
        public var phases: Set<Phase> = []
        /// Runs in which a leg was taken and the other one after it, and in which a position was taken and given up again, before
        /// everything was cancelled; without faults, where a seed was also run without any.
        public var hedged = 0
        public var closed = 0
        /// Runs without any fault, and what one could have met in them, by phase.
        public var undisturbed = 0
        var targets: [Phase: FaultTargets] = [:]
        /// Over the seeds' journal hashes in order: what two runs of the same seeds have in common.
        public var hash: UInt64 = 14_695_981_039_346_656_037

        public init() {}

        /// Why a cell of the table can't be filled; nil where it can.
        public func impossibility(_ cell: Cell) -> String? {
            if let reason = cell.fault.isImpossible(in: cell.phase) { return reason }
            guard phases.contains(cell.phase) else { return "the strategy was in that phase in none of the runs" }
            guard undisturbed > 0, let wanted = cell.fault.targets, targets[cell.phase, default: []].isDisjoint(with: wanted) else {
                return nil
            }
            return "\(wanted.phrase) in that phase in none of the \(undisturbed) runs without faults"
        }

        fileprivate mutating func add(_ seed: SeedOutcome) {
            seeds += 1
            events += seed.run.events
            fills += seed.run.fills
            adjusted += seed.run.adjustments > 0 ? 1 : 0
            failures += seed.failures
            for cell in seed.cells { cells[cell, default: 0] += 1 }
            phases.formUnion(seed.phases)
            hedged += seed.isHedged ? 1 : 0
            closed += seed.isClosed ? 1 : 0
            hash = (hash ^ seed.run.journal) &* 1_099_511_628_211
            guard let targets = seed.targets else { return }
            undisturbed += 1
            self.targets.merge(targets) { $0.union($1) }
        }
    }

    fileprivate struct SeedOutcome {
        var run: ChaosRun.Result
        var failures: [Failure]
        var cells: [Cell]
        /// Those in which it was.
        var phases: Set<Phase>
        var isHedged: Bool
        var isClosed: Bool
        /// Of the run without faults, if there was one.
        var targets: [Phase: FaultTargets]?
    }

    private let plan: RunPlan
    private let registry: StrategyRegistry
    private let market: ChaosMarket
    private let options: Options

    /// Reads the scenario's tapes into memory.
    ///
    /// - Throws: `RunError` when the scenario does not fit its tapes or they are too short.
    public init(_ scenario: Scenario, registry: StrategyRegistry, _ options: Options) throws(RunError) {
        var scenario = scenario
        // What goes wrong is drawn.
        scenario.faults = []
        plan = try RunPlan(scenario, TapeCatalog(of: scenario))
        self.registry = registry
        self.options = options
        guard (plan.end - plan.start).count > Nanoseconds.minutes(Int64(options.minutes)).count else {
            let minutes = (plan.end - plan.start).count / Nanoseconds.minutes(1).count
            throw .scenario(
                message: "the tapes hold \(minutes) minutes of it, and a run wants \(options.minutes)",
                hint: "generate a longer market, or lower --minutes")
        }
        let captured = plan
        market = try ChaosMarket(
            captured.listings.enumerated().map { index, listing in
                TapeCatalog.source(
                    listing.parts, instrument: InstrumentID(index),
                    minimumLatency: captured.scenario.venues[listing.venue].minimumLatency)
            })
    }

    /// Runs every seed.
    ///
    /// - Parameter progress: Told after each seed, on any thread, one call at a time; false ends the campaign early.
    public func run(progress: @escaping @Sendable (Outcome) -> Bool = { _ in true }) throws(RunError) -> Outcome {
        let shared = Shared(options.seeds)
        DispatchQueue.concurrentPerform(iterations: max(1, options.jobs)) { _ in
            while let number = shared.take() {
                do throws(RunError) {
                    let outcome = try self.run(seed: self.options.firstSeed &+ UInt64(number))
                    shared.put(outcome, number, progress)
                } catch {
                    shared.fail(error)
                }
            }
        }
        return try shared.result(span: self.span)
    }

    private var span: Nanoseconds { .minutes(Int64(options.minutes)) }

    /// Every other seed strikes once, in a phase that is drawn; the others have several faults at drawn times.
    private func mix(_ seed: UInt64, _ start: Timestamp, undisturbed: RunCourse?) -> FaultMix {
        if let undisturbed {
            let aimed = FaultMix.aimed(
                seed: seed, allowed: options.faults, venues: plan.scenario.venues.count, course: undisturbed, in: strikes(start))
            if let aimed { return aimed }
        }
        let quiet = strikes(start).upperBound
        return FaultMix(seed: seed, allowed: options.faults, venues: plan.scenario.venues.count, in: start + .seconds(10)...quiet)
    }

    /// When the faults of a run that starts then may be there.
    private func strikes(_ start: Timestamp) -> ClosedRange<Timestamp> {
        start + .seconds(1)...start + Nanoseconds(count: span.count / 10 * 7)
    }

    private func start(_ seed: UInt64) -> Timestamp {
        var random = SeededGenerator(seed: seed, stream: 0x57A7)
        let room = (plan.end - plan.start - span).count / 1_000_000
        return plan.start + .milliseconds(random.uniform(in: 0...max(0, room)))
    }

    private func run(seed: UInt64) throws(RunError) -> SeedOutcome {
        let start = start(seed)
        let undisturbed = seed % 2 == 1 ? try self.run(seed, FaultMix([]), start).course : nil
        var mix = mix(seed, start, undisturbed: undisturbed)
        var numbers = Array(mix.entries.indices)
        if let kept = options.kept {
            numbers = kept.filter(mix.entries.indices.contains)
            mix = mix.keeping(numbers)
        }
        var run = try self.run(seed, mix, start, journal: options.journals.map { "\($0)/seed-\(seed).sqlite" })
        // One seed in sixteen twice: nothing but the seed may decide.
        if seed % 16 == 0, try self.run(seed, mix, start).journal != run.journal {
            run.violations.append(.init(invariant: .repeatable, time: start, text: "two runs of the seed differ"))
        }
        var cells: [Cell] = []
        for index in mix.entries.indices {
            guard let phase = run.phases[index] else { continue }
            // What is told of the market is no record of a journal, but an event of the core's.
            if mix.entries[index].changesMarket {
                cells.append(Cell(fault: mix.entries[index].name, phase: phase))
                continue
            }
            let without = try self.run(seed, mix.keeping(mix.entries.indices.filter { $0 != index }), start)
            if without.journal != run.journal { cells.append(Cell(fault: mix.entries[index].name, phase: phase)) }
        }
        var failures: [Failure] = []
        for violation in run.violations {
            let kept = try shrink(seed, mix, start, violation.invariant)
            let path = options.failedJournals.map { "\($0)/seed-\(seed)-\(violation.invariant.rawValue).sqlite" }
            if let path { _ = try self.run(seed, mix.keeping(kept), start, journal: path) }
            failures.append(
                Failure(
                    seed: seed, invariant: violation.invariant, text: "\(violation.time.iso8601): \(violation.text)",
                    kept: kept.map { numbers[$0] }, faults: kept.map { line(mix.entries[$0], start) }, journal: path))
        }
        let (course, kill) = (undisturbed ?? run.course, start + Nanoseconds(count: span.count / 5 * 4))
        let phases = Set(run.course.stretches.map(\.phase))
        // What a whole campaign keeps of each seed is small.
        run.course = RunCourse()
        return SeedOutcome(
            run: run, failures: failures, cells: cells, phases: phases, isHedged: course.isHedged(before: kill),
            isClosed: course.isClosed(before: kill), targets: undisturbed?.targets(in: strikes(start)))
    }

    /// Leaves faults out as long as the same invariant is violated.
    private func shrink(_ seed: UInt64, _ mix: FaultMix, _ start: Timestamp, _ invariant: Invariant) throws(RunError) -> [Int] {
        guard invariant != .repeatable else { return Array(mix.entries.indices) }
        var kept = Array(mix.entries.indices)
        for index in mix.entries.indices {
            let fewer = kept.filter { $0 != index }
            if try run(seed, mix.keeping(fewer), start).violations.contains(where: { $0.invariant == invariant }) { kept = fewer }
        }
        return kept
    }

    private func line(_ entry: FaultMix.Entry, _ start: Timestamp) -> String {
        let (from, until) = ((entry.span.lowerBound - start).count / 1_000_000, (entry.span.upperBound - start).count / 1_000_000)
        let venue = plan.scenario.venues[entry.venue].name
        let place = entry.name.isOfVenue ? " at \(venue)" : ""
        return "\(entry.name.rawValue)\(place) from \(from) ms until \(until) ms: \(entry.name.summary)"
    }

    /// One run of one seed with these faults.
    private func run(_ seed: UInt64, _ mix: FaultMix, _ start: Timestamp, journal: String? = nil) throws(RunError) -> ChaosRun.Result {
        let run = ChaosRun(plan, registry, market, seed: seed, mix: mix, span: start...start + span, isOverWire: options.isOverWire)
        return try run.run(journal: journal)
    }

    /// What the threads of a campaign share, behind a lock; outcomes are put together in the order of the seeds.
    private final class Shared: @unchecked Sendable {
        private let lock = NSLock()
        private let count: Int
        private var taken = 0
        private var finished: [SeedOutcome?]
        /// In the order in which they ended, for the progress.
        private var sofar = Outcome()
        private var error: RunError?
        private var isOver = false

        init(_ count: Int) {
            self.count = count
            finished = Array(repeating: nil, count: count)
        }

        func take() -> Int? {
            lock.withLock {
                guard taken < count, !isOver, error == nil else { return nil }
                taken += 1
                return taken - 1
            }
        }

        func put(_ outcome: SeedOutcome, _ number: Int, _ progress: (Outcome) -> Bool) {
            lock.withLock {
                finished[number] = outcome
                sofar.add(outcome)
                if !progress(sofar) { isOver = true }
            }
        }

        func fail(_ error: RunError) { lock.withLock { self.error = self.error ?? error } }

        func result(span: Nanoseconds) throws(RunError) -> Outcome {
            lock.lock()
            defer { lock.unlock() }
            if let error { throw error }
            var total = Outcome()
            for outcome in finished.lazy.compactMap({ $0 }) { total.add(outcome) }
            total.simulatedSeconds = Double(span.count) / 1e9 * Double(total.seeds)
            return total
        }
    }
}
