public import Market
public import Venues

/// What is on its way in one direction of a connection: what was sent first arrives first.
struct VirtualLine<Message: Sendable> {
    private var entries: [(time: Timestamp, message: Message)] = []
    private var head = 0
    private var last = Timestamp.distantPast

    /// When the next message arrives; `.never` if none is on its way.
    var next: Timestamp { head < entries.count ? entries[head].time : .never }

    mutating func push(_ message: Message, arriving time: Timestamp) {
        last = max(last, time)
        entries.append((last, message))
    }

    mutating func take() -> Message {
        defer {
            head += 1
            if head == entries.count { (entries, head) = ([], 0) }
        }
        return entries[head].message
    }

    /// What is on its way is lost.
    mutating func lose() { (entries, head, last) = ([], 0, .distantPast) }
}

/// One socket from its opening to the moment at which both ends know that it is over.
struct VirtualConnection {
    enum Upward { case opened, frame([UInt8]), ping, heard, closed }
    enum Downward { case opened, frame([UInt8]), ping, answered, closed }

    let client: SocketID
    let server: SocketID
    var isPublic = false
    /// It stands, and nothing passes.
    var isDead = false
    /// Number of the fault by which it ends in the middle of what it brings next.
    var reset: Int?
    var isOverAtClient = false
    var isOverAtServer = false
    /// What a silent stream holds back.
    var held: [[UInt8]] = []
    /// When what was sent has gone through a connection that is throttled.
    var busyUntil = Timestamp.distantPast
    var up = VirtualLine<Upward>()
    var down = VirtualLine<Downward>()
    /// What comes a second time, beside the rest.
    var echo = VirtualLine<Downward>()

    init(client: SocketID, server: SocketID) { (self.client, self.server) = (client, server) }
}

/// Sockets.
extension VirtualNetwork {
    func open(_ socket: SocketID, _ now: Timestamp) {
        lastServerSocket += 1
        var connection = VirtualConnection(client: socket, server: SocketID(lastServerSocket))
        connection.isPublic = socket.rawValue < configuration.publicSockets
        if meets(now, { $0 == .halfOpen }) != nil {
            (connection.isDead, connection.isOverAtServer) = (true, true)
        } else if meets(now, { $0 == .cut }) != nil {
            connection.isOverAtServer = true
            connection.down.push(.closed, arriving: now + upwards(now) + downwards(connection, now))
        } else {
            // Transport and encryption take a way there and back each before anything is asked.
            let trip = upwards(now).count + downwards(connection, now).count
            connection.up.push(.opened, arriving: now + Nanoseconds(count: 2 * trip) + upwards(now))
        }
        connections.append(connection)
    }

    private func upwards(_ now: Timestamp) -> Nanoseconds {
        max(.zero, up.next(.submit, at: now)) + delay(now) { if case .delay(let span) = $0 { span } else { nil } }
    }

    private func downwards(_ connection: VirtualConnection, _ now: Timestamp) -> Nanoseconds {
        let latency = connection.isPublic ? data.next(.submit, at: now) : down.next(.submit, at: now)
        return max(.zero, latency)
            + delay(now) {
                switch $0 {
                case .delay(let span), .streamsLate(let span): span
                default: nil
                }
            }
    }

    /// What a session sends by a socket.
    func send(_ socket: SocketID, _ bytes: [UInt8], _ now: Timestamp) {
        guard let index = connections.lastIndex(where: { $0.client == socket && !$0.isOverAtClient }), !connections[index].isDead else {
            return
        }
        let time = now + upwards(now)
        connections[index].up.push(.frame(bytes), arriving: time)
    }

    func ping(_ socket: SocketID, _ now: Timestamp) {
        guard let index = connections.lastIndex(where: { $0.client == socket && !$0.isOverAtClient }), !connections[index].isDead else {
            return
        }
        let time = now + upwards(now)
        connections[index].up.push(.ping, arriving: time)
    }

    func close(_ socket: SocketID, _ now: Timestamp) {
        guard let index = connections.lastIndex(where: { $0.client == socket && !$0.isOverAtClient }) else { return }
        connections[index].isOverAtClient = true
        connections[index].down.lose()
        connections[index].echo.lose()
        if !connections[index].isDead {
            let time = now + upwards(now)
            connections[index].up.push(.closed, arriving: time)
        }
        forget(index)
    }

    private func forget(_ index: Int) {
        if connections[index].isOverAtClient, connections[index].isOverAtServer { connections.remove(at: index) }
    }

    func arrive(_ index: Int, _ now: Timestamp) -> Arrival? {
        let socket = connections[index].server
        let message = connections[index].up.take()
        guard !connections[index].isOverAtServer else { return nil }
        switch message {
        case .opened:
            let time = now + downwards(connections[index], now)
            connections[index].down.push(.opened, arriving: time)
            return .opened(socket)
        case .frame(let bytes): return .frame(socket, bytes)
        case .ping:
            let time = now + downwards(connections[index], now)
            connections[index].down.push(.answered, arriving: time)
            return nil
        case .heard: return .heard(socket)
        case .closed:
            connections[index].isOverAtServer = true
            forget(index)
            return .closed(socket)
        }
    }

