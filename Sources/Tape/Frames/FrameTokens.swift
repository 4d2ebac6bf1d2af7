/// What stands before a number in a frame, and how the number is written; or what stands behind a frame's last one.
struct FrameSymbol {
    /// Digits that an `Int64` may have.
    static let digitLimit = 19

    /// Its text among those of the block.
    var text: Range<Int>
    /// At least that many digits, zeros in front if need be; 0 where no number follows and the frame ends.
    var digits: Int
    /// Of these, behind the point; 0 without a point.
    var decimals: Int

    /// One number for digits and decimals.
    var form: Int { digits * 32 + decimals }

    init(text: Range<Int>, digits: Int, decimals: Int) {
        self.text = text
        self.digits = digits
        self.decimals = decimals
    }

    /// nil when no number is written so.
    init?(text: Range<Int>, form: Int64) {
        guard let form = Int(exactly: form), form >= 0 else { return nil }
        self.init(text: text, digits: form / 32, decimals: form % 32)
        guard digits == 0 ? decimals == 0 : digits <= Self.digitLimit && decimals < digits else { return nil }
    }
}

/// The frames of a block, cut into numbers and what stands between them.
///
/// A number is digits, perhaps with a point and more digits, as far as they fit into an `Int64`; what is left of them is the next
/// number, with nothing between. So any bytes can be cut, and put together as they were.
struct FrameTokens {
    /// More than market data have; frames with more are no better off as columns.
    static let symbolLimit = 4_096
    private static let slotMask = 4 * symbolLimit - 1

    private(set) var symbols: [FrameSymbol] = []
    /// The symbols' texts, one after another.
    private(set) var text: [UInt8] = []
    /// The symbols in the order of the frames, the last of each frame one that ends it.
    private(set) var places: [UInt16] = []
    /// The number behind each symbol, 0 where there is none.
    private(set) var numbers: [Int64] = []
    /// Indices of symbols, plus one, by the hash of their text and form.
    private var slots = [UInt16](repeating: 0, count: slotMask + 1)

    /// nil when there are too many symbols.
    init?(_ frames: Span<UInt8>, lengths: [Int]) {
        places.reserveCapacity(frames.count / 6)
        numbers.reserveCapacity(frames.count / 6)
        var at = 0
        for length in lengths {
            let end = at + length
            var isOpen = true
            while isOpen {
                let start = at
                var hash: UInt64 = 0xCBF2_9CE4_8422_2325
                while at < end, !Self.isDigit(frames[at]) {
                    hash = (hash ^ UInt64(frames[at])) &* 0x0000_0100_0000_01B3
                    at += 1
                }
                let separator = start..<at
                isOpen = at < end
                let number = isOpen ? Self.number(frames, &at, end) : (value: 0, digits: 0, decimals: 0)
                guard let place = place(frames, separator, hash, digits: number.digits, decimals: number.decimals) else { return nil }
                places.append(UInt16(place))
                numbers.append(number.value)
            }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// Reads a number at `at`, where there is a digit.
    private static func number(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> (value: Int64, digits: Int, decimals: Int) {
        let isPadded = bytes[at] == UInt8(ascii: "0")
        var (value, digits) = (Int64(0), 0)
        /// Takes what digits fit; false where one is left.
        func take() -> Bool {
            while at < end, isDigit(bytes[at]) {
                guard digits < FrameSymbol.digitLimit else { return false }
                let (product, isOver) = value.multipliedReportingOverflow(by: 10)
                let (sum, isBeyond) = product.addingReportingOverflow(Int64(bytes[at] &- UInt8(ascii: "0")))
                guard !isOver, !isBeyond else { return false }
                value = sum
                digits += 1
                at += 1
            }
            return true
        }
        let isWhole = take()
        let whole = digits
        guard isWhole, at + 1 < end, bytes[at] == UInt8(ascii: "."), isDigit(bytes[at + 1]), digits < FrameSymbol.digitLimit else {
            return (value, isPadded ? digits : 1, 0)
        }
        let point = at
        at += 1
        _ = take()
        let decimals = digits - whole
        guard decimals > 0 else {
            // Not one digit behind the point has room: the point belongs to what comes next.
            at = point
            return (value, isPadded ? digits : 1, 0)
        }
        return (value, isPadded && whole > 1 ? digits : decimals + 1, decimals)
    }

    /// The index of a symbol, a new one if need be; nil when there are too many.
    private mutating func place(_ frames: Span<UInt8>, _ separator: Range<Int>, _ hash: UInt64, digits: Int, decimals: Int) -> Int? {
        let form = digits * 32 + decimals
        let mixed = (hash ^ UInt64(form)) &* 0x9E37_79B9_7F4A_7C15
        var slot = Int(truncatingIfNeeded: mixed >> 32) & Self.slotMask
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if symbols[place].form == form, isText(symbols[place].text, frames, separator) { return place }
            slot = (slot + 1) & Self.slotMask
        }
        guard symbols.count < Self.symbolLimit else { return nil }
        let start = text.count
        for index in separator { text.append(frames[index]) }
        symbols.append(FrameSymbol(text: start..<text.count, digits: digits, decimals: decimals))
        slots[slot] = UInt16(symbols.count)
        return symbols.count - 1
    }

    private func isText(_ range: Range<Int>, _ frames: Span<UInt8>, _ separator: Range<Int>) -> Bool {
        guard range.count == separator.count else { return false }
        var (left, right) = (range.lowerBound, separator.lowerBound)
        while left < range.upperBound {
            guard text[left] == frames[right] else { return false }
            left += 1
            right += 1
        }
        return true
    }
}
