public import Market
public import Tape

/// Takes a span of time, or some feeds, out of a tape into a new one.
///
/// A feed's part begins with the first of its frames (runs of records) that was received at or after the beginning, and ends before
/// the first one that was received at or after the end. The book that it starts from stands before it as a full book, so that a
/// backtest needs nothing of what was before. Raw frames go along: those of the records and those received in the span.
public struct TapeCut {
    public struct Options: Sendable {
        public var from: Timestamp
        /// Not included.
        public var to: Timestamp
        /// Names of feeds or symbols, as `Tape.feed(named:)` takes them; empty: all.
        public var feeds: [String]
        public var replace: Bool

        public init(from: Timestamp = .distantPast, to: Timestamp = .never, feeds: [String] = [], replace: Bool = false) {
            self.from = from
            self.to = to
            self.feeds = feeds
            self.replace = replace
        }
    }

    private let tape: Tape
    private let options: Options
    private let progress: (Double) -> Void

    public init(_ tape: Tape, _ options: Options, progress: @escaping (Double) -> Void = { _ in }) {
        self.tape = tape
        self.options = options
        self.progress = progress
    }

    /// - Returns: The records written of each feed, by its name.
    /// - Throws: `FeedError`: nothing is left of the output then.
    public func write(to path: String) throws(FeedError) -> [(feed: String, records: Int64)] {
        do throws(TapeError) {
            let writer = try TapeWriter(creating: path, replacing: options.replace)
            let records = try write(writer)
            try writer.close()
            return records
        } catch { throw .tape(error) }
    }

    private func write(_ writer: TapeWriter) throws(TapeError) -> [(feed: String, records: Int64)] {
        var wanted: [InstrumentID] = []
        for name in options.feeds {
            let feed = try tape.feed(named: name)
            if !wanted.contains(feed) { wanted.append(feed) }
        }
        if options.feeds.isEmpty { wanted = tape.feeds.indices.map { InstrumentID($0) } }
        let total = wanted.reduce(1) { $0 + tape.feeds[$1.index].events }
        var (read, records) = (Int64(0), [(feed: String, records: Int64)]())
        let copy = TapeCopy(tape, writer)
        for feed in wanted {
            let place = try copy.addFeed(feed)
            let kept = try frames(of: feed)
            let count = try copyRecords(of: feed, as: place, frames: kept, writer) { count in
                read += count
                progress(min(1, Double(read) / Double(total)))
            }
            if let kept { try copy.frames(of: feed, as: place, in: kept, offset: 0) }
            records.append((tape.feeds[feed.index].description.name, count))
        }
        try copy.notes(from: options.from, to: options.to)
        try copy.ownerlessFrames(from: options.from, to: options.to, offset: 0)
        return records
    }

    /// Hands each record of the span to `body`, in order, each with whether it is told again from before.
    private func records(of feed: InstrumentID, _ body: (MarketEvent) throws(TapeError) -> Void, _ read: (Int64) -> Void) throws(TapeError)
    {
        var (events, shadow, hasBegun) = (EventBatch(), BookShadow(), options.from == .distantPast)
        let reader = try tape.reader(feed: feed)
        while try reader.next(into: events) {
            read(Int64(events.count))
            for event in events {
                let time = event.receiveTime.nanoseconds != 0 ? event.receiveTime : event.venueTime
                if event.isFirst {
                    if time >= options.to, time.nanoseconds != 0 { return }
                    if !hasBegun, time >= options.from {
                        hasBegun = true
                        // A full book replaces what was before.
                        if !event.flags.contains(.snapshot) { for level in shadow.frame(before: event) { try body(level) } }
                    }
                }
                if hasBegun { try body(event) } else { shadow.receive(event) }
            }
        }
    }

    /// The raw frames that the part's records name, and those between them; nil if there are none.
    private func frames(of feed: InstrumentID) throws(TapeError) -> ClosedRange<Int64>? {
        guard try tape.frames(feed).count > 0 else { return nil }
        var range: ClosedRange<Int64>?
        func include(_ frame: Int64) { range = min(range?.lowerBound ?? frame, frame)...max(range?.upperBound ?? frame, frame) }
        try records(of: feed) { event throws(TapeError) in
            include(Int64(event.frame))
        } _: { _ in
        }
        let reader = try tape.frameReader(feed: feed)
        while let frame = try reader.next() {
            if frame.header.receiveTime >= options.from, frame.header.receiveTime < options.to { include(reader.nextNumber - 1) }
        }
        return range
    }

    private func copyRecords(
        of feed: InstrumentID, as place: InstrumentID, frames: ClosedRange<Int64>?, _ writer: TapeWriter, _ read: (Int64) -> Void
    ) throws(TapeError) -> Int64 {
        var count: Int64 = 0
        let first = UInt32(truncatingIfNeeded: frames?.lowerBound ?? 0)
        try records(of: feed) { event throws(TapeError) in
            var event = event
            event.instrument = place
            event.frame &-= first
            try writer.append(event)
            count += 1
        } _: {
            read($0)
        }
        return count
    }
}
