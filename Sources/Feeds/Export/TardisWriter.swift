import Market

/// Tardis's CSV files of one instrument: a file a sort of data, begun when there is something for it.
///
/// A gap has no row there. Files end at it and new ones begin, numbered from 2, so that an import finds the hole between them.
struct TardisWriter: RecordWriter {
    private enum Sort: String, CaseIterable {
        case book = "incremental_book_L2"
        case trades, quotes
        case ticker = "derivative_ticker"

        var header: String {
            switch self {
            case .book: "is_snapshot,side,price,amount"
            case .trades: "id,side,price,amount"
            case .quotes: "ask_amount,ask_price,bid_price,bid_amount"
            case .ticker:
                "funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price"
            }
        }
    }

    private struct Ticker {
        var event: MarketEvent
        var mark = "", index = "", rate = "", due = "", interest = ""
        /// The kind that was filled in last: a later one of the same frame has a higher place.
        var last: MarketEvent.Kind
    }

    private let instrument: Instrument
    private let base: String
    private let replacing: Bool
    private let exchange: String
    private var files: [Sort: (file: ExportFile, rows: Int64)] = [:]
    private var part = 1
    private var bid: MarketEvent?
    private var ticker: Ticker?

    init(_ instrument: Instrument, _ base: String, replacing: Bool) {
        self.instrument = instrument
        self.base = base
        self.replacing = replacing
        exchange = TardisNames.exchange(instrument.venue)
    }

    mutating func write(_ event: MarketEvent, _ summary: inout TapeExport.Summary) throws(FeedError) {
        if event.venueTime.nanoseconds % 1_000 != 0 || event.receiveTime.nanoseconds % 1_000 != 0 {
            summary.leaveOut("records whose times are finer than a microsecond: cut")
        }
        switch event.kind {
        case .level:
            try write(
                .book, event, [event.flags.contains(.snapshot) ? "true" : "false", event.side == .sell ? "ask" : "bid"] + amounts(event))
        case .trade:
            if !event.flags.isDisjoint(with: [.liquidation, .own]) { summary.leaveOut("marks of forced or own trades") }
            let side = event.flags.contains(.noAggressor) ? "unknown" : event.side == .sell ? "sell" : "buy"
            try write(.trades, event, [event.detail == 0 ? "" : String(event.detail), side] + amounts(event))
        case .quote: try writeQuote(event)
        case .mark, .index, .funding, .openInterest: try writeTicker(event)
        case .gap: try endPart(&summary)
        case .orderAdded, .orderChanged, .orderDeleted: summary.leaveOut("changes of single orders")
        case .liquidation: summary.leaveOut("liquidations")
        case .status, .instrumentChange: summary.leaveOut("changes of status or terms")
        }
    }

    mutating func finish(_ summary: inout TapeExport.Summary) throws(FeedError) { try endPart(&summary) }

    private func amounts(_ event: MarketEvent) -> [String] {
        [ExportText.price(event.price, instrument), ExportText.size(event.quantity, instrument)]
    }

    /// A side without a price is empty.
    private func quoted(_ event: MarketEvent?) -> (price: String, size: String) {
        guard let event, event.price != 0 || event.quantity != 0 else { return ("", "") }
        return (ExportText.price(event.price, instrument), ExportText.size(event.quantity, instrument))
    }

    private mutating func writeQuote(_ event: MarketEvent) throws(FeedError) {
        if event.side == .buy {
            if let bid { try writeQuote(bid, nil) }
            bid = event
            if event.isLast {
                bid = nil
                try writeQuote(event, nil)
            }
        } else {
            let first = bid
            bid = nil
            try writeQuote(first, event)
        }
    }

    private mutating func writeQuote(_ bid: MarketEvent?, _ ask: MarketEvent?) throws(FeedError) {
        guard let event = bid ?? ask else { return }
        let (left, right) = (quoted(bid), quoted(ask))
        try write(.quotes, event, [right.size, right.price, left.price, left.size])
    }

    /// Puts the prices of one frame into one row, as long as they come in the order of its kinds.
    private mutating func writeTicker(_ event: MarketEvent) throws(FeedError) {
        if let open = ticker, event.isFirst || event.kind.rawValue <= open.last.rawValue { try endTicker() }
        var row = ticker ?? Ticker(event: event, last: event.kind)
        row.last = event.kind
        switch event.kind {
        case .mark: row.mark = Decimal.text(event.price, decimals: 9)
        case .index: row.index = Decimal.text(event.price, decimals: 9)
        case .funding:
            row.rate = Decimal.text(event.price, decimals: 12)
            row.due = event.detail == 0 ? "" : String(event.detail / 1_000)
        default: row.interest = ExportText.size(event.quantity, instrument)
        }
        ticker = row
        if event.isLast { try endTicker() }
    }

    private mutating func endTicker() throws(FeedError) {
        guard let row = ticker else { return }
        ticker = nil
        try write(.ticker, row.event, [row.due, row.rate, "", row.interest, "", row.index, row.mark])
    }

    private mutating func write(_ sort: Sort, _ event: MarketEvent, _ fields: [String]) throws(FeedError) {
        if files[sort] == nil {
            let path = base + "_" + sort.rawValue + (part == 1 ? "" : "_\(part)") + ".csv"
            let file = try ExportFile(creating: path, replacing: replacing)
            try file.write("exchange,symbol,timestamp,local_timestamp,\(sort.header)\n")
            files[sort] = (file, 0)
        }
        let times = "\(event.venueTime.nanoseconds / 1_000),\(event.receiveTime.nanoseconds / 1_000)"
        let start = "\(CSVText.field(exchange)),\(CSVText.field(instrument.venueSymbol)),\(times),"
        try files[sort]?.file.write(start + fields.joined(separator: ",") + "\n")
        files[sort]?.rows += 1
    }

    private mutating func endPart(_ summary: inout TapeExport.Summary) throws(FeedError) {
        if let bid { try writeQuote(bid, nil) }
        bid = nil
        try endTicker()
        for sort in Sort.allCases {
            guard let (file, rows) = files[sort] else { continue }
            try file.finish()
            summary.files.append((file.path, rows))
        }
        if !files.isEmpty { part += 1 }
        files.removeAll()
    }
}

/// Tardis's names of exchanges that other recordings name otherwise.
enum TardisNames {
    private static let pairs: [(exchange: String, venue: String)] = [
        ("binance-futures", "binance-usdm"), ("binance-delivery", "binance-coinm"), ("binance", "binance-spot"),
        ("bybit", "bybit-linear"),
    ]

    static func venue(_ exchange: String) -> String { pairs.first { $0.exchange == exchange }?.venue ?? exchange }
    static func exchange(_ venue: String) -> String { pairs.first { $0.venue == venue }?.exchange ?? venue }
}
