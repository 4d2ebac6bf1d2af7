package import Market

/// A change of a book's level: absolute, in 10⁻⁹ of the quote currency and of the base; a size of 0 removes it.
package struct BackpackLevel: BitwiseCopyable, Hashable, Sendable {
    package var side: Side
    package var price: Int64
    package var size: Int64
    /// Where its price stands in the frame.
    package var offset: Int
}

/// What one frame of Backpack's streams is.
package enum BackpackMessage: Hashable, Sendable {
    case depth, bookTicker, trade, markPrice, openInterest, liquidation
    case order(BackpackOrderUpdate.Kind)
    case position, balance
    /// A subscription was refused.
    case refusal
    /// A stream that we do not read.
    case other
}

/// Reads the frames of Backpack's public and private streams: `{"data":{…},"stream":"…"}`.
///
/// One frame at a time: what is asked of the reader is about the last frame, and `Bytes` in it are slices of that. Nothing is
/// allocated for a frame once `levels` has its room. Numbers are integers or texts as the venue likes, members in any order; times of
/// the engine are microseconds.
package struct BackpackStreamReader {
    private var fields: BackpackFields
    /// Of a depth frame: asks and bids in the frame's order.
    package private(set) var levels: ContiguousArray<BackpackLevel> = []
    /// The stream as it was subscribed, `depth.SOL_USDC_PERP`.
    package private(set) var stream: Bytes
    /// Of a refusal.
    package private(set) var refusal: (code: Int64, message: Bytes)

    package init() {
        let nothing = Bytes.empty
        (fields, stream, refusal) = (BackpackFields(nothing), nothing, (0, nothing))
        levels.reserveCapacity(64)
    }

    /// Reads a frame.
    ///
    /// - Throws: `RowFailure` with the place in the frame, where it is not JSON or has not what its kind needs.
    package mutating func read(_ frame: Bytes) throws(RowFailure) -> BackpackMessage {
        var json = JSONReader(frame)
        fields = BackpackFields(frame)
        levels.removeAll(keepingCapacity: true)
        stream = frame.slice(0, 0)
        var (hasData, isRefusal) = (false, false)
        try json.beginObject()
        while let key = try json.nextKey() {
            if key == "data" {
                hasData = true
                try readData(&json)
            } else if key == "stream" {
                stream = try json.string()
            } else if key == "error" {
                isRefusal = true
                try readRefusal(&json)
            } else {
                try json.skipValue()
            }
        }
        try json.end()
        if isRefusal { return .refusal }
        guard hasData else { throw RowFailure(offset: frame.count, expected: "a member \"data\"") }
        return try kind()
    }

    private mutating func readData(_ json: inout JSONReader) throws(RowFailure) {
        try json.beginObject()
        while let key = try json.nextKey() {
            guard key.count == 1, let slot = BackpackFields.slot(key[0]) else {
                try json.skipValue()
                continue
            }
            if json.isAtArray() {
                guard key == "a" || key == "b" else {
                    try json.skipValue()
                    continue
                }
                try json.readBackpackLevels(key == "b" ? .buy : .sell) { levels.append($0) }
            } else {
                fields.set(slot, try json.scalarRange())
            }
        }
    }

    private mutating func readRefusal(_ json: inout JSONReader) throws(RowFailure) {
        refusal = (0, fields.frame.slice(0, 0))
        try json.beginObject()
        while let key = try json.nextKey() {
            if key == "code" {
                refusal.code = try json.integer()
            } else if key == "message" {
                refusal.message = try json.escapedString()
            } else {
                try json.skipValue()
            }
        }
    }

    private func kind() throws(RowFailure) -> BackpackMessage {
        // Positions that are sent on subscribing have no event.
        guard let event = fields["e"] else { return stream.hasPrefix("account.positionUpdate") ? .position : .other }
        if event == "depth" { return .depth }
        if event == "bookTicker" { return .bookTicker }
        if event == "trade" { return .trade }
        if event == "markPrice" { return .markPrice }
        if event == "openInterest" { return .openInterest }
        if event == "liquidation" { return .liquidation }
        if let order = BackpackOrderUpdate.Kind(event) { return .order(order) }
        if event.hasPrefix("position") { return .position }
        return event == "balanceUpdate" ? .balance : .other
    }

    // MARK: What the frame tells

    /// Where a member's value stands in the frame; 0 if there is none.
    package func place(of letter: Unicode.Scalar) -> Int { fields.offset(letter) }

    package var symbol: Bytes { get throws(RowFailure) { try fields.text("s") } }

    /// When the server sent it.
    package var sentAt: Timestamp { get throws(RowFailure) { try fields.time("E") } }

    /// When the engine did it; when it was sent, where the frame does not tell.
    package var happenedAt: Timestamp {
        get throws(RowFailure) { try fields["T"] == nil ? fields.time("E") : fields.time("T") }
    }

    /// Of a depth frame: the numbers of the changes in it.
    package var numbers: BookSync.Numbers {
        get throws(RowFailure) {
            let (first, last) = (try fields.integer("U"), try fields.integer("u"))
            guard first <= last, first > .min else {
                throw RowFailure(offset: fields.offset("U"), expected: "a first number up to the last, \(last)", kind: .outOfRange)
            }
            return BookSync.Numbers(previous: first - 1, last: last)
        }
    }

    /// Of a bookTicker frame: both sides' prices and sizes in 10⁻⁹, and the book's number.
    package var quote: (bid: Int64, bidSize: Int64, ask: Int64, askSize: Int64, number: Int64) {
        get throws(RowFailure) {
            (
                try fields.decimal("b"), try fields.decimal("B"), try fields.decimal("a"), try fields.decimal("A"),
                try fields.integer("u")
            )
        }
    }

    /// Of a trade frame: who took, its number, price and size in 10⁻⁹, and the number of each side's order, 0 if unknown.
    package var trade: BackpackTrade {
        get throws(RowFailure) {
            BackpackTrade(
                id: try fields.integer("t"), aggressor: try fields.flag("m") ? .sell : .buy, price: try fields.decimal("p"),
                size: try fields.decimal("q"), buyer: try fields["b"] == nil ? 0 : fields.integer("b"),
                seller: try fields["a"] == nil ? 0 : fields.integer("a"))
        }
    }

    /// Of a markPrice frame: mark and index in 10⁻⁹, the rate of the interval in 10⁻¹² and when it is due; nil where the market has
    /// none.
    package var mark: (mark: Int64, index: Int64?, rate: Int64?, due: Timestamp?) {
        get throws(RowFailure) {
            let due = fields["n"] == nil ? nil : try parseTime(try fields.integer("n"), unit: 1_000_000, at: fields.offset("n"))
            return (
                try fields.decimal("p"), fields["i"] == nil ? nil : try fields.decimal("i"),
                fields["f"] == nil ? nil : try fields.decimal("f", decimals: 12), due
            )
        }
    }

    /// Of an openInterest frame, in 10⁻⁹ of the base.
    package var openInterest: Int64 { get throws(RowFailure) { try fields.decimal("o") } }

    /// Of a liquidation frame: the side of the forced order, its price and size in 10⁻⁹.
    package var liquidation: (side: Side, price: Int64, size: Int64) {
        get throws(RowFailure) { (try fields.side("S"), try fields.decimal("p"), try fields.decimal("q")) }
    }

    package var order: BackpackOrderUpdate { get throws(RowFailure) { try BackpackOrderUpdate(fields) } }

    /// Of a position frame: signed quantity and entry price in 10⁻⁹.
    package var position: (quantity: Int64, entry: Int64) {
        get throws(RowFailure) {
            (
                try fields.decimal("q"),
                fields["B"] == nil ? 0 : try parseLongDecimal(try fields.text("B"), decimals: 9, at: fields.offset("B"))
            )
        }
    }

    /// Of a balance frame: the asset, what is free and what orders lock, in 10⁻⁹.
    package var balance: (asset: Bytes, available: Int64, locked: Int64) {
        get throws(RowFailure) { (try fields.text("a"), try fields.decimal("A"), try fields.decimal("L")) }
    }
}

package struct BackpackTrade: BitwiseCopyable, Hashable, Sendable {
    package var id: Int64
    package var aggressor: Side
    package var price: Int64
    package var size: Int64
    package var buyer: Int64
    package var seller: Int64
}

extension JSONReader {
    /// Reads `[["price","size"],…]`.
    mutating func readBackpackLevels(_ side: Side, _ body: (BackpackLevel) -> Void) throws(RowFailure) {
        try beginArray()
        while try nextElement() {
            try beginArray()
            guard try nextElement() else { throw failure("a price") }
            let place = valueOffset()
            let price = try parseDecimal(try decimalText(), at: place)
            guard try nextElement() else { throw failure("a size") }
            let sizePlace = valueOffset()
            let size = try parseDecimal(try decimalText(), at: sizePlace)
            guard try !nextElement() else { throw failure("']'") }
            guard price > 0 else { throw RowFailure(offset: place, expected: "a price above 0", kind: .outOfRange) }
            guard size >= 0 else { throw RowFailure(offset: sizePlace, expected: "a size of 0 or more", kind: .outOfRange) }
            body(BackpackLevel(side: side, price: price, size: size, offset: place))
        }
    }
}
