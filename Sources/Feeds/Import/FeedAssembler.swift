import Market
import Venues

/// Puts the frames of one feed in order, in ticks and lots, into a sink.
struct FeedAssembler {
    /// Book frames that wait for a full book; more will hardly be linked to it.
    private static let heldLimit = 8_192
    /// A hole between two parts of a feed without update numbers that is longer than any quiet spell.
    private static let holeLimit = Nanoseconds.minutes(1)

    let id: InstrumentID
    private(set) var summary: ImportSummary.Feed

    private struct HeldFrame {
        var numbers: BookSync.Numbers
        var events: Range<Int>
    }

    private let tick: Int64
    private let lot: Int64
    private var sync: BookSync
    private let isNumbered: Bool
    private var converted: [MarketEvent] = []
    private var held: [HeldFrame] = []
    private var heldEvents: [MarketEvent] = []
    private var streams: [(name: StaticString, file: Int, time: Timestamp)] = []
    private var counts: [Int] = []
    private var file: Int?
    /// A new part has begun, and nothing has told yet whether its book continues the old one.
    private var isNewPart = false
    /// The pause before the new part, or its kind, leaves the book unknown.
    private var hasHole = false
    /// Something of a book was written.
    private var hasBook = false
    private var hasOrders = false
    private var lastWritten = Timestamp(nanoseconds: 0)

    init(_ id: InstrumentID, _ instrument: Instrument, isNumbered: Bool, expectsBook: Bool) {
        self.id = id
        tick = instrument.tickSize.nanos
        lot = instrument.lotSize
        sync = BookSync(isNumbered ? (expectsBook ? .fullBook : .changesOnly) : .unnumbered)
        self.isNumbered = isNumbered
        summary = ImportSummary.Feed(instrument: instrument)
    }

    /// Notes the frame's place in its stream.
    ///
    /// - Parameter file: The index of its file among the parts, which are in time order.
    /// - Returns: The file that has frames of the same time and stream, which is an error; nil if none has.
    mutating func place(_ frame: DecodedFrame, file newFile: Int) -> Int? {
        let time = frame.receiveTime.nanoseconds > 0 ? frame.receiveTime : frame.venueTime
        if let file, file < newFile {
            isNewPart = true
            // Orders that were open at the end of a part are unknown to the decoder of the next one.
            hasHole = hasOrders || time - max(summary.lastTime, Timestamp(nanoseconds: 0)) > Self.holeLimit
        }
        file = max(file ?? newFile, newFile)
        if time.nanoseconds > 0 {
            summary.firstTime = min(summary.firstTime, time)
            summary.lastTime = max(summary.lastTime, time)
        }
        guard let index = streams.firstIndex(where: { $0.name.isSame(as: frame.stream) }) else {
            streams.append((frame.stream, newFile, time))
            counts.append(1)
            return nil
        }
        counts[index] += 1
        let previous = streams[index]
        if previous.file != newFile, newFile < previous.file || (time.nanoseconds > 0 && time < previous.time) {
            return previous.file
        }
        streams[index] = (frame.stream, newFile, max(previous.time, time))
        return nil
    }

    /// Takes one frame.
    ///
    /// - Throws: `RowFailure` before anything of the frame was written, when a price or size is off the grid.
    mutating func convert(_ frame: DecodedFrame, _ batch: borrowing FrameBatch) throws(RowFailure) {
        converted.removeAll(keepingCapacity: true)
        for index in frame.events {
            var event = batch.events[index]
            event.instrument = id
            switch event.kind {
            case .level, .orderAdded, .orderChanged, .orderDeleted, .trade, .quote, .liquidation:
                guard event.price >= 0, event.quantity >= 0 else {
                    throw RowFailure(offset: batch.offsets[index], expected: "a price and a size of 0 or more", kind: .outOfRange)
                }
                let (ticks, remainder) = event.price.quotientAndRemainder(dividingBy: tick)
                let (lots, sizeRemainder) = event.quantity.quotientAndRemainder(dividingBy: lot)
                guard remainder == 0 else { throw Self.offGrid("price", event.price, tick, at: batch.offsets[index]) }
                guard sizeRemainder == 0 else { throw Self.offGrid("size", event.quantity, lot, at: batch.offsets[index]) }
                event.price = ticks
                event.quantity = lots
            case .openInterest: event.quantity /= lot
            case .mark, .index, .funding, .status, .instrumentChange, .gap: break
            }
            if event.kind == .orderAdded { hasOrders = true }
            converted.append(event)
        }
    }

