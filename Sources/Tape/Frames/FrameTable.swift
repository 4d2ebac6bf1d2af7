internal import Market

/// Puts blocks of raw frames into a table of them, sealed or open.
final class FrameTable {
    private let insert: Statement
    private let compressor: Compressor
    private var bytes: [UInt8] = []

    /// - Parameter table: `frames` or `open_frames`.
    init(_ database: Database, _ table: String, level: Int32) throws(TapeError) {
        insert = try database.prepare(
            "INSERT INTO \(table) (feed, sequence, count, first_receive, last_receive, data, layout, checksum) VALUES (?,?,?,?,?,?,?,?)")
        compressor = Compressor(level: level)
    }

    /// - Parameter feed: Its number, −1 for frames of no feed.
    /// - Returns: Bytes of the compressed block.
    func add(feed: Int, sequence: Int64, _ block: FrameBlock) throws(TapeError) -> Int {
        let times = block.times ?? 0...0
        block.encode(into: &bytes)
        insert.bind(Int64(feed), at: 1)
        insert.bind(sequence, at: 2)
        insert.bind(Int64(block.count), at: 3)
        insert.bind(times.lowerBound, at: 4)
        insert.bind(times.upperBound, at: 5)
        insert.bind(FrameBlock.layout, at: 7)
        return try unsafe compressor.compress(bytes) { (frame) throws(TapeError) in
            unsafe insert.bind(borrowing: frame, at: 6)
            insert.bind(unsafe StoredBytes.checksum(frame), at: 8)
            try insert.run()
            return frame.count
        }
    }
}
