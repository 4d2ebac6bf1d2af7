internal import Market

/// How many things happened within the last span, in memory bounded by the limit it is asked about.
struct SlidingCount {
    private var times: ContiguousArray<Timestamp> = []
    private var head = 0
    private let span: Nanoseconds

    init(span: Nanoseconds) { self.span = span }

    mutating func record(_ now: Timestamp) { times.append(now) }

    mutating func count(_ now: Timestamp) -> Int {
        while head < times.count, times[head] + span <= now { head += 1 }
        if head > 1_024, head * 2 > times.count {
            times.removeFirst(head)
            head = 0
        }
        return times.count - head
    }
}
