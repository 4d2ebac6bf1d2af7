public import Market
public import Signing

/// The file of a run's journal: blocks of records as the core encoded them, the content hashes of its feeds, and of a live run blocks
/// of what crossed its border.
///
/// Written as `PATH` from the beginning: a killed run leaves the blocks that were committed.
public final class JournalStore {
    static let applicationID: Int64 = 0x6D6D_6A72  // mmjr
    /// 2: the meta data hold what the core was built from. 3: there is a table of what crossed the border.
    static let version = 3
    private static let blockColumns = """
        (sequence INTEGER PRIMARY KEY, records INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
            hash_after TEXT NOT NULL, data BLOB NOT NULL)
        """

    /// Which blocks.
    public enum Table: String, Sendable { case core = "block", border }

    private let database: Database
    private let compressor = Compressor()
    private var inserts: [Table: (statement: Statement, sequence: Int64)] = [:]

    /// - Parameter feeds: Content hashes of the feeds that the run reads, by the name the run calls them.
    /// - Throws: `TapeError` when the file can't be made; an existing one is replaced.
    public init(creating path: String, meta: [String: String], feeds: [(name: String, hash: SHA256Digest)]) throws(TapeError) {
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        TapeFile.remove(path)
        let database = try Database(path, .create)
        // The file is a whole journal without blocks before its first block waits in a write-ahead log: killed or cut in the
        // log at any byte, it is a journal that ended early.
        try database.execute(
            """
            BEGIN;
            PRAGMA application_id = \(Self.applicationID);
            PRAGMA user_version = \(Self.version);
            CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE feed (name TEXT NOT NULL, content_hash TEXT NOT NULL);
            CREATE TABLE block \(Self.blockColumns);
            CREATE TABLE border \(Self.blockColumns);
            """)
        for (key, value) in meta.sorted(by: { $0.key < $1.key }) { try Self.setMeta(key, value, database) }
        try Self.add(feeds, database)
        try database.execute("COMMIT; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        self.database = database
        try prepare()
    }

    /// Goes on with the journal of a run that was killed, or stopped to go on.
    ///
    /// - Throws: `TapeError` when it can't be written, or came to its end.
    public init(continuing path: String) throws(TapeError) {
        guard TapeFile.exists(path) else { throw .notFound(path: path, closest: TapeFile.closest(to: path)) }
        database = try Database(path, .readWrite)
        guard try database.integer("PRAGMA application_id") == Self.applicationID else { throw .notATape(path: path) }
        let found = Int(try database.integer("PRAGMA user_version"))
        guard found == Self.version else { throw .schemaTooNew(path: path, found: found, supported: Self.version) }
        guard try database.integer("SELECT count(*) FROM meta WHERE key = 'final_hash'") == 0 else {
            throw .damaged(path: path, reason: "its run is over")
        }
        try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        try prepare()
    }

    private func prepare() throws(TapeError) {
        for table in [Table.core, .border] {
            let next = try database.integer("SELECT coalesce(max(sequence) + 1, 0) FROM \(table.rawValue)")
            inserts[table] = (try database.prepare("INSERT INTO \(table.rawValue) VALUES (?,?,?,?,?,?)"), next)
        }
    }

    /// Commits a block of whole records.
    public func append(
        _ bytes: [UInt8], records: Int, times: ClosedRange<Timestamp>, hashAfter: UInt64, to table: Table = .core
    ) throws(TapeError) {
        guard let (insert, sequence) = inserts[table] else { preconditionFailure("both tables are prepared") }
        insert.bind(sequence, at: 1)
        insert.bind(Int64(records), at: 2)
        insert.bind(times.lowerBound.nanoseconds, at: 3)
        insert.bind(times.upperBound.nanoseconds, at: 4)
        insert.bind(Self.hexadecimal(hashAfter), at: 5)
        try unsafe compressor.compress(bytes) { (frame) throws(TapeError) in
            unsafe insert.bind(borrowing: frame, at: 6)
            try insert.run()
        }
        inserts[table]?.sequence += 1
    }

    /// Commits what `body` appends together, or nothing of it.
    public func together(_ body: () throws(TapeError) -> Void) throws(TapeError) {
        let before = inserts
        try database.execute("BEGIN IMMEDIATE")
        do throws(TapeError) {
            try body()
            try database.execute("COMMIT")
        } catch {
            inserts = before
            if database.isInTransaction { try? database.execute("ROLLBACK") }
            throw error
        }
    }

    /// SHA-256 of the core's blocks, one after the other.
    public func digest() throws(TapeError) -> SHA256Digest {
        let rows = try database.prepare("SELECT data, sequence FROM block ORDER BY sequence")
        let decompressor = Decompressor()
        var hasher = SHA256Hasher()
        while try rows.step() {
            if let reason = unsafe decompressor.decompress(rows.bytes(0), limit: 1 << 26) {
                throw .damaged(path: database.path, reason: "block \(rows.integer(1)): \(reason)")
            }
            decompressor.withOutput { hasher.update($0) }
        }
        return hasher.finish()
    }

    /// Adds what is known at the end alone: of a run whose feeds were recorded beside it, what they hold.
    public func describe(_ meta: [String: String], feeds: [(name: String, hash: SHA256Digest)]) throws(TapeError) {
        try database.execute("BEGIN")
        for (key, value) in meta.sorted(by: { $0.key < $1.key }) { try Self.setMeta(key, value, database) }
        try Self.add(feeds, database)
        try database.execute("COMMIT")
    }

    private static func add(_ feeds: [(name: String, hash: SHA256Digest)], _ database: Database) throws(TapeError) {
        for feed in feeds.sorted(by: { ($0.hash, $0.name) < ($1.hash, $1.name) }) {
            let statement = try database.prepare("INSERT INTO feed VALUES (?,?)")
            statement.bind(feed.name, at: 1)
            statement.bind(feed.hash.description, at: 2)
            try statement.run()
        }
    }

    /// Marks the journal complete.
    public func close(finalHash: UInt64, digest: SHA256Digest) throws(TapeError) {
        try database.execute("BEGIN")
        try Self.setMeta("sha256", digest.description, database)
        try Self.setMeta("final_hash", Self.hexadecimal(finalHash), database)
        try database.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")
    }

    private static func setMeta(_ key: String, _ value: String, _ database: Database) throws(TapeError) {
        let statement = try database.prepare("INSERT OR REPLACE INTO meta VALUES (?,?)")
        statement.bind(key, at: 1)
        statement.bind(value, at: 2)
        try statement.run()
    }

    /// Sixteen hexadecimal digits.
    public static func hexadecimal(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
