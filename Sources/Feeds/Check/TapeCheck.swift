public import Market
public import Tape

/// Whether a tape is what was written, and where its records are not to be relied on.
public struct TapeCheck: Sendable, Equatable {
    public struct Options: Sendable {
        /// How long nothing may come of a book or of quotes before they count as stale. A minute is longer than any quiet spell of a
        /// traded perpetual.
        public var staleAfter: Nanoseconds

        public init(staleAfter: Nanoseconds = .minutes(1)) { self.staleAfter = staleAfter }
    }

    public enum Verdict: String, Sendable {
        /// Nothing but notes.
        case sound
        /// As it was recorded, with ranges that are quarantined.
        case suspect
        /// Not what was written.
        case broken
    }

    public var path: String
    public var feeds: [FeedCheck]
    /// What SQLite says of damaged pages; empty if nothing.
    public var fileFaults: [String]
    /// What is wrong with the raw frames of no feed; empty if nothing.
    public var privateFrameFaults: [String]

    public var verdict: Verdict {
        guard fileFaults.isEmpty, privateFrameFaults.isEmpty else { return .broken }
        return switch feeds.compactMap(\.severity).max() {
        case .broken: .broken
        case .suspect: .suspect
        case .note, nil: .sound
        }
    }

    /// The ranges of all feeds, to be written into the tape (`Tape.mark`).
    public var quarantine: [QuarantinedRange] {
        feeds.enumerated().flatMap { index, feed in
            feed.quarantined.map {
                QuarantinedRange(feed: InstrumentID(index), from: $0.from, to: $0.to, reason: $0.fault.rawValue)
            }
        }
    }

    /// Reads the whole tape. A damaged chunk is a finding; what is behind it is read on.
    ///
    /// - Parameter progress: Told the share that is done, from 0 to 1.
    /// - Throws: `TapeError` when the file can't be read as a tape at all.
    public init(_ tape: Tape, options: Options = Options(), progress: (Double) -> Void = { _ in }) throws(TapeError) {
        path = tape.path
        feeds = []
        fileFaults = try tape.fileFaults()
        let total = tape.feeds.reduce(1) { $0 + $1.events }
        var done: Int64 = 0
        for (index, summary) in tape.feeds.enumerated() {
            let feed = InstrumentID(index)
            var checker = FeedChecker(
                summary.description.instrument, name: summary.description.name, staleAfter: options.staleAfter,
                frames: try tape.frames(feed).count, span: summary.receiveTimes ?? summary.venueTimes)
            try Self.readRecords(of: feed, tape, into: &checker) { count in
                done += count
                progress(min(1, Double(done) / Double(total)))
            }
            for fault in try Self.frameFaults(tape, feed) { checker.add(.damagedFrames, note: fault) }
            feeds.append(checker.finish())
        }
        privateFrameFaults = try Self.frameFaults(tape, nil)
    }

    private static func readRecords(
        of feed: InstrumentID, _ tape: Tape, into checker: inout FeedChecker, _ count: (Int64) -> Void
    ) throws(TapeError) {
        let events = EventBatch()
        do throws(TapeError) {
            let reader = try tape.reader(feed: feed, verifying: true)
            while true {
                do throws(TapeError) {
                    guard try reader.next(into: events) else { return }
                    for event in events { checker.receive(event) }
                    count(Int64(events.count))
                } catch .damagedChunk(_, _, let chunk, let reason) {
                    checker.lose("chunk \(chunk): \(reason)")
                }
            }
        } catch .damaged(_, let reason) {
            // The list of chunks itself is on damaged pages.
            checker.add(.damagedFile, note: reason)
        }
    }

    private static func frameFaults(_ tape: Tape, _ feed: InstrumentID?) throws(TapeError) -> [String] {
        var faults: [String] = []
        do throws(TapeError) {
            let reader = try tape.frameReader(feed: feed)
            while true {
                do throws(TapeError) {
                    guard try reader.next() != nil else { return faults }
                } catch .damagedFrames(_, _, let block, let reason) {
                    faults.append("block \(block): \(reason)")
                }
            }
        } catch .damaged(_, let reason) {
            return faults + [reason]
        }
    }
}
