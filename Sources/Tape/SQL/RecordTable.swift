internal import Market

/// A table over the records of some kinds.
final class RecordTable: VirtualTable {
    /// A table's name, the kinds of its records and its columns.
    struct Definition {
        var name: String
        var kinds: [MarketEvent.Kind]
        var columns: [RecordColumn]

        init(_ name: String, _ kinds: [MarketEvent.Kind], _ columns: [RecordColumn]) {
            self.name = name
            self.kinds = kinds
            self.columns = [.feed, .venue, .symbol, .time, .venueTime, .receiveTime] + columns + [.record, .frame, .tickSize, .lotSize]
        }

        static let all = [
            Definition("trade", [.trade], [.side, .price, .size, .id, .liquidation, .own, .ticks, .lots]),
            Definition(
                "book_change", [.level, .orderAdded, .orderChanged, .orderDeleted],
                [.kind, .side, .price, .size, .orderID, .updateID, .snapshot, .first, .last, .ticks, .lots]),
            Definition(
                "quote", [.quote],
                [.bidPrice, .bidSize, .askPrice, .askSize, .updateID, .bidTicks, .bidLots, .askTicks, .askLots]),
            Definition("mark", [.mark], [.price, .priceNanos]),
            Definition("index_price", [.index], [.price, .priceNanos]),
            Definition("funding", [.funding], [.rate, .interval, .nextTime, .rateTrillionths]),
            Definition("open_interest", [.openInterest], [.size, .lots]),
            Definition("liquidation", [.liquidation], [.side, .price, .size, .id, .ticks, .lots]),
            Definition("status", [.status], [.status]),
        ]
    }

    let definition: Definition
    let source: TapeSource

    init(_ definition: Definition, _ source: TapeSource) {
        self.definition = definition
        self.source = source
    }

    var declaration: String { RecordColumn.declaration(definition.columns) }
    var estimatedRows: Double { source.estimatedRecords }

    func uses(_ column: Int, _ comparison: SQLConstraint.Comparison) -> Bool {
        RecordFilter.uses(definition.columns[column], comparison)
    }

    func makeCursor() -> any VirtualCursor { RecordCursor(self) }
}

/// What the tables of one connection share.
final class TapeSource {
    /// Not owned: the connection's tables must not keep it open.
    unowned let database: Database
    let terms: [FeedTerms]
    let names: [String]
    let version: Int
    /// Of each feed.
    let records: [Int64]
    /// Told the share of the records that the first pass has come to.
    var progress: ((Double) -> Void)?
    private var hasPass = false

    var estimatedRecords: Double { records.reduce(0) { $0 + Double($1) } }

    /// - Returns: Whether it is the first one.
    func beginPass() -> Bool {
        defer { hasPass = true }
        return !hasPass
    }

    init(_ database: Database, version: Int, _ feeds: [FeedSummary]) {
        self.database = database
        self.version = version
        terms = feeds.map { FeedTerms($0.description.instrument) }
        names = feeds.map(\.description.name)
        records = feeds.map { max(0, $0.events) }
    }
}

/// A pass over a table of records, chunk by chunk.
final class RecordCursor: VirtualCursor {
    private let columns: [RecordColumn]
    private let kinds: [Bool]
    private let isQuote: Bool
    private let source: TapeSource
    private var filter: RecordFilter
    private var scan: ChunkScan?
    private let events = EventBatch()
    private var position = 0
    private var firstRecord: Int64 = 0
    private var row: RecordRow?
    /// A bid whose ask is to come.
    private var bid: RecordRow?

    init(_ table: RecordTable) {
        columns = table.definition.columns
        kinds = MarketEvent.Kind.allCases.map(table.definition.kinds.contains)
        isQuote = table.definition.kinds == [.quote]
        source = table.source
        filter = RecordFilter([], columns, source.terms)
    }

    func start(_ constraints: [SQLConstraint]) throws(TapeError) {
        filter = RecordFilter(constraints, columns, source.terms)
        scan = try ChunkScan(source, filter)
        events.removeAll()
        (position, bid) = (0, nil)
        try advance()
    }

    func advance() throws(TapeError) {
        while let next = try nextRecord() {
            if isQuote {
                guard takeQuote(next) else { continue }
            } else {
                row = next
            }
            return
        }
        row = bid
        bid = nil
    }

    var isAtEnd: Bool { row == nil }

    var rowID: Int64 { row.map { Int64($0.event.instrument.index) << 44 | $0.number } ?? 0 }

    func put(_ column: Int, _ output: SQLOutput) {
        guard let row else { return output.null() }
        row.put(columns[column], source.terms[row.event.instrument.index], output)
    }

    private func nextRecord() throws(TapeError) -> RecordRow? {
        while true {
            while position < events.count {
                let event = events[position]
                position += 1
                guard kinds[Int(event.kind.rawValue)], filter.matches(event) else { continue }
                return RecordRow(event: event, number: firstRecord + Int64(position) - 1)
            }
            guard let scan, let first = try scan.next(into: events) else { return nil }
            (firstRecord, position) = (first, 0)
        }
    }

    /// Puts a bid and the ask behind it together, which may be in the next chunk. A side alone is a row of its own.
    ///
    /// - Returns: Whether there is a row.
    private func takeQuote(_ next: RecordRow) -> Bool {
        if next.event.side == .buy {
            row = bid
            bid = next
            return row != nil
        }
        if var whole = bid {
            bid = nil
            if whole.event.instrument == next.event.instrument, next.number == whole.number + 1 {
                whole.ask = next.event
                row = whole
            } else {
                row = whole
                position -= 1  // The ask comes again.
            }
        } else {
            row = RecordRow(event: next.event, number: next.number, ask: next.event)
        }
        return true
    }
}
