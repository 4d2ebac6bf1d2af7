/// What a feed shows of its book, whether it tells levels, single orders or only the best prices: for those who look at recordings.
public struct RecordedBook: ~Copyable {
    /// Nothing in it where the feed tells only quotes.
    public private(set) var levels = OrderBook()
    public private(set) var quote = (bid: Int64(0), ask: Int64(0), bidLots: Int64(0), askLots: Int64(0))
    /// Whether the feed has told of more than quotes.
    public private(set) var hasLevels = false
    private var orders: [Int64: (side: Side, ticks: Int64, lots: Int64)] = [:]

    public init() {}

    /// Takes the feed's next record; a gap or a full book makes it forget what stood.
    public mutating func receive(_ event: MarketEvent) {
        if event.kind == .gap || (event.isFirst && event.flags.contains(.snapshot)) {
            levels.removeAll()
            orders.removeAll()
        }
        switch event.kind {
        case .level:
            hasLevels = true
            levels.set(event.side, ticks: event.price, lots: event.quantity)
        case .orderAdded, .orderChanged:
            hasLevels = true
            remove(event.detail)
            guard event.quantity > 0 else { return }
            orders[event.detail] = (event.side, event.price, event.quantity)
            levels.set(event.side, ticks: event.price, lots: levels.lots(event.side, event.price) &+ event.quantity)
        case .orderDeleted: remove(event.detail)
        case .quote where event.side == .buy: (quote.bid, quote.bidLots) = (event.price, event.quantity)
        case .quote: (quote.ask, quote.askLots) = (event.price, event.quantity)
        case .trade, .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange, .gap: break
        }
    }

    private mutating func remove(_ id: Int64) {
        guard let order = orders.removeValue(forKey: id) else { return }
        levels.set(order.side, ticks: order.ticks, lots: max(0, levels.lots(order.side, order.ticks) &- order.lots))
    }

    /// The best prices; nil while a side is empty or they are crossed.
    public var touch: (bid: Int64, ask: Int64)? {
        let found = hasLevels ? (levels.bestBidTicks, levels.bestAskTicks) : (quote.bid, quote.ask)
        let isWhole = hasLevels ? levels.hasBothSides : quote.bid > 0
        return isWhole && found.0 < found.1 ? found : nil
    }
}
