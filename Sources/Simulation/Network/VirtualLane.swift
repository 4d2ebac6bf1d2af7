public import Market
public import Venues

/// A connection that carries one request at a time, or so many as the configuration says.
struct VirtualLane {
    enum Downward { case answer(RequestID, status: Int, body: [UInt8]), failure(RequestID, HTTPOutcome) }

    /// A request on its way, there or back.
    struct Sent {
        var id: RequestID
        /// What the server knows it by: a client that begins anew may use a number again.
        var ticket: RequestID?
        /// What it asks for, if that is public and has parameters: its answer may be kept.
        var publicTarget: String?
        /// When it is given up.
        var deadline = Timestamp.never
    }

    var waiting: [(id: RequestID, request: HTTPRequest)] = []
    /// Oldest first.
    var inFlight: [Sent] = []
    /// When the first request in flight is given up; `.never` without one.
    var deadline: Timestamp { inFlight.reduce(.never) { min($0, $1.deadline) } }
    var isConnected = true
    /// It stands, and nothing passes.
    var isDead = false
    /// Number of the fault by which it ends in the middle of the next answer.
    var reset: Int?
    var up = VirtualLine<(RequestID, HTTPRequest)>()
    var down = VirtualLine<Downward>()
}

/// Requests and their answers.
extension VirtualNetwork {
    /// Does what a session wants.
    public func perform(_ action: SessionAction, at now: Timestamp) {
        switch action {
        case .open(let socket): open(socket, now)
        case .close(let socket): close(socket, now)
        case .send(let socket, let text): send(socket, Array(text.utf8), now)
        case .ping(let socket): ping(socket, now)
        case .request(let id, let request, let lane):
            if lanes[lane].waiting.count >= configuration.queueLimit {
                lanes[lane].down.push(.failure(id, .notSent(reason: "too many requests wait")), arriving: now)
            } else {
                lanes[lane].waiting.append((id, request))
                depart(lane, now)
            }
        }
    }

    /// Lets the next requests of a lane go, as many as it carries at a time.
    private func depart(_ lane: Int, _ now: Timestamp) {
        while lanes[lane].inFlight.count < configuration.requestsInFlight, !lanes[lane].waiting.isEmpty {
            let (id, request) = lanes[lane].waiting.removeFirst()
            send(id, request, lane, now)
        }
    }

    private func send(_ id: RequestID, _ request: HTTPRequest, _ lane: Int, _ now: Timestamp) {
        let isPublic = request.method == .get && request.headers.isEmpty && request.target.contains("?")
        var sent = VirtualLane.Sent(id: id, publicTarget: isPublic ? request.target : nil)
        defer { lanes[lane].inFlight.append(sent) }
        let there = laneDelay(now, up.next(.submit, at: now))
        let back = laneDelay(now, down.next(.submit, at: now))
        func end(_ outcome: HTTPOutcome, after span: Nanoseconds) { lanes[lane].down.push(.failure(id, outcome), arriving: now + span) }
        var start = now
        if !lanes[lane].isConnected {
            if meets(now, { $0 == .cut }) != nil { return end(.notSent(reason: "the connection was refused"), after: there + back) }
            if meets(now, { $0 == .halfOpen }) != nil {
                return end(.notSent(reason: "no connection within \(timeoutText)"), after: configuration.requestTimeout)
            }
            start = now + Nanoseconds(count: 2 * (there + back).count)
            lanes[lane].isConnected = true
        }
        sent.deadline = start + configuration.requestTimeout
        guard !lanes[lane].isDead else { return }
        if meets(now, { $0 == .tooMany }) != nil {
            return lanes[lane].down.push(.answer(id, status: 429, body: Self.page("429 Too Many Requests")), arriving: start + there + back)
        }
        if meets(now, { $0 == .unavailable(isDone: false) }) != nil {
            return lanes[lane].down.push(
                .answer(id, status: 503, body: Self.page("503 Service Unavailable")), arriving: start + there + back)
        }
        if let target = sent.publicTarget, let kept = answersKept[target], meets(now, { $0 == .staleAnswers }) != nil {
            return lanes[lane].down.push(.answer(id, status: 200, body: kept), arriving: start + there + back)
        }
        lastTicket += 1
        sent.ticket = RequestID(lastTicket)
        lanes[lane].up.push((RequestID(lastTicket), request), arriving: start + there)
    }

