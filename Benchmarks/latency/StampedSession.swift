import Market
import Trading
import Venues

/// A session whose borders are stamped.
final class StampedSession: VenueSession {
    private let session: any VenueSession
    private let stamps: Stamps
    /// The last stamped order's request.
    private(set) var request: RequestID?

    init(_ session: any VenueSession, _ stamps: Stamps) { (self.session, self.stamps) = (session, stamps) }

    func receive(_ frame: Span<UInt8>, from socket: SocketID, at now: Timestamp) {
        session.receive(frame, from: socket, at: now)
        stamps.mark(.event)
    }

    func handle(_ command: Command, now: Timestamp) {
        stamps.mark(.decision)
        session.handle(command, now: now)
    }

    func nextAction() -> SessionAction? {
        let action = session.nextAction()
        if case .request(let id, _, _) = action, stamps.mark(.signed) { request = id }
        return action
    }

    func start(at now: Timestamp) { session.start(at: now) }
    func restart(at now: Timestamp) { session.restart(at: now) }
    func advance(to now: Timestamp) { session.advance(to: now) }
    var nextWake: Timestamp { session.nextWake }
    func nextInput(now: Timestamp) -> CoreInput? { session.nextInput(now: now) }
    func opened(_ socket: SocketID, at now: Timestamp) { session.opened(socket, at: now) }
    func closed(_ socket: SocketID, at now: Timestamp) { session.closed(socket, at: now) }
    func heard(_ socket: SocketID, at now: Timestamp) { session.heard(socket, at: now) }
    func answer(_ id: RequestID, _ outcome: HTTPOutcome, at now: Timestamp) { session.answer(id, outcome, at: now) }
    var clock: ClockOffset { session.clock }
    var frameInstrument: InstrumentID? { session.frameInstrument }
    func isAudit(_ request: RequestID) -> Bool { session.isAudit(request) }
    func refreshBooks(at now: Timestamp) { session.refreshBooks(at: now) }
    var streams: [StreamStatus] { session.streams }
    func requests(of account: AccountID, at now: Timestamp) -> RequestUse? { session.requests(of: account, at: now) }
    func takeAlarms() -> [SessionAlarm] { session.takeAlarms() }
    func bytesWithoutSecrets(of action: SessionAction) -> [UInt8] { session.bytesWithoutSecrets(of: action) }
    func publicTrade(of fill: Fill) -> Int64 { session.publicTrade(of: fill) }
}
