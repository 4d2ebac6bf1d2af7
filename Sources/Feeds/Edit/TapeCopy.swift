import Market
import Tape

/// Copies what stands beside the records of a tape into a new one, under the new one's numbers.
final class TapeCopy {
    private let tape: Tape
    private let writer: TapeWriter
    /// Places of feeds in the new tape.
    private var places: [InstrumentID: InstrumentID] = [:]
    /// What is added to the numbers of connections.
    private let connectionOffset: UInt16

    /// - Parameter connections: Those that the new tape has already.
    init(_ tape: Tape, _ writer: TapeWriter, connections: Int = 0) {
        self.tape = tape
        self.writer = writer
        connectionOffset = UInt16(truncatingIfNeeded: connections)
    }

    /// Adds a feed to the new tape.
    func addFeed(_ feed: InstrumentID) throws(TapeError) -> InstrumentID {
        let place = try writer.addFeed(tape.feeds[feed.index].description)
        try use(place, for: feed)
        return place
    }

    /// Lets a feed be one that the new tape has already.
    func use(_ place: InstrumentID, for feed: InstrumentID) throws(TapeError) {
        places[feed] = place
        if try tape.hasNotedTerms(feed) { try writer.addTerms(feed: place, tape.terms(feed)) }
    }

    /// Copies the raw frames of a range, and what was noted of those that could not be read.
    ///
    /// - Parameter offset: Raw frames of the feed that the new tape has already.
    func frames(of feed: InstrumentID, as place: InstrumentID, in range: ClosedRange<Int64>, offset: Int64) throws(TapeError) {
        let reader = try tape.frameReader(feed: feed)
        while let frame = try reader.next() {
            if range.contains(reader.nextNumber - 1) { try append(frame, to: place) }
        }
        for (frame, reason) in try tape.unparsedFrames(feed) where range.contains(Int64(frame)) {
            let number = Int64(frame) - range.lowerBound + offset
            try writer.addUnparsed(feed: place, frame: UInt32(truncatingIfNeeded: number), reason: reason)
        }
    }

    private func append(_ frame: StoredFrame, to place: InstrumentID?) throws(TapeError) {
        var header = frame.header
        header.feed = place
        if header.connection != 0 { header.connection &+= connectionOffset }
        try writer.appendFrame(header, frame.bytes.span)
    }

    /// - Parameter offset: Frames of no feed that the new tape has already.
    /// - Returns: How many were copied.
    @discardableResult
    func ownerlessFrames(from: Timestamp, to: Timestamp, offset: Int64) throws(TapeError) -> Int64 {
        var numbers: [Int64: Int64] = [:]
        let reader = try tape.frameReader(feed: nil)
        while let frame = try reader.next() {
            guard frame.header.receiveTime >= from, frame.header.receiveTime < to else { continue }
            numbers[reader.nextNumber - 1] = offset + Int64(numbers.count)
            try append(frame, to: nil)
        }
        for (frame, reason) in try tape.unparsedFrames(nil) {
            guard let number = numbers[Int64(frame)] else { continue }
            try writer.addUnparsed(feed: nil, frame: UInt32(truncatingIfNeeded: number), reason: reason)
        }
        return Int64(numbers.count)
    }

    /// Copies connections, quarantined ranges, and the notes and recording spans of a span of time.
    ///
    /// - Parameter gaps: Whether gaps and quarantined ranges are copied; who makes the records anew finds those anew.
    func notes(from: Timestamp, to: Timestamp, gaps: Bool = true) throws(TapeError) {
        for connection in try tape.connections() { _ = try writer.addConnection(connection) }
        for note in try tape.notes() {
            switch note {
            case .gap(let feed, let time, let cause, let text):
                if gaps, let place = places[feed], time >= from, time < to {
                    try writer.note(.gap(feed: place, time: time, cause: cause, note: text))
                }
            case .resync(let feed, let time, let text):
                if let place = places[feed], time >= from, time < to { try writer.note(.resync(feed: place, time: time, note: text)) }
            case .connectionState(let connection, let time, let state, let text):
                if time < to {
                    let number = connection &+ connectionOffset
                    try writer.note(.connectionState(connection: number, time: time, state: state, note: text))
                }
            case .clockOffset(_, let time, _, _): if time < to { try writer.note(note) }
            }
        }
        for (feed, place) in places.sorted(by: { $0.value < $1.value }) where gaps {
            for range in try tape.quarantine(feed) where range.to >= from && range.from < to {
                try writer.addQuarantine(QuarantinedRange(feed: place, from: range.from, to: range.to, reason: range.reason))
            }
        }
        for span in try tape.spans() where span.last >= from && span.first < to {
            try writer.addSpan(RecordingSpan(first: max(span.first, from), last: min(span.last, to), ending: span.ending))
        }
    }
}
