internal import Market

/// Who asked to be woken when: a binary heap by time, then token.
struct TimerQueue {
    struct Timer {
        var time: Timestamp
        var token: TimerToken
        var instance: StrategyID
        var algorithm: AlgorithmID?

        static func < (lhs: Timer, rhs: Timer) -> Bool {
            lhs.time != rhs.time ? lhs.time < rhs.time : lhs.token.rawValue < rhs.token.rawValue
        }
    }

    private var heap: ContiguousArray<Timer> = []
    private var cancelled: Set<UInt64> = []
    private var lastToken: UInt64 = 0

    /// The earliest time; `.never` if nothing waits.
    var next: Timestamp { heap.first?.time ?? .never }

    mutating func add(at time: Timestamp, _ instance: StrategyID, _ algorithm: AlgorithmID?) -> TimerToken {
        lastToken += 1
        let timer = Timer(time: time, token: TimerToken(lastToken), instance: instance, algorithm: algorithm)
        heap.append(timer)
        var child = heap.count - 1
        while child > 0, timer < heap[(child - 1) / 2] {
            heap[child] = heap[(child - 1) / 2]
            child = (child - 1) / 2
        }
        heap[child] = timer
        return timer.token
    }

    /// A timer that has fired, or never was, is ignored.
    mutating func cancel(_ token: TimerToken) {
        guard heap.contains(where: { $0.token == token }) else { return }
        cancelled.insert(token.rawValue)
        dropCancelled()
    }

    /// The earliest timer that is due at `now`.
    mutating func take(_ now: Timestamp) -> Timer? {
        guard let first = heap.first, first.time <= now else { return nil }
        removeFirst()
        dropCancelled()
        return first
    }

    private mutating func dropCancelled() {
        while let first = heap.first, !cancelled.isEmpty, cancelled.remove(first.token.rawValue) != nil { removeFirst() }
    }

    private mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < last else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
    }
}
