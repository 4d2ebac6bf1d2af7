public import Market

/// What an import read and wrote.
public struct ImportSummary: Sendable, Equatable {
    public struct Feed: Sendable, Equatable {
        public var instrument: Instrument
        /// Messages read, by the venue's name of their stream, in the order the streams were met.
        public var messages: [Count] = []
        /// Records written, without gaps.
        public var records = 0
        /// Book frames older than the full book that followed them.
        public var staleFrames = 0
        /// Book frames that no full book ever followed.
        public var unsynchronisedFrames = 0
        public var gaps = 0
        /// Of the messages, in the receiver's clock, or the venue's without one.
        public var firstTime = Timestamp.never
        public var lastTime = Timestamp.distantPast

        public init(instrument: Instrument) { self.instrument = instrument }
    }

    public struct Count: Sendable, Hashable {
        public var name: String
        public var count: Int

        public init(name: String, count: Int) {
            self.name = name
            self.count = count
        }
    }

    public var feeds: [Feed] = []
    public var lines = 0
    /// Rows that hold nothing for a tape, by reason.
    public var ignored: [Count] = []
    /// Rows that could not be read and were skipped, by reason.
    public var unparsed: [Count] = []
    public var firstBadRow: FeedError?
    /// What a recording could be checked against itself, by name.
    public var checks: [Count] = []

    /// Chunks of records that an interrupted import of the same files had written already.
    public var resumedChunks = 0
    /// Files of folders that are no recordings.
    public var leftOut: [String] = []

    static func add(_ name: String, to counts: inout [Count], _ count: Int = 1) {
        if let index = counts.firstIndex(where: { $0.name == name }) {
            counts[index].count += count
        } else {
            counts.append(Count(name: name, count: count))
        }
    }

    public func messages(_ stream: String, feed: Int) -> Int { feeds[feed].messages.first { $0.name == stream }?.count ?? 0 }
}
