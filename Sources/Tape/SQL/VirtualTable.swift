internal import CSQLite

/// A condition on a column that SQLite offers to a table, so that the table need not make the rows that fail it.
struct SQLConstraint {
    enum Comparison: UInt8 {
        case equal = 0x3D
        case less = 0x3C
        case lessOrEqual = 0x6C
        case greater = 0x3E
        case greaterOrEqual = 0x67

        init?(_ code: UInt8) {
            switch Int32(code) {
            case SQLITE_INDEX_CONSTRAINT_EQ: self = .equal
            case SQLITE_INDEX_CONSTRAINT_LT: self = .less
            case SQLITE_INDEX_CONSTRAINT_LE: self = .lessOrEqual
            case SQLITE_INDEX_CONSTRAINT_GT: self = .greater
            case SQLITE_INDEX_CONSTRAINT_GE: self = .greaterOrEqual
            default: return nil
            }
        }
    }

    var column: Int
    var comparison: Comparison
    var value: SQLValue
}

/// Rows that are made when SQLite asks for them.
///
/// SQLite checks every constraint again on the rows it gets: a table may hand out too many, never too few.
protocol VirtualTable: AnyObject {
    /// `CREATE TABLE x (…)` with the columns and their types.
    var declaration: String { get }
    /// Rows without any constraint, for the planner.
    var estimatedRows: Double { get }
    /// Whether fewer rows are made when a constraint is told.
    func uses(_ column: Int, _ comparison: SQLConstraint.Comparison) -> Bool
    func makeCursor() -> any VirtualCursor
}

/// One pass over a table. `start` stands on the first row.
protocol VirtualCursor: AnyObject {
    func start(_ constraints: [SQLConstraint]) throws(TapeError)
    func advance() throws(TapeError)
    var isAtEnd: Bool { get }
    /// The same for the same row in every pass.
    var rowID: Int64 { get }
    func put(_ column: Int, _ output: SQLOutput)
}

/// The tables of one connection, found by name, and the first error that one of them met.
final class VirtualTables {
    private let tables: [(name: String, table: any VirtualTable)]
    /// What SQLite's own error code can't carry.
    var failure: TapeError?

    init(_ tables: [(name: String, table: any VirtualTable)]) { self.tables = tables }

    /// Makes the tables in the connection's temporary schema, which leaves the file alone. `self` must outlive the connection.
    func register(_ database: Database) throws(TapeError) {
        let code = unsafe sqlite3_create_module_v2(
            database.handle, "tape", VirtualModule.module, Unmanaged.passUnretained(self).toOpaque(), nil)
        guard code == SQLITE_OK else { throw database.error(code) }
        for (name, _) in tables { try database.execute("CREATE VIRTUAL TABLE temp.\(name) USING tape") }
    }

    func find(_ name: String) -> (any VirtualTable)? { tables.first { $0.name == name }?.table }
}

/// What SQLite calls: C functions that find the Swift object behind a pointer.
private enum VirtualModule {
    /// Begins with what SQLite knows of a table.
    @safe private struct TableCell {
        var base: sqlite3_vtab
        var table: Unmanaged<TableBox>
    }

    @safe private struct CursorCell {
        var base: sqlite3_vtab_cursor
        var cursor: Unmanaged<CursorBox>
    }

    private final class TableBox {
        let table: any VirtualTable
        let tables: VirtualTables

        init(_ table: any VirtualTable, _ tables: VirtualTables) {
            self.table = table
            self.tables = tables
        }
    }

    private final class CursorBox {
        let cursor: any VirtualCursor
        let tables: VirtualTables

        init(_ cursor: any VirtualCursor, _ tables: VirtualTables) {
            self.cursor = cursor
            self.tables = tables
        }

        /// SQLite's code for what the body did; keeps its error.
        func run(_ body: (any VirtualCursor) throws(TapeError) -> Void) -> Int32 {
            do throws(TapeError) { try body(cursor) } catch {
                if tables.failure == nil { tables.failure = error }
                return SQLITE_ERROR
            }
            return SQLITE_OK
        }
    }

