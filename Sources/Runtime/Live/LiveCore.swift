public import Market
public import Trading
public import Venues

/// Hears what sessions tell a core and what it commands, at the moment of each.
public protocol LiveObserver: AnyObject {
    /// Before the core hears it.
    func told(_ input: CoreInput, by session: Int, at now: Timestamp)
    func commanded(_ command: Command, at now: Timestamp)
}

/// A core and the sessions through which it meets its venues: all of a live run that needs no socket, clock or file.
///
/// Whoever moves the bytes tells it what came, with the time of it, and does what `nextAction` asks for; it is woken at `nextWake`.
/// What a session makes of a frame reaches the core at once, and the core's commands their sessions.
public final class LiveCore {
    public let core: TradingCore
    public let sessions: [any VenueSession]
    /// Index of the session that serves each account.
    let sessionOfAccount: [Int]
    private var firstWithActions = 0
    /// What sessions wanted done when something more came, and nobody has fetched yet.
    private var waiting: [(session: Int, action: SessionAction)] = []
    private var firstWaiting = 0
    /// The time of what came last.
    private var now = Timestamp.distantPast
    /// Where what comes and goes is kept; nil: nowhere.
    public var border: (any BorderLog)?
    public weak var observer: (any LiveObserver)?

    /// - Parameter sessionOfAccount: By `AccountID`.
    public init(_ core: TradingCore, _ sessions: [any VenueSession], sessionOfAccount: [Int], border: (any BorderLog)? = nil) {
        (self.core, self.sessions, self.sessionOfAccount, self.border) = (core, sessions, sessionOfAccount, border)
    }

    /// Opens every session, and starts the strategies.
    public func start(at now: Timestamp) {
        log(.start, at: now)
        for session in sessions { session.start(at: now) }
        core.start(at: now)
        settle(now)
    }

    /// Goes on after the process died, once all that was recorded has come to it again.
    ///
    /// - Parameter nextOrder: No order had this id or a later one, recorded or not.
    public func restart(at now: Timestamp, nextOrder: OrderID) {
        let next = max(nextOrder, core.nextOrder)
        // Nothing that the process that died still wanted is done.
        (firstWithActions, firstWaiting) = (0, 0)
        waiting.removeAll()
        border?.append(BorderRecord(.restart, at: now, number: next.rawValue), [UInt8]().span)
        for session in sessions { session.restart(at: now) }
        core.restart(at: now, nextOrder: next)
        settle(now)
    }

    private func log(
        _ kind: BorderRecord.Kind, _ session: Int = 0, at now: Timestamp, number: UInt64 = 0, detail: Int = 0, _ text: String = ""
    ) {
        log(BorderRecord(kind, session: session, at: now, number: number, detail: detail), Array(text.utf8).span)
    }

    /// Keeps what comes; what sessions want done because of what came before stands before it.
    private func log(_ record: BorderRecord, _ bytes: Span<UInt8>) {
        while let next = nextOfSessions() { waiting.append(next) }
        border?.append(record, bytes)
    }

    // MARK: What comes

    public func opened(_ socket: SocketID, of session: Int, at now: Timestamp) {
        log(.opened, session, at: now, number: UInt64(socket.rawValue))
        sessions[session].opened(socket, at: now)
        settle(now)
    }

    public func closed(_ socket: SocketID, of session: Int, at now: Timestamp) {
        log(.closed, session, at: now, number: UInt64(socket.rawValue))
        sessions[session].closed(socket, at: now)
        settle(now)
    }

    public func heard(_ socket: SocketID, of session: Int, at now: Timestamp) {
        log(.heard, session, at: now, number: UInt64(socket.rawValue))
        sessions[session].heard(socket, at: now)
        settle(now)
    }

    public func receive(_ frame: Span<UInt8>, from socket: SocketID, of session: Int, at now: Timestamp) {
        log(BorderRecord(.frame, session: session, at: now, number: UInt64(socket.rawValue)), frame)
        sessions[session].receive(frame, from: socket, at: now)
        settle(now)
    }

