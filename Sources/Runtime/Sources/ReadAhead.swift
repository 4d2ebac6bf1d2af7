internal import Foundation
public import Market

/// A source whose next batch is decoded by a thread of its own while the present one is read.
///
/// What it hands out is the same, in the same order; only who does the work differs.
public final class ReadAhead: MarketSource {
    private let shared: Shared
    private let decoder: DispatchQueue
    private var isStarted = false

    /// Wraps the sources of a run; one thread decodes for all of them.
    public static func sources(_ sources: [any MarketSource]) -> [any MarketSource] {
        let decoder = DispatchQueue(label: "mmsim.decoder", qos: .userInitiated)
        return sources.map { ReadAhead($0, decoder) }
    }

    private init(_ source: any MarketSource, _ decoder: DispatchQueue) {
        shared = Shared(source)
        self.decoder = decoder
    }

    public func next() throws(RunError) -> EventBatch? {
        if !isStarted {
            isStarted = true
            ask()
        }
        shared.isReady.wait()
        guard let batch = try shared.take().get() else {
            // At the end every further question has the same answer.
            shared.answer(.success(nil))
            return nil
        }
        ask()
        return batch
    }

    public func recycle(_ batch: EventBatch) { shared.giveBack(batch) }

    /// Waits for the thread: afterwards the wrapped source is at rest.
    public func finish() { decoder.sync {} }

    private func ask() {
        decoder.async { [shared] in shared.load() }
    }

    /// What both threads see, behind a lock. The wrapped source is touched by the decoder's thread alone once reading has begun.
    private final class Shared: @unchecked Sendable {
        let isReady = DispatchSemaphore(value: 0)
        private let source: any MarketSource
        private let lock = NSLock()
        private var result: Result<EventBatch?, RunError>?
        /// Batches that were read and wait to be given back.
        private var read: [EventBatch] = []

        init(_ source: any MarketSource) { self.source = source }

        func load() {
            for batch in takeRead() { source.recycle(batch) }
            do throws(RunError) { answer(.success(try source.next())) } catch { answer(.failure(error)) }
        }

        func answer(_ result: Result<EventBatch?, RunError>) {
            lock.withLock { self.result = result }
            isReady.signal()
        }

        /// - Precondition: `isReady` was waited for.
        func take() -> Result<EventBatch?, RunError> {
            lock.lock()
            defer { lock.unlock() }
            guard let result = result.take() else { preconditionFailure("the decoder was ready without a result") }
            return result
        }

        func giveBack(_ batch: EventBatch) { lock.withLock { read.append(batch) } }

        private func takeRead() -> [EventBatch] {
            lock.lock()
            defer { lock.unlock() }
            let batches = read
            read = []
            return batches
        }
    }
}
