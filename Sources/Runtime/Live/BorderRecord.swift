public import Market

/// One thing that crossed the border between a live run and the world, without its bytes.
///
/// What comes decides everything that goes: the run's core and sessions, fed with what came, hand over the same again.
public struct BorderRecord: Hashable, BitwiseCopyable, Sendable {
    public enum Kind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        // What comes.
        case start, opened, closed, heard, frame, answered, notSent, unanswered, wake, stop
        case operatorStop, kill, flatten, hold, release
        /// The process died and goes on.
        case restart
        // What goes.
        case open, close, send, ping, request

        public var comes: Bool { rawValue <= Kind.restart.rawValue }
    }

    public var kind: Kind
    /// Index of the session.
    public var session: UInt8
    public var time: Timestamp
    /// The socket's, the request's, the next order's, or how much is killed or why the run ends.
    public var number: UInt64
    /// Of an answer its status, of a request its lane.
    public var detail: Int32

    public init(_ kind: Kind, session: Int = 0, at time: Timestamp, number: UInt64 = 0, detail: Int = 0) {
        (self.kind, self.session, self.time) = (kind, UInt8(truncatingIfNeeded: session), time)
        (self.number, self.detail) = (number, Int32(truncatingIfNeeded: detail))
    }
}

/// Keeps what crosses the border, in order.
public protocol BorderLog: AnyObject {
    /// - Parameter bytes: A frame, an answer's body, what was sent without its secrets, or a reason; lent.
    func append(_ record: BorderRecord, _ bytes: Span<UInt8>)
}

/// A border log in memory: for tests, and for runs that are replayed at once.
public final class MemoryBorder: BorderLog {
    public struct Entry: Hashable, Sendable {
        public var record: BorderRecord
        public var bytes: [UInt8]
    }

    public private(set) var entries: [Entry] = []

    public init() {}

    public func append(_ record: BorderRecord, _ bytes: Span<UInt8>) {
        entries.append(Entry(record: record, bytes: bytes.indices.map { bytes[$0] }))
    }
}
