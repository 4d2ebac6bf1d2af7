/// Why bytes or text are no key. Says what is wrong with the form and never quotes what was given.
public enum KeyError: Error, Equatable {
    case wrongLength(scheme: String, expected: Int, found: Int)
    case notHexadecimal(scheme: String)
    case notBase64(scheme: String)
    /// The number is zero, or not below the group's order.
    case outOfRange(scheme: String)
    /// The bytes are a number of the right size but no point of the curve.
    case notOnCurve(scheme: String)

    public var message: String {
        switch self {
        case .wrongLength(let scheme, let expected, let found): "a key for \(scheme) has \(expected) bytes, not \(found)"
        case .notHexadecimal(let scheme): "the key for \(scheme) is not hexadecimal"
        case .notBase64(let scheme): "the key for \(scheme) is not base64"
        case .outOfRange(let scheme): "the key for \(scheme) is zero or not below the group's order"
        case .notOnCurve(let scheme): "the public key for \(scheme) is not a point of the curve"
        }
    }

    public var hint: String? {
        switch self {
        case .wrongLength: "was the key cut short, or does it hold a public key as well?"
        case .notHexadecimal: "give pairs of the digits 0-9 and a-f, with or without 0x, and nothing else"
        case .notBase64: "give the standard alphabet with its padding, without spaces or line ends"
        case .outOfRange, .notOnCurve: "make a new key with the venue's own tool"
        }
    }
}
