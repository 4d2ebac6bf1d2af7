internal import Market

/// The members of one message whose names are single letters, as Backpack's streams write them, whatever their order: slices of
/// the frame, which nothing is allocated for.
struct BackpackFields {
    private var starts = InlineArray<64, Int32>(repeating: 0)
    private var ends = InlineArray<64, Int32>(repeating: 0)
    private var present: UInt64 = 0
    private(set) var frame: Bytes

    init(_ frame: Bytes) { self.frame = frame }

    /// Of a letter; nil for any other byte.
    static func slot(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A: Int(byte & 0x3F)
        default: nil
        }
    }

    /// - Parameter place: Of the value in the frame.
    mutating func set(_ slot: Int, _ place: Range<Int>) {
        starts[slot] = Int32(truncatingIfNeeded: place.lowerBound)
        ends[slot] = Int32(truncatingIfNeeded: place.upperBound)
        present |= 1 << UInt64(slot)
    }

    /// nil where the message has no such member, or `null`.
    subscript(letter: Unicode.Scalar) -> Bytes? {
        let slot = Int(letter.value & 0x3F)
        guard present & 1 << UInt64(slot) != 0 else { return nil }
        let value = frame.slice(Int(starts[slot]), Int(ends[slot]))
        return value == "null" ? nil : value
    }

    func offset(_ letter: Unicode.Scalar) -> Int { Int(starts[Int(letter.value & 0x3F)]) }

    func text(_ letter: Unicode.Scalar) throws(RowFailure) -> Bytes {
        guard let value = self[letter] else { throw RowFailure(offset: frame.count, expected: "a member \"\(letter)\"") }
        return value
    }

    func integer(_ letter: Unicode.Scalar) throws(RowFailure) -> Int64 { try parseInteger(try text(letter), at: offset(letter)) }

    /// Counts of 10^-`decimals`.
    func decimal(_ letter: Unicode.Scalar, decimals: Int = 9) throws(RowFailure) -> Int64 {
        try parseDecimal(try text(letter), decimals: decimals, at: offset(letter))
    }

    func flag(_ letter: Unicode.Scalar) throws(RowFailure) -> Bool {
        let value = try text(letter)
        if value == "true" { return true }
        if value == "false" { return false }
        throw RowFailure(offset: offset(letter), expected: "true or false")
    }

    /// Of the engine, in microseconds.
    func time(_ letter: Unicode.Scalar) throws(RowFailure) -> Timestamp {
        try parseTime(try integer(letter), unit: 1_000, at: offset(letter))
    }

    func side(_ letter: Unicode.Scalar) throws(RowFailure) -> Side { try backpackSide(try text(letter), at: offset(letter)) }
}

func backpackSide(_ text: Bytes, at offset: Int) throws(RowFailure) -> Side {
    if text == "Bid" { return .buy }
    if text == "Ask" { return .sell }
    throw RowFailure(offset: offset, expected: "Bid or Ask")
}
