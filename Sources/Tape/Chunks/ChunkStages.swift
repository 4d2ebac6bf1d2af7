public import Market

/// What reading a feed's sealed chunks consists of, stage by stage and from memory, so that each can be measured alone.
public final class ChunkStages {
    private let feed: InstrumentID
    private var stored: [[UInt8]] = []
    private var columns: [[UInt8]] = []
    private let decompressor = Decompressor()

    /// - Throws: `TapeError.damagedChunk` where a chunk is not readable.
    public init(_ tape: Tape, _ feed: InstrumentID) throws(TapeError) {
        self.feed = feed
        let rows = try tape.database.prepare("SELECT data FROM main.chunk WHERE feed = ? ORDER BY sequence")
        rows.bind(Int64(feed.index), at: 1)
        while try rows.step() { stored.append(unsafe Array(rows.bytes(0))) }
        for (number, bytes) in stored.enumerated() {
            let reason = unsafe bytes.withUnsafeBytes { unsafe decompressor.decompress($0, limit: ChunkCodec.sizeLimit) }
            if let reason {
                throw .damagedChunk(path: tape.path, feed: tape.feeds[feed.index].description.name, chunk: number, reason: reason)
            }
            columns.append(decompressor.withOutput { span in span.indices.map { span[$0] } })
        }
    }

    public var storedBytes: Int { stored.reduce(0) { $0 + $1.count } }
    public var columnBytes: Int { columns.reduce(0) { $0 + $1.count } }

    /// - Returns: The checksums of all chunks, put together.
    public func checksum() -> Int64 {
        stored.reduce(0) { sum, bytes in sum ^ (unsafe bytes.withUnsafeBytes { unsafe StoredBytes.checksum($0) }) }
    }

    /// - Returns: How many chunks were decompressed.
    public func decompress() -> Int {
        stored.count { bytes in
            unsafe bytes.withUnsafeBytes { unsafe decompressor.decompress($0, limit: ChunkCodec.sizeLimit) } == nil
        }
    }

    /// Puts the records of each chunk together in the place of those of the one before.
    ///
    /// - Returns: How many there were.
    public func decode(into events: EventBatch) -> Int {
        columns.reduce(0) { count, bytes in
            ChunkCodec.decode(bytes.span, instrument: feed, into: events) == nil ? count + events.count : count
        }
    }
}
