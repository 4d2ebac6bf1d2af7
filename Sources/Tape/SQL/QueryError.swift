internal import Market

/// What can be wrong with a statement on a tape.
public enum QueryError: Error, Equatable, Sendable {
    case tape(TapeError)
    /// SQLite did not understand it. `offset` is the byte of the statement where, if it can tell.
    case statement(reason: String, offset: Int?, hint: String?)
    /// It would change something, or open another file.
    case notReading(path: String, what: String)
    /// It was understood and failed on the way, as a sum that overflows does.
    case failed(reason: String)
    case empty

    public var message: String {
        switch self {
        case .tape(let error): error.message
        case .statement(let reason, let offset, _): reason + (offset.map { ", at character \($0 + 1) of the statement" } ?? "")
        case .notReading(let path, let what): "'\(path)' is only read here, and \(what)"
        case .failed(let reason): reason
        case .empty: "there is no statement"
        }
    }

    public var hint: String? {
        switch self {
        case .tape(let error): error.hint
        case .statement(_, _, let hint): hint
        case .notReading:
            "a tape is changed by nothing but its recorder; take rows out with SELECT and work on them in a database of your own"
        case .failed(let reason):
            reason == "integer overflow" ? "sum over fewer rows, or use total(), which is not exact" : nil
        case .empty: "give one, such as \"SELECT count(*), sum(size) FROM trade\""
        }
    }
}
