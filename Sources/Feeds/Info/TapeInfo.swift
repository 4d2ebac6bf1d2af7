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
        var events = ContiguousArray<MarketEvent>()
        for (index, summary) in tape.feeds.enumerated() {
            var collector = FeedInfoCollector(summary.description.instrument, minimumLatency: minimumLatency)
            let reader = try tape.reader(feed: InstrumentID(index))
            while try reader.next(into: &events) {
                for event in events { collector.receive(event) }
            }
            var info = collector.finish(bytes: Int(summary.bytes))
            (info.rawFrames, info.rawFrameBytes) = try tape.frames(InstrumentID(index))
            feeds.append(info)
        }
    }
}