    private var timeoutText: String { "\(configuration.requestTimeout.count / 1_000_000) ms" }

    private static func page(_ title: String) -> [UInt8] { Array("<html><head><title>\(title)</title></head></html>".utf8) }

    private func laneDelay(_ now: Timestamp, _ latency: Nanoseconds) -> Nanoseconds {
        max(.zero, latency) + delay(now) { if case .delay(let span) = $0 { span } else { nil } }
    }

    /// Sends the server's answer to a request, if anybody waits for it.
    public func answer(_ ticket: RequestID, status: Int, body: [UInt8], at now: Timestamp) {
        guard let lane = lanes.firstIndex(where: { $0.inFlight.contains { $0.ticket == ticket } }), !lanes[lane].isDead,
            let sent = lanes[lane].inFlight.first(where: { $0.ticket == ticket })
        else { return }
        var (status, body) = (status, body)
        if let target = sent.publicTarget, status == 200 { answersKept[target] = body }
        if meets(now, { $0 == .answersLost }) != nil { return }
        if meets(now, { $0 == .unavailable(isDone: true) }) != nil { (status, body) = (503, Self.page("503 Service Unavailable")) }
        let late = delay(now) { if case .answersLate(let span) = $0 { span } else { nil } }
        let time = now + laneDelay(now, down.next(.submit, at: now)) + late
        if let fault = lanes[lane].reset {
            touch(fault)
            lanes[lane].reset = nil
            lanes[lane].isConnected = false
            return lanes[lane].down.push(.failure(sent.id, .unknown(reason: "the connection was reset in an answer")), arriving: time)
        }
        lanes[lane].down.push(.answer(sent.id, status: status, body: body), arriving: time)
    }

    /// Hands over what a lane brings next.
    func answer(_ lane: Int, _ now: Timestamp) -> Delivery? {
        switch lanes[lane].down.take() {
        case .answer(let id, let status, let body):
            guard lanes[lane].inFlight.contains(where: { $0.id == id }) else { return nil }
            free(id, lane, now)
            return .answered(id, .answered(status: status, body: body))
        case .failure(let id, let outcome):
            free(id, lane, now)
            return .answered(id, outcome)
        }
    }

    private func free(_ id: RequestID, _ lane: Int, _ now: Timestamp) {
        lanes[lane].inFlight.removeAll { $0.id == id }
        depart(lane, now)
    }

    /// Gives a request in flight up: its connection is not used any more.
    func giveUp(_ lane: Int, _ now: Timestamp) -> Delivery? {
        guard let id = lanes[lane].inFlight.first(where: { $0.deadline <= now })?.id else { return nil }
        (lanes[lane].isConnected, lanes[lane].isDead) = (false, false)
        lanes[lane].up.lose()
        lanes[lane].down.lose()
        // What stands idle may be as dead, and is opened anew.
        for other in lanes.indices where lanes[other].inFlight.isEmpty { (lanes[other].isConnected, lanes[other].isDead) = (false, false) }
        free(id, lane, now)
        return .answered(id, .unknown(reason: "no answer within \(timeoutText)"))
    }

    /// The client's process dies: what it has sent is on its way, what comes back reaches nobody, and what waited is gone.
    public func loseClient(at now: Timestamp) {
        for connection in connections where !connection.isOverAtClient { close(connection.client, now) }
        for lane in lanes.indices {
            (lanes[lane].waiting, lanes[lane].inFlight) = ([], [])
            (lanes[lane].isConnected, lanes[lane].isDead) = (false, false)
            lanes[lane].down.lose()
        }
    }

    /// The lane's connection ends: nobody knows what became of the requests on their way.
    func cut(_ lane: Int, _ now: Timestamp) {
        lanes[lane].isConnected = false
        guard !lanes[lane].inFlight.isEmpty else { return }
        lanes[lane].up.lose()
        lanes[lane].down.lose()
        for sent in lanes[lane].inFlight {
            lanes[lane].down.push(.failure(sent.id, .unknown(reason: "the connection was lost")), arriving: now)
        }
    }
}
