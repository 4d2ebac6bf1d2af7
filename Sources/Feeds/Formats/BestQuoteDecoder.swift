import Market
import Venues

/// `timestamp,ask_amount,ask_price,bid_price,bid_amount`: best quotes, one sample a second, times in whole seconds UTC.
///
/// The file does not name its instrument; its own name does (`hyperliquid_btc_…`, `binance_usdm_btcusdt_…`).
struct BestQuoteDecoder: RecordingDecoder {
    private let venue: String
    private let symbol: String
    private let csv = CSVRow()
    private var columns: CSVColumns?
    private var places: (time: Int, bid: Int, bidSize: Int, ask: Int, askSize: Int) = (0, 0, 0, 0, 0)
    private var feed: Int?

    init(path: String) {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let parts = (file.split(separator: ".").first.map(String.init) ?? file).lowercased().split(separator: "_").map(String.init)
        if parts.count > 2, parts[0] == "binance" {
            (venue, symbol) = ("binance-\(parts[1])", parts[2].uppercased())
        } else if parts.count > 1 {
            (venue, symbol) = (parts[0], parts[1].uppercased())
        } else {
            (venue, symbol) = ("bbo", (parts.first ?? "").uppercased())
        }
    }

    mutating func decode(_ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog) throws(RowFailure) {
        try csv.read(row)
        guard let columns else { return try readHeader(&batch) }
        guard csv.count == columns.names.count else { throw RowFailure(offset: row.count, expected: "\(columns.names.count) fields") }
        let feed = self.feed ?? catalog.feed(venue: venue, symbol: symbol, isNumbered: false)
        self.feed = feed
        let time = try csv.field(places.time) { text throws(RowFailure) in try parseCalendarTime(text, at: 0) }
        batch.addQuote(
            bid: (try number(places.bid, row), try number(places.bidSize, row)),
            ask: (try number(places.ask, row), try number(places.askSize, row)),
            at: CSVRow.offset(of: places.ask, in: row))
        batch.endFrame(feed, "quote", venueTime: time, receiveTime: Timestamp(nanoseconds: 0))
    }

    /// Small sizes are written with an exponent (`8e-05`).
    private func number(_ place: Int, _ row: Bytes) throws(RowFailure) -> Int64 {
        let offset = CSVRow.offset(of: place, in: row)
        return try csv.field(place) { text throws(RowFailure) in try parseBinaryDecimal(text, decimals: 9, at: offset) }
    }

    private mutating func readHeader(_ batch: inout FrameBatch) throws(RowFailure) {
        let columns = CSVColumns(names: (0..<csv.count).map(csv.text))
        places = (
            try columns.index("timestamp"), try columns.index("bid_price"), try columns.index("bid_amount"),
            try columns.index("ask_price"), try columns.index("ask_amount")
        )
        self.columns = columns
        batch.ignore("header")
    }
}
