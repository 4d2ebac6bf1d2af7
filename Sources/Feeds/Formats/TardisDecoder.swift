import Market
import Venues

/// Tardis's CSV files: order-book changes, trades, best quotes and derivative tickers, columns found by name, times in
/// microseconds.
///
/// Rows with the same times are one frame; a run of `is_snapshot` rows is a full book.
struct TardisDecoder: RecordingDecoder {
    enum Kind { case book, trades, quotes, ticker }

    private struct Group: Equatable {
        var symbol: String
        var time: Int64
        var receiveTime: Int64
        var isFull: Bool
    }

    private let kind: Kind
    private let csv = CSVRow()
    private var columns: CSVColumns?
    private var places: [Int] = []
    private var group: Group?
    private var feed = 0
    private var venue = ""
    /// The rows of the open frame.
    private var held: [(event: MarketEvent, offset: Int)] = []

    init(_ kind: Kind) { self.kind = kind }

    mutating func decode(_ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog) throws(RowFailure) {
        try csv.read(row)
        guard let columns else { return try readHeader(&batch) }
        guard csv.count == columns.names.count else { throw RowFailure(offset: row.count, expected: "\(columns.names.count) fields") }
        let next = Group(
            symbol: csv.text(places[1]), time: try time(places[2], columns, row), receiveTime: try time(places[3], columns, row),
            isFull: kind == .book ? try flag(places[4], row) : false)
        let events = try readEvents(columns, row, catalog)
        if next != group {
            finish(into: &batch)
            group = next
            venue = TardisNames.venue(csv.text(places[0]))
            feed = catalog.feed(venue: venue, symbol: next.symbol, isNumbered: false)
        }
        held.append(contentsOf: events)
    }

    mutating func finish(into batch: inout FrameBatch) {
        guard let group, !held.isEmpty else { return }
        for (event, offset) in held {
            batch.add(
                event.kind, event.side, price: event.price, quantity: event.quantity, detail: event.detail, flags: event.flags, at: offset)
        }
        held.removeAll(keepingCapacity: true)
        let stream: StaticString =
            switch kind {
            case .book: "incremental_book_L2"
            case .trades: "trades"
            case .quotes: "quotes"
            case .ticker: "derivative_ticker"
            }
        batch.endFrame(
            feed, stream, kind == .book ? (group.isFull ? .book : .changes) : .other, venueTime: Timestamp(nanoseconds: group.time),
            receiveTime: Timestamp(nanoseconds: group.receiveTime))
    }

    private mutating func readHeader(_ batch: inout FrameBatch) throws(RowFailure) {
        let columns = CSVColumns(names: (0..<csv.count).map(csv.text))
        let specific: [String] =
            switch kind {
            case .book: ["is_snapshot", "side", "price", "amount"]
            case .trades: ["id", "side", "price", "amount"]
            case .quotes: ["bid_price", "bid_amount", "ask_price", "ask_amount"]
            case .ticker: ["mark_price", "index_price", "funding_rate", "funding_timestamp", "open_interest"]
            }
        places = []
        for name in ["exchange", "symbol", "timestamp", "local_timestamp"] + specific { places.append(try columns.index(name)) }
        self.columns = columns
        batch.ignore("header")
    }

    private func readEvents(
        _ columns: CSVColumns, _ row: Bytes, _ catalog: FeedCatalog
    ) throws(RowFailure) -> [(event: MarketEvent, offset: Int)] {
        func event(_ kind: MarketEvent.Kind, _ price: Int64, _ size: Int64, detail: Int64 = 0, flags: MarketEvent.Flags = []) -> MarketEvent
        {
            let zero = Timestamp(nanoseconds: 0)
            return MarketEvent(
                kind: kind, instrument: InstrumentID(0), venueTime: zero, receiveTime: zero, price: price, quantity: size, detail: detail,
                flags: flags)
        }
        let offset = CSVRow.offset(of: places[4], in: row)
        switch kind {
        case .book:
            let (price, size) = (try csv.decimal(places[6], columns, in: row), try csv.decimal(places[7], columns, in: row))
            let side = csv.text(places[5])
            guard side == "bid" || side == "ask" else {
                throw RowFailure(offset: CSVRow.offset(of: places[5], in: row), expected: "bid or ask as side")
            }
            return [(event(.level, price, size, flags: side == "ask" ? .sell : []), offset)]
        case .trades:
            let (price, size) = (try csv.decimal(places[6], columns, in: row), try csv.decimal(places[7], columns, in: row))
            let side = csv.text(places[5])
            let flags: MarketEvent.Flags = side == "sell" ? .sell : side == "buy" ? [] : .noAggressor
            // Ids that are no numbers (UUIDs) are left out: the row's place is its identity.
            return [(event(.trade, price, size, detail: Int64(csv.text(places[4])) ?? 0, flags: flags), offset)]
        case .quotes:
            var sides: [Int64] = []
            for place in places[4...7] { sides.append(try csv.optionalDecimal(place, columns, in: row) ?? 0) }
            return [(event(.quote, sides[0], sides[1]), offset), (event(.quote, sides[2], sides[3], flags: .sell), offset)]
        case .ticker:
            var events: [(event: MarketEvent, offset: Int)] = []
            if let mark = try csv.optionalDecimal(places[4], columns, in: row) { events.append((event(.mark, mark, 0), offset)) }
            if let index = try csv.optionalDecimal(places[5], columns, in: row) { events.append((event(.index, index, 0), offset)) }
            if let rate = try csv.optionalDecimal(places[6], decimals: 12, columns, in: row) {
                let next = try csv.optionalDecimal(places[7], decimals: 0, columns, in: row) ?? 0
                let due = try parseTime(next, unit: 1_000, at: CSVRow.offset(of: places[7], in: row)).nanoseconds
                let interval = catalog.entries.indices.contains(feed) ? catalog.instrument(feed)?.fundingInterval?.count ?? 0 : 0
                events.append((event(.funding, rate, interval, detail: due), offset))
            }
            if let interest = try csv.optionalDecimal(places[8], columns, in: row) {
                events.append((event(.openInterest, 0, interest), offset))
            }
            return events
        }
    }

    private func time(_ place: Int, _ columns: CSVColumns, _ row: Bytes) throws(RowFailure) -> Int64 {
        let count = try csv.decimal(place, decimals: 0, columns, in: row)
        return try parseTime(count, unit: 1_000, at: CSVRow.offset(of: place, in: row)).nanoseconds
    }

    private func flag(_ place: Int, _ row: Bytes) throws(RowFailure) -> Bool {
        switch csv.text(place) {
        case "true", "1": return true
        case "false", "0": return false
        default: throw RowFailure(offset: CSVRow.offset(of: place, in: row), expected: "true or false as is_snapshot")
        }
    }
}
