public import Market
public import Tape

/// What a recorder is handed, kept or lost as a whole.
public enum RecorderItem: Sendable {
    /// A raw frame and the records that were made from it, whose `frame` the recorder fills in.
    case frame(FrameHeader, [UInt8], events: [MarketEvent])
    /// A raw frame that could not be read.
    case unparsed(FrameHeader, [UInt8], reason: String)
    case note(RecordingNote)
    /// Records of a feed are missing from here on, and no frame says so: a note, and a record in the feed.
    case gap(feed: InstrumentID, time: Timestamp, cause: GapCause, note: String)
    case journal(JournalBlock, run: String)

    /// The feed that misses something when this is lost.
    var feed: InstrumentID? {
        switch self {
        case .frame(let header, _, _), .unparsed(let header, _, _): header.feed
        case .gap(let feed, _, _, _): feed
        case .note, .journal: nil
        }
    }

    var byteCount: Int {
        switch self {
        case .frame(_, let bytes, let events): bytes.count + events.count * MemoryLayout<MarketEvent>.stride
        case .unparsed(_, let bytes, _): bytes.count
        case .note, .gap: 0
        case .journal(let block, _): block.bytes.count
        }
    }
}

/// Something queued: an item, or word of items that found no place.
enum QueuedItem: Sendable {
    case item(RecorderItem)
    /// - Parameter time: When the first of them came.
    case lost(feed: InstrumentID?, count: Int, time: Timestamp)
}
