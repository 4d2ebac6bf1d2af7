import Market
import Tape
import Venues

/// Writes an import into a tape.
struct TapeSink: EventSink {
    private let writer: TapeWriter
    private var frames: [UInt32] = []

    /// - Parameter source: What is imported, so that an interrupted import of it can go on.
    init(_ path: String, replacing: Bool, source: String) throws(FeedError) {
        do throws(TapeError) { writer = try TapeWriter(creating: path, replacing: replacing, resuming: source) } catch {
            throw .tape(error)
        }
    }

    /// Adds to a tape that others close.
    init(_ writer: TapeWriter) { self.writer = writer }

    mutating func addFeed(_ instrument: Instrument, source: String) throws(FeedError) -> InstrumentID {
        frames.append(0)
        do throws(TapeError) { return try writer.addFeed(FeedDescription(instrument: instrument, source: source)) } catch {
            throw .tape(error)
        }
    }

    func append(_ event: MarketEvent) throws(FeedError) {
        do throws(TapeError) { try writer.append(event) } catch { throw .tape(error) }
    }

    mutating func appendFrame(_ feed: InstrumentID, receiveTime: Timestamp, _ bytes: Bytes) throws(FeedError) -> UInt32 {
        let result = unsafe bytes.withBuffer { buffer -> TapeError? in
            do throws(TapeError) {
                try unsafe writer.appendFrame(feed: feed, receiveTime: receiveTime, bytes: Span(_unsafeElements: buffer))
                return nil
            } catch { return error }
        }
        if let result { throw .tape(result) }
        defer { frames[feed.index] += 1 }
        return frames[feed.index]
    }

    func addGap(_ feed: InstrumentID, at time: Timestamp, cause: GapCause, note: String) throws(FeedError) {
        do throws(TapeError) { try writer.addGap(feed: feed, time: time, cause: cause, note: note) } catch { throw .tape(error) }
    }

    func addUnparsed(_ feed: InstrumentID, reason: String) { writer.addUnparsed(feed: feed, reason: reason) }

    var resumedChunks: Int { writer.resumedChunks }

    /// Leaves the draft to the next import of the same source.
    func suspend() throws(FeedError) {
        do throws(TapeError) { try writer.suspend() } catch { throw .tape(error) }
    }

    func close() throws(FeedError) {
        do throws(TapeError) { try writer.close() } catch { throw .tape(error) }
    }
}
