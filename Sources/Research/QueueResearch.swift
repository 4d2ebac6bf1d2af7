internal import Feeds
internal import Market
internal import Tape

/// Makes a queue study of a tape.
public struct QueueResearch {
    private let tape: Tape
    private let feed: InstrumentID

    /// Opens a tape and finds the feed that tells its orders one by one.
    ///
    /// - Parameter name: The venue's symbol, the trader's, or venue and symbol; nil where only one feed is in question.
    public init(path: String, feed name: String?) throws(ResearchError) {
        let tape: Tape
        do throws(TapeError) { tape = try Tape(opening: path) } catch {
            throw .tape(path: path, message: error.message, hint: error.hint)
        }
        let names = tape.feeds.map(\.description.name)
        var candidates = Array(tape.feeds.indices)
        if let name {
            candidates = candidates.filter { index in
                let instrument = tape.feeds[index].description.instrument
                return [names[index], instrument.venueSymbol, instrument.symbol, instrument.venue].contains(name)
            }
            guard !candidates.isEmpty else { throw .noFeed(path: path, name: name, available: names) }
        }
        var found: [Int] = []
        for index in candidates where try Self.hasOrders(tape, index) { found.append(index) }
        guard let first = found.first else { throw .noOrders(path: path, feed: name) }
        guard found.count == 1 else { throw .severalFeeds(path: path, names: found.map { names[$0] }) }
        self.tape = tape
        feed = InstrumentID(first)
    }

    private static func hasOrders(_ tape: Tape, _ index: Int) throws(ResearchError) -> Bool {
        do throws(TapeError) { return try tape.hasOrderIDs(InstrumentID(index)) } catch {
            throw .tape(path: tape.path, message: error.message, hint: error.hint)
        }
    }

    /// - Parameter progress: Told of the share that is done, 0 to 1, and the records read; false ends the study, which then
    ///   is of what was read.
    public func run(
        _ settings: QueueStudy.Settings, models: [QueueStudy.Model] = QueueStudy.Model.all,
        progress: (Double, Int64) -> Bool = { _, _ in true }
    ) throws(ResearchError) -> QueueReport {
        let summary = tape.feeds[feed.index]
        var study = QueueStudy(summary.description.instrument, models: models, settings: settings)
        var clock = FeedClock()
        let events = EventBatch()
        var count: Int64 = 0
        do throws(TapeError) {
            let reader = try tape.reader(feed: feed)
            reading: while try reader.next(into: events) {
                for start in stride(from: 0, to: events.count, by: 4_096) {
                    for index in start..<min(start + 4_096, events.count) {
                        clock.correct(&events[index])
                        study.receive(events[index])
                    }
                    count += Int64(min(4_096, events.count - start))
                    guard progress(Double(count) / Double(max(1, summary.events)), count) else { break reading }
                }
            }
        } catch {
            throw .tape(path: tape.path, message: error.message, hint: error.hint)
        }
        let report = study.finish()
        guard report.count > 0 else { throw .noSamples(feed: summary.description.name) }
        return report
    }
}
