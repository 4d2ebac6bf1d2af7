internal import Market

/// The table of raw frames.
final class RawFrameTable: VirtualTable {
    fileprivate enum Column: String, CaseIterable {
        case feed, venue, symbol, number
        case receiveTime = "receive_time"
        case monotonicTime = "monotonic_time"
        case connection, direction, bytes, data

        /// The column that a filter knows.
        var filtered: RecordColumn {
            switch self {
            case .feed: .feed
            case .venue: .venue
            case .symbol: .symbol
            case .receiveTime: .receiveTime
            case .number, .monotonicTime, .connection, .direction, .bytes, .data: .record
            }
        }
    }

    fileprivate let source: TapeSource

    init(_ source: TapeSource) { self.source = source }

    var declaration: String {
        """
        CREATE TABLE x (feed INTEGER, venue TEXT, symbol TEXT, number INTEGER, receive_time INTEGER, monotonic_time INTEGER,
            connection INTEGER, direction TEXT, bytes INTEGER, data)
        """
    }

    var estimatedRows: Double { source.estimatedRecords }

    func uses(_ column: Int, _ comparison: SQLConstraint.Comparison) -> Bool {
        RecordFilter.uses(Column.allCases[column].filtered, comparison)
    }

    func makeCursor() -> any VirtualCursor { RawFrameCursor(source) }
}

/// A pass over the raw frames, feed by feed, those of no feed last.
private final class RawFrameCursor: VirtualCursor {
    private let source: TapeSource
    private var filter: RecordFilter
    private var feeds: ArraySlice<InstrumentID?> = []
    private var reader: FrameReader?
    private var frame: (header: FrameHeader, bytes: [UInt8], number: Int64)?

    init(_ source: TapeSource) {
        self.source = source
        filter = RecordFilter([], RawFrameTable.Column.allCases.map(\.filtered), source.terms)
    }

    func start(_ constraints: [SQLConstraint]) throws(TapeError) {
        filter = RecordFilter(constraints, RawFrameTable.Column.allCases.map(\.filtered), source.terms)
        var wanted: [InstrumentID?] = filter.feeds.map { InstrumentID($0) }
        if wanted.count == source.terms.count { wanted.append(nil) }
        feeds = wanted[...]
        reader = nil
        try advance()
    }

    func advance() throws(TapeError) {
        while true {
            guard let reader else {
                guard let feed = feeds.popFirst() else { return frame = nil }
                reader = try FrameReader(
                    source.database, feed: feed, name: feed.map { source.names[$0.index] } ?? "no feed", version: source.version,
                    isWanted: filter.receiveTime.touch)
                continue
            }
            guard let next = try reader.next() else {
                self.reader = nil
                continue
            }
            guard filter.receiveTime.contain(next.header.receiveTime) else { continue }
            return frame = (next.header, next.bytes, reader.nextNumber - 1)
        }
    }

    var isAtEnd: Bool { frame == nil }
    var rowID: Int64 { frame.map { Int64($0.header.feed?.index ?? source.terms.count) << 44 | $0.number } ?? 0 }

    func put(_ column: Int, _ output: SQLOutput) {
        guard let frame else { return output.null() }
        func put(known value: Int64) { if value == 0 { output.null() } else { output.integer(value) } }
        let terms = frame.header.feed.map { source.terms[$0.index] }
        switch RawFrameTable.Column.allCases[column] {
        case .feed: if let feed = frame.header.feed { output.integer(Int64(feed.index)) } else { output.null() }
        case .venue: if let terms { output.text(terms.venue) } else { output.null() }
        case .symbol: if let terms { output.text(terms.symbol) } else { output.null() }
        case .number: output.integer(frame.number)
        case .receiveTime: put(known: frame.header.receiveTime.nanoseconds)
        case .monotonicTime: put(known: frame.header.monotonicTime)
        case .connection: put(known: Int64(frame.header.connection))
        case .direction: output.word(frame.header.direction == .received ? "received" : "sent")
        case .bytes: output.integer(Int64(frame.bytes.count))
        case .data:
            // What is no text would be changed on the way if it were called text.
            if !frame.bytes.contains(0), let text = String(validating: frame.bytes, as: UTF8.self) {
                output.text(text)
            } else {
                output.blob(frame.bytes[...])
            }
        }
    }
}
