internal import Market
internal import Venues

/// A JSON text as a tree. Numbers stay as they were written, because that is how they were signed.
enum JSONValue: Hashable, Sendable {
    case null
    case flag(Bool)
    case number(String)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    static func integer(_ number: some BinaryInteger) -> JSONValue { .number(String(number)) }

    /// `null` for what is not there.
    static func optional(_ text: String?) -> JSONValue { text.map { .text($0) } ?? .null }

    /// Without white space; members in the byte order of their names, as the venues here write them.
    var text: String {
        switch self {
        case .null: return "null"
        case .flag(let flag): return flag ? "true" : "false"
        case .number(let number): return number
        case .text(let text): return JSONString.quoted(text)
        case .list(let values): return "[\(values.map(\.text).joined(separator: ","))]"
        case .object(let members):
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return "{\(sorted.map { "\(JSONString.quoted($0.key)):\($0.value.text)" }.joined(separator: ","))}"
        }
    }

    /// - Throws: `RowFailure` with the place of what is no JSON.
    static func read(_ bytes: [UInt8]) throws(RowFailure) -> JSONValue { try read(bytes.span) }

    static func read(_ bytes: Span<UInt8>) throws(RowFailure) -> JSONValue {
        try Bytes.lending(bytes) { (bytes) throws(RowFailure) in
            var json = JSONReader(bytes)
            let value = try value(&json)
            try json.end()
            return value
        }
    }

    private static func value(_ json: inout JSONReader) throws(RowFailure) -> JSONValue {
        if json.skipNull() { return .null }
        let place = json.valueOffset()
        guard place < json.bytes.count else { throw json.failure("a value") }
        switch json.bytes[place] {
        case UInt8(ascii: "{"):
            var members: [String: JSONValue] = [:]
            try json.beginObject()
            while let key = try json.nextKey() { members[key.text] = try value(&json) }
            return .object(members)
        case UInt8(ascii: "["):
            var values: [JSONValue] = []
            try json.beginArray()
            while try json.nextElement() { values.append(try value(&json)) }
            return .list(values)
        case UInt8(ascii: "\""): return .text(try json.unescapedString())
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .flag(try json.bool())
        default: return .number(try json.number().text)
        }
    }
}
