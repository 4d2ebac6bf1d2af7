/// Text as JSON writes it.
public enum JSONString {
    /// A string literal with its quotes.
    ///
    /// - Parameter isInScript: It also has to be safe inside a script element of a page.
    public static func quoted(_ text: String, isInScript: Bool = false) -> String {
        func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") }
        if !isInScript, text.utf8.allSatisfy(isPlain) { return "\"\(text)\"" }
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case _ where scalar.value < 0x20 || (isInScript && "<>&\u{2028}\u{2029}".unicodeScalars.contains(scalar)):
                let hex = String(scalar.value, radix: 16)
                literal += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
