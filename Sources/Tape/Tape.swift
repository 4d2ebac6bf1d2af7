public import Market
internal import Signing

/// A recording, opened to be read.
///
/// A tape may be read while it is recorded: what was committed when it was opened is seen, sealed or not, and nothing after it,
/// so that all readers of one `Tape` agree. Open it again to see more.
public final class Tape {
    public let path: String
    public let feeds: [FeedSummary]
    /// Whether its writer has not closed it: it is being recorded, or the recorder was killed.
    public let isUnfinished: Bool
    let database: Database
    let version: Int
    /// A write-ahead log stands beside the file, as while it is recorded.
    let isLogged: Bool

    /// - Throws: `TapeError` saying what the file is instead, and what to do.
    public init(opening path: String) throws(TapeError) {
        guard TapeFile.exists(path) else { throw .notFound(path: path, closest: TapeFile.closest(to: path)) }
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        guard TapeFile.isReadable(path) else { throw .notReadable(path: path) }
        guard !TapeFile.isEmpty(path) else { throw .notATape(path: path) }
        self.path = path
        let database = try Database(path, .readOnly)
        self.database = database
        version = try Self.version(of: database)
        let pages = try database.integer("PRAGMA page_count")
        guard pages > 0 else { throw .damaged(path: path, reason: "it has no pages") }
        // One view for all that is read. Not of a finished tape, whose file a reader would close to writers.
        isLogged = try database.text("PRAGMA journal_mode") == "wal"
        if isLogged { try database.execute("BEGIN") }
        feeds = try Self.summaries(database, version)
        isUnfinished = try !Self.isClosed(database)
    }

    static func isClosed(_ database: Database) throws(TapeError) -> Bool {
        try meta(database, TapeRecorder.stateKey) != TapeRecorder.recordingState
    }

    /// - Throws: `TapeError` when the database is not a tape, or one from the future.
    static func version(of database: Database) throws(TapeError) -> Int {
        guard try database.integer("PRAGMA application_id") == TapeSchema.applicationID else { throw .notATape(path: database.path) }
        let version = Int(try database.integer("PRAGMA user_version"))
        guard version <= TapeSchema.version else {
            throw .schemaTooNew(path: database.path, found: version, supported: TapeSchema.version)
        }
        return version
    }

    /// Streams a feed's records in order.
    ///
    /// - Parameters:
    ///   - time: Begins with the chunk that this instant (receive time; venue time of feeds without one) is in; nil: at the start.
    ///   - skippingDamage: Puts a `gap` record in the place of a damaged chunk instead of throwing.
    ///   - verifying: Compares each chunk's digest and what its row says with its records, too; a check wants it, and nobody else.
    /// - Throws: `TapeError` when the tape can't be read.
    public func reader(
        feed: InstrumentID, from time: Timestamp? = nil, skippingDamage: Bool = false, verifying: Bool = false
    ) throws(TapeError) -> FeedReader {
        try FeedReader(
            database, feed: feed, name: feeds[feed.index].description.name, version: version, from: time, skippingDamage: skippingDamage,
            verifying: verifying)
    }

    /// What SQLite finds wrong with the file's pages, rows of feeds that there are not, and tables that are not as they were when the
    /// tape was closed; empty if nothing.
    ///
    /// - Complexity: Reads the whole file.
    public func fileFaults() throws(TapeError) -> [String] {
        var faults: [String] = []
        let pages = try database.prepare("PRAGMA integrity_check")
        while try pages.step() { if pages.text(0) != "ok" { faults.append(pages.text(0)) } }
        let strays = try database.prepare("SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1")
        while try strays.step() {
            let count = strays.integer(1) - (try framesOfNoFeed(strays.text(0)))
            if count > 0 { faults.append("\(count) rows of \(strays.text(0)) belong to nothing") }
        }
        return faults + (try TapeSeal.faults(database, version: version, isUnfinished: isUnfinished))
    }

    /// Blocks of frames that belong to no feed by right.
    private func framesOfNoFeed(_ table: String) throws(TapeError) -> Int64 {
        table == "frames" ? try database.integer("SELECT count(*) FROM frames WHERE feed = -1") : 0
    }

    /// Streams a feed's raw frames; nil: those of no feed, which are private frames and answers.
    public func frameReader(feed: InstrumentID?) throws(TapeError) -> FrameReader {
        let name = feed.map { feeds[$0.index].description.name } ?? "no feed"
        return try FrameReader(database, feed: feed, name: name, version: version)
    }

    /// The feed of a venue's instrument, named as `FeedDescription.name` does, or by the symbol where only one feed has it.
    ///
    /// - Throws: `TapeError.unknownInstrument` with the names that the tape has.
    public func feed(named name: String) throws(TapeError) -> InstrumentID {
        if let index = feeds.firstIndex(where: { $0.description.name == name }) { return InstrumentID(index) }
        let matches = feeds.indices.filter {
            [feeds[$0].description.instrument.symbol, feeds[$0].description.instrument.venueSymbol].contains(name)
        }
        guard matches.count == 1 else {
            throw .unknownInstrument(path: path, name: name, known: feeds.map(\.description.name))
        }
        return InstrumentID(matches[0])
    }

