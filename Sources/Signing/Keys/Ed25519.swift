internal import CSodium

/// A key for ED25519 (RFC 8032): its seed of 32 bytes and its public key, wiped when it goes.
public struct Ed25519SecretKey: SecretKey, ~Copyable, Sendable {
    public static var scheme: String { "ED25519" }
    public static var byteCount: Int { 32 }

    /// As libsodium takes it: the seed, then the public key.
    private let pair: SecretBytes
    public let publicKey: Ed25519PublicKey

    public init(_ bytes: Span<UInt8>) throws(KeyError) {
        guard bytes.count == Self.byteCount else {
            throw .wrongLength(scheme: Self.scheme, expected: Self.byteCount, found: bytes.count)
        }
        Sodium.require()
        let pair = SecretBytes(count: 64)
        var encoded = [UInt8](repeating: 0, count: Ed25519PublicKey.byteCount)
        let done = unsafe encoded.withUnsafeMutableBufferPointer { encoded in
            unsafe bytes.withUnsafeBufferPointer { seed in
                unsafe pair.withUnsafeMutableBytes { pair in
                    unsafe crypto_sign_ed25519_seed_keypair(encoded.baseAddress!, pair.baseAddress!, seed.baseAddress!)
                }
            }
        }
        precondition(done == 0, "libsodium refused to derive a public key")
        publicKey = Ed25519PublicKey(bytes: encoded)
        self.pair = pair
    }

    public func sign(_ message: [UInt8]) -> Ed25519Signature {
        var signature = [UInt8](repeating: 0, count: Ed25519Signature.byteCount)
        let done = unsafe signature.withUnsafeMutableBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe pair.withUnsafeBytes { pair in
                    unsafe crypto_sign_ed25519_detached(
                        signature.baseAddress!, nil, message.baseAddress, UInt64(message.count), pair.baseAddress!)
                }
            }
        }
        precondition(done == 0, "libsodium refused to sign")
        return Ed25519Signature(bytes: signature)
    }

    /// Signs the UTF-8 of `text`.
    public func sign(_ text: String) -> Ed25519Signature { sign(Array(text.utf8)) }
}

/// libsodium, which signs in half of libcrypto's time.
private enum Sodium {
    private static let isReady = sodium_init() >= 0

    static func require() { precondition(isReady, "libsodium can't be used on this machine") }
}

/// Thirty-two bytes that name an ED25519 key; their base64 is Backpack's API key.
public struct Ed25519PublicKey: VerifyingKey, CustomStringConvertible {
    public typealias Message = [UInt8]
    public static let byteCount = 32

    public let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    public init(_ bytes: Span<UInt8>) throws(KeyError) {
        guard bytes.count == Self.byteCount else {
            throw .wrongLength(scheme: Ed25519SecretKey.scheme, expected: Self.byteCount, found: bytes.count)
        }
        self.bytes = Array(copying: bytes)
    }

    public init(base64 text: some StringProtocol) throws(KeyError) {
        guard let bytes = Base64.bytes(text) else { throw .notBase64(scheme: Ed25519SecretKey.scheme) }
        try self.init(bytes.span)
    }

    public var base64: String { Base64.text(bytes) }
    public var description: String { base64 }

    public func accepts(_ signature: Ed25519Signature, of message: [UInt8]) -> Bool {
        Sodium.require()
        let verdict = unsafe signature.bytes.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe bytes.withUnsafeBufferPointer { key in
                    unsafe crypto_sign_ed25519_verify_detached(
                        signature.baseAddress!, message.baseAddress, UInt64(message.count), key.baseAddress!)
                }
            }
        }
        return verdict == 0
    }

    public func accepts(_ signature: Ed25519Signature, of text: String) -> Bool { accepts(signature, of: Array(text.utf8)) }
}

/// Sixty-four bytes: R, then S.
public struct Ed25519Signature: Hashable, Sendable, CustomStringConvertible {
    public static let byteCount = 64

    public let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// - Returns: Nothing when `text` is not base64 of 64 bytes.
    public init?(base64 text: some StringProtocol) {
        guard let bytes = Base64.bytes(text), bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    public var base64: String { Base64.text(bytes) }
    public var description: String { base64 }
}

extension Array where Element == UInt8 {
    init(copying bytes: Span<UInt8>) {
        self = []
        reserveCapacity(bytes.count)
        for index in bytes.indices { append(bytes[index]) }
    }
}
