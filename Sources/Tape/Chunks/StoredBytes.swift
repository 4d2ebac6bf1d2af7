/// The checksum of bytes as they stand in a table, compressed: zstd's own leaves some bits of its headers unread.
enum StoredBytes {
    /// Each word goes through a bijection, so that a change within one word is always seen.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        var hash = UInt64(bytes.count) &+ 0x9E37_79B9_7F4A_7C15
        @inline(__always) func mix(_ word: UInt64) {
            hash = (hash ^ word) &* 0xD6E8_FEB8_6659_FD93
            hash ^= hash >> 32
        }
        let whole = bytes.count & ~7
        for offset in stride(from: 0, to: whole, by: 8) { mix(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
        var rest: UInt64 = 0
        for offset in whole..<bytes.count { rest = rest << 8 | UInt64(unsafe bytes[offset]) }
        mix(rest)
        return Int64(bitPattern: hash)
    }

    /// Returns the reason when bytes of a row are not what was written; rows of the first schema have no checksum.
    static func fault(_ statement: Statement, data: Int32, checksum: Int32) -> String? {
        let isRight = unsafe statement.isNull(checksum) || Self.checksum(statement.bytes(data)) == statement.integer(checksum)
        return isRight ? nil : "its bytes are not those that were written"
    }
}
