import Market
import Venues

/// hftbacktest's events (`EventRow`), of one instrument that the file's name tells: `VENUE_SYMBOL.npz`.
///
/// Rows that only the exchange's side processes repeat others and are left out. Rows of others with the same times and kind are one
/// frame; snapshot rows, and the clearing rows among them, are a full book.
struct NpzDecoder: RecordingDecoder {
    private struct Group: Equatable {
        var kind: UInt64
        var venueTime: Int64
        var receiveTime: Int64
    }

    private let venue: String
    private let symbol: String
    private var feed: Int?
    private var group: Group?
    private var held: [(kind: MarketEvent.Kind, row: EventRow, price: Int64, quantity: Int64, flags: MarketEvent.Flags)] = []

    init(path: String) {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let name = file.hasSuffix(".npz") ? String(file.dropLast(4)) : file
        let parts = name.split(separator: "_", maxSplits: 1).map(String.init)
        (venue, symbol) = parts.count == 2 ? (parts[0], parts[1]) : ("npz", name)
    }

    mutating func decode(_ bytes: Bytes, into batch: inout FrameBatch, _ catalog: FeedCatalog) throws(RowFailure) {
        var row = EventRow(bytes)
        let isOurs = row.flags >= EventRow.flagBase && row.flags < EventRow.flagBase + 256
        guard isOurs || row.event & EventRow.local != 0 else { return batch.ignore("row of the exchange's side") }
        feed = feed ?? catalog.feed(venue: venue, symbol: symbol, isNumbered: false)
        guard row.kind != EventRow.clear else {
            // The full book behind it says it all.
            return batch.ignore("clearing row")
        }
        let (kind, flags) = try read(row, isOurs)
        let next = Group(kind: row.kind, venueTime: row.venueTime, receiveTime: row.receiveTime)
        let begins = isOurs ? flags.contains(.first) : next != group
        if begins { finish(into: &batch) }
        group = next
        let isExact = row.kind >= EventRow.ours
        let price = isExact ? Int64(bitPattern: row.orderID) : try decimal(row.price, at: 24)
        let quantity = isExact && kind != .openInterest ? try whole(row.quantity, at: 32) : try decimal(row.quantity, at: 32)
        if !isOurs { row.detail = EventRow.addOrder...EventRow.fillOrder ~= row.kind ? Int64(bitPattern: row.orderID) : 0 }
        held.append((kind, row, price, quantity, flags))
        if isOurs, flags.contains(.last) { finish(into: &batch) }
    }

    mutating func finish(into batch: inout FrameBatch) {
        defer {
            held.removeAll(keepingCapacity: true)
            group = nil
        }
        guard let feed, let first = held.first else { return }
        for event in held {
            batch.add(
                event.kind, price: event.price, quantity: event.quantity, detail: event.row.detail, flags: event.flags,
                venueTime: event.row.venueTime, at: 0)
        }
        batch.endFrame(
            feed, "events", venueTime: Timestamp(nanoseconds: first.row.venueTime),
            receiveTime: Timestamp(nanoseconds: first.row.receiveTime))
    }

    private func read(_ row: EventRow, _ isOurs: Bool) throws(RowFailure) -> (MarketEvent.Kind, MarketEvent.Flags) {
        let kind: MarketEvent.Kind
        switch row.kind {
        case EventRow.depth, EventRow.snapshot: kind = .level
        case EventRow.trade: kind = .trade
        case EventRow.bestQuote: kind = .quote
        case EventRow.addOrder: kind = .orderAdded
        case EventRow.modifyOrder: kind = .orderChanged
        case EventRow.cancelOrder, EventRow.fillOrder: kind = .orderDeleted
        case let other:
            guard other >= EventRow.ours, let found = MarketEvent.Kind(rawValue: UInt8(other - EventRow.ours)) else {
                throw RowFailure(offset: 0, expected: "an event of a kind of hftbacktest 2, not \(other)")
            }
            kind = found
        }
        if isOurs { return (kind, MarketEvent.Flags(rawValue: UInt8(row.flags - EventRow.flagBase))) }
        var flags: MarketEvent.Flags = row.kind == EventRow.snapshot ? .snapshot : []
        if row.event & EventRow.sell != 0 {
            flags.insert(.sell)
        } else if row.event & EventRow.buy == 0, kind == .trade {
            flags.insert(.noAggressor)
        }
        return (kind, flags)
    }

    private func decimal(_ value: Double, at offset: Int) throws(RowFailure) -> Int64 {
        guard value.isFinite, value.magnitude < 9e9 else {
            throw RowFailure(offset: offset, expected: "a number that fits 64 bits", kind: .outOfRange)
        }
        // The shortest text that is read as the number is the decimal that it was made from.
        let nanos = try Bytes.lending(Array(value.magnitude.description.utf8)) { text throws(RowFailure) in
            try parseBinaryDecimal(text, decimals: 9, at: 0)
        }
        return value < 0 ? -nanos : nanos
    }

    private func whole(_ value: Double, at offset: Int) throws(RowFailure) -> Int64 {
        guard let whole = Int64(exactly: value) else { throw RowFailure(offset: offset, expected: "a whole number") }
        return whole
    }
}
