public import Market
public import Venues

/// The way between a session and its venue's server on the virtual clock: sockets, lanes of requests, and what goes wrong on them.
///
/// Whoever drives it hands it what either end wants sent, and takes from it, when its time has come, what reaches the other. On a
/// connection nothing overtakes anything. A lane carries one request at a time, unless it is to carry more; the next one leaves when
/// an answer is there.
///
///     session ─ perform ─▶ ··· latency, faults ··· ─▶ takeArrival ─▶ server
///     session ◀─ takeDelivery ─ ··· ◀─ send, ping, close, answer ─ server
public final class VirtualNetwork {
    public struct Configuration: Sendable {
        /// Of what a session sends, and of requests.
        public var entry: LatencyModel
        /// Of answers and of what private streams bring.
        public var response: LatencyModel
        /// Of what public streams bring.
        public var publicData: LatencyModel
        /// Sockets with a smaller number are public.
        public var publicSockets = 1
        public var lanes: Int
        /// Requests that a lane carries at a time.
        public var requestsInFlight = 1
        /// A request without an answer for so long has none.
        public var requestTimeout = Nanoseconds.seconds(5)
        /// Requests that wait for their lane.
        public var queueLimit = 1_000
        public var faults: [WireFault] = []
        public var seed: UInt64 = 1

        /// - Parameter lanes: Those for orders and the one for questions, together.
        public init(entry: LatencyModel, response: LatencyModel, publicData: LatencyModel, lanes: Int) {
            (self.entry, self.response, self.publicData, self.lanes) = (entry, response, publicData, lanes)
        }
    }

    /// What reaches the server. Sockets are the server's: each connection has its own.
    public enum Arrival: Sendable {
        case opened(SocketID)
        case frame(SocketID, [UInt8])
        case heard(SocketID)
        case closed(SocketID)
        case request(RequestID, HTTPRequest)
    }

    /// What reaches the session.
    public enum Delivery: Sendable {
        case opened(SocketID)
        case frame(SocketID, [UInt8])
        case heard(SocketID)
        case closed(SocketID)
        case answered(RequestID, HTTPOutcome)
    }

    /// How something reaches the session.
    public enum Way: Sendable {
        /// By private sockets, or as answers.
        case account
        /// By public sockets.
        case market
    }

