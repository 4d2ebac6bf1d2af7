import Market
import Tape

/// How many rows records become.
struct NpzRowCount {
    private(set) var rows = 0

    mutating func receive(_ event: MarketEvent) { rows += event.beginsFullBook ? 2 : 1 }
}

extension MarketEvent {
    /// The first record of a full book of levels, before which a book elsewhere is to be cleared.
    fileprivate var beginsFullBook: Bool { kind == .level && isFirst && flags.contains(.snapshot) }
}

/// hftbacktest's events of one instrument, as `np.savez` would write them: one stored array named `data`.
///
/// With corrected times (`FeedClock`: the smallest latency is 1 ms, no time goes back) each row is processed by both sides; with raw ones
/// it is so too, and a backtest of theirs wants them in order.
struct NpzWriter: RecordWriter {
    private let instrument: Instrument
    private let price: DecimalStep
    private let size: DecimalStep
    private let rawTimes: Bool
    private let zip: ZipWriter
    private var clock = FeedClock()
    private var bytes: [UInt8] = []
    private var rows: Int64 = 0
    /// Raw times that go back, or a receive time before the venue's: what hftbacktest takes amiss.
    private var last = (venue: Int64.min, receive: Int64.min)

    init(_ instrument: Instrument, _ base: String, rows: Int, rawTimes: Bool, replacing: Bool) throws(FeedError) {
        self.instrument = instrument
        self.rawTimes = rawTimes
        price = DecimalStep(nanos: instrument.tickSize.nanos)
        size = DecimalStep(nanos: instrument.lotSize)
        zip = try ZipWriter(creating: base + ".npz", entry: "data.npy", replacing: replacing)
        try zip.write(Self.header(rows: rows))
    }

    /// NumPy's header, padded so that the rows begin at a multiple of 64.
    private static func header(rows: Int) -> [UInt8] {
        let fields = EventRow.fields.map { $0.replacing(",", with: ", ") }.joined(separator: ", ")
        let text = "{'descr': [\(fields)], 'fortran_order': False, 'shape': (\(rows),), }"
        let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
        let padded = text + String(repeating: " ", count: length - text.utf8.count - 1) + "\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(padded.utf8)
    }

    mutating func write(_ event: MarketEvent, _ summary: inout TapeExport.Summary) throws(FeedError) {
        var timed = event
        if rawTimes {
            let (venue, receive) = (event.venueTime.nanoseconds, event.receiveTime.nanoseconds)
            if venue < last.venue || receive < last.receive || receive < venue {
                summary.leaveOut("rows out of the order of time that hftbacktest wants: kept as recorded")
            }
            last = (max(last.venue, venue), max(last.receive, receive))
        } else {
            clock.correct(&timed)
        }
        bytes.removeAll(keepingCapacity: true)
        if event.beginsFullBook {
            // Of neither side: both go, however deep the full book is.
            append(EventRow.clear | EventRow.exchange | EventRow.local, timed) { _ in }
        }
        let sides = event.flags.contains(.noAggressor) ? 0 : event.side == .sell ? EventRow.sell : EventRow.buy
        let both = EventRow.exchange | EventRow.local | sides
        let kind: UInt64
        switch event.kind {
        case .level: kind = (event.flags.contains(.snapshot) ? EventRow.snapshot : EventRow.depth) | both
        case .trade: kind = EventRow.trade | both
        case .orderAdded: kind = EventRow.addOrder | both
        case .orderChanged: kind = EventRow.modifyOrder | both
        case .orderDeleted: kind = EventRow.cancelOrder | both
        case .quote: kind = EventRow.bestQuote | sides
        case .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange, .gap:
            kind = EventRow.ours + UInt64(event.kind.rawValue)
        }
        let (price, size) = (price, size)
        append(kind, timed) { row in
            row.detail = event.detail
            row.flags = EventRow.flagBase + Double(event.flags.rawValue)
            switch event.kind {
            case .level, .trade, .quote, .orderAdded, .orderChanged, .orderDeleted:
                row.price = price.real(event.price)
                row.quantity = size.real(event.quantity)
                if EventRow.addOrder...EventRow.fillOrder ~= row.kind { row.orderID = UInt64(bitPattern: event.detail) }
            case .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange, .gap:
                Self.fillExactly(&row, event, price, size)
            }
        }
        try zip.write(bytes)
    }

    private static func fillExactly(_ row: inout EventRow, _ event: MarketEvent, _ price: DecimalStep, _ size: DecimalStep) {
        // Decoded in 10⁻⁹ where a record counts ticks and lots.
        let isTicks = event.kind == .liquidation
        row.orderID = UInt64(bitPattern: isTicks ? event.price &* price.nanos : event.price)
        row.quantity =
            switch event.kind {
            case .openInterest: size.real(event.quantity)
            case .liquidation: Double(event.quantity &* size.nanos)
            default: Double(event.quantity)
            }
    }

    private mutating func append(_ event: UInt64, _ times: MarketEvent, _ fill: (inout EventRow) -> Void) {
        var row = EventRow(event: event, venueTime: times.venueTime.nanoseconds, receiveTime: times.receiveTime.nanoseconds)
        fill(&row)
        row.append(to: &bytes)
        rows += 1
    }

    mutating func finish(_ summary: inout TapeExport.Summary) throws(FeedError) {
        try zip.finish()
        summary.files.append((zip.path, rows))
    }
}
