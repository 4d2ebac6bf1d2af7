import Market
import Tape
import Trading

@testable import Runtime

/// Journals that were changed after they were written.
enum Journals {
    /// Writes a journal again with other records, or another header; whole and closed, as if the run had been so.
    ///
    /// - Parameter blocks: Keeps this many of its blocks and does not close it, as if the run had been killed.
    static func rewrite(
        _ path: String, to target: String, blocks: Int? = nil, header: (inout RunHeader) -> Void = { _ in },
        entries change: ([JournalEntry]) -> [JournalEntry] = { $0 }
    ) throws {
        let reader = try JournalReader(opening: path)
        var decoder = JournalDecoder()
        var entries: [JournalEntry] = []
        var count = 0
        while count < blocks ?? .max, let block = try reader.nextBlock() {
            entries += try decoder.decode(block.bytes)
            count += 1
        }
        var meta = reader.meta
        meta["final_hash"] = nil
        meta["sha256"] = nil
        if let text = meta[RunHeader.key] {
            var changed = try RunHeader(json: text)
            header(&changed)
            meta[RunHeader.key] = changed.json
        }
        let store = try JournalStore(creating: target, meta: meta, feeds: [])
        let sink = RunJournal(store, path: target)
        let journal = Journal(sink: sink)
        for entry in change(entries) { journal.append(entry.record) }
        guard let digest = journal.close(), blocks == nil else { return }
        try store.close(finalHash: journal.hash, digest: digest)
    }

    static func entries(_ path: String) throws -> [JournalEntry] {
        let file = try JournalFile(opening: path)
        var entries: [JournalEntry] = []
        while let entry = try file.next() { entries.append(entry.entry) }
        return entries
    }
}
