public import Market

/// A feed's records, a chunk at a time.
public final class FeedReader {
    private let database: Database
    private let statement: Statement
    private let feed: InstrumentID
    private let name: String
    private let decompressor = Decompressor()
    private var chunk = 0
    /// The statement stands on a chunk that was not handed out, as one before it is missing.
    private var isHeld = false

    init(_ database: Database, feed: InstrumentID, name: String) throws(TapeError) {
        self.database = database
        self.feed = feed
        self.name = name
        statement = try database.prepare("SELECT sequence, events, data FROM chunk WHERE feed = ? ORDER BY sequence")
        statement.bind(Int64(feed.index), at: 1)
    }

    /// Replaces the contents of `events` by the next chunk; false at the end. Times are as recorded.
    ///
    /// - Throws: `TapeError.damagedChunk` naming the feed and the chunk; nothing of it is handed out, and the next call goes on behind it.
    public func next(into events: inout ContiguousArray<MarketEvent>) throws(TapeError) -> Bool {
        if !isHeld { guard try statement.step() else { return false } }
        isHeld = false
        guard statement.integer(0) == Int64(chunk) else {
            let error = damaged("chunk \(chunk) is missing")
            chunk = Int(statement.integer(0))
            isHeld = true
            throw error
        }
        defer { chunk += 1 }
        if let reason = unsafe decompressor.decompress(statement.bytes(2), limit: ChunkCodec.sizeLimit) { throw damaged(reason) }
        if let reason = decompressor.withOutput({ ChunkCodec.decode($0, instrument: feed, into: &events) }) { throw damaged(reason) }
        guard Int64(events.count) == statement.integer(1) else {
            throw damaged("it holds \(events.count) records, not \(statement.integer(1))")
        }
        return true
    }

    private func damaged(_ reason: String) -> TapeError {
        .damagedChunk(path: database.path, feed: name, chunk: chunk, reason: reason)
    }
}
