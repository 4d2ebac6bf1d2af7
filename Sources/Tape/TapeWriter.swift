public import Market
internal import Signing

/// Writes a new tape, feed by feed, in constant memory.
///
/// The file is written as `PATH.part` and moved to its place by `close`; a writer that is let go before leaves nothing.
/// Records of one feed are appended in the order they are to be replayed in. Chunks are cut by count alone, so that the same
/// records make the same chunks.
public final class TapeWriter {
    /// Records in a sealed chunk.
    public static let chunkSize = 65_536
    private static let frameBlockSize = 1 << 20

    private struct Feed {
        var description: FeedDescription
        var events: ContiguousArray<MarketEvent> = []
        var chunks: Int64 = 0
        var frameBlocks: Int64 = 0
        var frameBlock: [UInt8] = []
        var frameCount: Int64 = 0
        var frameTimes: ClosedRange<Int64> = 0...0
        var unparsed: [String: Int64] = [:]
    }

    public let path: String
    private let draft: String
    private var database: Database?
    private let insertChunk: Statement
    private let insertFrames: Statement
    private let insertGap: Statement
    private var feeds: [Feed] = []
    private let compressor = Compressor()
    private var columns: [UInt8] = []
    /// Bytes written since the last commit.
    private var uncommitted = 0

    /// - Throws: `TapeError` when the path exists already (unless `replacing`) or can't be written.
    public init(creating path: String, replacing: Bool = false) throws(TapeError) {
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        guard replacing || !TapeFile.exists(path) else { throw .alreadyExists(path: path) }
        self.path = path
        draft = path + ".part"
        TapeFile.remove(draft)
        let database = try Database(draft, .create)
        try database.execute(
            TapeSchema.creation + "PRAGMA application_id = \(TapeSchema.applicationID); PRAGMA user_version = \(TapeSchema.version);")
        try database.execute("BEGIN;" + TapeSchema.tables)
        insertChunk = try database.prepare("INSERT INTO chunk VALUES (?,?,?,?,?,?,?,?,?,?,?,?)")
        insertFrames = try database.prepare("INSERT INTO frames VALUES (?,?,?,?,?,?)")
        insertGap = try database.prepare("INSERT INTO gap VALUES (?,?,?,?)")
        self.database = database
    }

    deinit {
        if database != nil {
            database = nil
            TapeFile.remove(draft)
        }
    }

