public import Market

/// A stream of one feed's records with corrected times, a batch at a time.
public protocol MarketSource: AnyObject {
    /// The next records, in order; nil at the end. They are lent until `recycle`, and nobody changes them meanwhile.
    ///
    /// Times are corrected: venue times never decrease, receive times never decrease and are not before venue times.
    func next() throws(RunError) -> EventBatch?
    /// Takes a batch back that has been read.
    func recycle(_ batch: EventBatch)
}

/// Records that are in memory already, such as a benchmark's or a test's.
public final class MemorySource: MarketSource {
    private var batches: [EventBatch]

    /// Lends the batches themselves, each once.
    public init(_ batches: [EventBatch]) { self.batches = batches.reversed() }

    public init(_ events: some Sequence<MarketEvent>, batchSize: Int = 65_536) {
        batches = []
        for event in events {
            if batches.last.map({ $0.count >= batchSize }) ?? true { batches.append(EventBatch(capacity: batchSize)) }
            batches[batches.count - 1].append(event)
        }
        batches.reverse()
    }

    public func next() throws(RunError) -> EventBatch? { batches.popLast() }
    public func recycle(_ batch: EventBatch) {}
}
