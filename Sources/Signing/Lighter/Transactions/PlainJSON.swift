/// JSON as far as transactions need it: objects, arrays, whole numbers, null, and text without escapes. Anything else is malformed.
enum PlainJSON: Equatable {
    case number(String)
    case text(String)
    case array([PlainJSON])
    case object([String: PlainJSON])
    case null

    /// The members of the object that `text` is, to its end. A name may stand once.
    static func object(_ text: String) throws(LighterTransactionError) -> [String: PlainJSON] {
        var parser = Parser(bytes: Array(text.utf8))
        let value = try parser.value(depth: 0)
        parser.skipBlanks()
        guard case .object(let members) = value, parser.isAtEnd else { throw parser.malformed }
        return members
    }

    private struct Parser {
        /// Deeper than any transaction.
        private static let depthLimit = 8

        let bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }
        var malformed: LighterTransactionError { .malformed(offset: position) }

        mutating func skipBlanks() {
            while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
        }

        mutating func value(depth: Int) throws(LighterTransactionError) -> PlainJSON {
            skipBlanks()
            guard depth < Self.depthLimit, position < bytes.count else { throw malformed }
            switch bytes[position] {
            case UInt8(ascii: "{"): return .object(try members(depth: depth))
            case UInt8(ascii: "["): return .array(try elements(depth: depth))
            case UInt8(ascii: "\""): return .text(try text())
            case UInt8(ascii: "n"):
                for byte in "null".utf8 { try expect(byte) }
                return .null
            default: return .number(try number())
            }
        }

        private mutating func members(depth: Int) throws(LighterTransactionError) -> [String: PlainJSON] {
            var members: [String: PlainJSON] = [:]
            try expect(UInt8(ascii: "{"))
            if take(UInt8(ascii: "}")) { return members }
            repeat {
                skipBlanks()
                let start = position
                let name = try text()
                guard take(UInt8(ascii: ":")) else { throw malformed }
                guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else { throw .malformed(offset: start) }
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw malformed }
            return members
        }

        private mutating func elements(depth: Int) throws(LighterTransactionError) -> [PlainJSON] {
            var elements: [PlainJSON] = []
            try expect(UInt8(ascii: "["))
            if take(UInt8(ascii: "]")) { return elements }
            repeat { elements.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw malformed }
            return elements
        }

        private mutating func text() throws(LighterTransactionError) -> String {
            try expect(UInt8(ascii: "\""))
            let start = position
            while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                guard bytes[position] >= 0x20, bytes[position] < 0x7f, bytes[position] != UInt8(ascii: "\\") else { throw malformed }
                position += 1
            }
            let content = bytes[start..<position]
            try expect(UInt8(ascii: "\""))
            return String(decoding: content, as: UTF8.self)
        }

        private mutating func number() throws(LighterTransactionError) -> String {
            let start = position
            if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
            let first = position
            while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
            // One digit at least, no zero before another, and zero has no sign.
            guard position > first, bytes[first] != UInt8(ascii: "0") || position == start + 1 else { throw malformed }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            skipBlanks()
            guard position < bytes.count, bytes[position] == byte else { return false }
            position += 1
            return true
        }

        private mutating func expect(_ byte: UInt8) throws(LighterTransactionError) {
            guard position < bytes.count, bytes[position] == byte else { throw malformed }
            position += 1
        }
    }
}
