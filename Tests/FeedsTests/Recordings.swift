import Foundation
import Market

@testable import Feeds
@testable import Venues

/// The recordings that tests read, and the facts about them that an independent reader computed.
enum Recordings {
    static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["MMSIM_SHARED"] { return URL(filePath: path) }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "../shared")
    }()

    static var areAvailable: Bool { FileManager.default.fileExists(atPath: root.appending(path: "data/expected.json").path()) }

    static func path(_ name: String) -> String { root.appending(path: "data/\(name)").path() }

    /// The facts of one recording, or of several parts joined by ` + `.
    static func facts(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: root.appending(path: "data/expected.json"))
        let all = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        guard let facts = all?[name] as? [String: Any] else { throw Missing(name: name) }
        return facts
    }

    struct Missing: Error { var name: String }

    /// Imports in memory: the summary, and every feed's facts from its events.
    static func read(_ names: [String], options: Importer.Options = Importer.Options()) throws -> (ImportSummary, [FeedInfo]) {
        var run = try ImportRun(names.map(path), options, InfoSink()) { _ in }
        let (sink, summary) = try run.run()
        return (summary, sink.finish())
    }
}

/// Computes the facts of feeds while they are imported.
final class InfoSink: EventSink {
    private var collectors: [Box] = []

    private final class Box {
        var collector: FeedInfoCollector?
        init(_ instrument: Instrument) { collector = FeedInfoCollector(instrument) }
    }

    func addFeed(_ instrument: Instrument, source: String) -> InstrumentID {
        collectors.append(Box(instrument))
        return InstrumentID(collectors.count - 1)
    }

    func append(_ event: MarketEvent) { collectors[event.instrument.index].collector!.receive(event) }
    func appendFrame(_ feed: InstrumentID, receiveTime: Timestamp, _ bytes: Bytes) -> UInt32 { 0 }
    func addGap(_ feed: InstrumentID, at time: Timestamp, cause: GapCause, note: String) {}
    func addUnparsed(_ feed: InstrumentID, reason: String) {}

    func finish() -> [FeedInfo] { collectors.map { $0.collector.take()!.finish() } }
}

/// Keeps everything an import writes.
final class MemorySink: EventSink {
    var instruments: [Instrument] = []
    var events: [MarketEvent] = []
    var frames: [[String]] = []
    var unparsed: [String] = []

    func addFeed(_ instrument: Instrument, source: String) -> InstrumentID {
        instruments.append(instrument)
        frames.append([])
        return InstrumentID(instruments.count - 1)
    }

    func append(_ event: MarketEvent) { events.append(event) }
    func appendFrame(_ feed: InstrumentID, receiveTime: Timestamp, _ bytes: Bytes) -> UInt32 {
        frames[feed.index].append(bytes.text)
        return UInt32(frames[feed.index].count - 1)
    }
    func addGap(_ feed: InstrumentID, at time: Timestamp, cause: GapCause, note: String) {}
    func addUnparsed(_ feed: InstrumentID, reason: String) { unparsed.append(reason) }
}
