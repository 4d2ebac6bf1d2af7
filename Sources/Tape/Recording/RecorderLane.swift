internal import Market

/// What a recorder holds of one feed: the records of the open chunk, the raw frames of the open block, and how far both are written.
struct RecorderLane {
    private(set) var events = ContiguousArray<MarketEvent>()
    /// Of `events`, those in parts of the open chunk already.
    private var writtenEvents = 0
    private var eventParts: Int64 = 0
    private var chunks: Int64 = 0
    private var eventsSince = Timestamp.never

    /// Frames of the open block that are written, and those that are not.
    private var writtenFrames = FrameBlock()
    private var frames = FrameBlock()
    private var frameParts: Int64 = 0
    private var frameBlocks: Int64 = 0
    private var frameCount: UInt32 = 0
    private var framesSince = Timestamp.never

    init() {}

    /// Takes up what a tape holds of a feed.
    init(_ database: Database, feed: Int, name: String, at now: Timestamp) throws(TapeError) {
        func count(_ sql: String) throws(TapeError) -> Int64 {
            let statement = try database.prepare(sql)
            statement.bind(Int64(feed), at: 1)
            return try statement.step() ? statement.integer(0) : 0
        }
        chunks = try count("SELECT count(*) FROM chunk WHERE feed = ?")
        frameBlocks = try count("SELECT count(*) FROM frames WHERE feed = ?")
        frameCount = UInt32(truncatingIfNeeded: try count("SELECT coalesce(sum(count), 0) FROM frames WHERE feed = ?"))
        eventParts = try count("SELECT count(*) FROM open_chunk WHERE feed = ?")
        frameParts = try count("SELECT count(*) FROM open_frames WHERE feed = ?")
        if eventParts > 0 {
            let reader = try FeedReader(
                database, feed: InstrumentID(feed), name: name, version: TapeSchema.version, from: .never)
            let part = EventBatch()
            while try reader.next(into: part) { events += part }
            writtenEvents = events.count
            eventsSince = now
        }
        if frameParts > 0 {
            let reader = try FrameReader(
                database, feed: feed < 0 ? nil : InstrumentID(feed), name: name, version: TapeSchema.version, onlyOpen: true)
            while let frame = try reader.next() { writtenFrames.append(frame.header, frame.bytes.span) }
            frameCount += UInt32(writtenFrames.count)
            framesSince = now
        }
    }

    var framesAreFull: Bool { writtenFrames.byteCount + frames.byteCount >= FrameBlock.fullSize }
    func eventsAge(_ now: Timestamp) -> Nanoseconds { events.isEmpty ? .zero : now - eventsSince }
    func framesAge(_ now: Timestamp) -> Nanoseconds { writtenFrames.count + frames.count == 0 ? .zero : now - framesSince }

    mutating func append(_ event: MarketEvent, at now: Timestamp) {
        if events.isEmpty { eventsSince = now }
        events.append(event)
    }

    mutating func append(_ header: FrameHeader, _ bytes: Span<UInt8>, at now: Timestamp) -> UInt32 {
        if writtenFrames.count + frames.count == 0 { framesSince = now }
        frames.append(header, bytes)
        defer { frameCount += 1 }
        return frameCount
    }

    /// Writes what is new as further parts of the open chunk and block.
    mutating func writeOpen(feed: Int, _ store: RecorderStore) throws(TapeError) {
        if writtenEvents < events.count {
            _ = try store.openChunks.add(feed: feed, sequence: eventParts, ContiguousArray(events[writtenEvents...]))
            eventParts += 1
            writtenEvents = events.count
        }
        if frames.count > 0 {
            _ = try store.openFrames.add(feed: feed, sequence: frameParts, frames)
            frameParts += 1
            writtenFrames.append(contentsOf: frames)
            frames.removeAll()
        }
    }

    /// Makes one chunk of the open one.
    mutating func sealEvents(feed: Int, _ store: RecorderStore) throws(TapeError) {
        guard !events.isEmpty else { return }
        _ = try store.chunks.add(feed: feed, sequence: chunks, events)
        if eventParts > 0 { try store.forgetOpenChunk(feed: feed) }
        chunks += 1
        events.removeAll(keepingCapacity: true)
        writtenEvents = 0
        eventParts = 0
    }

    /// Makes one block of the open one.
    mutating func sealFrames(feed: Int, _ store: RecorderStore) throws(TapeError) {
        writtenFrames.append(contentsOf: frames)
        frames.removeAll()
        guard writtenFrames.count > 0 else { return }
        _ = try store.frames.add(feed: feed, sequence: frameBlocks, writtenFrames)
        if frameParts > 0 { try store.forgetOpenFrames(feed: feed) }
        frameBlocks += 1
        writtenFrames.removeAll()
        frameParts = 0
    }
}
