import CZlib
import Glibc

/// The bytes of one file of a zip archive, stored or deflated, with its checksum compared at the end.
@safe final class ZipEntry {
    private static let inputSize = 1 << 16
    /// The end of the directory and the longest comment behind it.
    private static let tailSize = 22 + 65_535

    let path: String
    /// Of the archive.
    let size: Int
    private(set) var position = 0

    private let descriptor: Int32
    private var place = (offset: 0, stored: 0, plain: 0, checksum: UInt32(0), isDeflated: false)
    private var input = [UInt8](repeating: 0, count: inputSize)
    private var (start, end) = (0, 0)
    private var (read, given) = (0, 0)
    private var checksum: UInt = 0
    /// At an address of its own: zlib keeps a pointer back to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isStarted = false

    /// Opens the archive's first file whose name ends with `suffix`.
    init(_ path: String, suffix: String) throws(FeedError) {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        var status = stat()
        size = unsafe descriptor >= 0 && fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
        guard descriptor >= 0 else { throw .cannotOpen(path: path, reason: unsafe String(cString: strerror(errno))) }
        try find(suffix)
        guard place.isDeflated else { return }
        let result = unsafe inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { throw .cannotRead(path: path, reason: "zlib did not start (\(result))") }
        isStarted = true
    }

    deinit {
        if isStarted { unsafe inflateEnd(stream) }
        unsafe stream.deallocate()
        if descriptor >= 0 { close(descriptor) }
    }

    /// Fills `buffer` from its start with up to its count; fewer bytes only at the end.
    func fill(_ buffer: inout [UInt8]) throws(FeedError) -> Int {
        var filled = 0
        while filled < buffer.count {
            if start == end { try load() }
            let count = place.isDeflated ? try inflateOnce(&buffer, from: filled) : copy(&buffer, from: filled)
            guard count > 0 || start < end else {
                guard given + filled == place.plain else { throw corrupt("its data end at byte \(given + filled) of \(place.plain)") }
                break
            }
            filled += count
        }
        checksum = unsafe buffer.withUnsafeBufferPointer { unsafe crc32(checksum, $0.baseAddress, UInt32(filled)) }
        given += filled
        guard given <= place.plain else { throw corrupt("its data are longer than they say") }
        if given == place.plain, filled < buffer.count || filled == 0 {
            guard UInt32(truncatingIfNeeded: checksum) == place.checksum else { throw corrupt("its checksum is another one") }
        }
        return filled
    }

    private func copy(_ buffer: inout [UInt8], from place: Int) -> Int {
        let count = min(end - start, buffer.count - place)
        buffer.replaceSubrange(place..<place + count, with: input[start..<start + count])
        start += count
        return count
    }

    private func inflateOnce(_ buffer: inout [UInt8], from place: Int) throws(FeedError) -> Int {
        let available = buffer.count - place
        var (result, written) = (Z_OK, 0)
        unsafe input.withUnsafeMutableBufferPointer { source in
            unsafe buffer.withUnsafeMutableBufferPointer { target in
                unsafe stream.pointee.next_in = source.baseAddress! + start
                unsafe stream.pointee.avail_in = UInt32(end - start)
                unsafe stream.pointee.next_out = target.baseAddress! + place
                unsafe stream.pointee.avail_out = UInt32(available)
                result = unsafe inflate(stream, Z_NO_FLUSH)
                start = unsafe end - Int(stream.pointee.avail_in)
                written = unsafe available - Int(stream.pointee.avail_out)
            }
        }
        switch result {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: (start, read) = (end, self.place.stored)
        default: throw corrupt("its compressed data are damaged")
        }
        return written
    }

    /// Reads more of what is stored.
    private func load() throws(FeedError) {
        let count = min(input.count, place.stored - read)
        guard count > 0 else { return }
        input.replaceSubrange(0..<count, with: try bytes(at: place.offset + read, count))
        (start, end) = (0, count)
        read += count
        position = place.offset + read
    }

