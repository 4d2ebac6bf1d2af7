internal import Market

/// The recorded market of a scenario in memory, so that a run may begin anywhere in it. It never changes once it is made: runs
/// on several threads read the same records.
final class ChaosMarket: @unchecked Sendable {
    private struct Feed {
        /// Each with what the book was before it, as a full book; nothing before the first.
        var batches: [(opening: EventBatch?, records: EventBatch)]
        var tellsMarks = false
    }

    private let feeds: [Feed]
    /// Records of all feeds.
    let count: Int

    init(_ sources: [any MarketSource]) throws(RunError) {
        var feeds: [Feed] = []
        var count = 0
        for (index, source) in sources.enumerated() {
            var feed = Feed(batches: [])
            var opening = Opening(InstrumentID(index))
            while let batch = try source.next() {
                feed.batches.append((opening.batch(before: batch), batch))
                for place in 0..<batch.count {
                    opening.follow(batch[place])
                    if batch[place].kind == .mark { feed.tellsMarks = true }
                }
                count += batch.count
            }
            feeds.append(feed)
        }
        self.feeds = feeds
        self.count = count
    }

    /// Whether a disturbance of an instrument's feed changes a record of it.
    func shows(_ disturbance: FeedDisturbance) -> Bool {
        switch disturbance.kind {
        case .mark: feeds[disturbance.instrument].tellsMarks
        case .funding: true
        }
    }

    /// What feeds a run that begins at `start`: a full book some time before it, and all that follows.
    func sources(from start: Timestamp) -> [MemorySource] {
        feeds.map { feed in
            let first = feed.batches.lastIndex { $0.records.count > 0 && $0.records[0].receiveTime < start && $0.opening != nil } ?? 0
            guard first < feed.batches.count else { return MemorySource([EventBatch]()) }
            let opening = feed.batches[first].opening.map { [$0] } ?? []
            return MemorySource(opening + feed.batches[first...].map(\.records))
        }
    }
}

/// What a feed has said so far, as far as a run that begins now has to be told.
private struct Opening: ~Copyable {
    private let instrument: InstrumentID
    private var book = OrderBook()
    private var isKnown = false
    private var tellsOrders = false
    /// The last mark, index and funding.
    private var references: [MarketEvent] = []

    init(_ instrument: InstrumentID) { self.instrument = instrument }

    mutating func follow(_ event: MarketEvent) {
        switch event.kind {
        case .level:
            if event.flags.contains(.snapshot), event.isFirst {
                book.removeAll()
                isKnown = true
            }
            book.set(event.side, ticks: event.price, lots: event.quantity)
        case .gap:
            book.removeAll()
            isKnown = false
        case .mark, .index, .funding:
            references.removeAll { $0.kind == event.kind }
            references.append(event)
        case .orderAdded, .orderChanged, .orderDeleted: tellsOrders = true
        case .trade, .quote, .liquidation, .openInterest, .status, .instrumentChange: break
        }
    }

    /// nil while no full book is known, or where the feed tells single orders.
    func batch(before next: EventBatch) -> EventBatch? {
        guard isKnown, !tellsOrders, next.count > 0 else { return nil }
        let (venueTime, receiveTime) = (next[0].venueTime, next[0].receiveTime)
        let opening = EventBatch(capacity: 4_096)
        var levels: [(side: Side, ticks: Int64, lots: Int64)] = []
        for side in Side.allCases {
            var last: Int64?
            while let level = book.next(side, after: last) {
                levels.append((side, level.ticks, level.lots))
                last = level.ticks
            }
        }
        for (index, level) in levels.enumerated() {
            var flags: MarketEvent.Flags = level.side == .sell ? [.snapshot, .sell] : .snapshot
            if index == 0 { flags.insert(.first) }
            if index == levels.count - 1 { flags.insert(.last) }
            opening.append(
                MarketEvent(
                    kind: .level, instrument: instrument, venueTime: venueTime, receiveTime: receiveTime, price: level.ticks,
                    quantity: level.lots, flags: flags))
        }
        for var reference in references {
            (reference.venueTime, reference.receiveTime) = (venueTime, receiveTime)
            opening.append(reference)
        }
        return opening
    }
}
