import Market
import Simulation
import Strategies
import Trading

/// Two venues, accounts at them, a core and a strategy: a small world whose records a test makes by hand.
struct PairWorld {
    static let usd = Currency("USD")!
    static let btc = Currency("BTC")!
    static let second: Int64 = 1_000_000_000
    static let certain = Rate(trillionths: Rate.scale)

    /// Who plays a role, and where.
    struct Player {
        var role: String
        var venue: Int
        var collateral: Int64 = 100_000
        var leverage: Int64?
    }

    let core: TradingCore
    let players: [Player]
    let venues: [SimulatedVenue]
    let notes = Notes()
    private(set) var now: Int64 = 1_700_000_000 * PairWorld.second

    final class Notes: CoreObserver {
        var texts: [String] = []
        var fills: [(account: Int, fill: Fill, isLate: Bool, cancelPending: Bool)] = []
        var sent: [Order] = []
        func submitted(_ order: Order, at time: Timestamp) { sent.append(order) }
        func filled(_ fill: Fill, _ order: Order?, account: AccountID, isLate: Bool, cancelPending: Bool, venueTime: Timestamp) {
            fills.append((account.index, fill, isLate, cancelPending))
        }
        func ended(_ order: Order, at time: Timestamp) {}
        func funded(_ payment: FundingPayment, account: AccountID, at time: Timestamp) {}
        func requested(_ kind: RequestKind, _ order: Order, at time: Timestamp) {}
        func refused(_ kind: RequestKind, _ order: OrderID, _ reason: RejectReason, account: AccountID, at time: Timestamp) {}
        func noted(_ text: String, instance: StrategyID?, at time: Timestamp) { texts.append(text) }
        var checks: [(text: String, passes: Bool)] = []
        func checked(_ text: String, passes: Bool, at time: Timestamp) { checks.append((text, passes)) }
    }

    /// Tick 1 USD, lot 0.001 BTC near 60,000; the taker's smallest order is `takerMinimum` lots. Latencies are 10 ms each way.
    static func instruments(takerMinimum: Int64 = 1) -> [Instrument] {
        [1, takerMinimum].map { minimum in
            Instrument(
                symbol: "BTC", venue: "v", venueSymbol: "BTC", kind: .linear, base: btc, quote: usd,
                tickSize: FinePrice(nanos: 1_000_000_000),
                lotSize: 1_000_000, minimumQuantity: Quantity(lots: minimum))
        }
    }

    /// An account at each venue.
    init(_ instruments: [Instrument] = PairWorld.instruments(), takerCollateral: Int64 = 100_000, _ make: (StrategyBinding) -> any Strategy)
    {
        self.init(
            instruments, [.init(role: "maker", venue: 0), .init(role: "taker", venue: 1, collateral: takerCollateral)], make)
    }

    /// - Parameters:
    ///   - margin: What the second venue asks for.
    ///   - faults: What goes wrong at either venue.
    init(
        _ instruments: [Instrument], _ players: [Player], margin: VenueConfiguration.Margin? = nil, limits: RiskLimits = RiskLimits(),
        faults: [FaultPlan?] = [nil, nil], reconcileEvery: Nanoseconds? = nil, _ make: (StrategyBinding) -> any Strategy
    ) {
        self.players = players
        let money = players.map { Money(nanos: $0.collateral * Self.second, Self.usd) }
        core = TradingCore(
            CoreConfiguration(
                instruments: instruments,
                accounts: players.indices.map { .init(name: "\($0)", venue: VenueID(players[$0].venue), balances: [money[$0]]) }, seed: 3,
                limits: limits, reconcileEvery: reconcileEvery))
        venues = (0...1).map { venue in
            let accounts = players.indices.filter { players[$0].venue == venue }.map { index in
                var account = VenueConfiguration.Account(
                    id: AccountID(index), collateral: [money[index]], makerFee: .zero, takerFee: Rate(basisPoints: index > 0 ? 1 : 0),
                    entryLatency: .milliseconds(10), responseLatency: .milliseconds(10))
                account.leverage = players[index].leverage
                return account
            }
            var configuration = VenueConfiguration(
                listings: [.init(id: InstrumentID(venue), instrument: instruments[venue])], accounts: accounts, faults: faults[venue])
            if venue == 1 { configuration.margin = margin }
            return SimulatedVenue(configuration)
        }
        let legs = players.indices.map {
            (players[$0].role, StrategyBinding.Leg(account: AccountID($0), instrument: InstrumentID(players[$0].venue)))
        }
        let binding = StrategyBinding(legs: Dictionary(uniqueKeysWithValues: legs), instruments: instruments)
        core.attach(make(binding), subscriptions: [InstrumentID(0), InstrumentID(1)])
        core.observe(notes)
    }

    /// Books of 60,000 × 10 lots and 60,002 × 10 lots (and deep levels behind) on both, then the start.
    mutating func start() {
        for venue in 0...1 { snapshot(venue, 60_000, 60_002) }
        core.start(at: Timestamp(nanoseconds: now))
        flush()
    }

    /// - Parameter isHeard: Whether we are told of it.
    mutating func snapshot(_ venue: Int, _ bid: Int64, _ ask: Int64, isHeard: Bool = true) {
        let levels: [(Side, Int64, Int64)] = [(.buy, bid, 10), (.buy, bid - 5, 5_000), (.sell, ask, 10), (.sell, ask + 5, 5_000)]
        for (index, level) in levels.enumerated() {
            record(
                venue, .level, level.0, level.1, level.2, [.snapshot, index == 0 ? .first : [], index == 3 ? .last : []],
                isHeard: isHeard)
        }
    }

