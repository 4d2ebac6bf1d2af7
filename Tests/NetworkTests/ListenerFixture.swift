import NIOCore
import NIOPosix
import Network
import Venues

/// A listener on a loop of its own: what it tells, in order, and a script by which it answers.
struct ListenerFixture: Sendable {
    enum Told: Equatable, Sendable {
        case request(UInt64, HTTPRequest)
        case opened(Int)
        case closed(Int, String)
        case received(Int, String)
        case heard(Int)
    }

    typealias Script = @Sendable (HTTPRequest, RequestID, LoopbackListener) -> Void

    let loop: any EventLoop
    let told: Inbox<Told>
    let port: Int
    private let listener: NIOLoopBound<LoopbackListener>

    /// - Parameter script: Without one, a request is answered by its method, target and body.
    init(_ configuration: LoopbackListener.Configuration = Self.patient, script: @escaping Script = Self.echo) async throws {
        let (loop, told) = (MultiThreadedEventLoopGroup.singleton.next(), Inbox<Told>())
        (self.loop, self.told) = (loop, told)
        listener = try await loop.submit {
            let ear = Ear(told, script)
            let listener = try LoopbackListener(configuration, on: loop, delegate: ear)
            ear.listener = listener
            return NIOLoopBound(listener, eventLoop: loop)
        }.get()
        let bound = listener
        port = try await loop.flatSubmit { bound.value.start() }.get()
    }

    /// A busy machine is no reason to fail.
    static var patient: LoopbackListener.Configuration {
        var configuration = LoopbackListener.Configuration()
        (configuration.limits.request, configuration.limits.idle) = (.minutes(10), .minutes(10))
        return configuration
    }

    static let echo: Script = { request, id, listener in
        let text = "\(request.method.rawValue) \(request.target) " + String(decoding: request.body, as: UTF8.self)
        listener.answer(id, status: 200, headers: [.init("Content-Type", "text/plain")], body: Array(text.utf8))
    }

    /// Answers nothing: the test does.
    static let silent: Script = { _, _, _ in }

    func run(_ body: @escaping @Sendable (LoopbackListener) -> Void) async throws {
        try await loop.submit { body(listener.value) }.get()
    }

    func stop() async throws { try await run { $0.stop() } }

    func answer(_ id: UInt64, _ status: Int = 200, _ text: String = "", _ delivery: AnswerDelivery = .whole) async throws {
        try await run { $0.answer(RequestID(id), status: status, body: Array(text.utf8), delivery: delivery) }
    }

    /// The next request.
    func request() async -> (id: UInt64, request: HTTPRequest) {
        guard case .request(let id, let request) = await told.first(where: { if case .request = $0 { true } else { false } }) else {
            return (0, HTTPRequest(.get, ""))
        }
        return (id, request)
    }

    func closing(of socket: Int) async -> String {
        guard case .closed(_, let reason) = await told.first(where: { if case .closed(socket, _) = $0 { true } else { false } }) else {
            return ""
        }
        return reason
    }

    private final class Ear: LoopbackListenerDelegate {
        private let told: Inbox<Told>
        private let script: Script
        weak var listener: LoopbackListener?

        init(_ told: Inbox<Told>, _ script: @escaping Script) { (self.told, self.script) = (told, script) }

        func received(_ request: HTTPRequest, _ id: RequestID) {
            told.put(.request(id.rawValue, request))
            if let listener { script(request, id, listener) }
        }
        func opened(_ socket: SocketID) { told.put(.opened(socket.rawValue)) }
        func closed(_ socket: SocketID, reason: String) { told.put(.closed(socket.rawValue, reason)) }
        func received(_ message: Span<UInt8>, from socket: SocketID) {
            told.put(.received(socket.rawValue, String(decoding: message.indices.map { message[$0] }, as: UTF8.self)))
        }
        func heard(_ socket: SocketID) { told.put(.heard(socket.rawValue)) }
    }
}
