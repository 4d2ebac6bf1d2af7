internal import Market

/// A feed's raw frames in the order they were kept, sealed blocks before open ones.
public final class FrameReader {
    private let database: Database
    private let feed: InstrumentID?
    private let name: String
    private var statements: [Statement]
    private let decompressor = Decompressor()
    private var block: [StoredFrame] = []
    private var position = 0
    private var blocks = 0

    init(_ database: Database, feed: InstrumentID?, name: String, version: Int, onlyOpen: Bool = false) throws(TapeError) {
        self.database = database
        self.feed = feed
        self.name = name
        let row = Int64(feed?.index ?? -1)
        var statements: [Statement] = []
        for table in version < 2 ? ["frames"] : onlyOpen ? ["open_frames"] : ["frames", "open_frames"] {
            let statement = try database.prepare(
                "SELECT count, data, \(version >= 2 ? "layout, checksum" : "1, NULL") FROM \(table) WHERE feed = ? ORDER BY sequence")
            statement.bind(row, at: 1)
            statements.append(statement)
        }
        self.statements = statements
    }

    /// The next frame; nil at the end.
    ///
    /// - Throws: `TapeError.damagedFrames` naming the feed and the block; nothing of it is handed out.
    public func next() throws(TapeError) -> StoredFrame? {
        while position == block.count {
            guard try loadBlock() else { return nil }
        }
        defer { position += 1 }
        return block[position]
    }

    private func loadBlock() throws(TapeError) -> Bool {
        while let statement = statements.first {
            guard try statement.step() else {
                statements.removeFirst()
                continue
            }
            block.removeAll(keepingCapacity: true)
            position = 0
            if let reason = StoredBytes.fault(statement, data: 1, checksum: 3) { throw damaged(reason) }
            if let reason = unsafe decompressor.decompress(statement.bytes(1), limit: FrameBlock.sizeLimit) { throw damaged(reason) }
            var frames: [StoredFrame] = []
            let layout = statement.integer(2)
            if let reason = decompressor.withOutput({ FrameBlock.decode($0, layout: layout, feed: feed) { frames.append($0) } }) {
                throw damaged(reason)
            }
            guard Int64(frames.count) == statement.integer(0) else {
                throw damaged("it holds \(frames.count) frames, not \(statement.integer(0))")
            }
            block = frames
            blocks += 1
            return true
        }
        return false
    }

    private func damaged(_ reason: String) -> TapeError {
        .damagedFrames(path: database.path, feed: name, block: blocks, reason: reason)
    }
}
