internal import Foundation
public import Market
internal import NIOCore
internal import NIOPosix
public import Network
public import Runtime
public import Scenario
internal import Synchronization
internal import Venues

/// Tells the world of a run, on a thread of its own: whatever goes wrong here is logged and counted, and nothing waits for it.
public final class Telemetry: Sendable {
    /// What it needs besides its settings.
    public struct Means: Sendable {
        /// The text of a credential, by its name.
        public var credential: @Sendable (String) throws -> String
        public var trust = TLSTrust()
        public var proxies = ProxySettings()
        /// Told, on any thread, what can't be sent.
        public var log: @Sendable (String) -> Void

        public init(credential: @escaping @Sendable (String) throws -> String, log: @escaping @Sendable (String) -> Void) {
            (self.credential, self.log) = (credential, log)
        }
    }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let loop: any EventLoop
    private let post: NIOLoopBound<TelemetryPost>
    /// What was seen last and not yet looked at.
    private let latest = Mutex<(status: RunStatus, time: Timestamp)?>(nil)

    /// Opens nothing; reads the credentials.
    ///
    /// - Throws: `NetworkError` for a URL, or what `credential` throws.
    public init(_ settings: LiveSettings, _ means: Means) throws {
        loop = group.next()
        let loop = loop
        do {
            let plan = try TelemetryPlan(settings, means)
            post = try loop.submit { NIOLoopBound(TelemetryPost(settings, plan, on: loop, log: means.log), eventLoop: loop) }.wait()
        } catch {
            try? group.syncShutdownGracefully()
            throw error
        }
    }

    /// Opens the port of the metrics, where there is one.
    ///
    /// - Returns: The port.
    /// - Throws: `NetworkError`.
    public func start() throws -> Int? {
        let post = post
        return try loop.flatSubmit { post.value.start() }.wait()
    }

    /// Looks at how the run is; from any thread, at once. What comes while it is busy takes the place of what came before.
    public func observe(_ status: RunStatus, at now: Timestamp) {
        let isNews = latest.withLock { latest in
            defer { latest = (status, now) }
            return latest == nil
        }
        guard isNews else { return }
        let post = post
        loop.execute { if let (status, time) = self.take() { post.value.observe(status, at: time) } }
    }

    private func take() -> (status: RunStatus, time: Timestamp)? {
        latest.withLock { latest in
            defer { latest = nil }
            return latest
        }
    }

    public var counts: [TelemetryCount] {
        let post = post
        return (try? loop.submit { post.value.counts }.wait()) ?? []
    }

    /// Tells of the end, waits a while for what is on its way, and closes everything. Not to be called on an event loop.
    public func stop(_ status: RunStatus, because reason: String, patience: Duration = .seconds(5)) {
        let post = post
        let until = ContinuousClock.now + patience
        try? loop.submit { post.value.end(status, because: reason) }.wait()
        while ContinuousClock.now < until, (try? loop.submit { post.value.isIdle }.wait()) == false { usleep(20_000) }
        try? loop.submit { post.value.stop() }.wait()
        try? group.syncShutdownGracefully()
    }
}

/// Who is told, and how.
struct TelemetryPlan: Sendable {
    struct Receiver: Sendable {
        var name: String
        var client: VenueClient.Configuration
        var target: String
        var token: String?
        /// Of a chat; nil: the text alone is sent.
        var chat: String?
    }

    var heartbeat: Receiver?
    var notices: [Receiver] = []

    init(_ settings: LiveSettings, _ means: Telemetry.Means) throws {
        if let wanted = settings.heartbeat {
            heartbeat = try Self.receiver("heartbeat", wanted.url, means)
            heartbeat?.token = try wanted.token.map(means.credential)
        }
        if let wanted = settings.telegram {
            let token = try means.credential(wanted.token)
            var receiver = try Self.receiver("telegram", wanted.url, means)
            // The bot's token is part of the path: it stands nowhere but in the request.
            (receiver.target, receiver.chat) = ("/bot\(token)/sendMessage", wanted.chat)
            notices.append(receiver)
        }
        if let wanted = settings.webhook {
            var receiver = try Self.receiver("webhook", wanted.url, means)
            receiver.token = try wanted.token.map(means.credential)
            notices.append(receiver)
        }
    }

