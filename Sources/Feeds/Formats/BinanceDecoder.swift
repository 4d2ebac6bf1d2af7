import Market
import Venues

/// Lines of `<receive time> <JSON>`: combined-stream frames and one REST snapshot of the book.
///
/// - The receive time is nanoseconds or microseconds since 1970, told apart by its size.
/// - USD-M, COIN-M and spot frames differ: COIN-M names the pair (`ps`), USD-M links frames by `pu`, spot has neither and its
///   `bookTicker` has no time at all.
/// - A trade that is not of the order book (`X` other than `MARKET`: insurance fund, deleveraging) is flagged as forced.
/// - A snapshot of USD-M or spot does not name its symbol: it is the file's only one.
struct BinanceDecoder: RecordingDecoder {
    private enum Section: String {
        case usdm = "binance-usdm"
        case coinm = "binance-coinm"
        case spot = "binance-spot"
    }

    private static let millisecond: Int64 = 1_000_000

    private var section: Section?
    private var feeds = FeedIndex()
    private var onlyFeed: Int?
    private var fields = LetterFields()

    init() {}

    mutating func decode(_ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog) throws(RowFailure) {
        let (receiveTime, jsonStart) = try Self.receiveTime(row)
        var json = JSONReader(row, from: jsonStart)
        fields.removeAll()
        var stream: Bytes?
        var streamOffset = 0
        var lastUpdate: Int64?
        try json.beginObject()
        while let key = try json.nextKey() {
            if key == "stream" {
                streamOffset = json.valueOffset()
                stream = try json.string()
            } else if key == "data" {
                try fields.read(&json, into: &batch)
            } else if key == "lastUpdateId" {
                lastUpdate = try json.integer()
            } else {
                try fields.readMember(key, &json, into: &batch)
            }
        }
        try json.end()
        if let lastUpdate {
            let feed = try snapshotFeed(row)
            batch.endFrame(
                feed, "rest_snapshot", .book, numbers: BookSync.Numbers(through: lastUpdate),
                venueTime: try fields.time("E", unit: Self.millisecond), receiveTime: receiveTime)
        } else if let stream {
            try decodeStream(stream, at: streamOffset, receiveTime, row, into: &batch, catalog)
        } else {
            throw RowFailure(offset: jsonStart, expected: "a member \"stream\" or \"lastUpdateId\"")
        }
    }

    /// The receive time and the offset of what follows it.
    static func receiveTime(_ row: Bytes) throws(RowFailure) -> (Timestamp, Int) {
        guard let space = row.firstIndex(of: 0x20) else { throw RowFailure(offset: 0, expected: "a receive time, a space and JSON") }
        let count = try parseInteger(row.slice(0, space), at: 0)
        // Microseconds have 16 digits until the year 2286, nanoseconds 19.
        return (try parseTime(count, unit: count < 100_000_000_000_000_000 ? 1_000 : 1, at: 0), space + 1)
    }

    private mutating func decodeStream(
        _ stream: Bytes, at offset: Int, _ receiveTime: Timestamp, _ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog
    ) throws(RowFailure) {
        guard let at = stream.firstIndex(of: 0x40) else { throw RowFailure(offset: offset, expected: "a stream such as btcusdt@trade") }
        let kind = stream.dropping(at + 1)
        let name = try fields.text("s", in: row)
        let feed = feeds.find(name) ?? addFeed(name, kind, catalog)
        let venueTime = try fields.time("E", unit: Self.millisecond)
        if kind == "bookTicker" {
            try fields.addQuote(to: &batch, in: row)
            batch.endFrame(feed, "bookTicker", venueTime: venueTime, receiveTime: receiveTime)
        } else if kind == "trade" {
            let isForced = fields["X"].map { $0 != "MARKET" } ?? false
            try fields.addTrade(isForced ? .liquidation : [], to: &batch, in: row)
            batch.endFrame(feed, "trade", venueTime: venueTime, receiveTime: receiveTime)
        } else if kind.hasPrefix("depth") {
            let (first, last) = (try fields.integer("U", in: row), try fields.integer("u", in: row))
            let numbers = BookSync.Numbers(previous: fields.previous ?? first &- 1, last: last)
            batch.endFrame(
                feed, kind == "depth@0ms" ? "depth@0ms" : kind == "depth@100ms" ? "depth@100ms" : "depth", .changes, numbers: numbers,
                venueTime: venueTime, receiveTime: receiveTime)
        } else if kind.hasPrefix("markPrice") {
            let interval = catalog.instrument(feed)?.fundingInterval ?? .zero
            batch.add(.mark, price: try fields.decimal("p", in: row), at: fields.offset("p"))
            batch.add(.index, price: try fields.decimal("i", in: row), at: fields.offset("i"))
            batch.add(
                .funding, price: try fields.decimal("r", decimals: 12, in: row), quantity: interval.count,
                detail: try fields.time("T", unit: Self.millisecond).nanoseconds, at: fields.offset("r"))
            batch.endFrame(
                feed, kind == "markPrice@1s" ? "markPrice@1s" : "markPrice", venueTime: venueTime, receiveTime: receiveTime)
        } else {
            batch.discard()
            batch.ignore("other stream")
        }
    }

    private mutating func addFeed(_ name: Bytes, _ kind: Bytes, _ catalog: FeedCatalog) -> Int {
        let found: Section
        if let section {
            found = section
        } else if fields.hasPair {
            found = .coinm
        } else if fields.previous != nil || fields["X"] != nil || kind.hasPrefix("markPrice")
            || (kind == "bookTicker" && fields["e"] != nil)
        {
            // COIN-M trades do not name the pair; their symbols do.
            found = name.firstIndex(of: 0x5F) == nil ? .usdm : .coinm
        } else {
            found = .spot
        }
        section = found
        let feed = catalog.feed(venue: found.rawValue, symbol: name.text, isNumbered: true)
        feeds.insert(name, feed)
        onlyFeed = onlyFeed == nil ? feed : -1
        return feed
    }

    private func snapshotFeed(_ row: Bytes) throws(RowFailure) -> Int {
        guard let onlyFeed, onlyFeed >= 0 else {
            throw RowFailure(offset: 0, expected: "messages of exactly one symbol before a snapshot, which does not name its own")
        }
        return onlyFeed
    }
}
