internal import Market

/// The chunks of some feeds that a filter leaves, read one after another.
///
/// It works on the connection that runs the statement, and so sees what the statement sees.
final class ChunkScan {
    private let source: TapeSource
    private let filter: RecordFilter
    private let loader: ChunkLoader
    private var feeds: ArraySlice<Int>
    private var chunks: ArraySlice<ChunkEntry> = []
    private var feed = InstrumentID(0)
    private var hasFeed = false
    /// Chunks read so far.
    private(set) var chunksRead = 0
    /// Only the first pass of a connection is told: those of a join go over the same records again and again.
    private let isTold: Bool
    /// Records of the feeds to be read, and of those that were.
    private let total: Int64
    private var done: Int64 = 0

    init(_ source: TapeSource, _ filter: RecordFilter) throws(TapeError) {
        self.source = source
        self.filter = filter
        loader = try ChunkLoader(source.database, version: source.version)
        feeds = filter.feeds[...]
        total = filter.feeds.reduce(0) { $0 + source.records[$1] }
        isTold = source.beginPass()
    }

    /// Replaces `events` by the next chunk's.
    ///
    /// - Returns: The number of its first record in its feed; nil at the end.
    /// - Throws: `TapeError.damagedChunk`.
    func next(into events: EventBatch) throws(TapeError) -> Int64? {
        while chunks.isEmpty {
            if hasFeed { done += source.records[feed.index] }
            guard let next = feeds.popFirst() else { return nil }
            feed = InstrumentID(next)
            hasFeed = true
            chunks = try ChunkEntry.all(source.database, feed: feed, version: source.version).filter {
                $0.isMissing || filter.touches($0.bounds)
            }[...]
        }
        let chunk = chunks.removeFirst()
        if let reason = try loader.load(chunk, feed: feed, into: events) {
            throw .damagedChunk(path: source.database.path, feed: source.names[feed.index], chunk: chunk.number, reason: reason)
        }
        chunksRead += 1
        if isTold, total > 0 { source.progress?(min(1, Double(done + chunk.firstRecord) / Double(total))) }
        return chunk.firstRecord
    }
}
