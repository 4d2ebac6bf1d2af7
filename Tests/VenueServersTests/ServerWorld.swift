import Foundation
import Market
import Signing
import Simulation
import Trading
import Venues

@testable import VenueServers

/// A server of two markets and two accounts, whose clients and feeds the test plays itself.
final class ServerWorld {
    static let start = Timestamp(nanoseconds: 1_788_285_600_000_000_000)
    static let perp = InstrumentID(3), spot = InstrumentID(4)
    static let usdc = Currency("USDC")!, sol = Currency("SOL")!
    static let market = SocketID(10), first = SocketID(11), second = SocketID(12)

    let server: BackpackServer
    let keys: [[UInt8]]
    private(set) var now = ServerWorld.start
    private var lastRequest: UInt64 = 0
    private var lastNumber: Int64 = 4_330_360_994
    private var lastTrade: Int64 = 381_731_417
    private(set) var answers: [RequestID: HTTPResponse] = [:]
    private(set) var frames: [(socket: SocketID, text: String)] = []
    private(set) var pings: [SocketID] = []
    private(set) var closed: [SocketID] = []

    static func instrument(_ kind: Contract.Kind) -> Instrument {
        Instrument(
            symbol: "SOL", venue: "backpack", venueSymbol: kind == .spot ? "SOL_USDC" : "SOL_USDC_PERP", kind: kind, base: sol, quote: usdc,
            tickSize: FinePrice(nanos: 10_000_000), lotSize: 10_000_000, fundingInterval: kind == .spot ? nil : .hours(1))
    }

    static func venue(_ accounts: Int = 2, margin: Bool = true) -> VenueConfiguration {
        var perp = VenueConfiguration.Listing(id: perp, instrument: instrument(.linear))
        perp.band = PriceBand("SOL_USDC_PERP", Rate(basisPoints: 9_000), Rate(basisPoints: 11_000))
        let spot = VenueConfiguration.Listing(id: spot, instrument: instrument(.spot))
        var venue = VenueConfiguration(
            listings: [perp, spot],
            accounts: (0..<accounts).map {
                .init(
                    id: AccountID(5 + $0), collateral: [Money(nanos: 10_000_000_000_000, usdc), Money(nanos: 100_000_000_000, sol)],
                    makerFee: Rate(basisPoints: 2), takerFee: Rate(basisPoints: 5), entryLatency: .zero, responseLatency: .zero)
            })
        venue.spotFee = .received
        venue.feeRounding = FeeRounding(unit: 1_000, .up)
        let profile = VenueProfile.backpack
        if margin, let rules = profile.marginRules?.value {
            venue.margin = .init(
                rules: rules, tables: [profile.marginTable("SOL")?.value, nil], liquidationFee: Rate(basisPoints: 100))
        }
        return venue
    }

    init(margin: Bool = true, _ change: (inout BackpackServer.Configuration) -> Void = { _ in }) throws {
        keys = (0..<2).map { [UInt8](repeating: UInt8($0 + 1), count: 32) }
        let accounts = try keys.enumerated().map { index, seed in
            BackpackServer.Account(id: AccountID(5 + index), name: "account \(index)", key: try Ed25519SecretKey(seed.span).publicKey)
        }
        var configuration = BackpackServer.Configuration(venue: Self.venue(margin: margin), accounts: accounts)
        change(&configuration)
        server = BackpackServer(configuration)
    }

    /// Books of both markets: bids 99.00 × 5, 98.99 × 8; asks 99.02 × 4, 99.03 × 6; marks at 99.01.
    func open() {
        for instrument in [Self.perp, Self.spot] {
            snapshot(
                [(.buy, 9_900, 500), (.buy, 9_899, 800), (.sell, 9_902, 400), (.sell, 9_903, 600)], instrument)
        }
        record(.mark, .buy, 99_010_000_000, 0)
    }

    // MARK: The feed

