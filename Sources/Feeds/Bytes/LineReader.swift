import Glibc
import Venues

/// The rows of a recording, one at a time.
protocol RowReader: AnyObject {
    var path: String { get }
    /// Bytes of the file as stored, and how many of them were read.
    var size: Int { get }
    var position: Int { get }
    /// The number of the row that `next` lent last, from 1.
    var lineNumber: Int { get }

    /// Lends the next row to `body`.
    ///
    /// - Returns: False at the end of the file, without calling `body`.
    func next<Failure: Error>(_ body: (Bytes) throws(Failure) -> Void) throws(FeedError) -> Result<Bool, Failure>
}

/// The lines of a plain or gzip file, one at a time, in a buffer that grows to the longest line and no further.
final class LineReader: RowReader {
    /// Longer lines are not messages. The longest known is an instrument list of under a megabyte.
    static let lineLimit = 64 << 20

    private let source: ByteSource
    /// The number of the line that `next` lent last, from 1.
    private(set) var lineNumber = 0

    private var buffer = [UInt8](repeating: 0, count: 1 << 18)
    private var start = 0
    private var end = 0
    private var atEnd = false

    init(_ path: String) throws(FeedError) {
        source = try ByteSource(path)
    }

    var path: String { source.path }
    var size: Int { source.size }
    var position: Int { source.position }

    /// Lends the next line without its line end to `body`.
    ///
    /// - Returns: False at the end of the file, without calling `body`.
    func next<Failure: Error>(_ body: (Bytes) throws(Failure) -> Void) throws(FeedError) -> Result<Bool, Failure> {
        guard let length = try advance() else { return .success(false) }
        let lineStart = start
        start = min(start + length + 1, end)
        var result: Result<Bool, Failure> = .success(true)
        unsafe buffer.withUnsafeBufferPointer { whole in
            let isCarriage = unsafe length > 0 && whole[lineStart + length - 1] == 0x0D
            let line = unsafe Bytes(whole.baseAddress! + lineStart, count: isCarriage ? length - 1 : length)
            do throws(Failure) { try body(line) } catch { result = .failure(error) }
        }
        return result
    }

    /// Makes the buffer hold a whole line from `start`; its length, or nil at the end.
    private func advance() throws(FeedError) -> Int? {
        var searched = 0
        while true {
            if let length = lineLength(after: searched) {
                lineNumber += 1
                return length
            }
            searched = end - start
            if atEnd {
                guard searched > 0 else { return nil }
                lineNumber += 1
                return searched
            }
            if start > 0 {
                buffer.replaceSubrange(0..<searched, with: buffer[start..<end])
                (start, end) = (0, searched)
            }
            if end == buffer.count {
                guard buffer.count < Self.lineLimit else {
                    throw .lineTooLong(path: path, line: lineNumber + 1, limit: Self.lineLimit)
                }
                buffer.append(contentsOf: repeatElement(0, count: buffer.count))
            }
            let count = try source.read(into: &buffer, from: end)
            atEnd = count == 0
            end += count
        }
    }

    private func lineLength(after searched: Int) -> Int? {
        unsafe buffer.withUnsafeBytes { bytes in
            let from = start + searched
            guard from < end, let base = bytes.baseAddress, let found = unsafe memchr(base + from, 0x0A, end - from) else { return nil }
            return unsafe UnsafeRawPointer(found) - base - start
        }
    }
}
