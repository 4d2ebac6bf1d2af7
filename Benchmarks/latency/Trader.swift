import Live
import Market
import NIOCore
import NIOPosix
import Network
import Runtime
import Signing
import Trading
import Venues

/// A core, its session and its client on one event loop, as a live run has them: frames in, orders out.
///
/// A new frame is asked for when nothing of the last one is under way: no order waits for another. Its state belongs to its event loop.
final class Trader: VenueClientDelegate, @unchecked Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clock = WallClock()
    private let venue: DepthVenue
    private let count: Int
    private let key: Ed25519SecretKey
    let stamps: Stamps
    /// Nanoseconds of the thread, of a signature alone.
    private(set) var signatures: ContiguousArray<Int64> = []
    private let strategy: JoinTouch
    private let session: StampedSession
    private let live: LiveCore
    private var client: VenueClient?
    private var end: EventLoopPromise<Void>?
    private var timer: RepeatedTask?
    private let message = [UInt8](repeating: 0x61, count: 200)
    /// Whether a frame is on its way, or an answer.
    private var isAwaiting = false
    private var seen = (orders: 0, ticks: 0)

    /// A signature is measured after each so many orders.
    private static let ordersPerSignature = 8
    private static let tick = TimeAmount.milliseconds(50)
    private static let patience = 400

    init(_ venue: DepthVenue, count: Int) throws {
        (self.venue, self.count) = (venue, count)
        let seed = [UInt8](repeating: 7, count: 32)
        key = try Ed25519SecretKey(seed.span)
        stamps = Stamps(count: count)
        signatures.reserveCapacity(count / Self.ordersPerSignature + 1)
        let instrument = Instrument(
            symbol: "SOL", venue: "backpack", venueSymbol: "SOL_USDC_PERP", kind: .linear, base: Currency("SOL")!,
            quote: Currency("USDC")!, tickSize: FinePrice(nanos: 10_000_000), lotSize: 10_000_000)
        var configuration = BackpackSession.Configuration(
            venue: VenueID(0), instruments: [(InstrumentID(0), instrument)],
            accounts: [BackpackAccount(AccountID(0), key: try Ed25519SecretKey(seed.span))])
        configuration.requestsPerMinute = 10_000_000
        session = StampedSession(BackpackSession(configuration), stamps)
        let core = TradingCore(
            CoreConfiguration(
                instruments: [instrument],
                accounts: [.init(name: "main", venue: VenueID(0), balances: [Money(nanos: 1_000_000_000_000, Currency("USDC")!)])],
                seed: 1, limits: Self.limits),
            journal: Journal(sink: Discarded()))
        let binding = StrategyBinding(
            legs: ["venue": .init(account: AccountID(0), instrument: InstrumentID(0))], instruments: [instrument])
        strategy = JoinTouch(binding)
        core.attach(strategy, subscriptions: [InstrumentID(0)])
        live = LiveCore(core, [session], sessionOfAccount: [0])
    }

    /// Every check is made, and none refuses.
    private static let limits = RiskLimits(
        maximumOrderNotional: 1_000_000_000_000, maximumPosition: 1_000_000_000_000, priceCollar: Rate(basisPoints: 1_000),
        maximumOrdersPerSecond: 1_000_000, reservedOrdersPerSecond: 10, staleAfter: .seconds(5), maximumRejectsPerMinute: 10)

    /// The journal's bytes are made and hashed; where they are kept is another thread's affair.
    private final class Discarded: JournalSink {
        func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) {}
    }

    /// Trades until all orders are measured.
    func run(port: Int, trust: TLSTrust) throws {
        let loop = group.next()
        try loop.flatSubmit {
            let end = loop.makePromise(of: Void.self)
            self.end = end
            do {
                var configuration = VenueClient.Configuration(
                    rest: try Endpoint("https://127.0.0.1:\(port)"), stream: try Endpoint("wss://127.0.0.1:\(port)"))
                configuration.trust = trust
                configuration.lanes = 5
                let client = try VenueClient(configuration, on: loop, delegate: self)
                self.client = client
                client.start()
            } catch { end.fail(error) }
            self.live.start(at: self.clock.now)
            self.act()
            self.timer = loop.scheduleRepeatedTask(initialDelay: Self.tick, delay: Self.tick) { _ in self.wake() }
            return end.futureResult
        }.wait()
        try loop.submit {
            guard let client = self.client else { return }
            client.stop()
        }.wait()
        try group.syncShutdownGracefully()
    }

    private func wake() {
        live.wake(at: clock.now)
        act()
        seen.ticks = seen.orders == stamps.orders.count ? seen.ticks + 1 : 0
        seen.orders = stamps.orders.count
        if seen.ticks > Self.patience { finish(Stuck(orders: seen.orders, alarms: live.takeAlarms().map { $0.alarm.text })) }
    }

    private func finish(_ error: Stuck? = nil) {
        timer?.cancel()
        if let error { end?.fail(error) } else { end?.succeed() }
        end = nil
    }

    /// Does what the session wants; then, if nothing is under way, asks for the next frame.
    private func act() {
        while let (_, action) = live.nextAction() { client?.perform(action) }
        guard strategy.isWaiting, !isAwaiting, end != nil else { return }
        guard stamps.orders.count < count else { return finish() }
        if stamps.orders.count % Self.ordersPerSignature == 0 {
            let began = Clocks.thread
            _ = key.sign(message)
            signatures.append(Clocks.thread - began)
        }
        isAwaiting = true
        venue.move()
    }

    // MARK: VenueClientDelegate

    func received(_ frame: Span<UInt8>, from socket: SocketID, arrived: NIODeadline) {
        stamps.begin(arrived: arrived)
        live.receive(frame, from: socket, of: 0, at: clock.now)
        act()
    }

    func handedOver(_ request: RequestID) { if request == session.request { stamps.mark(.handedOver) } }

    func answered(_ request: RequestID, _ outcome: HTTPOutcome) {
        if request == session.request { isAwaiting = false }
        live.answer(request, outcome, of: 0, at: clock.now)
        act()
    }

    func opened(_ socket: SocketID) {
        live.opened(socket, of: 0, at: clock.now)
        act()
    }

    func closed(_ socket: SocketID, reason: String) {
        live.closed(socket, of: 0, at: clock.now)
        act()
    }

    func heard(_ socket: SocketID) { live.heard(socket, of: 0, at: clock.now) }
}

/// No order was sent for a while.
struct Stuck: Error {
    var orders: Int
    var alarms: [String]
}
