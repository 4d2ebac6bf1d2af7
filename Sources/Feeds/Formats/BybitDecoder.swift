import Market
import Venues

/// Lines of `{"t":…,"conn":…,"ts":…,"data":"<JSON text>"}`: a capture of HTTP answers and of one socket for each category.
///
/// - A `connect` line tells the category of a connection by its address; the same symbol of two categories is two feeds.
/// - The `http` lines are instrument lists: tick, lot, minimum and funding interval come from them.
/// - Venue time is the matching time: `cts` of a book, `T` of a trade; `ts` of tickers.
/// - Ticker deltas hold only what changed; a funding record is made of what is known by then.
/// - Candles are derived data and not kept.
struct BybitDecoder: RecordingDecoder {
    private struct Connection {
        var name: [UInt8]
        var venue: String
        var feeds = FeedIndex()
    }

    /// What the last ticker messages said.
    private struct Funding {
        var rate: Int64?
        var next: Int64 = 0
        var interval: Int64 = 0
    }

    private static let millisecond: Int64 = 1_000_000

    private var connections: [Connection] = []
    private var funding: [Int: Funding] = [:]
    private var message: [UInt8] = []

    private let venue: String?

    /// - Parameter venue: Of messages whose connection was not named before them, as in raw frames of one feed; nil: such are errors.
    init(venue: String? = nil) { self.venue = venue }

    mutating func decode(_ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog) throws(RowFailure) {
        var json = JSONReader(row)
        var (kind, name, address, url, data): (Bytes?, Bytes?, Bytes?, Bytes?, Bytes?)
        var dataOffset = 0
        var receiveTime = Timestamp(nanoseconds: 0)
        try json.beginObject()
        while let key = try json.nextKey() {
            if key == "t" {
                kind = try json.string()
            } else if key == "conn" {
                name = try json.string()
            } else if key == "addr" {
                address = try json.escapedString()
            } else if key == "url" {
                url = try json.escapedString()
            } else if key == "ts" {
                let offset = json.valueOffset()
                receiveTime = try parseTime(try parseDecimal(try json.decimalText(), at: offset), unit: 1, at: offset)
            } else if key == "data" {
                dataOffset = json.valueOffset() + 1
                data = try json.escapedString()
            } else {
                try json.skipValue()
            }
        }
        try json.end()
        guard let kind else { throw RowFailure(offset: row.count, expected: "a member \"t\"") }
        if kind == "connect", let name, let address {
            connect(name, address)
        } else if kind == "recv", let name, let data {
            if let venue, !connections.contains(where: { Bytes.lending($0.name) { $0.equals(name) } }) {
                connections.append(Connection(name: Array(name.text.utf8), venue: venue))
            }
            guard let index = connections.firstIndex(where: { Bytes.lending($0.name) { $0.equals(name) } }) else {
                throw RowFailure(offset: 0, expected: "a connect line of \(name.text) before its messages")
            }
            try withMessage(data, at: dataOffset) { (decoder, bytes) throws(RowFailure) in
                try decoder.decodeMessage(bytes, index, receiveTime, into: &batch, catalog)
            }
        } else if kind == "http", let url, let data, url.firstIndex(of: "instruments-info") != nil {
            let venue = url.firstIndex(of: "category=spot") != nil ? "bybit-spot" : "bybit-linear"
            try withMessage(data, at: dataOffset) { (_, bytes) throws(RowFailure) in
                try BybitInstruments.read(bytes, venue: venue, into: catalog)
            }
            batch.ignore("instrument list")
        } else {
            batch.ignore("no message")
        }
    }

    /// Lends the message inside of the text `data` to `body`. A failure names the start of the text: offsets inside of it
    /// are those of the text without its escapes.
    private mutating func withMessage(
        _ data: Bytes, at offset: Int, _ body: (inout BybitDecoder, Bytes) throws(RowFailure) -> Void
    ) throws(RowFailure) {
        var buffer: [UInt8] = []
        swap(&buffer, &message)
        defer { swap(&buffer, &message) }
        try JSONText.unescape(data, into: &buffer, at: offset)
        try Bytes.lending(buffer) { bytes throws(RowFailure) in
            do throws(RowFailure) { try body(&self, bytes) } catch {
                throw RowFailure(offset: offset, expected: "\(error.expected) at byte \(error.offset) of the message", kind: error.kind)
            }
        }
    }

    private mutating func connect(_ name: Bytes, _ address: Bytes) {
        let text = address.text
        let category = text.split(separator: "/").last.map(String.init) ?? text
        let bytes = Array(name.text.utf8)
        connections.removeAll { $0.name == bytes }
        connections.append(Connection(name: bytes, venue: "bybit-\(category)"))
    }

