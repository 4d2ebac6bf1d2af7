internal import Foundation

/// A small file that nobody but its owner may read.
struct SecretFile {
    static let largest = 4_096

    /// Lends its bytes, which are wiped afterwards.
    ///
    /// - Throws: Where it is not there, is no file of ours alone, is empty or far too large.
    static func read<Result>(
        _ path: String, _ body: (Span<UInt8>) throws(CredentialError) -> Result
    ) throws(CredentialError) -> Result {
        // A pipe would keep us waiting for who writes to it.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw errno == ENOENT ? .missing(path: path) : .unreadable(path: path, reason: StateFile.reason(errno))
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw .unreadable(path: path, reason: StateFile.reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "it is no file") }
        guard status.st_uid == geteuid() else { throw .notOurs(path: path) }
        guard status.st_mode & 0o077 == 0 else { throw .readableByOthers(path: path, mode: Int(status.st_mode & 0o777)) }
        guard status.st_size > 0 else { throw .empty(path: path) }
        guard status.st_size <= largest else { throw .tooLarge(path: path, limit: largest) }
        var bytes = [UInt8](repeating: 0, count: largest + 1)
        defer {
            unsafe bytes.withUnsafeMutableBytes { buffer in if let start = buffer.baseAddress { unsafe explicit_bzero(start, buffer.count) }
            }
        }
        var count = 0
        while count < bytes.count {
            let found = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Foundation.read(file, UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).baseAddress, buffer.count - count)
            }
            if found < 0, errno == EINTR { continue }
            guard found >= 0 else { throw .unreadable(path: path, reason: StateFile.reason(errno)) }
            guard found > 0 else { break }
            count += found
        }
        guard count > 0 else { throw .empty(path: path) }
        guard count <= largest else { throw .tooLarge(path: path, limit: largest) }
        return try body(bytes.span.extracting(first: count))
    }
}
