public import NIOCore

/// How much clients may send and leave unread, and how long they may take.
public struct ListenerLimits: Hashable, Sendable {
    /// More are reset as they come.
    public var connections = 1_024
    /// Bytes of a request's first line and headers (431), and of its body (413).
    public var requestHead = 1 << 14
    public var requestBody = 1 << 20
    /// From a request's first byte to its last, of TLS, and of an answer until the client has taken it.
    public var request = TimeAmount.seconds(10)
    /// Of a connection without a request.
    public var idle = TimeAmount.seconds(75)
    /// Of a farewell.
    public var close = TimeAmount.seconds(2)
    /// Requests that wait behind the one that is being answered, before no more are read.
    public var pipelined = 16
    /// Bytes of a WebSocket's frame, and of a message of several frames.
    public var frame = 1 << 20
    public var message = 1 << 20
    /// Bytes that wait on a WebSocket because the client doesn't read: then it is dropped.
    public var writeBuffer = 4 << 20

    public init() {}
}
