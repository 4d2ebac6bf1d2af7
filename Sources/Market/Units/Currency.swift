/// A currency or token code of one to eight upper-case letters and digits.
public struct Currency: Hashable, Comparable, BitwiseCopyable, Sendable, CustomStringConvertible {
    /// The code's ASCII bytes, first one most significant, so that numbers compare as text does.
    public let packed: UInt64

    public init?(_ code: some StringProtocol) {
        guard (1...8).contains(code.utf8.count) else { return nil }
        var packed: UInt64 = 0
        for byte in code.utf8 {
            guard (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) else { return nil }
            packed = packed << 8 | UInt64(byte)
        }
        self.packed = packed << UInt64((8 - code.utf8.count) * 8)
    }

    public init?(packed: UInt64) {
        var bytes: [UInt8] = []
        for shift in stride(from: 56, through: 0, by: -8) {
            let byte = UInt8(truncatingIfNeeded: packed >> UInt64(shift))
            if byte == 0 { break }
            bytes.append(byte)
        }
        self.init(String(decoding: bytes, as: UTF8.self))
        guard self.packed == packed else { return nil }
    }

    public var code: String {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: packed >> UInt64(56 - $0 * 8)) }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    public var description: String { code }
    public static func < (lhs: Currency, rhs: Currency) -> Bool { lhs.packed < rhs.packed }
}
