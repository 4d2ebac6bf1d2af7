import Market
import Signing
import Simulation
import Trading
import Venues

@testable import VenueServers

/// The client's session and the server with nothing between them but time.
final class SessionWire {
    private enum Message {
        case request(RequestID, HTTPRequest)
        case answer(RequestID, HTTPResponse)
        case open(SocketID)
        case opened(SocketID)
        case closeByClient(SocketID)
        case closeByServer(SocketID)
        case toServer(SocketID, String)
        case toClient(SocketID, [UInt8])
        case ping(SocketID)
        case pingByClient(SocketID)
        case pongToClient(SocketID)
        case pong(SocketID)
    }

    let world: ServerWorld
    let session: BackpackSession
    private let delay: Nanoseconds
    private var onTheWay: [(due: Timestamp, number: Int, message: Message)] = []
    private var lastNumber = 0
    /// Sockets that are open, with how often they were: what was under way when one was lost never comes.
    private var open: Set<SocketID> = []
    private(set) var inputs: [CoreInput] = []
    private(set) var alarms: [SessionAlarm] = []

    init(delay: Nanoseconds = .zero, margin: Bool = true) throws {
        self.delay = delay
        world = try ServerWorld(margin: margin)
        world.isWired = true
        let accounts = try world.keys.enumerated().map { index, seed in
            BackpackAccount(AccountID(5 + index), key: try Ed25519SecretKey(seed.span))
        }
        var configuration = BackpackSession.Configuration(
            venue: VenueID(1),
            instruments: [
                (ServerWorld.perp, ServerWorld.instrument(.linear)), (ServerWorld.spot, ServerWorld.instrument(.spot)),
            ], accounts: accounts)
        configuration.clientBase = 1_000
        session = BackpackSession(configuration)
    }

    /// Everything open, confirmed and synchronised.
    func begin() {
        world.open()
        session.start(at: world.now)
        run(.seconds(3))
    }

    func handle(_ command: Command) {
        session.handle(command, now: world.now)
        collect()
    }

    /// Lets time pass, and all that falls due in it happen.
    func run(_ span: Nanoseconds) {
        let end = world.now + span
        collect()
        while true {
            let next = min(onTheWay.first?.due ?? .never, session.nextWake, world.server.nextWake)
            guard next <= end else { break }
            if next > world.now { world.pass(next - world.now) }
            if let first = onTheWay.first, first.due <= world.now {
                onTheWay.removeFirst()
                deliver(first.message)
            } else {
                session.advance(to: world.now)
                world.server.advance(to: world.now)
            }
            collect()
        }
        world.pass(end - world.now)
    }

    /// Hands what both want done over to the other, later by the delay.
    func collect() {
        while let action = session.nextAction() {
            switch action {
            case .open(let socket): send(.open(socket))
            case .close(let socket): send(.closeByClient(socket))
            case .send(let socket, let text): send(.toServer(socket, text))
            case .ping(let socket): send(.pingByClient(socket))
            case .request(let id, let request, lane: _): send(.request(id, request))
            }
        }
        while let action = world.server.nextAction() {
            switch action {
            case .answer(let id, let response): send(.answer(id, response))
            case .send(let socket, let text): send(.toClient(socket, text))
            case .ping(let socket): send(.ping(socket))
            case .close(let socket): send(.closeByServer(socket))
            }
        }
        while let input = session.nextInput(now: world.now) { inputs.append(input) }
        alarms += session.takeAlarms()
    }

    private func send(_ message: Message) {
        lastNumber += 1
        onTheWay.append((world.now + delay, lastNumber, message))
    }

    private func deliver(_ message: Message) {
        let (server, now) = (world.server, world.now)
        switch message {
        case .request(let id, let request): server.request(id, request, at: now)
        case .answer(let id, let response): session.answer(id, .answered(status: response.status, body: response.body), at: now)
        case .open(let socket):
            open.insert(socket)
            server.opened(socket, at: now)
            send(.opened(socket))
        case .opened(let socket): if open.contains(socket) { session.opened(socket, at: now) }
        case .closeByClient(let socket):
            open.remove(socket)
            server.closed(socket, at: now)
        case .closeByServer(let socket):
            open.remove(socket)
            session.closed(socket, at: now)
        case .toServer(let socket, let text): if open.contains(socket) { server.receive(Array(text.utf8).span, from: socket, at: now) }
        case .toClient(let socket, let text): if open.contains(socket) { session.receive(text.span, from: socket, at: now) }
        case .ping(let socket):
            session.heard(socket, at: now)
            send(.pong(socket))
        case .pong(let socket): server.heard(socket, at: now)
        case .pingByClient(let socket): send(.pongToClient(socket))
        case .pongToClient(let socket): session.heard(socket, at: now)
        }
    }

    /// The connection breaks: what was under way on it is lost, and both ends learn of it.
    func cut(_ socket: SocketID) {
        guard open.remove(socket) != nil else { return }
        onTheWay.removeAll { entry in
            switch entry.message {
            case .toServer(let other, _), .toClient(let other, _), .ping(let other), .pong(let other), .opened(let other),
                .pingByClient(let other),
                .pongToClient(let other):
                other == socket
            case .request, .answer, .open, .closeByClient, .closeByServer: false
            }
        }
        world.server.closed(socket, at: world.now)
        session.closed(socket, at: world.now)
        collect()
    }

    // MARK: What the core heard

    func forget() { (inputs, alarms) = ([], []) }

    func reports(_ account: AccountID = AccountID(5)) -> [AccountEvent.Report] {
        inputs.compactMap { if case .account(let event) = $0, event.account == account { event.report } else { nil } }
    }

    func fills(_ account: AccountID) -> [Fill] {
        var seen: Set<UInt64> = []
        return reports(account).compactMap { report in
            if case .filled(let fill) = report, seen.insert(fill.trade).inserted { fill } else { nil }
        }
    }

    func position(_ account: AccountID, _ instrument: InstrumentID) -> Quantity? {
        reports(account).reversed().lazy.compactMap { report in
            if case .position(instrument, let quantity, entry: _) = report { quantity } else { nil }
        }.first
    }

    func balance(_ account: AccountID, _ currency: Currency) -> Money? {
        reports(account).reversed().lazy.compactMap { report in
            if case .balance(let money) = report, money.currency == currency { money } else { nil }
        }.first
    }

    /// Asks everything there is to ask for an account.
    func ask(_ account: AccountID, query: UInt64) {
        let subjects: [QueryRequest.Subject] = [
            .openOrders, .positions, .balances, .fills(after: 0), .payments(after: .distantPast),
        ]
        for (place, subject) in subjects.enumerated() {
            handle(.query(QueryRequest(account: account, query: query + UInt64(place), subject: subject)))
        }
    }

    /// The fills that the simulated venue made, as it tells them itself.
    func venueFills(_ account: AccountID) -> [Fill] {
        let venue = world.server.venue
        venue.handle(.query(QueryRequest(account: account, query: 1, subject: .fills(after: 0))), now: world.now)
        venue.advance(to: world.now)
        var fills: [Fill] = []
        while let event = venue.nextReport(now: world.now) {
            if case .filled(let fill) = event.report { fills.append(fill) }
        }
        return fills
    }
}
