internal import NIOCore
internal import NIOHTTP1
internal import Venues

/// One connection for requests, opened before it's needed and again when it's lost.
///
///     down ──wait over──▶ dialling ──▶ idle ──written──▶ busy ──answered──▶ settling ──nothing more came──▶ idle
///       ▲──── failed ─────────┘ ▲────────────── lost, or closed as the answer said ─────────────────┘
///
/// Requests that wait are kept over a loss, which none of their bytes has seen; where no connection can be had, they are not sent.
final class Lane {
    private enum State {
        /// The next try waits for its time; a request that comes is not sent.
        case down(reason: String)
        case dialling(Dial)
        case idle(LaneConnection)
        case busy(LaneConnection, Flight)
        /// Its request is answered, what was read with the answer is not yet looked through: more would belong to no request.
        case settling(LaneConnection, closes: Bool)
        case stopped
    }

    private struct Flight {
        let request: RequestID
        let due: NIODeadline
    }

    private struct Waiting {
        let id: RequestID
        let request: HTTPRequest
        let due: NIODeadline
    }

    private let number: Int
    private let route: Route
    private let head: RequestHead
    private unowned let client: VenueClient
    private let loop: any EventLoop
    private let limits: ClientLimits
    private var state = State.stopped
    private var queue = CircularBuffer<Waiting>(initialCapacity: 16)
    /// Wakes when the earliest request known at its setting is due: one timer for all.
    private var timer: Scheduled<Void>?
    private var reopening: Scheduled<Void>?
    /// Connections lost in a row that were of no use.
    private var losses = 0
    private var upSince = NIODeadline.now()

    init(_ number: Int, _ route: Route, _ head: RequestHead, client: VenueClient) {
        (self.number, self.route, self.head, self.client) = (number, route, head, client)
        (loop, limits) = (client.loop, route.limits)
    }

    func open() {
        guard case .stopped = state else { return }
        dial()
    }

    func stop() {
        let last = state
        state = .stopped
        timer?.cancel()
        reopening?.cancel()
        (timer, reopening) = (nil, nil)
        switch last {
        case .dialling(let dial): dial.cancel()
        case .idle(let connection), .settling(let connection, _): connection.close()
        case .busy(let connection, let flight):
            connection.close()
            client.answered(flight.request, .unknown(reason: "the client was stopped"))
        case .down, .stopped: break
        }
        refuseWaiting("the client was stopped")
    }

    // MARK: Requests

    func take(_ id: RequestID, _ request: HTTPRequest) {
        if let objection = head.objection(to: request) { return client.answered(id, .notSent(reason: objection)) }
        switch state {
        case .stopped: return client.answered(id, .notSent(reason: "the client isn't running"))
        case .down(let reason): return client.answered(id, .notSent(reason: reason))
        case .idle(let connection) where queue.isEmpty && connection.isActive:
            return write(Waiting(id: id, request: request, due: .now() + limits.request), on: connection)
        case .idle, .busy, .settling, .dialling: break
        }
        guard queue.count < limits.waitingRequests else {
            return client.answered(id, .notSent(reason: "\(queue.count) requests wait on lane \(number)"))
        }
        queue.append(Waiting(id: id, request: request, due: .now() + limits.request))
        setTimer()
    }

    private func write(_ next: Waiting, on connection: LaneConnection) {
        state = .busy(connection, Flight(request: next.id, due: next.due))
        setTimer()
        connection.write { head.write(next.request, into: &$0) }
        client.handedOver(next.id)
    }

    private func writeNext(on connection: LaneConnection) {
        guard case .idle = state, connection.isActive, let next = queue.popFirst() else { return }
        write(next, on: connection)
    }

    private func refuseWaiting(_ reason: String) {
        let waiting = queue
        queue.removeAll(keepingCapacity: true)
        for next in waiting { client.answered(next.id, .notSent(reason: reason)) }
    }

