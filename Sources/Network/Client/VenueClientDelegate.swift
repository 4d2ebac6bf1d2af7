public import NIOCore
public import Venues

/// What a client tells of; all of it on its loop, and nothing but `handedOver` from within one of its own methods.
public protocol VenueClientDelegate: AnyObject {
    func opened(_ socket: SocketID)
    /// The socket is gone or could not be opened. Not told of one that was closed by `perform(.close)`.
    func closed(_ socket: SocketID, reason: String)
    /// A whole message, which is lent until this returns.
    ///
    /// - Parameter arrived: When its last bytes were read from the system, before TLS.
    func received(_ frame: Span<UInt8>, from socket: SocketID, arrived: NIODeadline)
    /// The peer gave a sign of life that is no message: a ping, which has been answered, or a pong.
    func heard(_ socket: SocketID)
    /// Every request has one outcome.
    func answered(_ request: RequestID, _ outcome: HTTPOutcome)
    /// A request's bytes were handed to its connection.
    func handedOver(_ request: RequestID)
    func changed(lane: Int, to state: LaneState)
}

extension VenueClientDelegate {
    public func handedOver(_ request: RequestID) {}
    public func changed(lane: Int, to state: LaneState) {}
}

/// Whether requests can go by a lane.
public enum LaneState: Hashable, Sendable {
    case up
    /// It's opened again by itself.
    case down(reason: String)
}
