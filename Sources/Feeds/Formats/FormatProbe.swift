import Venues

/// Tells the format of a recording by its first line.
enum FormatProbe {
    /// Enough of a line to show in an error.
    private static let excerpt = 80

    /// Text that a first line has, each a point for its format; all of them make it certain.
    private static let marks: [(format: RecordingFormat, marks: [StaticString])] = [
        (.lighter, ["{", "\"captured_at\":", "\"data\":"]),
        (.bybit, ["{", "\"t\":", "\"exchange\":\"BYBIT\""]),
        (.bybit, ["{", "\"t\":", "\"conn\":"]),
        (.backpack, ["{", "\"data\":", "\"stream\":\"", "\"e\":"]),
        (.binance, [" {\"stream\":\"", "@", "\"data\":"]),
        (.binance, [" {\"lastUpdateId\":", "\"bids\":", "\"asks\":"]),
        (.bitstamp, [" order_", "\"amount\":"]),
        (.bitstamp, [" order_book ", "\"bids\":"]),
        (.bitstamp, [" trade ", "\"amount\":"]),
    ]

    private static let columns: [(format: RecordingFormat, names: [String])] = [
        (.bbo, ["timestamp", "ask_amount", "ask_price", "bid_price", "bid_amount"]),
        (.tardisBook, ["exchange", "symbol", "timestamp", "local_timestamp", "is_snapshot", "side", "price", "amount"]),
        (.tardisTrades, ["exchange", "symbol", "timestamp", "local_timestamp", "id", "side", "price", "amount"]),
        (
            .tardisQuotes,
            ["exchange", "symbol", "timestamp", "local_timestamp", "ask_amount", "ask_price", "bid_price", "bid_amount"]
        ),
        (
            .tardisTicker,
            ["exchange", "symbol", "timestamp", "local_timestamp", "funding_timestamp", "funding_rate", "open_interest", "mark_price"]
        ),
    ]

    /// - Throws: `unknownFormat` with the format that shares most with the line.
    static func detect(_ line: Bytes, path: String) throws(FeedError) -> RecordingFormat {
        var best: (format: RecordingFormat, share: Double)?
        func consider(_ format: RecordingFormat, _ hits: Int, of all: Int) {
            let share = Double(hits) / Double(all)
            if share > best?.share ?? 0.3 { best = (format, share) }
        }
        if line.isEmpty { throw .empty(path: path) }
        if line.hasPrefix("PK\u{3}\u{4}") { return .npz }
        let isNumbered = line[0] &- 0x30 < 10
        if line[0] != 0x7B, !isNumbered, line.firstIndex(of: 0x2C) != nil {
            let names = line.text.split(separator: ",", omittingEmptySubsequences: false).map { String($0.filter { $0 != "\"" }) }
            // Of formats whose columns are all there, the one with more of them: quotes hold the columns of `bbo` too.
            for candidate in columns.sorted(by: { $0.names.count > $1.names.count }) {
                consider(candidate.format, candidate.names.filter { names.contains($0) }.count, of: candidate.names.count)
            }
        } else {
            for candidate in marks where isNumbered == (candidate.format == .binance || candidate.format == .bitstamp) {
                consider(candidate.format, candidate.marks.filter { line.firstIndex(of: $0) != nil }.count, of: candidate.marks.count)
            }
        }
        if let best, best.share == 1 { return best.format }
        throw .unknownFormat(path: path, nearest: best?.format, firstLine: line.slice(0, min(line.count, excerpt)).text)
    }

    /// - Parameter venue: Whose rows they are, where that is known already.
    static func decoder(_ format: RecordingFormat, path: String, venue: String? = nil) -> any RecordingDecoder {
        switch format {
        case .binance: BinanceDecoder()
        case .lighter: LighterDecoder()
        case .bybit: BybitDecoder(venue: venue)
        case .backpack: BackpackDecoder()
        case .bitstamp: BitstampDecoder()
        case .bbo: BestQuoteDecoder(path: path)
        case .npz: NpzDecoder(path: path)
        case .tardisBook: TardisDecoder(.book)
        case .tardisTrades: TardisDecoder(.trades)
        case .tardisQuotes: TardisDecoder(.quotes)
        case .tardisTicker: TardisDecoder(.ticker)
        }
    }

    /// Whether a row is, or holds, a full book: asked of every row before the import, so it reads no more than it must.
    static func isFullBook(_ row: Bytes, _ format: RecordingFormat) -> Bool {
        switch format {
        case .binance: row.firstIndex(of: 0x7B).map { row.dropping($0).hasPrefix("{\"lastUpdateId\"") } ?? false
        case .lighter: row.count > 30 && row.slice(row.count - 30, row.count).firstIndex(of: "\"subscribed/order_book\"") != nil
        case .bybit:
            row.count > 200 && row.slice(0, 200).firstIndex(of: "orderbook.") != nil
                && row.slice(0, 200).firstIndex(of: "snapshot") != nil
        case .backpack, .bitstamp, .bbo, .npz, .tardisBook, .tardisTrades, .tardisQuotes, .tardisTicker: false
        }
    }
}

extension RecordingFormat {
    /// Files of these formats hold different streams of the same time and are merged; others follow each other.
    var isMerged: Bool {
        switch self {
        case .lighter, .tardisBook, .tardisTrades, .tardisQuotes, .tardisTicker: true
        case .binance, .bybit, .backpack, .bitstamp, .bbo, .npz: false
        }
    }

    /// Where times are equal: trades before the changes of the book that they made.
    var mergeClass: Int {
        switch self {
        case .tardisTrades: 0
        case .tardisQuotes: 1
        case .tardisTicker: 2
        case .binance, .lighter, .bybit, .backpack, .bitstamp, .bbo, .npz, .tardisBook: 3
        }
    }

    /// A row is a message as the venue sent it. The rows of a table are not, and are not kept.
    var hasRawFrames: Bool {
        switch self {
        case .binance, .lighter, .bybit, .backpack, .bitstamp: true
        case .bbo, .npz, .tardisBook, .tardisTrades, .tardisQuotes, .tardisTicker: false
        }
    }
}
