internal import Market
public import Strategies
internal import Trading
internal import Venues

/// Feeds the journal of a live run to a fresh one: the same bytes have to go out, and the core has to record the same.
public final class LiveJournalReplay {
    public struct Outcome: Sendable {
        /// The first thing that was not as it had been; nil when all is.
        public var difference: LiveReplay.Difference?
        /// What crossed the border, and how much of it went out.
        public var records: Int
        public var handedOver: Int
        public var restarts: Int
        public var isComplete: Bool
        /// The running hash of what the core recorded; that of the journal where nothing differs.
        public var hash: UInt64
        /// Whether the core recorded what the journal has.
        public var isCoreEqual: Bool
    }

    private let file: LiveJournalFile
    private let stored: (count: Int64, hash: UInt64)
    private let record: Journal
    private var replay: LiveReplay

    /// - Throws: `RunError.journal` when the journal can't be replayed: it is damaged, or of another program.
    public init(_ path: String, registry: StrategyRegistry) throws(RunError) {
        file = try LiveJournalFile(opening: path)
        stored = try file.storedRecords()
        record = Journal(sink: nil, stored: stored.count)
        replay = LiveReplay(
            try file.makeLive(registry, record))
    }

    /// Runs to the journal's end or to the first difference.
    ///
    /// - Parameter goesOn: Asked after each block; false ends the replay there, as if the journal ended.
    public func run(goesOn: (Int) -> Bool = { _ in true }) throws(RunError) -> Outcome {
        var outcome = Outcome(
            difference: nil, records: 0, handedOver: 0, restarts: 0, isComplete: file.isComplete, hash: 0, isCoreEqual: true)
        blocks: while let entries = try file.nextEntries() {
            for entry in entries {
                outcome.records += 1
                outcome.handedOver += entry.record.kind.comes ? 0 : 1
                outcome.restarts += entry.record.kind == .restart ? 1 : 0
                outcome.difference = replay.take(entry)
                if outcome.difference != nil { break blocks }
            }
            guard goesOn(outcome.records) else { break }
        }
        outcome.hash = record.hash
        if outcome.difference == nil { outcome.isCoreEqual = stored.count == 0 || record.storedHash == stored.hash }
        return outcome
    }
}
