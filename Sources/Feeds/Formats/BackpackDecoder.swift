import Market
import Venues

/// Lines of `{"data":{…},"stream":…}`: frames as the venue sent them, without a receive time. There is no full book in the stream.
struct BackpackDecoder: RecordingDecoder {
    private static let fundingInterval = Nanoseconds.hours(1)

    private var feeds = FeedIndex()
    private var reader = BackpackStreamReader()

    init() {}

    mutating func decode(_ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog) throws(RowFailure) {
        let message = try reader.read(row)
        switch message {
        case .depth:
            for level in reader.levels { batch.add(.level, level.side, price: level.price, quantity: level.size, at: level.offset) }
            try end("depth", .changes, numbers: try reader.numbers, &batch, catalog)
        case .bookTicker:
            let quote = try reader.quote
            batch.addQuote(
                bid: (quote.bid, quote.bidSize), ask: (quote.ask, quote.askSize), number: quote.number,
                at: reader.place(of: "b"))
            try end("bookTicker", .other, &batch, catalog)
        case .trade:
            let trade = try reader.trade
            batch.add(.trade, trade.aggressor, price: trade.price, quantity: trade.size, detail: trade.id, at: reader.place(of: "p"))
            try end("trade", .other, &batch, catalog)
        case .markPrice:
            let mark = try reader.mark
            batch.add(.mark, price: mark.mark, at: reader.place(of: "p"))
            if let index = mark.index { batch.add(.index, price: index, at: reader.place(of: "i")) }
            if let rate = mark.rate {
                batch.add(
                    .funding, price: rate, quantity: Self.fundingInterval.count, detail: mark.due?.nanoseconds ?? 0,
                    at: reader.place(of: "f"))
            }
            try end("markPrice", .other, &batch, catalog)
        case .openInterest:
            batch.add(.openInterest, quantity: try reader.openInterest, at: reader.place(of: "o"))
            try end("openInterest", .other, &batch, catalog)
        case .liquidation:
            let forced = try reader.liquidation
            batch.add(.liquidation, forced.side, price: forced.price, quantity: forced.size, at: reader.place(of: "p"))
            try end("liquidation", .other, &batch, catalog)
        case .order, .position, .balance, .refusal, .other:
            batch.discard()
            batch.ignore("other stream")
        }
    }

    private mutating func end(
        _ stream: StaticString, _ content: DecodedFrame.Content, numbers: BookSync.Numbers = .init(through: 0), _ batch: inout FrameBatch,
        _ catalog: FeedCatalog
    ) throws(RowFailure) {
        batch.endFrame(
            feed(try reader.symbol, catalog), stream, content, numbers: numbers, venueTime: try reader.sentAt,
            receiveTime: Timestamp(nanoseconds: 0))
    }

    private mutating func feed(_ symbol: Bytes, _ catalog: FeedCatalog) -> Int {
        if let known = feeds.find(symbol) { return known }
        let feed = catalog.feed(venue: "backpack", symbol: symbol.text, isNumbered: true)
        feeds.insert(symbol, feed)
        return feed
    }
}
