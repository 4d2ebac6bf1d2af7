internal import CCrypto

/// Bytes of a secret: one owner, not printable, not comparable, wiped when it ends.
@safe struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    let count: Int

    /// A copy of `bytes`, which stay the caller's to wipe.
    init(_ bytes: Span<UInt8>) {
        self.init(count: bytes.count)
        for index in bytes.indices { unsafe buffer[index] = bytes[index] }
    }

    init(count: Int) {
        self.count = count
        unsafe buffer = .allocate(capacity: count)
        unsafe buffer.initialize(repeating: 0)
    }

    deinit {
        wipe()
        unsafe buffer.deallocate()
    }

    subscript(index: Int) -> UInt8 {
        get {
            precondition(index < count, "past the end of a secret")
            return unsafe buffer[index]
        }
        nonmutating set {
            precondition(index < count, "past the end of a secret")
            unsafe buffer[index] = newValue
        }
    }

    /// Overwrites in a way that no optimiser removes.
    func wipe() {
        unsafe OPENSSL_cleanse(buffer.baseAddress, count)
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        unsafe body(UnsafeBufferPointer(buffer))
    }

    func withUnsafeMutableBytes<Result>(_ body: (UnsafeMutableBufferPointer<UInt8>) -> Result) -> Result { unsafe body(buffer) }

    func withSpan<Result: ~Copyable, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(unsafe UnsafeBufferPointer(buffer).span)
    }
}
