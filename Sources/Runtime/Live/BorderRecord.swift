public import Market
internal import Trading

/// One thing that crossed the border between a live run and the world, without its bytes.
///
/// What comes decides everything that goes: the run's core and sessions, fed with what came, hand over the same again.
public struct BorderRecord: Hashable, BitwiseCopyable, Sendable {
    public enum Kind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        // What comes.
        case start, opened, closed, heard, frame, answered, notSent, unanswered, wake, stop
        case operatorStop, kill, flatten, hold, release, parameter
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

extension BorderRecord {
    /// A change of a parameter as bytes: its words, little-endian.
    static func bytes(of change: ParameterChange) -> [UInt8] {
        change.words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    }

    /// nil where they are no change's.
    static func change(_ bytes: [UInt8]) -> ParameterChange? {
        guard bytes.count == 24 else { return nil }
        return ParameterChange(
            words: (0..<3).map { word in (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[8 * word + $1]) << UInt64(8 * $1) } })
    }
}

/// A record with its bytes: a frame, an answer's body, what was sent without its secrets, or a reason.
public struct BorderEntry: Hashable, Sendable {
    public var record: BorderRecord
    public var bytes: [UInt8]

    init(_ record: BorderRecord, _ bytes: Span<UInt8>) { (self.record, self.bytes) = (record, bytes.indices.map { bytes[$0] }) }

    init(record: BorderRecord, bytes: [UInt8]) { (self.record, self.bytes) = (record, bytes) }
}

/// Keeps what crosses the border, in order.
public protocol BorderLog: AnyObject {
    /// - Parameter bytes: Lent.
    func append(_ record: BorderRecord, _ bytes: Span<UInt8>)
}
