internal import Market
public import Trading

/// Rests deep on A where others' forced orders sweep the book, and hedges what fills on B (`domain` B.2 a).
///
/// Where A's price belongs follows from B's and the usual difference. A ladder of levels rests at growing distances from there
/// while somebody is forced, and is withdrawn as one. A fill is hedged by its confirmed amount: whole where B is calm; where B
/// moves with A a part at once, and the rest is worked passively for a while. Nothing waits unhedged for the price to come back.
///
///     watching ─fill─▶ holding ─price is back─▶ exiting ─▶ settling ─flat─▶ cooling ─▶ watching
///                         └──time, forced────▶ closing ◀────┘ not flat        └─ (closing, too)
public final class LiquidationFlow: Strategy {
    private enum Phase {
        case watching
        case holding(until: TimerToken)
        /// A is being left by an order that rests, and B follows its fills.
        case exiting(AlgorithmID)
        /// A is done; the last hedges may not be.
        case settling(String)
        /// Everything is closed by the venues' word; nothing is hedged meanwhile.
        case closing(AlgorithmID, reason: String)
        case cooling(until: TimerToken)
    }

    private static let review = Nanoseconds.milliseconds(500)

    private var parameters: Parameters
    private let maker: StrategyBinding.Leg
    private let taker: StrategyBinding.Leg
    /// Maker, taker, and the alternate where there is one.
    private let legs: [StrategyBinding.Leg]
    private let sizing: PairSizing
    private var phase = Phase.watching
    private var signal: FlowSignal
    private var ladder: [QuotePair]
    private var hedger: Hedger
    private var lastResort: LastResort
    /// What of a hedge is being worked passively.
    private var rest: AlgorithmID?
    /// Of B's mid.
    private var usual: AverageDifference
    private var startedAt = Timestamp.never
    private var reviewTimer: TimerToken?
    private var isFrozen = false
    private var cycles = 0

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        maker = binding.leg("maker")
        taker = binding.leg("taker")
        legs = SharedParameters.legs(binding)
        sizing = PairSizing(maker: binding.instruments[maker.instrument.index], taker: binding.instruments[taker.instrument.index])
        guard maker.instrument != taker.instrument else {
            throw ParameterError(
                parameter: "accounts", message: "maker and taker trade the same instrument", hint: "name accounts at two venues")
        }
        guard sizing.maker.kind != .spot else {
            throw ParameterError(
                parameter: "accounts", message: "the maker leg is spot, where nobody is closed by force",
                hint: "name an account of contracts")
        }
        try parameters.amount("size").checkSize("size", of: sizing.maker, "maker")
        ladder = Array(repeating: QuotePair(Self.rules(parameters, maker)), count: Int(parameters.integer("levels")))
        hedger = Hedger(SharedParameters.hedger(parameters, maker: maker, taker: taker, alternate: binding.legs["alternate"]))
        lastResort = LastResort(SharedParameters.flatten(parameters, legs))
        usual = AverageDifference(halfLife: parameters.duration("calm_window"))
        signal = FlowSignal(parameters)
    }

    private static func rules(_ parameters: Parameters, _ maker: StrategyBinding.Leg) -> QuotePair.Rules {
        var rules = SharedParameters.quotes(parameters, maker)
        rules.limitsSize = true
        return rules
    }

    public var interests: Interests { [.touch, .trade] }

    public func start(_ context: inout Context) {
        startedAt = context.now
        reviewLater(&context)
    }

    public func stop(_ reason: StopReason, _ context: inout Context) {
        for order in context.openOrders() where order.draft.purpose == .quote { context.cancel(order.id) }
    }

    public var status: StrategyStatus {
        let isBetween =
            switch phase {
            case .watching, .cooling: true
            default: false
            }
        return StrategyStatus(
            phase: caseName(phase), cyclesDone: isBetween ? cycles : cycles - 1, exposure: .init(hedger, base: sizing.maker.base))
    }

    public func update(_ parameter: String, to value: ParameterValue, _ context: inout Context) {
        parameters.values[parameter] = value
        SharedParameters.tune(&hedger, parameters)
        lastResort.configuration = SharedParameters.flatten(parameters, legs)
        for level in ladder.indices { ladder[level].rules = Self.rules(parameters, maker) }
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        if case .order(let id, .filled(let fill, _)) = event { filled(id, fill, &context) }
        if isHedging { hedger.receive(event, &context) }
        lastResort.receive(event, &context)
        switch event {
        case .trade(let trade): heard(trade, &context)
        case .touch, .bookState: observe(context)
        case .timer(let token): timerFired(token, &context)
        case .order(let id, _):
            if context.isDone(id) { for level in ladder.indices { ladder[level].forget(id) } }
        case .algorithm(let id, let end): algorithmEnded(id, end, &context)
        case .frozen(let reason):
            isFrozen = true
            if reason == .unhedged { abandon(&context) }
        case .released: isFrozen = false
        default: break
        }
        proceed(&context)
        quote(&context)
    }

    private var isHedging: Bool {
        if case .closing = phase { return false }
        return !lastResort.hasBegun
    }

    private func reviewLater(_ context: inout Context) { reviewTimer = context.wake(at: context.now + Self.review) }

    private func timerFired(_ token: TimerToken, _ context: inout Context) {
        if token == reviewTimer { return reviewLater(&context) }
        switch phase {
        case .holding(token): close("it was held for too long", &context)
        case .cooling(token): phase = .watching
        default: break
        }
    }

    // MARK: Prices

    private func heard(_ trade: MarketEvent, _ context: inout Context) {
        guard trade.instrument == maker.instrument, let mid = context.books[maker.instrument].mid(sizing.maker) else { return }
        let base = abs(sizing.maker.baseAmount(Quantity(lots: trade.quantity), at: mid))
        signal.hear(trade, base: base, least: clip(mid) * parameters.integer("min_flow"), at: context.now)
    }

    private func observe(_ context: Context) {
        guard context.canTrade(maker), context.canTrade(taker), let one = context.books[maker.instrument].mid(sizing.maker),
            let two = context.books[taker.instrument].mid(sizing.taker)
        else { return }
        signal.observe(one, two, at: context.now)
        usual.add(two.nanos, at: context.now)
    }

    private func fair(_ context: Context) -> FinePrice? {
        context.books[taker.instrument].mid(sizing.taker).flatMap(signal.fair)
    }

    /// Of the nearest level, in 10⁻⁹ of the base currency.
    private func clip(_ price: FinePrice) -> Int64 { parameters.amount("size").baseAmount(of: sizing.maker, at: price) }

    private func position(_ leg: StrategyBinding.Leg, _ context: Context) -> Quantity {
        context.ownPosition(leg.account, leg.instrument)
    }

    // MARK: The ladder

    /// By level: distance from where the price belongs, and what is held when it and all nearer ones are filled.
    private func levels(_ price: FinePrice) -> [(distance: Rate, total: Int64)] {
        let most = clip(price) * parameters.integer("max_inventory")
        var (distance, size, total) = (parameters.rate("first_deviation"), Int128(clip(price)), Int128(0))
        return ladder.indices.map { _ in
            total = min(total + size, Int128(most))
            defer {
                distance = Rate(trillionths: distance.trillionths * 2)
                size = size * Int128(parameters.factor("growth").trillionths) / Int128(Rate.scale)
            }
            return (distance, Int64(total))
        }
    }

    private func mayQuote(_ context: Context) -> Bool {
        switch phase {
        case .watching, .holding: break
        case .exiting, .settling, .closing, .cooling: return false
        }
        guard !isFrozen, !lastResort.hasBegun, hedger.state != .frozen, hedger.state != .unwinding,
            context.now >= startedAt + parameters.duration("warm_up")
        else { return false }
        let stale = parameters.duration("stale_after")
        guard context.trouble(with: maker, staleAfter: stale) == nil, context.trouble(with: taker, staleAfter: stale) == nil,
            let mid = context.books[taker.instrument].mid(sizing.taker)
        else { return false }
        let (bid, ask) = (context.books[taker.instrument].bestBidTicks, context.books[taker.instrument].bestAskTicks)
        let widest = Int128(bid) * Int128(parameters.rate("max_spread").trillionths)
        guard Int128(ask - bid) * Int128(Rate.scale) <= widest else { return false }
        return abs(hedger.excess) <= clip(mid) * max(parameters.integer("max_unhedged"), 1)
    }

    private func quote(_ context: inout Context) {
        guard mayQuote(context), let fair = fair(context) else {
            for level in ladder.indices { ladder[level].cancelBoth(&context) }
            return
        }
        let levels = levels(fair)
        for side in Side.allCases {
            let isWanted = signal.wants(side, at: context.now)
            for level in ladder.indices {
                let wanted = isWanted ? target(side, levels, level, fair, context) : nil
                ladder[level].update(side, wanted, &context)
            }
        }
    }

    /// Fills use the levels up from the nearest one on: what is held and what rests are never more than the whole ladder.
    private func target(
        _ side: Side, _ levels: [(distance: Rate, total: Int64)], _ level: Int, _ fair: FinePrice, _ context: Context
    ) -> QuotePair.Target? {
        let held = sizing.maker.baseAmount(position(maker, context), at: fair) * side.sign
        // The other side is left by the exit, not by a ladder.
        guard held >= 0 else { return nil }
        let before = max(held, level == 0 ? 0 : levels[level - 1].total)
        let quantity = sizing.makerQuantity(base: levels[level].total - before, at: fair)
        guard quantity.lots > 0, sizing.maker.takes(quantity, at: fair) else { return nil }
        // All nearer levels may fill before this one does.
        let (growth, leverage) = ((levels[level].total - held) * side.sign, parameters.integer("leverage"))
        guard context.canCarry(growth, more: maker, at: fair, leverage: leverage),
            context.canCarry(-growth, more: taker, at: fair, leverage: leverage)
        else { return nil }
        let distance = Int128(fair.nanos) * Int128(levels[level].distance.trillionths) / Int128(Rate.scale)
        let wanted = Int128(fair.nanos) - distance * Int128(side.sign)
        guard wanted > 0 else { return nil }
        let tick = Int128(sizing.maker.tickSize.nanos)
        let (bid, ask) = (context.books[maker.instrument].bestBidTicks, context.books[maker.instrument].bestAskTicks)
        switch side {
        case .buy: return (sizing.maker.orderPrice(Price(ticks: min(Int64(wanted / tick), ask - 1)), side), quantity)
        case .sell: return (sizing.maker.orderPrice(Price(ticks: max(Int64((wanted + tick - 1) / tick), bid + 1)), side), quantity)
        }
    }

    // MARK: Hedging

    /// Decides, before the hedger hears of a fill, how much of it is hedged at once.
    private func filled(_ id: OrderID, _ fill: Fill, _ context: inout Context) {
        guard let order = context.order(id), order.draft.purpose == .quote, fill.instrument == maker.instrument else { return }
        guard rest == nil, isHedging, hedger.state != .unwinding, hedger.state != .frozen, let fair = fair(context),
            let two = context.books[taker.instrument].mid(sizing.taker), movesAlong(fill.side, two)
        else { return }
        let base = abs(sizing.maker.baseAmount(fill.quantity, at: sizing.maker.finePrice(fill.price)))
        let later = Int128(base) * Int128(Rate.scale - share(fill.price, fair)) / Int128(Rate.scale)
        let most = clip(fair) * parameters.integer("max_unhedged")
        let quantity = sizing.taker.quantity(baseAmount: Int64(min(later, Int128(most))), at: two)
        guard sizing.taker.takes(quantity, at: two) else { return }
        hedger.band = sizing.taker.baseAmount(quantity, at: two)
        var work = SharedParameters.trackingLimit(parameters, taker, fill.side.opposite, quantity)
        (work.timeout, work.purpose) = (parameters.duration("rest_time"), .rebalance)
        rest = context.run(TrackingLimit(work))
    }

    /// Whether B is moving the way A was pushed, where we buy or sell against it.
    private func movesAlong(_ side: Side, _ mid: FinePrice) -> Bool {
        guard let usual = usual.value else { return false }
        let move = Int128(mid.nanos - usual) * Int128(-side.sign)
        return move * Int128(Rate.scale) >= Int128(mid.nanos) * Int128(parameters.rate("calm").trillionths)
    }

    /// Of a fill at this price that is hedged at once, in 10⁻¹²: from `hedge_share` at the nearest level to all at the deepest.
    private func share(_ price: Price, _ fair: FinePrice) -> Int64 {
        let least = parameters.rate("hedge_share").trillionths
        let levels = levels(fair)
        guard let first = levels.first?.distance.trillionths, let last = levels.last?.distance.trillionths, last > first else {
            return least
        }
        let distance = Int128(abs(sizing.maker.finePrice(price).nanos - fair.nanos)) * Int128(Rate.scale) / Int128(fair.nanos)
        let depth = min(max(distance - Int128(first), 0), Int128(last - first))
        return least + Int64(Int128(Rate.scale - least) * depth / Int128(last - first))
    }

    // MARK: The cycle

    /// Goes on where the positions, or the price, say so.
    private func proceed(_ context: inout Context) {
        guard !lastResort.hasBegun else { return }
        switch phase {
        case .watching:
            let held = position(maker, context)
            guard !held.isZero else { return }
            cycles += 1
            context.note("cycle \(cycles): \(sizing.maker.text(held)) filled")
            phase = .holding(until: context.wake(at: context.now + parameters.duration("max_hold")))
        case .holding(let timer):
            if position(maker, context).isZero {
                context.cancel(timer)
                phase = .settling("nothing is held any more")
            } else if isBack(context) {
                context.cancel(timer)
                leave(&context)
            }
        case .settling(let reason): settle(reason, &context)
        case .exiting, .closing, .cooling: break
        }
    }

    private func isBack(_ context: Context) -> Bool {
        guard context.canTrade(maker), context.canTrade(taker), let fair = fair(context),
            let mid = context.books[maker.instrument].mid(sizing.maker)
        else { return false }
        let below = Int128(fair.nanos - mid.nanos) * Int128(position(maker, context).lots.signum())
        return below * Int128(Rate.scale) <= Int128(fair.nanos) * Int128(parameters.rate("exit").trillionths)
    }

    private func leave(_ context: inout Context) {
        guard parameters.choice("exit_style") == "passive" else { return close("the price is back", &context) }
        withdraw(&context)
        let held = position(maker, context)
        var work = SharedParameters.trackingLimit(parameters, maker, held.lots > 0 ? .sell : .buy, held.magnitude)
        (work.reduceOnly, work.purpose) = (true, .rebalance)
        phase = .exiting(context.run(TrackingLimit(work)))
    }

    /// The ladder goes, and what was worked passively is taken.
    private func withdraw(_ context: inout Context) {
        for level in ladder.indices { ladder[level].cancelBoth(&context) }
        if let rest { context.cancel(rest) }
    }

    private func algorithmEnded(_ id: AlgorithmID, _ end: AlgorithmEnd, _ context: inout Context) {
        if id == rest {
            rest = nil
            hedger.band = 0
            if isHedging { hedger.hedge(&context) }
        }
        switch phase {
        case .exiting(id): phase = .settling("the price is back")
        case .closing(id, let reason): ended(end.reason == .filled ? reason : "\(reason); what is left is too small to close", &context)
        default: break
        }
    }

    /// Once nothing is on its way: flat, or else closed by the venues' word.
    private func settle(_ reason: String, _ context: inout Context) {
        let flying = legs.contains { !context.inFlight($0.account, $0.instrument).isZero }
        guard !flying, rest == nil, hedger.state == .flat || hedger.state == .accumulating else { return }
        if legs.allSatisfy({ position($0, context).isZero }) { return ended(reason, &context) }
        close(reason, &context)
    }

    private func close(_ reason: String, _ context: inout Context) {
        if case .holding(let timer) = phase { context.cancel(timer) }
        if case .exiting(let id) = phase { context.cancel(id) }
        withdraw(&context)
        context.note("cycle \(cycles): closing: \(reason)")
        phase = .closing(context.run(Flatten(SharedParameters.flatten(parameters, legs))), reason: reason)
    }

    private func ended(_ reason: String, _ context: inout Context) {
        context.note("cycle \(cycles) ended: \(reason)")
        hedger = Hedger(hedger.configuration)
        phase = .cooling(until: context.wake(at: context.now + parameters.duration("cooldown")))
    }

    /// The last resort has begun to close: nothing else is to send orders.
    private func abandon(_ context: inout Context) {
        withdraw(&context)
        if case .exiting(let id) = phase { context.cancel(id) }
    }
}
