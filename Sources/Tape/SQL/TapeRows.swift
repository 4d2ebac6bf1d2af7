internal import CSQLite

/// The rows of one statement, made one at a time.
public final class TapeRows {
    public let columns: [String]
    private let statement: Statement
    private let database: TapeDatabase

    init(_ statement: Statement, _ database: TapeDatabase) {
        self.statement = statement
        self.database = database
        let count = unsafe sqlite3_column_count(statement.handle)
        columns = (0..<count).map { index in
            unsafe sqlite3_column_name(statement.handle, index).map { unsafe String(cString: $0) } ?? ""
        }
    }

    /// The next row, a value a column; nil at the end.
    public func next() throws(QueryError) -> [SQLValue]? {
        switch unsafe sqlite3_step(statement.handle) {
        case SQLITE_ROW: return (0..<Int32(columns.count)).map { unsafe SQLValue(sqlite3_column_value(statement.handle, $0)) }
        case SQLITE_DONE: return nil
        case let code: throw database.failure(code)
        }
    }

    /// All rows that are left.
    public func all() throws(QueryError) -> [[SQLValue]] {
        var rows: [[SQLValue]] = []
        while let row = try next() { rows.append(row) }
        return rows
    }
}
