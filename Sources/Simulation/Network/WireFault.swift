public import Market

/// What goes wrong on the way between a session and its venue.
public struct WireFault: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Everything takes so much longer, both ways.
        case delay(Nanoseconds)
        /// Every connection ends, and none can be opened.
        case cut
        /// Nothing passes and nobody is told; what stood at the start never comes back, and none can be opened.
        case halfOpen
        /// Each connection that stood at the start ends in the middle of what it brings next.
        case reset
        /// What streams bring comes twice, so much later the second time: two connections tell it.
        case twice(after: Nanoseconds)
        /// Each connection brings no more than so many bytes a second.
        case throttle(bytesPerSecond: Int64)
        /// Answers come so much later than streams do.
        case answersLate(Nanoseconds)
        /// Streams bring what they bring so much later than answers come.
        case streamsLate(Nanoseconds)
        /// Requests are dealt with, and no answer comes.
        case answersLost
        /// Streams are silent, though their connections stand; what they held back comes at the end.
        case publicStall, privateStall
        /// What stands before the venue refuses every request as one too many.
        case tooMany
        /// What stands before the venue answers every request with 503, which was dealt with or was not.
        case unavailable(isDone: Bool)
        /// Public streams end, and what stands before the venue answers public questions from what it answered before.
        case staleAnswers
        /// At its start the venue begins to number the changes of its books anew: its server has to do it. Nobody is told.
        case renumbered
    }

    public var kind: Kind
    public var start: Timestamp
    /// The first moment at which it is over.
    public var end: Timestamp

    public init(_ kind: Kind, from start: Timestamp, until end: Timestamp) { (self.kind, self.start, self.end) = (kind, start, end) }

    func isActive(at time: Timestamp) -> Bool { start <= time && time < end }
}

/// A fault and what it has taken hold of so far.
public struct WireFaultRecord: Hashable, Sendable {
    public var fault: WireFault
    /// Messages, answers and connections.
    public var touched = 0
}
