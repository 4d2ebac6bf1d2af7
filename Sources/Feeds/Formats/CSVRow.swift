import CCSV
import Venues

/// Splits one line into its fields with libcsv. Reused for every line of a file.
@safe final class CSVRow {
    private var parser: UnsafeMutablePointer<csv_parser>
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    init() {
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: csv_parser())
        let result = unsafe csv_init(parser, UInt8(CSV_STRICT | CSV_STRICT_FINI))
        precondition(result == 0, "libcsv did not start")
    }

    deinit {
        unsafe csv_free(parser)
        unsafe parser.deallocate()
    }

    var count: Int { ends.count }

    /// - Throws: At the place that breaks the rules of quoting.
    func read(_ row: Bytes) throws(RowFailure) {
        // libcsv would take what follows for another row.
        if let place = row.firstIndex(of: 0x0D) { throw RowFailure(offset: place, expected: "no carriage return inside of a row") }
        if let place = row.firstIndex(of: 0x0A) { throw RowFailure(offset: place, expected: "no line feed inside of a row") }
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let field: @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Void = { text, length, context in
            guard let context = unsafe context else { return }
            let row = unsafe Unmanaged<CSVRow>.fromOpaque(context).takeUnretainedValue()
            if let text = unsafe text { unsafe row.bytes.append(contentsOf: UnsafeRawBufferPointer(start: text, count: length)) }
            row.ends.append(row.bytes.count)
        }
        let parsed = unsafe row.withBuffer { buffer in
            unsafe csv_parse(parser, buffer.baseAddress, buffer.count, field, nil, context)
        }
        guard parsed == row.count else {
            // The parser is in the middle of a field: begin anew.
            unsafe csv_free(parser)
            _ = unsafe csv_init(parser, UInt8(CSV_STRICT | CSV_STRICT_FINI))
            throw RowFailure(offset: parsed, expected: "a field with its quotes in pairs")
        }
        guard unsafe csv_fini(parser, field, nil, context) == 0 else {
            unsafe csv_free(parser)
            _ = unsafe csv_init(parser, UInt8(CSV_STRICT | CSV_STRICT_FINI))
            throw RowFailure(offset: row.count, expected: "the closing quote of a field")
        }
    }

    /// Lends a field.
    func field<Result>(_ index: Int, _ body: (Bytes) throws(RowFailure) -> Result) throws(RowFailure) -> Result {
        let start = index == 0 ? 0 : ends[index - 1]
        let end = ends[index]
        return try Bytes.lending(bytes) { all throws(RowFailure) in try body(all.slice(start, end)) }
    }

    func text(_ index: Int) -> String { String(decoding: bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]], as: UTF8.self) }

    /// Where field `index` begins in `row`, for error messages.
    static func offset(of index: Int, in row: Bytes) -> Int {
        var (field, quoted) = (0, false)
        for place in 0..<row.count {
            if field == index { return place }
            if row[place] == 0x22 { quoted.toggle() }
            if row[place] == 0x2C, !quoted { field += 1 }
        }
        return row.count
    }
}

/// The columns of a CSV file by their names.
struct CSVColumns {
    let names: [String]

    func index(_ name: String) throws(RowFailure) -> Int {
        guard let index = names.firstIndex(of: name) else { throw RowFailure(offset: 0, expected: "a column '\(name)' in the header") }
        return index
    }
}

extension CSVRow {
    /// Reads the field under a column as a count of 10^-`decimals`; nil if it is empty.
    func optionalDecimal(_ index: Int, decimals: Int = 9, _ columns: CSVColumns, in row: Bytes) throws(RowFailure) -> Int64? {
        try field(index) { text throws(RowFailure) in
            if text.isEmpty { return nil }
            do throws(RowFailure) { return try parseDecimal(text, decimals: decimals, at: 0) } catch {
                throw RowFailure(
                    offset: Self.offset(of: index, in: row), expected: "\(error.expected) as \(columns.names[index])", kind: error.kind)
            }
        }
    }

    func decimal(_ index: Int, decimals: Int = 9, _ columns: CSVColumns, in row: Bytes) throws(RowFailure) -> Int64 {
        guard let value = try optionalDecimal(index, decimals: decimals, columns, in: row) else {
            throw RowFailure(offset: Self.offset(of: index, in: row), expected: "a number as \(columns.names[index])")
        }
        return value
    }
}
