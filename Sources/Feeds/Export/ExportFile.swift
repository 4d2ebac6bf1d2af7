import Glibc
import Tape
import Venues

/// A file of an export, written as `PATH.part` and moved to its place when whole; one that is let go before leaves nothing.
final class ExportFile {
    private static let bufferSize = 1 << 18

    let path: String
    private let draft: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// Bytes given so far.
    private(set) var count = 0
    private var isFinished = false

    init(creating path: String, replacing: Bool) throws(FeedError) {
        self.path = path
        draft = path + ".part"
        let isThere = unsafe access(path, F_OK) == 0
        guard replacing || !isThere else { throw .tape(.alreadyExists(path: path)) }
        descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: unsafe String(cString: strerror(errno))) }
        buffer.reserveCapacity(Self.bufferSize + 4_096)
    }

    deinit {
        close(descriptor)
        if !isFinished { _ = unsafe unlink(draft) }
    }

    func write(_ text: String) throws(FeedError) { try write(text.utf8) }

    func write(_ bytes: some Collection<UInt8>) throws(FeedError) {
        buffer.append(contentsOf: bytes)
        count += bytes.count
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Overwrites bytes that were written before.
    func patch(_ bytes: [UInt8], at offset: Int) throws(FeedError) {
        try flush()
        let written = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        guard written == bytes.count else { throw failure }
    }

    func finish() throws(FeedError) {
        try flush()
        guard fsync(descriptor) == 0, unsafe rename(draft, path) == 0 else { throw failure }
        isFinished = true
    }

    private func flush() throws(FeedError) {
        var start = 0
        while start < buffer.count {
            let written = unsafe buffer.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress! + start, $0.count - start) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure }
            start += written
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private var failure: FeedError { .cannotWrite(path: path, reason: unsafe String(cString: strerror(errno))) }
}
