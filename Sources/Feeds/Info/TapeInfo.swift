public import Market
public import Tape

/// The facts of a tape, computed from its records in one pass.
public struct TapeInfo: Sendable, Equatable {
    public var path: String
    public var feeds: [FeedInfo]

    /// - Throws: `TapeError` when a chunk is damaged.
    public init(_ tape: Tape, minimumLatency: Nanoseconds = .milliseconds(1)) throws(TapeError) {
        path = tape.path
        feeds = []
        let events = EventBatch()
        for (index, summary) in tape.feeds.enumerated() {
            var collector = FeedInfoCollector(summary.description.instrument, minimumLatency: minimumLatency)
            var sizes = ChunkSizes(limit: 1 << 20)
            let reader = try tape.reader(feed: InstrumentID(index))
            while try reader.next(into: events) {
                for event in events {
                    collector.receive(event)
                    if event.kind == .level { sizes.add(event) }
                }
            }
            var info = collector.finish(bytes: Int(summary.bytes))
            info.bytesPerLevelChangeAlone = sizes.bytesPerRecord
            (info.rawFrames, info.rawFrameBytes) = try tape.frames(InstrumentID(index))
            if info.rawFrames > 0 {
                let frames = try tape.frameReader(feed: InstrumentID(index))
                while let frame = try frames.next() { info.originalFrameBytes += Int64(frame.bytes.count) + 1 }
            }
            feeds.append(info)
        }
    }
}
