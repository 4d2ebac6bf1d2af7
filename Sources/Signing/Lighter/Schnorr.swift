internal import CCrypto

/// A signature of Lighter's scheme: s and e, each a number below the group's order.
public struct SchnorrSignature: Hashable, Sendable, CustomStringConvertible {
    public static let byteCount = 80

    let s, e: CurveScalar

    init(s: CurveScalar, e: CurveScalar) {
        self.s = s
        self.e = e
    }

    /// Eighty bytes, s before e, each little-endian; nothing where one is not below the order, so that a signature has one form.
    public init?(bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        let (first, second) = (bytes.extracting(first: 40), bytes.extracting(last: 40))
        guard let s = CurveScalar(bytes: first), let e = CurveScalar(bytes: second) else { return nil }
        self.init(s: s, e: e)
    }

    public init?(base64 text: some StringProtocol) {
        guard let bytes = Base64.bytes(text) else { return nil }
        self.init(bytes: bytes.span)
    }

    /// Hexadecimal digits, as auth tokens have them.
    public init?(hexadecimal text: some StringProtocol) {
        guard let bytes = Hexadecimal.bytes(text) else { return nil }
        self.init(bytes: bytes.span)
    }

    public var bytes: [UInt8] { s.bytes + e.bytes }
    public var base64: String { Base64.text(bytes) }
    public var description: String { Hexadecimal.text(bytes) }
}

/// Schnorr's scheme over ECgFp5 with Poseidon2: e = H(encode(k·G) ‖ message), s = k − e·secret.
enum Schnorr {
    static func sign(_ message: QuinticElement, secret: CurveScalar, nonce: CurveScalar) -> SchnorrSignature {
        let commitment = CurvePoint.generator(times: nonce).encoded
        let e = challenge(commitment, message)
        return SchnorrSignature(s: nonce - e * secret, e: e)
    }

    static func accepts(_ signature: SchnorrSignature, of message: QuinticElement, by key: CurvePoint) -> Bool {
        let commitment = CurvePoint.generator(times: signature.s, plus: key, times: signature.e).encoded
        return challenge(commitment, message) == signature.e
    }

    private static func challenge(_ commitment: QuinticElement, _ message: QuinticElement) -> CurveScalar {
        CurveScalar(Poseidon2.quinticHash(commitment.coefficients + message.coefficients))
    }

    /// The number k of a signature: SHA-512 of a name, the secret, the message and the fresh entropy if there is any, modulo the order.
    ///
    /// Derived, not drawn: the same key and message give the same signature, and two messages never share a k. Of 512 bits modulo a
    /// number of 319 no value is likelier than another by more than 2⁻¹⁹³.
    static func nonce(secret: borrowing SecretBytes, message: QuinticElement, entropy: [UInt8] = []) -> CurveScalar {
        let context = unsafe EVP_MD_CTX_new()
        guard let context = unsafe context, unsafe EVP_DigestInit_ex(context, EVP_sha512(), nil) == 1 else {
            preconditionFailure("libcrypto has no SHA-512")
        }
        defer { unsafe EVP_MD_CTX_free(context) }
        let domain = Array("mmsim Lighter nonce 1".utf8)
        // Of the parts only the last has a length of its own choice: no two inputs read the same.
        let isHashed =
            unsafe update(context, domain)
            && secret.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1 }
            && update(context, message.bytes) && update(context, entropy)
        let digest = SecretBytes(count: 64)
        precondition(unsafe isHashed && digest.finish(context), "libcrypto refused to hash")
        let nonce = digest.withSpan { CurveScalar(reducingWide: $0) }
        precondition(!nonce.isZero, "a nonce of zero would show the key")
        return nonce
    }

    private static func update(_ context: OpaquePointer, _ bytes: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBufferPointer { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1 }
    }
}

extension SecretBytes {
    /// Writes the digest of `context` over these bytes, which are as many as it has.
    fileprivate func finish(_ context: OpaquePointer) -> Bool {
        unsafe withUnsafeMutableBytes { unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil) == 1 }
    }
}
