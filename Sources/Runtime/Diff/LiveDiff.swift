public import Market
internal import Scenario
internal import Simulation
internal import Trading

/// How a live run differs from what simulated venues make of the same orders on the same market without us.
public struct LiveDiff: Sendable {
    /// Why an order filled otherwise.
    public enum Cause: String, Hashable, Sendable, CaseIterable, Codable {
        case refusedThere = "the venue refused what the simulated one takes"
        case refusedHere = "the simulated venue refused what the venue took"
        case unknownOutcome = "nobody told what became of the order"
        case footprint = "our own part of the level could not be told apart"
        case liquidity = "the book showed other liquidity than there was"
        case queue = "another place in the queue"
        case race = "a cancel met a fill"
        case afterEnd = "after the end of the market"
        case unexplained
    }

    /// One order, there and here.
    public struct Row: Hashable, Sendable {
        public var life: OrderLife
        /// In lots: filled on both sides, only there, only here.
        public var matched: Int64
        public var missed: Int64
        public var extra: Int64
        /// Of what is matched: what its prices were worse there than here, per lot in ticks, summed over lots.
        public var tickLots: Int64
        /// From the first fill there to the first here, by the venue's clock; nil unless both are.
        public var delay: Nanoseconds?
        /// nil: nothing differs.
        public var cause: Cause?
    }

    /// What the run earned beyond what it would have here, in 10⁻⁹ of one settlement currency.
    public struct Profit: Hashable, Sendable {
        public var currency: Currency
        /// Of all fills, valued at the end of the market.
        public var live: Int64 = 0
        public var simulated: Int64 = 0
        /// The difference by where it comes from.
        public var missedFills: Int64 = 0
        public var extraFills: Int64 = 0
        public var prices: Int64 = 0
        public var fees: Int64 = 0

        public var difference: Int64 { live - simulated }
        /// What the parts do not account for.
        public var residual: Int64 { difference - missedFills - extraFills - prices - fees }
    }

    /// By the orders' numbers.
    public private(set) var rows: [Row] = []
    /// By currency.
    public private(set) var profits: [Profit] = []
    public private(set) var footprint: FootprintReport
    /// By `InstrumentID`.
    public let instruments: [Instrument]
    /// Whether the run came to its end.
    public internal(set) var isComplete = true

    public var liveLots: Int64 { rows.reduce(0) { $0 + $1.matched + $1.missed } }
    public var simulatedLots: Int64 { rows.reduce(0) { $0 + $1.matched + $1.extra } }
    public func count(_ cause: Cause) -> Int { rows.count { $0.cause == cause } }
    public var unexplained: Int { count(.unexplained) }
    /// From the first fill there to the first here, of every order that filled on both sides; sorted.
    public var delays: [Nanoseconds] { rows.compactMap(\.delay).sorted() }
    /// Orders whose lots filled at other prices there than here.
    public var ordersAtOtherPrices: Int { rows.count { $0.tickLots != 0 } }

    /// - Parameters:
    ///   - plan: The run's.
    ///   - market: What has taken the whole of the run's market.
    ///   - feeds: By instrument: what it handed over, times corrected.
    init(_ recording: LiveRecording, _ plan: RunPlan, _ market: MarketWithoutUs, feeds: [any MarketSource]) throws(RunError) {
        let orders = recording.orders
        (footprint, instruments) = (market.report, plan.instruments)
        let replay = try OrderReplay(
            recording, orders, feeds: feeds, venueOfInstrument: plan.listings.map(\.venue),
            venues: plan.scenario.venues.indices.map { plan.venueConfiguration($0) })
        let doubtful = plan.instruments.indices.map { market.doubtful(InstrumentID($0)) }
        for life in orders { add(life, replay.outcomes[life.request.order], doubtful, market.marks, replay.last) }
    }

    private mutating func add(
        _ life: OrderLife, _ outcome: OrderReplay.Outcome?, _ doubtful: [[DoubtfulLevel]], _ marks: [FinePrice?], _ last: Timestamp
    ) {
        let instrument = life.request.instrument.index
        let here = outcome?.fills.map(\.fill) ?? []
        var pairing = FillPairing(
            life.executions.map(\.fill), here, contract: instruments[instrument].contract, mark: marks[instrument], life.request.side)
        pairing.pair()
        let place = profits.firstIndex { $0.currency == pairing.profit.currency } ?? profits.count
        if place == profits.count { profits.append(Profit(currency: pairing.profit.currency)) }
        profits[place].add(pairing.profit)
        var row = Row(life: life, matched: pairing.matched, missed: pairing.missed, extra: pairing.extra, tickLots: pairing.tickLots)
        if let there = life.executions.first?.moment.venue, let first = outcome?.fills.first?.time { row.delay = first - there }
        if row.missed != 0 || row.extra != 0 || row.tickLots != 0 {
            row.cause = cause(of: row, outcome, doubtful[instrument], last)
        }
        rows.append(row)
    }

