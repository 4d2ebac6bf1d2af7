public import Market

/// Public data: books from full ones and changes, trades, quotes and prices.
extension BackpackSession {
    func readPublic(_ message: BackpackMessage, _ now: Timestamp) throws(RowFailure) {
        // A stream of all symbols tells of those, too, that nobody asked for.
        guard let feed = feed(try reader.symbol) else { return }
        frameInstrument = feeds[feed].id
        let time = try reader.happenedAt
        switch message {
        case .depth: try readDepth(feed, time, now)
        case .bookTicker:
            let quote = try reader.quote
            let number = quote.number
            try tell(.quote, .buy, feed, (quote.bid, "b"), (quote.bidSize, "B"), detail: number, flags: .first, time, now)
            try tell(.quote, .sell, feed, (quote.ask, "a"), (quote.askSize, "A"), detail: number, flags: .last, time, now)
        case .trade:
            let trade = try reader.trade
            let isOwn = isOurs(trade.buyer) || isOurs(trade.seller)
            try tell(
                .trade, trade.aggressor, feed, (trade.price, "p"), (trade.size, "q"), detail: trade.id,
                flags: isOwn ? [.first, .last, .own] : [.first, .last], time, now)
        case .markPrice: try readMark(feed, time, now)
        case .openInterest:
            let lots = try wholeLots(try reader.openInterest, feed, "o")
            tell(record(.openInterest, feed, quantity: lots, time, now))
        case .liquidation:
            let forced = try reader.liquidation
            try tell(.liquidation, forced.side, feed, (forced.price, "p"), (forced.size, "q"), flags: [.first, .last], time, now)
        case .order, .position, .balance, .refusal, .other: break
        }
    }

    private func isOurs(_ venueOrder: Int64) -> Bool { venueOrder > 0 && ordersOfVenue[UInt64(venueOrder)] != nil }

    private func readMark(_ feed: Int, _ time: Timestamp, _ now: Timestamp) throws(RowFailure) {
        let told = try reader.mark
        var records = [record(.mark, feed, price: told.mark, time, now)]
        if let index = told.index { records.append(record(.index, feed, price: index, time, now)) }
        if let rate = told.rate {
            let interval = feeds[feed].instrument.fundingInterval?.count ?? 0
            records.append(
                record(.funding, feed, price: rate, quantity: interval, detail: told.due?.nanoseconds ?? 0, time, now))
        }
        for place in records.indices {
            records[place].flags = place == 0 ? .first : []
            if place == records.count - 1 { records[place].flags.insert(.last) }
            tell(records[place])
        }
    }

    private func record(
        _ kind: MarketEvent.Kind, _ feed: Int, price: Int64 = 0, quantity: Int64 = 0, detail: Int64 = 0,
        flags: MarketEvent.Flags = [.first, .last], _ time: Timestamp, _ now: Timestamp
    ) -> MarketEvent {
        MarketEvent(
            kind: kind, instrument: feeds[feed].id, venueTime: time, receiveTime: now, price: price, quantity: quantity, detail: detail,
            flags: flags)
    }

    /// Tells of something with a price and a size, which must be on the instrument's grid.
    private func tell(
        _ kind: MarketEvent.Kind, _ side: Side, _ feed: Int, _ price: (value: Int64, member: Unicode.Scalar),
        _ size: (value: Int64, member: Unicode.Scalar), detail: Int64 = 0, flags: MarketEvent.Flags, _ time: Timestamp, _ now: Timestamp
    ) throws(RowFailure) {
        let ticks = try wholeTicks(price.value, feed, price.member)
        let lots = try wholeLots(size.value, feed, size.member)
        let sided = side == .sell ? flags.union(.sell) : flags
        tell(record(kind, feed, price: ticks, quantity: lots, detail: detail, flags: sided, time, now))
    }

    private func wholeTicks(_ price: Int64, _ feed: Int, _ member: Unicode.Scalar) throws(RowFailure) -> Int64 {
        if let ticks = feeds[feed].ticks(price) { return ticks }
        throw RowFailure(offset: reader.place(of: member), expected: "a whole number of ticks", kind: .offGrid)
    }

    private func wholeLots(_ size: Int64, _ feed: Int, _ member: Unicode.Scalar) throws(RowFailure) -> Int64 {
        if let lots = feeds[feed].lots(size) { return lots }
        throw RowFailure(offset: reader.place(of: member), expected: "a whole number of lots", kind: .offGrid)
    }

    // MARK: Books

    private func readDepth(_ feed: Int, _ time: Timestamp, _ now: Timestamp) throws(RowFailure) {
        let numbers = try reader.numbers
        for level in reader.levels where feeds[feed].ticks(level.price) == nil || feeds[feed].lots(level.size) == nil {
            // What the level is now can't be said: the book is not whole any more.
            loseBook(feed, .sequence, now)
            feeds[feed].bookDue = now
            throw RowFailure(offset: level.offset, expected: "a whole number of ticks and of lots", kind: .offGrid)
        }
        switch feeds[feed].sync.receiveChanges(numbers) {
        case .apply:
            tell(reader.levels, feed, number: numbers.last, flags: [], time, now)
            audit(reader.levels, feed, number: numbers.last, now)
        case .hold: hold(feed, numbers, time, now)
        case .gapThenHold, .gapThenApply:
            tell(record(.gap, feed, price: GapCause.sequence.rawValue, time, now))
            feeds[feed].audit?.lose()
            hold(feed, numbers, time, now)
            feeds[feed].bookDue = min(feeds[feed].bookDue, now)
        case .drop:
            guard feeds[feed].isCountedAnew(time) else { return }
            loseBook(feed, .sequence, now)
            hold(feed, numbers, time, now)
        }
    }

