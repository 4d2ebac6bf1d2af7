internal import Foundation

/// A file that is written from its beginning, through a buffer of its own.
final class OutputFile {
    let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 16

    /// - Throws: `ReportError` when the file can't be made.
    init(creating path: String) throws(ReportError) {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        buffer.reserveCapacity(Self.bufferSize + 4_096)
    }

    deinit { Foundation.close(descriptor) }

    func write(_ text: String) throws(ReportError) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Writes what is buffered and makes sure that the disk has it.
    func finish() throws(ReportError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
    }

    private func flush() throws(ReportError) {
        var start = 0
        while start < buffer.count {
            let count = unsafe buffer.withUnsafeBytes { bytes in
                unsafe Foundation.write(descriptor, bytes.baseAddress! + start, bytes.count - start)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure(path)
            }
            start += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    static func failure(_ path: String) -> ReportError {
        let code = errno
        if code == ENOSPC || code == EFBIG || code == EDQUOT { return .diskFull(path: path) }
        return .notWritable(path: path, reason: unsafe String(cString: strerror(code)))
    }
}
