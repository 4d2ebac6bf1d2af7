internal import CSQLite

/// A connection to one SQLite file.
@safe final class Database {
    enum Mode { case create, readWrite, readOnly }

    let path: String
    let handle: OpaquePointer

    init(_ path: String, _ mode: Mode) throws(TapeError) {
        self.path = path
        let flags =
            switch mode {
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readWrite: SQLITE_OPEN_READWRITE
            case .readOnly: SQLITE_OPEN_READONLY
            }
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let handle = unsafe opened else {
            let error = unsafe Self.error(path, code, opened)
            unsafe sqlite3_close(opened)
            throw error
        }
        unsafe self.handle = handle
        unsafe sqlite3_extended_result_codes(handle, 1)
        unsafe sqlite3_busy_timeout(handle, 5_000)
    }

    deinit { unsafe sqlite3_close_v2(handle) }

    /// Runs statements that return no rows.
    func execute(_ sql: String) throws(TapeError) {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    func prepare(_ sql: String) throws(TapeError) -> Statement {
        var prepared: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let statement = unsafe prepared else { throw error(code) }
        return unsafe Statement(statement, self)
    }

    /// The first column of the only row.
    func integer(_ sql: String) throws(TapeError) -> Int64 {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : 0
    }

    /// The first column of the only row, as text.
    func text(_ sql: String) throws(TapeError) -> String {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : ""
    }

    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    var lastRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

    func error(_ code: Int32) -> TapeError { unsafe Self.error(path, code, handle) }

    private static func error(_ path: String, _ code: Int32, _ handle: OpaquePointer?) -> TapeError {
        let reason = unsafe handle == nil ? String(cString: sqlite3_errstr(code)) : String(cString: sqlite3_errmsg(handle))
        switch code & 0xFF {
        case SQLITE_FULL: return .diskFull(path: path)
        case SQLITE_CORRUPT: return .damaged(path: path, reason: reason)
        case SQLITE_NOTADB: return .notATape(path: path)
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM: return .notWritable(path: path, reason: reason)
        case SQLITE_BUSY, SQLITE_LOCKED: return .locked(path: path)
        case SQLITE_IOERR where [13, 3].contains(code >> 8): return .diskFull(path: path)
        default: return .database(path: path, code: code, reason: reason)
        }
    }
}