    /// What evidence there is, the strongest first.
    private func cause(of row: Row, _ outcome: OrderReplay.Outcome?, _ doubtful: [DoubtfulLevel], _ last: Timestamp) -> Cause {
        let life = row.life
        // What never came fills neither there nor here.
        guard let outcome else { return .unexplained }
        if case .rejected? = life.end?.kind { return .refusedThere }
        if outcome.isRefused { return .refusedHere }
        if life.acknowledged == nil || life.end == nil { return .unknownOutcome }
        if row.missed > 0, let fill = life.executions.last, fill.moment.venue > last { return .afterEnd }
        let took = (
            there: life.executions.contains { $0.fill.role == .taker }, here: outcome.fills.contains { $0.fill.role == .taker }
        )
        let end = life.end?.moment.venue ?? .never
        let prices = Set((life.executions.map(\.fill) + outcome.fills.map(\.fill)).map(\.price.ticks) + [life.request.price?.ticks ?? 0])
        if doubtful.contains(where: { $0.since <= end && prices.contains($0.ticks) }) { return .footprint }
        if took.there || took.here { return .liquidity }
        // It rested: did it stand where the other one filled?
        if row.missed > 0 {
            let isGone = life.executions.last.map { fill in outcome.end.map { $0 <= fill.moment.venue } ?? false } ?? false
            return isGone ? .race : .queue
        }
        guard let last = outcome.fills.last else { return .unexplained }
        return last.time >= end ? .race : .queue
    }
}

extension LiveDiff.Profit {
    fileprivate mutating func add(_ other: Self) {
        live += other.live
        simulated += other.simulated
        missedFills += other.missedFills
        extraFills += other.extraFills
        prices += other.prices
        fees += other.fees
    }
}

/// The fills of one order, there and here, lot by lot in their order.
private struct FillPairing {
    private let there: [Fill]
    private let here: [Fill]
    private let contract: Contract
    private let mark: FinePrice?
    private let side: Side
    private(set) var matched: Int64 = 0
    private(set) var missed: Int64 = 0
    private(set) var extra: Int64 = 0
    private(set) var tickLots: Int64 = 0
    private(set) var profit: LiveDiff.Profit

    init(_ there: [Fill], _ here: [Fill], contract: Contract, mark: FinePrice?, _ side: Side) {
        (self.there, self.here, self.contract, self.mark, self.side) = (there, here, contract, mark, side)
        profit = LiveDiff.Profit(currency: contract.settlement)
        for fill in there { profit.live += earned(fill.quantity.lots, fill.price) - fill.fee.nanos }
        for fill in here { profit.simulated += earned(fill.quantity.lots, fill.price) - fill.fee.nanos }
        profit.fees = here.reduce(0) { $0 + $1.fee.nanos } - there.reduce(0) { $0 + $1.fee.nanos }
    }

    /// What lots at a price are worth at the end of the market beyond what they cost.
    private func earned(_ lots: Int64, _ price: Price) -> Int64 {
        let quantity = Quantity(lots: side.sign * lots)
        let paid = contract.finePrice(price)
        return value(contract, quantity, mark ?? paid).nanos - value(contract, quantity, paid).nanos
    }

    mutating func pair() {
        var (one, two) = (there[...], here[...])
        var (left, right) = (one.first?.quantity.lots ?? 0, two.first?.quantity.lots ?? 0)
        while let live = one.first, let simulated = two.first {
            let lots = min(left, right)
            matched += lots
            tickLots += lots * side.sign * (live.price.ticks - simulated.price.ticks)
            profit.prices += earned(lots, live.price) - earned(lots, simulated.price)
            (left, right) = (left - lots, right - lots)
            if left == 0 {
                one.removeFirst()
                left = one.first?.quantity.lots ?? 0
            }
            if right == 0 {
                two.removeFirst()
                right = two.first?.quantity.lots ?? 0
            }
        }
        // What filled there alone is what a simulation misses.
        while let live = one.popFirst() {
            missed += left
            profit.missedFills += earned(left, live.price)
            left = one.first?.quantity.lots ?? 0
        }
        while let simulated = two.popFirst() {
            extra += right
            profit.extraFills -= earned(right, simulated.price)
            right = two.first?.quantity.lots ?? 0
        }
    }
}
