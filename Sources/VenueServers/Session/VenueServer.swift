public import Market
public import Simulation
public import Venues

/// The server's side of a venue's protocol over a simulated venue, without its sockets.
///
/// It opens no socket and reads no clock: times are the venue's. Whoever moves the bytes tells it what came and when, does what
/// `nextAction` asks for, and calls `advance` at `nextWake`.
public protocol VenueServer: AnyObject {
    var venue: SimulatedVenue { get }

    /// Takes the next record of a feed, at venue time; those of instruments that are not listed are left out.
    func receive(_ event: borrowing MarketEvent)

    func opened(_ socket: SocketID, at time: Timestamp)
    /// The connection is gone.
    func closed(_ socket: SocketID, at time: Timestamp)
    /// The client answered a ping.
    func heard(_ socket: SocketID, at time: Timestamp)
    /// Takes a text frame of a client.
    func receive(_ frame: Span<UInt8>, from socket: SocketID, at time: Timestamp)
    /// Takes a request as it arrived, and answers it.
    func request(_ id: RequestID, _ request: HTTPRequest, at time: Timestamp)

    /// Does what is due.
    func advance(to time: Timestamp)
    /// When `advance` has something to do next; `.never` if nothing is due.
    var nextWake: Timestamp { get }
    /// What it wants done next; nil when that is all.
    func nextAction() -> ServerAction?

    /// Ends every connection, as the venue does before it goes down.
    func closeAll()

    /// Hands over clients' fills since the last call, where it keeps them: each with the client's own number of its order (0 without
    /// one) and the number of the trade that the client was told.
    func takeFills(_ body: (VenueFill) -> Void)
}