    private func bytes(at offset: Int, _ count: Int) throws(FeedError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, count <= size - offset else { throw corrupt("it is cut off") }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress! + done, count - done, off_t(offset + done))
            }
            guard got > 0 else {
                throw .cannotRead(path: path, reason: got == 0 ? "it is cut off" : unsafe String(cString: strerror(errno)))
            }
            done += got
        }
        return bytes
    }

    private func corrupt(_ reason: String) -> FeedError { .corruptZip(path: path, reason: reason) }

    // MARK: The directory

    private static func number(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ width: Int) -> Int {
        let value = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[bytes.startIndex + offset + $1]) << UInt64(8 * $1) }
        return Int(clamping: value)
    }

    private func find(_ suffix: String) throws(FeedError) {
        let tail = try bytes(at: max(0, size - Self.tailSize), min(size, Self.tailSize))
        guard tail.count >= 22,
            let end = stride(from: tail.count - 22, through: 0, by: -1).first(where: { Self.number(tail[$0...], 0, 4) == 0x0605_4B50 })
        else { throw corrupt("it has no directory") }
        var (entries, offset) = (Self.number(tail[end...], 10, 2), Self.number(tail[end...], 16, 4))
        if end >= 20, Self.number(tail[(end - 20)...], 0, 4) == 0x0706_4B50 {
            let record = try bytes(at: Self.number(tail[(end - 20)...], 8, 8), 56)
            guard Self.number(record[...], 0, 4) == 0x0606_4B50 else { throw corrupt("its long directory is damaged") }
            (entries, offset) = (Self.number(record[...], 32, 8), Self.number(record[...], 48, 8))
        }
        for _ in 0..<min(entries, 65_536) {
            let head = try bytes(at: offset, 46)
            guard Self.number(head[...], 0, 4) == 0x0201_4B50 else { throw corrupt("its directory is damaged") }
            let (name, extra, comment) = (Self.number(head[...], 28, 2), Self.number(head[...], 30, 2), Self.number(head[...], 32, 2))
            let rest = try bytes(at: offset + 46, name + extra)
            if String(decoding: rest[..<name], as: UTF8.self).hasSuffix(suffix) { return try use(head, rest[name...]) }
            offset += 46 + name + extra + comment
        }
        throw corrupt("it holds no file *\(suffix)")
    }

    private func use(_ head: [UInt8], _ extra: ArraySlice<UInt8>) throws(FeedError) {
        let method = Self.number(head[...], 10, 2)
        guard method == 0 || method == 8 else { throw corrupt("its compression \(method) is unknown") }
        var sizes = [Self.number(head[...], 24, 4), Self.number(head[...], 20, 4), Self.number(head[...], 42, 4)]
        // Numbers that do not fit 32 bits stand behind, in this order.
        var rest = extra
        while rest.count >= 4 {
            let length = min(Self.number(rest, 2, 2), rest.count - 4)
            if Self.number(rest, 0, 2) == 1 {
                var field = rest.dropFirst(4).prefix(length)
                for index in sizes.indices where sizes[index] == 0xFFFF_FFFF && field.count >= 8 {
                    sizes[index] = Self.number(field, 0, 8)
                    field = field.dropFirst(8)
                }
            }
            rest = rest.dropFirst(4 + length)
        }
        let local = try bytes(at: sizes[2], 30)
        guard Self.number(local[...], 0, 4) == 0x0403_4B50 else { throw corrupt("a file of it has no head") }
        let offset = sizes[2] + 30 + Self.number(local[...], 26, 2) + Self.number(local[...], 28, 2)
        guard offset <= size, sizes[1] <= size - offset else { throw corrupt("it is cut off") }
        place = (offset, sizes[1], sizes[0], UInt32(truncatingIfNeeded: Self.number(head[...], 16, 4)), method == 8)
    }
}
