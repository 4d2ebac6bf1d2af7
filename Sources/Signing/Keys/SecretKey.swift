/// A secret key of a venue's scheme. Made from bytes; signing is a function of key and message, so a replay's signatures are byte-equal.
///
/// A key has one owner and is wiped with it. It can't be copied, and so neither printed, compared, hashed nor encoded.
public protocol SecretKey: ~Copyable, Sendable {
    associatedtype PublicKey: VerifyingKey

    /// The scheme's name in errors.
    static var scheme: String { get }
    static var byteCount: Int { get }

    /// - Parameter bytes: Copied; the original stays the caller's to wipe.
    init(_ bytes: Span<UInt8>) throws(KeyError)

    var publicKey: PublicKey { get }

    func sign(_ message: PublicKey.Message) -> PublicKey.Signature
}

/// What a venue holds of a key: tells whether a signature is its own.
public protocol VerifyingKey: Hashable, Sendable {
    associatedtype Message
    associatedtype Signature: Hashable, Sendable

    func accepts(_ signature: Signature, of message: Message) -> Bool
}

extension SecretKey where Self: ~Copyable {
    /// A key from hexadecimal digits, with `0x` or without. Blanks and line ends are the caller's to take off.
    public init(hexadecimal text: some StringProtocol) throws(KeyError) {
        let secret = try Self.decoded(failure: .notHexadecimal(scheme: Self.scheme)) { Hexadecimal.decode(text, into: $0) }
        self = try secret.withSpan { (bytes) throws(KeyError) -> Self in try Self(bytes) }
    }

    /// A key from padded base64 of the standard alphabet.
    public init(base64 text: some StringProtocol) throws(KeyError) {
        let secret = try Self.decoded(failure: .notBase64(scheme: Self.scheme)) { Base64.decode(text, into: $0) }
        self = try secret.withSpan { (bytes) throws(KeyError) -> Self in try Self(bytes) }
    }

    private static func decoded(failure: KeyError, _ decode: ((UInt8) -> Void) -> Bool) throws(KeyError) -> SecretBytes {
        let secret = SecretBytes(count: byteCount)
        var found = 0
        let isWellFormed = decode { byte in
            if found < byteCount { secret[found] = byte }
            found += 1
        }
        guard isWellFormed else { throw failure }
        guard found == byteCount else { throw .wrongLength(scheme: scheme, expected: byteCount, found: found) }
        return secret
    }
}