    private typealias Table = UnsafeMutablePointer<sqlite3_vtab>
    private typealias Cursor = UnsafeMutablePointer<sqlite3_vtab_cursor>

    /// Lives as long as the process, as SQLite wants it to.
    nonisolated(unsafe) static let module: UnsafeMutablePointer<sqlite3_module> = {
        var module = sqlite3_module()
        unsafe module.xCreate = { database, tables, _, arguments, result, _ in unsafe connect(database, tables, arguments, result) }
        unsafe module.xConnect = { database, tables, _, arguments, result, _ in unsafe connect(database, tables, arguments, result) }
        unsafe module.xBestIndex = { unsafe plan($0, $1) }
        unsafe module.xDisconnect = { unsafe disconnect($0) }
        unsafe module.xDestroy = { unsafe disconnect($0) }
        unsafe module.xOpen = { unsafe open($0, $1) }
        unsafe module.xClose = { unsafe close($0) }
        unsafe module.xFilter = { cursor, _, plan, count, values in unsafe filter(cursor, plan, count, values) }
        unsafe module.xNext = { unsafe advance($0) }
        unsafe module.xEof = { unsafe cursorBox($0).cursor.isAtEnd ? 1 : 0 }
        unsafe module.xColumn = { cursor, output, column in
            unsafe cursorBox(cursor).cursor.put(Int(column), SQLOutput(output))
            return SQLITE_OK
        }
        unsafe module.xRowid = { cursor, result in
            guard let result = unsafe result else { return SQLITE_ERROR }
            unsafe result.pointee = cursorBox(cursor).cursor.rowID
            return SQLITE_OK
        }
        let place = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        unsafe place.initialize(to: module)
        return unsafe place
    }()

