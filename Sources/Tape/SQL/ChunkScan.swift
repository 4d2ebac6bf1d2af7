internal import Market

/// The chunks of some feeds that a filter leaves, read one after another.
///
/// It works on the connection that runs the statement, and so sees what the statement sees.
final class ChunkScan {
    /// What a chunk's row says without its records.
    struct Entry {
        var sequence: Int64
        var events: Int64
        /// The number of its first record in the feed.
        var firstRecord: Int64
        var firstVenue: Int64?
        var lastVenue: Int64?
        var firstReceive: Int64?
        var lastReceive: Int64?
    }

    private let database: Database
    private let names: [String]
    private let filter: RecordFilter
    private let data: Statement
    private let decompressor = Decompressor()
    private var feeds: ArraySlice<Int>
    private var chunks: ArraySlice<Entry> = []
    private var feed = 0
    /// Chunks read so far.
    private(set) var chunksRead = 0

    init(_ database: Database, names: [String], _ filter: RecordFilter) throws(TapeError) {
        self.database = database
        self.names = names
        self.filter = filter
        feeds = filter.feeds[...]
        data = try database.prepare("SELECT data FROM main.chunk WHERE feed = ? AND sequence = ?")
    }

    /// Replaces `events` by the next chunk's.
    ///
    /// - Returns: The number of its first record in its feed; nil at the end.
    /// - Throws: `TapeError.damagedChunk`.
    func next(into events: inout ContiguousArray<MarketEvent>) throws(TapeError) -> Int64? {
        while chunks.isEmpty {
            guard let next = feeds.popFirst() else { return nil }
            feed = next
            chunks = try entries(next).filter(filter.touches)[...]
        }
        let chunk = chunks.removeFirst()
        data.reset()
        data.bind(Int64(feed), at: 1)
        data.bind(chunk.sequence, at: 2)
        guard try data.step() else { throw damaged(chunk.sequence, "it is missing") }
        if let reason = unsafe decompressor.decompress(data.bytes(0), limit: ChunkCodec.sizeLimit) {
            throw damaged(chunk.sequence, reason)
        }
        let instrument = InstrumentID(feed)
        if let reason = decompressor.withOutput({ ChunkCodec.decode($0, instrument: instrument, into: &events) }) {
            throw damaged(chunk.sequence, reason)
        }
        guard Int64(events.count) == chunk.events else {
            throw damaged(chunk.sequence, "it holds \(events.count) records, not \(chunk.events)")
        }
        chunksRead += 1
        return chunk.firstRecord
    }

    private func entries(_ feed: Int) throws(TapeError) -> [Entry] {
        let statement = try database.prepare(
            """
            SELECT sequence, events, first_venue, last_venue, first_receive, last_receive FROM main.chunk WHERE feed = ?
            ORDER BY sequence
            """)
        statement.bind(Int64(feed), at: 1)
        var entries: [Entry] = []
        var record: Int64 = 0
        func optional(_ column: Int32) -> Int64? { statement.isNull(column) ? nil : statement.integer(column) }
        while try statement.step() {
            guard statement.integer(0) == Int64(entries.count) else { throw damaged(Int64(entries.count), "it is missing") }
            entries.append(
                Entry(
                    sequence: statement.integer(0), events: statement.integer(1), firstRecord: record, firstVenue: optional(2),
                    lastVenue: optional(3), firstReceive: optional(4), lastReceive: optional(5)))
            record &+= statement.integer(1)
        }
        return entries
    }

    private func damaged(_ chunk: Int64, _ reason: String) -> TapeError {
        .damagedChunk(path: database.path, feed: names[feed], chunk: Int(chunk), reason: reason)
    }
}