    private func setTimer() {
        guard timer == nil else { return }
        let due: NIODeadline
        if case .busy(_, let flight) = state {
            due = flight.due
        } else if let next = queue.first {
            due = next.due
        } else {
            return
        }
        timer = loop.assumeIsolated().scheduleTask(deadline: due) { [weak self] in self?.expire() }
    }

    private func expire() {
        timer = nil
        let now = NIODeadline.now()
        while let next = queue.first, next.due <= now {
            queue.removeFirst()
            client.answered(next.id, .notSent(reason: "lane \(number) was not free within \(limits.request.text)"))
        }
        if case .busy(let connection, let flight) = state, flight.due <= now {
            lose(connection, "no whole answer came within \(limits.request.text)")
            client.wasSilent(lane: number)
        }
        setTimer()
    }

    /// Opens its connection anew, if nothing is in flight on it: another one to the same place brought no answer, and what stands
    /// idle may be as dead. The next request is not to be what finds out.
    func renew() {
        if case .idle(let connection) = state { lose(connection, "another connection brought no answer") }
    }

    // MARK: Its connection

    private func dial() {
        reopening = nil
        let dial = Dial(route, on: loop) { [weak self] result in
            guard let self, case .dialling = state else { return }
            switch result {
            case .success(let connection): connected(connection)
            case .failure(let failure): goDown(failure.message)
            }
        }
        state = .dialling(dial)
        dial.start()
    }

    private func connected(_ connection: Connection) {
        let connection = LaneConnection(connection, limits, lane: self)
        guard connection.start() else { return goDown("the connection to \(route.endpoint.place) was closed at once") }
        state = .idle(connection)
        upSince = .now()
        client.changed(lane: number, to: .up)
        writeNext(on: connection)
    }

    private func goDown(_ reason: String) {
        state = .down(reason: reason)
        client.changed(lane: number, to: .down(reason: reason))
        refuseWaiting(reason)
        guard case .down = state else { return }
        reopening = loop.assumeIsolated().scheduleTask(in: nextWait()) { [weak self] in self?.dial() }
    }

    /// Nothing after a connection that was of use; then longer each time, from the upper half so that not all lanes come at once.
    private func nextWait() -> TimeAmount {
        defer { losses += 1 }
        var span = limits.reopenFirst.nanoseconds
        for _ in 0..<max(0, losses - 1) where span < limits.reopenLongest.nanoseconds { span *= 2 }
        span = min(span, limits.reopenLongest.nanoseconds)
        return .nanoseconds(Int64.random(in: span / 2...span))
    }

    /// Gives a connection up: what is in flight is unknown, and the lane is opened again.
    private func lose(_ connection: LaneConnection, _ reason: String) {
        let flight: Flight?
        switch state {
        case .idle(connection), .settling(connection, _): flight = nil
        case .busy(connection, let last): flight = last
        default: return
        }
        connection.close()
        let wasOfUse = losses == 0 || upSince + limits.reopenLongest <= .now()
        if wasOfUse {
            losses = 1
            dial()
            client.changed(lane: number, to: .down(reason: reason))
        } else {
            goDown(reason)
        }
        if let flight { client.answered(flight.request, .unknown(reason: reason)) }
    }

    func answered(_ connection: LaneConnection, status: Int, body: [UInt8], closes: Bool) {
        guard case .busy(connection, let flight) = state else { return }
        state = .settling(connection, closes: closes)
        losses = 0
        client.answered(flight.request, .answered(status: status, body: body))
    }

    func settled(_ connection: LaneConnection) {
        guard case .settling(connection, let closes) = state else { return }
        if closes { return lose(connection, "the server wanted the connection closed") }
        state = .idle(connection)
        writeNext(on: connection)
    }

    func lost(_ connection: LaneConnection, _ reason: String) { lose(connection, reason) }
}

/// So that a state's connection can be matched with the one that tells something.
private func ~= (pattern: LaneConnection, value: LaneConnection) -> Bool { pattern === value }
