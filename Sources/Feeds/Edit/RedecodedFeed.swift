import Market
import Tape
import Venues

/// One feed of a tape that is decoded again, frame by frame, as an import does with rows.
struct RedecodedFeed {
    private let tape: Tape
    private let feed: InstrumentID
    private let name: String
    private let writer: TapeWriter
    private let place: InstrumentID
    private let reader: FrameReader
    private var decoder: any RecordingDecoder
    private let catalog = FeedCatalog()
    private var batch = FrameBatch()
    private var assembler: FeedAssembler?
    private let expectsBook: Bool
    private var sink: TapeSink
    /// When parts of the recording began that do not continue the one before: the same frames begin a part again.
    private let partStarts: Set<Timestamp>
    private var part = 0
    private var frames: UInt32 = 0
    private var unparsed: Int64 = 0
    /// Read ahead.
    private var next: StoredFrame?

    init(_ tape: Tape, _ feed: InstrumentID, _ writer: TapeWriter, _ copy: TapeCopy) throws(FeedError) {
        self.tape = tape
        self.feed = feed
        self.writer = writer
        let description = tape.feeds[feed.index].description
        name = description.name
        catalog.describe(description.instrument)
        sink = TapeSink(writer)
        do throws(TapeError) {
            place = try copy.addFeed(feed)
            partStarts = Set(try tape.gaps(feed).filter { $0.cause == .recording }.map(\.time))
            reader = try tape.frameReader(feed: feed)
            next = try reader.next()
        } catch { throw .tape(error) }
        guard let next else { throw .noFrames(path: tape.path, feed: name) }
        let path = tape.path
        let format = try Bytes.lending(next.bytes) { row throws(FeedError) in try FormatProbe.detect(row, path: path) }
        decoder = FormatProbe.decoder(format, path: path, venue: description.instrument.venue)
        var found = false
        do throws(TapeError) {
            let search = try tape.frameReader(feed: feed)
            while !found, let frame = try search.next() { found = Bytes.lending(frame.bytes) { FormatProbe.isFullBook($0, format) } }
        } catch { throw .tape(error) }
        expectsBook = found
    }

    /// - Parameter step: Called for each frame.
    mutating func run(_ step: () -> Void) throws(FeedError) -> Redecoder.Outcome {
        while let frame = try advance() {
            step()
            try take(frame)
        }
        batch.removeAll()
        decoder.finish(into: &batch)
        for decoded in batch.frames { _ = try emit(decoded, rawFrame: max(frames, 1) - 1) }
        let summary = assembler?.finish()
        return Redecoder.Outcome(
            feed: name, records: Int64((summary?.records ?? 0) + (summary?.gaps ?? 0)), before: tape.feeds[feed.index].events,
            unparsed: unparsed)
    }

    private mutating func advance() throws(FeedError) -> StoredFrame? {
        defer { do { next = try reader.next() } catch { readFailure = error } }
        if let readFailure { throw .tape(readFailure) }
        return next
    }

    private var readFailure: TapeError?

    private mutating func take(_ frame: StoredFrame) throws(FeedError) {
        batch.removeAll()
        let failure = Bytes.lending(frame.bytes) { row -> RowFailure? in
            do throws(RowFailure) {
                try decoder.decode(row, into: &batch, catalog)
                return nil
            } catch { return error }
        }
        var rawFrame = try keep(frame)
        if let failure { return try countUnparsed(rawFrame, failure) }
        var isFirst = true
        for decoded in batch.frames where catalog.entries[decoded.feed].name == name {
            // A row that gave several frames of one feed was kept for each of them.
            if !isFirst, let copy = next, copy.bytes == frame.bytes {
                _ = try advance()
                rawFrame = try keep(copy)
            }
            isFirst = false
            if let failure = try emit(decoded, rawFrame: rawFrame) { try countUnparsed(rawFrame, failure) }
        }
    }

    private mutating func keep(_ frame: StoredFrame) throws(FeedError) -> UInt32 {
        var header = frame.header
        header.feed = place
        do throws(TapeError) { try writer.appendFrame(header, frame.bytes.span) } catch { throw .tape(error) }
        frames += 1
        return frames - 1
    }

    private mutating func countUnparsed(_ frame: UInt32, _ failure: RowFailure) throws(FeedError) {
        unparsed += 1
        do throws(TapeError) { try writer.addUnparsed(feed: place, frame: frame, reason: failure.kind.rawValue) } catch {
            throw .tape(error)
        }
    }

    /// - Returns: Why the frame can't be used; nil if it was written or held.
    private mutating func emit(_ frame: DecodedFrame, rawFrame: UInt32) throws(FeedError) -> RowFailure? {
        let instrument = tape.feeds[feed.index].description.instrument
        var assembler =
            self.assembler
            ?? FeedAssembler(place, instrument, isNumbered: catalog.entries[frame.feed].isNumbered, expectsBook: expectsBook)
        defer { self.assembler = assembler }
        if partStarts.contains(frame.receiveTime.nanoseconds > 0 ? frame.receiveTime : frame.venueTime) { part += 1 }
        _ = assembler.place(frame, file: part)
        do throws(RowFailure) { try assembler.convert(frame, batch) } catch { return error }
        try assembler.emit(frame, rawFrame: rawFrame, into: &sink)
        return nil
    }
}
