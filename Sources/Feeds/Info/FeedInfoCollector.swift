import Market

/// Makes the facts of a feed from its events, in one pass and constant memory.
struct FeedInfoCollector: ~Copyable {
    private struct Order {
        var side: Side
        var ticks: Int64
        var lots: Int64
    }

    private struct Quote {
        var number: Int64
        var bid = (ticks: Int64(0), lots: Int64(0))
        var ask = (ticks: Int64(0), lots: Int64(0))
    }

    /// Quotes that wait for the book frame of their number; quotes of a feed without a book would wait for ever.
    private static let quoteLimit = 4_096

    private var info: FeedInfo
    private var kinds = [Int](repeating: 0, count: MarketEvent.Kind.allCases.count)
    private var clock: FeedClock
    private var latency = LatencyRecorder()
    /// Wider than a quantity: the sizes come from a file.
    private var traded: (bought: Int128, sold: Int128, unknown: Int128) = (0, 0, 0)
    private var book = OrderBook()
    private var orders: [Int64: Order] = [:]
    private var orderLevels = PriceLevels()
    /// Levels that a new level of the other side has crossed and that were not removed yet.
    private var crossed: [(side: Side, ticks: Int64)] = []
    private var quotes: [Quote] = []
    private var firstQuote = 0
    private var bookNumber: Int64 = 0
    /// A full book came, and no gap since.
    private var isSynchronised = false

    init(_ instrument: Instrument, minimumLatency: Nanoseconds = .milliseconds(1)) {
        info = FeedInfo(instrument: instrument)
        clock = FeedClock(minimumLatency: minimumLatency)
    }

    mutating func receive(_ event: MarketEvent) {
        info.records += 1
        kinds[Int(event.kind.rawValue)] += 1
        noteTimes(event)
        var corrected = event
        clock.correct(&corrected)
        if event.isFirst, event.flags.contains(.snapshot) { clearBook() }
        switch event.kind {
        case .level: setLevel(event)
        case .orderAdded: add(event)
        case .orderChanged: change(event)
        case .orderDeleted: delete(event)
        case .trade: addTrade(event)
        case .quote: addQuote(event)
        case .gap:
            info.gaps += 1
            clearBook()
            isSynchronised = false
        case .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange: break
        }
        if event.isLast { endFrame(event) }
    }

    /// What tells of a fault while records come; only ever grows.
    var faults: (crossedFrames: Int, differentQuotes: Int) { (info.crossedFrames, info.quoteComparison.different) }

    consuming func finish(bytes: Int? = nil) -> FeedInfo {
        var info = info
        for kind in MarketEvent.Kind.allCases where kinds[Int(kind.rawValue)] > 0 {
            info.counts.append(ImportSummary.Count(name: "\(kind)", count: kinds[Int(kind.rawValue)]))
        }
        info.trades.bought = Quantity(lots: Int64(clamping: traded.bought))
        info.trades.sold = Quantity(lots: Int64(clamping: traded.sold))
        info.trades.unknown = Quantity(lots: Int64(clamping: traded.unknown))
        info.latency = latency.summary
        info.clock = clock.statistics
        if !orders.isEmpty || info.count(.orderAdded) > 0 {
            (info.bidLevels, info.askLevels) = orderLevels.counts
            info.bestBid = orderLevels.bestBid.map { Self.best($0, orderLevels.size(.buy, $0)) }
            info.bestAsk = orderLevels.bestAsk.map { Self.best($0, orderLevels.size(.sell, $0)) }
        } else {
            info.bestBid = book.bestBid.map { Self.best($0.ticks, book.lots(.buy, $0.ticks)) }
            info.bestAsk = book.bestAsk.map { Self.best($0.ticks, book.lots(.sell, $0.ticks)) }
        }
        if let bytes, info.levelChanges > 0 { info.bytesPerLevelChange = Double(bytes) / Double(info.levelChanges) }
        return info
    }

