public import Venues

/// What a listener tells of; all of it on its loop.
public protocol LoopbackListenerDelegate: AnyObject {
    /// To be answered once, by `answer`. A client's requests on one connection come one after the other.
    func received(_ request: HTTPRequest, _ id: RequestID)
    func opened(_ socket: SocketID)
    /// Not told of one that the listener was asked to close.
    func closed(_ socket: SocketID, reason: String)
    /// A whole message, which is lent until this returns.
    func received(_ message: Span<UInt8>, from socket: SocketID)
    /// A ping, which has been answered, or a pong.
    func heard(_ socket: SocketID)
}

extension LoopbackListenerDelegate {
    public func heard(_ socket: SocketID) {}
}

/// How an answer's bytes reach the client, or don't.
public enum AnswerDelivery: Hashable, Sendable {
    case whole
    case wholeThenReset
    case wholeThenClose
    /// The first bytes, then the connection is closed.
    case cut(after: Int)
    /// No byte of it: the connection is closed, or reset.
    case close
    case reset
}