    private mutating func decodeMessage(
        _ bytes: Bytes, _ connection: Int, _ receiveTime: Timestamp, into batch: inout FrameBatch, _ catalog: FeedCatalog
    ) throws(RowFailure) {
        var json = JSONReader(bytes)
        var (topic, type): (Bytes?, Bytes?)
        var (time, matched) = (Timestamp(nanoseconds: 0), Timestamp(nanoseconds: 0))
        var dataOffset: Int?
        try json.beginObject()
        while let key = try json.nextKey() {
            let offset = json.valueOffset()
            if key == "topic" {
                topic = try json.string()
            } else if key == "type" {
                type = try json.string()
            } else if key == "ts" {
                time = try parseTime(try json.integer(), unit: Self.millisecond, at: offset)
            } else if key == "cts" {
                matched = try parseTime(try json.integer(), unit: Self.millisecond, at: offset)
            } else {
                if key == "data" { dataOffset = offset }
                try json.skipValue()
            }
        }
        try json.end()
        guard let topic, let dataOffset else { return batch.ignore("subscription answer") }
        guard let dot = topic.lastIndex(of: 0x2E) else { throw RowFailure(offset: 0, expected: "a topic such as tickers.BTCUSDT") }
        let symbol = topic.dropping(dot + 1)
        if topic.hasPrefix("orderbook.") {
            let numbers = try readBook(JSONReader(bytes, from: dataOffset), into: &batch)
            batch.endFrame(
                feed(symbol, connection, catalog), "orderbook.200", type.map { $0 == "snapshot" } ?? false ? .book : .changes,
                numbers: numbers, venueTime: matched.nanoseconds > 0 ? matched : time, receiveTime: receiveTime)
        } else if topic.hasPrefix("publicTrade.") {
            try readTrades(JSONReader(bytes, from: dataOffset), into: &batch)
            batch.endFrame(feed(symbol, connection, catalog), "publicTrade", venueTime: time, receiveTime: receiveTime)
        } else if topic.hasPrefix("tickers.") {
            let feed = feed(symbol, connection, catalog)
            try readTicker(JSONReader(bytes, from: dataOffset), feed, into: &batch)
            batch.endFrame(feed, "tickers", venueTime: time, receiveTime: receiveTime)
        } else {
            batch.ignore("other topic")
        }
    }

    private func readBook(_ reader: JSONReader, into batch: inout FrameBatch) throws(RowFailure) -> BookSync.Numbers {
        var json = reader
        var update: Int64?
        let start = json.offset
        try json.beginObject()
        while let key = try json.nextKey() {
            if key == "b" || key == "a" {
                try json.readLevelPairs(key == "b" ? .buy : .sell, into: &batch)
            } else if key == "u" {
                update = try json.integer()
            } else {
                try json.skipValue()
            }
        }
        guard let update else { throw RowFailure(offset: start, expected: "a member \"u\"") }
        return BookSync.Numbers(previous: update &- 1, last: update)
    }

    private func readTrades(_ reader: JSONReader, into batch: inout FrameBatch) throws(RowFailure) {
        var json = reader
        try json.beginArray()
        while try json.nextElement() {
            let start = json.valueOffset()
            var (price, size, id, time): (Int64?, Int64?, Int64?, Timestamp?)
            var side: Side?
            try json.beginObject()
            while let key = try json.nextKey() {
                let offset = json.valueOffset()
                if key == "p" {
                    price = try parseDecimal(try json.decimalText(), at: offset)
                } else if key == "v" {
                    size = try parseDecimal(try json.decimalText(), at: offset)
                } else if key == "T" {
                    time = try parseTime(try json.integer(), unit: Self.millisecond, at: offset)
                } else if key == "S" {
                    side = try json.string() == "Buy" ? .buy : .sell
                } else if key == "i" {
                    id = Self.tradeID(try json.string())
                } else {
                    try json.skipValue()
                }
            }
            guard let price, let size, let id, let time, let side else {
                throw RowFailure(offset: start, expected: "the members p, v, T, S and i")
            }
            batch.add(.trade, side, price: price, quantity: size, detail: id, venueTime: time.nanoseconds, at: start)
        }
    }

    /// Spot numbers its trades; the id of a linear one is a UUID, of which the first 63 bits are enough to tell it apart.
    private static func tradeID(_ text: Bytes) -> Int64 {
        if let number = Int64(text.text) { return number }
        var bits: UInt64 = 0
        for index in 0..<text.count {
            guard let digit = Character(Unicode.Scalar(text[index])).hexDigitValue else { continue }
            guard bits >> 60 == 0 else { break }
            bits = bits << 4 | UInt64(digit)
        }
        return Int64(truncatingIfNeeded: bits & UInt64(Int64.max))
    }

    private mutating func readTicker(_ reader: JSONReader, _ feed: Int, into batch: inout FrameBatch) throws(RowFailure) {
        var json = reader
        var known = funding[feed] ?? Funding()
        var changesFunding = false
        try json.beginObject()
        while let key = try json.nextKey() {
            let offset = json.valueOffset()
            if key == "markPrice" {
                batch.add(.mark, price: try parseDecimal(try json.decimalText(), at: offset), at: offset)
            } else if key == "indexPrice" {
                batch.add(.index, price: try parseDecimal(try json.decimalText(), at: offset), at: offset)
            } else if key == "openInterest" {
                batch.add(.openInterest, quantity: try parseDecimal(try json.decimalText(), at: offset), at: offset)
            } else if key == "fundingRate" {
                known.rate = try parseDecimal(try json.decimalText(), decimals: 12, at: offset)
                changesFunding = true
            } else if key == "nextFundingTime" {
                known.next = try parseTime(try json.integer(), unit: Self.millisecond, at: offset).nanoseconds
                changesFunding = true
            } else if key == "fundingIntervalHour" {
                known.interval = try parseTime(try json.integer(), unit: 3_600_000_000_000, at: offset).nanoseconds
                changesFunding = true
            } else {
                try json.skipValue()
            }
        }
        funding[feed] = known
        if changesFunding, let rate = known.rate {
            batch.add(.funding, price: rate, quantity: known.interval, detail: known.next, at: reader.offset)
        }
    }

    private mutating func feed(_ symbol: Bytes, _ connection: Int, _ catalog: FeedCatalog) -> Int {
        if let known = connections[connection].feeds.find(symbol) { return known }
        let feed = catalog.feed(venue: connections[connection].venue, symbol: symbol.text, isNumbered: true)
        connections[connection].feeds.insert(symbol, feed)
        return feed
    }
}