    /// Gaps noted in a feed: when, why and a word on it.
    public func gaps(_ feed: InstrumentID) throws(TapeError) -> [(time: Timestamp, cause: GapCause, note: String)] {
        let statement = try database.prepare("SELECT time, cause, note FROM gap WHERE feed = ? ORDER BY time")
        statement.bind(Int64(feed.index), at: 1)
        var gaps: [(Timestamp, GapCause, String)] = []
        while try statement.step() {
            gaps.append(
                (Timestamp(nanoseconds: statement.integer(0)), GapCause(rawValue: statement.integer(1)) ?? .sequence, statement.text(2)))
        }
        return gaps
    }

    public func meta(_ key: String) throws(TapeError) -> String? { try Self.meta(database, key) }

    private static func meta(_ database: Database, _ key: String) throws(TapeError) -> String? {
        let statement = try database.prepare("SELECT value FROM meta WHERE key = ?")
        statement.bind(key, at: 1)
        return try statement.step() ? statement.text(0) : nil
    }

    /// Raw frames kept, and the bytes they take.
    public func frames(_ feed: InstrumentID) throws(TapeError) -> (count: Int64, bytes: Int64) {
        let statement = try database.prepare(
            "SELECT coalesce(sum(count), 0), coalesce(sum(length(data)), 0) FROM "
                + Self.withOpen("frames", "count, data", version))
        statement.bind(Int64(feed.index), at: 1)
        return try statement.step() ? (statement.integer(0), statement.integer(1)) : (0, 0)
    }

    /// The rows of a table and of its open part, of the feed that is parameter 1.
    private static func withOpen(_ table: String, _ columns: String, _ version: Int) -> String {
        let sealed = "SELECT \(columns) FROM \(table) WHERE feed = ?1"
        return version >= 2 ? "(\(sealed) UNION ALL SELECT \(columns) FROM open_\(table) WHERE feed = ?1)" : "(\(sealed))"
    }

    static func summaries(_ database: Database, _ version: Int) throws(TapeError) -> [FeedSummary] {
        let statement = try database.prepare("SELECT * FROM feed ORDER BY id")
        var feeds: [FeedSummary] = []
        while try statement.step() {
            let path = database.path
            guard statement.integer(0) == Int64(feeds.count), let kind = Instrument.Kind(rawValue: statement.text(4)),
                let base = Currency(statement.text(5)), let quote = Currency(statement.text(6)), statement.integer(7) > 0,
                statement.integer(8) > 0, Contract.lotUnit(lotSize: statement.integer(8), contractSize: statement.integer(9)) != nil
            else { throw .damaged(path: path, reason: "its table of feeds has an impossible row") }
            let instrument = Instrument(
                symbol: statement.text(1), venue: statement.text(2), venueSymbol: statement.text(3), kind: kind, base: base, quote: quote,
                tickSize: FinePrice(nanos: statement.integer(7)), lotSize: statement.integer(8), contractSize: statement.integer(9),
                minimumQuantity: Quantity(lots: statement.integer(10)), minimumNotional: statement.integer(11),
                fundingInterval: statement.isNull(12) ? nil : Nanoseconds(count: statement.integer(12)))
            feeds.append(try summary(database, version, feeds.count, FeedDescription(instrument: instrument, source: statement.text(13))))
        }
        return feeds
    }

    private static func summary(_ database: Database, _ version: Int, _ index: Int, _ description: FeedDescription) throws(TapeError)
        -> FeedSummary
    {
        let totals = try database.prepare(
            """
            SELECT count(*), coalesce(sum(events), 0), coalesce(sum(level_changes), 0), coalesce(sum(size), 0), min(first_venue),
                max(last_venue), min(first_receive), max(last_receive), coalesce(max(has_snapshot), 0) FROM
            """
                + withOpen(
                    "chunk",
                    "events, level_changes, length(data) AS size, first_venue, last_venue, first_receive, last_receive, has_snapshot",
                    version))
        totals.bind(Int64(index), at: 1)
        guard try totals.step() else { preconditionFailure("an aggregate returned no row") }
        func times(_ column: Int32) -> ClosedRange<Timestamp>? {
            guard !totals.isNull(column), !totals.isNull(column + 1), totals.integer(column) <= totals.integer(column + 1) else {
                return nil
            }
            return Timestamp(nanoseconds: totals.integer(column))...Timestamp(nanoseconds: totals.integer(column + 1))
        }
        var hasher = SHA256Hasher()
        hasher.update(description.canonicalText)
        for table in version >= 2 ? ["chunk", "open_chunk"] : ["chunk"] {
            let digests = try database.prepare("SELECT digest FROM \(table) WHERE feed = ? ORDER BY sequence")
            digests.bind(Int64(index), at: 1)
            while try digests.step() { hasher.update(unsafe Array(digests.bytes(0)).span) }
        }
        for range in try quarantine(database, version, InstrumentID(index)) {
            hasher.update("\(range.from.nanoseconds) \(range.to.nanoseconds) \(range.reason)\n")
        }
        var unparsed: [String: Int64] = [:]
        let reasons = try database.prepare("SELECT reason, count FROM unparsed WHERE feed = ?")
        reasons.bind(Int64(index), at: 1)
        while try reasons.step() { unparsed[reasons.text(0)] = reasons.integer(1) }
        return FeedSummary(
            description: description, chunks: Int(totals.integer(0)), events: totals.integer(1), levelChanges: totals.integer(2),
            bytes: totals.integer(3), venueTimes: times(4), receiveTimes: times(6), hasSnapshot: totals.integer(8) != 0,
            contentHash: hasher.finish(), unparsed: unparsed)
    }
}
