internal import Market
internal import Signing
internal import Tape
internal import Trading

/// What a run's journal has committed, kept in memory: it survives the core, and may be written to a file when the run is over.
final class MemoryJournal: JournalSink {
    private struct Block {
        var bytes: [UInt8]
        var records: Int
        var times: ClosedRange<Timestamp>
        var hash: UInt64
    }

    private var blocks: [Block] = []
    /// What is committed with it.
    var border: CommittedBorder?
    private(set) var records: Int64 = 0

    func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) {
        blocks.append(Block(bytes: block, records: records, times: times, hash: hash))
        self.records += Int64(records)
        border?.commit()
    }

    /// All that was committed.
    func entries() throws(RunError) -> [JournalEntry] {
        var decoder = JournalDecoder()
        var entries: [JournalEntry] = []
        for block in blocks {
            do { entries += try decoder.decode(block.bytes) } catch {
                throw .journal(
                    path: "the run's journal", message: "a journal that was just written can't be read: \(error.message)", hint: nil)
            }
        }
        return entries
    }

    /// Writes a journal file as a run on disk would have left it.
    func write(to path: String, meta: [String: String], feeds: [(name: String, hash: SHA256Digest)], closing digest: SHA256Digest)
        throws(RunError)
    {
        do {
            let store = try JournalStore(creating: path, meta: meta, feeds: feeds)
            for block in blocks {
                try store.append(block.bytes, records: block.records, times: block.times, hashAfter: block.hash)
            }
            try store.close(finalHash: blocks.last?.hash ?? JournalHash().value, digest: digest)
        } catch {
            throw .output(path: path, message: error.message)
        }
    }
}

/// What crossed the border of a run over the wire: of a run whose process dies only what was committed is left.
final class CommittedBorder: BorderLog {
    private(set) var entries: [BorderEntry] = []
    private var committed = 0

    func append(_ record: BorderRecord, _ bytes: Span<UInt8>) { entries.append(BorderEntry(record, bytes)) }

    func commit() { committed = entries.count }

    func loseRest() { entries.removeLast(entries.count - committed) }
}
