/// Why a text is no transaction.
public enum LighterTransactionError: Error, Hashable {
    /// Not JSON of objects, arrays, whole numbers and plain text, from this byte on.
    case malformed(offset: Int)
    case unknownType(UInt8)
    case missing(field: String)
    case unknown(field: String)
    /// The value has the wrong form or is out of the field's range.
    case invalid(field: String)

    public var message: String {
        switch self {
        case .malformed(let offset): "the transaction is not JSON from byte \(offset) on"
        case .unknownType(let type): "\(type) is no kind of transaction that users sign"
        case .missing(let field): "the transaction lacks '\(field)'"
        case .unknown(let field): "the transaction has a field '\(field)' that its kind doesn't have"
        case .invalid(let field): "the value of '\(field)' is out of range or has another form"
        }
    }
}
