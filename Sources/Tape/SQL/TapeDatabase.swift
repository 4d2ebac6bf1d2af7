internal import CSQLite
internal import Market

/// A tape as a database that is read with SQL.
///
/// Its own tables are plain; beside them stand tables over its records, whose rows are made when they are asked for, and only
/// from the chunks that conditions on `feed`, `venue`, `symbol`, `time`, `venue_time` and `receive_time` leave:
/// `trade`, `book_change`, `quote`, `mark`, `index_price`, `funding`, `open_interest`, `liquidation`, `status`, `gap`, and `frame`
/// over the raw frames. `describe` lists their columns.
///
/// Prices, sizes and rates are numbers, so that they compare, sort and add as one expects, and each is the `Double` nearest to the
/// decimal. What must be exact is there as whole numbers: `ticks`, `lots` (and `…_ticks`, `…_lots`), and the steps they count in
/// 10⁻⁹ as `tick_size`, `lot_size`, hidden from `SELECT *`. `decimal(sum(lots), lot_size)` is exact decimal text. Times are
/// nanoseconds since 1970; `time_text` and `time_ns` go to ISO 8601 and back.
public final class TapeDatabase {
    public let path: String
    private let database: Database
    private let tables: VirtualTables
    private let source: TapeSource
    /// What the authorizer refused last.
    private let refusal = Refusal()

    private final class Refusal {
        var what: String?
    }

    /// - Throws: `TapeError` as `Tape` does.
    public init(opening path: String) throws(TapeError) {
        let tape = try Tape(opening: path)
        self.path = path
        let database = try Database(path, .readOnly)
        self.database = database
        let source = TapeSource(database, version: tape.version, tape.feeds)
        self.source = source
        tables = VirtualTables(
            RecordTable.Definition.all.map { ($0.name, RecordTable($0, source)) } + [("frame", RawFrameTable(source))])
        try tables.register(database)
        try SQLFunctions.register(database)
        // It stands before the plain table of the same name.
        try database.execute("CREATE TEMP VIEW gap AS \(Self.gaps)")
        // One view for all statements, as readers of a `Tape` have.
        if tape.isLogged { try database.execute("BEGIN; SELECT count(*) FROM main.meta") }
        unsafe sqlite3_set_authorizer(database.handle, Self.authorize, Unmanaged.passUnretained(refusal).toOpaque())
    }

    /// Has the first pass over records told, from 0 to 1, as it goes on.
    public func tellProgress(to progress: @escaping (Double) -> Void) { source.progress = progress }

    deinit { unsafe sqlite3_set_authorizer(database.handle, nil, nil) }

    private static let gaps = """
        SELECT gap.feed, feed.venue, feed.symbol, gap.time, CASE gap.cause \
        WHEN \(GapCause.sequence.rawValue) THEN 'sequence' WHEN \(GapCause.recording.rawValue) THEN 'recording' \
        WHEN \(GapCause.connection.rawValue) THEN 'connection' WHEN \(GapCause.quarantined.rawValue) THEN 'quarantined' \
        ELSE gap.cause END AS cause, gap.note FROM main.gap JOIN main.feed ON feed.id = gap.feed ORDER BY gap.feed, gap.time
        """

    /// The rows of one statement.
    public func query(_ sql: String) throws(QueryError) -> TapeRows {
        guard let (rows, _) = try first(of: sql) else { throw .empty }
        return rows
    }

    /// The rows of the first statement of several, and what comes behind it; nil if there is none.
    public func first(of sql: String) throws(QueryError) -> (rows: TapeRows, rest: String)? {
        refusal.what = nil
        tables.failure = nil
        var sql = sql
        var prepared: OpaquePointer?
        let (code, used) = sql.withUTF8 { bytes -> (Int32, Int) in
            guard let start = bytes.baseAddress else { return (SQLITE_OK, 0) }
            return unsafe start.withMemoryRebound(to: CChar.self, capacity: bytes.count) { text in
                var tail: UnsafePointer<CChar>?
                let code = unsafe sqlite3_prepare_v3(database.handle, text, Int32(bytes.count), 0, &prepared, &tail)
                return unsafe (code, tail.map { unsafe $0 - text } ?? bytes.count)
            }
        }
        guard code == SQLITE_OK else { throw failure(code) }
        let rest = String(decoding: sql.utf8.dropFirst(used), as: UTF8.self)
        guard let statement = unsafe prepared else {
            // Blanks, a comment or a lone semicolon.
            return rest.isEmpty ? nil : try first(of: rest)
        }
        let owner = unsafe Statement(statement, database)
        guard unsafe sqlite3_stmt_readonly(statement) != 0 else { throw .notReading(path: path, what: Self.writing) }
        return (TapeRows(owner, self), rest)
    }

