import Market

/// Checks the records of one feed, in one pass and constant memory.
struct FeedChecker: ~Copyable {
    private static let tradeLimit = 65_536

    /// Which records share a sequence of venue times.
    private enum Stream: Int { case book, trades, quotes, prices }

    private let staleAfter: Nanoseconds
    private let frames: Int64
    /// From the first to the last time, as the rows of its chunks say.
    private let span: ClosedRange<Timestamp>?
    private var collector: FeedInfoCollector
    private var rebuilt = RebuiltBook()
    private var list = FindingList()
    private var check: FeedCheck
    private var isInFrame = false
    /// Records are lost between the record before and the next one.
    private var hasLost = false
    /// Of the record before.
    private var now = Timestamp(nanoseconds: 0)
    private var lastReceive = Timestamp(nanoseconds: 0)
    private var lastFullBook = Timestamp(nanoseconds: 0)
    private var lastVenue = InlineArray<4, Timestamp>(repeating: Timestamp(nanoseconds: 0))
    private var lastBook: Timestamp?
    private var lastQuote: Timestamp?
    private var tradeIDs = RecentMap<Bool>(limit: tradeLimit, filler: false)
    private var lastTrade: Int64 = 0
    private var tradeSteps = (one: 0, more: 0, skipped: Int64(0))
    private var firstSkip: Timestamp?
    private var bid: Int64?
    private var crossed: (frames: Int, since: Timestamp?) = (0, nil)
    private var different = 0

    /// - Parameters:
    ///   - staleAfter: How long nothing may come of a book or of quotes.
    ///   - frames: Raw frames of the feed; 0 if none were kept.
    ///   - span: Of its times, damaged chunks included.
    init(_ instrument: Instrument, name: String, staleAfter: Nanoseconds, frames: Int64, span: ClosedRange<Timestamp>? = nil) {
        self.frames = frames
        self.span = span
        self.staleAfter = staleAfter
        collector = FeedInfoCollector(instrument)
        check = FeedCheck(name: name)
    }

    /// Notes a fault that is not about a record.
    mutating func add(_ fault: TapeFault, note: String) { list.add(fault, now.nanoseconds == 0 ? nil : now...now, note: note) }

    /// Notes that records are lost before the next one: what was known of the book is not known any more.
    mutating func lose(_ note: String) {
        add(.damagedChunk, note: note)
        rebuilt.forget()
        hasLost = true
        (isInFrame, lastBook, lastQuote, lastTrade, bid) = (false, nil, nil, 0, nil)
    }

    mutating func receive(_ event: MarketEvent) {
        check.records += 1
        let before = now
        let time = event.receiveTime.nanoseconds != 0 ? event.receiveTime : event.venueTime
        if time.nanoseconds != 0 { now = time }
        let here = now...now
        if hasLost {
            list.add(.damagedChunk, count: 0, lost(from: before, to: now))
            hasLost = false
            // The rest of a frame that began in what is lost.
            isInFrame = !event.isFirst
        }
        if event.isFirst == isInFrame { list.add(.brokenFrame, here) }
        isInFrame = !event.isLast
        checkNumbers(event, here)
        checkTimes(event)
        collector.receive(event)
        switch event.kind {
        case .level:
            switch rebuilt.receive(event) {
            case .nothing: break
            case .numberBack: list.add(.numberBack, here)
            case .compared(let different):
                check.snapshotsCompared += 1
                if different > 0 { list.add(.snapshotDiffers, size: Int64(different), here, note: "\(different) levels") }
            }
        case .trade: checkTrade(event, here)
        case .quote: checkQuote(event, here)
        case .gap:
            list.add(.gap, before.nanoseconds == 0 || before > now ? here : before...now)
            rebuilt.forget()
            (lastBook, lastQuote, lastTrade) = (nil, nil, 0)
        case .orderAdded, .orderChanged, .orderDeleted, .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange:
            break
        }
        if event.isLast { endFrame(event) }
    }

    consuming func finish() -> FeedCheck {
        var (check, list) = (self.check, self.list)
        if hasLost, let span { list.add(.damagedChunk, count: 0, lost(from: now, to: span.upperBound)) }
        if let since = crossed.since { list.add(.crossedBook, count: 0, since...max(since, now)) }
        // A feed of one symbol out of a venue's common ids skips most of them.
        if tradeSteps.more > 0, tradeSteps.more < tradeSteps.one / 100 {
            list.add(.skippedTrade, count: Int(tradeSteps.skipped), firstSkip.map { $0...$0 }, note: "in \(tradeSteps.more) places")
        }
        let comparison = collector.finish().quoteComparison
        check.quotesCompared = comparison.equal + comparison.different
        list.put(into: &check)
        return check
    }

    /// The range of what is lost between two records; there is none before the first.
    private func lost(from before: Timestamp, to after: Timestamp) -> ClosedRange<Timestamp> {
        let from = before.nanoseconds != 0 ? before : span?.lowerBound ?? after
        return min(from, after)...max(from, after)
    }