    /// A path may be a secret, too: it is kept apart from the place that errors name.
    private static func receiver(_ name: String, _ url: String, _ means: Telemetry.Means) throws -> Receiver {
        let place = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let path = url[place...].firstIndex(of: "/") ?? url.endIndex
        let rest = try Endpoint(String(url[..<path]))
        let stream = try Endpoint("\(rest.scheme.isSecure ? "wss" : "ws")://\(rest.authority)")
        var client = VenueClient.Configuration(rest: rest, stream: stream)
        (client.lanes, client.trust, client.proxies) = (1, means.trust, means.proxies)
        let target = String(url[path...])
        return Receiver(name: name, client: client, target: target.isEmpty ? "/" : target)
    }
}

/// All that is told, on the loop of the telemetry.
final class TelemetryPost {
    private let plan: TelemetryPlan
    private let loop: any EventLoop
    private var watch: TelemetryWatch
    private let heartbeat: TelemetryReceiver?
    private let notices: [TelemetryReceiver]
    private let metricsPort: Int?
    private var listener: LoopbackListener?
    private var last: RunStatus?

    init(_ settings: LiveSettings, _ plan: TelemetryPlan, on loop: any EventLoop, log: @escaping (String) -> Void) {
        (self.plan, self.loop, watch, metricsPort) = (plan, loop, TelemetryWatch(settings), settings.metricsPort)
        heartbeat = plan.heartbeat.map { TelemetryReceiver($0.name, $0.client, on: loop, log: log) }
        notices = plan.notices.map { TelemetryReceiver($0.name, $0.client, on: loop, log: log) }
    }

    private var receivers: [TelemetryReceiver] { (heartbeat.map { [$0] } ?? []) + notices }
    var counts: [TelemetryCount] { receivers.map(\.count) }
    var isIdle: Bool { receivers.allSatisfy(\.isIdle) }

    func start() -> EventLoopFuture<Int?> {
        guard let metricsPort else { return loop.makeSucceededFuture(nil) }
        var configuration = LoopbackListener.Configuration()
        configuration.port = metricsPort
        (configuration.limits.connections, configuration.limits.requestBody) = (32, 1_024)
        do throws(NetworkError) {
            let listener = try LoopbackListener(configuration, on: loop, delegate: self)
            self.listener = listener
            return listener.start().map { $0 }
        } catch { return loop.makeFailedFuture(error) }
    }

    func observe(_ status: RunStatus, at now: Timestamp) {
        last = status
        send(watch.observe(status, at: now))
    }

    func end(_ status: RunStatus, because reason: String) {
        last = status
        send(watch.end(status, because: reason))
    }

    func stop() {
        for receiver in receivers { receiver.stop() }
        listener?.stop()
    }

    private func send(_ messages: [TelemetryMessage]) {
        for message in messages {
            switch message {
            case .heartbeat(let json):
                guard let receiver = plan.heartbeat else { continue }
                heartbeat?.tell(.init(request: Self.request(receiver, Array(json.utf8)), isHeartbeat: true))
            case .notice(let occasion, let text):
                for (receiver, target) in zip(notices, plan.notices) {
                    var fields = ["text": text]
                    if let chat = target.chat { fields["chat_id"] = chat } else { fields["occasion"] = occasion.rawValue }
                    receiver.tell(.init(request: Self.request(target, Self.json(fields)), isHeartbeat: false))
                }
            }
        }
    }

    private static func request(_ receiver: TelemetryPlan.Receiver, _ body: [UInt8]) -> HTTPRequest {
        var headers = [HTTPRequest.Header("Content-Type", "application/json")]
        if let token = receiver.token { headers.append(.init("Authorization", "Bearer \(token)")) }
        return HTTPRequest(.post, receiver.target, headers: headers, body: body)
    }

    private static func json(_ fields: [String: String]) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(fields) else { preconditionFailure("texts could not be written") }
        return Array(data)
    }
}

/// Metrics, to who asks on this machine.
extension TelemetryPost: LoopbackListenerDelegate {
    func received(_ request: HTTPRequest, _ id: RequestID) {
        func answer(_ status: Int, _ text: String, _ type: String = "text/plain; charset=utf-8") {
            listener?.answer(id, status: status, headers: [.init("Content-Type", type)], body: Array(text.utf8))
        }
        guard request.target == "/metrics" else { return answer(404, "see /metrics\n") }
        guard request.method == .get else { return answer(405, "read it\n") }
        guard let last else { return answer(503, "nothing is known yet\n") }
        answer(200, TelemetryMetrics(last, counts).text, "text/plain; version=0.0.4; charset=utf-8")
    }

    func opened(_ socket: SocketID) { listener?.close(socket) }
    func closed(_ socket: SocketID, reason: String) {}
    func received(_ message: Span<UInt8>, from socket: SocketID) {}
}
