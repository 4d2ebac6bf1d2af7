public import Market

/// A journal's blocks, in order; of a killed run those that were committed.
public final class JournalReader {
    public struct Block: Sendable {
        /// Counted from 0.
        public var sequence: Int
        public var bytes: [UInt8]
        public var records: Int
        public var times: ClosedRange<Timestamp>
        /// The running hash after it, as `JournalStore.hexadecimal` writes it.
        public var hashAfter: String
    }

    /// Blocks that a salvage could not read.
    public struct Loss: Hashable, Sendable {
        public var sequences: ClosedRange<Int>
        public var reason: String
    }

    private let database: Database
    private let statement: Statement
    /// Of what crossed the border; nil where there is no such table.
    private let border: Statement?
    private var nextBorder = 0
    private let decompressor = Decompressor()
    private let salvages: Bool
    private var next = 0
    /// No block's number is larger: a row takes this many bytes at least. Of a salvage alone.
    private let bound: Int
    private var pending: Loss?
    /// The file ends inside a page: what stood in it is gone without a trace.
    private let endsInside: Bool
    public let meta: [String: String]
    public let feeds: [(name: String, hash: String)]
    public let version: Int
    /// What has been passed over so far.
    public private(set) var losses: [Loss] = []

    /// - Parameter salvages: Opens a file that was cut or overwritten in places too, and hands out the blocks that are intact.
    /// - Throws: `TapeError` saying what the file is instead, or where it is damaged.
    public init(opening path: String, salvages: Bool = false) throws(TapeError) {
        guard TapeFile.exists(path) else { throw .notFound(path: path, closest: TapeFile.closest(to: path)) }
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        guard TapeFile.isReadable(path) else { throw .notReadable(path: path) }
        self.salvages = salvages
        // A run that was killed while it began or ended its file left a change half made, which SQLite takes back first.
        database = try Database(path, TapeFile.exists(path + "-journal") ? .readWrite : .readOnly)
        // SQLite opens a file that is shorter than it says only for one who may write its schema.
        if salvages { try database.execute("PRAGMA writable_schema = ON") }
        guard try database.integer("PRAGMA application_id") == JournalStore.applicationID else { throw .notATape(path: path) }
        version = Int(try database.integer("PRAGMA user_version"))
        guard version <= JournalStore.version else { throw .schemaTooNew(path: path, found: version, supported: JournalStore.version) }
        (meta, feeds) = try Self.head(database, salvages: salvages)
        let size = TapeFile.size(path)
        bound = salvages ? Int(size / 48) : 0
        // With a log beside it the file's last page may stand there.
        let hasLog = TapeFile.exists(path + "-wal") && !TapeFile.isEmpty(path + "-wal")
        let pageSize = try database.integer("PRAGMA page_size")
        endsInside = !hasLog && size % max(1, pageSize) != 0
        guard salvages || !endsInside else { throw .damaged(path: path, reason: "it ends inside a page: it was cut") }
        statement = try database.prepare(
            "SELECT sequence, data, records, first_time, last_time, hash_after FROM block "
                + (salvages ? "WHERE sequence = ?" : "ORDER BY sequence"))
        border =
            version < 3
            ? nil
            : try database.prepare("SELECT sequence, data, records, first_time, last_time, hash_after FROM border ORDER BY sequence")
    }

    private static func head(
        _ database: Database, salvages: Bool
    ) throws(TapeError) -> ([String: String], [(name: String, hash: String)]) {
        var meta: [String: String] = [:]
        var feeds: [(String, String)] = []
        do throws(TapeError) {
            let pairs = try database.prepare("SELECT key, value FROM meta")
            while try pairs.step() { meta[pairs.text(0)] = pairs.text(1) }
            let rows = try database.prepare("SELECT name, content_hash FROM feed ORDER BY rowid")
            while try rows.step() { feeds.append((rows.text(0), rows.text(1))) }
        } catch {
            guard salvages else { throw error }
        }
        return (meta, feeds)
    }

    /// The run came to its end and said so.
    public var isComplete: Bool { meta["final_hash"] != nil }

    /// The next block; nil at the end.
    ///
    /// - Throws: `TapeError` at a block that is damaged or missing, unless it salvages.
    public func nextBlock() throws(TapeError) -> Block? { salvages ? nextIntact() : try nextInOrder() }

    private func nextInOrder() throws(TapeError) -> Block? { try next(statement, &next) }

    /// The next block of what crossed the border; nil at the end.
    ///
    /// - Throws: `TapeError` at a block that is damaged or missing.
    public func nextBorderBlock() throws(TapeError) -> Block? { try border.flatMap { (it) throws(TapeError) in try next(it, &nextBorder) } }

    private func next(_ statement: Statement, _ next: inout Int) throws(TapeError) -> Block? {
        guard try statement.step() else { return nil }
        let found = Int(statement.integer(0))
        guard found == next else { throw .damaged(path: database.path, reason: "block \(next) is missing before block \(found)") }
        next += 1
        return try block(statement)
    }

    private func nextIntact() -> Block? {
        while next <= bound {
            defer { next += 1 }
            statement.reset()
            statement.bind(Int64(next), at: 1)
            do throws(TapeError) {
                if try statement.step() {
                    let block = try block(statement)
                    if let loss = pending.take() { losses.append(loss) }
                    return block
                }
                lose(nil)
            } catch { lose(error.message) }
        }
        // Behind the last block that is intact nobody knows how many there were.
        if let loss = pending.take(), endsInside || loss.reason != Self.absent {
            let first = loss.sequences.lowerBound
            losses.append(Loss(sequences: first...first, reason: loss.reason + ", as may be those behind it"))
        }
        return nil
    }

    private static let absent = "it is not there"

    private func lose(_ reason: String?) {
        let known = pending?.reason == Self.absent ? nil : pending?.reason
        pending = Loss(sequences: (pending?.sequences.lowerBound ?? next)...next, reason: known ?? reason ?? Self.absent)
    }

    private func block(_ statement: Statement) throws(TapeError) -> Block {
        if let reason = unsafe decompressor.decompress(statement.bytes(1), limit: 1 << 26) {
            throw .damaged(path: database.path, reason: "block \(statement.integer(0)): \(reason)")
        }
        let first = Timestamp(nanoseconds: statement.integer(3))
        return Block(
            sequence: Int(statement.integer(0)), bytes: decompressor.withOutput { bytes in bytes.indices.map { bytes[$0] } },
            records: Int(statement.integer(2)), times: first...max(first, Timestamp(nanoseconds: statement.integer(4))),
            hashAfter: statement.text(5))
    }
}