    private static func cursorBox(_ cursor: Cursor?) -> CursorBox {
        guard let cursor = unsafe cursor else { preconditionFailure("SQLite gave no cursor") }
        return unsafe UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: CursorCell.self).pointee.cursor.takeUnretainedValue()
    }

    private static func tableBox(_ table: Table?) -> TableBox {
        guard let table = unsafe table else { preconditionFailure("SQLite gave no table") }
        return unsafe UnsafeMutableRawPointer(table).assumingMemoryBound(to: TableCell.self).pointee.table.takeUnretainedValue()
    }

    private static func connect(
        _ database: OpaquePointer?, _ tables: UnsafeMutableRawPointer?, _ arguments: UnsafePointer<UnsafePointer<CChar>?>?,
        _ result: UnsafeMutablePointer<Table?>?
    ) -> Int32 {
        // The third argument is the table's name.
        guard let tables = unsafe tables, let name = unsafe arguments?[2], let result = unsafe result else { return SQLITE_ERROR }
        let all = unsafe Unmanaged<VirtualTables>.fromOpaque(tables).takeUnretainedValue()
        guard let table = unsafe all.find(String(cString: name)) else { return SQLITE_ERROR }
        let code = unsafe sqlite3_declare_vtab(database, table.declaration)
        guard code == SQLITE_OK else { return code }
        let cell = UnsafeMutablePointer<TableCell>.allocate(capacity: 1)
        unsafe cell.initialize(to: TableCell(base: sqlite3_vtab(), table: .passRetained(TableBox(table, all))))
        unsafe result.pointee = unsafe UnsafeMutableRawPointer(cell).assumingMemoryBound(to: sqlite3_vtab.self)
        return SQLITE_OK
    }

    private static func disconnect(_ table: Table?) -> Int32 {
        guard let table = unsafe table else { return SQLITE_OK }
        let cell = unsafe UnsafeMutableRawPointer(table).assumingMemoryBound(to: TableCell.self)
        unsafe cell.pointee.table.release()
        unsafe cell.deinitialize(count: 1)
        unsafe cell.deallocate()
        return SQLITE_OK
    }

    /// Takes the constraints that the table uses; their columns and comparisons go to `filter` as text, two characters each.
    private static func plan(_ table: Table?, _ info: UnsafeMutablePointer<sqlite3_index_info>?) -> Int32 {
        guard let info = unsafe info else { return SQLITE_ERROR }
        let box = unsafe tableBox(table)
        var plan: [UInt8] = []
        var rows = max(box.table.estimatedRows, 1)
        for index in unsafe 0..<Int(info.pointee.nConstraint) {
            let constraint = unsafe info.pointee.aConstraint[index]
            let column = Int(constraint.iColumn)
            guard constraint.usable != 0, column >= 0, let comparison = SQLConstraint.Comparison(constraint.op),
                box.table.uses(column, comparison), unsafe isBinary(info, index)
            else { continue }
            plan += [UInt8(column) + 0x21, comparison.rawValue]
            unsafe info.pointee.aConstraintUsage[index].argvIndex = Int32(plan.count / 2)
            rows *= comparison == .equal ? 0.05 : 0.3
        }
        unsafe info.pointee.estimatedRows = Int64(max(rows, 1))
        unsafe info.pointee.estimatedCost = max(rows, 1)
        guard !plan.isEmpty else { return SQLITE_OK }
        guard let text = unsafe sqlite3_malloc(Int32(plan.count + 1)) else { return SQLITE_NOMEM }
        let bytes = unsafe text.assumingMemoryBound(to: CChar.self)
        for (index, byte) in plan.enumerated() { unsafe bytes[index] = CChar(bitPattern: byte) }
        unsafe bytes[plan.count] = 0
        unsafe info.pointee.idxStr = unsafe bytes
        unsafe info.pointee.needToFreeIdxStr = 1
        return SQLITE_OK
    }

    /// Other collations call more texts equal than a table would.
    private static func isBinary(_ info: UnsafeMutablePointer<sqlite3_index_info>, _ constraint: Int) -> Bool {
        guard let name = unsafe sqlite3_vtab_collation(info, Int32(constraint)) else { return true }
        return unsafe String(cString: name) == "BINARY"
    }

    private static func open(_ table: Table?, _ result: UnsafeMutablePointer<Cursor?>?) -> Int32 {
        let box = unsafe tableBox(table)
        let cell = UnsafeMutablePointer<CursorCell>.allocate(capacity: 1)
        unsafe cell.initialize(
            to: CursorCell(base: sqlite3_vtab_cursor(), cursor: .passRetained(CursorBox(box.table.makeCursor(), box.tables))))
        unsafe result?.pointee = unsafe UnsafeMutableRawPointer(cell).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
        return SQLITE_OK
    }

    private static func close(_ cursor: Cursor?) -> Int32 {
        guard let cursor = unsafe cursor else { return SQLITE_OK }
        let cell = unsafe UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: CursorCell.self)
        unsafe cell.pointee.cursor.release()
        unsafe cell.deinitialize(count: 1)
        unsafe cell.deallocate()
        return SQLITE_OK
    }

    private static func advance(_ cursor: Cursor?) -> Int32 {
        unsafe cursorBox(cursor).run { cursor throws(TapeError) in try cursor.advance() }
    }

    private static func filter(
        _ cursor: Cursor?, _ plan: UnsafePointer<CChar>?, _ count: Int32, _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) -> Int32 {
        var constraints: [SQLConstraint] = []
        if let plan = unsafe plan, let values = unsafe values {
            for index in 0..<Int(count) {
                let (column, code) = unsafe (UInt8(bitPattern: plan[2 * index]), UInt8(bitPattern: plan[2 * index + 1]))
                guard let comparison = SQLConstraint.Comparison(rawValue: code) else {
                    preconditionFailure("SQLite changed the plan of a table")
                }
                constraints.append(SQLConstraint(column: Int(column - 0x21), comparison: comparison, value: unsafe SQLValue(values[index])))
            }
        }
        return unsafe cursorBox(cursor).run { cursor throws(TapeError) in try cursor.start(constraints) }
    }
}
