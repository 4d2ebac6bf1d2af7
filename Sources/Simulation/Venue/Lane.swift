internal import Market

/// One direction of one account's connection: what was sent first arrives first.
struct Lane<Message: BitwiseCopyable>: ~Copyable {
    struct Entry: BitwiseCopyable {
        var time: Timestamp
        var message: Message
    }

    private var entries = Ring<Entry>()
    private var last = Timestamp.distantPast

    /// When the next message arrives; `.never` if none is on its way.
    var next: Timestamp { entries.isEmpty ? .never : entries[0].time }

    /// When a message that alone would arrive at `time` does arrive: not before those sent earlier.
    func arrival(_ time: Timestamp) -> Timestamp { max(last, time) }

    /// Sends a message that arrives at `time`, as `arrival` gave it.
    mutating func send(_ message: Message, arriving time: Timestamp) {
        precondition(time >= last, "a message overtook another on its lane")
        last = time
        entries.append(Entry(time: time, message: message))
    }

    /// Lends the message that arrives next, and takes it off.
    @inline(__always)
    mutating func receive<Result>(_ body: (borrowing Message) -> Result) -> Result {
        defer { entries.removeFirst() }
        return body(entries[0].message)
    }

    mutating func receive() -> Message { entries.removeFirst().message }
}
