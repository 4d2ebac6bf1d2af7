/// A table as comma-separated text, written row by row in constant memory.
public final class CSVTable {
    private let file: OutputFile
    private let columns: Int
    public private(set) var rowCount = 0

    /// - Throws: `ReportError` when the file can't be made or written.
    public init(creating path: String, header: [String]) throws(ReportError) {
        file = try OutputFile(creating: path)
        columns = header.count
        try file.write(header.map(Self.field).joined(separator: ",") + "\n")
    }

    public func append(_ fields: [String]) throws(ReportError) {
        precondition(fields.count == columns, "a row has another number of fields than its header")
        try file.write(fields.map(Self.field).joined(separator: ",") + "\n")
        rowCount += 1
    }

    public func finish() throws(ReportError) { try file.finish() }

    /// Quoted where RFC 4180 wants it.
    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
