internal import Market

/// A feed's raw frames in the order they were kept, sealed blocks before open ones.
public final class FrameReader {
    /// A block's row without its frames.
    private struct Entry {
        var table: Int
        var sequence: Int64
        var number: Int
        var count: Int64
        var isWanted: Bool
        var isMissing = false
    }

    private let database: Database
    private let feed: InstrumentID?
    private let name: String
    /// Of sealed blocks, then of open ones; only the open ones where those alone are wanted.
    private var loads: [Statement] = []
    private var entries: ArraySlice<Entry> = []
    private let decompressor = Decompressor()
    private var block: [StoredFrame] = []
    private var position = 0
    /// The index of the frame that comes next, as `MarketEvent.frame` counts.
    public private(set) var nextNumber: Int64 = 0

    private var row: Int64 { Int64(feed?.index ?? -1) }

    /// - Parameter isWanted: Whether frames between two receive times are; blocks that hold no others are not read.
    init(
        _ database: Database, feed: InstrumentID?, name: String, version: Int, onlyOpen: Bool = false,
        isWanted: (Int64, Int64) -> Bool = { _, _ in true }
    ) throws(TapeError) {
        self.database = database
        self.feed = feed
        self.name = name
        var entries: [Entry] = []
        let tables = version < 2 ? ["frames"] : onlyOpen ? ["open_frames"] : ["frames", "open_frames"]
        for (table, title) in tables.enumerated() {
            let list = try database.prepare(
                "SELECT sequence, count, first_receive, last_receive FROM main.\(title) WHERE feed = ? ORDER BY sequence")
            list.bind(row, at: 1)
            var next: Int64 = 0
            while try list.step() {
                if list.integer(0) != next {
                    entries.append(
                        Entry(table: table, sequence: next, number: entries.count, count: 0, isWanted: true, isMissing: true))
                }
                next = list.integer(0) &+ 1
                entries.append(
                    Entry(
                        table: table, sequence: list.integer(0), number: entries.count, count: list.integer(1),
                        isWanted: isWanted(list.integer(2), list.integer(3))))
            }
            loads.append(
                try database.prepare(
                    "SELECT data, \(version >= 2 ? "layout, checksum" : "1, NULL") FROM main.\(title) WHERE feed = ? AND sequence = ?"))
        }
        self.entries = entries[...]
    }

    /// The next frame; nil at the end.
    ///
    /// - Throws: `TapeError.damagedFrames` naming the feed and the block; nothing of it is handed out, and the next call goes on behind
    ///   it.
    public func next() throws(TapeError) -> StoredFrame? {
        while position == block.count {
            guard let entry = entries.popFirst() else { return nil }
            try load(entry)
        }
        defer {
            position += 1
            nextNumber += 1
        }
        return block[position]
    }

    private func load(_ entry: Entry) throws(TapeError) {
        block.removeAll(keepingCapacity: true)
        position = 0
        guard entry.isWanted else { return nextNumber &+= entry.count }
        if let reason = try read(entry) {
            block.removeAll()
            nextNumber &+= entry.count
            throw .damagedFrames(path: database.path, feed: name, block: entry.number, reason: reason)
        }
    }

    private func read(_ entry: Entry) throws(TapeError) -> String? {
        guard !entry.isMissing else { return "it is missing" }
        let statement = loads[entry.table]
        defer { statement.reset() }
        statement.bind(row, at: 1)
        statement.bind(entry.sequence, at: 2)
        do throws(TapeError) {
            guard try statement.step() else { return "it is missing" }
        } catch .damaged(_, let reason) {
            return reason
        }
        if let reason = StoredBytes.fault(statement, data: 0, checksum: 2) { return reason }
        if let reason = unsafe decompressor.decompress(statement.bytes(0), limit: FrameBlock.sizeLimit) { return reason }
        let layout = statement.integer(1)
        var frames: [StoredFrame] = []
        if let reason = decompressor.withOutput({ FrameBlock.decode($0, layout: layout, feed: feed) { frames.append($0) } }) {
            return reason
        }
        guard Int64(frames.count) == entry.count else { return "it holds \(frames.count) frames, not \(entry.count)" }
        block = frames
        return nil
    }
}
