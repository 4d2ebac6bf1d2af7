/// A pull reader of one JSON text that allocates nothing: texts and numbers are lent as slices of the input.
///
/// Strict: it reads what the grammar allows and fails with the offset otherwise. The caller asks for what it expects.
package struct JSONReader {
    /// Nested deeper, a text is an attack and no message.
    package static let depthLimit = 64

    package let bytes: Bytes
    package private(set) var offset: Int
    private var depth = 0
    /// The next member or element is its container's first.
    private var isFirst = true

    package init(_ bytes: Bytes, from offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    package mutating func beginObject() throws(RowFailure) { try begin(0x7B, "'{'") }
    package mutating func beginArray() throws(RowFailure) { try begin(0x5B, "'['") }

    /// The next member's name, or nil after the object's end.
    package mutating func nextKey() throws(RowFailure) -> Bytes? {
        guard try nextItem(closing: 0x7D) else { return nil }
        let key = try string()
        try expect(0x3A, "':'")
        return key
    }

    /// Whether another element follows; false after the array's end.
    package mutating func nextElement() throws(RowFailure) -> Bool { try nextItem(closing: 0x5D) }

    /// A text's content as written. A text with an escape fails: use `escapedString`.
    package mutating func string() throws(RowFailure) -> Bytes {
        try expect(0x22, "a text")
        let (start, end) = (offset, bytes.endOfPlainText(from: offset))
        guard end < bytes.count, bytes[end] == 0x22 else {
            offset = start - 1
            _ = try escapedString()
            throw failure("a text without escapes")
        }
        offset = end + 1
        return bytes.slice(start, end)
    }

    /// A text's content, its escapes left as they are.
    package mutating func escapedString() throws(RowFailure) -> Bytes {
        try expect(0x22, "a text")
        let start = offset
        while offset < bytes.count {
            offset = bytes.endOfPlainText(from: offset)
            guard offset < bytes.count, bytes[offset] >= 0x20 else { break }
            if bytes[offset] == 0x22 {
                offset += 1
                return bytes.slice(start, offset - 1)
            }
            offset += 2
        }
        offset = min(offset, bytes.count)
        throw failure("the end of a text")
    }

    /// A text with its escapes resolved.
    package mutating func unescapedString() throws(RowFailure) -> String {
        let place = valueOffset()
        let content = try escapedString()
        guard content.firstIndex(of: 0x5C) != nil else { return content.text }
        var bytes: [UInt8] = []
        try JSONText.unescape(content, into: &bytes, at: place + 1)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A number's text.
    package mutating func number() throws(RowFailure) -> Bytes {
        skipSpace()
        let start = offset
        if peekByte() == 0x2D { offset += 1 }
        let whole = offset
        guard skipDigits() else { throw failure("a number") }
        guard bytes[whole] != 0x30 || offset == whole + 1 else { throw failure("a number without leading zeros") }
        if peekByte() == 0x2E {
            offset += 1
            guard skipDigits() else { throw failure("decimals") }
        }
        if let byte = peekByte(), byte == 0x65 || byte == 0x45 {
            offset += 1
            if let sign = peekByte(), sign == 0x2B || sign == 0x2D { offset += 1 }
            guard skipDigits() else { throw failure("an exponent") }
        }
        return bytes.slice(start, offset)
    }

    /// A decimal, written as a number or as a text.
    package mutating func decimalText() throws(RowFailure) -> Bytes {
        skipSpace()
        return peekByte() == 0x22 ? try string() : try number()
    }

    package mutating func integer() throws(RowFailure) -> Int64 {
        let start = offset
        return try parseInteger(try decimalText(), at: start)
    }

    package mutating func bool() throws(RowFailure) -> Bool {
        skipSpace()
        if take("true") { return true }
        if take("false") { return false }
        throw failure("true or false")
    }

    /// Passes over `null`, if that is what follows.
    package mutating func skipNull() -> Bool {
        skipSpace()
        return take("null")
    }

    /// Passes over one value of any kind.
    package mutating func skipValue() throws(RowFailure) {
        skipSpace()
        switch peekByte() {
        case 0x7B:
            try beginObject()
            while try nextKeyLoosely() { try skipValue() }
        case 0x5B:
            try beginArray()
            while try nextElement() { try skipValue() }
        case 0x22: _ = try escapedString()
        case 0x74, 0x66: _ = try bool()
        case 0x6E: guard skipNull() else { throw failure("null") }
        default: _ = try number()
        }
    }

    /// A text's content, or a number, `true`, `false` or `null` as written.
    package mutating func scalar() throws(RowFailure) -> Bytes { bytes.slice(try scalarRange()) }

    /// Where the content of what `scalar` reads stands in the input.
    package mutating func scalarRange() throws(RowFailure) -> Range<Int> {
        skipSpace()
        let start = offset
        switch peekByte() {
        case 0x22:
            _ = try string()
            return start + 1..<offset - 1
        case 0x74, 0x66, 0x6E:
            if !skipNull() { _ = try bool() }
            return start..<offset
        default:
            _ = try number()
            return start..<offset
        }
    }

    /// Whether the value that follows is an array.
    package mutating func isAtArray() -> Bool {
        skipSpace()
        return peekByte() == 0x5B
    }

    /// The start of the value that follows; for a second look at it.
    package mutating func valueOffset() -> Int {
        skipSpace()
        return offset
    }

    /// Fails unless nothing but white space follows.
    package mutating func end() throws(RowFailure) {
        skipSpace()
        guard offset == bytes.count else { throw failure("the end of the line") }
    }

    package func failure(_ expected: String, at place: Int? = nil) -> RowFailure { RowFailure(offset: place ?? offset, expected: expected) }

    private mutating func nextKeyLoosely() throws(RowFailure) -> Bool {
        guard try nextItem(closing: 0x7D) else { return false }
        _ = try escapedString()
        try expect(0x3A, "':'")
        return true
    }

    private mutating func begin(_ byte: UInt8, _ expected: String) throws(RowFailure) {
        try expect(byte, expected)
        depth += 1
        guard depth <= Self.depthLimit else { throw failure("fewer than \(Self.depthLimit) levels of nesting") }
        isFirst = true
    }

    private mutating func nextItem(closing: UInt8) throws(RowFailure) -> Bool {
        skipSpace()
        if peekByte() == closing {
            offset += 1
            depth -= 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
        } else {
            try expect(0x2C, closing == 0x7D ? "',' or '}'" : "',' or ']'")
            skipSpace()
            guard peekByte() != closing else { throw failure("a value after ','") }
        }
        return true
    }

    @inline(__always) private func peekByte() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    @inline(__always) private mutating func skipSpace() {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A else { return }
            offset += 1
        }
    }

    private mutating func skipDigits() -> Bool {
        let start = offset
        while offset < bytes.count, bytes[offset] &- 0x30 < 10 { offset += 1 }
        return offset > start
    }

    @inline(__always) private mutating func expect(_ byte: UInt8, _ expected: @autoclosure () -> String) throws(RowFailure) {
        skipSpace()
        guard offset < bytes.count, bytes[offset] == byte else { throw failure(expected()) }
        offset += 1
    }

    private mutating func take(_ word: StaticString) -> Bool {
        guard bytes.slice(offset, bytes.count).hasPrefix(word) else { return false }
        offset += word.utf8CodeUnitCount
        return true
    }
}
