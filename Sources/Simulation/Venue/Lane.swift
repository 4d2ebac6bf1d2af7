internal import Market

/// One direction of one account's connection: what was sent first arrives first.
struct Lane<Message> {
    private var entries: ContiguousArray<(time: Timestamp, message: Message)> = []
    private var head = 0
    private var last = Timestamp.distantPast

    /// When the next message arrives; `.never` if none is on its way.
    var next: Timestamp { head < entries.count ? entries[head].time : .never }

    /// Sends a message that would arrive at `time` if none were before it; returns when it does.
    @discardableResult
    mutating func send(_ message: Message, arriving time: Timestamp) -> Timestamp {
        last = max(last, time)
        entries.append((last, message))
        return last
    }

    mutating func receive() -> (time: Timestamp, message: Message) {
        let entry = entries[head]
        head += 1
        if head == entries.count {
            entries.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1_024 {
            entries.removeFirst(head)
            head = 0
        }
        return entry
    }

    /// Changes the time that the last message carries with it, once its arrival is known.
    mutating func amendLast(_ body: (inout Message, Timestamp) -> Void) {
        guard let index = entries.indices.last else { return }
        body(&entries[index].message, entries[index].time)
    }
}
