public import Market

/// Writes a new tape, feed by feed, in constant memory.
///
/// The file is written as `PATH.part` and moved to its place by `close`; a writer that is let go before leaves nothing. One that was
/// killed or suspended leaves its draft, and another one that is told the same `source` goes on with it: it is given everything again
/// from the start, and what is there already is compared, not compressed again.
/// Records of one feed are appended in the order they are to be replayed in. Chunks are cut by count alone, so that the same
/// records make the same chunks.
public final class TapeWriter {
    /// Records in a sealed chunk.
    public static let chunkSize = 65_536
    private struct Feed {
        var description: FeedDescription
        var events: ContiguousArray<MarketEvent> = []
        var chunks: Int64 = 0
        var frameBlocks: Int64 = 0
        var frames = FrameBlock()
        var unparsed: [String: Int64] = [:]
    }

    public let path: String
    private let draft: String
    private var lock: WriterLock?
    private var database: Database?
    private let chunks: ChunkTable
    private let frames: FrameTable
    private var feeds: [Feed] = []
    /// Frames of no feed.
    private var ownerless = FrameBlock()
    private var ownerlessBlocks: Int64 = 0
    private var recorderStore: RecorderStore?
    /// Bytes written since the last commit.
    private var uncommitted = 0
    private let isResumable: Bool
    /// Chunks and blocks of frames that an interrupted writer has left.
    private var kept: KeptDraft
    /// How many of those chunks were found to be what was to be written.
    public private(set) var resumedChunks = 0

    /// - Parameter source: What the tape is made from, as a text that differs when anything about it does; nil: nothing is resumed.
    /// - Throws: `TapeError` when the path exists already (unless `replacing`) or can't be written.
    public init(creating path: String, replacing: Bool = false, resuming source: String? = nil) throws(TapeError) {
        guard !TapeFile.isDirectory(path) else { throw .isDirectory(path: path) }
        guard replacing || !TapeFile.exists(path) else { throw .alreadyExists(path: path) }
        self.path = path
        draft = path + ".part"
        lock = try WriterLock(path)
        isResumable = source != nil
        let database: Database
        if let source, let (found, kept) = KeptDraft.open(draft, of: source) {
            database = found
            self.kept = kept
        } else {
            kept = KeptDraft()
            TapeFile.remove(draft)
            database = try Database(draft, .create)
            try database.execute(TapeSchema.creation + TapeSchema.identity)
            try database.execute("BEGIN;" + TapeSchema.tables)
            if let source { try KeptDraft.mark(database, source) }
        }
        chunks = try ChunkTable(database, "chunk", level: ChunkTable.sealedLevel)
        frames = try FrameTable(database, "frames", level: FrameBlock.sealedLevel)
        self.database = database
    }

    deinit {
        if database != nil {
            recorderStore = nil
            database = nil
            TapeFile.remove(draft)
        }
    }

    /// - Throws: `TapeError` when the tape has the feed already or can't be written.
    public func addFeed(_ description: FeedDescription) throws(TapeError) -> InstrumentID {
        guard let database else { preconditionFailure("a closed tape was written to") }
        try description.insert(into: database, number: feeds.count)
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
        try appendFrame(FrameHeader(feed: feed, receiveTime: receiveTime), bytes)
    }

    /// Keeps a raw frame as received, of a feed or of none.
    public func appendFrame(_ header: FrameHeader, _ bytes: Span<UInt8>) throws(TapeError) {
        guard let feed = header.feed?.index else {
            ownerless.append(header, bytes)
            if ownerless.byteCount >= FrameBlock.fullSize { try sealOwnerless() }
            return
        }
        feeds[feed].frames.append(header, bytes)
        if feeds[feed].frames.byteCount >= FrameBlock.fullSize { try sealFrames(feed) }
    }

    /// Notes that records are missing before `time`. The feed's records say so too, by a `gap` record.
    public func addGap(feed: InstrumentID, time: Timestamp, cause: GapCause, note: String) throws(TapeError) {
        try store().add(.gap(feed: feed, time: time, cause: cause, note: note))
    }