    private static func best(_ ticks: Int64, _ lots: Int64) -> FeedInfo.BestLevel {
        FeedInfo.BestLevel(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
    }

    private mutating func noteTimes(_ event: MarketEvent) {
        if event.venueTime.nanoseconds != 0 {
            if info.firstVenueTime == nil { info.firstVenueTime = event.venueTime }
            info.lastVenueTime = event.venueTime
        }
        if event.receiveTime.nanoseconds != 0 {
            if info.firstReceiveTime == nil { info.firstReceiveTime = event.receiveTime }
            info.lastReceiveTime = event.receiveTime
        }
    }

    private mutating func clearBook() {
        book.removeAll()
        orders.removeAll()
        orderLevels = PriceLevels()
        crossed.removeAll()
        (info.bidLevels, info.askLevels) = (0, 0)
        bookNumber = 0
        isSynchronised = true
    }

    private mutating func setLevel(_ event: MarketEvent) {
        info.levelChanges += 1
        let (side, ticks) = (event.side, event.price)
        if event.quantity > 0 { noteCrossing(side, ticks) }
        let previous = book.set(side, ticks: ticks, lots: event.quantity)
        let change = (event.quantity > 0 ? 1 : 0) - (previous > 0 ? 1 : 0)
        if side == .buy { info.bidLevels += change } else { info.askLevels += change }
        bookNumber = event.detail
    }

    /// Notes the levels of the other side that a new level at `ticks` crosses.
    private mutating func noteCrossing(_ side: Side, _ ticks: Int64) {
        let isCrossing = side == .buy ? ticks >= book.bestAskTicks : ticks <= book.bestBidTicks
        guard isCrossing else { return }
        var level = book.next(side.opposite, after: nil)
        while let found = level, side == .buy ? found.ticks <= ticks : found.ticks >= ticks {
            crossed.append((side.opposite, found.ticks))
            level = book.next(side.opposite, after: found.ticks)
        }
    }

    private mutating func add(_ event: MarketEvent) {
        info.levelChanges += 1
        orders[event.detail] = Order(side: event.side, ticks: event.price, lots: event.quantity)
        orderLevels.add(event.side, event.price, event.quantity)
    }

    private mutating func change(_ event: MarketEvent) {
        info.levelChanges += 1
        guard let order = orders[event.detail] else { return }
        orderLevels.add(order.side, order.ticks, event.quantity &- order.lots)
        orders[event.detail] = Order(side: order.side, ticks: order.ticks, lots: event.quantity)
    }

    private mutating func delete(_ event: MarketEvent) {
        info.levelChanges += 1
        guard let order = orders.removeValue(forKey: event.detail) else { return }
        orderLevels.add(order.side, order.ticks, -order.lots)
    }

    private mutating func addTrade(_ event: MarketEvent) {
        info.trades.count += 1
        let quantity = Int128(event.quantity)
        if event.flags.contains(.noAggressor) {
            traded.unknown += quantity
        } else if event.side == .buy {
            traded.bought += quantity
        } else {
            traded.sold += quantity
        }
    }

    private mutating func addQuote(_ event: MarketEvent) {
        guard event.detail != 0 else { return }
        if event.isFirst {
            if quotes.count - firstQuote >= Self.quoteLimit { firstQuote += 1 }
            if firstQuote > Self.quoteLimit {
                quotes.removeFirst(firstQuote)
                firstQuote = 0
            }
            quotes.append(Quote(number: event.detail))
        }
        guard !quotes.isEmpty, quotes[quotes.count - 1].number == event.detail else { return }
        switch event.side {
        case .buy: quotes[quotes.count - 1].bid = (event.price, event.quantity)
        case .sell: quotes[quotes.count - 1].ask = (event.price, event.quantity)
        }
    }

    private mutating func endFrame(_ event: MarketEvent) {
        info.frames += 1
        let isSnapshot = event.flags.contains(.snapshot)
        if !isSnapshot, event.venueTime.nanoseconds != 0, event.receiveTime.nanoseconds != 0 {
            latency.record((event.receiveTime - event.venueTime).count)
        }
        switch event.kind {
        case .level:
            countCrossing()
            if !isSnapshot { compareQuotes(areLate: false) }
        case .quote where event.detail == bookNumber && bookNumber != 0: compareQuotes(areLate: true)
        case .orderAdded, .orderChanged, .orderDeleted, .trade, .quote, .mark, .index, .funding, .openInterest, .liquidation, .status,
            .instrumentChange, .gap:
            break
        }
    }

    private mutating func countCrossing() {
        guard !crossed.isEmpty else { return }
        crossed.removeAll { level in
            guard book.lots(level.side, level.ticks) > 0 else { return true }
            return level.side == .sell ? book.bestBidTicks < level.ticks : book.bestAskTicks > level.ticks
        }
        if !crossed.isEmpty { info.crossedFrames += 1 }
    }

    /// Compares the quotes of the book's number with the book, and forgets the older ones.
    private mutating func compareQuotes(areLate: Bool) {
        guard bookNumber != 0 else { return }
        while firstQuote < quotes.count, quotes[firstQuote].number <= bookNumber {
            let quote = quotes[firstQuote]
            firstQuote += 1
            guard quote.number == bookNumber else { continue }
            guard isSynchronised else {
                info.quoteComparison.unverified += 1
                continue
            }
            if areLate { info.quoteComparison.late += 1 }
            let bid = book.bestBidTicks
            let ask = book.bestAskTicks
            let isEqual =
                bid == quote.bid.ticks && ask == quote.ask.ticks && book.lots(.buy, bid) == quote.bid.lots
                && book.lots(.sell, ask) == quote.ask.lots
            if isEqual { info.quoteComparison.equal += 1 } else { info.quoteComparison.different += 1 }
        }
        if firstQuote == quotes.count {
            quotes.removeAll(keepingCapacity: true)
            firstQuote = 0
        }
    }
}