    func deliver(_ message: VirtualConnection.Downward, _ index: Int, _ now: Timestamp) -> Delivery? {
        let socket = connections[index].client
        guard !connections[index].isOverAtClient else { return nil }
        switch message {
        case .opened: return .opened(socket)
        case .frame(let bytes): return .frame(socket, bytes)
        case .answered: return .heard(socket)
        case .ping:
            if !connections[index].isDead {
                let time = now + upwards(now)
                connections[index].up.push(.heard, arriving: time)
            }
            return .heard(socket)
        case .closed:
            connections[index].isOverAtClient = true
            forget(index)
            return .closed(socket)
        }
    }

    // MARK: What the server sends

    /// Sends a frame by one of the server's sockets.
    public func send(_ bytes: [UInt8], by socket: SocketID, at now: Timestamp) {
        guard let index = connections.firstIndex(where: { $0.server == socket && !$0.isOverAtServer }), !connections[index].isDead,
            !connections[index].isOverAtClient
        else { return }
        if let fault = connections[index].reset {
            touch(fault)
            return breakOff(index, now)
        }
        let stall: WireFault.Kind = connections[index].isPublic ? .publicStall : .privateStall
        if meets(now, { $0 == stall }) != nil { return connections[index].held.append(bytes) }
        transmit(bytes, index, now)
    }

    private func transmit(_ bytes: [UInt8], _ index: Int, _ now: Timestamp) {
        var time = now + downwards(connections[index], now)
        if case .throttle(let rate) = meets(now, { if case .throttle = $0 { true } else { false } })?.kind {
            let span = Nanoseconds(count: Int64(bytes.count) * 1_000_000_000 / max(1, rate))
            connections[index].busyUntil = max(connections[index].busyUntil, now) + span
            time = time + (connections[index].busyUntil - now)
        }
        connections[index].down.push(.frame(bytes), arriving: time)
        if case .twice(let later) = meets(now, { if case .twice = $0 { true } else { false } })?.kind {
            connections[index].echo.push(.frame(bytes), arriving: time + later)
        }
    }

    /// Both ends learn that a connection is over, and what was on its way is lost.
    func breakOff(_ index: Int, _ now: Timestamp) {
        connections[index].up.lose()
        connections[index].down.lose()
        connections[index].echo.lose()
        if !connections[index].isOverAtClient { connections[index].down.push(.closed, arriving: now) }
        if !connections[index].isOverAtServer { connections[index].up.push(.closed, arriving: now) }
    }

    public func ping(_ socket: SocketID, at now: Timestamp) {
        guard let index = connections.firstIndex(where: { $0.server == socket && !$0.isOverAtServer }), !connections[index].isDead,
            !connections[index].isOverAtClient
        else { return }
        let time = now + downwards(connections[index], now)
        connections[index].down.push(.ping, arriving: time)
    }

    /// The server closes one of its sockets.
    public func close(serverSocket socket: SocketID, at now: Timestamp) {
        guard let index = connections.firstIndex(where: { $0.server == socket && !$0.isOverAtServer }) else { return }
        connections[index].isOverAtServer = true
        connections[index].up.lose()
        if !connections[index].isDead, !connections[index].isOverAtClient {
            let time = now + downwards(connections[index], now)
            connections[index].down.push(.closed, arriving: time)
        }
        forget(index)
    }

    // MARK: Faults

    /// What a fault does to connections at its start.
    func begin(_ fault: Int, _ now: Timestamp) {
        switch faultRecords[fault].fault.kind {
        case .cut:
            for index in connections.indices {
                touch(fault)
                breakOff(index, now)
            }
            for lane in lanes.indices { cut(lane, now) }
        case .halfOpen:
            for index in connections.indices {
                touch(fault)
                connections[index].isDead = true
                connections[index].up.lose()
                connections[index].down.lose()
                connections[index].echo.lose()
            }
            for lane in lanes.indices {
                lanes[lane].isDead = true
                lanes[lane].up.lose()
                lanes[lane].down.lose()
            }
        case .staleAnswers:
            // Public data have to come anew, so that what is kept is asked for.
            for index in connections.indices where connections[index].isPublic {
                touch(fault)
                breakOff(index, now)
            }
        case .renumbered: for index in connections.indices where connections[index].isPublic { touch(fault) }
        case .reset:
            for index in connections.indices { connections[index].reset = fault }
            for lane in lanes.indices { lanes[lane].reset = fault }
        case .delay, .twice, .throttle, .answersLate, .streamsLate, .answersLost, .publicStall, .privateStall, .tooMany, .unavailable:
            break
        }
    }

    /// What a fault held back comes at its end.
    func release(_ kind: WireFault.Kind, _ now: Timestamp) {
        switch kind {
        case .reset:
            for index in connections.indices { connections[index].reset = nil }
            for lane in lanes.indices { lanes[lane].reset = nil }
        case .publicStall, .privateStall:
            for index in connections.indices where connections[index].isPublic == (kind == .publicStall) {
                let held = connections[index].held
                connections[index].held = []
                guard !connections[index].isDead, !connections[index].isOverAtClient else { continue }
                for bytes in held { transmit(bytes, index, now) }
            }
        case .delay, .cut, .halfOpen, .twice, .throttle, .answersLate, .streamsLate, .answersLost, .tooMany, .unavailable, .staleAnswers,
            .renumbered:
            break
        }
    }
}
