internal import CSecp256k1

/// A key for secp256k1 as Ethereum uses it: nonces by RFC 6979, s in the lower half, so that a signature is a function of key and digest.
@safe public struct EthereumSecretKey: SecretKey, ~Copyable, @unchecked Sendable {
    public static var scheme: String { "secp256k1" }
    public static var byteCount: Int { 32 }

    private let bytes: SecretBytes
    private let context: OpaquePointer
    /// The address, which stands for the public key.
    public let publicKey: EthereumAddress
    /// The public key's two coordinates, sixty-four bytes.
    public let coordinates: [UInt8]

    public init(_ bytes: Span<UInt8>) throws(KeyError) {
        guard bytes.count == Self.byteCount else {
            throw .wrongLength(scheme: Self.scheme, expected: Self.byteCount, found: bytes.count)
        }
        let secret = SecretBytes(bytes)
        guard let context = unsafe secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) else {
            preconditionFailure("libsecp256k1 has no memory")
        }
        let isKey = unsafe secret.withUnsafeBytes { secret in
            guard let start = secret.baseAddress else { return false }
            return unsafe secp256k1_ec_seckey_verify(context, start) == 1
        }
        guard isKey else {
            unsafe secp256k1_context_destroy(context)
            throw .outOfRange(scheme: Self.scheme)
        }
        // Blinds the arithmetic against who watches the machine; signatures stay the same.
        var hasher = SHA256Hasher()
        hasher.update("mmsim secp256k1 blinding 1")
        hasher.update(bytes)
        let isBlinded = unsafe hasher.finish().bytes.withUnsafeBufferPointer { unsafe secp256k1_context_randomize(context, $0.baseAddress) }
        precondition(isBlinded == 1, "libsecp256k1 refused to blind")
        var point = secp256k1_pubkey()
        let isDerived = unsafe secret.withUnsafeBytes { secret in
            guard let start = secret.baseAddress else { return false }
            return unsafe secp256k1_ec_pubkey_create(context, &point, start) == 1
        }
        precondition(isDerived, "libsecp256k1 refused to derive a public key")
        coordinates = Secp256k1.coordinates(point)
        publicKey = EthereumAddress(publicKey: coordinates)
        self.bytes = secret
        unsafe self.context = context
    }

    deinit { unsafe secp256k1_context_destroy(context) }

    public func sign(_ message: Keccak256Digest) -> RecoverableSignature {
        var signature = secp256k1_ecdsa_recoverable_signature()
        let isSigned = unsafe message.bytes.withUnsafeBufferPointer { digest in
            unsafe bytes.withUnsafeBytes { secret in
                guard let digest = digest.baseAddress, let secret = secret.baseAddress else { return false }
                return unsafe secp256k1_ecdsa_sign_recoverable(context, &signature, digest, secret, nil, nil) == 1
            }
        }
        precondition(isSigned, "libsecp256k1 refused to sign")
        var compact = [UInt8](repeating: 0, count: 64)
        var recovery: Int32 = 0
        _ = unsafe compact.withUnsafeMutableBufferPointer { compact in
            guard let start = compact.baseAddress else { return Int32(0) }
            return unsafe secp256k1_ecdsa_recoverable_signature_serialize_compact(context, start, &recovery, &signature)
        }
        return RecoverableSignature(r: Array(compact[..<32]), s: Array(compact[32...]), recovery: UInt8(recovery))
    }

    /// Signs a message for people (EIP-191, "personal_sign").
    public func sign(personalMessage text: String) -> RecoverableSignature { sign(Self.digest(personalMessage: text)) }

    /// Keccak-256 of a prefix that no transaction has, the length in bytes and the message.
    public static func digest(personalMessage text: String) -> Keccak256Digest {
        keccak256("\u{19}Ethereum Signed Message:\n\(text.utf8.count)" + text)
    }
}

/// A signature from which the signer's address follows: r, s and which of the points over r was meant.
public struct RecoverableSignature: Hashable, Sendable, CustomStringConvertible {
    /// Thirty-two bytes each, big-endian.
    public let r, s: [UInt8]
    /// 27 or 28.
    public let v: UInt8

    /// Half of the group's order: a signature with a larger s has a twin, and the venues refuse it.
    private static let halfOrder: [UInt8] = Hexadecimal.bytes("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0") ?? []

    fileprivate init(r: [UInt8], s: [UInt8], recovery: UInt8) {
        precondition(recovery < 2, "r passed the field's order, which nobody has seen happen")
        (self.r, self.s, v) = (r, s, 27 + recovery)
    }

    /// - Returns: Nothing unless r and s are 32 bytes each and v is 27 or 28.
    public init?(r: [UInt8], s: [UInt8], v: UInt8) {
        guard r.count == 32, s.count == 32, v == 27 || v == 28 else { return nil }
        (self.r, self.s, self.v) = (r, s, v)
    }

    /// `0x` and 130 digits: r, s and v, as Lighter takes L1 signatures.
    public init?(hexadecimal text: some StringProtocol) {
        guard let bytes = Hexadecimal.bytes(text), bytes.count == 65 else { return nil }
        self.init(r: Array(bytes[..<32]), s: Array(bytes[32..<64]), v: bytes[64])
    }

    public var isLow: Bool { !Self.halfOrder.lexicographicallyPrecedes(s) }

    /// `0x` and sixty-four digits, leading zeros kept.
    public var rText: String { "0x" + Hexadecimal.text(r) }
    public var sText: String { "0x" + Hexadecimal.text(s) }
    public var description: String { "0x" + Hexadecimal.text(r + s + [v]) }

    /// Who signed `message`; nothing where r and s are no signature of anything.
    public func signer(of message: Keccak256Digest) -> EthereumAddress? {
        var signature = secp256k1_ecdsa_recoverable_signature()
        var point = secp256k1_pubkey()
        let isRecovered = unsafe (r + s).withUnsafeBufferPointer { compact in
            unsafe message.bytes.withUnsafeBufferPointer { digest in
                guard let compact = compact.baseAddress, let digest = digest.baseAddress else { return false }
                guard
                    unsafe secp256k1_ecdsa_recoverable_signature_parse_compact(
                        Secp256k1.verifying, &signature, compact, Int32(v) - 27) == 1
                else { return false }
                return unsafe secp256k1_ecdsa_recover(Secp256k1.verifying, &point, &signature, digest) == 1
            }
        }
        return isRecovered ? EthereumAddress(publicKey: Secp256k1.coordinates(point)) : nil
    }
}

private enum Secp256k1 {
    /// Holds no secret and is never changed: it serves every thread.
    static var verifying: OpaquePointer { unsafe secp256k1_verifying_context() }

    static func coordinates(_ point: secp256k1_pubkey) -> [UInt8] {
        var point = point
        var encoded = [UInt8](repeating: 0, count: 65)
        var count = encoded.count
        let done = unsafe encoded.withUnsafeMutableBufferPointer { encoded in
            guard let start = encoded.baseAddress else { return Int32(0) }
            return unsafe secp256k1_ec_pubkey_serialize(verifying, start, &count, &point, UInt32(SECP256K1_EC_UNCOMPRESSED))
        }
        precondition(done == 1 && count == 65, "libsecp256k1 refused to write a public key")
        return Array(encoded[1...])
    }
}
