internal import Feeds
public import Market
public import Tape

/// One feed of a run, streamed from the tapes that hold its parts, in time order, with corrected times.
///
/// Between two parts that do not follow each other stands a gap: the book is not traded on until its next snapshot.
public final class TapeSource: MarketSource {
    struct Part {
        var path: String
        var tape: Tape
        var feed: InstrumentID
        /// Whether records are missing between the part before and this one.
        var followsHole: Bool
    }

    private let parts: [Part]
    private let instrument: InstrumentID
    private var clock: FeedClock
    /// Times stand as they were recorded: those that a live run had.
    private let isLive: Bool
    private var nextPart = 0
    private var reader: FeedReader?
    /// Of the part that is read, where it has ranges that are not to be relied on.
    private var gate: QuarantineGate?
    private var pendingGap = false
    private var spare: [EventBatch] = []

    init(parts: [Part], instrument: InstrumentID, minimumLatency: Nanoseconds, isLive: Bool = false) {
        self.parts = parts
        self.instrument = instrument
        clock = FeedClock(minimumLatency: minimumLatency)
        self.isLive = isLive
    }

    /// One feed of one tape.
    ///
    /// - Parameters:
    ///   - feed: As the tape numbers it.
    ///   - instrument: As the run numbers it.
    ///   - minimumLatency: The smallest time from the venue to us, which the receive times are shifted to.
    public convenience init(_ tape: Tape, path: String, feed: InstrumentID, instrument: InstrumentID, minimumLatency: Nanoseconds) {
        self.init(
            parts: [Part(path: path, tape: tape, feed: feed, followsHole: false)], instrument: instrument, minimumLatency: minimumLatency)
    }

    /// From the venue to us, by corrected times, a sample each frame.
    private(set) var latency = LatencyRecorder()
    /// Gaps seen so far.
    private(set) var gapCount = 0
    var clockStatistics: FeedClock.Statistics { clock.statistics }

    public func next() throws(RunError) -> EventBatch? {
        let batch = spare.popLast() ?? EventBatch()
        guard try load(batch) else { return nil }
        guard !isLive else {
            batch.update { $0.instrument = instrument }
            return batch
        }
        // What is counted stays in registers.
        var (clock, gaps) = (clock, 0)
        batch.update { event in
            event.instrument = instrument
            if event.kind == .gap { gaps += 1 }
            clock.correct(&event)
            if event.isLast { latency.record((event.receiveTime - event.venueTime).count) }
        }
        (self.clock, gapCount) = (clock, gapCount + gaps)
        return batch
    }

    public func recycle(_ batch: EventBatch) { spare.append(batch) }

    /// Replaces `batch` by the next records, times as recorded; false at the end.
    private func load(_ batch: EventBatch) throws(RunError) -> Bool {
        while true {
            if reader == nil {
                guard nextPart < parts.count else { return false }
                let part = parts[nextPart]
                do {
                    gate = try QuarantineGate(part.tape, part.feed)
                    reader = try part.tape.reader(feed: part.feed, skippingDamage: gate?.coversDamage ?? false)
                } catch { throw RunError(error, path: part.path) }
                pendingGap = part.followsHole
                nextPart += 1
            }
            let path = parts[nextPart - 1].path
            let hasMore: Bool
            do { hasMore = try reader?.next(into: batch) ?? false } catch { throw RunError(error, path: path) }
            guard hasMore else {
                reader = nil
                continue
            }
            gate?.apply(batch)
            guard !batch.isEmpty else { continue }
            if pendingGap, let first = batch.first {
                pendingGap = false
                batch.prepend(
                    MarketEvent(
                        kind: .gap, instrument: instrument, venueTime: first.venueTime, receiveTime: first.receiveTime,
                        price: GapCause.recording.rawValue))
            }
            return true
        }
    }
}
