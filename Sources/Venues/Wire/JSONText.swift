/// Resolves the escapes of a JSON text, for messages that hold another message as a text.
package enum JSONText {
    /// Writes the content of `text` without escapes into `buffer`, replacing what was there.
    package static func unescape(_ text: Bytes, into buffer: inout [UInt8], at offset: Int) throws(RowFailure) {
        buffer.removeAll(keepingCapacity: true)
        buffer.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard byte == 0x5C else {
                buffer.append(byte)
                index += 1
                continue
            }
            guard index + 1 < text.count else { throw RowFailure(offset: offset + index, expected: "an escape") }
            switch text[index + 1] {
            case 0x22, 0x5C, 0x2F: buffer.append(text[index + 1])
            case 0x62: buffer.append(0x08)
            case 0x66: buffer.append(0x0C)
            case 0x6E: buffer.append(0x0A)
            case 0x72: buffer.append(0x0D)
            case 0x74: buffer.append(0x09)
            case 0x75:
                let scalar = try unicodeEscape(text, &index, at: offset)
                buffer.append(contentsOf: Array(String(Character(scalar)).utf8))
                continue
            default: throw RowFailure(offset: offset + index + 1, expected: "one of \"\\/bfnrtu after a backslash")
            }
            index += 2
        }
    }

    /// Reads `\u` and four hexadecimal digits, or a pair of them that stands for one character.
    private static func unicodeEscape(_ text: Bytes, _ index: inout Int, at offset: Int) throws(RowFailure) -> Unicode.Scalar {
        let first = try hexUnit(text, index, at: offset)
        index += 6
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard index + 1 < text.count, text[index] == 0x5C, text[index + 1] == 0x75 else {
            throw RowFailure(offset: offset + index, expected: "the second half of a character")
        }
        let second = try hexUnit(text, index, at: offset)
        guard (0xD800..<0xDC00).contains(first), (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw RowFailure(offset: offset + index, expected: "the second half of a character") }
        index += 6
        return scalar
    }

    private static func hexUnit(_ text: Bytes, _ index: Int, at offset: Int) throws(RowFailure) -> UInt32 {
        guard index + 6 <= text.count else { throw RowFailure(offset: offset + index, expected: "four hexadecimal digits") }
        var value: UInt32 = 0
        for place in index + 2..<index + 6 {
            guard let digit = Character(Unicode.Scalar(text[place])).hexDigitValue else {
                throw RowFailure(offset: offset + place, expected: "a hexadecimal digit")
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
