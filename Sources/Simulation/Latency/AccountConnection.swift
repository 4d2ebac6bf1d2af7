internal import Market
internal import Trading

/// A request on its way, with the number that its sender gave it; 0 where requests carry none.
struct SentRequest: BitwiseCopyable {
    var command: Command
    var nonce: UInt64
}

/// One account's way to the venue and back: latencies, lanes, and what waits at the venue's door.
///
///     sent ──entry latency──▶ door ──speed bump──▶ matching
///
/// Requests of one lane arrive in the order in which they were sent, and leave the door in that order: one that is held up
/// holds up those behind it. While it waits nobody sees it, and it meets the book as it is when it leaves.
struct AccountConnection: ~Copyable {
    private struct RequestLane: ~Copyable {
        var road = Lane<SentRequest>()
        /// Unused without speed bumps.
        var door = Lane<SentRequest>()

        @inline(__always)  // Else the lane is copied for the call.
        var next: Timestamp { min(road.next, door.next) }
    }

    static let laneLimit = 3

    private let bumps: SpeedBumps?
    private let lanes: Table<RequestLane>
    private var entry: LatencyStream
    private var response: LatencyStream
    /// When something next reaches the door or leaves it.
    private(set) var next = Timestamp.never

    init(_ account: VenueConfiguration.Account, seed: UInt64) {
        let model = account.connection
        bumps = model.speedBumps.flatMap { $0.isNone ? nil : $0 }
        lanes = Table(count: model.separatesLanes ? Self.laneLimit : 1) { _ in RequestLane() }
        entry = LatencyStream(model.entry, .entry, account: account.id, seed: seed)
        response = LatencyStream(EntryLatency(model.response), .response, account: account.id, seed: seed)
    }

    /// How long a request that leaves now takes to the door; negative as `LatencyStream.next` says.
    @inline(__always)
    mutating func entryLatency(_ command: Command, at now: Timestamp) -> Nanoseconds { entry.next(command.requestClass, at: now) }

    /// How long a report that leaves the venue now takes to us.
    @inline(__always)
    mutating func responseLatency(at now: Timestamp) -> Nanoseconds { response.next(.submit, at: now) }

    /// Sends a request that alone would arrive at `time`; returns when something of this account arrives next.
    mutating func send(_ request: SentRequest, arriving time: Timestamp) -> Timestamp {
        let lane = lane(request.command)
        let arrival = lanes[lane].road.arrival(time)
        lanes[lane].road.send(request, arriving: arrival)
        next = min(next, arrival)
        return next
    }

    /// Takes what is due at `next`: the request that may be processed now; nil if it is held up at the door.
    ///
    /// - Parameter wouldTake: Whether a limit order would take from the venue's book now.
    mutating func receive(wouldTake: (OrderRequest) -> Bool) -> SentRequest? {
        let now = next
        let at = dueLane
        let request = take(at, now, wouldTake)
        findNext()
        return request
    }

    /// Takes what is due at `next` where nothing is held up.
    mutating func receive() -> SentRequest {
        let request = lanes[dueLane].road.receive()
        findNext()
        return request
    }

    var holdsUp: Bool { bumps != nil }

    @inline(__always)
    private var dueLane: Int {
        var at = 0
        while lanes[at].next != next { at += 1 }
        return at
    }

    @inline(__always)
    private mutating func findNext() {
        next = .never
        for lane in lanes.indices { next = min(next, lanes[lane].next) }
    }

    private func take(_ at: Int, _ now: Timestamp, _ wouldTake: (OrderRequest) -> Bool) -> SentRequest? {
        // What leaves the door came before what reaches it.
        if lanes[at].door.next == now { return lanes[at].door.receive() }
        let request = lanes[at].road.receive()
        guard let bumps else { return request }
        let release = lanes[at].door.arrival(now + bumps.delay(request.command, wouldTake: wouldTake))
        guard release > now else { return request }
        lanes[at].door.send(request, arriving: release)
        return nil
    }

    /// The lane that a request goes by.
    @inline(__always)  // Else the connection is copied for the call.
    func lane(_ command: Command) -> Int {
        guard lanes.count > 1 else { return 0 }
        switch command.requestClass {
        case .postOnly, .amend: return 0
        case .submit: return 1
        case .cancel, .query: return 2
        }
    }
}
