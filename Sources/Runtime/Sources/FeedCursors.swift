public import Market

/// Several feeds read record by record, in the order of their venue times.
public struct FeedCursors {
    private struct Cursor {
        let source: any MarketSource
        var batch: EventBatch?
        var index = 0

        init(_ source: any MarketSource) { self.source = source }

        var next: Timestamp { batch.map { $0[index].venueTime } ?? .never }

        mutating func load() throws(RunError) {
            while batch.map({ index == $0.count }) ?? true {
                if let batch { source.recycle(batch) }
                batch = try source.next()
                index = 0
                if batch == nil { return }
            }
        }
    }

    private var cursors: [Cursor]
    /// Index of the feed that comes next; nil at the end.
    public private(set) var feed: Int?
    /// Records read.
    public private(set) var count: Int64 = 0

    public init(_ sources: [any MarketSource]) throws(RunError) {
        cursors = sources.map { Cursor($0) }
        for index in cursors.indices { try cursors[index].load() }
        findNext()
    }

    /// Venue time of the next record; `.never` at the end.
    public var next: Timestamp { feed.map { cursors[$0].next } ?? .never }

    /// Hands the next record and the index of its feed to `body`, and goes on.
    public mutating func take(_ body: (borrowing MarketEvent, Int) -> Void) throws(RunError) {
        guard let feed, let batch = cursors[feed].batch else { return }
        body(batch[cursors[feed].index], feed)
        cursors[feed].index += 1
        count += 1
        try cursors[feed].load()
        findNext()
    }

    /// Of one moment, the lower feed's record comes first.
    private mutating func findNext() {
        var first = (time: Timestamp.never, feed: Int?.none)
        for index in cursors.indices where cursors[index].next < first.time { first = (cursors[index].next, index) }
        feed = first.feed
    }
}
