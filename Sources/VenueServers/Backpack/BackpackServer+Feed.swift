public import Market
internal import Simulation
internal import Trading

/// The recorded market as it is served.
extension BackpackServer {
    /// Takes the next record of a feed, at venue time; those of instruments that are not listed are left out.
    public func receive(_ event: borrowing MarketEvent) {
        guard let market = market(event.instrument) else { return }
        let event = copy event
        if nextWake < event.venueTime { advance(to: event.venueTime) }
        now = max(now, event.venueTime)
        startSecond()
        let outcome = operate(market, at: now) { [venue] in venue.receive(event) }
        switch event.kind {
        case .level where market.take(event): publishFrame(market)
        case .trade: publishRecorded(event, takenByOwn: outcome.takenByOwn, market)
        case .mark:
            market.mark = FinePrice(nanos: event.price)
            market.marks.add(event.price, at: event.venueTime)
        case .index:
            market.index = FinePrice(nanos: event.price)
            market.indices.add(event.price, at: event.venueTime)
        case .funding: noteFunding(event, market)
        case .openInterest:
            market.openInterest = (event.quantity, event.venueTime)
            publish(market.openInterestChannel, market.openInterestFrame(at: event.venueTime))
        case .liquidation:
            publish(liquidations, market.liquidationFrame(event.side, ticks: event.price, lots: event.quantity, at: event.venueTime))
        case .status: market.status = TradingStatus(rawValue: event.price) ?? .halted
        case .gap: market.dropFrame()
        case .level, .quote, .orderAdded, .orderChanged, .orderDeleted, .instrumentChange: break
        }
        switch event.kind {
        case .mark, .index, .funding:
            if event.isLast { publish(market.markPrice, market.markFrame(at: event.venueTime)) }
        default: break
        }
        publishOwn(market)
    }

    private func noteFunding(_ event: MarketEvent, _ market: ServedMarket) {
        let due = Timestamp(nanoseconds: event.detail)
        if let ended = market.funding, ended.due < due, ended.due <= event.venueTime { market.fundingHistory.append(ended) }
        market.funding = (Rate(trillionths: event.price), due)
    }

    // MARK: Books

    private func publishFrame(_ market: ServedMarket) {
        // What the frame took away of clients' orders is told before what it brings, so that the book is not crossed between.
        tellOwn(market)
        if let change = market.applyFrame() { publish(change, market, at: market.bookTime) }
        tellOwn(market)
    }

    /// What clients' orders changed of the book; a frame that has begun is waited for.
    func publishOwn(_ market: ServedMarket) { if !market.isWithinFrame { tellOwn(market) } }

    private func tellOwn(_ market: ServedMarket) {
        guard configuration.showsOrders, let change = market.applyOwn(venue.ownLevels(market.id), at: now) else { return }
        publish(change, market, at: now)
    }

    private func publish(_ change: (first: Int64, levels: [ServedMarket.Level]), _ market: ServedMarket, at time: Timestamp) {
        publish(market.depth, market.depthFrame(first: change.first, levels: change.levels, at: time))
        for window in market.windows { window.note(change.levels, first: change.first, at: time) }
        if let touch = market.takeTouch() { publish(market.bookTicker, market.quoteFrame(touch, at: time)) }
    }

    func publishWindow(_ window: DepthWindow, _ market: ServedMarket) {
        let change = window.take(market)
        publish(window.channel, market.depthFrame(first: change.first, levels: change.levels, at: now))
    }

    // MARK: Trades

    /// The rest of a recorded trade, after what it filled of clients' orders.
    private func publishRecorded(_ event: MarketEvent, takenByOwn: Int64, _ market: ServedMarket) {
        let rest = event.quantity - (configuration.showsOrders ? takenByOwn : 0)
        let id = market.numberTrade(tape: event.detail, isPrinted: rest > 0)
        guard rest > 0 else { return }
        let (maker, taker) = (Self.stranger(id, isTaker: false), Self.stranger(id, isTaker: true))
        let isBuyerMaker = event.side == .sell
        publishTrade(
            ServedMarket.Trade(
                id: id, ticks: event.price, lots: rest, isBuyerMaker: isBuyerMaker, buyer: isBuyerMaker ? maker : taker,
                seller: isBuyerMaker ? taker : maker, time: event.venueTime), market)
    }

    func publishTrade(_ trade: ServedMarket.Trade, _ market: ServedMarket) {
        market.print(trade)
        publish(market.tradeChannel, market.tradeFrame(trade))
    }

    /// The number of an order of somebody who is no client here: below those of clients.
    static func stranger(_ trade: Int64, isTaker: Bool) -> Int64 {
        100_000_000_000_000_000 + (trade % 1_000_000_000_000) * 2 + (isTaker ? 1 : 0)
    }

    // MARK: By the second

    func startSecond() {
        guard secondDue == .never else { return }
        secondDue = Timestamp(nanoseconds: (floorQuotient(now.nanoseconds, 1_000_000_000) + 1) * 1_000_000_000)
    }

    func publishSecond() {
        for market in markets {
            publish(market.ticker, market.tickerFrame(at: now))
            for kline in market.klines {
                for frame in kline.due(market.prices, at: now) {
                    publish(
                        kline.channel, market.klineFrame(frame.start, frame.candle, kline.interval, isFinal: frame.isFinal, at: now))
                }
            }
        }
        secondDue = .never
        startSecond()
    }
}
