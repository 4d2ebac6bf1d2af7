public import Market

/// What goes wrong at one venue in the course of a run: every fault with its times, known beforehand.
public struct FaultPlan: Hashable, Sendable {
    /// By start; those of one start in the order given.
    public let faults: [Fault]
    /// Of the draws that decide what a fault hits.
    public let seed: UInt64
    /// Whether the venue notes what faults could have met.
    public var keepsChances = false

    /// Faults are cut to the run; those outside of it are left out.
    ///
    /// - Parameters:
    ///   - drawn: Faults whose times the seed decides.
    ///   - run: When faults may be active; both ends included.
    public init(_ faults: [Fault], drawn: [FaultDraw] = [], seed: UInt64 = 1, run: ClosedRange<Timestamp> = .distantPast ... .never) {
        let all = faults + drawn.flatMap { $0.faults(in: run, seed: seed) }
        let cut = all.compactMap { fault -> Fault? in
            let isInstant = fault.start == fault.end
            guard fault.start <= run.upperBound, isInstant ? fault.start >= run.lowerBound : fault.end > run.lowerBound else { return nil }
            var fault = fault
            fault.start = max(fault.start, run.lowerBound)
            fault.end = min(fault.end, run.upperBound)
            return fault
        }
        self.faults = cut.enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }.map(\.element)
        self.seed = seed
    }
}

/// Faults of one kind at times that a seed decides: their starts are a Poisson process, and those that fall into the one
/// before are left out.
public struct FaultDraw: Hashable, Sendable {
    public var kind: Fault.Kind
    public var account: AccountID?
    public var instrument: InstrumentID?
    /// From one start to the next, on average.
    public var meanInterval: Nanoseconds
    /// How long one lasts, uniformly drawn; zero for what happens at once.
    public var duration: ClosedRange<Nanoseconds>
    /// Names its random numbers among those of the seed.
    public var stream: UInt64

    /// - Precondition: The mean interval is positive and durations are not negative.
    public init(
        _ kind: Fault.Kind, account: AccountID? = nil, instrument: InstrumentID? = nil, every meanInterval: Nanoseconds,
        lasting duration: ClosedRange<Nanoseconds>, stream: UInt64 = 0
    ) {
        precondition(meanInterval > .zero && duration.lowerBound >= .zero, "a fault is drawn at intervals and lasts a while")
        self.kind = kind
        self.account = account
        self.instrument = instrument
        self.meanInterval = meanInterval
        self.duration = duration
        self.stream = stream
    }

    /// - Precondition: The run is bounded.
    func faults(in run: ClosedRange<Timestamp>, seed: UInt64) -> [Fault] {
        precondition(run.lowerBound != .distantPast && run.upperBound != .never, "faults are drawn for a run of known length")
        var generator = SeededGenerator(seed: seed, stream: stream)
        var faults: [Fault] = []
        var start = run.lowerBound
        while true {
            let (next, overflow) = start.nanoseconds.addingReportingOverflow(generator.waitingTime(mean: meanInterval).count)
            start = Timestamp(nanoseconds: next)
            guard !overflow, start <= run.upperBound else { return faults }
            let length = Nanoseconds(count: generator.uniform(in: duration.lowerBound.count...duration.upperBound.count))
            if let last = faults.last, start < last.end { continue }
            faults.append(
                Fault(
                    kind, account: account, instrument: instrument, from: start, until: start + length,
                    stream: stream &+ UInt64(faults.count) &+ 1))
        }
    }
}

extension SeededGenerator {
    /// Exponentially distributed, by von Neumann's method: comparisons alone, so that every machine draws the same.
    mutating func waitingTime(mean: Nanoseconds) -> Nanoseconds {
        var whole: Int64 = 0
        while true {
            let first = next()
            var (last, length) = (first, 1)
            while case let draw = next(), draw < last {
                last = draw
                length += 1
            }
            // A falling run that began at u ends after an odd number of draws with probability e⁻ᵘ.
            guard length % 2 == 0 else {
                let part = Int64(first.multipliedFullWidth(by: UInt64(mean.count)).high)
                return Nanoseconds(count: whole * mean.count + part)
            }
            whole += 1
        }
    }
}
