public import Venues

/// What a server wants done by whoever moves its bytes.
public enum ServerAction: Sendable {
    case answer(RequestID, HTTPResponse)
    /// A text frame. The same bytes are handed to every socket that gets the same frame.
    case send(SocketID, text: [UInt8])
    case ping(SocketID)
    case close(SocketID)
}
