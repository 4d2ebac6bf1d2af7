internal import Market
internal import Trading

/// Records of a border one behind the other, as a journal keeps them.
///
/// Each is 26 bytes, little-endian, and the bytes that came or went:
///
///     kind 1 │ session 1 │ detail 4 │ time 8 │ number 8 │ count 4 │ bytes
struct BorderBlock {
    static let headSize = 26
    private(set) var bytes: [UInt8] = []
    private(set) var records = 0
    private(set) var times: ClosedRange<Timestamp> = .distantPast ... .distantPast

    mutating func append(_ record: BorderRecord, _ payload: Span<UInt8>) {
        bytes.append(record.kind.rawValue)
        bytes.append(record.session)
        put(UInt32(bitPattern: record.detail))
        put(UInt64(bitPattern: record.time.nanoseconds))
        put(record.number)
        put(UInt32(truncatingIfNeeded: payload.count))
        unsafe payload.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        times = records == 0 ? record.time...record.time : times.lowerBound...max(times.upperBound, record.time)
        records += 1
    }

    private mutating func put(_ word: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: word.bitWidth, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    /// - Throws: `JournalFault` where the bytes are no records.
    static func entries(_ bytes: [UInt8]) throws(JournalFault) -> [BorderEntry] {
        var entries: [BorderEntry] = []
        var at = 0
        func word<Word: FixedWidthInteger & UnsignedInteger>(_ offset: Int) -> Word {
            var word = Word.zero
            for byte in 0..<Word.bitWidth / 8 { word |= Word(bytes[at + offset + byte]) << Word(8 * byte) }
            return word
        }
        while at < bytes.count {
            guard bytes.count - at >= headSize else { throw JournalFault(offset: at, reason: "the block ends inside it") }
            guard let kind = BorderRecord.Kind(rawValue: bytes[at]) else {
                throw JournalFault(offset: at, reason: "no such record of kind \(bytes[at]) is known")
            }
            let count = Int(word(22) as UInt32)
            guard bytes.count - at - headSize >= count else { throw JournalFault(offset: at, reason: "the block ends inside it") }
            let record = BorderRecord(
                kind, session: Int(bytes[at + 1]), at: Timestamp(nanoseconds: Int64(bitPattern: word(6))), number: word(14),
                detail: Int(Int32(bitPattern: word(2))))
            entries.append(.init(record: record, bytes: Array(bytes[at + headSize..<at + headSize + count])))
            at += headSize + count
        }
        return entries
    }

    /// The running hash behind a block: of its length and its bytes, eight a word, the last ones filled up with zeros.
    static func hash(_ bytes: [UInt8], after hash: JournalHash) -> JournalHash {
        var hash = hash
        hash.combine(UInt64(bytes.count))
        for start in stride(from: 0, to: bytes.count, by: 8) {
            var word: UInt64 = 0
            for (place, byte) in bytes[start..<min(start + 8, bytes.count)].enumerated() { word |= UInt64(byte) << UInt64(8 * place) }
            hash.combine(word)
        }
        return hash
    }
}