    func pass(_ span: Nanoseconds) { now = now + span }
    /// Before anything has happened.
    func begin(at time: Timestamp) { now = time }

    func advance(by span: Nanoseconds) {
        let end = now + span
        while server.nextWake <= end {
            now = max(now, server.nextWake)
            server.advance(to: now)
        }
        now = end
        server.advance(to: now)
        collect()
    }

    func snapshot(_ levels: [(Side, Int64, Int64)], _ instrument: InstrumentID = ServerWorld.perp) {
        lastNumber += 1
        frame(levels, instrument, [.snapshot])
    }

    func levels(_ levels: [(Side, Int64, Int64)], _ instrument: InstrumentID = ServerWorld.perp) {
        lastNumber += 1
        frame(levels, instrument, [])
    }

    private func frame(_ levels: [(Side, Int64, Int64)], _ instrument: InstrumentID, _ flags: MarketEvent.Flags) {
        pass(.milliseconds(1))
        for (place, level) in levels.enumerated() {
            var flags = flags
            if place == 0 { flags.insert(.first) }
            if place == levels.count - 1 { flags.insert(.last) }
            send(.level, level.0, level.1, level.2, lastNumber, flags, instrument)
        }
        collect()
    }

    func trade(_ aggressor: Side, _ ticks: Int64, _ lots: Int64, _ instrument: InstrumentID = ServerWorld.perp) {
        pass(.milliseconds(1))
        lastTrade += 1
        send(.trade, aggressor, ticks, lots, lastTrade, [.first, .last], instrument)
        collect()
    }

    func record(
        _ kind: MarketEvent.Kind, _ side: Side, _ price: Int64, _ quantity: Int64, detail: Int64 = 0,
        _ instrument: InstrumentID = ServerWorld.perp
    ) {
        pass(.milliseconds(1))
        send(kind, side, price, quantity, detail, [.first, .last], instrument)
        collect()
    }

    private func send(
        _ kind: MarketEvent.Kind, _ side: Side, _ price: Int64, _ quantity: Int64, _ detail: Int64, _ flags: MarketEvent.Flags,
        _ instrument: InstrumentID
    ) {
        server.receive(
            MarketEvent(
                kind: kind, instrument: instrument, venueTime: now, receiveTime: now, price: price, quantity: quantity, detail: detail,
                flags: side == .sell ? flags.union(.sell) : flags))
    }

    // MARK: Clients

    /// Whether somebody else takes what the server wants done.
    var isWired = false

    func collect() {
        guard !isWired else { return }
        while let action = server.nextAction() {
            switch action {
            case .answer(let id, let response): answers[id] = response
            case .send(let socket, let text): frames.append((socket, String(decoding: text, as: UTF8.self)))
            case .ping(let socket): pings.append(socket)
            case .close(let socket): closed.append(socket)
            }
        }
    }

    func forget() { (frames, pings, closed) = ([], [], []) }

    /// The texts that a socket got of a stream.
    func heard(_ stream: String, by socket: SocketID = ServerWorld.market) -> [String] {
        frames.filter { $0.socket == socket && $0.text.hasSuffix("\"stream\":\"\(stream)\"}") }.map(\.text)
    }

    /// The members of the frames of a stream.
    func data(_ stream: String, by socket: SocketID = ServerWorld.market) -> [[String: Any]] {
        heard(stream, by: socket).map { (Self.object($0)["data"] as? [String: Any]) ?? [:] }
    }

    static func object(_ text: String) -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    static func list(_ response: HTTPResponse) -> [[String: Any]] {
        (try? JSONSerialization.jsonObject(with: Data(response.body))) as? [[String: Any]] ?? []
    }

    func raw(_ request: HTTPRequest) -> HTTPResponse {
        lastRequest += 1
        server.request(RequestID(lastRequest), request, at: now)
        collect()
        return answers[RequestID(lastRequest)] ?? HTTPResponse(0)
    }

