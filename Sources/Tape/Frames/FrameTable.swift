internal import Market

/// Puts blocks of raw frames into a table of them, sealed or open.
final class FrameTable {
    /// Market data as text are compressed to a fifth, an eighth, a tenth at best.
    private static let surelySmaller = 10

    private let insert: Statement
    private let compressor: Compressor
    private var bytes: [UInt8] = []

    /// - Parameter table: `frames` or `open_frames`.
    init(_ database: Database, _ table: String, level: Int32) throws(TapeError) {
        insert = try database.prepare(
            "INSERT INTO \(table) (feed, sequence, count, first_receive, last_receive, data, layout, checksum) VALUES (?,?,?,?,?,?,?,?)")
        compressor = Compressor(level: level, partSize: 1 << 14)
    }

    /// - Parameter feed: Its number, −1 for frames of no feed.
    /// - Returns: Bytes of the compressed block.
    func add(feed: Int, sequence: Int64, _ block: FrameBlock) throws(TapeError) -> Int {
        let times = block.times ?? 0...0
        insert.bind(Int64(feed), at: 1)
        insert.bind(sequence, at: 2)
        insert.bind(Int64(block.count), at: 3)
        insert.bind(times.lowerBound, at: 4)
        insert.bind(times.upperBound, at: 5)
        // Columns that are that much smaller than the text are smaller than it is when compressed as it stands; others are compared.
        let columns = block.encodeColumns()
        var limit = block.byteCount / Self.surelySmaller
        if let columns {
            if let size = try store(columns, FrameBlock.columnLayout, limit: limit) { return size }
            limit = compressor.size(columns)
        } else {
            limit = .max
        }
        block.encodePlain(into: &bytes)
        if let size = try store(bytes, FrameBlock.plainLayout, limit: limit) { return size }
        return try store(columns ?? bytes, FrameBlock.columnLayout, limit: .max) ?? 0
    }

    /// Puts the row in when its compressed bytes are fewer than `limit`.
    ///
    /// - Returns: How many they are; nil when it was not put in.
    private func store(_ plain: [UInt8], _ layout: Int64, limit: Int) throws(TapeError) -> Int? {
        insert.bind(layout, at: 7)
        return try unsafe compressor.compress(plain) { (frame) throws(TapeError) in
            guard frame.count < limit else { return nil }
            unsafe insert.bind(borrowing: frame, at: 6)
            insert.bind(unsafe StoredBytes.checksum(frame), at: 8)
            try insert.run()
            return frame.count
        }
    }
}