    private func hold(_ feed: Int, _ numbers: BookSync.Numbers, _ time: Timestamp, _ now: Timestamp) {
        if feeds[feed].held.count == BackpackFeed.heldLimit {
            alarm(
                .overflow, "\(feeds[feed].instrument.venueSymbol): no full book came for \(feeds[feed].held.count) frames; they are dropped"
            )
            feeds[feed].held.removeAll()
        }
        feeds[feed].hold(.init(numbers: numbers, venueTime: time, receiveTime: now, levels: Array(reader.levels)))
        if !feeds[feed].isAsking, feeds[feed].bookDue == .never { feeds[feed].bookDue = now }
    }

    /// A frame of level changes; one without any only moves the number.
    private func tell(
        _ levels: some RandomAccessCollection<BackpackLevel>, _ feed: Int, number: Int64, flags: MarketEvent.Flags, _ time: Timestamp,
        _ now: Timestamp
    ) {
        feeds[feed].bookTime = time
        for (place, level) in levels.enumerated() {
            guard let ticks = feeds[feed].ticks(level.price), let lots = feeds[feed].lots(level.size) else { continue }
            var flags = level.side == .sell ? flags.union(.sell) : flags
            if place == 0 { flags.insert(.first) }
            if place == levels.count - 1 { flags.insert(.last) }
            tell(record(.level, feed, price: ticks, quantity: lots, detail: number, flags: flags, time, now))
        }
    }

    /// Levels a side of a full book: the most that the venue gives.
    static let bookDepth = 1_000

    /// Asks for the full book of every instrument; what comes meanwhile is told as it comes.
    public func refreshBooks(at now: Timestamp) {
        for feed in feeds.indices {
            feeds[feed].sync.lose()
            feeds[feed].audit?.lose()
            feeds[feed].held.removeAll()
            feeds[feed].bookDue = now
        }
        advance(to: now)
    }

    func askForBook(_ feed: Int, _ now: Timestamp) {
        feeds[feed].bookDue = .never
        guard !feeds[feed].isAsking, case .up = links[0].state else { return }
        feeds[feed].isAsking = true
        send(.depth(symbol: feeds[feed].instrument.venueSymbol, limit: Self.bookDepth), .book(feed: feed), lane: coldLane, now)
    }

    func takeBook(_ feed: Int, _ body: [UInt8], _ now: Timestamp) throws(RowFailure) {
        let depth = try BackpackAnswers.depth(body)
        guard depth.levels.allSatisfy({ feeds[feed].ticks($0.price) != nil && feeds[feed].lots($0.size) != nil }) else {
            throw RowFailure(offset: 0, expected: "whole numbers of ticks and of lots", kind: .offGrid)
        }
        feeds[feed].retries.reset()
        feeds[feed].sync.receiveBook(BookSync.Numbers(through: depth.last))
        tell(depth.levels.filter { $0.size > 0 }, feed, number: depth.last, flags: .snapshot, depth.time, now)
        feeds[feed].audit?.reset(depth.levels, number: depth.last)
        if let every = configuration.auditEvery { feeds[feed].auditDue = now + every }
        let held = feeds[feed].held
        for (place, frame) in held.enumerated() {
            switch feeds[feed].sync.receiveChanges(frame.numbers) {
            case .apply:
                tell(frame.levels, feed, number: frame.numbers.last, flags: [], frame.venueTime, now)
                audit(frame.levels, feed, number: frame.numbers.last, now)
            case .drop where !feeds[feed].isCountedAnew(frame.venueTime): break
            case .drop, .hold, .gapThenHold, .gapThenApply:
                // The full book is older than what was kept, or a frame between was lost.
                feeds[feed].sync.lose()
                tell(record(.gap, feed, price: GapCause.sequence.rawValue, frame.venueTime, now))
                feeds[feed].audit?.lose()
                feeds[feed].held = Array(held[place...])
                feeds[feed].bookDue = now + feeds[feed].retries.next(&random)
                return
            }
        }
        feeds[feed].held.removeAll()
    }

    /// The full book was not to be had: it is asked for again, later each time.
    func missBook(_ feed: Int, _ now: Timestamp) { feeds[feed].bookDue = now + feeds[feed].retries.next(&random) }

    func loseBook(_ feed: Int, _ cause: GapCause, _ now: Timestamp) {
        if feeds[feed].sync.isSynchronised { tell(record(.gap, feed, price: cause.rawValue, now, now)) }
        feeds[feed].sync.lose()
        feeds[feed].audit?.lose()
        feeds[feed].held.removeAll()
        feeds[feed].bookDue = .never
    }
}
