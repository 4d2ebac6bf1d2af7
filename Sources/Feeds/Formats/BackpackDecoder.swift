import Market

/// Lines of `{"data":{…},"stream":…}`: frames as the venue sent them, without a receive time. Times are microseconds; the
/// next funding is milliseconds. There is no full book in the stream.
struct BackpackDecoder: RecordingDecoder {
    private static let fundingInterval = Nanoseconds.hours(1)

    private var feeds = FeedIndex()
    private var fields = LetterFields()

    init() {}

    mutating func decode(_ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog) throws(RowFailure) {
        var json = JSONReader(row)
        fields.removeAll()
        try json.beginObject()
        while let key = try json.nextKey() {
            if key == "data" { try fields.read(&json, into: &batch) } else { try json.skipValue() }
        }
        try json.end()
        let (event, symbol) = (try fields.text("e", in: row), try fields.text("s", in: row))
        let venueTime = try fields.time("E", unit: 1_000)
        let unknown = Timestamp(nanoseconds: 0)
        if event == "depth" {
            let (first, last) = (try fields.integer("U", in: row), try fields.integer("u", in: row))
            let numbers = BookSync.Numbers(previous: first &- 1, last: last)
            batch.endFrame(feed(symbol, catalog), "depth", .changes, numbers: numbers, venueTime: venueTime, receiveTime: unknown)
        } else if event == "bookTicker" {
            try fields.addQuote(to: &batch, in: row)
            batch.endFrame(feed(symbol, catalog), "bookTicker", venueTime: venueTime, receiveTime: unknown)
        } else if event == "trade" {
            try fields.addTrade([], to: &batch, in: row)
            batch.endFrame(feed(symbol, catalog), "trade", venueTime: venueTime, receiveTime: unknown)
        } else if event == "markPrice" {
            batch.add(.mark, price: try fields.decimal("p", in: row), at: fields.offset("p"))
            batch.add(.index, price: try fields.decimal("i", in: row), at: fields.offset("i"))
            batch.add(
                .funding, price: try fields.decimal("f", decimals: 12, in: row), quantity: Self.fundingInterval.count,
                detail: try fields.time("n", unit: 1_000_000).nanoseconds, at: fields.offset("f"))
            batch.endFrame(feed(symbol, catalog), "markPrice", venueTime: venueTime, receiveTime: unknown)
        } else {
            batch.discard()
            batch.ignore("other stream")
        }
    }

    private mutating func feed(_ symbol: Bytes, _ catalog: FeedCatalog) -> Int {
        if let known = feeds.find(symbol) { return known }
        let feed = catalog.feed(venue: "backpack", symbol: symbol.text, isNumbered: true)
        feeds.insert(symbol, feed)
        return feed
    }
}
