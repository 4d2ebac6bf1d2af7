internal import Market
internal import Signing

/// Puts runs of records into a table of chunks, sealed or open: encoded, compressed, with their bounds.
final class ChunkTable {
    /// zstd's levels: for sealed chunks, which are kept for years, and for the parts of open ones.
    static let sealedLevel: Int32 = 9
    static let openLevel: Int32 = 3

    private let insert: Statement
    private let compressor: Compressor
    private var columns: [UInt8] = []

    /// - Parameter table: `chunk` or `open_chunk`.
    init(_ database: Database, _ table: String, level: Int32) throws(TapeError) {
        insert = try database.prepare("INSERT INTO \(table) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)")
        compressor = Compressor(level: level)
    }

    /// - Returns: Bytes of the compressed chunk.
    func add(feed: Int, sequence: Int64, _ events: ContiguousArray<MarketEvent>) throws(TapeError) -> Int {
        ChunkCodec.encode(events, into: &columns)
        var bounds = ChunkBounds()
        for event in events { bounds.add(event) }
        insert.bind(Int64(feed), at: 1)
        insert.bind(sequence, at: 2)
        insert.bind(Int64(events.count), at: 3)
        insert.bind(bounds.levelChanges, at: 4)
        insert.bind(bounds.venue?.lowerBound, at: 5)
        insert.bind(bounds.venue?.upperBound, at: 6)
        insert.bind(bounds.receive?.lowerBound, at: 7)
        insert.bind(bounds.receive?.upperBound, at: 8)
        insert.bind(bounds.minimumLatency, at: 9)
        insert.bind(bounds.hasSnapshot ? 1 : 0, at: 10)
        let plain = columns
        insert.bind(copying: sha256(plain.span).bytes, at: 11)
        return try unsafe compressor.compress(columns) { (bytes) throws(TapeError) in
            unsafe insert.bind(borrowing: bytes, at: 12)
            insert.bind(unsafe StoredBytes.checksum(bytes), at: 13)
            try insert.run()
            return bytes.count
        }
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
