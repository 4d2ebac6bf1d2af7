public import Market
public import Tape

/// Whether a tape is what was written, and where its records are not to be relied on.
public struct TapeCheck: Sendable, Equatable {
    public struct Options: Sendable {
        /// How long nothing may come of a book or of quotes before they count as stale. A minute is longer than any quiet spell of a
        /// traded perpetual.
        public var staleAfter: Nanoseconds

        public init(staleAfter: Nanoseconds = .minutes(1)) { self.staleAfter = staleAfter }
    }

    public enum Verdict: String, Sendable {
        /// Nothing but notes.
        case sound
        /// As it was recorded, with ranges that are quarantined.
        case suspect
        /// Not what was written.
        case broken
    }

    public var path: String
    public var feeds: [FeedCheck]
    /// What SQLite says of damaged pages; empty if nothing.
    public var fileFaults: [String]

    public var verdict: Verdict {
        guard fileFaults.isEmpty else { return .broken }
        return switch feeds.compactMap(\.severity).max() {
        case .broken: .broken
        case .suspect: .suspect
        case .note, nil: .sound
        }
    }

    /// Reads the whole tape. A damaged chunk is a finding; what is behind it is read on.
    ///
    /// - Parameter progress: Told the share that is done, from 0 to 1.
    /// - Throws: `TapeError` when the file can't be read as a tape at all.
    public init(_ tape: Tape, options: Options = Options(), progress: (Double) -> Void = { _ in }) throws(TapeError) {
        path = tape.path
        feeds = []
        fileFaults = []
        let rows = try ChunkRows(tape)
        fileFaults = rows.fileFaults
        let total = tape.feeds.reduce(1) { $0 + $1.events }
        var done: Int64 = 0
        var events = ContiguousArray<MarketEvent>()
        for (index, summary) in tape.feeds.enumerated() {
            let feed = InstrumentID(index)
            let name = summary.description.name
            var checker = FeedChecker(
                summary.description.instrument, name: name, staleAfter: options.staleAfter, frames: try tape.frames(feed).count)
            let reader = try tape.reader(feed: feed)
            var chunk = 0
            while true {
                do throws(TapeError) {
                    guard try reader.next(into: &events) else { break }
                    for event in events { checker.receive(event) }
                    if let fault = rows.fault(feed, chunk, events) { checker.add(.wrongChunkRow, note: fault) }
                    chunk += 1
                } catch .damagedChunk(_, _, let damaged, let reason) {
                    checker.lose("chunk \(damaged): \(reason)")
                    // A missing chunk has no row: the next one is the one that stands in its place.
                    chunk = rows.position(feed, after: damaged)
                }
                done += Int64(events.count)
                progress(min(1, Double(done) / Double(total)))
            }
            if let reason = rows.frameFault(feed) { checker.add(.damagedFrames, note: reason) }
            feeds.append(checker.finish())
        }
    }
}
