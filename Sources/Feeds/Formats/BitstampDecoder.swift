import Market
import Venues

/// Lines of `<receive time ms> <event> <JSON>`: order by order, with trades and periodic top-20 books.
///
/// - `datetime` is when an order was created, in whole seconds: no time of the event, so there is no venue time.
/// - Orders that were created before the recording are unknown: their changes and deletions are counted, not kept.
/// - A change that also changes the price becomes a deletion and an addition: it loses its place in the queue.
/// - Trades carry no aggressor, and numbers that a program printed from binary floating point.
/// - The books are a check: their best prices are compared with the orders' after the first ten minutes.
struct BitstampDecoder: RecordingDecoder {
    private struct Order {
        var side: Side
        var price: Int64
        var amount: Int64
    }

    private static let warmUp = Nanoseconds.minutes(10)
    private static let priceDecimals = 2
    private static let amountDecimals = 8
    private static let priceUnit: Int64 = 10_000_000
    private static let amountUnit: Int64 = 10

    private var feed: Int?
    private var orders: [Int64: Order] = [:]
    private var levels = PriceLevels()
    private var start: Timestamp?
    private var counts = Counts()

    private struct Counts {
        var unknownDeletions = 0, unknownChanges = 0, priceChanges = 0, filledDeletions = 0, repeatedCreations = 0
        var booksCompared = 0, bestBidEqual = 0, bestAskEqual = 0
    }

    init() {}

    var checks: [String: Int] {
        [
            "deletions of unknown orders": counts.unknownDeletions, "changes of unknown orders": counts.unknownChanges,
            "changes of a price": counts.priceChanges, "deletions of filled orders": counts.filledDeletions,
            "repeated creations": counts.repeatedCreations, "books compared": counts.booksCompared,
            "best bids equal": counts.bestBidEqual, "best asks equal": counts.bestAskEqual, "orders open at the end": orders.count,
        ]
    }

    private struct Fields {
        var price: (text: Bytes, offset: Int)?
        var amount: (text: Bytes, offset: Int)?
        var id: Int64?
        var side: Side?
    }

    mutating func decode(_ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog) throws(RowFailure) {
        guard let space = row.firstIndex(of: 0x20), let second = row.firstIndex(of: 0x20, from: space + 1) else {
            throw RowFailure(offset: 0, expected: "a receive time, an event and JSON")
        }
        let receiveTime = try parseTime(try parseInteger(row.slice(0, space), at: 0), unit: 1_000_000, at: 0)
        let event = row.slice(space + 1, second)
        var json = JSONReader(row, from: second + 1)
        let feed = self.feed ?? catalog.feed(venue: "bitstamp", symbol: "btcusd", isNumbered: false)
        self.feed = feed
        let start = self.start ?? receiveTime
        self.start = start
        var stream: StaticString
        if event == "order_book" {
            stream = "order_book"
            let best = try readBest(&json)
            if receiveTime - start > Self.warmUp { compare(best) }
        } else {
            let fields = try readFields(&json)
            if event == "order_created" {
                stream = "order_created"
                try create(fields, row, &batch)
            } else if event == "order_changed" {
                stream = "order_changed"
                try change(fields, row, &batch)
            } else if event == "order_deleted" {
                stream = "order_deleted"
                try delete(fields, row, &batch)
            } else if event == "trade" {
                stream = "trade"
                try trade(fields, row, &batch)
            } else {
                throw RowFailure(offset: space + 1, expected: "order_created, order_changed, order_deleted, trade or order_book")
            }
        }
        try json.end()
        batch.endFrame(feed, stream, venueTime: Timestamp(nanoseconds: 0), receiveTime: receiveTime)
    }

    private func readFields(_ json: inout JSONReader) throws(RowFailure) -> Fields {
        var fields = Fields()
        try json.beginObject()
        while let key = try json.nextKey() {
            let offset = json.valueOffset()
            if key == "price" {
                fields.price = (try json.decimalText(), offset)
            } else if key == "amount" {
                fields.amount = (try json.decimalText(), offset)
            } else if key == "id" {
                fields.id = try json.integer()
            } else if key == "order_type" {
                fields.side = try json.integer() == 0 ? .buy : .sell
            } else {
                try json.skipValue()
            }
        }
        return fields
    }

    private func order(_ fields: Fields, _ row: Bytes) throws(RowFailure) -> (id: Int64, order: Order, offset: Int) {
        guard let price = fields.price, let amount = fields.amount, let id = fields.id, let side = fields.side else {
            throw RowFailure(offset: row.count, expected: "the members price, amount, id and order_type")
        }
        let order = Order(
            side: side, price: try parseDecimal(price.text, at: price.offset), amount: try parseDecimal(amount.text, at: amount.offset))
        guard order.price > 0, order.amount >= 0 else {
            throw RowFailure(offset: price.offset, expected: "a price above 0 and an amount of 0 or more", kind: .outOfRange)
        }
        return (id, order, price.offset)
    }

    private mutating func create(_ fields: Fields, _ row: Bytes, _ batch: inout FrameBatch) throws(RowFailure) {
        let (id, order, offset) = try order(fields, row)
        if let previous = orders.updateValue(order, forKey: id) {
            counts.repeatedCreations += 1
            remove(id, previous, left: previous.amount, &batch, at: offset)
        }
        add(id, order, &batch, at: offset)
    }

