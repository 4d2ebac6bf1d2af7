import Market
import Venues

/// The members of one event whose names are single letters, as Binance and Backpack write them, whatever their order.
///
/// Lists of levels under `b`/`bids` and `a`/`asks` go to the batch at once; everything else is kept as a slice.
struct LetterFields {
    private var values: [Bytes?] = Array(repeating: nil, count: 128)
    private var offsets: [Int] = Array(repeating: 0, count: 128)
    private var present: [Int] = []
    /// `pu`, the number before this frame's first.
    private(set) var previous: Int64?
    private(set) var hasPair = false
    /// The event held lists of levels.
    private(set) var hasLevels = false

    mutating func removeAll() {
        for index in present { values[index] = nil }
        present.removeAll(keepingCapacity: true)
        previous = nil
        (hasPair, hasLevels) = (false, false)
    }

    mutating func read(_ json: inout JSONReader, into batch: inout FrameBatch) throws(RowFailure) {
        try json.beginObject()
        while let key = try json.nextKey() { try readMember(key, &json, into: &batch) }
    }

    mutating func readMember(_ key: Bytes, _ json: inout JSONReader, into batch: inout FrameBatch) throws(RowFailure) {
        guard key.count == 1, key[0] < 128 else {
            if key == "pu" {
                previous = try json.integer()
            } else if key == "bids" {
                try readLevels(.buy, &json, into: &batch)
            } else if key == "asks" {
                try readLevels(.sell, &json, into: &batch)
            } else {
                if key == "ps" || key == "pair" { hasPair = true }
                try json.skipValue()
            }
            return
        }
        let letter = key[0]
        if json.isAtArray() {
            guard letter == 0x62 || letter == 0x61 else { return try json.skipValue() }
            try readLevels(letter == 0x62 ? .buy : .sell, &json, into: &batch)
            return
        }
        let offset = json.valueOffset()
        values[Int(letter)] = try json.scalar()
        offsets[Int(letter)] = offset
        present.append(Int(letter))
    }

    private mutating func readLevels(_ side: Side, _ json: inout JSONReader, into batch: inout FrameBatch) throws(RowFailure) {
        hasLevels = true
        try json.readLevelPairs(side, into: &batch)
    }

    subscript(letter: Unicode.Scalar) -> Bytes? { values[Int(letter.value)] }

    func offset(_ letter: Unicode.Scalar) -> Int { offsets[Int(letter.value)] }

    func text(_ letter: Unicode.Scalar, in row: Bytes) throws(RowFailure) -> Bytes {
        guard let value = self[letter] else { throw RowFailure(offset: row.count, expected: "a member \"\(letter)\"") }
        return value
    }

    func decimal(_ letter: Unicode.Scalar, decimals: Int = 9, in row: Bytes) throws(RowFailure) -> Int64 {
        try parseDecimal(try text(letter, in: row), decimals: decimals, at: offset(letter))
    }

    func integer(_ letter: Unicode.Scalar, in row: Bytes) throws(RowFailure) -> Int64 {
        try parseInteger(try text(letter, in: row), at: offset(letter))
    }

    func flag(_ letter: Unicode.Scalar, in row: Bytes) throws(RowFailure) -> Bool {
        let value = try text(letter, in: row)
        if value == "true" { return true }
        if value == "false" { return false }
        throw RowFailure(offset: offset(letter), expected: "true or false")
    }

    /// The time under `letter`, counted in `unit` nanoseconds; 0 if there is none.
    func time(_ letter: Unicode.Scalar, unit: Int64) throws(RowFailure) -> Timestamp {
        guard let value = self[letter] else { return Timestamp(nanoseconds: 0) }
        return try parseTime(try parseInteger(value, at: offset(letter)), unit: unit, at: offset(letter))
    }

    /// Adds a trade; `m` tells that the buyer was the maker, so that the taker sold.
    func addTrade(_ flags: MarketEvent.Flags, to batch: inout FrameBatch, in row: Bytes) throws(RowFailure) {
        batch.add(
            .trade, try flag("m", in: row) ? .sell : .buy, price: try decimal("p", in: row), quantity: try decimal("q", in: row),
            detail: try integer("t", in: row), flags: flags, at: offset("p"))
    }

    func addQuote(to batch: inout FrameBatch, in row: Bytes) throws(RowFailure) {
        let bid = (price: try decimal("b", in: row), size: try decimal("B", in: row))
        let ask = (price: try decimal("a", in: row), size: try decimal("A", in: row))
        batch.addQuote(bid: bid, ask: ask, number: try integer("u", in: row), at: offset("b"))
    }
}

extension JSONReader {
    /// Reads `[["price","size"],…]` as level changes.
    mutating func readLevelPairs(_ side: Side, into batch: inout FrameBatch) throws(RowFailure) {
        try beginArray()
        while try nextElement() {
            try beginArray()
            let start = valueOffset()
            guard try nextElement() else { throw failure("a price") }
            let price = try parseDecimal(try decimalText(), at: start)
            guard try nextElement() else { throw failure("a size") }
            let sizeStart = valueOffset()
            let size = try parseDecimal(try decimalText(), at: sizeStart)
            // COIN-M and old futures snapshots may add a third, empty element.
            while try nextElement() { try skipValue() }
            guard price > 0 else { throw RowFailure(offset: start, expected: "a price above 0", kind: .outOfRange) }
            guard size >= 0 else { throw RowFailure(offset: sizeStart, expected: "a size of 0 or more", kind: .outOfRange) }
            batch.add(.level, side, price: price, quantity: size, at: start)
        }
    }
}
