import Feeds
import Foundation
import Market
import Tape
import TestSupport
import Testing

@testable import Research

/// The recording of single orders, where it is at hand.
@Suite(.enabled(if: Shared.hasLog, "the recordings are not here: set MMSIM_SHARED to the folder that holds data/"))
struct PublishedTableTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func tape() throws -> String {
        let path = folder.path("bitstamp.tape")
        _ = try Importer(inputs: [Shared.log.path], output: path).run()
        return path
    }

    @Test func `the published table is what the study makes of the recording`() throws {
        let path = try tape()
        let report = try QueueResearch(path: path, feed: nil).run(QueueStudy.Settings())
        let published = try String(contentsOf: Shared.root.appending(path: "Benchmarks/queue-truth.md"), encoding: .utf8)
        #expect(published.hasSuffix("\n" + report.markdown))
    }

    /// An execution is told by the order that was hit, a trade by the feed, a few milliseconds apart. What hit orders from before the
    /// recording is told by the feed alone, and looks in two cases as if the order that came to take had been hit.
    @Test func `what is taken for an execution is a trade of the recording, and few are missed`() throws {
        let path = try tape()
        let reader = try Tape(opening: path).reader(feed: InstrumentID(0))
        var flow = OrderFlow()
        var clock = FeedClock()
        var executions: [(time: Timestamp, ticks: Int64, lots: Int64)] = []
        var trades: [(time: Timestamp, ticks: Int64, lots: Int64)] = []
        let events = EventBatch()
        while try reader.next(into: events) {
            for var event in events {
                clock.correct(&event)
                flow.receive(event)
                guard flow.isSettled else { continue }
                if event.kind == .trade { trades.append((event.venueTime, event.price, event.quantity)) }
                for change in flow.changes where change.cause == .executed {
                    executions.append((event.venueTime, change.order.ticks, change.lots))
                }
            }
        }
        var matched = 0
        for execution in executions {
            let match = trades.firstIndex {
                $0.ticks == execution.ticks && $0.lots == execution.lots
                    && abs(($0.time - execution.time).count) < Nanoseconds.seconds(1).count
            }
            guard let match else { continue }
            trades.remove(at: match)
            matched += 1
        }
        #expect((executions.count, matched, trades.count) == (512, 510, 8))
    }
}

enum Shared {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let folder =
        ProcessInfo.processInfo.environment["MMSIM_SHARED"].map { URL(filePath: $0) } ?? root.appending(path: "../shared")
    static let data = folder.appending(path: "data")
    static let log = data.appending(path: "bitstamp-l3/bitstamp_btcusd_20150501.log.gz")
    static let hasLog = FileManager.default.fileExists(atPath: log.path)
}
