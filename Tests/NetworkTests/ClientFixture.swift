import NIOCore
import NIOPosix
import Network
import Venues

/// A client on a loop of its own, and what it tells, in order.
struct ClientFixture: Sendable {
    enum Told: Equatable, Sendable {
        case opened(Int)
        case closed(Int, String)
        case received(Int, String)
        case heard(Int)
        case answered(UInt64, Int, String)
        case notSent(UInt64, String)
        case unknown(UInt64, String)
        case handedOver(UInt64)
        case up(lane: Int)
        case down(lane: Int, String)
    }

    let loop: any EventLoop
    let told: Inbox<Told>
    private let client: NIOLoopBound<VenueClient>

    /// - Parameter greeting: Sent on each WebSocket from within the call that tells of its opening.
    init(_ configuration: VenueClient.Configuration, greeting: String? = nil) async throws {
        let (loop, told) = (MultiThreadedEventLoopGroup.singleton.next(), Inbox<Told>())
        (self.loop, self.told) = (loop, told)
        client = try await loop.submit {
            let ear = Ear(told, greeting)
            let client = try VenueClient(configuration, on: loop, delegate: ear)
            ear.client = client
            return NIOLoopBound(client, eventLoop: loop)
        }.get()
    }

    /// One that talks to a port of this machine, with patience unless asked for less.
    static func to(
        _ port: Int, lanes: Int = 1, host: String = "127.0.0.1", path: String = "", secure: Bool = false, greeting: String? = nil,
        _ change: (inout VenueClient.Configuration) -> Void = { _ in }
    ) async throws -> ClientFixture {
        var configuration = VenueClient.Configuration(
            rest: try Endpoint("\(secure ? "https" : "http")://\(host):\(port)"),
            stream: try Endpoint("\(secure ? "wss" : "ws")://\(host):\(port)\(path)"))
        configuration.lanes = lanes
        // A busy machine is no reason to fail.
        let patience = TimeAmount.minutes(10)
        (configuration.limits.request, configuration.limits.connect, configuration.limits.tunnel) = (patience, patience, patience)
        (configuration.limits.handshake, configuration.limits.upgrade) = (patience, patience)
        (configuration.limits.pingAfter, configuration.limits.lostAfter) = (patience, patience)
        change(&configuration)
        return try await ClientFixture(configuration, greeting: greeting)
    }

    func run(_ body: @escaping @Sendable (VenueClient) -> Void) async throws {
        try await loop.submit { body(client.value) }.get()
    }

    func start() async throws { try await run { $0.start() } }
    func stop() async throws { try await run { $0.stop() } }
    func open(_ socket: Int) async throws { try await run { $0.perform(.open(SocketID(socket))) } }
    func close(_ socket: Int) async throws { try await run { $0.perform(.close(SocketID(socket))) } }
    func send(_ socket: Int, _ text: String) async throws { try await run { $0.perform(.send(SocketID(socket), text: text)) } }

    func request(_ id: UInt64, _ request: HTTPRequest, lane: Int = 0) async throws {
        try await run { $0.perform(.request(RequestID(id), request, lane: lane)) }
    }

    func get(_ id: UInt64, _ target: String = "/x", lane: Int = 0) async throws {
        try await request(id, HTTPRequest(.get, target), lane: lane)
    }

    /// Starts, and waits for one lane to be up.
    func startUp() async throws {
        try await start()
        _ = await told.first { $0 == .up(lane: 0) }
    }

    /// The outcome of a request; what is told before it is passed over.
    func outcome(_ id: UInt64) async -> Told? {
        await told.first { told in
            switch told {
            case .answered(id, _, _), .notSent(id, _), .unknown(id, _): true
            default: false
            }
        }
    }

    func closing(of socket: Int) async -> String {
        guard case .closed(_, let reason) = await told.first(where: { if case .closed(socket, _) = $0 { true } else { false } }) else {
            return ""
        }
        return reason
    }

    private final class Ear: VenueClientDelegate {
        private let told: Inbox<Told>
        private let greeting: String?
        weak var client: VenueClient?

        init(_ told: Inbox<Told>, _ greeting: String?) { (self.told, self.greeting) = (told, greeting) }

        func opened(_ socket: SocketID) {
            told.put(.opened(socket.rawValue))
            if let greeting { client?.perform(.send(socket, text: greeting)) }
        }
        func closed(_ socket: SocketID, reason: String) { told.put(.closed(socket.rawValue, reason)) }
        func received(_ frame: Span<UInt8>, from socket: SocketID, arrived: NIODeadline) {
            told.put(.received(socket.rawValue, String(decoding: frame.indices.map { frame[$0] }, as: UTF8.self)))
        }
        func heard(_ socket: SocketID) { told.put(.heard(socket.rawValue)) }
        func answered(_ request: RequestID, _ outcome: HTTPOutcome) {
            let id = request.rawValue
            switch outcome {
            case .answered(let status, let body): told.put(.answered(id, status, String(decoding: body, as: UTF8.self)))
            case .notSent(let reason): told.put(.notSent(id, reason))
            case .unknown(let reason): told.put(.unknown(id, reason))
            }
        }
        func handedOver(_ request: RequestID) { told.put(.handedOver(request.rawValue)) }
        func changed(lane: Int, to state: LaneState) {
            switch state {
            case .up: told.put(.up(lane: lane))
            case .down(let reason): told.put(.down(lane: lane, reason))
            }
        }
    }
}

/// What was told, in order; a test waits for what it wants to see.
final class Inbox<Told: Sendable>: Sendable {
    private let stream: AsyncStream<Told>
    private let end: AsyncStream<Told>.Continuation

    init() { (stream, end) = AsyncStream.makeStream() }

    func put(_ told: Told) { end.yield(told) }

    /// The next that fits; what comes before it is passed over. Nil when the test's time is over.
    func first(where fits: (Told) -> Bool) async -> Told? {
        for await told in stream where fits(told) { return told }
        return nil
    }

    func next() async -> Told? { await first { _ in true } }
}
