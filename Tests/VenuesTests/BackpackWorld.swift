import Market
import Signing
import Trading

@testable import Venues

/// A session of two accounts and one perpetual, whose sockets and requests the test answers itself.
final class BackpackWorld {
    static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    static let instrument = InstrumentID(3)
    static let market = SocketID(0), first = SocketID(1), second = SocketID(2)

    let session: BackpackSession
    private(set) var now = BackpackWorld.start
    private(set) var opened: [SocketID] = []
    private(set) var closed: [SocketID] = []
    private(set) var pinged: [SocketID] = []
    private(set) var sent: [(socket: SocketID, text: String)] = []
    private(set) var requests: [(id: RequestID, request: HTTPRequest, lane: Int)] = []
    private(set) var inputs: [CoreInput] = []
    private(set) var alarms: [SessionAlarm] = []

    init(_ change: (inout BackpackSession.Configuration) -> Void = { _ in }) throws {
        let sol = Instrument(
            symbol: "SOL", venue: "backpack", venueSymbol: "SOL_USDC_PERP", kind: .linear, base: Currency("SOL")!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: 10_000_000), lotSize: 10_000_000, fundingInterval: .hours(1))
        let accounts = try (0..<2).map { number in
            BackpackAccount(AccountID(number + 5), key: try Ed25519SecretKey([UInt8](repeating: UInt8(number + 1), count: 32).span))
        }
        var configuration = BackpackSession.Configuration(venue: VenueID(1), instruments: [(Self.instrument, sol)], accounts: accounts)
        configuration.transfersEvery = nil
        change(&configuration)
        session = BackpackSession(configuration)
    }

    static var account: AccountID { AccountID(5) }

    /// Everything open and confirmed, and the book known: bids 20.00 × 1 and asks 20.10 × 2, number 100.
    func open() {
        session.start(at: now)
        collect()
        for socket in [Self.market, Self.first, Self.second] { session.opened(socket, at: now) }
        collect()
        answer("/api/v1/depth", #"{"asks":[["20.1","2"]],"bids":[["20","1"]],"lastUpdateId":"100","timestamp":1700000000000000}"#)
        answer("/api/v1/time", "1700000000000")
        pass(.seconds(1))
        session.advance(to: now)
        collect()
        forget()
    }

    func pass(_ span: Nanoseconds) { now = now + span }

    func advance(by span: Nanoseconds) {
        pass(span)
        session.advance(to: now)
        collect()
    }

    func forget() { (inputs, alarms, requests, sent, opened, closed, pinged) = ([], [], [], [], [], [], []) }

    func collect() {
        while let action = session.nextAction() {
            switch action {
            case .open(let socket): opened.append(socket)
            case .close(let socket): closed.append(socket)
            case .send(let socket, let text): sent.append((socket, text))
            case .ping(let socket): pinged.append(socket)
            case .request(let id, let request, let lane): requests.append((id, request, lane))
            }
        }
        while let input = session.nextInput(now: now) { inputs.append(input) }
        alarms += session.takeAlarms()
    }

    func open(_ socket: SocketID) {
        session.opened(socket, at: now)
        collect()
    }

    func close(_ socket: SocketID) {
        session.closed(socket, at: now)
        collect()
    }

    func hear(_ frame: String, from socket: SocketID = BackpackWorld.market) {
        session.receive(Array(frame.utf8).span, from: socket, at: now)
        collect()
    }

    func depth(_ first: Int64, _ last: Int64, bids: String = "", asks: String = "", at microseconds: Int64 = 1_700_000_000_000_000) {
        hear(
            """
            {"data":{"E":\(microseconds + 1),"T":\(microseconds),"U":\(first),"a":[\(asks)],"b":[\(bids)],"e":"depth","s":"SOL_USDC_PERP",\
            "u":\(last)},"stream":"depth.SOL_USDC_PERP"}
            """)
    }

    /// An update of an order of the first account, whose members the test adds to those that are always there.
    func order(_ event: String, client: UInt64?, _ members: String, from socket: SocketID = BackpackWorld.first) {
        let name = client.map { "\"c\":\($0)," } ?? ""
        hear(
            """
            {"data":{"E":1700000001000001,"T":1700000001000000,"S":"Bid",\(name)"e":"\(event)","i":"900","s":"SOL_USDC_PERP","q":"1",\
            "p":"20.00",\(members)},"stream":"account.orderUpdate"}
            """, from: socket)
    }

    func handle(_ command: Command) {
        session.handle(command, now: now)
        collect()
    }

    /// Asks for the first account, by the number 42.
    func ask(_ subject: QueryRequest.Subject) {
        handle(.query(QueryRequest(account: Self.account, query: 42, subject: subject)))
    }

    func submit(_ order: UInt64, postOnly: Bool = true, _ change: (inout OrderRequest) -> Void = { _ in }) {
        var request = OrderRequest(
            account: Self.account, instrument: Self.instrument, order: OrderID(order), side: .buy, type: .limit,
            timeInForce: .goodTillCancelled, price: Price(ticks: 2_000), quantity: Quantity(lots: 100), postOnly: postOnly)
        change(&request)
        handle(.submit(request))
    }

    /// Gives the oldest request whose target begins so its outcome.
    func end(_ target: String, _ outcome: HTTPOutcome) {
        guard let index = requests.firstIndex(where: { $0.request.target.hasPrefix(target) }) else {
            preconditionFailure("nothing asks for \(target): \(requests.map(\.request.target))")
        }
        session.answer(requests.remove(at: index).id, outcome, at: now)
        collect()
    }

    func answer(_ target: String, status: Int = 200, _ body: String) { end(target, .answered(status: status, body: Array(body.utf8))) }

    var market: [MarketEvent] { inputs.compactMap { if case .market(let event) = $0 { event } else { nil } } }
    var reports: [AccountEvent.Report] { inputs.compactMap { if case .account(let event) = $0 { event.report } else { nil } } }
    var connections: [ConnectionEvent.Change] { inputs.compactMap { if case .connection(let event) = $0 { event.change } else { nil } } }
    var targets: [String] { requests.map(\.request.target) }
}
