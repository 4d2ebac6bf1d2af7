import CZlib
import Glibc

/// The bytes of a file, decompressed when it is gzip (told by its magic, also with several members).
@safe final class ByteSource {
    private static let inputSize = 1 << 16

    let path: String
    /// The size of the file as stored.
    let size: Int
    /// How many of its stored bytes were read.
    private(set) var position = 0

    private let descriptor: Int32
    private var input: [UInt8]
    private var inputStart = 0
    private var inputEnd = 0
    private var atEnd = false
    /// At an address of its own: zlib keeps a pointer back to it.
    private var stream: UnsafeMutablePointer<z_stream>?
    /// Inside of a gzip member: the file must not end here.
    private var insideMember = false

    init(_ path: String) throws(FeedError) {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(path: path, reason: unsafe String(cString: strerror(errno))) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw .cannotOpen(path: path, reason: "it is not a file")
        }
        size = Int(status.st_size)
        input = [UInt8](repeating: 0, count: Self.inputSize)
        try fill()
        if inputEnd >= 2, input[0] == 0x1F, input[1] == 0x8B {
            let fresh = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            unsafe fresh.initialize(to: z_stream())
            // 16 + the window's bits: gzip headers and checksums are read and checked by zlib.
            let result = unsafe inflateInit2_(fresh, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            unsafe stream = fresh
            guard result == Z_OK else { throw .cannotRead(path: path, reason: "zlib did not start (\(result))") }
            insideMember = true
        }
    }

    deinit {
        if let stream = unsafe stream {
            unsafe inflateEnd(stream)
            unsafe stream.deallocate()
        }
        close(descriptor)
    }

    /// Fills `buffer` from its start.
    ///
    /// - Returns: The number of bytes written; 0 at the end.
    func read(into buffer: inout [UInt8], from start: Int) throws(FeedError) -> Int {
        guard let stream = unsafe stream else { return try copy(into: &buffer, from: start) }
        while true {
            if inputStart == inputEnd, !atEnd { try fill() }
            if !insideMember {
                guard inputStart < inputEnd else { return 0 }
                // What follows a member is another one, or zeros that pad the file.
                if input[inputStart] == 0 {
                    inputStart += 1
                    continue
                }
                unsafe inflateReset(stream)
                insideMember = true
            }
            let written = try unsafe inflateOnce(stream, into: &buffer, from: start)
            if written > 0 { return written }
            if insideMember, inputStart == inputEnd, atEnd { throw .truncatedGzip(path: path, byteOffset: position) }
        }
    }

    private func inflateOnce(
        _ stream: UnsafeMutablePointer<z_stream>, into buffer: inout [UInt8], from start: Int
    ) throws(FeedError) -> Int {
        let available = buffer.count - start
        var result: Int32 = Z_OK
        var written = 0
        unsafe input.withUnsafeMutableBufferPointer { source in
            unsafe buffer.withUnsafeMutableBufferPointer { target in
                unsafe stream.pointee.next_in = source.baseAddress! + inputStart
                unsafe stream.pointee.avail_in = UInt32(inputEnd - inputStart)
                unsafe stream.pointee.next_out = target.baseAddress! + start
                unsafe stream.pointee.avail_out = UInt32(available)
                result = unsafe inflate(stream, Z_NO_FLUSH)
                inputStart = unsafe inputEnd - Int(stream.pointee.avail_in)
                written = unsafe available - Int(stream.pointee.avail_out)
            }
        }
        switch result {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: insideMember = false
        default:
            let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "zlib error \(result)"
            throw .corruptGzip(path: path, byteOffset: position - (inputEnd - inputStart), reason: reason)
        }
        return written
    }

    private func copy(into buffer: inout [UInt8], from start: Int) throws(FeedError) -> Int {
        if inputStart == inputEnd, !atEnd { try fill() }
        let count = min(inputEnd - inputStart, buffer.count - start)
        buffer.replaceSubrange(start..<start + count, with: input[inputStart..<inputStart + count])
        inputStart += count
        return count
    }

    private func fill() throws(FeedError) {
        let count = unsafe input.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw .cannotRead(path: path, reason: unsafe String(cString: strerror(errno))) }
        atEnd = count == 0
        (inputStart, inputEnd) = (0, count)
        position += count
    }
}
