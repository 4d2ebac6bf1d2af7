internal import Market
public import Tape

/// Puts several tapes together into a new one: feeds side by side, parts of one feed one after another.
///
/// Between two parts of a feed stands a gap, as nobody recorded what lies between; the book is known again from the later part's first
/// full book on.
public struct TapeMerge {
    private struct Part {
        var tape: Tape
        var copy: TapeCopy
        var feed: InstrumentID
        var start: Timestamp
        var end: Timestamp
    }

    private let tapes: [Tape]
    private let replace: Bool
    private let progress: (Double) -> Void

    public init(_ tapes: [Tape], replace: Bool = false, progress: @escaping (Double) -> Void = { _ in }) {
        self.tapes = tapes
        self.replace = replace
        self.progress = progress
    }

    /// - Returns: The records written of each feed, by its name.
    /// - Throws: `FeedError.overlap` when two parts of a feed hold the same time, `differentTerms` when they count in other steps.
    ///   Nothing is left of the output then.
    public func write(to path: String) throws(FeedError) -> [(feed: String, records: Int64)] {
        let writer: TapeWriter
        do throws(TapeError) { writer = try TapeWriter(creating: path, replacing: replace) } catch { throw .tape(error) }
        let records = try write(writer)
        do throws(TapeError) { try writer.close() } catch { throw .tape(error) }
        return records
    }

    private func write(_ writer: TapeWriter) throws(FeedError) -> [(feed: String, records: Int64)] {
        var connections = 0
        var copies: [TapeCopy] = []
        for tape in tapes {
            copies.append(TapeCopy(tape, writer, connections: connections))
            do throws(TapeError) { connections += try tape.connections().count } catch { throw .tape(error) }
        }
        var (total, read) = (Int64(1), Int64(0))
        for tape in tapes { total += tape.feeds.reduce(0) { $0 + $1.events } }
        var records: [(feed: String, records: Int64)] = []
        for parts in try feeds(copies) {
            do throws(TapeError) {
                let count = try write(parts, writer) { count in
                    read += count
                    progress(min(1, Double(read) / Double(total)))
                }
                records.append((Self.description(parts[0]).name, count))
            } catch { throw .tape(error) }
        }
        do throws(TapeError) {
            var ownerless: Int64 = 0
            for (tape, copy) in zip(tapes, copies) {
                try copy.notes(from: .distantPast, to: .never)
                ownerless += try copy.ownerlessFrames(from: .distantPast, to: .never, offset: ownerless)
                for run in try tape.journalRuns() { for block in try tape.journalBlocks(run: run) { try writer.append(block, run: run) } }
            }
        } catch { throw .tape(error) }
        return records
    }

    private static func description(_ part: Part) -> FeedDescription { part.tape.feeds[part.feed.index].description }

    /// The parts of each feed in order of time, feeds in the order they are met.
    private func feeds(_ copies: [TapeCopy]) throws(FeedError) -> [[Part]] {
        var feeds: [[Part]] = []
        for (tape, copy) in zip(tapes, copies) {
            for (index, summary) in tape.feeds.enumerated() {
                let times = summary.receiveTimes ?? summary.venueTimes
                let part = Part(
                    tape: tape, copy: copy, feed: InstrumentID(index), start: times?.lowerBound ?? .distantPast,
                    end: times?.upperBound ?? .distantPast)
                if let place = feeds.firstIndex(where: { Self.description($0[0]).name == summary.description.name }) {
                    feeds[place].append(part)
                } else {
                    feeds.append([part])
                }
            }
        }
        for index in feeds.indices {
            // Equal starts, as of empty parts, keep the order of the command line.
            feeds[index] = feeds[index].enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }.map(\.element)
            for (one, two) in zip(feeds[index], feeds[index].dropFirst()) {
                let (first, second) = (Self.description(one), Self.description(two))
                guard two.start > one.end || one.end == .distantPast else {
                    throw .overlap(feed: first.name, first: one.tape.path, second: two.tape.path)
                }
                guard first.instrument == second.instrument else {
                    throw .differentTerms(feed: first.name, first: one.tape.path, second: two.tape.path)
                }
            }
        }
        return feeds
    }

    private func write(_ parts: [Part], _ writer: TapeWriter, _ read: (Int64) -> Void) throws(TapeError) -> Int64 {
        var description = Self.description(parts[0])
        var sources: [String] = []
        for part in parts where !sources.contains(Self.description(part).source) { sources.append(Self.description(part).source) }
        description.source = sources.joined(separator: ", ")
        let place = try writer.addFeed(description)
        var (count, frames) = (Int64(0), Int64(0))
        /// Where the part before ended; nil within a part.
        var end: Timestamp?
        let events = EventBatch()
        for part in parts {
            try part.copy.use(place, for: part.feed)
            let reader = try part.tape.reader(feed: part.feed)
            while try reader.next(into: events) {
                read(Int64(events.count))
                if count > 0, let first = events.first, let last = end {
                    try addGap(before: first, after: last, place, writer)
                    count += 1
                }
                end = nil
                for var event in events {
                    event.instrument = place
                    event.frame &+= UInt32(truncatingIfNeeded: frames)
                    try writer.append(event)
                }
                count += Int64(events.count)
            }
            if part.end != .distantPast { end = part.end }
            let kept = try part.tape.frames(part.feed).count
            if kept > 0 { try part.copy.frames(of: part.feed, as: place, in: 0...kept - 1, offset: frames) }
            frames += kept
            try addCounts(part, place, writer)
        }
        return count
    }

    private func addGap(before event: MarketEvent, after last: Timestamp, _ place: InstrumentID, _ writer: TapeWriter) throws(TapeError) {
        try writer.append(
            MarketEvent(
                kind: .gap, instrument: place, venueTime: event.venueTime, receiveTime: event.receiveTime,
                price: GapCause.recording.rawValue))
        let time = event.receiveTime.nanoseconds != 0 ? event.receiveTime : event.venueTime
        try writer.addGap(
            feed: place, time: time, cause: .recording,
            note: "\(time.nanoseconds &- last.nanoseconds) ns after the last record, between two tapes")
    }

    /// Adds what was counted of frames that could not be read and were not kept.
    private func addCounts(_ part: Part, _ place: InstrumentID, _ writer: TapeWriter) throws(TapeError) {
        var counts = part.tape.feeds[part.feed.index].unparsed
        for (_, reason) in try part.tape.unparsedFrames(part.feed) { counts[reason, default: 0] -= 1 }
        for (reason, count) in counts.sorted(by: { $0.key < $1.key }) where count > 0 {
            writer.addUnparsed(feed: place, reason: reason, count: count)
        }
    }
}
