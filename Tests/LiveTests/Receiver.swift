import NIOCore
import NIOPosix
import Network
import Synchronization
import Venues

/// Somebody who is told, on this machine: keeps what comes, and answers as a test says.
final class Receiver: Sendable {
    let port: Int
    let told: Told
    private let loop: any EventLoop
    private let listener: NIOLoopBound<LoopbackListener>

    final class Told: Sendable {
        private let all = Mutex<[HTTPRequest]>([])
        var requests: [HTTPRequest] { all.withLock { $0 } }
        func add(_ request: HTTPRequest) -> Int {
            all.withLock { all in
                all.append(request); return all.count
            }
        }
    }

    private final class Ear: LoopbackListenerDelegate {
        let told: Told
        let status: @Sendable (Int) -> Int
        var listener: LoopbackListener?
        init(_ told: Told, _ status: @escaping @Sendable (Int) -> Int) { (self.told, self.status) = (told, status) }
        func received(_ request: HTTPRequest, _ id: RequestID) { listener?.answer(id, status: status(told.add(request)), body: []) }
        func opened(_ socket: SocketID) {}
        func closed(_ socket: SocketID, reason: String) {}
        func received(_ message: Span<UInt8>, from socket: SocketID) {}
    }

    /// - Parameter status: Of the *n*th answer, from 1.
    init(_ status: @escaping @Sendable (Int) -> Int = { _ in 200 }) throws {
        loop = MultiThreadedEventLoopGroup.singleton.next()
        let (loop, told) = (loop, Told())
        self.told = told
        listener = try loop.submit {
            let ear = Ear(told, status)
            let listener = try LoopbackListener(.init(), on: loop, delegate: ear)
            ear.listener = listener
            return NIOLoopBound(listener, eventLoop: loop)
        }.wait()
        let own = listener
        port = try loop.flatSubmit { own.value.start() }.wait()
    }

    func stop() throws {
        let own = listener
        try loop.submit { own.value.stop() }.wait()
    }
}

/// One request to a port of this machine.
final class Asked: VenueClientDelegate {
    private let outcome: EventLoopPromise<(status: Int, body: String)>

    private init(_ outcome: EventLoopPromise<(status: Int, body: String)>) { self.outcome = outcome }

    static func ask(_ port: Int, _ path: String, _ method: HTTPRequest.Method) throws -> (status: Int, body: String) {
        let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let outcome = loop.makePromise(of: (status: Int, body: String).self)
        let client = try loop.submit {
            let place = VenueClient.Configuration(
                rest: try Endpoint("http://127.0.0.1:\(port)"), stream: try Endpoint("ws://127.0.0.1:\(port)"))
            let client = try VenueClient(place, on: loop, delegate: Asked(outcome))
            client.start()
            client.perform(.request(RequestID(1), HTTPRequest(method, path), lane: 0))
            return NIOLoopBound(client, eventLoop: loop)
        }.wait()
        defer { try? loop.submit { client.value.stop() }.wait() }
        return try outcome.futureResult.wait()
    }

    func answered(_ request: RequestID, _ outcome: HTTPOutcome) {
        switch outcome {
        case .answered(let status, let body): self.outcome.succeed((status, String(decoding: body, as: UTF8.self)))
        case .notSent, .unknown: self.outcome.succeed((0, ""))
        }
    }
    func opened(_ socket: SocketID) {}
    func closed(_ socket: SocketID, reason: String) {}
    func received(_ frame: Span<UInt8>, from socket: SocketID, arrived: NIODeadline) {}
    func heard(_ socket: SocketID) {}
}
