internal import Foundation
public import Market
public import Tape

/// A page that shows what a tape holds: prices, spread, depth, rates, latency and gaps of each feed.
public struct TapePlot: Sendable {
    public struct Options: Sendable {
        /// Names or symbols; empty: those with most records.
        public var feeds: [String]
        /// By receive time, or venue time where there is none.
        public var from: Timestamp
        public var to: Timestamp

        public init(feeds: [String] = [], from: Timestamp = .distantPast, to: Timestamp = .never) {
            self.feeds = feeds
            self.from = from
            self.to = to
        }
    }

    /// Feeds of a page that nobody has chosen.
    static let mostFeeds = 8

    public let page: Page
    /// Feeds that the page has no room for; name them to see them.
    public let leftOut: [String]

    /// Reads the feeds once. A damaged chunk is stepped over and told in the page.
    ///
    /// - Parameter progress: Told the share that is done, from 0 to 1.
    /// - Throws: `TapeError` when the tape can't be read, or has no such feed.
    public init(_ tape: Tape, _ options: Options = Options(), progress: (Double) -> Void = { _ in }) throws(TapeError) {
        let (chosen, others) = try Self.choose(tape, options.feeds)
        leftOut = others.map { tape.feeds[$0.index].description.name }
        let total = max(1, chosen.reduce(0) { $0 + tape.feeds[$1.index].events })
        var done: Int64 = 0
        var (sections, warnings): ([Page.Section], [String]) = ([], [])
        let events = EventBatch()
        for (number, feed) in chosen.enumerated() {
            let summary = tape.feeds[feed.index]
            guard let span = Self.span(summary, options) else {
                let text = Page.Block.paragraph("Nothing of it lies in the span.")
                sections.append(Page.Section(title: summary.description.name, blocks: [text]))
                continue
            }
            var plot = FeedPlot(summary.description.instrument, span)
            // From the start, whatever the span: the book is made of all that came before.
            let reader = try tape.reader(feed: feed, skippingDamage: true)
            while try reader.next(into: events) {
                for event in events { plot.receive(event) }
                done += Int64(events.count)
                progress(min(1, Double(done) / Double(total)))
            }
            warnings += reader.damage.map(\.message)
            sections.append(plot.section(number, name: summary.description.name))
        }
        let name = tape.path.split(separator: "/").last.map(String.init) ?? tape.path
        if !leftOut.isEmpty { warnings.append("not shown: \(leftOut.joined(separator: ", "))") }
        if tape.isUnfinished { warnings.append("this tape is still being recorded, or its recorder was killed") }
        if !warnings.isEmpty { sections.insert(Page.Section(title: "Mind", blocks: [.warnings(warnings)]), at: 0) }
        page = Page(title: name, subtitle: Self.subtitle(tape, chosen, options), sections: sections)
    }

    private static func choose(_ tape: Tape, _ names: [String]) throws(TapeError) -> ([InstrumentID], [InstrumentID]) {
        var chosen: [InstrumentID] = []
        for name in names {
            let feed = try tape.feed(named: name)
            if !chosen.contains(feed) { chosen.append(feed) }
        }
        guard names.isEmpty else { return (chosen, []) }
        let order = tape.feeds.indices.sorted { (tape.feeds[$1].events, $0) < (tape.feeds[$0].events, $1) }
        let shown = order.prefix(mostFeeds).sorted(), hidden = order.dropFirst(mostFeeds).sorted()
        return (shown.map { InstrumentID($0) }, hidden.map { InstrumentID($0) })
    }

    private static func span(_ summary: FeedSummary, _ options: Options) -> ClosedRange<Timestamp>? {
        guard let times = summary.receiveTimes ?? summary.venueTimes else { return nil }
        let (first, last) = (max(times.lowerBound, options.from), min(times.upperBound, options.to))
        return first <= last ? first...last : nil
    }

    private static func subtitle(_ tape: Tape, _ feeds: [InstrumentID], _ options: Options) -> String {
        let spans = feeds.compactMap { span(tape.feeds[$0.index], options) }
        guard let first = spans.map(\.lowerBound).min(), let last = spans.map(\.upperBound).max() else { return "nothing" }
        return "\(first.iso8601) to \(last.iso8601)"
    }

    /// Writes the page, whole or not at all.
    ///
    /// - Throws: `ReportError`; `alreadyExists` unless `replacing`.
    public func write(to path: String, replacing: Bool) throws(ReportError) {
        var isFolder = ObjCBool(false)
        if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
            if isFolder.boolValue { throw .notWritable(path: path, reason: "it is a folder") }
            guard replacing else { throw .alreadyExists(path: path) }
        }
        let draft = path + ".part"
        do throws(ReportError) {
            let file = try OutputFile(creating: draft)
            try file.write(page.html(library: ChartLibrary.installed()))
            try file.finish()
        } catch {
            _ = unsafe unlink(draft)
            throw error
        }
        guard unsafe rename(draft, path) == 0 else { throw OutputFile.failure(path) }
    }
}