    /// The tables and their columns, a line each.
    public func describe() throws(QueryError) -> String {
        try names().map { (table, columns) in "\(table)(\(columns.joined(separator: ", ")))" }.joined(separator: "\n")
    }

    private func names() throws(QueryError) -> [(table: String, columns: [String])] {
        var tables: [(table: String, columns: [String])] = []
        let rows = try query(
            """
            SELECT l.name, i.name FROM pragma_table_list l, pragma_table_xinfo(l.name, l.schema) i WHERE l.name NOT LIKE 'sqlite_%'
            AND NOT (l.schema = 'main' AND l.name = 'gap') ORDER BY l.schema = 'main', l.name, i.cid
            """)
        while let row = try rows.next() {
            guard case .text(let table) = row[0], case .text(let column) = row[1] else { continue }
            if tables.last?.table != table { tables.append((table, [])) }
            tables[tables.count - 1].columns.append(column)
        }
        return tables
    }

    /// What a code means: a table's own error, a refusal, or SQLite's words.
    func failure(_ code: Int32) -> QueryError {
        if let error = tables.failure { return .tape(error) }
        if let what = refusal.what { return .notReading(path: path, what: what) }
        let reason = unsafe String(cString: sqlite3_errmsg(database.handle))
        if reason.hasSuffix("may not be modified") || reason.hasPrefix("cannot modify ") {
            return .notReading(path: path, what: Self.writing)
        }
        let offset = Int(unsafe sqlite3_error_offset(database.handle))
        switch code & 0xFF {
        case SQLITE_ERROR where offset >= 0 || reason.hasPrefix("no such"):
            return .statement(reason: reason, offset: offset >= 0 ? offset : nil, hint: hint(reason))
        case SQLITE_ERROR: return .failed(reason: reason)
        default: return .tape(database.error(code))
        }
    }

    /// What a name that there is not was meant to be.
    private func hint(_ reason: String) -> String? {
        guard let name = reason.split(separator: " ").last.map(String.init), reason.hasPrefix("no such "), let names = try? names() else {
            return nil
        }
        let last = name.split(separator: ".").last.map(String.init) ?? name
        if reason.hasPrefix("no such table") {
            let tables = names.map(\.table)
            return Spelling.hint(last, tables) ?? "there are: \(tables.joined(separator: ", "))"
        }
        guard reason.hasPrefix("no such column") else { return nil }
        return Spelling.hint(last, Set(names.flatMap(\.columns)).sorted())
    }

    private static let writing = "this would write"

    /// Refuses what neither writes nor only reads. Writing itself is told by the prepared statement: a table's own declaration, made
    /// when it is first used, looks like a `CREATE` here.
    private static let authorize:
        @convention(c) (
            UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?
        ) -> Int32 = { context, action, first, second, _, _ in
            let what: String
            switch action {
            case SQLITE_FUNCTION:
                guard unsafe second.map({ unsafe String(cString: $0) }) == "load_extension" else { return SQLITE_OK }
                what = "this would load a program into it"
            case SQLITE_PRAGMA:
                let name = unsafe first.map { unsafe String(cString: $0) } ?? ""
                let isReading = name.hasPrefix("table_") || name.hasPrefix("index_") || readPragmas.contains(name)
                guard !isReading else { return SQLITE_OK }
                what = "PRAGMA \(name) may change it"
            case SQLITE_ATTACH, SQLITE_DETACH: what = "this would open another file"
            case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: what = "a transaction is of no use"
            default: return SQLITE_OK
            }
            if let context = unsafe context {
                let refusal = unsafe Unmanaged<Refusal>.fromOpaque(context).takeUnretainedValue()
                if refusal.what == nil { refusal.what = what }
            }
            return SQLITE_DENY
        }

    private static let readPragmas: Set = [
        "foreign_key_list", "database_list", "function_list", "module_list", "collation_list", "compile_options", "integrity_check",
        "quick_check", "user_version", "application_id", "page_count", "page_size", "freelist_count", "data_version",
    ]
}
