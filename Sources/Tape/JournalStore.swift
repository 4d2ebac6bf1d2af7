public import Market
public import Signing

/// The file of a run's journal: blocks of records as the core encoded them, and the content hashes of its feeds.
///
/// Written as `PATH` from the beginning: a killed run leaves the blocks that were committed.
public final class JournalStore {
    static let applicationID: Int64 = 0x6D6D_6A72  // mmjr
    static let version = 1

    private let database: Database
    private let insert: Statement
    private let compressor = Compressor()
    private var sequence: Int64 = 0

    /// - Parameter feeds: Content hashes of the feeds that the run reads, by the name the run calls them.
    /// - Throws: `TapeError` when the file can't be made; an existing one is replaced.
    public init(creating path: String, meta: [String: String], feeds: [(name: String, hash: SHA256Digest)]) throws(TapeError) {
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        TapeFile.remove(path)
        let database = try Database(path, .create)
        try database.execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA application_id = \(Self.applicationID); "
                + "PRAGMA user_version = \(Self.version);")
        try database.execute(
            """
            CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE feed (name TEXT NOT NULL, content_hash TEXT NOT NULL);
            CREATE TABLE block (sequence INTEGER PRIMARY KEY, records INTEGER NOT NULL, first_time INTEGER NOT NULL,
                last_time INTEGER NOT NULL, hash_after TEXT NOT NULL, data BLOB NOT NULL);
            """)
        insert = try database.prepare("INSERT INTO block VALUES (?,?,?,?,?,?)")
        self.database = database
        for (key, value) in meta.sorted(by: { $0.key < $1.key }) { try setMeta(key, value) }
        for feed in feeds.sorted(by: { ($0.hash, $0.name) < ($1.hash, $1.name) }) {
            let statement = try database.prepare("INSERT INTO feed VALUES (?,?)")
            statement.bind(feed.name, at: 1)
            statement.bind(feed.hash.description, at: 2)
            try statement.run()
        }
    }

    /// Commits a block of whole records.
    public func append(_ bytes: [UInt8], records: Int, times: ClosedRange<Timestamp>, hashAfter: UInt64) throws(TapeError) {
        insert.bind(sequence, at: 1)
        insert.bind(Int64(records), at: 2)
        insert.bind(times.lowerBound.nanoseconds, at: 3)
        insert.bind(times.upperBound.nanoseconds, at: 4)
        insert.bind(Self.hexadecimal(hashAfter), at: 5)
        try unsafe compressor.compress(bytes) { (frame) throws(TapeError) in
            unsafe insert.bind(borrowing: frame, at: 6)
            try insert.run()
        }
        sequence += 1
    }

    /// Marks the journal complete.
    public func close(finalHash: UInt64, digest: SHA256Digest) throws(TapeError) {
        try setMeta("final_hash", Self.hexadecimal(finalHash))
        try setMeta("sha256", digest.description)
        try database.execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")
    }

    private func setMeta(_ key: String, _ value: String) throws(TapeError) {
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

/// A journal's blocks, in order.
public final class JournalReader {
    private let database: Database
    private let statement: Statement
    private let decompressor = Decompressor()
    public let meta: [String: String]
    public let feeds: [(name: String, hash: String)]

    /// - Throws: `TapeError` saying what the file is instead.
    public init(opening path: String) throws(TapeError) {
        guard TapeFile.exists(path) else { throw .notFound(path: path, closest: TapeFile.closest(to: path)) }
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        database = try Database(path, .readOnly)
        guard try database.integer("PRAGMA application_id") == JournalStore.applicationID else { throw .notATape(path: path) }
        let version = Int(try database.integer("PRAGMA user_version"))
        guard version <= JournalStore.version else { throw .schemaTooNew(path: path, found: version, supported: JournalStore.version) }
        var meta: [String: String] = [:]
        let pairs = try database.prepare("SELECT key, value FROM meta")
        while try pairs.step() { meta[pairs.text(0)] = pairs.text(1) }
        self.meta = meta
        var feeds: [(String, String)] = []
        let rows = try database.prepare("SELECT name, content_hash FROM feed ORDER BY rowid")
        while try rows.step() { feeds.append((rows.text(0), rows.text(1))) }
        self.feeds = feeds
        statement = try database.prepare("SELECT sequence, data FROM block ORDER BY sequence")
    }

    /// The next block's bytes; nil at the end.
    public func nextBlock() throws(TapeError) -> [UInt8]? {
        guard try statement.step() else { return nil }
        if let reason = unsafe decompressor.decompress(statement.bytes(1), limit: 1 << 26) {
            throw .damaged(path: database.path, reason: "block \(statement.integer(0)): \(reason)")
        }
        return decompressor.withOutput { bytes in bytes.indices.map { bytes[$0] } }
    }
}