    /// - Throws: `TapeError` when the tape has the feed already or can't be written.
    public func addFeed(_ description: FeedDescription) throws(TapeError) -> InstrumentID {
        let instrument = description.instrument
        guard let database else { preconditionFailure("a closed tape was written to") }
        let statement = try database.prepare("INSERT INTO feed VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
        statement.bind(Int64(feeds.count), at: 1)
        statement.bind(instrument.symbol, at: 2)
        statement.bind(instrument.venue, at: 3)
        statement.bind(instrument.venueSymbol, at: 4)
        statement.bind(instrument.kind.rawValue, at: 5)
        statement.bind(instrument.base.code, at: 6)
        statement.bind(instrument.quote.code, at: 7)
        statement.bind(instrument.tickSize.nanos, at: 8)
        statement.bind(instrument.lotSize, at: 9)
        statement.bind(instrument.contractSize, at: 10)
        statement.bind(instrument.minimumQuantity.lots, at: 11)
        statement.bind(instrument.minimumNotional, at: 12)
        statement.bind(instrument.fundingInterval?.count, at: 13)
        statement.bind(description.source, at: 14)
        try statement.run()
        var feed = Feed(description: description)
        feed.events.reserveCapacity(Self.chunkSize)
        feeds.append(feed)
        return InstrumentID(feeds.count - 1)
    }

    /// Adds a record to the feed that it names.
    public func append(_ event: MarketEvent) throws(TapeError) {
        feeds[event.instrument.index].events.append(event)
        if feeds[event.instrument.index].events.count == Self.chunkSize { try seal(event.instrument.index) }
    }

    /// Keeps a raw frame as received.
    public func appendFrame(feed: InstrumentID, receiveTime: Timestamp, bytes: Span<UInt8>) throws(TapeError) {
        let index = feed.index
        if feeds[index].frameCount == 0 { feeds[index].frameTimes = receiveTime.nanoseconds...receiveTime.nanoseconds }
        let first = feeds[index].frameTimes.lowerBound
        let last = max(feeds[index].frameTimes.upperBound, receiveTime.nanoseconds)
        feeds[index].frameTimes = min(first, receiveTime.nanoseconds)...last
        Self.append(UInt64(bitPattern: receiveTime.nanoseconds), to: &feeds[index].frameBlock)
        Self.append(UInt64(bytes.count), to: &feeds[index].frameBlock)
        for position in bytes.indices { feeds[index].frameBlock.append(bytes[position]) }
        feeds[index].frameCount += 1
        if feeds[index].frameBlock.count >= Self.frameBlockSize { try sealFrames(index) }
    }

    /// Notes that records are missing before `time`. The feed's records say so too, by a `gap` record.
    public func addGap(feed: InstrumentID, time: Timestamp, cause: GapCause, note: String) throws(TapeError) {
        insertGap.bind(Int64(feed.index), at: 1)
        insertGap.bind(time.nanoseconds, at: 2)
        insertGap.bind(cause.rawValue, at: 3)
        insertGap.bind(note, at: 4)
        try insertGap.run()
    }

    /// Counts a frame that could not be read.
    public func addUnparsed(feed: InstrumentID, reason: String) {
        feeds[feed.index].unparsed[reason, default: 0] += 1
    }

    public func setMeta(_ key: String, _ value: String) throws(TapeError) {
        guard let database else { preconditionFailure("a closed tape was written to") }
        let statement = try database.prepare("INSERT OR REPLACE INTO meta VALUES (?,?)")
        statement.bind(key, at: 1)
        statement.bind(value, at: 2)
        try statement.run()
    }

    /// Seals what is open, makes the file one and moves it to its place.
    public func close() throws(TapeError) {
        guard let database else { return }
        for index in feeds.indices {
            if !feeds[index].events.isEmpty { try seal(index) }
            if feeds[index].frameCount > 0 { try sealFrames(index) }
            for (reason, count) in feeds[index].unparsed.sorted(by: { $0.key < $1.key }) {
                let statement = try database.prepare("INSERT INTO unparsed VALUES (?,?,?)")
                statement.bind(Int64(index), at: 1)
                statement.bind(reason, at: 2)
                statement.bind(count, at: 3)
                try statement.run()
            }
        }
        insertChunk.reset()
        try database.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")
        try TapeFile.move(draft, to: path)
        self.database = nil
    }

    private func seal(_ index: Int) throws(TapeError) {
        let feed = feeds[index]
        ChunkCodec.encode(feed.events, into: &columns)
        var bounds = ChunkBounds()
        for event in feed.events { bounds.add(event) }
        insertChunk.bind(Int64(index), at: 1)
        insertChunk.bind(feed.chunks, at: 2)
        insertChunk.bind(Int64(feed.events.count), at: 3)
        insertChunk.bind(bounds.levelChanges, at: 4)
        insertChunk.bind(bounds.venue?.lowerBound, at: 5)
        insertChunk.bind(bounds.venue?.upperBound, at: 6)
        insertChunk.bind(bounds.receive?.lowerBound, at: 7)
        insertChunk.bind(bounds.receive?.upperBound, at: 8)
        insertChunk.bind(bounds.minimumLatency, at: 9)
        insertChunk.bind(bounds.hasSnapshot ? 1 : 0, at: 10)
        let plain = columns
        insertChunk.bind(copying: sha256(plain.span).bytes, at: 11)
        try unsafe compressor.compress(columns) { (bytes) throws(TapeError) in
            unsafe insertChunk.bind(borrowing: bytes, at: 12)
            uncommitted += bytes.count
            try insertChunk.run()
        }
        feeds[index].events.removeAll(keepingCapacity: true)
        feeds[index].chunks += 1
        try commitIfLarge()
    }

    private func sealFrames(_ index: Int) throws(TapeError) {
        let feed = feeds[index]
        insertFrames.bind(Int64(index), at: 1)
        insertFrames.bind(feed.frameBlocks, at: 2)
        insertFrames.bind(feed.frameCount, at: 3)
        insertFrames.bind(feed.frameTimes.lowerBound, at: 4)
        insertFrames.bind(feed.frameTimes.upperBound, at: 5)
        try unsafe compressor.compress(feed.frameBlock) { (bytes) throws(TapeError) in
            unsafe insertFrames.bind(borrowing: bytes, at: 6)
            uncommitted += bytes.count
            try insertFrames.run()
        }
        feeds[index].frameBlock.removeAll(keepingCapacity: true)
        feeds[index].frameCount = 0
        feeds[index].frameBlocks += 1
        try commitIfLarge()
    }

    /// Keeps the write-ahead log small.
    private func commitIfLarge() throws(TapeError) {
        guard uncommitted > 8 << 20, let database else { return }
        uncommitted = 0
        try database.execute("COMMIT; BEGIN;")
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }
}

/// What a chunk's row says of its records.
private struct ChunkBounds {
    var levelChanges: Int64 = 0
    var venue: ClosedRange<Int64>?
    var receive: ClosedRange<Int64>?
    var minimumLatency: Int64?
    var hasSnapshot = false

    mutating func add(_ event: MarketEvent) {
        if event.kind == .level { levelChanges += 1 }
        if event.flags.contains(.snapshot) { hasSnapshot = true }
        let (venue, receive) = (event.venueTime.nanoseconds, event.receiveTime.nanoseconds)
        if venue != 0 { self.venue = min(self.venue?.lowerBound ?? venue, venue)...max(self.venue?.upperBound ?? venue, venue) }
        if receive != 0 {
            self.receive = min(self.receive?.lowerBound ?? receive, receive)...max(self.receive?.upperBound ?? receive, receive)
        }
        if venue != 0, receive != 0 { minimumLatency = min(minimumLatency ?? .max, receive &- venue) }
    }
}