    /// Counts frames that could not be read.
    public func addUnparsed(feed: InstrumentID, reason: String, count: Int64 = 1) {
        feeds[feed.index].unparsed[reason, default: 0] += count
    }

    /// What a recorder notes beside its events, inside this writer's transaction.
    func store() throws(TapeError) -> RecorderStore {
        if let recorderStore { return recorderStore }
        guard let database else { preconditionFailure("a closed tape was written to") }
        let store = try RecorderStore(database)
        recorderStore = store
        return store
    }

    public func setMeta(_ key: String, _ value: String) throws(TapeError) {
        try store().setMeta(key, value)
    }

    /// Seals what is open, makes the file one and moves it to its place.
    public func close() throws(TapeError) {
        guard let database else { return }
        for index in feeds.indices {
            if !feeds[index].events.isEmpty { try seal(index) }
            if feeds[index].frames.count > 0 { try sealFrames(index) }
            for (reason, count) in feeds[index].unparsed.sorted(by: { $0.key < $1.key }) {
                try store().countUnparsed(feed: InstrumentID(index), reason: reason, count)
            }
        }
        if ownerless.count > 0 { try sealOwnerless() }
        try KeptDraft.unmark(database)
        for index in feeds.indices {
            try kept.cutChunks(database, feed: index, from: feeds[index].chunks)
            try kept.cutFrames(database, feed: index, from: feeds[index].frameBlocks)
        }
        try TapeSeal.write(database)
        try database.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")
        try TapeFile.move(draft, to: path)
        self.database = nil
        recorderStore = nil
        lock = nil
    }

    /// Ends here, and leaves the draft to one that goes on with it.
    public func suspend() throws(TapeError) {
        guard let database else { return }
        precondition(isResumable, "a writer without a source was suspended")
        try database.execute("COMMIT")
        self.database = nil
        recorderStore = nil
        lock = nil
    }

    private func seal(_ index: Int) throws(TapeError) {
        if let digest = kept.digest(feed: index, sequence: feeds[index].chunks) {
            if chunks.digest(of: feeds[index].events) == digest {
                resumedChunks += 1
                feeds[index].events.removeAll(keepingCapacity: true)
                feeds[index].chunks += 1
                return
            }
            if let database { try kept.cutChunks(database, feed: index, from: feeds[index].chunks) }
        }
        uncommitted += try chunks.add(feed: index, sequence: feeds[index].chunks, feeds[index].events)
        feeds[index].events.removeAll(keepingCapacity: true)
        feeds[index].chunks += 1
        try commitIfLarge()
    }

    private func sealFrames(_ index: Int) throws(TapeError) {
        if let block = kept.block(feed: index, sequence: feeds[index].frameBlocks) {
            if block.count == feeds[index].frames.count, block.times == feeds[index].frames.times {
                feeds[index].frames.removeAll()
                feeds[index].frameBlocks += 1
                return
            }
            if let database { try kept.cutFrames(database, feed: index, from: feeds[index].frameBlocks) }
        }
        uncommitted += try frames.add(feed: index, sequence: feeds[index].frameBlocks, feeds[index].frames)
        feeds[index].frames.removeAll()
        feeds[index].frameBlocks += 1
        try commitIfLarge()
    }

    private func sealOwnerless() throws(TapeError) {
        uncommitted += try frames.add(feed: -1, sequence: ownerlessBlocks, ownerless)
        ownerless.removeAll()
        ownerlessBlocks += 1
        try commitIfLarge()
    }

    /// Keeps the write-ahead log small, and what is lost with a writer that is killed.
    private func commitIfLarge() throws(TapeError) {
        guard uncommitted > (isResumable ? 0 : 8 << 20), let database else { return }
        uncommitted = 0
        try database.execute("COMMIT; BEGIN;")
    }
}