    private static func offGrid(_ what: String, _ value: Int64, _ step: Int64, at offset: Int) -> RowFailure {
        let (found, grid) = (Decimal.text(value, decimals: 9), Decimal.text(step, decimals: 9))
        return RowFailure(offset: offset, expected: "a \(what) that is a multiple of \(grid), not \(found)", kind: .offGrid)
    }

    /// Writes the frame converted last, or holds it back, as the book's numbering says.
    mutating func emit(_ frame: DecodedFrame, rawFrame: UInt32, into sink: inout some EventSink) throws(FeedError) {
        for index in converted.indices { converted[index].frame = rawFrame }
        if !isNumbered, isNewPart {
            isNewPart = false
            if hasHole { try writeGap(frame, .recording, &sink) }
        }
        switch frame.content {
        case .other: try write(converted[...], &sink)
        case .book:
            // Nothing before it has proved that the parts are continuous.
            if isNewPart, hasBook { try writeGap(frame, .recording, &sink) }
            isNewPart = false
            sync.receiveBook(frame.numbers)
            try writeBook(&sink)
            try release(&sink)
        case .changes:
            let action = sync.receiveChanges(frame.numbers)
            switch action {
            case .apply: try writeBook(&sink)
            case .drop: summary.staleFrames += 1
            case .hold: hold(frame)
            case .gapThenHold, .gapThenApply:
                try writeGap(frame, isNewPart ? .recording : .sequence, &sink)
                if action == .gapThenHold { hold(frame) } else { try writeBook(&sink) }
            }
            if action != .hold { isNewPart = false }
        }
    }

    private mutating func writeBook(_ sink: inout some EventSink) throws(FeedError) {
        hasBook = true
        try write(converted[...], &sink)
    }

    /// The summary after the last frame.
    mutating func finish() -> ImportSummary.Feed {
        summary.unsynchronisedFrames += held.count
        held.removeAll()
        for index in streams.indices {
            ImportSummary.add(streams[index].name.description, to: &summary.messages, counts[index])
        }
        return summary
    }

    private mutating func write(_ events: ArraySlice<MarketEvent>, _ sink: inout some EventSink) throws(FeedError) {
        for event in events { try sink.append(event) }
        summary.records += events.count
        if let last = events.last { lastWritten = last.receiveTime.nanoseconds > 0 ? last.receiveTime : last.venueTime }
    }

    private mutating func writeGap(_ frame: DecodedFrame, _ cause: GapCause, _ sink: inout some EventSink) throws(FeedError) {
        summary.gaps += 1
        let end = frame.receiveTime.nanoseconds > 0 ? frame.receiveTime : frame.venueTime
        try sink.addGap(id, at: end, cause: cause, note: "\(end.nanoseconds - lastWritten.nanoseconds) ns after the last record")
        try sink.append(
            MarketEvent(
                kind: .gap, instrument: id, venueTime: frame.venueTime, receiveTime: frame.receiveTime, price: cause.rawValue))
    }

    private mutating func hold(_ frame: DecodedFrame) {
        if held.count == Self.heldLimit {
            let dropped = held.removeFirst().events.count
            heldEvents.removeFirst(dropped)
            for index in held.indices {
                let range = held[index].events
                held[index].events = range.lowerBound - dropped..<range.upperBound - dropped
            }
            summary.unsynchronisedFrames += 1
        }
        let start = heldEvents.count
        heldEvents.append(contentsOf: converted)
        held.append(HeldFrame(numbers: frame.numbers, events: start..<heldEvents.count))
    }

    /// Passes on the frames that waited for the full book just written.
    private mutating func release(_ sink: inout some EventSink) throws(FeedError) {
        let (frames, events) = (held, heldEvents)
        held.removeAll(keepingCapacity: true)
        heldEvents.removeAll(keepingCapacity: true)
        for (index, frame) in frames.enumerated() {
            switch sync.receiveChanges(frame.numbers) {
            case .apply: try write(events[frame.events], &sink)
            case .drop: summary.staleFrames += 1
            case .hold, .gapThenHold, .gapThenApply:
                // They do not link to this book: they wait for the next one.
                summary.unsynchronisedFrames += frames.count - index
                return
            }
        }
    }
}