    /// One record, at the venue and at us where we are told of it.
    mutating func record(
        _ venue: Int, _ kind: MarketEvent.Kind, _ side: Side, _ ticks: Int64, _ lots: Int64, _ flags: MarketEvent.Flags = [.first, .last],
        isHeard: Bool = true
    ) {
        let time = Timestamp(nanoseconds: now)
        let event = MarketEvent(
            kind: kind, instrument: InstrumentID(venue), venueTime: time, receiveTime: time, price: ticks, quantity: lots,
            flags: side == .sell ? flags.union(.sell) : flags)
        venues[venue].receive(event)
        if isHeard { core.receive(event) }
        flush()
    }

    /// What a venue tells of its funding: the rate of one interval, and when it is settled next.
    mutating func funding(_ venue: Int, basisPoints: Int64, everySeconds: Int64, dueInSeconds: Int64) {
        let time = Timestamp(nanoseconds: now)
        let event = MarketEvent(
            kind: .funding, instrument: InstrumentID(venue), venueTime: time, receiveTime: time, price: basisPoints * 100_000_000,
            quantity: everySeconds * Self.second, detail: now + dueInSeconds * Self.second, flags: [.first, .last])
        venues[venue].receive(event)
        core.receive(event)
        flush()
    }

    /// What an operator tells the core.
    func tell(_ event: OperatorEvent) {
        core.receive(event, at: Timestamp(nanoseconds: now))
        flush()
    }

    private func flush() {
        while let command = core.nextCommand() { venues[players[command.account.index].venue].handle(command, now: core.now) }
    }

    /// Lets time pass: requests arrive, reports come back, timers fire, in order.
    mutating func pass(milliseconds: Int64) {
        let end = now + milliseconds * 1_000_000
        while true {
            let next = min(venues.map(\.nextArrival).min() ?? .never, venues.map(\.nextReportTime).min() ?? .never, core.nextWake)
            guard next.nanoseconds <= end else { break }
            now = max(now, next.nanoseconds)
            let time = Timestamp(nanoseconds: now)
            for venue in venues where venue.nextArrival <= time { venue.processArrival() }
            for venue in venues { while let report = venue.nextReport(now: time) { core.receive(report) } }
            if core.nextWake <= time { core.wake(at: time) }
            flush()
        }
        now = end
    }

    /// What the venue says that a player holds, in lots.
    func position(_ player: Int) -> Int64 {
        let venue = players[player].venue
        return venues[venue].position(AccountID(player), InstrumentID(venue)).lots
    }

    /// A mark at the venue and at us.
    mutating func mark(_ venue: Int, _ dollars: Int64) { record(venue, .mark, .buy, dollars * 1_000_000_000, 0) }

    /// The defaults of the specification, with changes.
    static func parameters(_ specification: StrategySpecification, _ changes: [String: ParameterValue]) -> Parameters {
        var values = defaults(specification)
        for (name, value) in testDefaults where values[name] != nil { values[name] = value }
        return Parameters(values.merging(changes) { $1 })
    }

    /// Where tests want it shorter, or in this world's currency.
    private static let testDefaults: [String: ParameterValue] = [
        "hold": .durationRange(.seconds(60), .seconds(60)), "cool_down": .durationRange(.seconds(10), .seconds(10)),
        "maker_fee": .rate(.zero), "taker_fee": .rate(.zero), "buffer": .rate(.zero), "warm_up": .duration(.zero),
        "requote": .rate(.zero), "timeout": .duration(.minutes(30)),
    ]

    private static func defaults(_ specification: StrategySpecification) -> [String: ParameterValue] {
        var values: [String: ParameterValue] = [:]
        for parameter in specification.parameters { values[parameter.name] = parameter.defaultText.flatMap { value(parameter.kind, $0) } }
        return values
    }

    /// A default's text as a value: what the scenario's reader makes of it.
    private static func value(_ kind: ParameterSpecification.Kind, _ texts: [String]) -> ParameterValue? {
        guard let text = texts.first, text != "unlimited" else { return texts.isEmpty ? nil : .unlimited }
        let words = text.split(separator: " ").map(String.init)
        func number(_ word: String, _ decimals: Int) -> Int64 {
            do { return try Decimal.parse(word, decimals: decimals) } catch { preconditionFailure("'\(word)' is no number: \(error)") }
        }
        func span(_ text: String) -> Nanoseconds {
            let words = text.split(separator: " ")
            let units: [Substring: Int64] = ["ms": 1_000_000, "s": second, "min": 60 * second, "h": 3_600 * second]
            return Nanoseconds(count: number(String(words[0]), 0) * (units[words[1]] ?? 0))
        }
        switch kind {
        case .duration: return .duration(span(text))
        case .durationRange: return .durationRange(span(text), span(texts[texts.count - 1]))
        case .rate: return .rate(Rate(trillionths: number(words[0], words[1] == "bp" ? 8 : 10)))
        case .integer: return .integer(number(text, 0))
        case .factor: return .factor(Rate(trillionths: number(text, 12)))
        case .amount: return Currency(words[1]).map { .amount(Money(nanos: number(words[0], 9), $0)) }
        case .boolean: return .boolean(text == "true")
        case .choice: return .choice(text)
        }
    }
}
