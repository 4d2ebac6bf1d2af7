internal import Market

/// The records of a run's feeds in the order in which they reached us: by receive time, then by feed.
struct ReplayMarket {
    private struct Feed {
        let source: any MarketSource
        var batch: EventBatch?
        var at = 0

        /// The record that is next; nil at the end.
        var head: MarketEvent? { batch.map { $0[at] } }

        mutating func load() throws(RunError) {
            if let batch { source.recycle(batch) }
            repeat { batch = try source.next() } while batch?.count == 0
            at = 0
        }
    }

    private var feeds: [Feed]

    /// - Parameter sources: By instrument.
    init(_ sources: [any MarketSource]) throws(RunError) {
        feeds = sources.map { Feed(source: $0) }
        for index in feeds.indices { try feeds[index].load() }
    }

    /// Takes the next record that is not after `limit`; nil when there is none.
    mutating func next(through limit: Timestamp) throws(RunError) -> MarketEvent? {
        var first: (time: Timestamp, feed: Int)?
        for index in feeds.indices {
            guard let head = feeds[index].head, head.receiveTime <= limit, first.map({ head.receiveTime < $0.time }) ?? true else {
                continue
            }
            first = (head.receiveTime, index)
        }
        guard let feed = first?.feed, let event = feeds[feed].head else { return nil }
        feeds[feed].at += 1
        if feeds[feed].at == feeds[feed].batch?.count { try feeds[feed].load() }
        return event
    }
}
