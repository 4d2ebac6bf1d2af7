import Market
import Signing
import Simulation
import Trading
import VenueServers
import Venues

@testable import Runtime

/// A diagnosis and the venue that it is about, with nothing between them but time, and a market that moves a little.
final class DiagnosisWorld {
    enum Fate { case delivered, answerLost, lost }

    static let start = Timestamp(nanoseconds: 1_788_285_600_000_000_000)
    static let account = AccountID(0), instrument = InstrumentID(0)
    static let usdc = Currency("USDC")!

    static let sol = Instrument(
        symbol: "SOL", venue: "backpack", venueSymbol: "SOL_USDC_PERP", kind: .linear, base: Currency("SOL")!, quote: usdc,
        tickSize: FinePrice(nanos: 10_000_000), lotSize: 10_000_000, fundingInterval: .hours(1))

    let server: BackpackServer
    let diagnosis: Diagnosis
    private(set) var now = DiagnosisWorld.start
    /// What becomes of a request, by method and path.
    var fate: (HTTPRequest) -> Fate = { _ in .delivered }
    /// Private frames are not delivered.
    var isPrivateSilent = false
    /// Called before each step in time.
    var meanwhile: (DiagnosisWorld) -> Void = { _ in }
    private(set) var requests: [HTTPRequest] = []
    private var lost: Set<RequestID> = []
    private var nextTick = DiagnosisWorld.start
    private var number: Int64 = 1_000
    private var ticks: Int64 = 9_900

    init(_ change: (inout Diagnosis.Terms) -> Void = { _ in }) throws {
        let seed = [UInt8](repeating: 9, count: 32)
        var venue = VenueConfiguration(
            listings: [VenueConfiguration.Listing(id: Self.instrument, instrument: Self.sol)],
            accounts: [
                .init(
                    id: Self.account, collateral: [Money(nanos: 10_000_000_000_000, Self.usdc)], makerFee: Rate(basisPoints: 2),
                    takerFee: Rate(basisPoints: 5), entryLatency: .zero, responseLatency: .zero)
            ])
        venue.feeRounding = FeeRounding(unit: 1_000, .up)
        server = BackpackServer(
            .init(venue: venue, accounts: [.init(id: Self.account, name: "one", key: try Ed25519SecretKey(seed.span).publicKey)]))
        var terms = Diagnosis.Terms(account: Self.account, instrument: Self.instrument, contract: Self.sol, clientBase: 500)
        change(&terms)
        let account = VenueAccount.backpack(BackpackAccount(Self.account, key: try Ed25519SecretKey(seed.span)))
        var session = SessionTerms(venue: VenueID(0), instruments: [(Self.instrument, Self.sol)], accounts: [account])
        (session.lanes, session.clientBase) = (1, terms.clientBase)
        diagnosis = Diagnosis(terms, session: VenueProtocol.backpack.session(session))
    }

    /// Until it is done, five minutes at most.
    func run() {
        tick()
        diagnosis.start(at: now)
        let end = now + .minutes(5)
        while !diagnosis.isDone, now < end {
            move()
            meanwhile(self)
            move()
            let next = min(diagnosis.nextWake, server.nextWake, nextTick)
            now = max(now, next)
            if nextTick <= now { tick() }
            server.advance(to: now)
            if diagnosis.nextWake <= now { diagnosis.wake(at: now) }
        }
    }

    /// The touch goes up a tick every half second; a trade at the new bid takes what rests there.
    private func tick() {
        nextTick = now + .milliseconds(500)
        number += 1
        ticks = 9_900 + number % 4
        let levels: [(Side, Int64, Int64)] = [(.buy, ticks, 500), (.buy, ticks - 2, 800), (.sell, ticks + 2, 400), (.sell, ticks + 4, 600)]
        for (place, level) in levels.enumerated() {
            var flags: MarketEvent.Flags = [.snapshot]
            if place == 0 { flags.insert(.first) }
            if place == levels.count - 1 { flags.insert(.last) }
            send(.level, level.0, level.1, level.2, flags)
        }
        send(.trade, .sell, ticks, 2_000, [.first, .last])
    }

    private func send(_ kind: MarketEvent.Kind, _ side: Side, _ price: Int64, _ quantity: Int64, _ flags: MarketEvent.Flags) {
        server.receive(
            MarketEvent(
                kind: kind, instrument: Self.instrument, venueTime: now, receiveTime: now, price: price, quantity: quantity, detail: number,
                flags: side == .sell ? flags.union(.sell) : flags))
    }

    /// Moves what both have to say until neither has more.
    private func move() {
        var isMoving = true
        while isMoving {
            isMoving = false
            while let action = diagnosis.nextAction() {
                isMoving = true
                perform(action)
            }
            while let action = server.nextAction() {
                isMoving = true
                switch action {
                case .answer(let id, let response):
                    guard lost.remove(id) == nil else { continue }
                    diagnosis.answer(id, .answered(status: response.status, body: response.body), at: now)
                case .send(let socket, let text):
                    if !isPrivateSilent || socket.rawValue == 0 { diagnosis.receive(text.span, from: socket, at: now) }
                case .ping(let socket): server.heard(socket, at: now)
                case .close(let socket): diagnosis.closed(socket, at: now)
                }
            }
        }
    }

    private func perform(_ action: SessionAction) {
        switch action {
        case .open(let socket):
            server.opened(socket, at: now)
            diagnosis.opened(socket, at: now)
        case .close(let socket): server.closed(socket, at: now)
        case .send(let socket, let text): server.receive(Array(text.utf8).span, from: socket, at: now)
        case .ping(let socket): diagnosis.heard(socket, at: now)
        case .request(let id, let request, _):
            requests.append(request)
            let fate = fate(request)
            if fate != .lost { server.request(id, request, at: now) }
            guard fate != .delivered else { return }
            if fate == .answerLost { lost.insert(id) }
            diagnosis.answer(id, .unknown(reason: "it was lost"), at: now)
        }
    }

    /// What every check is called, `-` before those that failed.
    var story: [String] { diagnosis.checks.map { ($0.passes ? "" : "-") + $0.name } }
    func text(_ name: String) -> String? { diagnosis.checks.last { $0.name == name }?.text }
}
