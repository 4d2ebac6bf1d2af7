public import Market
public import Strategies
public import Trading

/// Feeds a journal to a fresh core and compares every command: the private events come from the journal, the market from the
/// tapes that it names.
public struct Replay {
    /// What a replay found.
    public struct Outcome: Sendable {
        /// The first command that differs; nil when all are equal.
        public var difference: Difference?
        /// Records of the journal that were compared or fed, commands among them, and market records.
        public var records: Int64
        public var commands: Int64
        public var marketRecords: Int64
        public var ending: JournalFile.Ending
        /// The running hash that the fresh core made; equal to the journal's when nothing differs.
        public var hash: UInt64
    }

    /// Where the fresh core did something else than the journal says.
    public struct Difference: Sendable {
        /// What was given to the core last.
        public enum Cause: Sendable {
            case record(JournalFile.Entry)
            case market(MarketEvent)
        }

        /// nil: before anything was given to it.
        public var cause: Cause?
        /// What the journal has at this place; nil at its end.
        public var expected: JournalFile.Entry?
        /// What the core gave instead; nil: nothing.
        public var found: Command?
        /// The core's time.
        public var time: Timestamp
        /// Records of the journal around the place, the expected one left out.
        public var before: [JournalFile.Entry]
        public var after: [JournalFile.Entry]
    }

    /// How many records are shown on each side of a difference.
    private static let context = 8

    private let file: JournalFile
    private let header: RunHeader
    private let fresh: ReplayedCore

    /// - Parameters:
    ///   - tapes: Tapes, or folders of them, that hold the journal's feeds.
    ///   - registry: What the journal's strategy is made by.
    /// - Throws: `RunError` when the journal can't be replayed: it is damaged, of another program, or a feed is not to be found.
    public init(_ file: JournalFile, tapes: [String], registry: StrategyRegistry) throws(RunError) {
        guard let header = file.header else {
            throw .journal(
                path: file.path, message: "'\(file.path)' does not say what its core was built from",
                hint: "it was written by an earlier version: run the backtest again")
        }
        let found = try ReplayTapes(tapes)
        guard header.feeds.count == header.instruments.count, header.feeds.allSatisfy({ $0.minimumLatency >= 0 }) else {
            throw .journal(path: file.path, message: "'\(file.path)': its feeds are not those of its instruments", hint: nil)
        }
        var sources: [any MarketSource] = []
        for (index, feed) in header.feeds.enumerated() {
            let source = try found.source(feed, instrument: InstrumentID(index))
            sources.append(DisturbedSource.among(header.disturbances ?? [], source, instrument: index))
        }
        self.file = file
        self.header = header
        fresh = try ReplayedCore(header, sources, registry: registry, path: file.path)
    }

    /// Runs to the journal's end or to the first difference.
    ///
    /// - Parameter goesOn: Asked every few thousand records; false ends the replay there, as if the journal ended.
    /// - Throws: `RunError` when the journal or a tape is damaged.
    public func run(goesOn: (Int64) -> Bool = { _ in true }) throws(RunError) -> Outcome {
        var comparison = Comparison(fresh: fresh)
        while let entry = try file.next() {
            guard header.covers(entry.entry), entry.entry.time >= fresh.core.now, fresh.mayFollow(entry.entry) else {
                throw .journal(
                    path: file.path, message: "'\(file.path)': record \(entry.number) does not fit what comes before it",
                    hint: "the journal was changed after it was written")
            }
            if var difference = try comparison.take(entry) {
                while difference.after.count < Self.context, let later = try file.next() { difference.after.append(later) }
                return outcome(comparison, difference)
            }
            if entry.number % 4_096 == 0, !goesOn(entry.number) { return outcome(comparison, nil) }
        }
        // A run that was killed may have given commands that it did not commit.
        return outcome(comparison, file.isComplete ? comparison.atEnd() : nil)
    }

    private func outcome(_ comparison: Comparison, _ difference: Difference?) -> Outcome {
        Outcome(
            difference: difference, records: comparison.records, commands: comparison.commands, marketRecords: fresh.marketRecords,
            ending: file.ending, hash: fresh.hash)
    }

    /// Both sides, record by record.
    struct Comparison {
        let fresh: ReplayedCore
        var records: Int64 = 0
        var commands: Int64 = 0
        private var cause: Difference.Cause?
        private var recent: [JournalFile.Entry] = []

        init(fresh: ReplayedCore) { self.fresh = fresh }

        /// Brings the core to where the record stands; returns how it differs there.
        mutating func take(_ entry: JournalFile.Entry) throws(RunError) -> Difference? {
            if case .command(let expected, let time) = entry.entry {
                // What the market brought about: the core is fed until it says something.
                while !fresh.core.hasCommands, let event = try fresh.takeMarket(through: time) { cause = .market(event) }
                let found = fresh.core.nextCommand()
                guard found == expected, fresh.core.now == time else { return difference(entry, found) }
                commands += 1
            } else {
                if let limit = ReplayedCore.marketLimit(before: entry.entry) {
                    while !fresh.core.hasCommands, let event = try fresh.takeMarket(through: limit) { cause = .market(event) }
                }
                if let found = fresh.core.nextCommand() { return difference(entry, found) }
                try fresh.take(entry.entry)
                cause = .record(entry)
            }
            records += 1
            if recent.count == Replay.context { recent.removeFirst() }
            recent.append(entry)
            return nil
        }

        /// The journal is at its end: the core has nothing more to say.
        func atEnd() -> Difference? { fresh.core.nextCommand().map { difference(nil, $0) } }

        private func difference(_ expected: JournalFile.Entry?, _ found: Command?) -> Difference {
            Difference(cause: cause, expected: expected, found: found, time: fresh.core.now, before: recent, after: [])
        }
    }
}
