/// Signed integers in one to ten bytes, small ones in few: zigzag, seven bits a byte, the lowest first.
enum VariableInteger {
    static func append(_ value: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// A place in bytes that are read once.
    struct Cursor {
        private(set) var at = 0
        private let end: Int

        init(_ end: Int, at start: Int = 0) {
            at = start
            self.end = end
        }

        /// nil past the end, or where ten bytes do not end a number.
        mutating func next(_ bytes: borrowing Span<UInt8>) -> Int64? {
            var (value, shift) = (UInt64(0), UInt64(0))
            while at < end, shift < 64 {
                let byte = bytes[at]
                at += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte & 0x80 == 0 { return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
                shift += 7
            }
            return nil
        }
    }
}
