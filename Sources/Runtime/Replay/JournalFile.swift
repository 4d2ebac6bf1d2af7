public import Market
internal import Tape
public import Trading

/// A journal as it is read: its records in order, each block checked against the running hash that was written after it.
///
/// Of a run that was killed the records up to its last commit are there, and `ending` says so.
public final class JournalFile {
    /// A record with its place in the journal, counted from 1; after a loss the place is that among the intact ones.
    public struct Entry: Hashable, Sendable {
        public var number: Int64
        public var entry: JournalEntry
    }

    /// How far the journal goes.
    public struct Ending: Hashable, Sendable {
        /// The run came to its end; else it was killed, or is still going on.
        public var isComplete: Bool
        public var records: Int64
        public var last: Timestamp?
        /// The running hash of all records.
        public var hash: UInt64
        /// What a salvage passed over.
        public var losses: [String]
    }

    public let path: String
    private let reader: JournalReader
    private let salvages: Bool
    private var decoder = JournalDecoder()
    private var block: [JournalEntry] = []
    private var at = 0
    private var records: Int64 = 0
    private var last: Timestamp?
    private var isAtEnd = false
    private var nextSequence = 0
    /// Blocks that were there and could not be understood.
    private var refused: [String] = []
    /// What the core was built from; nil where an older program wrote the journal, or it is lost.
    let header: RunHeader?

    /// - Parameter salvages: Passes over what is damaged instead of throwing.
    /// - Throws: `RunError.journal` saying what the file is instead, or that it is damaged.
    public init(opening path: String, salvages: Bool = false) throws(RunError) {
        self.path = path
        self.salvages = salvages
        do { reader = try JournalReader(opening: path, salvages: salvages) } catch { throw RunError(journal: error, path: path) }
        guard let text = reader.meta[RunHeader.key] else {
            header = nil
            return
        }
        do { header = try RunHeader(json: text) } catch {
            guard salvages else {
                throw .journal(path: path, message: "'\(path)': what its core was built from can't be read: \(error)", hint: nil)
            }
            header = nil
        }
    }

    public var names: JournalNames { JournalNames(header) }

    /// Whether the run came to its end.
    public var isComplete: Bool { reader.isComplete }

    /// The next record; nil at the end.
    ///
    /// - Throws: `RunError.journal` where a block is damaged, unless the file is salvaged.
    public func next() throws(RunError) -> Entry? {
        while at == block.count {
            guard try load() else {
                isAtEnd = true
                try checkEnd()
                return nil
            }
        }
        let entry = block[at]
        at += 1
        records += 1
        last = entry.time
        return Entry(number: records, entry: entry)
    }

    /// How far the records went that were read.
    public var ending: Ending {
        let losses = reader.losses.map { loss in
            let (first, last) = (loss.sequences.lowerBound, loss.sequences.upperBound)
            return (first == last ? "block \(first)" : "blocks \(first) to \(last)") + ": \(loss.reason)"
        }
        // A whole journal leads to the hash that it was closed with.
        let isWhole = reader.meta["final_hash"].map { $0 == JournalStore.hexadecimal(decoder.hash) } ?? true
        let tail = isWhole || !isAtEnd || !losses.isEmpty || !refused.isEmpty ? [] : ["records at the end"]
        return Ending(isComplete: reader.isComplete, records: records, last: last, hash: decoder.hash, losses: losses + refused + tail)
    }

    private func load() throws(RunError) -> Bool {
        let stored: JournalReader.Block?
        do { stored = try reader.nextBlock() } catch { throw RunError(journal: error, path: path) }
        guard let stored else { return false }
        (block, at) = ([], 0)
        let follows = stored.sequence == nextSequence
        nextSequence = stored.sequence + 1
        var fault: String?
        do { block = try decoder.decode(stored.bytes) } catch { fault = error.message }
        // Behind a loss nobody knows the hash that the block began with; its bytes have a checksum of their own.
        if fault == nil, follows, JournalStore.hexadecimal(decoder.hash) != stored.hashAfter {
            fault = "its records do not lead to the hash that was written after them"
        }
        if let fault {
            block = []
            try refuse(stored, fault)
        }
        if let hash = UInt64(stored.hashAfter, radix: 16) { decoder = JournalDecoder(resumingAfter: hash) }
        return true
    }

    private func refuse(_ block: JournalReader.Block, _ reason: String) throws(RunError) {
        guard salvages else { throw damage("block \(block.sequence): \(reason)") }
        refused.append("block \(block.sequence): \(reason)")
    }

    /// A journal that says that it is whole has to be.
    private func checkEnd() throws(RunError) {
        guard !salvages, let final = reader.meta["final_hash"], final != JournalStore.hexadecimal(decoder.hash) else { return }
        throw damage("its records do not lead to the hash that it was closed with")
    }

    private func damage(_ reason: String) -> RunError {
        .journal(path: path, message: "'\(path)' is damaged: \(reason)", hint: RunError.salvageHint)
    }
}

extension RunError {
    private static let whereTheyAre = "a report's folder has its journal.sqlite; `mmsim live` names its own at the start"
    static let salvageHint = "`mmsim journal show --salvage` reads what is intact"

    init(journal error: TapeError, path: String) {
        let (message, hint): (String, String?) =
            switch error {
            case .notFound(_, let closest):
                ("no journal at '\(path)'", closest.map { "did you mean '\($0)'?" } ?? Self.whereTheyAre)
            case .isDirectory: ("'\(path)' is a folder, not a journal", "name journal.sqlite in it")
            case .notATape: ("'\(path)' is not a journal", Self.whereTheyAre)
            case .schemaTooNew(_, let found, let supported):
                ("'\(path)' is of version \(found), newer than \(supported), the last one this program knows", "update mmsim")
            case .damaged: (error.message, Self.salvageHint)
            default: (error.message, error.hint)
            }
        self = .journal(path: path, message: message, hint: hint)
    }
}
