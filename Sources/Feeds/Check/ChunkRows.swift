import Market
import Tape

/// What the rows of a tape say of its chunks and raw frames, to be compared with what is in them.
struct ChunkRows {
    private struct Row: Equatable {
        var sequence: Int64
        var events: Int64
        var levelChanges: Int64 = 0
        var firstVenue: Int64?
        var lastVenue: Int64?
        var firstReceive: Int64?
        var lastReceive: Int64?
        var hasSnapshot = false
    }

    private let database: TapeDatabase
    private var rows: [Int: [Row]] = [:]
    private(set) var fileFaults: [String] = []

    init(_ tape: Tape) throws(TapeError) {
        database = try TapeDatabase(opening: tape.path)
        for row in try Self.ask(database, "PRAGMA integrity_check") {
            if case .text(let text)? = row.first, text != "ok" { fileFaults.append(text) }
        }
        let chunks = try Self.ask(
            database,
            """
            SELECT feed, sequence, events, level_changes, first_venue, last_venue, first_receive, last_receive, has_snapshot FROM chunk
            ORDER BY feed, sequence
            """)
        for row in chunks {
            func number(_ column: Int) -> Int64? { if case .integer(let value) = row[column] { value } else { nil } }
            rows[Int(number(0) ?? -1), default: []].append(
                Row(
                    sequence: number(1) ?? -1, events: number(2) ?? -1, levelChanges: number(3) ?? -1, firstVenue: number(4),
                    lastVenue: number(5), firstReceive: number(6), lastReceive: number(7), hasSnapshot: number(8) != 0))
        }
    }

    private static func ask(_ database: TapeDatabase, _ sql: String) throws(TapeError) -> [[SQLValue]] {
        do throws(QueryError) { return try database.query(sql).all() } catch {
            if case .tape(let error) = error { throw error }
            throw .damaged(path: database.path, reason: error.message)
        }
    }

    /// How many rows of a feed stand up to `chunk`.
    func position(_ feed: InstrumentID, after chunk: Int) -> Int { rows[feed.index, default: []].count { $0.sequence <= Int64(chunk) } }

    /// What the row at `position` says otherwise than the records; nil if nothing.
    func fault(_ feed: InstrumentID, _ position: Int, _ events: ContiguousArray<MarketEvent>) -> String? {
        guard let rows = rows[feed.index], rows.indices.contains(position) else { return nil }
        var found = Row(sequence: rows[position].sequence, events: Int64(events.count))
        for event in events {
            if event.kind == .level { found.levelChanges += 1 }
            if event.flags.contains(.snapshot) { found.hasSnapshot = true }
            Self.widen(&found.firstVenue, &found.lastVenue, event.venueTime)
            Self.widen(&found.firstReceive, &found.lastReceive, event.receiveTime)
        }
        let row = rows[position]
        guard found != row else { return nil }
        let chunk = "chunk \(row.sequence): "
        if found.levelChanges != row.levelChanges { return chunk + "\(found.levelChanges) level changes, not \(row.levelChanges)" }
        return chunk + (found.hasSnapshot != row.hasSnapshot ? "a full book or none" : "other times")
    }

    private static func widen(_ first: inout Int64?, _ last: inout Int64?, _ time: Timestamp) {
        guard time.nanoseconds != 0 else { return }
        first = min(first ?? time.nanoseconds, time.nanoseconds)
        last = max(last ?? time.nanoseconds, time.nanoseconds)
    }

    /// The first reason why raw frames of a feed can't be read; nil if there is none.
    func frameFault(_ feed: InstrumentID) -> String? {
        do throws(QueryError) {
            _ = try database.query("SELECT sum(bytes) FROM frame WHERE feed = \(feed.index)").all()
            return nil
        } catch { return error.message }
    }
}
