internal import CCrypto

/// Thirty-two bytes of SHA-256: the one hash of files, scenarios and journals.
public struct SHA256Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// - Precondition: 32 bytes.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 32, "a SHA-256 digest has 32 bytes")
        self.bytes = bytes
    }

    /// Sixty-four lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    public static func < (lhs: SHA256Digest, rhs: SHA256Digest) -> Bool { lhs.bytes.lexicographicallyPrecedes(rhs.bytes) }
}

/// SHA-256 of bytes that come in parts.
@safe public struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto has no SHA-256")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            precondition(unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count) == 1, "libcrypto refused to hash")
        }
    }

    public mutating func update(_ text: String) {
        update(Array(text.utf8).span)
    }

    public consuming func finish() -> SHA256Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        let done = unsafe bytes.withUnsafeMutableBufferPointer { unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil) }
        precondition(done == 1, "libcrypto refused to hash")
        return SHA256Digest(bytes: bytes)
    }
}

/// SHA-256 of `bytes`.
public func sha256(_ bytes: Span<UInt8>) -> SHA256Digest {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    return hasher.finish()
}

/// SHA-256 of the UTF-8 of `text`.
public func sha256(_ text: String) -> SHA256Digest { sha256(Array(text.utf8).span) }