    public func answer(_ id: RequestID, _ outcome: HTTPOutcome, of session: Int, at now: Timestamp) {
        switch outcome {
        case .answered(let status, let body):
            log(BorderRecord(.answered, session: session, at: now, number: id.rawValue, detail: status), body.span)
        case .notSent(let reason): log(.notSent, session, at: now, number: id.rawValue, reason)
        case .unknown(let reason): log(.unanswered, session, at: now, number: id.rawValue, reason)
        }
        sessions[session].answer(id, outcome, at: now)
        settle(now)
    }

    public func receive(_ event: OperatorEvent, at now: Timestamp) {
        switch event {
        case .stop: log(.operatorStop, at: now)
        case .kill(let level): log(.kill, at: now, number: UInt64(level.rawValue))
        case .flatten: log(.flatten, at: now)
        case .hold: log(.hold, at: now)
        case .release: log(.release, at: now)
        case .set(let change): log(BorderRecord(.parameter, at: now), BorderRecord.bytes(of: change).span)
        }
        core.receive(event, at: now)
        settle(now)
    }

    /// Does what is due.
    public func wake(at now: Timestamp) {
        log(.wake, at: now)
        for session in sessions where session.nextWake <= now { session.advance(to: now) }
        if core.nextWake <= now { core.wake(at: now) }
        settle(now)
    }

    /// Stops the strategies; what they cancel still goes out.
    public func stop(_ reason: StopReason, at now: Timestamp) {
        log(.stop, at: now, number: UInt64(reason.rawValue))
        core.wake(at: now)
        core.stop(reason)
        settle(now)
    }

    /// When `wake` has something to do next.
    public var nextWake: Timestamp { sessions.reduce(core.nextWake) { min($0, $1.nextWake) } }

    /// Hands on what sessions tell and what the core answers until nobody has anything to say: a session may refuse a command at once.
    private func settle(_ now: Timestamp) {
        self.now = now
        var isSettled: Bool
        repeat {
            isSettled = true
            for (index, session) in sessions.enumerated() {
                while let input = session.nextInput(now: now) {
                    observer?.told(input, by: index, at: now)
                    tell(input, now)
                    send(now)
                    isSettled = false
                }
            }
            if send(now) { isSettled = false }
        } while !isSettled
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

    /// - Returns: Whether there was anything.
    @discardableResult
    private func send(_ now: Timestamp) -> Bool {
        var hasSent = false
        while let command = core.nextCommand() {
            observer?.commanded(command, at: now)
            sessions[sessionOfAccount[command.account.index]].handle(command, now: now)
            hasSent = true
        }
        return hasSent
    }

    // MARK: What goes

    /// What a session wants done next, and which; nil when that is all.
    public func nextAction() -> (session: Int, action: SessionAction)? {
        guard firstWaiting < waiting.count else { return nextOfSessions() }
        let next = waiting[firstWaiting]
        firstWaiting += 1
        if firstWaiting == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            firstWaiting = 0
        }
        return next
    }

    private func nextOfSessions() -> (session: Int, action: SessionAction)? {
        while firstWithActions < sessions.count {
            if let action = sessions[firstWithActions].nextAction() {
                note(action)
                return (firstWithActions, action)
            }
            firstWithActions += 1
        }
        firstWithActions = 0
        return nil
    }

    private func note(_ action: SessionAction) {
        guard let border else { return }
        let (record, bytes) = BorderRecord.of(action, sessions[firstWithActions], firstWithActions, at: now)
        border.append(record, bytes.span)
    }

    /// What sessions have to say to people, by session.
    public func takeAlarms() -> [(session: Int, alarm: SessionAlarm)] {
        sessions.indices.flatMap { index in sessions[index].takeAlarms().map { (index, $0) } }
    }
}
