public import Market

/// Records a live market into a tape that others may read meanwhile.
///
/// Everything appended belongs to an open transaction that `advance` commits when it is due. Committed records stand in an open
/// chunk of small parts, which is sealed into one large chunk when it is full or old; so do raw frames. Sealing and what it
/// replaces are one transaction: a reader, and a killed recorder's successor, find each record once.
///
/// It is told the time and starts no thread: its caller calls `advance` often. After an error it takes nothing more; what was
/// committed before is whole.
public final class TapeRecorder {
    public struct Options: Sendable {
        /// From one commit to the next. Below the 250 ms that may be lost, for the caller is late at times.
        public var commitInterval = Nanoseconds.milliseconds(200)
        /// A chunk is sealed when its oldest record was appended that long ago.
        public var chunkSpan = Nanoseconds.minutes(1)
        /// A block of raw frames that never fills is sealed then.
        public var frameSpan = Nanoseconds.minutes(10)
        /// Bytes to be left free on the disk: with less the recorder ends.
        public var diskReserve: Int64 = 1 << 30
        /// Removes secrets from a raw frame before it is kept.
        public var redact: (@Sendable (FrameHeader, inout [UInt8]) -> Void)?

        public init() {}
    }

    static let stateKey = "state"
    static let recordingState = "recording"

    public let path: String
    public private(set) var feeds: [FeedDescription] = []
    private let options: Options
    private var lock: WriterLock?
    private var database: Database?
    private let store: RecorderStore
    private var lanes: [RecorderLane] = []
    /// Frames of no feed.
    private var ownerless = RecorderLane()
    private var failure: TapeError?
    private var lastCommit: Timestamp
    private var span: Int64 = 0
    private var hasNews = true

    /// Begins a new tape.
    ///
    /// - Throws: `TapeError` when the path exists already, is being written by another program or can't be written.
    public init(creating path: String, at now: Timestamp, options: Options = Options()) throws(TapeError) {
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        lock = try WriterLock(path)
        guard !TapeFile.exists(path) else { throw .alreadyExists(path: path) }
        self.path = path
        self.options = options
        lastCommit = now
        let database = try Database(path, .create)
        try database.execute(TapeSchema.recording)
        try database.execute("BEGIN IMMEDIATE;" + TapeSchema.tables + TapeSchema.identity)
        store = try RecorderStore(database)
        self.database = database
        try begin(at: now)
    }

    /// Goes on with a tape whose recorder or import was closed or killed, behind its last commit.
    ///
    /// - Throws: `TapeError` saying what the file is instead, or that another program writes it.
    public init(resuming path: String, at now: Timestamp, options: Options = Options()) throws(TapeError) {
        guard TapeFile.exists(path) else { throw .notFound(path: path, closest: TapeFile.closest(to: path)) }
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        guard TapeFile.isReadable(path) else { throw .notReadable(path: path) }
        guard TapeFile.isWritable(path) else { throw .notWritable(path: path, reason: "permission denied") }
        guard !TapeFile.isEmpty(path) else { throw .notATape(path: path) }
        lock = try WriterLock(path)
        self.path = path
        self.options = options
        lastCommit = now
        let database = try Database(path, .readWrite)
        let version = try Tape.version(of: database)
        try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE;")
        try database.execute(TapeSchema.migration(from: version))
        store = try RecorderStore(database)
        self.database = database
        feeds = try Tape.summaries(database, TapeSchema.version).map(\.description)
        for index in feeds.indices { lanes.append(try RecorderLane(database, feed: index, name: feeds[index].name, at: now)) }
        ownerless = try RecorderLane(database, feed: -1, name: "no feed", at: now)
        try begin(at: now)
    }

    /// Notes the span and commits it, so that the tape can be opened from here on.
    private func begin(at now: Timestamp) throws(TapeError) {
        try TapeSeal.remove(store.database)
        try store.setMeta(Self.stateKey, Self.recordingState)
        span = try store.addSpan(at: now)
        try commit(at: now)
    }

