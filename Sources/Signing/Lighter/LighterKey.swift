/// A Lighter API key: a number from 1 to below the order of ECgFp5's group, forty bytes little-endian.
///
/// The bytes are wiped with the key. What a signature leaves of them on the stack is not: the language gives no hold on it.
public struct LighterSecretKey: SecretKey, ~Copyable {
    public static var scheme: String { "Lighter" }
    public static var byteCount: Int { 40 }

    private let bytes: SecretBytes
    public let publicKey: LighterPublicKey

    public init(_ bytes: Span<UInt8>) throws(KeyError) {
        guard bytes.count == Self.byteCount else {
            throw .wrongLength(scheme: Self.scheme, expected: Self.byteCount, found: bytes.count)
        }
        guard let scalar = CurveScalar(bytes: bytes), !scalar.isZero else { throw .outOfRange(scheme: Self.scheme) }
        self.bytes = SecretBytes(bytes)
        publicKey = LighterPublicKey(CurvePoint.generator(times: scalar))
    }

    /// Signs a digest; the same digest gives the same signature.
    public func sign(_ message: LighterDigest) -> SchnorrSignature { sign(message, entropy: []) }

    /// Signs a digest with entropy mixed into the nonce, for who fears faults of the machine more than unequal replays.
    public func sign(_ message: LighterDigest, entropy: [UInt8]) -> SchnorrSignature {
        let nonce = Schnorr.nonce(secret: bytes, message: message.element, entropy: entropy)
        return Schnorr.sign(message.element, secret: scalar, nonce: nonce)
    }

    /// SHA-256 of the nonce that a message gets, which tells nothing of it: for the program that looks for repeats among a million.
    package func nonceFingerprint(for message: LighterDigest) -> SHA256Digest {
        sha256(Schnorr.nonce(secret: bytes, message: message.element).bytes.span)
    }

    private var scalar: CurveScalar {
        guard let scalar = bytes.withSpan({ CurveScalar(bytes: $0) }) else { preconditionFailure("a key's bytes changed") }
        return scalar
    }
}

/// The point of a Lighter key, by its forty bytes.
public struct LighterPublicKey: VerifyingKey, CustomStringConvertible {
    public static let byteCount = 40

    /// What transactions hash and servers hold.
    public let encoded: QuinticElement
    private let point: CurvePoint

    init(_ point: CurvePoint) {
        self.point = point
        encoded = point.encoded
    }

    /// Forty bytes, little-endian coefficients of the point's encoding. The neutral element is no key.
    public init(_ bytes: Span<UInt8>) throws(KeyError) {
        guard bytes.count == Self.byteCount else {
            throw .wrongLength(scheme: LighterSecretKey.scheme, expected: Self.byteCount, found: bytes.count)
        }
        guard let encoded = QuinticElement(bytes: bytes) else { throw .outOfRange(scheme: LighterSecretKey.scheme) }
        guard let point = CurvePoint(encoded), !point.isNeutral else { throw .notOnCurve(scheme: LighterSecretKey.scheme) }
        self.encoded = encoded
        self.point = point
    }

    public init(hexadecimal text: some StringProtocol) throws(KeyError) {
        guard let bytes = Hexadecimal.bytes(text) else { throw .notHexadecimal(scheme: LighterSecretKey.scheme) }
        try self.init(bytes.span)
    }

    public init(base64 text: some StringProtocol) throws(KeyError) {
        guard let bytes = Base64.bytes(text) else { throw .notBase64(scheme: LighterSecretKey.scheme) }
        try self.init(bytes.span)
    }

    public var bytes: [UInt8] { encoded.bytes }
    /// Eighty lower-case digits without a prefix, as the venue lists keys.
    public var description: String { encoded.description }

    public func accepts(_ signature: SchnorrSignature, of message: LighterDigest) -> Bool {
        Schnorr.accepts(signature, of: message.element, by: point)
    }

    public static func == (lhs: LighterPublicKey, rhs: LighterPublicKey) -> Bool { lhs.encoded == rhs.encoded }
    public func hash(into hasher: inout Hasher) { hasher.combine(encoded) }
}

/// What a Lighter key signs: a hash that is an element of GF(p⁵). Its eighty digits are the transaction's hash.
public struct LighterDigest: Hashable, Sendable, CustomStringConvertible {
    public let element: QuinticElement

    public init(_ element: QuinticElement) { self.element = element }

    public var description: String { element.description }
}

extension LighterPublicKey {
    /// The key that every reading begins with: that of the number 1.
    static let placeholder = LighterPublicKey(.generator)
}
