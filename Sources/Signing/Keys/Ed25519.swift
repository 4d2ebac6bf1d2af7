internal import CCrypto

/// A key for ED25519 (RFC 8032): its seed of 32 bytes, held and wiped by libcrypto.
@safe public struct Ed25519SecretKey: SecretKey, ~Copyable, @unchecked Sendable {
    public static var scheme: String { "ED25519" }
    public static var byteCount: Int { 32 }

    private let key: OpaquePointer
    public let publicKey: Ed25519PublicKey

    public init(_ bytes: Span<UInt8>) throws(KeyError) {
        guard bytes.count == Self.byteCount else {
            throw .wrongLength(scheme: Self.scheme, expected: Self.byteCount, found: bytes.count)
        }
        let made = unsafe bytes.withUnsafeBufferPointer { seed in
            unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed.baseAddress, seed.count)
        }
        guard let made = unsafe made else { preconditionFailure("libcrypto has no ED25519") }
        unsafe key = made
        var encoded = [UInt8](repeating: 0, count: Ed25519PublicKey.byteCount)
        var count = encoded.count
        let done = unsafe encoded.withUnsafeMutableBufferPointer { unsafe EVP_PKEY_get_raw_public_key(made, $0.baseAddress, &count) }
        precondition(done == 1 && count == encoded.count, "libcrypto refused to derive a public key")
        publicKey = Ed25519PublicKey(bytes: encoded)
    }

    deinit { unsafe EVP_PKEY_free(key) }

    public func sign(_ message: [UInt8]) -> Ed25519Signature {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("libcrypto has no memory") }
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Ed25519Signature.byteCount)
        var count = signature.count
        let isReady = unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1
        let done = unsafe signature.withUnsafeMutableBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestSign(context, signature.baseAddress, &count, message.baseAddress, message.count)
            }
        }
        precondition(isReady && done == 1 && count == signature.count, "libcrypto refused to sign")
        return Ed25519Signature(bytes: signature)
    }

    /// Signs the UTF-8 of `text`.
    public func sign(_ text: String) -> Ed25519Signature { sign(Array(text.utf8)) }
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
        let key = unsafe bytes.withUnsafeBufferPointer {
            unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, $0.baseAddress, $0.count)
        }
        guard let key = unsafe key else { return false }
        defer { unsafe EVP_PKEY_free(key) }
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("libcrypto has no memory") }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        let verdict = unsafe signature.bytes.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerify(context, signature.baseAddress, signature.count, message.baseAddress, message.count)
            }
        }
        if verdict != 1 { ERR_clear_error() }
        return verdict == 1
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
