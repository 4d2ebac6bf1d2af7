internal import Market

/// The prepared statements of a recorder, inside whose transaction they run.
final class RecorderStore {
    let database: Database
    let chunks: ChunkTable
    let openChunks: ChunkTable
    let frames: FrameTable
    let openFrames: FrameTable
    private let dropChunk: Statement
    private let dropFrames: Statement
    private let compressor = Compressor()

    init(_ database: Database) throws(TapeError) {
        self.database = database
        chunks = try ChunkTable(database, "chunk", level: ChunkTable.sealedLevel)
        openChunks = try ChunkTable(database, "open_chunk", level: ChunkTable.openLevel)
        frames = try FrameTable(database, "frames", level: FrameBlock.sealedLevel)
        openFrames = try FrameTable(database, "open_frames", level: FrameBlock.openLevel)
        dropChunk = try database.prepare("DELETE FROM open_chunk WHERE feed = ?")
        dropFrames = try database.prepare("DELETE FROM open_frames WHERE feed = ?")
    }

    func forgetOpenChunk(feed: Int) throws(TapeError) {
        dropChunk.bind(Int64(feed), at: 1)
        try dropChunk.run()
    }

    func forgetOpenFrames(feed: Int) throws(TapeError) {
        dropFrames.bind(Int64(feed), at: 1)
        try dropFrames.run()
    }

    func setMeta(_ key: String, _ value: String) throws(TapeError) {
        let statement = try database.prepare("INSERT OR REPLACE INTO meta VALUES (?,?)")
        statement.bind(key, at: 1)
        statement.bind(value, at: 2)
        try statement.run()
    }

    func addSpan(at now: Timestamp) throws(TapeError) -> Int64 {
        let statement = try database.prepare("INSERT INTO span (first, last) VALUES (?1, ?1)")
        statement.bind(now.nanoseconds, at: 1)
        try statement.run()
        return database.lastRow
    }

    func extendSpan(_ span: Int64, to now: Timestamp, ending: String? = nil) throws(TapeError) {
        let statement = try database.prepare("UPDATE span SET last = ?, ending = ? WHERE id = ?")
        statement.bind(now.nanoseconds, at: 1)
        if let ending { statement.bind(ending, at: 2) }
        statement.bind(span, at: 3)
        try statement.run()
    }

    /// - Returns: The terms' number among those of the feed.
    @discardableResult
    func addTerms(feed: Int, _ instrument: Instrument, at now: Timestamp) throws(TapeError) -> Int64 {
        try endTerms(feed: feed, at: now)
        let count = try database.prepare("SELECT count(*) FROM instrument WHERE feed = ?")
        count.bind(Int64(feed), at: 1)
        let number = try count.step() ? count.integer(0) : 0
        let statement = try database.prepare("INSERT INTO instrument VALUES (?,?,?,NULL,?,?,?,?,?,?)")
        statement.bind(Int64(feed), at: 1)
        statement.bind(number, at: 2)
        statement.bind(now.nanoseconds, at: 3)
        statement.bind(terms: instrument, at: 4)
        try statement.run()
        return number
    }

    func endTerms(feed: Int, at now: Timestamp) throws(TapeError) {
        let end = try database.prepare("UPDATE instrument SET valid_to = ? WHERE feed = ? AND valid_to IS NULL")
        end.bind(now.nanoseconds, at: 1)
        end.bind(Int64(feed), at: 2)
        try end.run()
    }

    func addConnection(venue: String, account: String?, note: String) throws(TapeError) -> UInt16 {
        let statement = try database.prepare("INSERT INTO connection (venue, account, note) VALUES (?,?,?)")
        statement.bind(venue, at: 1)
        if let account { statement.bind(account, at: 2) }
        statement.bind(note, at: 3)
        try statement.run()
        return UInt16(truncatingIfNeeded: database.lastRow)
    }

    func addUnparsed(feed: InstrumentID?, frame: UInt32, reason: String) throws(TapeError) {
        let row = try database.prepare("INSERT INTO unparsed_frame VALUES (?,?,?)")
        row.bind(Int64(feed?.index ?? -1), at: 1)
        row.bind(Int64(frame), at: 2)
        row.bind(reason, at: 3)
        try row.run()
        try countUnparsed(feed: feed, reason: reason, 1)
    }

    func countUnparsed(feed: InstrumentID?, reason: String, _ count: Int64) throws(TapeError) {
        let statement = try database.prepare(
            "INSERT INTO unparsed VALUES (?,?,?) ON CONFLICT (feed, reason) DO UPDATE SET count = count + excluded.count")
        statement.bind(Int64(feed?.index ?? -1), at: 1)
        statement.bind(reason, at: 2)
        statement.bind(count, at: 3)
        try statement.run()
    }

    func add(_ note: RecordingNote) throws(TapeError) {
        let statement: Statement
        switch note {
        case .gap(let feed, let time, let cause, let text):
            statement = try database.prepare("INSERT INTO gap VALUES (?,?,?,?)")
            statement.bind(Int64(feed.index), at: 1)
            statement.bind(time.nanoseconds, at: 2)
            statement.bind(cause.rawValue, at: 3)
            statement.bind(text, at: 4)
        case .resync(let feed, let time, let text):
            statement = try database.prepare("INSERT INTO resync VALUES (?,?,?)")
            statement.bind(Int64(feed.index), at: 1)
            statement.bind(time.nanoseconds, at: 2)
            statement.bind(text, at: 3)
        case .connectionState(let connection, let time, let state, let text):
            statement = try database.prepare("INSERT INTO connection_state VALUES (?,?,?,?)")
            statement.bind(Int64(connection), at: 1)
            statement.bind(time.nanoseconds, at: 2)
            statement.bind(state, at: 3)
            statement.bind(text, at: 4)
        case .clockOffset(let venue, let time, let offset, let error):
            statement = try database.prepare("INSERT INTO clock_offset VALUES (?,?,?,?)")
            statement.bind(venue, at: 1)
            statement.bind(time.nanoseconds, at: 2)
            statement.bind(offset.count, at: 3)
            statement.bind(error.count, at: 4)
        }
        try statement.run()
    }

    func add(_ block: JournalBlock, run: String) throws(TapeError) {
        let statement = try database.prepare(
            "INSERT INTO journal VALUES (?1, (SELECT count(*) FROM journal WHERE run = ?1), ?2, ?3, ?4, ?5, ?6)")
        statement.bind(run, at: 1)
        statement.bind(Int64(block.records), at: 2)
        statement.bind(block.times.lowerBound.nanoseconds, at: 3)
        statement.bind(block.times.upperBound.nanoseconds, at: 4)
        statement.bind(JournalStore.hexadecimal(block.hashAfter), at: 5)
        try unsafe compressor.compress(block.bytes) { (frame) throws(TapeError) in
            unsafe statement.bind(borrowing: frame, at: 6)
            try statement.run()
        }
    }
}
