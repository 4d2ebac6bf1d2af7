/// Bytes as base64 of the standard alphabet with padding, in the one form that RFC 4648 calls canonical.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    public static func text(_ bytes: Span<UInt8>) -> String {
        var characters: [UInt8] = []
        characters.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var group: UInt32 = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0) }
            for position in 0..<4 {
                characters.append(position <= count ? alphabet[Int(group >> (18 - 6 * UInt32(position)) & 63)] : padding)
            }
            index += 3
        }
        return String(decoding: characters, as: UTF8.self)
    }

    public static func text(_ bytes: [UInt8]) -> String { text(bytes.span) }

    /// The bytes that `text` writes.
    ///
    /// - Returns: Nothing when a character is foreign, padding is missing or misplaced, or unused bits are not zero:
    ///   two texts never mean the same bytes.
    public static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        let isDecoded = decode(text) { bytes.append($0) }
        return isDecoded ? bytes : nil
    }

    /// Hands out the bytes one after the other, so that a secret's go where they will be wiped.
    ///
    /// - Returns: Whether `text` is well formed to its end.
    static func decode(_ text: some StringProtocol, into sink: (UInt8) -> Void) -> Bool {
        guard text.utf8.count.isMultiple(of: 4) else { return false }
        var group: UInt32 = 0
        var count = 0
        var padded = 0
        for character in text.utf8 {
            if character == padding {
                padded += 1
                guard count % 4 >= 2, padded <= 2 else { return false }
                group <<= 6
            } else {
                guard padded == 0, let value = value(of: character) else { return false }
                group = group << 6 | value
            }
            count += 1
            guard count.isMultiple(of: 4) else { continue }
            guard group & ((1 << (8 * UInt32(padded))) - 1) == 0 else { return false }
            for position in 0..<(3 - padded) { sink(UInt8(truncatingIfNeeded: group >> (16 - 8 * UInt32(position)))) }
            group = 0
        }
        return true
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
