import Market
import Venues

/// One frame of one feed as a decoder understood it.
struct DecodedFrame {
    enum Content {
        /// Level changes.
        case changes
        /// A full book that replaces what was known.
        case book
        /// Trades, quotes, prices: nothing that has a place in the book's numbering.
        case other
    }

    /// Index into the catalog.
    var feed: Int
    /// The venue's name of the stream it came by; the summary counts messages under it.
    var stream: StaticString
    var content: Content
    /// 0 where the venue sends none.
    var numbers = BookSync.Numbers(through: 0)
    /// Of the message; 0 if the venue sent none.
    var venueTime = Timestamp(nanoseconds: 0)
    /// 0 if unknown.
    var receiveTime = Timestamp(nanoseconds: 0)
    /// Its records in `FrameBatch.events`.
    var events: Range<Int>
}

/// The frames that one row gave, reused for every row.
///
/// Prices and quantities of the events are 10⁻⁹ of the venue's units still; the importer turns them into ticks and lots.
struct FrameBatch {
    private(set) var events: [MarketEvent] = []
    /// The byte offset in the row that each event came from, for error messages.
    private(set) var offsets: [Int] = []
    private(set) var frames: [DecodedFrame] = []
    /// Messages that hold nothing for a tape (subscription answers, candles), by reason.
    private(set) var ignored: StaticString?
    private var start = 0

    mutating func removeAll() {
        events.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        frames.removeAll(keepingCapacity: true)
        ignored = nil
        start = 0
    }

    /// Notes that the row holds nothing for a tape.
    mutating func ignore(_ reason: StaticString) { ignored = reason }

    mutating func add(
        _ kind: MarketEvent.Kind, _ side: Side = .buy, price: Int64 = 0, quantity: Int64 = 0, detail: Int64 = 0,
        flags: MarketEvent.Flags = [], venueTime: Int64 = 0, at offset: Int
    ) {
        events.append(
            MarketEvent(
                kind: kind, instrument: InstrumentID(0), venueTime: Timestamp(nanoseconds: venueTime),
                receiveTime: Timestamp(nanoseconds: 0), price: price, quantity: quantity, detail: detail,
                flags: side == .sell ? flags.union(.sell) : flags))
        offsets.append(offset)
    }

    /// A best quote: two records. A side that is empty has no price and no size.
    mutating func addQuote(bid: (price: Int64, size: Int64), ask: (price: Int64, size: Int64), number: Int64 = 0, at offset: Int) {
        add(.quote, .buy, price: bid.price, quantity: bid.size, detail: number, at: offset)
        add(.quote, .sell, price: ask.price, quantity: ask.size, detail: number, at: offset)
    }

    /// Makes one frame of the events added since the last one; nothing, if there are none and it is no book frame.
    ///
    /// A record keeps a venue time of its own and takes the frame's otherwise. The records of a book frame carry its last
    /// update number.
    mutating func endFrame(
        _ feed: Int, _ stream: StaticString, _ content: DecodedFrame.Content = .other,
        numbers: BookSync.Numbers = BookSync.Numbers(through: 0),
        venueTime: Timestamp, receiveTime: Timestamp
    ) {
        let range = start..<events.count
        start = events.count
        for index in range {
            if events[index].venueTime.nanoseconds == 0 { events[index].venueTime = venueTime }
            events[index].receiveTime = receiveTime
            if content != .other { events[index].detail = numbers.last }
            if content == .book { events[index].flags.insert(.snapshot) }
            // Whatever a file said of its records' places: this is where the frame begins and ends.
            events[index].flags.subtract([.first, .last])
        }
        if !range.isEmpty {
            events[range.lowerBound].flags.insert(.first)
            events[range.upperBound - 1].flags.insert(.last)
        }
        frames.append(
            DecodedFrame(
                feed: feed, stream: stream, content: content, numbers: numbers, venueTime: venueTime, receiveTime: receiveTime,
                events: range))
    }

    /// Takes back the events added since the last frame.
    mutating func discard() {
        events.removeSubrange(start...)
        offsets.removeSubrange(start...)
    }

    /// Turns round the order of the events added since the last frame: some venues list the newest first.
    mutating func reversePending() {
        events[start...].reverse()
        offsets[start...].reverse()
    }
}

/// Turns the rows of one file into frames.
protocol RecordingDecoder {
    /// Reads one row. Frames are appended to `batch`; a row may give none.
    mutating func decode(_ row: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog) throws(RowFailure)
    /// Hands over what it holds back at the end of the file.
    mutating func finish(into batch: inout FrameBatch)
    /// What the rows could be checked against, when the recording says.
    var checks: [String: Int] { get }
}

extension RecordingDecoder {
    mutating func finish(into batch: inout FrameBatch) {}
    var checks: [String: Int] { [:] }
}