    private mutating func checkNumbers(_ event: MarketEvent, _ here: ClosedRange<Timestamp>) {
        switch event.kind {
        case .level, .orderAdded, .orderChanged, .orderDeleted, .trade, .quote, .liquidation:
            if event.price < 0 || event.quantity < 0 { list.add(.impossibleRecord, here, note: "a negative price or size") }
        case .gap:
            if GapCause(rawValue: event.price) == nil { list.add(.impossibleRecord, here, note: "a gap of no known cause") }
        case .mark, .index, .funding, .openInterest, .status, .instrumentChange: break
        }
        if frames > 0, Int64(event.frame) >= frames { list.add(.impossibleRecord, here, note: "it names a raw frame that there is not") }
    }

    private mutating func checkTimes(_ event: MarketEvent) {
        // Changes that waited for a full book come behind it with the times at which they came.
        let wasHeld = event.kind == .level && !event.flags.contains(.snapshot) && event.receiveTime < lastFullBook
        if event.flags.contains(.snapshot) { lastFullBook = event.receiveTime }
        if event.receiveTime.nanoseconds != 0, !wasHeld {
            if event.receiveTime < lastReceive {
                let step = (lastReceive - event.receiveTime).count
                list.add(.receiveTimeBack, size: step, event.receiveTime...lastReceive, note: Self.span(step))
            }
            lastReceive = event.receiveTime
        }
        guard event.venueTime.nanoseconds != 0 else { return }
        let stream: Stream =
            switch event.kind {
            case .level, .orderAdded, .orderChanged, .orderDeleted: .book
            case .trade, .liquidation: .trades
            case .quote: .quotes
            case .mark, .index, .funding, .openInterest, .status, .instrumentChange, .gap: .prices
            }
        // A full book asked for is as old as it was when the venue made it.
        guard !event.flags.contains(.snapshot) else { return }
        let last = lastVenue[stream.rawValue]
        if event.venueTime < last {
            let step = (last - event.venueTime).count
            list.add(.venueTimeBack, size: step, now...now, note: Self.span(step))
        }
        lastVenue[stream.rawValue] = event.venueTime
    }

    private mutating func checkTrade(_ event: MarketEvent, _ here: ClosedRange<Timestamp>) {
        guard event.detail != 0 else { return }
        if !tradeIDs.insert(UInt64(bitPattern: event.detail), true) {
            list.add(.repeatedTrade, here, note: "id \(event.detail)")
        }
        let step = event.detail.subtractingReportingOverflow(lastTrade)
        if lastTrade != 0, !step.overflow, step.partialValue > 0 {
            if step.partialValue == 1 {
                tradeSteps.one += 1
            } else {
                tradeSteps.more += 1
                tradeSteps.skipped = tradeSteps.skipped.addingReportingOverflow(step.partialValue - 1).partialValue
                if firstSkip == nil { firstSkip = now }
            }
        }
        lastTrade = event.detail
    }

    private mutating func checkQuote(_ event: MarketEvent, _ here: ClosedRange<Timestamp>) {
        if let last = lastQuote { noteSilence(.staleQuote, since: last) }
        lastQuote = now
        guard event.side == .sell else {
            bid = event.quantity > 0 ? event.price : nil
            return
        }
        if let bid, event.quantity > 0, bid >= event.price {
            list.add(.crossedQuote, size: bid - event.price, here, note: "by \(bid - event.price) ticks")
        }
        bid = nil
    }

    private mutating func endFrame(_ event: MarketEvent) {
        switch event.kind {
        case .level, .orderAdded, .orderChanged, .orderDeleted:
            if let last = lastBook { noteSilence(.staleBook, since: last) }
            lastBook = now
        case .trade, .quote, .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange, .gap: break
        }
        let faults = collector.faults
        if faults.differentQuotes > different {
            list.add(.quoteDiffers, count: faults.differentQuotes - different, now...now)
            different = faults.differentQuotes
        }
        guard event.kind == .level else { return }
        if faults.crossedFrames > crossed.frames {
            list.add(.crossedBook, count: faults.crossedFrames - crossed.frames, now...now)
            crossed = (faults.crossedFrames, crossed.since ?? now)
        } else if let since = crossed.since {
            let span = (now - since).count
            list.add(.crossedBook, count: 0, size: span, min(since, now)...max(since, now), note: "for \(Self.span(span))")
            crossed.since = nil
        }
    }

    private mutating func noteSilence(_ fault: TapeFault, since: Timestamp) {
        let span = now - since
        guard span > staleAfter else { return }
        list.add(fault, size: span.count, since...now, note: "for \(Self.span(span.count))")
    }

    private static func span(_ nanoseconds: Int64) -> String { Decimal.text(nanoseconds, decimals: 9) + " s" }
}