    private mutating func change(_ fields: Fields, _ row: Bytes, _ batch: inout FrameBatch) throws(RowFailure) {
        let (id, order, offset) = try order(fields, row)
        if let previous = orders[id], previous.price != order.price { counts.priceChanges += 1 }
        guard let previous = orders[id] else {
            counts.unknownChanges += 1
            return
        }
        orders[id] = order
        if previous.price != order.price || previous.side != order.side {
            remove(id, previous, left: previous.amount, &batch, at: offset)
            add(id, order, &batch, at: offset)
        } else {
            levels.add(order.side, order.price, order.amount - previous.amount)
            batch.add(.orderChanged, order.side, price: order.price, quantity: order.amount, detail: id, at: offset)
        }
    }

    private mutating func delete(_ fields: Fields, _ row: Bytes, _ batch: inout FrameBatch) throws(RowFailure) {
        let (id, order, offset) = try order(fields, row)
        if order.amount == 0 { counts.filledDeletions += 1 }
        guard let previous = orders.removeValue(forKey: id) else {
            counts.unknownDeletions += 1
            return
        }
        remove(id, previous, left: order.amount, &batch, at: offset)
    }

    private func trade(_ fields: Fields, _ row: Bytes, _ batch: inout FrameBatch) throws(RowFailure) {
        guard let price = fields.price, let amount = fields.amount, let id = fields.id else {
            throw RowFailure(offset: row.count, expected: "the members price, amount and id")
        }
        let cents = try parseBinaryDecimal(price.text, decimals: Self.priceDecimals, at: price.offset)
        let units = try parseBinaryDecimal(amount.text, decimals: Self.amountDecimals, at: amount.offset)
        let (scaledPrice, overflow) = cents.multipliedReportingOverflow(by: Self.priceUnit)
        let (scaledAmount, overflow2) = units.multipliedReportingOverflow(by: Self.amountUnit)
        guard !overflow, !overflow2 else { throw RowFailure(offset: price.offset, expected: "numbers that fit 64 bits", kind: .outOfRange) }
        batch.add(.trade, price: scaledPrice, quantity: scaledAmount, detail: id, flags: .noAggressor, at: price.offset)
    }

    private mutating func add(_ id: Int64, _ order: Order, _ batch: inout FrameBatch, at offset: Int) {
        levels.add(order.side, order.price, order.amount)
        batch.add(.orderAdded, order.side, price: order.price, quantity: order.amount, detail: id, at: offset)
    }

    private mutating func remove(_ id: Int64, _ order: Order, left: Int64, _ batch: inout FrameBatch, at offset: Int) {
        levels.add(order.side, order.price, -order.amount)
        batch.add(.orderDeleted, order.side, price: order.price, quantity: left, detail: id, at: offset)
    }

    private func readBest(_ json: inout JSONReader) throws(RowFailure) -> (bid: Int64?, ask: Int64?) {
        var best: (bid: Int64?, ask: Int64?) = (nil, nil)
        try json.beginObject()
        while let key = try json.nextKey() {
            let isBid = key == "bids"
            guard isBid || key == "asks" else {
                try json.skipValue()
                continue
            }
            try json.beginArray()
            while try json.nextElement() {
                let isFirst = isBid ? best.bid == nil : best.ask == nil
                guard isFirst else {
                    try json.skipValue()
                    continue
                }
                try json.beginArray()
                guard try json.nextElement() else { throw json.failure("a price") }
                let offset = json.valueOffset()
                let price = try parseDecimal(try json.decimalText(), at: offset)
                if isBid { best.bid = price } else { best.ask = price }
                while try json.nextElement() { try json.skipValue() }
            }
        }
        return best
    }

    private mutating func compare(_ best: (bid: Int64?, ask: Int64?)) {
        counts.booksCompared += 1
        if best.bid == levels.bestBid { counts.bestBidEqual += 1 }
        if best.ask == levels.bestAsk { counts.bestAskEqual += 1 }
    }
}

/// Sums of order sizes by price, small enough to be searched for the best only when asked.
struct PriceLevels {
    private var bids: [Int64: Int64] = [:]
    private var asks: [Int64: Int64] = [:]

    /// Order amounts come from a file: a sum that overflows is as good as any other.
    mutating func add(_ side: Side, _ price: Int64, _ amount: Int64) {
        switch side {
        case .buy: Self.add(&bids, price, amount)
        case .sell: Self.add(&asks, price, amount)
        }
    }

    private static func add(_ levels: inout [Int64: Int64], _ price: Int64, _ amount: Int64) {
        let sum = (levels[price] ?? 0) &+ amount
        levels[price] = sum > 0 ? sum : nil
    }

    var bestBid: Int64? { bids.keys.max() }
    var bestAsk: Int64? { asks.keys.min() }
    func size(_ side: Side, _ price: Int64) -> Int64 { (side == .buy ? bids[price] : asks[price]) ?? 0 }
    var counts: (bids: Int, asks: Int) { (bids.count, asks.count) }
}
