internal import Foundation
public import Market
internal import Signing
internal import Synchronization
internal import Tape
public import Trading

/// The journal of a live run: what crossed its border and what entered and left its core, written by a thread of its own.
///
/// Whoever trades never waits for the disk: what is to be written waits in memory, up to a bound. Where the disk does not keep up, or
/// refuses, the run learns of it and takes no new risk; beyond the bound the journal ends where it is, as if the process had died
/// there. What crossed the border is written with or before what the core made of it.
public final class LiveJournal: BorderLog, JournalSink, @unchecked Sendable {
    /// How the writing goes.
    public enum Pressure: Hashable, Sendable {
        case fine
        /// More waits than a disk that keeps up leaves, or nothing can be written now.
        case behind(reason: String)
        /// Nothing that came since is in the journal, or will be.
        case ended(reason: String)
    }

    private struct CoreBlock {
        var bytes: [UInt8]
        var records: Int
        var times: ClosedRange<Timestamp>
        var hash: UInt64
    }

    /// What waits to be written, together or not at all.
    private struct Waiting {
        var border = BorderBlock()
        var core: [CoreBlock] = []
        var size: Int { border.bytes.count + core.reduce(0) { $0 + $1.bytes.count } }
    }

    private enum Ending { case suspended, complete(hash: UInt64) }

    private struct State {
        var waiting = Waiting()
        var ending: Ending?
        /// Why the last attempt failed; nil where it did not.
        var failure: String?
        var isOver = false
        var hasOverflown = false
        /// Of what was committed last.
        var committedUntil: Timestamp?
    }

    public let path: String
    private let store: JournalStore
    private let state: Mutex<State>
    private let done = DispatchSemaphore(value: 0)
    /// Of what was handed to the writer, which alone touches it.
    private var hash: JournalHash
    private let behindAt: Int
    private let limit: Int

    static let interval: UInt32 = 20_000
    private static let retryInterval: UInt32 = 500_000

    /// - Parameters:
    ///   - behindAt: Bytes that wait, from which on no new risk is taken.
    ///   - limit: Bytes that may wait.
    init(_ store: JournalStore, path: String, borderHash: JournalHash = JournalHash(), behindAt: Int = 16 << 20, limit: Int = 128 << 20) {
        (self.store, self.path, hash, self.behindAt, self.limit) = (store, path, borderHash, behindAt, limit)
        state = Mutex(State())
        Thread.detachNewThread { self.run() }
    }

    // MARK: From the thread that trades

    public func append(_ record: BorderRecord, _ bytes: Span<UInt8>) {
        state.withLock { state in
            guard !state.hasOverflown else { return }
            state.waiting.border.append(record, bytes)
            if state.waiting.border.bytes.count > limit { state.hasOverflown = true }
        }
    }

    public func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) {
        state.withLock { state in
            guard !state.hasOverflown else { return }
            state.waiting.core.append(CoreBlock(bytes: block, records: records, times: times, hash: hash))
        }
    }

    public var pressure: Pressure {
        state.withLock { state in
            if state.hasOverflown { return .ended(reason: state.failure ?? "the disk is too slow") }
            if let failure = state.failure { return .behind(reason: failure) }
            let size = state.waiting.size
            return size > behindAt ? .behind(reason: "\(size >> 20) MiB wait to be written") : .fine
        }
    }

    /// Bytes that wait, and until when the journal tells.
    public var lag: (bytes: Int, committedUntil: Timestamp?) { state.withLock { ($0.waiting.size, $0.committedUntil) } }

    /// Writes what waits and ends the writing; the run may go on from it later.
    ///
    /// - Throws: Where not all of it could be written.
    public func suspend() throws(RunError) { try end(.suspended) }

    /// Writes what waits and marks the journal complete.
    ///
    /// - Parameter hash: The core's journal's.
    public func close(hash: UInt64) throws(RunError) { try end(.complete(hash: hash)) }

    private func end(_ ending: Ending) throws(RunError) {
        state.withLock { $0.ending = ending }
        done.wait()
        let failure = state.withLock { $0.hasOverflown ? $0.failure ?? "its end is missing: the disk was too slow" : $0.failure }
        if let failure { throw .output(path: path, message: failure) }
    }

    // MARK: The writer

    private func run() {
        var held: Waiting?
        while true {
            let (waiting, ending) = state.withLock { state in
                // What could not be written waits in front of the rest.
                guard held == nil else { return (held, state.ending) }
                let waiting = state.waiting
                state.waiting = Waiting()
                return (waiting, state.ending)
            }
            held = waiting
            let failure = waiting.flatMap(write)
            if failure == nil { held = nil }
            state.withLock { $0.failure = failure }
            if let ending, failure != nil || isDrained {
                if failure == nil, case .complete(let hash) = ending { complete(hash) }
                done.signal()
                return
            }
            usleep(failure == nil ? Self.interval : Self.retryInterval)
        }
    }

    private var isDrained: Bool { state.withLock { $0.waiting.size == 0 } }

    /// Returns why it could not be written; nil where it was.
    private func write(_ waiting: Waiting) -> String? {
        guard waiting.size > 0 else { return nil }
        let border = waiting.border
        let next = BorderBlock.hash(border.bytes, after: hash)
        do throws(TapeError) {
            try store.together { () throws(TapeError) in
                if border.records > 0 {
                    try store.append(border.bytes, records: border.records, times: border.times, hashAfter: next.value, to: .border)
                }
                for block in waiting.core {
                    try store.append(block.bytes, records: block.records, times: block.times, hashAfter: block.hash)
                }
            }
        } catch { return error.message }
        if border.records > 0 {
            hash = next
            state.withLock { $0.committedUntil = border.times.upperBound }
        }
        return nil
    }

    private func complete(_ hash: UInt64) {
        do throws(TapeError) { try store.close(finalHash: hash, digest: try store.digest()) } catch {
            state.withLock { $0.failure = error.message }
        }
    }
}
