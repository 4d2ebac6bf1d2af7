public import Market
public import Trading
public import Venues

/// A core and the sessions through which it meets its venues: all of a live run that needs no socket, clock or file.
///
/// Whoever moves the bytes tells it what came, with the time of it, and does what `nextAction` asks for; it is woken at `nextWake`.
/// What a session makes of a frame reaches the core at once, and the core's commands their sessions.
public final class LiveCore {
    public let core: TradingCore
    public let sessions: [any VenueSession]
    /// Index of the session that serves each account.
    private let sessionOfAccount: [Int]
    private var firstWithActions = 0

    /// - Parameter sessionOfAccount: By `AccountID`.
    public init(_ core: TradingCore, _ sessions: [any VenueSession], sessionOfAccount: [Int]) {
        (self.core, self.sessions, self.sessionOfAccount) = (core, sessions, sessionOfAccount)
    }

    /// Opens every session, and starts the strategies.
    public func start(at now: Timestamp) {
        for session in sessions { session.start(at: now) }
        core.start(at: now)
        settle(now)
    }

    // MARK: What comes

    public func opened(_ socket: SocketID, of session: Int, at now: Timestamp) {
        sessions[session].opened(socket, at: now)
        settle(now)
    }

    public func closed(_ socket: SocketID, of session: Int, at now: Timestamp) {
        sessions[session].closed(socket, at: now)
        settle(now)
    }

    public func heard(_ socket: SocketID, of session: Int, at now: Timestamp) { sessions[session].heard(socket, at: now) }

    public func receive(_ frame: Span<UInt8>, from socket: SocketID, of session: Int, at now: Timestamp) {
        sessions[session].receive(frame, from: socket, at: now)
        settle(now)
    }

    public func answer(_ id: RequestID, _ outcome: HTTPOutcome, of session: Int, at now: Timestamp) {
        sessions[session].answer(id, outcome, at: now)
        settle(now)
    }

    public func receive(_ event: OperatorEvent, at now: Timestamp) {
        core.receive(event, at: now)
        settle(now)
    }

    /// Does what is due.
    public func wake(at now: Timestamp) {
        for session in sessions where session.nextWake <= now { session.advance(to: now) }
        if core.nextWake <= now { core.wake(at: now) }
        settle(now)
    }

    /// Stops the strategies; what they cancel still goes out.
    public func stop(_ reason: StopReason, at now: Timestamp) {
        core.wake(at: now)
        core.stop(reason)
        settle(now)
    }

    /// When `wake` has something to do next.
    public var nextWake: Timestamp { sessions.reduce(core.nextWake) { min($0, $1.nextWake) } }

    /// Hands on what sessions tell and what the core answers until nobody has anything to say.
    private func settle(_ now: Timestamp) {
        var isSettled = false
        while !isSettled {
            isSettled = true
            for session in sessions {
                while let input = session.nextInput(now: now) {
                    tell(input, now)
                    isSettled = false
                    send(now)
                }
            }
            send(now)
        }
        core.acknowledgeNews()
    }

    private func tell(_ input: CoreInput, _ now: Timestamp) {
        switch input {
        case .market(let event): core.receive(event)
        case .account(let event): core.receive(event)
        case .connection(let event): core.receive(event)
        case .wake: core.wake(at: now)
        case .operator(let event): core.receive(event, at: now)
        }
    }

    private func send(_ now: Timestamp) {
        while let command = core.nextCommand() { sessions[sessionOfAccount[command.account.index]].handle(command, now: now) }
    }

    // MARK: What goes

    /// What a session wants done next, and which; nil when that is all.
    public func nextAction() -> (session: Int, action: SessionAction)? {
        while firstWithActions < sessions.count {
            if let action = sessions[firstWithActions].nextAction() { return (firstWithActions, action) }
            firstWithActions += 1
        }
        firstWithActions = 0
        return nil
    }

    /// What sessions have to say to people, by session.
    public func takeAlarms() -> [(session: Int, alarm: SessionAlarm)] {
        sessions.indices.flatMap { index in sessions[index].takeAlarms().map { (index, $0) } }
    }
}
