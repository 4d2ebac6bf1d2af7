public import Market

/// What a study of queue models found.
public struct QueueReport: Sendable {
    public struct Counts: Hashable, Sendable {
        /// Hypothetical orders placed.
        public var followed = 0
        /// Recorded orders with nothing ahead: left out.
        public var nothingAhead = 0
        public var executions = 0
        public var executedLots: Int64 = 0
        /// The feed's own trades, as a check on what was taken for an execution.
        public var trades = 0
        public var tradedLots: Int64 = 0
        public var faults = L3Book.Faults()
    }

    /// A figure and the middle 95 % of its bootstrap.
    public struct Estimate: Hashable, Sendable {
        public var value: Double
        public var interval: ClosedRange<Double>?
    }

    /// A model against the truth over some of the orders.
    public struct Comparison: Hashable, Sendable {
        public var model: String
        /// Share of the orders that filled whole by the horizon.
        public var exactShare: Double
        public var share: Double
        /// Model less truth.
        public var shareError: Estimate
        /// Orders that filled by both; times compare these alone.
        public var bothFilled: Int
        /// Seconds until they had filled.
        public var exactMean: Double?
        public var exactMedian: Double?
        public var mean: Double?
        public var median: Double?
        /// Model less truth, order by order.
        public var meanError: Estimate?
        public var medianError: Estimate?
    }

    /// The orders placed at some distance from the touch.
    public struct Group: Hashable, Sendable {
        /// Such as `3–5`; `all` for all of them.
        public var name: String
        public var count: Int
        public var comparisons: [Comparison]
    }

    public let instrument: Instrument
    public let settings: QueueStudy.Settings
    public let counts: Counts
    public let start: Timestamp
    public let end: Timestamp
    public let blockCount: Int
    /// Orders that were followed to their horizon.
    public let count: Int
    /// By distance, nearest first; only those that hold an order.
    public let groups: [Group]
    public let all: Group

    /// In ticks from the touch of the order's side.
    static let distances: [ClosedRange<Int64>] = [0...0, 1...1, 2...2, 3...5, 6...10, 11...20, 21...50, 51 ... .max]

    static func name(_ range: ClosedRange<Int64>) -> String {
        if range.upperBound == .max { return "\(range.lowerBound) and more" }
        return range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)–\(range.upperBound)"
    }

    init(
        instrument: Instrument, settings: QueueStudy.Settings, models: [QueueStudy.Model], counts: Counts, outcomes: [QueueOutcome],
        start: Timestamp, end: Timestamp
    ) {
        self.instrument = instrument
        self.settings = settings
        self.counts = counts
        self.start = start
        self.end = end
        count = outcomes.count
        let blocks = outcomes.map { Int(($0.placed - start).count / settings.block.count) }
        let used = Set(blocks).sorted()
        let number = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($0.element, $0.offset) })
        let entries = zip(outcomes, blocks).map { Entry(outcome: $0, block: number[$1] ?? 0) }
        blockCount = used.count
        let bootstrap = BlockBootstrap(blocks: used.count, resamples: settings.resamples, seed: settings.seed)
        let names = models.map(\.name)
        all = Self.group("all", entries, names, bootstrap, used.count)
        groups = Self.distances.compactMap { range in
            let members = entries.filter { range.contains($0.outcome.distance) }
            return members.isEmpty ? nil : Self.group(Self.name(range), members, names, bootstrap, used.count)
        }
    }

    private struct Entry {
        var outcome: QueueOutcome
        var block: Int
    }

    private static func group(
        _ name: String, _ entries: [Entry], _ models: [String], _ bootstrap: BlockBootstrap, _ blocks: Int
    ) -> Group {
        var perBlock = [Double](repeating: 0, count: blocks)
        for entry in entries { perBlock[entry.block] += 1 }
        let comparisons = models.enumerated().map { compare($0.element, $0.offset, entries, perBlock, bootstrap) }
        return Group(name: name, count: entries.count, comparisons: comparisons)
    }

    private static func compare(
        _ name: String, _ model: Int, _ entries: [Entry], _ perBlock: [Double], _ bootstrap: BlockBootstrap
    ) -> Comparison {
        var errors = [Double](repeating: 0, count: perBlock.count)
        var (both, late) = (errors, errors)
        var (exactFilled, filled) = (0, 0)
        var exactTimes: [Double] = []
        var times: [Double] = []
        var differences: [(value: Double, block: Int)] = []
        for entry in entries {
            let (exact, estimate) = (entry.outcome.exact, entry.outcome.models[model])
            if exact != nil { exactFilled += 1 }
            if estimate != nil { filled += 1 }
            errors[entry.block] += (estimate == nil ? 0 : 1) - (exact == nil ? 0 : 1)
            guard let exact, let estimate else { continue }
            exactTimes.append(Double(exact.count) / 1e9)
            times.append(Double(estimate.count) / 1e9)
            let difference = Double((estimate - exact).count) / 1e9
            both[entry.block] += 1
            late[entry.block] += difference
            differences.append((difference, entry.block))
        }
        differences.sort { $0.value < $1.value }
        let n = Double(entries.count)
        return Comparison(
            model: name, exactShare: Double(exactFilled) / n, share: Double(filled) / n,
            shareError: Estimate(value: Double(filled - exactFilled) / n, interval: bootstrap.interval(errors, over: perBlock)),
            bothFilled: times.count, exactMean: mean(exactTimes), exactMedian: median(exactTimes.sorted()), mean: mean(times),
            median: median(times.sorted()),
            meanError: mean(differences.map(\.value)).map { Estimate(value: $0, interval: bootstrap.interval(late, over: both)) },
            medianError: median(differences.map(\.value)).map {
                Estimate(value: $0, interval: bootstrap.intervalOfMedian(differences))
            })
    }

    private static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// The lower of the two in the middle, as the bootstrap's.
    private static func median(_ sorted: [Double]) -> Double? { sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2] }
}

extension QueueReport {
    /// Which model the figures speak for.
    public struct Verdict: Hashable, Sendable {
        /// Has the smallest error of the fill probability.
        public var nearest: String
        /// Models whose interval overlaps the nearest one's: the recording can't tell them apart. The most pessimistic first.
        public var indistinguishable: [String]
        /// The most pessimistic of these.
        public var recommended: String { indistinguishable.first ?? nearest }
    }

    /// Over all orders: where intervals overlap, the more pessimistic model, which is the one that fills less, then later.
    ///
    /// A model without an interval overlaps with nothing.
    public var verdict: Verdict? {
        let comparisons = all.comparisons
        guard let nearest = comparisons.min(by: { abs($0.shareError.value) < abs($1.shareError.value) }) else { return nil }
        let alike = comparisons.enumerated().filter { _, other in
            guard let one = nearest.shareError.interval, let two = other.shareError.interval else { return other.model == nearest.model }
            return one.overlaps(two)
        }
        let ordered = alike.sorted { one, two in
            let keys = [one, two].map { ($0.element.share, -($0.element.mean ?? .infinity), $0.offset) }
            return keys[0] < keys[1]
        }
        return Verdict(nearest: nearest.model, indistinguishable: ordered.map(\.element.model))
    }
}
