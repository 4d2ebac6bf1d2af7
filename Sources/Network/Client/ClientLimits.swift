public import NIOCore

/// How long each step may take, and how much may wait.
public struct ClientLimits: Hashable, Sendable {
    /// Of a name's look-up and the TCP connection.
    public var connect = TimeAmount.seconds(5)
    /// Of a proxy's answer.
    public var tunnel = TimeAmount.seconds(5)
    /// Of TLS.
    public var handshake = TimeAmount.seconds(5)
    /// Of the answer to a WebSocket's upgrade.
    public var upgrade = TimeAmount.seconds(5)
    /// Of a request, from the call to the end of its answer: waiting for its lane counts.
    public var request = TimeAmount.seconds(10)
    /// Of a farewell, by WebSocket or TLS.
    public var close = TimeAmount.seconds(2)
    /// A WebSocket silent for so long is pinged, and again; silent for `lostAfter`, it is given up.
    public var pingAfter = TimeAmount.seconds(15)
    public var lostAfter = TimeAmount.seconds(30)
    /// Before a lane is opened again: at once, then after `reopenFirst`, twice as long each time, `reopenLongest` at most. A connection
    /// that lasted for `reopenLongest`, or brought an answer, makes the next wait none.
    public var reopenFirst = TimeAmount.milliseconds(100)
    public var reopenLongest = TimeAmount.seconds(5)

    /// Requests that wait on one lane, behind the one in flight.
    public var waitingRequests = 64
    /// Bytes of an answer's body, and of its headers.
    public var answerBody = 16 << 20
    public var answerHead = 1 << 16
    /// Bytes of a WebSocket's frame, and of a message of several frames.
    public var frame = 4 << 20
    public var message = 16 << 20
    /// Bytes that wait on one connection because the peer doesn't read.
    public var writeBuffer = 1 << 20

    public init() {}
}
