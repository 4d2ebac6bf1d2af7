public import Market

/// A span of a feed that is not to be relied on, both ends included: by receive time, or venue time where there is none.
public struct QuarantinedRange: Hashable, Sendable {
    public var feed: InstrumentID
    public var from: Timestamp
    public var to: Timestamp
    /// What a check found there.
    public var reason: String

    public init(feed: InstrumentID, from: Timestamp, to: Timestamp, reason: String) {
        self.feed = feed
        self.from = from
        self.to = to
        self.reason = reason
    }
}

extension Tape {
    /// The ranges of a feed that the tape itself says are not to be relied on, by time.
    public func quarantine(_ feed: InstrumentID) throws(TapeError) -> [QuarantinedRange] {
        try Self.quarantine(database, version, feed)
    }

    static func quarantine(_ database: Database, _ version: Int, _ feed: InstrumentID) throws(TapeError) -> [QuarantinedRange] {
        guard version >= 3 else { return [] }
        let statement = try database.prepare("SELECT first, last, reason FROM quarantine WHERE feed = ? ORDER BY first, last, reason")
        statement.bind(Int64(feed.index), at: 1)
        var ranges: [QuarantinedRange] = []
        while try statement.step() {
            ranges.append(
                QuarantinedRange(
                    feed: feed, from: Timestamp(nanoseconds: statement.integer(0)), to: Timestamp(nanoseconds: statement.integer(1)),
                    reason: statement.text(2)))
        }
        return ranges
    }

    /// Writes into a finished tape which ranges are not to be relied on, in place of those that it named before. Records stay as they are;
    /// the content hashes of feeds change with what a backtest makes of them.
    ///
    /// - Throws: `TapeError.locked` while the tape is recorded, `notWritable` where the file must not be changed.
    public static func mark(_ path: String, _ ranges: [QuarantinedRange]) throws(TapeError) {
        guard TapeFile.exists(path) else { throw .notFound(path: path, closest: TapeFile.closest(to: path)) }
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        guard TapeFile.isWritable(path) else { throw .notWritable(path: path, reason: "permission denied") }
        let lock = try WriterLock(path)
        defer { withExtendedLifetime(lock) {} }
        let database = try Database(path, .readWrite)
        let version = try Self.version(of: database)
        try database.execute("BEGIN IMMEDIATE;" + TapeSchema.migration(from: version) + "DELETE FROM quarantine;")
        let insert = try database.prepare(TapeSchema.insertQuarantine)
        for range in ranges { try insert.runQuarantine(range) }
        if version < TapeSchema.version {
            if try Tape.isClosed(database) { try TapeSeal.write(database) }
        } else if try TapeSeal.exists(database) {
            // The other tables keep theirs: what has become of them since is not to be called right.
            try TapeSeal.renew(database, "quarantine")
        }
        try database.execute("COMMIT")
    }
}

extension TapeWriter {
    /// Names a range that is not to be relied on.
    public func addQuarantine(_ range: QuarantinedRange) throws(TapeError) {
        try store().database.prepare(TapeSchema.insertQuarantine).runQuarantine(range)
    }
}

extension Statement {
    fileprivate func runQuarantine(_ range: QuarantinedRange) throws(TapeError) {
        bind(Int64(range.feed.index), at: 1)
        bind(range.from.nanoseconds, at: 2)
        bind(range.to.nanoseconds, at: 3)
        bind(range.reason, at: 4)
        try run()
    }
}
