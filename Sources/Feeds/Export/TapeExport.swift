internal import Glibc
internal import Market
public import Tape

/// Writes the records of a tape as files for other programs, into a folder.
public struct TapeExport {
    public enum Format: String, Sendable, CaseIterable {
        /// Tardis's CSV: book changes, trades, best quotes and derivative tickers, a file each. Times in microseconds.
        case tardis
        /// All records of a feed in one table, exact.
        case csv
        /// hftbacktest's array of events.
        case npz
    }

    public struct Options: Sendable {
        public var format: Format
        /// As `Tape.feed(named:)` takes them; empty: all.
        public var feeds: [String]
        /// For hftbacktest: times as they were recorded, so that an import makes the same records, instead of the corrected ones that a
        /// backtest needs.
        public var rawTimes: Bool
        public var replace: Bool

        public init(format: Format, feeds: [String] = [], rawTimes: Bool = false, replace: Bool = false) {
            self.format = format
            self.feeds = feeds
            self.rawTimes = rawTimes
            self.replace = replace
        }
    }

    public struct Summary: Sendable, Equatable {
        /// In the order they were begun.
        public var files: [(path: String, rows: Int64)] = []
        /// What the format has no place for, and how often.
        public var leftOut: [ImportSummary.Count] = []

        public static func == (lhs: Summary, rhs: Summary) -> Bool {
            lhs.leftOut == rhs.leftOut && lhs.files.elementsEqual(rhs.files) { $0 == $1 }
        }

        mutating func leaveOut(_ what: String, _ count: Int = 1) { ImportSummary.add(what, to: &leftOut, count) }
    }

    private let tape: Tape
    private let options: Options
    private let progress: (Double) -> Void

    public init(_ tape: Tape, _ options: Options, progress: @escaping (Double) -> Void = { _ in }) {
        self.tape = tape
        self.options = options
        self.progress = progress
    }

    /// - Parameter folder: Made if it is not there.
    /// - Throws: `FeedError`; files that were finished before stay.
    public func write(to folder: String) throws(FeedError) -> Summary {
        guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw .cannotWrite(path: folder, reason: unsafe String(cString: strerror(errno)))
        }
        var wanted: [InstrumentID] = []
        do throws(TapeError) { for name in options.feeds { wanted.append(try tape.feed(named: name)) } } catch { throw .tape(error) }
        if wanted.isEmpty { wanted = tape.feeds.indices.map { InstrumentID($0) } }
        var summary = Summary()
        let total = wanted.reduce(1) { $0 + tape.feeds[$1.index].events }
        var done: Int64 = 0
        for feed in wanted {
            let description = tape.feeds[feed.index].description
            // A slash would be another folder.
            let name = "\(description.instrument.venue)_\(description.instrument.venueSymbol)".map { $0 == "/" ? "-" : $0 }
            let base = folder + "/" + String(name)
            var writer: any RecordWriter =
                switch options.format {
                case .tardis: TardisWriter(description.instrument, base, replacing: options.replace)
                case .csv: try TableWriter(description.instrument, base, replacing: options.replace)
                case .npz:
                    try NpzWriter(
                        description.instrument, base, rows: try rows(of: feed), rawTimes: options.rawTimes, replacing: options.replace)
                }
            try read(feed) { (event) throws(FeedError) in
                try writer.write(event, &summary)
            } _: { count in
                done += count
                progress(min(1, Double(done) / Double(total)))
            }
            try writer.finish(&summary)
        }
        return summary
    }

    /// The rows of a feed's array, which stand before them.
    private func rows(of feed: InstrumentID) throws(FeedError) -> Int {
        var count = NpzRowCount()
        try read(feed) { (event) throws(FeedError) in
            count.receive(event)
        } _: { _ in
        }
        return count.rows
    }

    private func read(_ feed: InstrumentID, _ body: (MarketEvent) throws(FeedError) -> Void, _ count: (Int64) -> Void) throws(FeedError) {
        let events = EventBatch()
        let reader: FeedReader
        do throws(TapeError) { reader = try tape.reader(feed: feed) } catch { throw .tape(error) }
        while true {
            do throws(TapeError) { guard try reader.next(into: events) else { return } } catch { throw .tape(error) }
            for event in events { try body(event) }
            count(Int64(events.count))
        }
    }
}

/// Takes the records of one feed in order.
protocol RecordWriter {
    mutating func write(_ event: MarketEvent, _ summary: inout TapeExport.Summary) throws(FeedError)
    /// Puts the files to their places.
    mutating func finish(_ summary: inout TapeExport.Summary) throws(FeedError)
}
