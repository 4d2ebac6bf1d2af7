internal import Market

/// A chunk's row without its records.
struct ChunkEntry {
    /// A part of the open chunk.
    var isOpen = false
    /// Its place in its table.
    var sequence: Int64
    /// Its place in the feed: sealed chunks first, then the parts of the open one.
    var number: Int
    /// No row has this place, and perhaps none has the ones behind it.
    var isMissing = false
    var events: Int64 = 0
    /// The number of its first record in the feed.
    var firstRecord: Int64
    var bounds = ChunkBounds()
}

extension ChunkEntry {
    /// The chunks of a feed in order, one entry for each run of missing ones.
    static func all(_ database: Database, feed: InstrumentID, version: Int) throws(TapeError) -> [ChunkEntry] {
        var entries: [ChunkEntry] = []
        var (number, record) = (0, Int64(0))
        for table in version >= 2 ? ["chunk", "open_chunk"] : ["chunk"] {
            let statement = try database.prepare(
                """
                SELECT sequence, events, level_changes, first_venue, last_venue, first_receive, last_receive, minimum_latency,
                    has_snapshot FROM main.\(table) WHERE feed = ? ORDER BY sequence
                """)
            statement.bind(Int64(feed.index), at: 1)
            var next: Int64 = 0
            while try statement.step() {
                let sequence = statement.integer(0)
                if sequence != next {
                    entries.append(
                        ChunkEntry(isOpen: table != "chunk", sequence: next, number: number, isMissing: true, firstRecord: record))
                    number = max(number, Int(min(sequence &- next, 1 << 32)) + number)
                }
                var entry = ChunkEntry(
                    isOpen: table != "chunk", sequence: sequence, number: number, events: statement.integer(1), firstRecord: record)
                entry.bounds.levelChanges = statement.integer(2)
                entry.bounds.firstVenue = statement.optionalInteger(3)
                entry.bounds.lastVenue = statement.optionalInteger(4)
                entry.bounds.firstReceive = statement.optionalInteger(5)
                entry.bounds.lastReceive = statement.optionalInteger(6)
                entry.bounds.minimumLatency = statement.optionalInteger(7)
                entry.bounds.hasSnapshot = statement.integer(8) != 0
                entries.append(entry)
                next = sequence &+ 1
                number += 1
                record &+= entry.events
            }
        }
        return entries
    }
}

/// Reads the records of chunks, each by its key: what is wrong with one hides no other.
final class ChunkLoader {
    private let sealed: Statement
    private let open: Statement?
    private let verifies: Bool
    private let decompressor = Decompressor()

    /// - Parameter verifying: Compares the digest and what the row says, too, which only a check does: it takes longer than decoding.
    init(_ database: Database, version: Int, verifying: Bool = false) throws(TapeError) {
        func prepare(_ table: String) throws(TapeError) -> Statement {
            try database.prepare(
                "SELECT data, \(version >= 2 ? "checksum" : "NULL"), digest FROM main.\(table) WHERE feed = ? AND sequence = ?")
        }
        sealed = try prepare("chunk")
        open = version >= 2 ? try prepare("open_chunk") : nil
        verifies = verifying
    }

    /// Replaces `events` by the chunk's.
    ///
    /// - Returns: The reason when it is damaged; `events` mean nothing then.
    func load(_ entry: ChunkEntry, feed: InstrumentID, into events: EventBatch) throws(TapeError) -> String? {
        guard !entry.isMissing, let statement = entry.isOpen ? open : sealed else { return "it is missing" }
        defer { statement.reset() }
        statement.bind(Int64(feed.index), at: 1)
        statement.bind(entry.sequence, at: 2)
        do throws(TapeError) {
            guard try statement.step() else { return "it is missing" }
        } catch .damaged(_, let reason) {
            // A page that only this chunk is on.
            return reason
        }
        if let reason = StoredBytes.fault(statement, data: 0, checksum: 1) { return reason }
        if let reason = unsafe decompressor.decompress(statement.bytes(0), limit: ChunkCodec.sizeLimit) { return reason }
        if verifies, unsafe !decompressor.hasDigest(statement.bytes(2)) { return "its digest is another one" }
        if let reason = decompressor.withOutput({ ChunkCodec.decode($0, instrument: feed, into: events) }) { return reason }
        guard Int64(events.count) == entry.events else { return "it holds \(events.count) records, not \(entry.events)" }
        return verifies ? ChunkBounds(events).fault(ofRow: entry.bounds) : nil
    }
}