    let configuration: Configuration
    var connections: [VirtualConnection] = []
    var lastServerSocket = 0
    var lastTicket: UInt64 = 0
    var lanes: [VirtualLane]
    /// The last answers to public questions, by what they asked for.
    var answersKept: [String: [UInt8]] = [:]
    var up: LatencyStream
    var down: LatencyStream
    var data: LatencyStream
    public private(set) var faultRecords: [WireFaultRecord]
    /// By fault: whether what happens at its start has happened, and at its end.
    private var begun: [Bool]
    private var ended: [Bool]

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        lanes = (0..<configuration.lanes).map { _ in VirtualLane() }
        func stream(_ model: LatencyModel, _ number: Int) -> LatencyStream {
            LatencyStream(EntryLatency(model), number == 0 ? .entry : .response, account: AccountID(number), seed: configuration.seed)
        }
        up = stream(configuration.entry, 0)
        down = stream(configuration.response, 1)
        data = stream(configuration.publicData, 2)
        faultRecords = configuration.faults.map { WireFaultRecord(fault: $0) }
        begun = configuration.faults.map { _ in false }
        ended = begun
    }

    // MARK: Time

    /// When something next reaches the server; `.never` if nothing is on its way.
    public var nextArrival: Timestamp {
        var next = Timestamp.never
        for connection in connections { next = min(next, connection.up.next) }
        for lane in lanes { next = min(next, lane.up.next) }
        return next
    }

    /// When something next reaches the session, or a fault or a time-out is due.
    public var nextDelivery: Timestamp { min(nextDelivery(by: .account), nextDelivery(by: .market)) }

    /// The same of one way; faults and time-outs are with the accounts'.
    public func nextDelivery(by way: Way) -> Timestamp {
        var next = Timestamp.never
        for connection in connections where connection.isPublic == (way == .market) {
            next = min(next, connection.down.next, connection.echo.next)
        }
        guard way == .account else { return next }
        for lane in lanes { next = min(next, lane.down.next, lane.deadline) }
        for index in faultRecords.indices {
            if !begun[index] { next = min(next, faultRecords[index].fault.start) }
            if begun[index], !ended[index] { next = min(next, faultRecords[index].fault.end) }
        }
        return next
    }

    /// Whether nothing is on its way, and no request waits.
    public var isQuiet: Bool {
        lanes.allSatisfy { $0.inFlight.isEmpty && $0.waiting.isEmpty } && nextArrival == .never
            && connections.allSatisfy { $0.down.next == .never && $0.echo.next == .never }
    }

    /// What has reached the server by `now`; nil when that is all.
    public func takeArrival(_ now: Timestamp) -> Arrival? {
        while nextArrival <= now {
            if let index = connections.indices.first(where: { connections[$0].up.next <= now && connections[$0].up.next == nextArrival }) {
                if let arrival = arrive(index, connections[index].up.next) { return arrival }
            } else if let index = lanes.indices.first(where: { lanes[$0].up.next == nextArrival }) {
                let (id, request) = lanes[index].up.take()
                return .request(id, request)
            }
        }
        return nil
    }

    /// What has reached the session by `now`; nil when that is all. Of one moment, what private sockets and answers bring comes first.
    public func takeDelivery(_ now: Timestamp) -> Delivery? {
        while case let next = nextDelivery, next <= now {
            let way: Way = nextDelivery(by: .account) == next ? .account : .market
            if let delivery = takeDelivery(by: way, at: next) { return delivery }
        }
        return nil
    }

    /// What has reached the session by one way by `now`; nil when that is all.
    public func takeDelivery(_ now: Timestamp, by way: Way) -> Delivery? {
        while case let next = nextDelivery(by: way), next <= now {
            if let delivery = takeDelivery(by: way, at: next) { return delivery }
        }
        return nil
    }

    /// Takes what is due at `next` by a way; nil where that is nothing to be told.
    private func takeDelivery(by way: Way, at next: Timestamp) -> Delivery? {
        func connection(_ isDue: (VirtualConnection) -> Bool) -> Int? {
            connections.lastIndex { $0.isPublic == (way == .market) && isDue($0) }
        }
        if way == .account {
            if let index = faultRecords.indices.first(where: { !begun[$0] && faultRecords[$0].fault.start == next }) {
                begun[index] = true
                begin(index, next)
                return nil
            }
            if let index = faultRecords.indices.first(where: { begun[$0] && !ended[$0] && faultRecords[$0].fault.end == next }) {
                ended[index] = true
                release(faultRecords[index].fault.kind, next)
                return nil
            }
        }
        if let index = connection({ $0.down.next == next }) { return deliver(connections[index].down.take(), index, next) }
        if let index = connection({ $0.echo.next == next }) { return deliver(connections[index].echo.take(), index, next) }
        if let lane = lanes.indices.first(where: { lanes[$0].down.next == next }) { return answer(lane, next) }
        return lanes.indices.first { lanes[$0].deadline == next }.flatMap { giveUp($0, next) }
    }

    // MARK: Faults

    /// Whether a fault of this sort is there now; it takes hold if so.
    func meets(_ now: Timestamp, _ isMeant: (WireFault.Kind) -> Bool) -> WireFault? {
        guard
            let index = faultRecords.indices.first(where: {
                faultRecords[$0].fault.isActive(at: now) && isMeant(faultRecords[$0].fault.kind)
            })
        else { return nil }
        faultRecords[index].touched += 1
        return faultRecords[index].fault
    }

    /// How much longer something takes now.
    func delay(_ now: Timestamp, _ isMeant: (WireFault.Kind) -> Nanoseconds?) -> Nanoseconds {
        var total = Nanoseconds.zero
        for index in faultRecords.indices where faultRecords[index].fault.isActive(at: now) {
            guard let delay = isMeant(faultRecords[index].fault.kind) else { continue }
            faultRecords[index].touched += 1
            total = total + delay
        }
        return total
    }

    func touch(_ fault: Int) { faultRecords[fault].touched += 1 }
}
