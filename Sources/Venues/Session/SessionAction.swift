/// Names a WebSocket of a session; the same one after it was lost and opened again.
public struct SocketID: Hashable, Sendable {
    public let rawValue: Int

    public init(_ rawValue: Int) { self.rawValue = rawValue }
}

/// Names a request of a session, which is answered once.
public struct RequestID: Hashable, Sendable {
    public let rawValue: UInt64

    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// What a session wants done by whoever moves its bytes.
public enum SessionAction: Sendable {
    case open(SocketID)
    case close(SocketID)
    case send(SocketID, text: String)
    /// A sign of life that the other end has to answer; the answer is told as `heard`.
    case ping(SocketID)
    /// To be sent once, on the connection of its lane behind what that lane has to send already: requests of one order share a lane.
    case request(RequestID, HTTPRequest, lane: Int)
}

/// What a session says to people: it goes on, and what it tells of may need a look.
public struct SessionAlarm: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Something came that it can't understand.
        case notUnderstood = "not understood"
        /// A subscription was refused.
        case refused
        /// The venue can't say what became of a request.
        case unanswered
        /// The venue has an order or a fill that none of our orders made.
        case foreign
        /// A stream that is open does not tell of what has happened.
        case silent
        /// Too much was held back for a book.
        case overflow
        /// A book put together from the stream is not the venue's.
        case bookDiffers = "book differs"
    }

    public var kind: Kind
    public var text: String
    /// As received, where there is one.
    public var frame: [UInt8]

    public init(_ kind: Kind, _ text: String, frame: [UInt8] = []) { (self.kind, self.text, self.frame) = (kind, text, frame) }
}
