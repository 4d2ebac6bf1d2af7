internal import CSQLite

/// A checksum of each table of a closed tape, by the table's name: what SQLite's own check and the chunks' digests leave open.
///
/// Covered are all rows, except that of chunks and blocks of frames what stands from `data` on is left to their own digests and
/// checksums: to read past it would be to read the whole file. A tape that is recorded has no seal.
enum TapeSeal {
    /// The texts that made the tables, under a name that no table can have.
    private static let schemaName = "sqlite_schema"

    static func write(_ database: Database) throws(TapeError) {
        try remove(database)
        for name in try names(database) { try insert(database, name) }
    }

    static func remove(_ database: Database) throws(TapeError) { try database.execute("DELETE FROM seal") }

    /// Seals one table of a sealed tape again.
    static func renew(_ database: Database, _ name: String) throws(TapeError) {
        let statement = try database.prepare("DELETE FROM seal WHERE name = ?")
        statement.bind(name, at: 1)
        try statement.run()
        try insert(database, name)
    }

    static func exists(_ database: Database) throws(TapeError) -> Bool { try database.integer("SELECT count(*) FROM seal") > 0 }

    private static func insert(_ database: Database, _ name: String) throws(TapeError) {
        let statement = try database.prepare("INSERT INTO seal VALUES (?,?)")
        statement.bind(name, at: 1)
        statement.bind(try checksum(database, name), at: 2)
        try statement.run()
    }

    /// What is not as it was when the tape was closed; empty if nothing, or where nothing was sealed.
    static func faults(_ database: Database, version: Int, isUnfinished: Bool) throws(TapeError) -> [String] {
        guard version >= 4 else {
            let table = try database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'seal'")
            return table > 0 ? ["it says that its schema is version \(version), but it is a later one"] : []
        }
        var sealed: [(name: String, checksum: Int64)] = []
        let statement = try database.prepare("SELECT name, checksum FROM main.seal ORDER BY name")
        while try statement.step() { sealed.append((statement.text(0), statement.integer(1))) }
        guard !isUnfinished || !sealed.isEmpty else { return [] }
        let present = try names(database)
        var faults = present.filter { name in !sealed.contains { $0.name == name } }.map { "table \($0) has no seal" }
        for (name, checksum) in sealed {
            guard present.contains(name) else {
                faults.append("table \(name) is missing")
                continue
            }
            do throws(TapeError) {
                if try Self.checksum(database, name) != checksum { faults.append("table \(name) is not what was written") }
            } catch { faults.append("table \(name) can't be read: \(error.message)") }
        }
        return faults
    }

    private static func names(_ database: Database) throws(TapeError) -> [String] {
        let statement = try database.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'seal' ORDER BY name")
        var names: [String] = []
        while try statement.step() { names.append(statement.text(0)) }
        return names + [schemaName]
    }

    private static func columns(_ database: Database, _ name: String) throws(TapeError) -> String {
        guard name != schemaName else { return "type, name, tbl_name, sql" }
        let statement = try database.prepare("SELECT name FROM pragma_table_info(?) ORDER BY cid")
        statement.bind(name, at: 1)
        var columns: [String] = []
        while try statement.step() { columns.append("\"\(statement.text(0))\"") }
        let hasChecksums = columns.contains("\"checksum\"")
        return (hasChecksums ? columns.prefix { $0 != "\"data\"" } : columns[...]).joined(separator: ", ")
    }

    private static func checksum(_ database: Database, _ name: String) throws(TapeError) -> Int64 {
        let rows = try database.prepare("SELECT \(try columns(database, name)) FROM main.\"\(name)\"")
        var (hash, row) = (Int64(0), [UInt8]())
        while try rows.step() {
            row.removeAll(keepingCapacity: true)
            append(hash, to: &row)
            for column in 0..<rows.columnCount { append(rows, column, to: &row) }
            hash = unsafe row.withUnsafeBytes { unsafe StoredBytes.checksum($0) }
        }
        return hash
    }

    private static func append(_ rows: Statement, _ column: Int32, to row: inout [UInt8]) {
        row.append(UInt8(truncatingIfNeeded: rows.type(column)))
        switch rows.type(column) {
        case SQLITE_NULL: break
        case SQLITE_INTEGER: append(rows.integer(column), to: &row)
        default:
            let bytes = unsafe rows.bytes(column)
            append(Int64(bytes.count), to: &row)
            unsafe row.append(contentsOf: bytes)
        }
    }

    private static func append(_ value: Int64, to row: inout [UInt8]) {
        for shift in stride(from: Int64(0), to: 64, by: 8) { row.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}
