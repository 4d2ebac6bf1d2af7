import Market
import Venues

/// Lines of `{"captured_at":…,"message_number":…,"data":<frame>}`: order books, trades and market statistics.
///
/// - `captured_at` is a local time of UTC+02:00 without its zone; every book frame's own time proves it.
/// - Trades of a `subscribed` frame are history and no live trades, and so are its liquidations.
/// - Trades are listed newest first. Sizes of `0.00000` delete a level.
/// - Newer book frames are linked by `begin_nonce` and `nonce`, older ones count `offset` up by one.
/// - Market statistics come for all markets; those of known instruments are kept. Rates are percent per hour, open interest
///   is worth in USDC.
struct LighterDecoder: RecordingDecoder {
    private static let zone = Nanoseconds.hours(2)
    private static let fundingInterval = Nanoseconds.hours(1)
    /// A zone that is wrong is wrong by a quarter of an hour at least.
    private static let clockTolerance = Nanoseconds.minutes(7).count
    private static let millisecond: Int64 = 1_000_000

    private var feeds = FeedIndex()
    private var foreign = FeedIndex()

    private struct Frame {
        var channel: Bytes?
        var type: Bytes?
        var time = Timestamp(nanoseconds: 0)
        var offset: Int64?
        var nonce: Int64?
        var firstNonce: Int64?
        var tradesOffset: Int?
        var liquidationsOffset: Int?
        var statisticsOffset: Int?
    }

    init() {}

    mutating func decode(_ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog) throws(RowFailure) {
        var json = JSONReader(row)
        var frame = Frame()
        var receiveTime: Timestamp?
        try json.beginObject()
        while let key = try json.nextKey() {
            if key == "captured_at" {
                let offset = json.valueOffset()
                receiveTime = try parseCalendarTime(try json.string(), at: offset + 1) - Self.zone
            } else if key == "data" {
                try readFrame(&json, &frame, into: &batch)
            } else {
                try json.skipValue()
            }
        }
        try json.end()
        guard let receiveTime else { throw RowFailure(offset: row.count, expected: "a member \"captured_at\"") }
        guard let type = frame.type else { throw RowFailure(offset: row.count, expected: "a member \"type\"") }
        if type == "subscribed/order_book" || type == "update/order_book" {
            try endBook(frame, isFull: type == "subscribed/order_book", receiveTime, row, into: &batch, catalog)
        } else if type == "update/trade" {
            try decodeTrades(frame, receiveTime, row, into: &batch, catalog)
        } else if let start = frame.statisticsOffset {
            try decodeStatistics(start, receiveTime, row, into: &batch, catalog)
        } else {
            batch.discard()
            batch.ignore(type == "subscribed/trade" ? "trade history" : "other channel")
        }
    }

    private func readFrame(_ json: inout JSONReader, _ frame: inout Frame, into batch: inout FrameBatch) throws(RowFailure) {
        try json.beginObject()
        while let key = try json.nextKey() {
            if key == "channel" {
                frame.channel = try json.string()
            } else if key == "type" {
                frame.type = try json.string()
            } else if key == "timestamp" {
                let offset = json.valueOffset()
                frame.time = try parseTime(try json.integer(), unit: Self.millisecond, at: offset)
            } else if key == "order_book" {
                try readBook(&json, &frame, into: &batch)
            } else {
                // The type comes last, so that the rest can be read only then.
                let offset = json.valueOffset()
                if key == "trades" { frame.tradesOffset = offset }
                if key == "liquidation_trades" { frame.liquidationsOffset = offset }
                if key == "market_stats" { frame.statisticsOffset = offset }
                try json.skipValue()
            }
        }
    }

    private func readBook(_ json: inout JSONReader, _ frame: inout Frame, into batch: inout FrameBatch) throws(RowFailure) {
        try json.beginObject()
        while let key = try json.nextKey() {
            if key == "asks" || key == "bids" {
                try readLevels(key == "bids" ? .buy : .sell, &json, into: &batch)
            } else if key == "offset" {
                frame.offset = try json.integer()
            } else if key == "nonce" {
                frame.nonce = try json.integer()
            } else if key == "begin_nonce" {
                frame.firstNonce = try json.integer()
            } else {
                try json.skipValue()
            }
        }
    }

    private func readLevels(_ side: Side, _ json: inout JSONReader, into batch: inout FrameBatch) throws(RowFailure) {
        try json.beginArray()
        while try json.nextElement() {
            let start = json.valueOffset()
            var (price, size): (Int64?, Int64?)
            try json.beginObject()
            while let key = try json.nextKey() {
                let offset = json.valueOffset()
                if key == "price" {
                    price = try parseDecimal(try json.decimalText(), at: offset)
                } else if key == "size" {
                    size = try parseDecimal(try json.decimalText(), at: offset)
                } else {
                    try json.skipValue()
                }
            }
            guard let price, price > 0, let size, size >= 0 else { throw RowFailure(offset: start, expected: "a price and a size") }
            batch.add(.level, side, price: price, quantity: size, at: start)
        }
    }

    private mutating func endBook(
        _ frame: Frame, isFull: Bool, _ receiveTime: Timestamp, _ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog
    ) throws(RowFailure) {
        guard abs((receiveTime - frame.time).count) <= Self.clockTolerance else {
            throw RowFailure(offset: 0, expected: "a captured_at of UTC+02:00 within minutes of the frame's timestamp", kind: .wrongClock)
        }
        let numbers: BookSync.Numbers
        if let last = frame.nonce, let first = frame.firstNonce {
            numbers = BookSync.Numbers(previous: first, last: last)
        } else if let offset = frame.offset {
            numbers = BookSync.Numbers(previous: offset &- 1, last: offset)
        } else {
            throw RowFailure(offset: row.count, expected: "an offset or nonces in the book")
        }
        batch.endFrame(
            try feed(frame, row, catalog), isFull ? "subscribed/order_book" : "update/order_book", isFull ? .book : .changes,
            numbers: numbers, venueTime: frame.time, receiveTime: receiveTime)
    }

