/// Bytes as hexadecimal digits, two a byte.
public enum Hexadecimal {
    /// Lower-case digits, without a prefix.
    public static func text(_ bytes: Span<UInt8>) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.count * 2)
        for index in bytes.indices {
            digits.append(digit(bytes[index] >> 4))
            digits.append(digit(bytes[index] & 15))
        }
        return String(decoding: digits, as: UTF8.self)
    }

    public static func text(_ bytes: [UInt8]) -> String { text(bytes.span) }

    /// The bytes that `text` writes; digits of either case, `0x` before them or not.
    ///
    /// - Returns: Nothing when a character is not a digit or their number is odd.
    public static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        let isDecoded = decode(text) { bytes.append($0) }
        return isDecoded ? bytes : nil
    }

    /// Hands out the bytes one after the other, so that a secret's go where they will be wiped.
    ///
    /// - Returns: Whether `text` is well formed to its end.
    static func decode(_ text: some StringProtocol, into sink: (UInt8) -> Void) -> Bool {
        var digits = text.utf8[...]
        if digits.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) { digits = digits.dropFirst(2) }
        var high: UInt8?
        for character in digits {
            guard let value = value(of: character) else { return false }
            if let first = high {
                sink(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + UInt8(ascii: "0") : value - 10 + UInt8(ascii: "a") }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
