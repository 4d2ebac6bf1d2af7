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
        compressor = Self.compressor(level: level)
    }

    /// Planes are short and unlike each other, and what is alike in them is often chance: short parts and long repetitions make sealed
    /// chunks 3 % smaller, and faster.
    static func compressor(level: Int32) -> Compressor { Compressor(level: level, minimumMatch: 6, partSize: 1 << 14) }

    /// SHA-256 of the records as they would be encoded.
    func digest(of events: ContiguousArray<MarketEvent>) -> [UInt8] {
        ChunkCodec.encode(events, into: &columns)
        let plain = columns
        return sha256(plain.span).bytes
    }

    /// - Returns: Bytes of the compressed chunk.
    func add(feed: Int, sequence: Int64, _ events: ContiguousArray<MarketEvent>) throws(TapeError) -> Int {
        ChunkCodec.encode(events, into: &columns)
        let bounds = ChunkBounds(events)
        insert.bind(Int64(feed), at: 1)
        insert.bind(sequence, at: 2)
        insert.bind(Int64(events.count), at: 3)
        insert.bind(bounds.levelChanges, at: 4)
        insert.bind(bounds.firstVenue, at: 5)
        insert.bind(bounds.lastVenue, at: 6)
        insert.bind(bounds.firstReceive, at: 7)
        insert.bind(bounds.lastReceive, at: 8)
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
