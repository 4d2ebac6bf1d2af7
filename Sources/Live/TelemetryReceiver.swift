internal import NIOCore
internal import Network
internal import Runtime
internal import Venues

/// One who is told: what waits for it goes out one after the other, each by a connection of its own.
final class TelemetryReceiver {
    /// What is told.
    struct Parcel {
        var request: HTTPRequest
        /// A later one of its sort takes its place; one that fails is not sent again.
        var isHeartbeat: Bool
        var attempts = 0
    }

    private static let room = 64
    /// Before a notice is sent again.
    private static let pauses: [TimeAmount] = [.seconds(2), .seconds(10)]

    private let client: VenueClient.Configuration
    private let loop: any EventLoop
    private let log: (String) -> Void
    private(set) var count: TelemetryCount
    private var waiting: [Parcel] = []
    private var sending: (parcel: Parcel, client: VenueClient)?
    private var isPausing = false

    /// - Parameter log: Told what fails; never with what was sent, or where but for the host.
    init(_ name: String, _ client: VenueClient.Configuration, on loop: any EventLoop, log: @escaping (String) -> Void) {
        (self.client, self.loop, self.log) = (client, loop, log)
        count = TelemetryCount(receiver: name)
    }

    var isIdle: Bool { sending == nil && waiting.isEmpty }

    func tell(_ parcel: Parcel) {
        if parcel.isHeartbeat, let old = waiting.firstIndex(where: \.isHeartbeat) {
            waiting[old] = parcel
            count.dropped += 1
        } else if waiting.count < Self.room {
            waiting.append(parcel)
        } else {
            count.dropped += 1
            log("\(count.receiver): too much is waiting, \(count.dropped) messages were dropped")
        }
        proceed()
    }

    private func proceed() {
        guard sending == nil, !isPausing, !waiting.isEmpty else { return }
        let parcel = waiting.removeFirst()
        do {
            let client = try VenueClient(client, on: loop, delegate: self)
            sending = (parcel, client)
            client.start()
            client.perform(.request(RequestID(1), parcel.request, lane: 0))
        } catch { fail(parcel, error.message) }
    }

    private func end(_ outcome: HTTPOutcome) {
        guard let (parcel, client) = sending else { return }
        sending = nil
        client.stop()
        switch outcome {
        case .answered(let status, _) where (200..<300).contains(status): count.sent += 1
        // What is refused is refused again.
        case .answered(let status, _) where (400..<500).contains(status) && status != 429: fail(parcel, "it answers \(status)")
        case .answered(let status, _): again(parcel, "it answers \(status)")
        case .notSent(let reason), .unknown(let reason): again(parcel, reason)
        }
        proceed()
    }

    private func again(_ parcel: Parcel, _ reason: String) {
        guard !parcel.isHeartbeat, parcel.attempts < Self.pauses.count else { return fail(parcel, reason) }
        var parcel = parcel
        parcel.attempts += 1
        waiting.insert(parcel, at: 0)
        isPausing = true
        loop.assumeIsolated().scheduleTask(in: Self.pauses[parcel.attempts - 1]) {
            self.isPausing = false
            self.proceed()
        }
    }

    private func fail(_ parcel: Parcel, _ reason: String) {
        count.failed += 1
        log("\(count.receiver): \(parcel.isHeartbeat ? "a heartbeat" : "a notice") could not be sent: \(reason)")
    }

    /// Nothing more is sent.
    func stop() {
        waiting = []
        sending?.client.stop()
        sending = nil
    }
}

extension TelemetryReceiver: VenueClientDelegate {
    func answered(_ request: RequestID, _ outcome: HTTPOutcome) { end(outcome) }
    func opened(_ socket: SocketID) {}
    func closed(_ socket: SocketID, reason: String) {}
    func received(_ frame: Span<UInt8>, from socket: SocketID, arrived: NIODeadline) {}
    func heard(_ socket: SocketID) {}
}
