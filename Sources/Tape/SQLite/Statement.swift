internal import CSQLite

/// A prepared statement. Bound bytes must stay where they are until `step` or `reset`.
@safe final class Statement {
    let handle: OpaquePointer
    private let database: Database

    init(_ handle: OpaquePointer, _ database: Database) {
        unsafe self.handle = handle
        self.database = database
    }

    deinit { unsafe sqlite3_finalize(handle) }

    func bind(_ value: Int64, at index: Int32) { unsafe sqlite3_bind_int64(handle, index, value) }

    func bind(_ value: Int64?, at index: Int32) {
        if let value { bind(value, at: index) } else { unsafe sqlite3_bind_null(handle, index) }
    }

    func bind(_ text: String, at index: Int32) {
        // SQLITE_TRANSIENT: SQLite copies the text.
        unsafe sqlite3_bind_text(handle, index, text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }

    func bind(copying bytes: [UInt8], at index: Int32) {
        unsafe bytes.withUnsafeBytes {
            _ = unsafe sqlite3_bind_blob64(
                handle, index, $0.baseAddress, UInt64($0.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        }
    }

    /// Binds bytes in place: they must outlive the statement's next `run`.
    func bind(borrowing bytes: UnsafeRawBufferPointer, at index: Int32) {
        unsafe sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), nil)
    }

    /// Whether there is a row.
    func step() throws(TapeError) -> Bool {
        let code = unsafe sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw database.error(code)
        }
    }

    /// Runs a statement that returns no row, and makes it ready for the next values.
    func run() throws(TapeError) {
        defer { reset() }
        _ = try step()
    }

    func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }

    func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }
    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
    var columnCount: Int32 { unsafe sqlite3_column_count(handle) }
    func type(_ column: Int32) -> Int32 { unsafe sqlite3_column_type(handle, column) }
    func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }

    func text(_ column: Int32) -> String {
        guard let text = unsafe sqlite3_column_text(handle, column) else { return "" }
        return unsafe String(cString: text)
    }

    /// The bytes of a column, valid until the next `step` or `reset`.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = unsafe sqlite3_column_blob(handle, column)
        return unsafe UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }
}
