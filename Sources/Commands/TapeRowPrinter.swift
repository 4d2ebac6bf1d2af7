internal import Foundation
internal import Report
internal import Tape

/// Prints the rows of a statement as they come, in one of the forms.
struct TapeRowPrinter {
    /// Rows that decide the widths of columns; later ones that are wider stand out.
    private static let alignedRows = 1_000
    private static let bufferSize = 1 << 16

    private let form: TapeCommand.SQL.Form
    private let columns: [String]
    private var buffer = ""
    private var rows = 0
    /// Rows that wait until the widths are known.
    private var waiting: [[SQLValue]] = []
    private var widths: [Int]?

    init(_ form: TapeCommand.SQL.Form, columns: [String]) {
        self.form = form
        self.columns = columns
    }

    mutating func begin() {
        switch form {
        case .text: break
        case .csv: write(columns.map(Self.quoted).joined(separator: ",") + "\n")
        case .json: write("[")
        }
    }

    mutating func add(_ row: [SQLValue]) {
        switch form {
        case .text:
            if widths == nil {
                waiting.append(row)
                if waiting.count == Self.alignedRows { align() }
            } else {
                write(line(row))
            }
        case .csv: write(row.map(Self.csv).joined(separator: ",") + "\n")
        case .json:
            let pairs = zip(columns, row).map { "\(Self.json($0)):\(Self.json($1))" }
            write((rows == 0 ? "\n{" : ",\n{") + pairs.joined(separator: ",") + "}")
        }
        rows += 1
    }

    mutating func end() {
        switch form {
        case .text: if widths == nil { align() }
        case .csv: break
        case .json: write(rows == 0 ? "]\n" : "\n]\n")
        }
        Terminal.write(buffer, to: 1)
        buffer = ""
    }

    private mutating func write(_ text: String) {
        buffer += text
        guard buffer.utf8.count >= Self.bufferSize else { return }
        Terminal.write(buffer, to: 1)
        buffer = ""
    }

    private mutating func align() {
        var widths = columns.map(\.count)
        for row in waiting {
            for (index, value) in row.enumerated() { widths[index] = max(widths[index], Self.text(value).count) }
        }
        self.widths = widths
        let isNumber = columns.indices.map { index in waiting.first { $0[index] != .null }.map { Self.isNumber($0[index]) } ?? false }
        write(padded(columns, isNumber))
        write(padded(widths.map { String(repeating: "-", count: $0) }, isNumber))
        for row in waiting { write(line(row)) }
        waiting = []
    }

    private func line(_ row: [SQLValue]) -> String { padded(row.map(Self.text), row.map(Self.isNumber)) }

    private func padded(_ cells: [String], _ alignsRight: [Bool]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let blank = String(repeating: " ", count: max(0, (widths?[index] ?? 0) - cell.count))
            line += (index > 0 ? "  " : "") + (alignsRight[index] ? blank + cell : cell + blank)
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    private static func isNumber(_ value: SQLValue) -> Bool {
        switch value {
        case .integer, .real: true
        case .null, .text, .blob: false
        }
    }

    /// Fifteen digits: what a `Double` keeps of any decimal, without the noise behind them.
    private static func text(_ real: Double) -> String {
        // The shortest text that is read as the number is the same for nearly all, and much faster to make.
        let short = real.description
        guard short.utf8.count > 15 || short.contains("e") || !real.isFinite else {
            return short.hasSuffix(".0") ? String(short.dropLast(2)) : short
        }
        return String(format: "%.15g", real)
    }

    private static func text(_ value: SQLValue) -> String {
        switch value {
        case .null: ""
        case .integer(let value): String(value)
        case .real(let value): text(value)
        case .text(let value): String(value.map { $0.isNewline ? " " : $0 })
        case .blob(let bytes): hexadecimal(bytes)
        }
    }

    private static func csv(_ value: SQLValue) -> String {
        // An empty text is quoted, so that it is told from NULL.
        if case .text(let value) = value { return value.isEmpty ? "\"\"" : quoted(value) }
        return text(value)
    }

    private static func quoted(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }

    private static func json(_ value: SQLValue) -> String {
        switch value {
        case .null: "null"
        case .real(let value): value.isFinite ? text(value) : "null"
        case .integer(let value): String(value)
        case .text(let value): json(value)
        case .blob(let bytes): json(hexadecimal(bytes))
        }
    }

    private static func json(_ text: String) -> String { JSONValue.string(text).compact }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
