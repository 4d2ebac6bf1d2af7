import CZlib

/// A zip archive of one file, deflated, with sizes of 64 bits as NumPy writes them.
@safe final class ZipWriter {
    private static let signature: [UInt8] = [0x50, 0x4B]
    private static let outputSize = 1 << 16

    private let file: ExportFile
    private let name: [UInt8]
    private let stream: UnsafeMutablePointer<z_stream>
    private var output = [UInt8](repeating: 0, count: outputSize)
    private var checksum: UInt = 0
    private var plain = 0
    private var dataStart = 0

    init(creating path: String, entry: String, replacing: Bool) throws(FeedError) {
        file = try ExportFile(creating: path, replacing: replacing)
        name = Array(entry.utf8)
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let result = unsafe deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "zlib did not start")
        // What is not known yet is written over at the end.
        try file.write(head())
        dataStart = file.count
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    var path: String { file.path }

    func write(_ bytes: [UInt8]) throws(FeedError) {
        checksum = unsafe bytes.withUnsafeBufferPointer { unsafe crc32(checksum, $0.baseAddress, UInt32($0.count)) }
        plain += bytes.count
        try deflate(bytes, Z_NO_FLUSH)
    }

    func finish() throws(FeedError) {
        try deflate([], Z_FINISH)
        let directory = file.count
        let stored = directory - dataStart
        try file.write(entry(stored))
        let length = file.count - directory
        // The directory's end with 64 bits, where it is, and the old one, which says to look there.
        var end = Self.signature + [6, 6] + Self.bytes(44, 8) + Self.bytes(45, 2) + Self.bytes(45, 2) + Self.bytes(0, 8)
        end += Self.bytes(1, 8) + Self.bytes(1, 8) + Self.bytes(length, 8) + Self.bytes(directory, 8)
        end += Self.signature + [6, 7] + Self.bytes(0, 4) + Self.bytes(directory + length, 8) + Self.bytes(1, 4)
        end += Self.signature + [5, 6] + Self.bytes(0, 4) + Self.bytes(0xFFFF, 2) + Self.bytes(0xFFFF, 2)
        end += Self.bytes(0xFFFF_FFFF, 4) + Self.bytes(0xFFFF_FFFF, 4) + Self.bytes(0, 2)
        try file.write(end)
        try file.patch(head(stored: stored), at: 0)
        try file.finish()
    }

    private func deflate(_ bytes: [UInt8], _ flush: Int32) throws(FeedError) {
        var (taken, isDone) = (0, false)
        while !isDone {
            let written = unsafe bytes.withUnsafeBufferPointer { source in
                unsafe output.withUnsafeMutableBufferPointer { target in
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { unsafe $0 + taken })
                    unsafe stream.pointee.avail_in = UInt32(source.count - taken)
                    unsafe stream.pointee.next_out = target.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(target.count)
                    let result = unsafe CZlib.deflate(stream, flush)
                    taken = unsafe source.count - Int(stream.pointee.avail_in)
                    let written = unsafe target.count - Int(stream.pointee.avail_out)
                    isDone = flush == Z_FINISH ? result == Z_STREAM_END : taken == source.count && written < target.count
                    return written
                }
            }
            try file.write(output[..<written])
        }
    }

    private static func bytes(_ value: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    /// Version, flags, method, a date of 1980 (the same bytes each time), checksum, sizes that stand behind, the name's length.
    private var common: [UInt8] {
        Self.bytes(45, 2) + Self.bytes(0, 2) + Self.bytes(8, 2) + Self.bytes(0x0021_0000, 4) + Self.bytes(Int(checksum), 4)
            + Self.bytes(0xFFFF_FFFF, 4) + Self.bytes(0xFFFF_FFFF, 4) + Self.bytes(name.count, 2)
    }

    private func head(stored: Int = 0) -> [UInt8] {
        Self.signature + [3, 4] + common + Self.bytes(20, 2) + name + Self.bytes(1, 2) + Self.bytes(16, 2) + Self.bytes(plain, 8)
            + Self.bytes(stored, 8)
    }

    private func entry(_ stored: Int) -> [UInt8] {
        Self.signature + [1, 2] + Self.bytes(45, 2) + common + Self.bytes(20, 2) + [UInt8](repeating: 0, count: 14) + name
            + Self.bytes(1, 2) + Self.bytes(16, 2) + Self.bytes(plain, 8) + Self.bytes(stored, 8)
    }
}