    // MARK: Appending

    /// Adds a feed; its terms hold from `now` on.
    ///
    /// - Returns: Its number, counted from 0. A feed that the tape has already keeps its number.
    public func addFeed(_ description: FeedDescription, at now: Timestamp) throws(TapeError) -> InstrumentID {
        if let index = feeds.firstIndex(where: { $0.name == description.name }) { return InstrumentID(index) }
        try write { (store) throws(TapeError) in
            try description.insert(into: store.database, number: feeds.count)
            try store.addTerms(feed: feeds.count, description.instrument, at: now)
        }
        feeds.append(description)
        lanes.append(RecorderLane())
        return InstrumentID(feeds.count - 1)
    }

    /// Notes new terms of a feed's instrument, which end the old ones.
    ///
    /// - Returns: The index for an `instrumentChange` record.
    @discardableResult
    public func changeTerms(feed: InstrumentID, _ instrument: Instrument, at now: Timestamp) throws(TapeError) -> Int64 {
        try write { (store) throws(TapeError) in try store.addTerms(feed: feed.index, instrument, at: now) }
    }

    /// - Parameter account: Whose private connection it is; nil for public data.
    /// - Returns: The number that frame headers name it by, counted from 1.
    public func addConnection(venue: String, account: String?, note: String = "") throws(TapeError) -> UInt16 {
        try write { (store) throws(TapeError) in try store.addConnection(venue: venue, account: account, note: note) }
    }

    /// Adds a record to the feed that it names.
    ///
    /// - Parameter now: When it is appended.
    public func append(_ event: MarketEvent, at now: Timestamp) throws(TapeError) {
        let index = event.instrument.index
        guard feeds.indices.contains(index) else {
            throw .unknownInstrument(path: path, name: "feed \(index)", known: feeds.map(\.name))
        }
        if let failure { throw failure }
        lanes[index].append(event, at: now)
        hasNews = true
        if lanes[index].events.count == TapeWriter.chunkSize {
            try write { (store) throws(TapeError) in try lanes[index].sealEvents(feed: index, store) }
        }
    }

    /// Keeps a raw frame.
    ///
    /// - Returns: Its index among the raw frames of its feed, for `MarketEvent.frame`.
    @discardableResult
    public func appendFrame(_ header: FrameHeader, _ bytes: Span<UInt8>, at now: Timestamp) throws(TapeError) -> UInt32 {
        if let feed = header.feed, !feeds.indices.contains(feed.index) {
            throw .unknownInstrument(path: path, name: "feed \(feed.index)", known: feeds.map(\.name))
        }
        if let failure { throw failure }
        hasNews = true
        guard let redact = options.redact else { return try keep(header, bytes, at: now) }
        var kept = bytes.indices.map { bytes[$0] }
        redact(header, &kept)
        return try keep(header, kept.span, at: now)
    }

    private func keep(_ header: FrameHeader, _ bytes: Span<UInt8>, at now: Timestamp) throws(TapeError) -> UInt32 {
        guard let feed = header.feed?.index else {
            let frame = ownerless.append(header, bytes, at: now)
            if ownerless.framesAreFull {
                try write { (store) throws(TapeError) in try ownerless.sealFrames(feed: -1, store) }
            }
            return frame
        }
        let frame = lanes[feed].append(header, bytes, at: now)
        if lanes[feed].framesAreFull {
            try write { (store) throws(TapeError) in try lanes[feed].sealFrames(feed: feed, store) }
        }
        return frame
    }

    /// Keeps a raw frame that could not be read, and why.
    public func appendUnparsed(_ header: FrameHeader, _ bytes: Span<UInt8>, reason: String, at now: Timestamp) throws(TapeError) {
        let frame = try appendFrame(header, bytes, at: now)
        try write { (store) throws(TapeError) in try store.addUnparsed(feed: header.feed, frame: frame, reason: reason) }
    }

