/// Why the bytes of a block are no records of a journal.
public struct JournalFault: Error, Hashable, Sendable {
    /// Where in the block the record begins that can't be read, in bytes.
    public var offset: Int
    public var reason: String

    public init(offset: Int, reason: String) { (self.offset, self.reason) = (offset, reason) }

    public var message: String { "record at byte \(offset): \(reason)" }
}

/// Turns a journal's blocks back into what was said, and the words into their running hash.
///
/// What it hands out encodes to the same words again, or it is refused: nothing is guessed.
public struct JournalDecoder {
    private var running = JournalHash()

    public init() {}

    /// Goes on behind a block whose hash is known, where the blocks before it are lost.
    public init(resumingAfter hash: UInt64) { running = JournalHash(resuming: hash) }

    /// The running hash of all records decoded so far.
    public var hash: UInt64 { running.value }

    /// The records of one block, in order.
    ///
    /// - Throws: `JournalFault` at the first record that is none; the hash stands where it stood.
    public mutating func decode(_ block: [UInt8]) throws(JournalFault) -> [JournalEntry] {
        var hash = running
        var entries: [JournalEntry] = []
        var at = 0
        func word(_ index: Int) -> UInt64 {
            var value: UInt64 = 0
            for byte in 0..<8 { value |= UInt64(block[at + 8 * index + byte]) << UInt64(8 * byte) }
            return value
        }
        while at < block.count {
            guard block.count - at >= 16 else { throw JournalFault(offset: at, reason: "the block ends inside it") }
            let header = word(0)
            let count = Int(truncatingIfNeeded: header >> 8)
            guard (2...JournalRecord.capacity).contains(count) else { throw JournalFault(offset: at, reason: "it claims \(count) words") }
            guard block.count - at >= 8 * count else { throw JournalFault(offset: at, reason: "the block ends inside it") }
            let record = JournalRecord(kind: UInt8(truncatingIfNeeded: header), fields: (1..<count).map(word))
            guard let entry = JournalEntry(record) else {
                throw JournalFault(offset: at, reason: "no such record of kind \(record.kind) is known")
            }
            hash.combine(header)
            for index in 1..<count { hash.combine(record.words[index]) }
            entries.append(entry)
            at += 8 * count
        }
        running = hash
        return entries
    }
}

extension JournalRecord {
    /// Word for word; what lies behind the last one does not count.
    func isSame(as other: JournalRecord) -> Bool { header == other.header && (1..<count).allSatisfy { words[$0] == other.words[$0] } }
}

extension JournalEntry {
    /// nil when the words are no record of this version.
    public init?(_ record: JournalRecord) {
        var fields = JournalFields(record)
        guard let entry = fields.entry(), entry.record.isSame(as: record) else { return nil }
        self = entry
    }
}
