internal import Market
internal import Strategies
internal import Trading

/// The core of a run whose process died, as its journal and the feeds' records make it: a replay that goes on as the run.
struct RebuiltCore {
    let fresh: ReplayedCore

    /// Feeds the records of a journal to a fresh core.
    ///
    /// - Parameters:
    ///   - sources: By instrument, from the start of the run.
    ///   - journal: Holds the records; what follows goes on in it.
    /// - Throws: `RunError.journal` when a record does not follow from those before it: another program wrote them.
    init(
        _ header: RunHeader, _ entries: [JournalEntry], _ sources: [any MarketSource], registry: StrategyRegistry, path: String,
        journal: Journal
    ) throws(RunError) {
        fresh = try ReplayedCore(header, sources, registry: registry, path: path, journal: journal)
        var comparison = Replay.Comparison(fresh: fresh)
        for (index, entry) in entries.enumerated() {
            let placed = JournalFile.Entry(number: Int64(index + 1), entry: entry)
            guard header.covers(entry), entry.time >= fresh.core.now, fresh.mayFollow(entry), try comparison.take(placed) == nil else {
                throw .journal(
                    path: path, message: "'\(path)': this program does not come to record \(index + 1) after those before it",
                    hint: "restart with the program that wrote it; `mmsim replay` shows where they differ")
            }
        }
        // What followed from the last record may have been sent or not: its orders are asked about like any others.
        while fresh.core.nextCommand() != nil {}
    }

    /// Lets the core know that it goes on.
    ///
    /// - Parameter nextOrder: No order had this id or a later one, recorded or not.
    func restart(at time: Timestamp, nextOrder: OrderID) throws(RunError) {
        try fresh.take(.restart(nextOrder: max(nextOrder, fresh.core.nextOrder), at: time))
    }
}
