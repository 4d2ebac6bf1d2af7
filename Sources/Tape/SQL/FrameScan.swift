internal import Market

/// The raw frames of some feeds, read block after block.
final class FrameScan {
    struct Frame {
        var feed: Int
        /// Its place in its feed, from 0: what records name as their frame.
        var number: Int64
        var receiveTime: Timestamp
        var bytes: ArraySlice<UInt8>
    }

    /// A block is closed past 1 MiB; its last frame may be long.
    private static let sizeLimit = 1 << 28
    private static let headerSize = 16

    private let database: Database
    private let names: [String]
    private let filter: RecordFilter
    private let decompressor = Decompressor()
    private var feeds: ArraySlice<Int>
    private var feed = 0
    private var blocks: Statement?
    private var sequence: Int64 = 0
    private var block: [UInt8] = []
    private var offset = 0
    /// The number of the next frame, and of the first one behind the block.
    private var number: Int64 = 0
    private var end: Int64 = 0

    init(_ database: Database, names: [String], _ filter: RecordFilter) {
        self.database = database
        self.names = names
        self.filter = filter
        feeds = filter.feeds[...]
    }

    /// - Throws: `TapeError.damaged` naming the block.
    func next() throws(TapeError) -> Frame? {
        while true {
            while offset < block.count {
                let frame = try read()
                if filter.receiveTime.contain(frame.receiveTime), filter.time.contain(frame.receiveTime) { return frame }
            }
            guard try loadBlock() else { return nil }
        }
    }

    private func read() throws(TapeError) -> Frame {
        guard block.count - offset >= Self.headerSize else { throw damaged("its last frame is cut") }
        let (time, count) = (Int64(bitPattern: word(offset)), word(offset + 8))
        offset += Self.headerSize
        guard count <= UInt64(block.count - offset), number < end else { throw damaged("a frame does not fit it") }
        defer {
            offset += Int(count)
            number += 1
        }
        return Frame(feed: feed, number: number, receiveTime: Timestamp(nanoseconds: time), bytes: block[offset..<offset + Int(count)])
    }

    private func word(_ offset: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(block[offset + $1]) << UInt64(8 * $1) }
    }

    /// Whether there is another block that the filter leaves.
    private func loadBlock() throws(TapeError) -> Bool {
        guard number == end else { throw damaged("it holds \(end - number) frames less than it says") }
        while true {
            guard let statement = blocks else {
                guard let next = feeds.popFirst() else { return false }
                feed = next
                let statement = try database.prepare(
                    "SELECT sequence, count, first_receive, last_receive, data FROM main.frames WHERE feed = ? ORDER BY sequence")
                statement.bind(Int64(next), at: 1)
                blocks = statement
                (sequence, number, end) = (-1, 0, 0)
                continue
            }
            guard try statement.step() else {
                blocks = nil
                continue
            }
            sequence += 1
            guard statement.integer(0) == sequence else { throw damaged("it is missing") }
            (number, end) = (end, end &+ statement.integer(1))
            let (first, last) = (statement.integer(2), statement.integer(3))
            guard filter.receiveTime.touch(first, last), filter.time.touch(first, last) else {
                number = end
                continue
            }
            if let reason = unsafe decompressor.decompress(statement.bytes(4), limit: Self.sizeLimit) { throw damaged(reason) }
            block = decompressor.withOutput { bytes in
                var copy = [UInt8]()
                copy.reserveCapacity(bytes.count)
                for index in bytes.indices { copy.append(bytes[index]) }
                return copy
            }
            offset = 0
            return true
        }
    }

    private func damaged(_ reason: String) -> TapeError {
        .damaged(path: database.path, reason: "block \(sequence) of the raw frames of \(names[feed]): \(reason)")
    }
}

/// The table of raw frames.
final class RawFrameTable: VirtualTable {
    fileprivate enum Column: String, CaseIterable {
        case feed, venue, symbol, number
        case receiveTime = "receive_time"
        case bytes, data

        /// The column that a filter knows.
        var filtered: RecordColumn {
            switch self {
            case .feed: .feed
            case .venue: .venue
            case .symbol: .symbol
            case .receiveTime: .receiveTime
            case .number, .bytes, .data: .record
            }
        }
    }

    fileprivate let source: TapeSource

    init(_ source: TapeSource) { self.source = source }

    var declaration: String {
        "CREATE TABLE x (feed INTEGER, venue TEXT, symbol TEXT, number INTEGER, receive_time INTEGER, bytes INTEGER, data)"
    }

    var estimatedRows: Double { source.estimatedRecords }

    func uses(_ column: Int, _ comparison: SQLConstraint.Comparison) -> Bool {
        RecordFilter.uses(Column.allCases[column].filtered, comparison)
    }

    func makeCursor() -> any VirtualCursor { RawFrameCursor(source) }
}

private final class RawFrameCursor: VirtualCursor {
    private let source: TapeSource
    private var scan: FrameScan?
    private var frame: FrameScan.Frame?

    init(_ source: TapeSource) { self.source = source }

    func start(_ constraints: [SQLConstraint]) throws(TapeError) {
        let filter = RecordFilter(constraints, RawFrameTable.Column.allCases.map(\.filtered), source.terms)
        scan = FrameScan(source.database, names: source.names, filter)
        try advance()
    }

    func advance() throws(TapeError) { frame = try scan?.next() }

    var isAtEnd: Bool { frame == nil }
    var rowID: Int64 { frame.map { Int64($0.feed) << 44 | $0.number } ?? 0 }

    func put(_ column: Int, _ output: SQLOutput) {
        guard let frame else { return output.null() }
        switch RawFrameTable.Column.allCases[column] {
        case .feed: output.integer(Int64(frame.feed))
        case .venue: output.text(source.terms[frame.feed].venue)
        case .symbol: output.text(source.terms[frame.feed].symbol)
        case .number: output.integer(frame.number)
        case .receiveTime:
            if frame.receiveTime.nanoseconds == 0 { output.null() } else { output.integer(frame.receiveTime.nanoseconds) }
        case .bytes: output.integer(Int64(frame.bytes.count))
        case .data:
            // What is no text would be changed on the way if it were called text.
            if !frame.bytes.contains(0), let text = String(validating: frame.bytes, as: UTF8.self) {
                output.text(text)
            } else {
                output.blob(frame.bytes)
            }
        }
    }
}
