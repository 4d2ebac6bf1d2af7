public import Market

/// A stream of one feed's records with corrected times, a batch at a time.
public protocol MarketSource: AnyObject {
    /// Replaces the contents of `batch` by the next records, in order; false at the end.
    ///
    /// Times are corrected: venue times never decrease, receive times never decrease and are later than venue times.
    func next(into batch: inout ContiguousArray<MarketEvent>) throws(RunError) -> Bool
}

/// Records that are in memory already, such as a benchmark's or a test's.
public final class MemorySource: MarketSource {
    private let events: ContiguousArray<MarketEvent>
    private let batchSize: Int
    private var position = 0

    public init(_ events: some Sequence<MarketEvent>, batchSize: Int = 65_536) {
        self.events = ContiguousArray(events)
        self.batchSize = batchSize
    }

    public func next(into batch: inout ContiguousArray<MarketEvent>) throws(RunError) -> Bool {
        guard position < events.count else { return false }
        let end = min(events.count, position + batchSize)
        batch.removeAll(keepingCapacity: true)
        batch.append(contentsOf: events[position..<end])
        position = end
        return true
    }
}
