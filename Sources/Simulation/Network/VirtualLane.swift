public import Market
public import Venues

/// A connection that carries one request at a time.
struct VirtualLane {
    enum Downward { case answer(RequestID, status: Int, body: [UInt8]), failure(RequestID, HTTPOutcome) }

    var waiting: [(id: RequestID, request: HTTPRequest)] = []
    var inFlight: RequestID?
    /// What the server knows the request in flight by: a client that begins anew may use a number again.
    var ticket: RequestID?
    /// What it asks for, if that is public and has parameters: its answer may be kept.
    var publicTarget: String?
    /// When the request in flight is given up; `.never` without one.
    var deadline = Timestamp.never
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

    /// Lets the next request of a lane go, if none is on its way.
    private func depart(_ lane: Int, _ now: Timestamp) {
        guard lanes[lane].inFlight == nil, !lanes[lane].waiting.isEmpty else { return }
        let (id, request) = lanes[lane].waiting.removeFirst()
        lanes[lane].inFlight = id
        lanes[lane].publicTarget = request.method == .get && request.headers.isEmpty && request.target.contains("?") ? request.target : nil
        let there = laneDelay(now, up.next(.submit, at: now))
        let back = laneDelay(now, down.next(.submit, at: now))
        func end(_ outcome: HTTPOutcome, after span: Nanoseconds) { lanes[lane].down.push(.failure(id, outcome), arriving: now + span) }
        var start = now
        if !lanes[lane].isConnected {
            if meets(now, { $0 == .cut }) != nil { return end(.notSent(reason: "the connection was refused"), after: there + back) }
            if meets(now, { $0 == .halfOpen }) != nil {
                return end(.notSent(reason: "no connection within \(configuration.requestTimeout)"), after: configuration.requestTimeout)
            }
            start = now + Nanoseconds(count: 2 * (there + back).count)
            lanes[lane].isConnected = true
        }
        lanes[lane].deadline = start + configuration.requestTimeout
        guard !lanes[lane].isDead else { return }
        if meets(now, { $0 == .tooMany }) != nil {
            return lanes[lane].down.push(.answer(id, status: 429, body: Self.page("429 Too Many Requests")), arriving: start + there + back)
        }
        if meets(now, { $0 == .unavailable(isDone: false) }) != nil {
            return lanes[lane].down.push(
                .answer(id, status: 503, body: Self.page("503 Service Unavailable")), arriving: start + there + back)
        }
        if let target = lanes[lane].publicTarget, let kept = answersKept[target], meets(now, { $0 == .staleAnswers }) != nil {
            return lanes[lane].down.push(.answer(id, status: 200, body: kept), arriving: start + there + back)
        }
        lastTicket += 1
        lanes[lane].ticket = RequestID(lastTicket)
        lanes[lane].up.push((RequestID(lastTicket), request), arriving: start + there)
    }

    private static func page(_ title: String) -> [UInt8] { Array("<html><head><title>\(title)</title></head></html>".utf8) }

    private func laneDelay(_ now: Timestamp, _ latency: Nanoseconds) -> Nanoseconds {
        max(.zero, latency) + delay(now) { if case .delay(let span) = $0 { span } else { nil } }
    }

    /// Sends the server's answer to a request, if anybody waits for it.
    public func answer(_ ticket: RequestID, status: Int, body: [UInt8], at now: Timestamp) {
        guard let lane = lanes.firstIndex(where: { $0.ticket == ticket }), let id = lanes[lane].inFlight, !lanes[lane].isDead else { return }
        var (status, body) = (status, body)
        if let target = lanes[lane].publicTarget, status == 200 { answersKept[target] = body }
        if meets(now, { $0 == .answersLost }) != nil { return }
        if meets(now, { $0 == .unavailable(isDone: true) }) != nil { (status, body) = (503, Self.page("503 Service Unavailable")) }
        let late = delay(now) { if case .answersLate(let span) = $0 { span } else { nil } }
        let time = now + laneDelay(now, down.next(.submit, at: now)) + late
        if let fault = lanes[lane].reset {
            touch(fault)
            lanes[lane].reset = nil
            lanes[lane].isConnected = false
            return lanes[lane].down.push(.failure(id, .unknown(reason: "the connection was reset in an answer")), arriving: time)
        }
        lanes[lane].down.push(.answer(id, status: status, body: body), arriving: time)
    }

    /// Hands over what a lane brings next.
    func answer(_ lane: Int, _ now: Timestamp) -> Delivery? {
        switch lanes[lane].down.take() {
        case .answer(let id, let status, let body):
            guard lanes[lane].inFlight == id else { return nil }
            free(lane, now)
            return .answered(id, .answered(status: status, body: body))
        case .failure(let id, let outcome):
            if lanes[lane].inFlight == id { free(lane, now) }
            return .answered(id, outcome)
        }
    }

    private func free(_ lane: Int, _ now: Timestamp) {
        (lanes[lane].inFlight, lanes[lane].ticket, lanes[lane].deadline) = (nil, nil, .never)
        depart(lane, now)
    }

    /// Gives the request in flight up: its connection is not used any more.
    func giveUp(_ lane: Int, _ now: Timestamp) -> Delivery? {
        guard let id = lanes[lane].inFlight else {
            lanes[lane].deadline = .never
            return nil
        }
        (lanes[lane].isConnected, lanes[lane].isDead) = (false, false)
        lanes[lane].up.lose()
        lanes[lane].down.lose()
        free(lane, now)
        return .answered(id, .unknown(reason: "no answer within \(configuration.requestTimeout)"))
    }

    /// The client's process dies: what it has sent is on its way, what comes back reaches nobody, and what waited is gone.
    public func loseClient(at now: Timestamp) {
        for connection in connections where !connection.isOverAtClient { close(connection.client, now) }
        for lane in lanes.indices {
            lanes[lane].waiting = []
            (lanes[lane].inFlight, lanes[lane].ticket, lanes[lane].deadline) = (nil, nil, .never)
            (lanes[lane].isConnected, lanes[lane].isDead) = (false, false)
            lanes[lane].down.lose()
        }
    }

    /// The lane's connection ends: nobody knows what became of the request on its way.
    func cut(_ lane: Int, _ now: Timestamp) {
        lanes[lane].isConnected = false
        guard let id = lanes[lane].inFlight else { return }
        lanes[lane].up.lose()
        lanes[lane].down.lose()
        lanes[lane].down.push(.failure(id, .unknown(reason: "the connection was lost")), arriving: now)
    }
}
