public import Market

/// A feed's records, a chunk at a time: the sealed chunks, then what was committed of the open one.
public final class FeedReader {
    private let database: Database
    private let feed: InstrumentID
    private let name: String
    private let skipsDamage: Bool
    /// Sealed chunks, then the parts of the open one.
    private var statements: [Statement]
    private let decompressor = Decompressor()
    /// The chunk that comes next, sealed ones counted first and then the open one's parts.
    private var chunk = 0
    /// The place of the next row in its table.
    private var row: Int64 = 0
    private var last: MarketEvent?
    /// What was skipped so far, in order; empty unless skipping was asked for.
    public private(set) var damage: [TapeError] = []

    init(
        _ database: Database, feed: InstrumentID, name: String, version: Int, from time: Timestamp? = nil, skippingDamage: Bool = false
    ) throws(TapeError) {
        self.database = database
        self.feed = feed
        self.name = name
        skipsDamage = skippingDamage
        var first: Int64 = 0
        if let time {
            let search = try database.prepare(
                """
                SELECT coalesce(min(sequence), (SELECT count(*) FROM chunk WHERE feed = ?1)) FROM chunk
                WHERE feed = ?1 AND coalesce(last_receive, last_venue) >= ?2
                """)
            search.bind(Int64(feed.index), at: 1)
            search.bind(time.nanoseconds, at: 2)
            first = try search.step() ? search.integer(0) : 0
        }
        var statements: [Statement] = []
        for table in version >= 2 ? ["chunk", "open_chunk"] : ["chunk"] {
            let statement = try database.prepare(
                """
                SELECT sequence, events, data, \(version >= 2 ? "checksum" : "NULL") FROM \(table)
                WHERE feed = ? AND sequence >= ? ORDER BY sequence
                """
            )
            statement.bind(Int64(feed.index), at: 1)
            statement.bind(table == "chunk" ? first : 0, at: 2)
            statements.append(statement)
        }
        self.statements = statements
        row = first
        chunk = Int(first)
    }

    /// Replaces the contents of `events` by the next chunk; false at the end. Times are as recorded.
    ///
    /// - Throws: `TapeError.damagedChunk` naming the feed and the chunk; nothing of it is handed out. A reader that skips damage
    ///   hands out a `gap` record (`quarantined`) in the chunk's place instead, and notes the error in `damage`.
    public func next(into events: inout ContiguousArray<MarketEvent>) throws(TapeError) -> Bool {
        while let statement = statements.first {
            guard try statement.step() else {
                statements.removeFirst()
                row = 0
                continue
            }
            if let reason = load(statement, into: &events) {
                let error = TapeError.damagedChunk(path: database.path, feed: name, chunk: chunk, reason: reason)
                guard skipsDamage else { throw error }
                damage.append(error)
                events.removeAll(keepingCapacity: true)
                let times =
                    last
                    ?? MarketEvent(
                        kind: .gap, instrument: feed, venueTime: Timestamp(nanoseconds: 0), receiveTime: Timestamp(nanoseconds: 0))
                events.append(
                    MarketEvent(
                        kind: .gap, instrument: feed, venueTime: times.venueTime, receiveTime: times.receiveTime,
                        price: GapCause.quarantined.rawValue))
            }
            row = statement.integer(0) + 1
            chunk += 1
            last = events.last
            return true
        }
        return false
    }

    /// Returns the reason when the row's chunk is damaged.
    private func load(_ statement: Statement, into events: inout ContiguousArray<MarketEvent>) -> String? {
        guard statement.integer(0) == row else { return "chunk \(row) is missing" }
        if let reason = StoredBytes.fault(statement, data: 2, checksum: 3) { return reason }
        if let reason = unsafe decompressor.decompress(statement.bytes(2), limit: ChunkCodec.sizeLimit) { return reason }
        if let reason = decompressor.withOutput({ ChunkCodec.decode($0, instrument: feed, into: &events) }) { return reason }
        guard Int64(events.count) == statement.integer(1) else {
            return "it holds \(events.count) records, not \(statement.integer(1))"
        }
        return nil
    }
}
