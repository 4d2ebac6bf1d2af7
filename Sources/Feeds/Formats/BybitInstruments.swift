import Market
import Venues

/// Reads Bybit's list of instruments: ticks, lots, minimums and funding intervals.
enum BybitInstruments {
    private struct Row {
        var symbol = "", base = "", quote = "", status = ""
        var tick: Int64?, lot: Int64?, minimum: Int64?
        var minimumNotional: Int64 = 0
        var fundingMinutes: Int64?
    }

    static func read(_ bytes: Bytes, venue: String, into catalog: FeedCatalog) throws(RowFailure) {
        var json = JSONReader(bytes)
        try json.beginObject()
        while let key = try json.nextKey() {
            guard key == "result" else {
                try json.skipValue()
                continue
            }
            try json.beginObject()
            while let key = try json.nextKey() {
                guard key == "list" else {
                    try json.skipValue()
                    continue
                }
                try json.beginArray()
                while try json.nextElement() {
                    let row = try readRow(&json)
                    if let instrument = instrument(row, venue) { catalog.describe(instrument) }
                }
            }
        }
        try json.end()
    }

    private static func readRow(_ json: inout JSONReader) throws(RowFailure) -> Row {
        var row = Row()
        try json.beginObject()
        while let key = try json.nextKey() {
            if key == "symbol" {
                row.symbol = try json.escapedString().text
            } else if key == "baseCoin" {
                row.base = try json.escapedString().text
            } else if key == "quoteCoin" {
                row.quote = try json.escapedString().text
            } else if key == "fundingInterval" {
                row.fundingMinutes = try json.integer()
            } else if key == "priceFilter" || key == "lotSizeFilter" {
                try readFilter(&json, &row)
            } else {
                try json.skipValue()
            }
        }
        return row
    }

    private static func readFilter(_ json: inout JSONReader, _ row: inout Row) throws(RowFailure) {
        try json.beginObject()
        while let key = try json.nextKey() {
            let offset = json.valueOffset()
            if key == "tickSize" {
                row.tick = try nanos(try json.decimalText(), at: offset)
            } else if key == "qtyStep" || key == "basePrecision" {
                row.lot = try nanos(try json.decimalText(), at: offset)
            } else if key == "minOrderQty" {
                row.minimum = try nanos(try json.decimalText(), at: offset)
            } else if key == "minNotionalValue" || key == "minOrderAmt" {
                row.minimumNotional = try nanos(try json.decimalText(), at: offset) ?? 0
            } else {
                try json.skipValue()
            }
        }
    }

    /// Nil for steps below 10⁻⁹: such an instrument can't be represented, and matters only if it is recorded.
    private static func nanos(_ text: Bytes, at offset: Int) throws(RowFailure) -> Int64? {
        do throws(RowFailure) { return try parseDecimal(text, at: offset) } catch {
            guard error.kind == .malformed else { return nil }
            throw error
        }
    }

    private static func instrument(_ row: Row, _ venue: String) -> Instrument? {
        guard let tick = row.tick, tick > 0, let lot = row.lot, lot > 0, let base = Currency(row.base), let quote = Currency(row.quote)
        else { return nil }
        // Rounded up, without a sum that may overflow.
        let (whole, rest) = (row.minimum ?? lot).quotientAndRemainder(dividingBy: lot)
        let minimum = max(1, rest > 0 ? whole + 1 : whole)
        return Instrument(
            symbol: row.base, venue: venue, venueSymbol: row.symbol, kind: venue == "bybit-spot" ? .spot : .linear, base: base,
            quote: quote, tickSize: FinePrice(nanos: tick), lotSize: lot, minimumQuantity: Quantity(lots: minimum),
            minimumNotional: row.minimumNotional, fundingInterval: row.fundingMinutes.flatMap { 1...525_600 ~= $0 ? .minutes($0) : nil })
    }
}
