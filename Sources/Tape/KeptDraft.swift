internal import Market

/// What an interrupted `TapeWriter` has left of a tape: whole chunks and blocks of raw frames, committed in order.
struct KeptDraft {
    struct Block: Equatable {
        var count: Int
        var times: ClosedRange<Int64>
    }

    private static let key = "draft"

    private var digests: [Int: [[UInt8]]] = [:]
    private var blocks: [Int: [Block]] = [:]

    init() {}

    /// Opens a draft and begins a transaction in it; nil where there is none of that source, or it can't be relied on.
    ///
    /// Only chunks and frames stay: everything else is small and written again.
    static func open(_ path: String, of source: String) -> (database: Database, kept: KeptDraft)? {
        guard TapeFile.exists(path) else { return nil }
        do throws(TapeError) {
            let database = try Database(path, .readWrite)
            guard try Tape.version(of: database) == TapeSchema.version, try mark(in: database) == source else { return nil }
            var kept = KeptDraft()
            try database.execute("BEGIN")
            let chunks = try database.prepare("SELECT feed, sequence, digest FROM chunk ORDER BY feed, sequence")
            while try chunks.step() {
                let feed = Int(chunks.integer(0))
                guard chunks.integer(1) == Int64(kept.digests[feed]?.count ?? 0) else { return nil }
                kept.digests[feed, default: []].append(unsafe Array(chunks.bytes(2)))
            }
            let blocks = try database.prepare(
                "SELECT feed, sequence, count, first_receive, last_receive FROM frames ORDER BY feed, sequence")
            while try blocks.step() {
                let feed = Int(blocks.integer(0))
                guard blocks.integer(1) == Int64(kept.blocks[feed]?.count ?? 0), blocks.integer(3) <= blocks.integer(4) else { return nil }
                kept.blocks[feed, default: []].append(Block(count: Int(blocks.integer(2)), times: blocks.integer(3)...blocks.integer(4)))
            }
            for table in try otherTables(database) { try database.execute("DELETE FROM \(table)") }
            try mark(database, source)
            return (database, kept)
        } catch { return nil }
    }

    private static func otherTables(_ database: Database) throws(TapeError) -> [String] {
        let statement = try database.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('chunk', 'frames') AND name NOT LIKE 'sqlite_%'")
        var names: [String] = []
        while try statement.step() { names.append(statement.text(0)) }
        return names
    }

    private static func mark(in database: Database) throws(TapeError) -> String? {
        let statement = try database.prepare("SELECT value FROM meta WHERE key = ?")
        statement.bind(key, at: 1)
        return try statement.step() ? statement.text(0) : nil
    }

    static func mark(_ database: Database, _ source: String) throws(TapeError) {
        let statement = try database.prepare("INSERT INTO meta VALUES (?, ?)")
        statement.bind(key, at: 1)
        statement.bind(source, at: 2)
        try statement.run()
    }

    static func unmark(_ database: Database) throws(TapeError) {
        let statement = try database.prepare("DELETE FROM meta WHERE key = ?")
        statement.bind(key, at: 1)
        try statement.run()
    }

    func digest(feed: Int, sequence: Int64) -> [UInt8]? {
        guard let list = digests[feed], sequence < list.count else { return nil }
        return list[Int(sequence)]
    }

    func block(feed: Int, sequence: Int64) -> Block? {
        guard let list = blocks[feed], sequence < list.count else { return nil }
        return list[Int(sequence)]
    }

    /// Takes back the chunks from a place on, which are not those that are to be there.
    mutating func cutChunks(_ database: Database, feed: Int, from sequence: Int64) throws(TapeError) {
        guard digest(feed: feed, sequence: sequence) != nil else { return }
        try Self.delete(database, "chunk", feed, sequence)
        digests[feed]?.removeSubrange(Int(sequence)...)
    }

    mutating func cutFrames(_ database: Database, feed: Int, from sequence: Int64) throws(TapeError) {
        guard block(feed: feed, sequence: sequence) != nil else { return }
        try Self.delete(database, "frames", feed, sequence)
        blocks[feed]?.removeSubrange(Int(sequence)...)
    }

    private static func delete(_ database: Database, _ table: String, _ feed: Int, _ sequence: Int64) throws(TapeError) {
        let statement = try database.prepare("DELETE FROM \(table) WHERE feed = ? AND sequence >= ?")
        statement.bind(Int64(feed), at: 1)
        statement.bind(sequence, at: 2)
        try statement.run()
    }
}
