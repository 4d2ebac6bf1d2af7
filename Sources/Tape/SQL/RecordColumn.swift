internal import Market

/// A column of the tables of records, found in the struct of an event.
enum RecordColumn: String {
    case feed, venue, symbol, record, time, side, price, size, ticks, lots, kind, id, snapshot, first, last, liquidation, own, rate
    case interval, status, frame
    case venueTime = "venue_time"
    case receiveTime = "receive_time"
    case orderID = "order_id"
    case updateID = "update_id"
    case bidPrice = "bid_price"
    case bidSize = "bid_size"
    case askPrice = "ask_price"
    case askSize = "ask_size"
    case bidTicks = "bid_ticks"
    case bidLots = "bid_lots"
    case askTicks = "ask_ticks"
    case askLots = "ask_lots"
    case priceNanos = "price_nanos"
    case rateTrillionths = "rate_trillionths"
    case nextTime = "next_time"
    case tickSize = "tick_size"
    case lotSize = "lot_size"

    private var type: String {
        switch self {
        case .venue, .symbol, .side, .kind, .status: "TEXT"
        case .price, .size, .rate, .bidPrice, .bidSize, .askPrice, .askSize: "REAL"
        case .tickSize, .lotSize: "INTEGER HIDDEN"
        case .feed, .record, .time, .ticks, .lots, .id, .snapshot, .first, .last, .liquidation, .own, .interval, .frame, .venueTime,
            .receiveTime, .orderID, .updateID, .bidTicks, .bidLots, .askTicks, .askLots, .priceNanos, .rateTrillionths, .nextTime:
            "INTEGER"
        }
    }

    static func declaration(_ columns: [RecordColumn]) -> String {
        "CREATE TABLE x (" + columns.map { "\($0.rawValue) \($0.type)" }.joined(separator: ", ") + ")"
    }
}

/// One row of a table of records.
struct RecordRow {
    /// The record; of a best quote the bid, or the ask where there is no bid.
    var event: MarketEvent
    /// Its place in its feed, from 0.
    var number: Int64
    /// The ask of a best quote.
    var ask: MarketEvent?

    private static let nanos = DecimalStep(nanos: 1)

    private var bid: MarketEvent? { event.side == .buy ? event : nil }
    /// The price is no number of ticks.
    private var isFine: Bool { event.kind == .mark || event.kind == .index }

    func put(_ column: RecordColumn, _ terms: FeedTerms, _ output: SQLOutput) {
        switch column {
        case .feed: output.integer(Int64(event.instrument.index))
        case .venue: output.text(terms.venue)
        case .symbol: output.text(terms.symbol)
        case .record: output.integer(number)
        case .time: Self.put(event.receiveTime.nanoseconds != 0 ? event.receiveTime : event.venueTime, output)
        case .venueTime: Self.put(event.venueTime, output)
        case .receiveTime: Self.put(event.receiveTime, output)
        case .frame: output.integer(Int64(event.frame))
        case .side:
            if event.flags.contains(.noAggressor) { output.null() } else { output.word(event.side == .sell ? "sell" : "buy") }
        case .price: output.real((isFine ? Self.nanos : terms.price).real(event.price))
        case .size: output.real(terms.size.real(event.quantity))
        case .ticks, .rateTrillionths, .priceNanos: output.integer(event.price)
        case .lots: output.integer(event.quantity)
        case .kind: output.word(kind)
        case .id, .nextTime: Self.put(known: event.detail, output)
        case .orderID: if event.kind == .level { output.null() } else { output.integer(event.detail) }
        case .updateID: if [.level, .quote].contains(event.kind) { Self.put(known: event.detail, output) } else { output.null() }
        case .snapshot: output.flag(event.flags.contains(.snapshot))
        case .first: output.flag(event.isFirst)
        case .last: output.flag(event.isLast)
        case .liquidation: output.flag(event.flags.contains(.liquidation))
        case .own: output.flag(event.flags.contains(.own))
        case .bidPrice, .bidTicks, .bidSize, .bidLots, .askPrice, .askTicks, .askSize, .askLots: putQuote(column, terms, output)
        case .rate: output.real(Double(event.price) / Double(Rate.scale))
        case .interval: Self.put(known: event.quantity, output)
        case .status: output.word(status)
        case .tickSize: output.integer(terms.price.nanos)
        case .lotSize: output.integer(terms.size.nanos)
        }
    }

    /// A side without a price is empty: its size is 0, its price unknown.
    private func putQuote(_ column: RecordColumn, _ terms: FeedTerms, _ output: SQLOutput) {
        let isBid = [.bidPrice, .bidTicks, .bidSize, .bidLots].contains(column)
        guard let side = isBid ? bid : ask else { return output.null() }
        let isEmpty = side.price == 0 && side.quantity == 0
        switch column {
        case .bidPrice, .askPrice: if isEmpty { output.null() } else { output.real(terms.price.real(side.price)) }
        case .bidTicks, .askTicks: if isEmpty { output.null() } else { output.integer(side.price) }
        case .bidSize, .askSize: output.real(terms.size.real(side.quantity))
        default: output.integer(side.quantity)
        }
    }

    private static func put(_ time: Timestamp, _ output: SQLOutput) { put(known: time.nanoseconds, output) }

    /// 0 stands for unknown.
    private static func put(known value: Int64, _ output: SQLOutput) {
        if value == 0 { output.null() } else { output.integer(value) }
    }

    private var kind: StaticString {
        switch event.kind {
        case .level: "level"
        case .orderAdded: "order_added"
        case .orderChanged: "order_changed"
        case .orderDeleted: "order_deleted"
        case .trade: "trade"
        case .quote: "quote"
        case .mark: "mark"
        case .index: "index"
        case .funding: "funding"
        case .openInterest: "open_interest"
        case .liquidation: "liquidation"
        case .status: "status"
        case .instrumentChange: "instrument_change"
        case .gap: "gap"
        }
    }

    private var status: StaticString {
        switch TradingStatus(rawValue: event.price) {
        case .trading: "trading"
        case .postOnly: "post_only"
        case .reduceOnly: "reduce_only"
        case .halted: "halted"
        case .delisted: "delisted"
        case nil: "unknown"
        }
    }
}
