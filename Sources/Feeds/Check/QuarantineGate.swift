public import Market
public import Tape

/// Keeps what a tape says is not to be relied on from those who replay it.
///
/// The first frame of a range becomes a gap (`quarantined`), the others are left out. Behind the range the book stands again as the
/// records have left it: as a full book, where it was known whole and no gap was in the range.
public struct QuarantineGate {
    /// By time, apart from each other.
    private let ranges: [ClosedRange<Timestamp>]
    /// A damaged chunk is among what is known of the feed: a reader may step over it.
    public let coversDamage: Bool
    private var shadow = BookShadow()
    private var isInside = false
    /// Frames that were left out.
    public private(set) var framesLeftOut = 0

    /// nil where a feed has no such range.
    public init?(_ tape: Tape, _ feed: InstrumentID) throws(TapeError) {
        let marked = try tape.quarantine(feed)
        guard !marked.isEmpty else { return nil }
        var ranges: [ClosedRange<Timestamp>] = []
        for range in marked where range.from <= range.to {
            if let last = ranges.last, range.from <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.to)
            } else {
                ranges.append(range.from...range.to)
            }
        }
        self.ranges = ranges
        coversDamage = marked.contains { $0.reason == TapeFault.damagedChunk.rawValue }
    }

    /// Replaces the next records of the feed, times as recorded, by what is left of them, which may be nothing.
    public mutating func apply(_ events: EventBatch) {
        let kept = EventBatch(capacity: events.count)
        for event in events {
            if event.isFirst {
                let wasInside = isInside
                isInside = holds(event.receiveTime.nanoseconds != 0 ? event.receiveTime : event.venueTime)
                if isInside {
                    framesLeftOut += 1
                    if !wasInside { kept.append(Self.gap(before: event)) }
                } else if wasInside, !event.flags.contains(.snapshot) {
                    for level in shadow.frame(before: event) { kept.append(level) }
                }
            }
            shadow.receive(event)
            if !isInside { kept.append(event) }
        }
        events.swap(with: kept)
    }

    private static func gap(before event: MarketEvent) -> MarketEvent {
        MarketEvent(
            kind: .gap, instrument: event.instrument, venueTime: event.venueTime, receiveTime: event.receiveTime,
            price: GapCause.quarantined.rawValue)
    }

    private func holds(_ time: Timestamp) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < time { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(time)
    }
}
