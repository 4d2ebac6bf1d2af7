import Market
import Venues

/// One pass over the inputs into a sink.
struct ImportRun<Sink: EventSink> {
    private let plan: ImportPlan
    private let paths: [String]
    private let options: Importer.Options
    private let progress: (Importer.Progress) -> Void
    private let checkStop: () throws(FeedError) -> Void
    private var sink: Sink
    private let catalog: FeedCatalog
    /// By the catalog's index of a feed.
    private var assemblers: [FeedAssembler?] = []
    private var summary = ImportSummary()
    private var bytesDone = 0
    private var reported = 0
    /// The paths in time order; a part's index is its place here.
    private var parts: [String] = []

    private static var reportStep: Int { 1 << 20 }

    /// - Parameter checkStop: Throws to end the run early.
    init(
        _ paths: [String], _ options: Importer.Options, _ sink: Sink, progress: @escaping (Importer.Progress) -> Void,
        checkStop: @escaping () throws(FeedError) -> Void = {}
    ) throws(FeedError) {
        plan = try ImportPlan(paths, options.symbols)
        self.paths = paths
        self.options = options
        self.progress = progress
        self.checkStop = checkStop
        self.sink = sink
        catalog = FeedCatalog(symbols: options.symbols)
    }

    /// Runs to the end.
    ///
    /// - Returns: The sink, to be closed, and what happened.
    mutating func run() throws(FeedError) -> (Sink, ImportSummary) {
        for lane in plan.lanes { try run(lane) }
        var feeds: [(id: InstrumentID, feed: ImportSummary.Feed)] = []
        for index in assemblers.indices {
            guard let feed = assemblers[index]?.finish(), let id = assemblers[index]?.id else { continue }
            feeds.append((id, feed))
        }
        guard !feeds.isEmpty else { throw .noFeeds(paths: paths) }
        summary.feeds = feeds.sorted { $0.id < $1.id }.map(\.feed)
        progress(Importer.Progress(bytesDone: plan.totalBytes, bytesTotal: plan.totalBytes))
        return (sink, summary)
    }

    private mutating func run(_ lane: ImportPlan.Lane) throws(FeedError) {
        let firstPart = parts.count
        var cursors: [FileCursor] = []
        for file in lane.files {
            parts.append(file.path)
            cursors.append(try FileCursor(file.path, file.format, keepsRows: options.keepFrames, skipsBadRows: options.skipBad))
        }
        for cursor in cursors { try cursor.advance(catalog) }
        while let next = Self.earliest(cursors) {
            try take(cursors[next], part: firstPart + next, lane)
            try cursors[next].advance(catalog)
            try checkStop()
            report(bytesDone + cursors.reduce(0) { $0 + $1.position })
        }
        for cursor in cursors { close(cursor) }
    }

    private mutating func close(_ cursor: FileCursor) {
        bytesDone += cursor.position
        summary.lines += cursor.line
        let feed = cursor.firstFeed.flatMap { assemblers.indices.contains($0) ? assemblers[$0]?.id : nil }
        for count in cursor.unparsed {
            ImportSummary.add(count.name, to: &summary.unparsed, count.count)
            for _ in 0..<count.count {
                if let feed { sink.addUnparsed(feed, reason: count.name) }
            }
        }
        if summary.firstBadRow == nil { summary.firstBadRow = cursor.firstBadRow }
        for count in cursor.ignored { ImportSummary.add(count.name, to: &summary.ignored, count.count) }
        for (name, count) in cursor.checks.sorted(by: { $0.key < $1.key }) { ImportSummary.add(name, to: &summary.checks, count) }
    }

    /// The file whose next frame comes first; of equal ones that of the lower class, then the earlier part.
    private static func earliest(_ cursors: [FileCursor]) -> Int? {
        var best: Int?
        for index in cursors.indices where !cursors[index].isAtEnd {
            guard let other = best else {
                best = index
                continue
            }
            let (lhs, rhs) = (cursors[index], cursors[other])
            if (lhs.time, lhs.format.mergeClass) < (rhs.time, rhs.format.mergeClass) { best = index }
        }
        return best
    }

    private mutating func take(_ cursor: FileCursor, part: Int, _ lane: ImportPlan.Lane) throws(FeedError) {
        for index in cursor.batch.frames.indices {
            let frame = cursor.batch.frames[index]
            let assembler = try assemblerIndex(frame.feed, cursor, lane)
            if let other = assemblers[assembler]!.place(frame, file: part) {
                throw .overlap(feed: catalog.entries[frame.feed].name, first: parts[other], second: cursor.path)
            }
            do throws(RowFailure) { try assemblers[assembler]!.convert(frame, cursor.batch) } catch {
                try cursor.skip(error)
                continue
            }
            var rawFrame: UInt32 = 0
            if options.keepFrames, cursor.format.hasRawFrames {
                let id = assemblers[assembler]!.id
                let row = cursor.row
                rawFrame = try Bytes.lending(row) { (bytes: Bytes) throws(FeedError) in
                    try sink.appendFrame(id, receiveTime: frame.receiveTime, bytes)
                }
            }
            try assemblers[assembler]!.emit(frame, rawFrame: rawFrame, into: &sink)
        }
    }

    private mutating func assemblerIndex(_ feed: Int, _ cursor: FileCursor, _ lane: ImportPlan.Lane) throws(FeedError) -> Int {
        while assemblers.count <= feed { assemblers.append(nil) }
        if assemblers[feed] != nil { return feed }
        if catalog.instrument(feed) == nil { try completeGrids(cursor.path) }
        guard let instrument = catalog.instrument(feed) else {
            preconditionFailure("a feed was left without an instrument")
        }
        let id = try sink.addFeed(instrument, source: plan.source(of: catalog.entries[feed].name, at: cursor.path))
        assemblers[feed] = FeedAssembler(id, instrument, isNumbered: catalog.entries[feed].isNumbered, expectsBook: lane.expectsBook)
        return feed
    }

    /// Reads all inputs once for the finest decimals of instruments that no table knows.
    private func completeGrids(_ path: String) throws(FeedError) {
        let scan = FeedCatalog(symbols: options.symbols)
        for lane in plan.lanes {
            for file in lane.files {
                let cursor = try FileCursor(file.path, file.format, keepsRows: false, skipsBadRows: options.skipBad)
                try cursor.advance(scan)
                while !cursor.isAtEnd {
                    for frame in cursor.batch.frames {
                        for event in frame.events { scan.note(cursor.batch.events[event], feed: frame.feed) }
                    }
                    try cursor.advance(scan)
                }
            }
        }
        try scan.completeFromGrids(path: path)
        for entry in scan.entries {
            if let instrument = entry.instrument { catalog.describe(instrument) }
        }
    }

    private mutating func report(_ done: Int) {
        guard done - reported >= Self.reportStep else { return }
        reported = done
        progress(Importer.Progress(bytesDone: done, bytesTotal: plan.totalBytes))
    }
}