    private mutating func decodeTrades(
        _ frame: Frame, _ receiveTime: Timestamp, _ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog
    ) throws(RowFailure) {
        let feed = try feed(frame, row, catalog)
        if let start = frame.liquidationsOffset { try readTrades(JSONReader(row, from: start), into: &batch) }
        if let start = frame.tradesOffset { try readTrades(JSONReader(row, from: start), into: &batch) }
        batch.reversePending()
        batch.endFrame(feed, "update/trade", venueTime: Timestamp(nanoseconds: 0), receiveTime: receiveTime)
    }

    private func readTrades(_ reader: JSONReader, into batch: inout FrameBatch) throws(RowFailure) {
        var json = reader
        guard !json.skipNull() else { return }
        try json.beginArray()
        while try json.nextElement() {
            let start = json.valueOffset()
            var (price, size, id, time): (Int64?, Int64?, Int64?, Timestamp?)
            var makerSold: Bool?
            var flags: MarketEvent.Flags = []
            try json.beginObject()
            while let key = try json.nextKey() {
                let offset = json.valueOffset()
                if key == "price" {
                    price = try parseDecimal(try json.decimalText(), at: offset)
                } else if key == "size" {
                    size = try parseDecimal(try json.decimalText(), at: offset)
                } else if key == "trade_id" {
                    id = try json.integer()
                } else if key == "timestamp" {
                    time = try parseTime(try json.integer(), unit: Self.millisecond, at: offset)
                } else if key == "is_maker_ask" {
                    makerSold = try json.bool()
                } else if key == "type" {
                    if try json.string() != "trade" { flags.insert(.liquidation) }
                } else {
                    try json.skipValue()
                }
            }
            guard let price, let size, let id, let time, let makerSold else {
                throw RowFailure(offset: start, expected: "price, size, trade_id, timestamp and is_maker_ask")
            }
            batch.add(
                .trade, makerSold ? .buy : .sell, price: price, quantity: size, detail: id, flags: flags,
                venueTime: time.nanoseconds, at: start)
        }
    }

    private mutating func decodeStatistics(
        _ start: Int, _ receiveTime: Timestamp, _ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog
    ) throws(RowFailure) {
        var json = JSONReader(row, from: start)
        try json.beginObject()
        while let market = try json.nextKey() {
            guard let feed = knownFeed(market, catalog) else {
                try json.skipValue()
                continue
            }
            try readStatistics(&json, into: &batch)
            batch.endFrame(feed, "market_stats", venueTime: Timestamp(nanoseconds: 0), receiveTime: receiveTime)
        }
        if batch.frames.isEmpty { batch.ignore("other market") }
    }

    private func readStatistics(_ json: inout JSONReader, into batch: inout FrameBatch) throws(RowFailure) {
        let start = json.valueOffset()
        var (mark, index, rate, settled, worth): (Int64?, Int64?, Int64?, Int64?, Int64?)
        try json.beginObject()
        while let key = try json.nextKey() {
            let offset = json.valueOffset()
            if key == "mark_price" {
                mark = try parseDecimal(try json.decimalText(), at: offset)
            } else if key == "index_price" {
                index = try parseDecimal(try json.decimalText(), at: offset)
            } else if key == "current_funding_rate" {
                // Percent to 10⁻¹²: two decimals fewer.
                rate = try parseDecimal(try json.decimalText(), decimals: 10, at: offset)
            } else if key == "funding_timestamp" {
                settled = try parseTime(try json.integer(), unit: Self.millisecond, at: offset).nanoseconds
            } else if key == "open_interest" {
                worth = try parseDecimal(try json.decimalText(), at: offset)
            } else {
                try json.skipValue()
            }
        }
        guard let mark, mark > 0, let index, let rate, let settled else {
            throw RowFailure(offset: start, expected: "mark_price, index_price, current_funding_rate and funding_timestamp")
        }
        batch.add(.mark, price: mark, at: start)
        batch.add(.index, price: index, at: start)
        let interval = Self.fundingInterval.count
        batch.add(.funding, price: rate, quantity: interval, detail: (settled / interval + 1) * interval, at: start)
        if let worth, let amount = Int64(exactly: Int128(worth) * 1_000_000_000 / Int128(mark)) {
            batch.add(.openInterest, quantity: amount, at: start)
        }
    }

    private mutating func feed(_ frame: Frame, _ row: Bytes, _ catalog: FeedCatalog) throws(RowFailure) -> Int {
        guard let channel = frame.channel, let colon = channel.firstIndex(of: 0x3A) else {
            throw RowFailure(offset: row.count, expected: "a channel such as order_book:1")
        }
        let market = channel.dropping(colon + 1)
        if let known = feeds.find(market) { return known }
        let feed = catalog.feed(venue: "lighter", symbol: market.text, isNumbered: true)
        feeds.insert(market, feed)
        return feed
    }

    /// The feed of a market of which something is known; statistics alone are no reason to import 92 markets.
    private mutating func knownFeed(_ market: Bytes, _ catalog: FeedCatalog) -> Int? {
        if let known = feeds.find(market) { return known }
        if foreign.find(market) != nil { return nil }
        let name = market.text
        guard KnownInstruments.find(venue: "lighter", symbol: name) != nil || catalog.symbols[name] != nil else {
            foreign.insert(market, 0)
            return nil
        }
        let feed = catalog.feed(venue: "lighter", symbol: name, isNumbered: true)
        feeds.insert(market, feed)
        return feed
    }
}
