internal import Foundation
public import Market
internal import Synchronization
public import Tape

/// Records what one thread hands it, on a thread of its own that commits in time, changes tapes and watches the disk.
///
/// `offer` never waits. What finds no place in the queue is lost as a whole, counted, and stands as a gap in its feed, so that no
/// book is trusted across it.
public final class MarketRecorder {
    public struct Options: Sendable {
        public var tape = TapeRecorder.Options()
        public var rotation = RecorderRotation()
        /// Items that may wait for the disk.
        public var capacity = 1 << 16
        /// And their bytes.
        public var byteLimit = 1 << 28

        public init() {}
    }

    public struct Connection: Hashable, Sendable {
        public var venue: String
        /// nil for public data.
        public var account: String?

        public init(venue: String, account: String?) {
            self.venue = venue
            self.account = account
        }
    }

    public enum State: Equatable, Sendable {
        /// - Parameter tape: How many tapes it has begun. A new tape begins without a book: ask the venues for full ones.
        case recording(tape: Int, path: String)
        case closed
        /// It takes nothing more; what was committed before is whole.
        case stopped(TapeError)
    }

    private let queue: RecorderQueue
    private let shared: Shared
    private var losses: [(feed: InstrumentID?, count: Int, time: Timestamp)] = []
    private let clock: @Sendable () -> Timestamp
    /// Items that found no place.
    public private(set) var lostItems = 0

    /// Opens the first tape and starts the thread.
    ///
    /// - Parameters:
    ///   - feeds: Numbered in this order, in every tape.
    ///   - connections: Numbered in this order from 1; a tape that is gone on with numbers them behind those it has.
    ///   - clock: The wall clock.
    ///   - path: Of the *n*th tape, from 0, begun at a time. A tape that exists is gone on with.
    public init(
        feeds: [FeedDescription], connections: [Connection], options: Options = Options(), clock: @escaping @Sendable () -> Timestamp,
        path: @escaping @Sendable (Int, Timestamp) -> String
    ) throws(TapeError) {
        self.clock = clock
        queue = RecorderQueue(capacity: options.capacity, byteLimit: options.byteLimit)
        let now = clock()
        let first = path(0, now)
        let writer = RecorderThread(feeds, connections, options, queue, clock, path)
        shared = writer.shared
        try writer.open(first, at: now)
        let thread = Thread { writer.run() }
        thread.name = "mmsim.recorder"
        thread.start()
    }

    public var state: State { shared.state }

    /// Hands something to the recorder; called from one thread.
    ///
    /// - Returns: Whether it will be written. False: it is lost, for the queue is full or the recorder has stopped (`state`).
    public func offer(_ item: RecorderItem) -> Bool {
        if shared.isRecording, queue.hasRoom(items: losses.count + 1, bytes: item.byteCount) {
            putLosses()
            queue.put(.item(item))
            return true
        }
        lostItems += 1
        if let index = losses.firstIndex(where: { $0.feed == item.feed }) {
            losses[index].count += 1
        } else {
            losses.append((item.feed, 1, clock()))
        }
        return false
    }

    /// Writes what is queued, closes the tape and waits for it.
    ///
    /// - Throws: What stopped the recorder, now or before.
    public func close(ending: String = "closed") throws(TapeError) {
        while shared.isRecording, !queue.hasRoom(items: losses.count, bytes: 0) { usleep(1_000) }
        if shared.isRecording { putLosses() }
        shared.finish(ending)
        if case .stopped(let error) = shared.state { throw error }
    }

    private func putLosses() {
        for loss in losses { queue.put(.lost(feed: loss.feed, count: loss.count, time: loss.time)) }
        losses.removeAll(keepingCapacity: true)
    }

    deinit { shared.askToEnd("let go") }

    /// What both threads see.
    final class Shared: Sendable {
        private struct Values {
            var state = State.recording(tape: 0, path: "")
            var ending: String?
        }

        private let values = Mutex(Values())
        private let recording = Atomic<Bool>(true)
        private let ended = DispatchSemaphore(value: 0)

        /// Read for each item, without the lock.
        var isRecording: Bool { recording.load(ordering: .acquiring) }
        var ending: String? { values.withLock { $0.ending } }

        var state: State {
            get { values.withLock { $0.state } }
            set {
                values.withLock { $0.state = newValue }
                if case .recording = newValue { return }
                recording.store(false, ordering: .releasing)
                ended.signal()
            }
        }

        func askToEnd(_ why: String) { values.withLock { $0.ending = $0.ending ?? why } }

        func finish(_ why: String) {
            askToEnd(why)
            ended.wait()
            ended.signal()
        }
    }
}