    func get(_ target: String) -> HTTPResponse { raw(HTTPRequest(.get, target)) }

    /// Asks with a signature of the test's own making.
    ///
    /// - Parameter signed: The parameters in the order and the words that are signed.
    func ask(
        _ method: HTTPRequest.Method, _ target: String, _ instruction: String, signed: String = "", body: String = "", account: Int = 0,
        at time: Timestamp? = nil, window: String? = "5000"
    ) throws -> HTTPResponse {
        let milliseconds = (time ?? now).nanoseconds / 1_000_000
        let parameters = signed.isEmpty ? "" : "&\(signed)"
        let text = "instruction=\(instruction)\(parameters)&timestamp=\(milliseconds)&window=\(window ?? "5000")"
        let seed = keys[account]
        let key = try Ed25519SecretKey(seed.span)
        var headers: [HTTPRequest.Header] = [
            .init("x-api-key", key.publicKey.base64), .init("X-Timestamp", String(milliseconds)),
            .init("X-Signature", key.sign(text).base64), .init("X-Broker-Id", "1400"),
        ]
        if let window { headers.append(.init("X-Window", window)) }
        return raw(HTTPRequest(method, target, headers: headers, body: Array(body.utf8)))
    }

    /// Places an order from its members, which are texts unless they are numbers or flags.
    func place(_ members: [String: String], account: Int = 0) throws -> HTTPResponse {
        let sorted = members.sorted { $0.key < $1.key }
        return try ask(
            .post, "/api/v1/order", "orderExecute", signed: sorted.map { "\($0.key)=\($0.value)" }.joined(separator: "&"),
            body: Self.body(members), account: account)
    }

    static func body(_ members: [String: String]) -> String {
        let texts = members.sorted { $0.key < $1.key }.map { key, value in
            ["clientId", "postOnly", "reduceOnly"].contains(key) ? "\"\(key)\":\(value)" : "\"\(key)\":\"\(value)\""
        }
        return "{\(texts.joined(separator: ","))}"
    }

    static func limit(_ side: Side, _ price: String, _ quantity: String, _ more: [String: String] = [:]) -> [String: String] {
        [
            "symbol": "SOL_USDC_PERP", "side": side == .buy ? "Bid" : "Ask", "orderType": "Limit", "price": price, "quantity": quantity,
        ].merging(more) { $1 }
    }

    func cancel(_ members: [String: String], account: Int = 0) throws -> HTTPResponse {
        let sorted = members.sorted { $0.key < $1.key }
        return try ask(
            .delete, "/api/v1/order", "orderCancel", signed: sorted.map { "\($0.key)=\($0.value)" }.joined(separator: "&"),
            body: Self.body(members), account: account)
    }

    // MARK: Sockets

    func connect(_ socket: SocketID, _ streams: [String], account: Int? = nil) throws {
        server.opened(socket, at: now)
        try subscribe(socket, streams, account: account)
    }

    func subscribe(_ socket: SocketID, _ streams: [String], account: Int? = nil) throws {
        let names = streams.map { "\"\($0)\"" }.joined(separator: ",")
        var signature = ""
        if let account {
            let seed = keys[account]
            let key = try Ed25519SecretKey(seed.span)
            let time = now.nanoseconds / 1_000_000
            let signed = key.sign("instruction=subscribe&timestamp=\(time)&window=5000").base64
            signature = ",\"signature\":[\"\(key.publicKey.base64)\",\"\(signed)\",\"\(time)\",\"5000\"]"
        }
        hear(#"{"method":"SUBSCRIBE","params":[\#(names)]\#(signature)}"#, socket)
    }

    func hear(_ text: String, _ socket: SocketID) {
        server.receive(Array(text.utf8).span, from: socket, at: now)
        collect()
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
    var object: [String: Any] { ServerWorld.object(text) }
    var code: String { object["code"] as? String ?? "" }
    var message: String { object["message"] as? String ?? "" }
}
