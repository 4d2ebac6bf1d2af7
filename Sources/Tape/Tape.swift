public import Market
internal import Signing

/// A recording, opened to be read.
public final class Tape {
    public let path: String
    public let feeds: [FeedSummary]
    private let database: Database

    /// - Throws: `TapeError` saying what the file is instead, and what to do.
    public init(opening path: String) throws(TapeError) {
        guard TapeFile.exists(path) else { throw .notFound(path: path, closest: TapeFile.closest(to: path)) }
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        guard TapeFile.isReadable(path) else { throw .notReadable(path: path) }
        guard !TapeFile.isEmpty(path) else { throw .notATape(path: path) }
        self.path = path
        let database = try Database(path, .readOnly)
        self.database = database
        guard try database.integer("PRAGMA application_id") == TapeSchema.applicationID else { throw .notATape(path: path) }
        let version = Int(try database.integer("PRAGMA user_version"))
        guard version <= TapeSchema.version else { throw .schemaTooNew(path: path, found: version, supported: TapeSchema.version) }
        let pages = try database.integer("PRAGMA page_count")
        guard pages > 0 else { throw .damaged(path: path, reason: "it has no pages") }
        feeds = try Self.summaries(database)
    }

    /// Streams a feed's records in order.
    ///
    /// - Throws: `TapeError` when the tape can't be read.
    public func reader(feed: InstrumentID) throws(TapeError) -> FeedReader {
        try FeedReader(database, feed: feed, name: feeds[feed.index].description.name)
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

    public func meta(_ key: String) throws(TapeError) -> String? {
        let statement = try database.prepare("SELECT value FROM meta WHERE key = ?")
        statement.bind(key, at: 1)
        return try statement.step() ? statement.text(0) : nil
    }

    /// Raw frames kept, and the bytes they take.
    public func frames(_ feed: InstrumentID) throws(TapeError) -> (count: Int64, bytes: Int64) {
        let statement = try database.prepare("SELECT coalesce(sum(count), 0), coalesce(sum(length(data)), 0) FROM frames WHERE feed = ?")
        statement.bind(Int64(feed.index), at: 1)
        return try statement.step() ? (statement.integer(0), statement.integer(1)) : (0, 0)
    }

    private static func summaries(_ database: Database) throws(TapeError) -> [FeedSummary] {
        let statement = try database.prepare("SELECT * FROM feed ORDER BY id")
        var feeds: [FeedSummary] = []
        while try statement.step() {
            let path = database.path
            guard statement.integer(0) == Int64(feeds.count), let kind = Instrument.Kind(rawValue: statement.text(4)),
                let base = Currency(statement.text(5)), let quote = Currency(statement.text(6)), statement.integer(7) > 0,
                statement.integer(8) > 0,
                statement.integer(9) > 0
            else { throw .damaged(path: path, reason: "its table of feeds has an impossible row") }
            let instrument = Instrument(
                symbol: statement.text(1), venue: statement.text(2), venueSymbol: statement.text(3), kind: kind, base: base, quote: quote,
                tickSize: FinePrice(nanos: statement.integer(7)), lotSize: statement.integer(8), contractSize: statement.integer(9),
                minimumQuantity: Quantity(lots: statement.integer(10)), minimumNotional: statement.integer(11),
                fundingInterval: statement.isNull(12) ? nil : Nanoseconds(count: statement.integer(12)))
            feeds.append(try summary(database, feeds.count, FeedDescription(instrument: instrument, source: statement.text(13))))
        }
        return feeds
    }

    private static func summary(_ database: Database, _ index: Int, _ description: FeedDescription) throws(TapeError) -> FeedSummary {
        let totals = try database.prepare(
            """
            SELECT count(*), coalesce(sum(events), 0), coalesce(sum(level_changes), 0), coalesce(sum(length(data)), 0), min(first_venue),
                max(last_venue), min(first_receive), max(last_receive), coalesce(max(has_snapshot), 0) FROM chunk WHERE feed = ?
            """)
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
        let digests = try database.prepare("SELECT digest FROM chunk WHERE feed = ? ORDER BY sequence")
        digests.bind(Int64(index), at: 1)
        while try digests.step() { hasher.update(unsafe Array(digests.bytes(0)).span) }
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
