public import Market
public import Tape

/// The facts of a tape, computed from its records in one pass.
public struct TapeInfo: Sendable, Equatable {
    public var path: String
    public var feeds: [FeedInfo]

    /// - Parameter progress: Told the share of records and raw frames that were read, from 0 to 1.
    /// - Throws: `TapeError` when a chunk is damaged.
    public init(
        _ tape: Tape, minimumLatency: Nanoseconds = .milliseconds(1), progress: (Double) -> Void = { _ in }
    ) throws(TapeError) {
        path = tape.path
        feeds = []
        let events = EventBatch()
        var total: Int64 = 1
        for (index, summary) in tape.feeds.enumerated() { total += summary.events + (try tape.frames(InstrumentID(index)).count) }
        var done: Int64 = 0
        for (index, summary) in tape.feeds.enumerated() {
            var collector = FeedInfoCollector(summary.description.instrument, minimumLatency: minimumLatency)
            var sizes = ChunkSizes(limit: 1 << 20)
            let reader = try tape.reader(feed: InstrumentID(index))
            while try reader.next(into: events) {
                for event in events {
                    collector.receive(event)
                    if event.kind == .level { sizes.add(event) }
                }
                done += Int64(events.count)
                progress(min(1, Double(done) / Double(total)))
            }
            var info = collector.finish(bytes: Int(summary.bytes))
            info.bytesPerLevelChangeAlone = sizes.bytesPerRecord
            (info.rawFrames, info.rawFrameBytes) = try tape.frames(InstrumentID(index))
            if info.rawFrames > 0 {
                let frames = try tape.frameReader(feed: InstrumentID(index))
                while let frame = try frames.next() {
                    info.originalFrameBytes += Int64(frame.bytes.count) + 1
                    done += 1
                    if done & 0xFFFF == 0 { progress(min(1, Double(done) / Double(total))) }
                }
            }
            feeds.append(info)
        }
    }
}
