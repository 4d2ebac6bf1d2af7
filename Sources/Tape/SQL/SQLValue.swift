internal import CSQLite

/// A value of a row.
public enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension SQLValue {
    /// Copies what a table or a function was given.
    init(_ value: OpaquePointer?) {
        switch unsafe sqlite3_value_type(value) {
        case SQLITE_INTEGER: self = .integer(unsafe sqlite3_value_int64(value))
        case SQLITE_FLOAT: self = .real(unsafe sqlite3_value_double(value))
        case SQLITE_TEXT: self = .text(unsafe sqlite3_value_text(value).map { unsafe String(cString: $0) } ?? "")
        case SQLITE_BLOB:
            let start = unsafe sqlite3_value_blob(value)
            let bytes = unsafe UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
            self = .blob(unsafe Array(bytes))
        default: self = .null
        }
    }
}

/// Where a table or a function puts a value for SQLite.
@safe struct SQLOutput {
    private let context: OpaquePointer?

    init(_ context: OpaquePointer?) { unsafe self.context = context }

    func null() { unsafe sqlite3_result_null(context) }
    func integer(_ value: Int64) { unsafe sqlite3_result_int64(context, value) }
    func real(_ value: Double) { unsafe sqlite3_result_double(context, value) }
    func flag(_ value: Bool) { unsafe sqlite3_result_int(context, value ? 1 : 0) }

    /// A word of the program's own, which SQLite does not copy.
    func word(_ text: StaticString) {
        unsafe text.utf8Start.withMemoryRebound(to: CChar.self, capacity: text.utf8CodeUnitCount) {
            unsafe sqlite3_result_text(context, $0, Int32(text.utf8CodeUnitCount), nil)
        }
    }

    func text(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) {
                unsafe sqlite3_result_text(context, $0.baseAddress, Int32($0.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
            }
        }
    }

    func blob(_ bytes: ArraySlice<UInt8>) {
        unsafe bytes.withUnsafeBytes {
            unsafe sqlite3_result_blob64(
                context, $0.baseAddress, UInt64($0.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        }
    }

    func error(_ message: String) { unsafe sqlite3_result_error(context, message, -1) }
}
