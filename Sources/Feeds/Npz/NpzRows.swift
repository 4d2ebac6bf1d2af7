import Venues

/// The rows of the array of events in an .npz.
final class NpzRows: RowReader {
    private static let rowsAtOnce = 1_024

    private let entry: ZipEntry
    private(set) var lineNumber = 0
    private let count: Int
    private var buffer = [UInt8](repeating: 0, count: rowsAtOnce * EventRow.size)
    private var (next, filled) = (0, 0)

    init(_ path: String) throws(FeedError) {
        entry = try ZipEntry(path, suffix: ".npy")
        count = try Self.readHeader(entry)
    }

    var path: String { entry.path }
    var size: Int { entry.size }
    var position: Int { entry.position }

    /// NumPy's header: magic, version, length, and a Python dictionary as text.
    ///
    /// - Returns: The number of rows.
    private static func readHeader(_ entry: ZipEntry) throws(FeedError) -> Int {
        func fail(_ reason: String) -> FeedError { .corruptZip(path: entry.path, reason: reason) }
        var head = [UInt8](repeating: 0, count: 10)
        guard try entry.fill(&head) == 10, Array(head[1...5]) == Array("NUMPY".utf8), head[0] == 0x93 else {
            throw fail("it holds no array")
        }
        var length = Int(head[8]) | Int(head[9]) << 8
        if head[6] >= 2 {
            var more = [UInt8](repeating: 0, count: 2)
            guard try entry.fill(&more) == 2 else { throw fail("its header is cut off") }
            length |= Int(more[0]) << 16 | Int(more[1]) << 24
        }
        guard length <= 1 << 20 else { throw fail("its header is longer than any") }
        var bytes = [UInt8](repeating: 0, count: length)
        guard try entry.fill(&bytes) == length else { throw fail("its header is cut off") }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard text.contains("'descr':[" + EventRow.fields.joined(separator: ",") + "]"), text.contains("'fortran_order':False") else {
            throw fail("its fields are others")
        }
        guard let shape = text.firstRange(of: "'shape':("), let end = text[shape.upperBound...].firstIndex(of: ","),
            let rows = Int(text[shape.upperBound..<end]), rows >= 0, text[end...].hasPrefix(",)")
        else { throw fail("it is not a row of events") }
        return rows
    }

    func next<Failure: Error>(_ body: (Bytes) throws(Failure) -> Void) throws(FeedError) -> Result<Bool, Failure> {
        if next == filled {
            filled = try entry.fill(&buffer)
            next = 0
            guard filled > 0 else {
                guard lineNumber == count else {
                    throw .corruptZip(path: path, reason: "it holds \(lineNumber) rows, not \(count)")
                }
                return .success(false)
            }
            guard filled % EventRow.size == 0 else { throw .corruptZip(path: path, reason: "its last row is cut off") }
        }
        lineNumber += 1
        defer { next += EventRow.size }
        let start = next
        return Bytes.lending(buffer) { all -> Result<Bool, Failure> in
            do throws(Failure) { try body(all.slice(start, start + EventRow.size)) } catch { return .failure(error) }
            return .success(true)
        }
    }
}