    public func note(_ note: RecordingNote) throws(TapeError) {
        try write { (store) throws(TapeError) in try store.add(note) }
    }

    /// Keeps a block of a run's journal beside the market it ran in.
    public func append(_ block: JournalBlock, run: String) throws(TapeError) {
        try write { (store) throws(TapeError) in try store.add(block, run: run) }
    }

    /// Sets a word that is committed with what was appended before it, such as the position that an import has reached.
    public func setMeta(_ key: String, _ value: String) throws(TapeError) {
        try write { (store) throws(TapeError) in try store.setMeta(key, value) }
    }

    // MARK: Time

    /// Bytes of the file and its log.
    public var fileSize: Int64 { TapeFile.size(path) }

    /// Commits when a commit is due, and seals what is old.
    ///
    /// - Returns: Whether it committed.
    /// - Throws: `TapeError.diskReserve` when the disk is too full to go on: everything is committed, and `close` is next. Any other
    ///   error: what was appended since the last commit is lost, the rest is whole.
    @discardableResult
    public func advance(to now: Timestamp) throws(TapeError) -> Bool {
        if let failure { throw failure }
        guard now - lastCommit >= options.commitInterval else { return false }
        guard hasNews || lanes.contains(where: { $0.eventsAge(now) >= options.chunkSpan || $0.framesAge(now) >= options.frameSpan }) else {
            lastCommit = now
            return false
        }
        for index in lanes.indices {
            if lanes[index].eventsAge(now) >= options.chunkSpan {
                try write { (store) throws(TapeError) in try lanes[index].sealEvents(feed: index, store) }
            }
            if lanes[index].framesAge(now) >= options.frameSpan {
                try write { (store) throws(TapeError) in try lanes[index].sealFrames(feed: index, store) }
            }
        }
        try commit(at: now)
        if let free = TapeFile.freeBytes(beside: path), free < options.diskReserve {
            throw .diskReserve(path: path, free: free, reserve: options.diskReserve)
        }
        return true
    }

    /// Commits what was appended, due or not.
    public func commit(at now: Timestamp) throws(TapeError) {
        try write { (store) throws(TapeError) in
            for index in lanes.indices { try lanes[index].writeOpen(feed: index, store) }
            try ownerless.writeOpen(feed: -1, store)
            try store.extendSpan(span, to: now)
            try store.database.execute("COMMIT; BEGIN IMMEDIATE;")
        }
        lastCommit = now
        hasNews = false
    }

    /// Seals what is open and makes the file one, unless a reader still holds its log.
    ///
    /// - Parameter ending: Why the recording ends, kept with its span.
    public func close(at now: Timestamp, ending: String = "closed") throws(TapeError) {
        guard database != nil else { return }
        try write { (store) throws(TapeError) in
            for index in lanes.indices {
                try lanes[index].sealEvents(feed: index, store)
                try lanes[index].sealFrames(feed: index, store)
            }
            try ownerless.sealFrames(feed: -1, store)
            try store.extendSpan(span, to: now, ending: ending)
            try store.setMeta(Self.stateKey, "closed")
            try TapeSeal.write(store.database)
            try store.database.execute("COMMIT")
            // With a reader at work the log stays beside the file, which is as good; it is not waited for.
            try? store.database.execute(
                "PRAGMA incremental_vacuum; PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")
        }
        database = nil
        lock = nil
        failure = .database(path: path, code: 21, reason: "the recorder is closed")
    }

    /// Lets the file not grow beyond a number of pages.
    func limitPages(to count: Int) throws(TapeError) { try store.database.execute("PRAGMA max_page_count = \(count)") }

    /// Does work inside the open transaction; an error of it ends the recording.
    private func write<Result>(_ work: (RecorderStore) throws(TapeError) -> Result) throws(TapeError) -> Result {
        if let failure { throw failure }
        hasNews = true
        do { return try work(store) } catch {
            failure = error
            try? database?.execute("ROLLBACK")
            throw error
        }
    }
}
