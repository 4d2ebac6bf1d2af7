internal import CZstd
internal import Signing

/// Bytes to zstd frames with a content checksum, and back.
@safe final class Compressor {
    private let context: OpaquePointer
    private let partSize: Int
    private(set) var output: [UInt8] = []

    /// - Parameters:
    ///   - minimumMatch: The shortest repetition that is looked for, 3 to 7 bytes; nil: as the level has it.
    ///   - partSize: zstd codes that many bytes together, by their own frequencies, where it would take 128 KiB.
    init(level: Int32 = 3, minimumMatch: Int32? = nil, partSize: Int = .max) {
        guard let context = unsafe ZSTD_createCCtx() else { preconditionFailure("no memory for a compressor") }
        unsafe self.context = context
        unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        if let minimumMatch { unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, minimumMatch) }
        self.partSize = partSize
    }

    deinit { unsafe ZSTD_freeCCtx(context) }

    /// How many bytes `bytes` are when compressed.
    func size(_ bytes: [UInt8]) -> Int { fill(bytes) }

    /// Compresses `bytes` and lends the frame, valid until the next call.
    func compress<Result>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(TapeError) -> Result) throws(TapeError) -> Result {
        let size = fill(bytes)
        let result: Swift.Result<Result, TapeError> = unsafe output.withUnsafeBytes { frame in
            do throws(TapeError) { return .success(try unsafe body(UnsafeRawBufferPointer(rebasing: frame[..<size]))) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func fill(_ bytes: [UInt8]) -> Int {
        let bound = ZSTD_compressBound(bytes.count)
        if output.count < bound { output = [UInt8](repeating: 0, count: bound) }
        return unsafe output.withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                unsafe ZSTD_CCtx_setPledgedSrcSize(context, UInt64(source.count))
                var written = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                var read = unsafe ZSTD_inBuffer(src: source.baseAddress, size: 0, pos: 0)
                var isOpen = true
                while isOpen {
                    unsafe read.size += min(partSize, source.count - read.size)
                    isOpen = unsafe read.size < source.count
                    let rest = unsafe ZSTD_compressStream2(context, &written, &read, isOpen ? ZSTD_e_flush : ZSTD_e_end)
                    precondition(rest == 0, "zstd failed within its own bound")
                }
                return unsafe written.pos
            }
        }
    }
}

@safe final class Decompressor {
    private let context: OpaquePointer
    /// What the last frame held, and perhaps more behind it from an earlier one.
    private var output: [UInt8] = []
    private var count = 0

    init() {
        guard let context = unsafe ZSTD_createDCtx() else { preconditionFailure("no memory for a decompressor") }
        unsafe self.context = context
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    /// Fills `output`; returns the reason when the frame is damaged or holds more than `limit` bytes.
    func decompress(_ frame: UnsafeRawBufferPointer, limit: Int) -> String? {
        let size = unsafe ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        guard size <= UInt64(limit) else { return "its compressed frame is not readable" }
        if output.count < Int(size) { output = [UInt8](repeating: 0, count: Int(size)) }
        let code = unsafe output.withUnsafeMutableBytes { target in
            unsafe ZSTD_decompressDCtx(context, target.baseAddress, target.count, frame.baseAddress, frame.count)
        }
        if ZSTD_isError(code) != 0 { return unsafe String(cString: ZSTD_getErrorName(code)) }
        count = code
        return nil
    }

    /// Lends what the last frame held.
    func withOutput<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let bytes = output
        return body(bytes.span.extracting(first: count))
    }

    /// Whether `digest` is the SHA-256 of what the last frame held.
    func hasDigest(_ digest: UnsafeRawBufferPointer) -> Bool {
        let found = withOutput { sha256($0).bytes }
        return unsafe found.elementsEqual(digest)
    }
}
