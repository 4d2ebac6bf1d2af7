internal import Market
internal import Tape
internal import Trading

/// Stores a core's journal; a failure to write is kept until the run asks.
final class RunJournal: JournalSink {
    private let store: JournalStore
    private let path: String
    private(set) var failure: RunError?

    init(_ store: JournalStore, path: String) {
        self.store = store
        self.path = path
    }

    func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) {
        guard failure == nil else { return }
        do { try store.append(block, records: records, times: times, hashAfter: hash) } catch {
            failure = .output(path: path, message: error.message)
        }
    }
}
