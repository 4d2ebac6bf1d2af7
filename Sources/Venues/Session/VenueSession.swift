public import Market
public import Trading

/// The client's side of a venue's protocol without its sockets: commands become requests, frames and answers what the core hears.
///
/// It opens no socket and reads no clock. Whoever does calls `opened`, `closed`, `heard`, `receive` and `answer`, does what `nextAction`
/// asks for, hands on what `nextInput` gives, and calls `advance` at `nextWake`.
///
///     commands ─▶ handle ─▶ nextAction ─▶ requests, subscriptions, sockets
///     frames, answers, lost sockets ─▶ receive, answer, closed ─▶ nextInput ─▶ core
public protocol VenueSession: AnyObject, Connector {
    /// Opens everything.
    func start(at now: Timestamp)
    /// Goes on after the process died, from where the record of what came leaves it: every socket is lost, and nobody tells any more
    /// what became of a request.
    func restart(at now: Timestamp)
    func handle(_ command: Command, now: Timestamp)
    func advance(to now: Timestamp)
    func nextInput(now: Timestamp) -> CoreInput?

    /// The socket is open.
    func opened(_ socket: SocketID, at now: Timestamp)
    /// The socket is gone, or could not be opened.
    func closed(_ socket: SocketID, at now: Timestamp)
    /// The other end gave a sign of life that is no frame: a ping, or the answer to one.
    func heard(_ socket: SocketID, at now: Timestamp)
    /// Takes a frame that came by a socket; it is read before this returns.
    func receive(_ frame: Span<UInt8>, from socket: SocketID, at now: Timestamp)
    /// Takes the one outcome of a request.
    func answer(_ id: RequestID, _ outcome: HTTPOutcome, at now: Timestamp)

    /// How the venue's clock stands to ours.
    var clock: ClockOffset { get }
    /// What the last public frame was about; nil where that is none of the instruments.
    var frameInstrument: InstrumentID? { get }
    /// Whether a request only asks for a book to compare ours with.
    func isAudit(_ request: RequestID) -> Bool
    /// Asks for all books anew.
    func refreshBooks(at now: Timestamp)

    /// The number that the public stream gives the trade of a fill of ours.
    func publicTrade(of fill: Fill) -> Int64

    /// What it wants done next; nil when that is all.
    func nextAction() -> SessionAction?
    func takeAlarms() -> [SessionAlarm]
    /// The public stream, and those of accounts.
    var streams: [StreamStatus] { get }
    /// nil where it has no such account, or no limit.
    func requests(of account: AccountID, at now: Timestamp) -> RequestUse?
    /// What an action hands over, for a record that others may read: without keys and signatures.
    func bytesWithoutSecrets(of action: SessionAction) -> [UInt8]
}

extension VenueSession {
    /// The one that the core knows it by, unless a session makes that of more than the venue's.
    public func publicTrade(of fill: Fill) -> Int64 { Int64(truncatingIfNeeded: fill.trade) }
}
