internal import CSQLite
internal import Market

/// Functions that statements on a tape may call.
///
/// | function | what |
/// |---|---|
/// | `decimal(count, step)` | `count × step`, `step` in 10⁻⁹, as exact decimal text |
/// | `time_text(ns)` | nanoseconds since 1970 as ISO 8601 |
/// | `time_ns(text)` | the other way; without a zone it is UTC |
enum SQLFunctions {
    static func register(_ database: Database) throws(TapeError) {
        try add(database, "decimal", 2) { output, values in
            guard case .integer(let count) = values[0], case .integer(let step) = values[1] else {
                return values.contains(.null) ? output.null() : output.error("decimal() takes two whole numbers")
            }
            output.text(text(Int128(count) * Int128(step)))
        }
        try add(database, "time_text", 1) { output, values in
            guard case .integer(let time) = values[0] else {
                return values[0] == .null ? output.null() : output.error("time_text() takes whole nanoseconds since 1970")
            }
            output.text(Timestamp(nanoseconds: time).iso8601)
        }
        try add(database, "time_ns", 1) { output, values in
            guard values[0] != .null else { return output.null() }
            guard case .text(let text) = values[0], let time = Timestamp(iso8601: text) else {
                return output.error("time_ns() takes a time such as '2024-08-08T23:54:16.299Z'")
            }
            output.integer(time.nanoseconds)
        }
    }

    /// 10⁻⁹ as decimal text, wider than an amount: sums of sizes are.
    private static func text(_ nanos: Int128) -> String {
        let (whole, fraction) = nanos.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        let tail = Decimal.text(Int64(fraction), decimals: 9).dropFirst()
        return (nanos < 0 ? "-" : "") + String(whole) + tail
    }

    private typealias Body = (SQLOutput, [SQLValue]) -> Void

    private final class Box {
        let body: Body
        init(_ body: @escaping Body) { self.body = body }
    }

    private static func add(_ database: Database, _ name: String, _ arguments: Int32, _ body: @escaping Body) throws(TapeError) {
        let code = unsafe sqlite3_create_function_v2(
            database.handle, name, arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
            Unmanaged.passRetained(Box(body)).toOpaque(),
            { context, count, values in
                guard let data = unsafe sqlite3_user_data(context), let values = unsafe values else { return }
                let box = unsafe Unmanaged<Box>.fromOpaque(data).takeUnretainedValue()
                unsafe box.body(SQLOutput(context), (0..<Int(count)).map { unsafe SQLValue(values[$0]) })
            }, nil, nil,
            { data in
                guard let data = unsafe data else { return }
                unsafe Unmanaged<Box>.fromOpaque(data).release()
            })
        guard code == SQLITE_OK else { throw database.error(code) }
    }
}
