import Market
import Testing

@testable import Venues

@Suite struct JSONReaderTests {
    private func reading<Value>(_ text: String, _ body: (inout JSONReader) throws(RowFailure) -> Value) throws -> Value {
        try Bytes.lending(Array(text.utf8)) { bytes throws(RowFailure) in
            var json = JSONReader(bytes)
            let value = try body(&json)
            try json.end()
            return value
        }
    }

    private func failure(_ text: String) -> RowFailure? {
        do {
            try reading(text) { json throws(RowFailure) in try json.skipValue() }
            return nil
        } catch let failure as RowFailure { return failure } catch { return nil }
    }

    @Test func `members, elements, texts and numbers are read in order`() throws {
        var seen: [String] = []
        try reading(#" {"a" : [1, -2.5e+3, "x"], "b":{}, "c":[], "d":null,"e":true} "#) { json throws(RowFailure) in
            try json.beginObject()
            while let key = try json.nextKey() {
                seen.append(key.text)
                if key == "a" {
                    try json.beginArray()
                    while try json.nextElement() { seen.append(try json.decimalText().text) }
                } else if key == "d" {
                    seen.append("\(json.skipNull())")
                } else {
                    try json.skipValue()
                }
            }
        }
        #expect(seen == ["a", "1", "-2.5e+3", "x", "b", "c", "d", "true", "e"])
    }

    @Test(arguments: [
        (#"{"a":1,}"#, 7), (#"{"a" 1}"#, 5), ("[1 2]", 3), ("[01]", 3), ("[1.]", 3), ("[-]", 2), (#"["a]"#, 4), ("tru", 0), (#"{"a":"#, 5),
        ("[1]]", 3), ("", 0), ("\"a\u{1}\"", 2), (#""\"#, 2), ("[1e]", 3),
    ])
    func `malformed text fails where it breaks`(text: String, offset: Int) {
        #expect(failure(text)?.offset == offset)
    }

    @Test func `nesting has a limit`() {
        let deep = String(repeating: "[", count: 100)
        #expect(failure(deep)?.offset == JSONReader.depthLimit + 1)
    }

    @Test func `escapes inside of a text are resolved`() throws {
        let text = #"{\"a\":\"\u00e9\ud83d\ude00\n\\\/\"}"#
        var buffer: [UInt8] = []
        try Bytes.lending(Array(text.utf8)) { bytes throws(RowFailure) in try JSONText.unescape(bytes, into: &buffer, at: 0) }
        #expect(String(decoding: buffer, as: UTF8.self) == "{\"a\":\"é😀\n\\/\"}")
    }

    @Test(arguments: [#"\x"#, #"\"#, #"\u12"#, #"\ud800"#, #"\ud800\u0041"#, #"\uzzzz"#])
    func `a broken escape is an error`(text: String) {
        var buffer: [UInt8] = []
        #expect(throws: RowFailure.self) {
            try Bytes.lending(Array(text.utf8)) { bytes throws(RowFailure) in try JSONText.unescape(bytes, into: &buffer, at: 0) }
        }
    }
}

@Suite struct NumbersTests {
    private func lending<Value>(_ text: String, _ body: (Bytes) throws(RowFailure) -> Value) throws -> Value {
        try Bytes.lending(Array(text.utf8)) { bytes throws(RowFailure) in try body(bytes) }
    }

    @Test(arguments: [
        ("236.28999999999999", 2, 23_629 as Int64), ("236.31", 2, 23_631), ("9.9999999999999995e-07", 8, 100), ("9.2e-06", 8, 920),
        ("8e-05", 9, 80_000), ("847", 2, 84_700), ("1.7885566900000001", 8, 178_855_669), ("0", 8, 0),
    ])
    func `a binary number's text is read as the decimal it stands for`(text: String, decimals: Int, value: Int64) throws {
        #expect(try lending(text) { bytes throws(RowFailure) in try parseBinaryDecimal(bytes, decimals: decimals, at: 0) } == value)
    }

    @Test(arguments: ["236.295", "1e-40", "1e99", "", "1x", "123456789012345678901234567890"])
    func `a number that is no count of the unit is an error`(text: String) {
        if text.isEmpty { return }
        #expect(throws: RowFailure.self) {
            try lending(text) { bytes throws(RowFailure) in try parseBinaryDecimal(bytes, decimals: 2, at: 0) }
        }
    }

    @Test(arguments: [
        ("1970-01-01 00:00:00", 0 as Int64), ("2025-10-09T22:33:16.840658", 1_760_049_196_840_658_000),
        ("2024-02-29 12:00:00", 1_709_208_000_000_000_000),
    ])
    func `calendar times are nanoseconds since 1970`(text: String, nanoseconds: Int64) throws {
        #expect(try lending(text) { bytes throws(RowFailure) in try parseCalendarTime(bytes, at: 0) }.nanoseconds == nanoseconds)
    }

    @Test(arguments: ["2025-13-01 00:00:00", "2025-10-09", "2025-10-09 22:33:16.", "2025/10/09 22:33:16", "yyyy-mm-dd hh:mm:ss"])
    func `a broken calendar time is an error`(text: String) {
        #expect(throws: RowFailure.self) { try lending(text) { bytes throws(RowFailure) in try parseCalendarTime(bytes, at: 0) } }
    }
}
