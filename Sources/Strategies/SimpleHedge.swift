internal import Market
public import Trading

/// Enters a position passively on one venue, hedges it at once on another, holds, and leaves both (`domain` C.3).
public final class SimpleHedge: Strategy {
    public static let specification = StrategySpecification(
        name: "simple_hedge",
        purpose: "Enters M by a tracking limit, hedges T by the confirmed amount, holds, and exits both; repeats.",
        phases: ["enter M", "hold", "exit M and T", "cool down", "flatten", "stopped"],
        roles: [
            .init("maker", "M: the account that enters and exits passively"), .init("taker", "T: the account that hedges"),
            SharedParameters.alternate,
        ],
        parameters: [
            .init("direction", .choice(["long_maker", "short_maker"]), default: ["long_maker"], "Which way M enters."),
            .init(
                "size", .amount(1...1_000_000_000_000_000_000), default: ["unlimited"], mayBeUnlimited: true, isLiveUpdatable: true,
                "Position in base (\"0.01 BTC\") or quote (\"500 USDT\"); unlimited: as T's collateral allows."),
            .init("leverage", .integer(1...100), default: ["10"], isLiveUpdatable: true, "Of T's collateral, when size is unlimited."),
            .init(
                "collateral_buffer", .factor(1...1_000_000_000_000), default: ["0.96"], isLiveUpdatable: true,
                "Share of T's collateral that is used, when size is unlimited."),
            .init(
                "hold", .durationRange(0...30 * 86_400_000_000_000), default: ["60 min", "90 min"], isLiveUpdatable: true,
                "How long the pair is held, drawn from the run's seed."),
            .init(
                "cool_down", .durationRange(0...30 * 86_400_000_000_000), default: ["10 min", "15 min"], isLiveUpdatable: true,
                "Pause between two cycles, drawn from the seed."),
            .init(
                "max_cycles", .integer(1...1_000_000), default: ["unlimited"], mayBeUnlimited: true, isLiveUpdatable: true,
                "Cycles before it stops."),
            .init(
                "margin_threshold", .amount(0...1_000_000_000_000_000_000), default: ["30 USD"], isLiveUpdatable: true,
                "Collateral of either account, at its instrument's price, below which everything is flattened."),
            .init(
                "margin_interval", .duration(1_000_000_000...86_400_000_000_000), default: ["60 s"], isLiveUpdatable: true,
                "How often the collateral is checked at least."),
            .init("test_mode", .boolean, default: ["false"], "Trades the smallest size that is valid on both venues."),
        ] + SharedParameters.trackingLimit + SharedParameters.hedger + SharedParameters.flatten)

    private enum Phase {
        case waiting
        case entering(AlgorithmID)
        case holding(until: TimerToken)
        case exiting(AlgorithmID)
        case cooling(until: TimerToken)
        case flattening(AlgorithmID)
        case stopped
    }

    private var parameters: Parameters
    private let maker: StrategyBinding.Leg
    private let taker: StrategyBinding.Leg
    /// Maker, taker, and the alternate where there is one.
    private let legs: [StrategyBinding.Leg]
    private let sizing: PairSizing
    private let side: Side
    private var hedger: Hedger
    private var phase = Phase.waiting
    private var cycles = 0
    private var marginCheck: TimerToken?
    /// Until everything is closed: what is left then is not hedged any more.
    private var isHedging = true

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        maker = binding.leg("maker")
        taker = binding.leg("taker")
        legs = SharedParameters.legs(binding)
        sizing = PairSizing(maker: binding.instruments[maker.instrument.index], taker: binding.instruments[taker.instrument.index])
        guard maker != taker else {
            throw ParameterError(
                parameter: "accounts", message: "maker and taker are the same account and instrument", hint: "name two accounts")
        }
        side = parameters.choice("direction") == "long_maker" ? .buy : .sell
        if sizing.maker.kind == .spot, side == .sell {
            throw ParameterError(
                parameter: "direction", message: "the maker leg is spot, which can't be sold short",
                hint: "use long_maker, or swap the accounts")
        }
        if let size = parameters.amountLimit("size") { try size.checkSize("size", of: sizing.maker, "maker") }
        hedger = Hedger(SharedParameters.hedger(parameters, maker: maker, taker: taker, alternate: binding.legs["alternate"]))
    }

    public var interests: Interests { .touch }

    public func start(_ context: inout Context) {
        checkMarginLater(&context)
        enter(&context)
    }

    public func stop(_ reason: StopReason, _ context: inout Context) {
        for order in context.openOrders() { context.cancel(order.id) }
        phase = .stopped
    }

    public var status: StrategyStatus {
        StrategyStatus(phase: caseName(phase), cyclesDone: cycles, exposure: .init(hedger, base: sizing.maker.base))
    }

    public func update(_ parameter: String, to value: ParameterValue, _ context: inout Context) {
        parameters.values[parameter] = value
        SharedParameters.tune(&hedger, parameters)
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        if isHedging { hedger.receive(event, &context) }
        switch event {
        case .touch:
            if case .waiting = phase { enter(&context) }
        case .timer(let token): timerFired(token, &context)
        case .algorithm(let id, let end): algorithmEnded(id, end, &context)
        case .order, .balance, .liquidation:
            if isBelowMargin(context) { flatten("collateral fell below the threshold", &context) }
        case .frozen(.unhedged): flatten("the pair could not be hedged", &context)
        default: break
        }
    }

    // MARK: Phases

    private func enter(_ context: inout Context) {
        if let limit = parameters.limit("max_cycles"), cycles >= limit {
            phase = .stopped
            return
        }
        guard let quantity = entryQuantity(context) else { return }
        phase = .entering(context.run(TrackingLimit(SharedParameters.trackingLimit(parameters, maker, side, quantity))))
        context.note("cycle \(cycles + 1): entering \(sizing.maker.text(quantity)) \(sizing.maker.venueSymbol)")
    }

    /// nil until both books have a price, or while the size is below what both venues take.
    private func entryQuantity(_ context: Context) -> Quantity? {
        guard let price = context.books[maker.instrument].mid(sizing.maker), context.books[taker.instrument].hasBothSides,
            context.bookState(maker.instrument) == .synchronised, context.bookState(taker.instrument) == .synchronised
        else { return nil }
        let least = sizing.minimumBase(at: price)
        var base: Int64
        if parameters.boolean("test_mode") {
            base = least
        } else if let size = parameters.amountLimit("size") {
            base = size.baseAmount(of: sizing.maker, at: price)
        } else {
            let usable = Int128(context.collateral(taker)) * Int128(parameters.factor("collateral_buffer").trillionths)
            let leveraged = usable * Int128(parameters.integer("leverage")) / Int128(Rate.scale)
            base = roundedQuotient(leveraged * 1_000_000_000, Int128(price.nanos))
        }
        guard base >= least else { return nil }
        let quantity = sizing.makerQuantity(base: base, at: price)
        return quantity.lots > 0 ? quantity : nil
    }

    private func algorithmEnded(_ id: AlgorithmID, _ end: AlgorithmEnd, _ context: inout Context) {
        switch phase {
        case .entering(id):
            hedger.hedge(&context)
            guard !context.ownPosition(maker.account, maker.instrument).isZero else {
                // Nothing filled: the cycle ends flat.
                return coolDown(&context)
            }
            let (low, high) = parameters.durationRange("hold")
            phase = .holding(until: context.wake(at: context.now + Nanoseconds(count: context.random(in: low.count...high.count))))
        case .exiting(id):
            hedger.hedge(&context)
            if context.ownPosition(maker.account, maker.instrument).isZero {
                coolDown(&context)
            } else {
                exit(&context)
            }
        case .flattening(id):
            phase = .stopped
            context.note(end.reason == .filled ? "flat; stopped" : "stopped; what is left is less than the venues take an order for")
        default: break
        }
    }

    private func timerFired(_ token: TimerToken, _ context: inout Context) {
        if token == marginCheck {
            checkMarginLater(&context)
            if isBelowMargin(context) { flatten("collateral is below the threshold", &context) }
        }
        switch phase {
        case .holding(token): exit(&context)
        case .cooling(token):
            phase = .waiting
            enter(&context)
        default: break
        }
    }

    private func exit(_ context: inout Context) {
        let position = context.ownPosition(maker.account, maker.instrument)
        guard !position.isZero else { return coolDown(&context) }
        var configuration = SharedParameters.trackingLimit(parameters, maker, position.lots > 0 ? .sell : .buy, position.magnitude)
        configuration.reduceOnly = sizing.maker.kind != .spot
        configuration.purpose = .rebalance
        phase = .exiting(context.run(TrackingLimit(configuration)))
        context.note("cycle \(cycles + 1): leaving \(sizing.maker.text(position.magnitude)) \(sizing.maker.venueSymbol)")
    }

    private func coolDown(_ context: inout Context) {
        cycles += 1
        if let limit = parameters.limit("max_cycles"), cycles >= limit {
            phase = .stopped
            context.note("stopped after \(cycles) cycles")
            return
        }
        let (low, high) = parameters.durationRange("cool_down")
        phase = .cooling(until: context.wake(at: context.now + Nanoseconds(count: context.random(in: low.count...high.count))))
    }

    // MARK: Safety

    private func checkMarginLater(_ context: inout Context) {
        marginCheck = context.wake(at: context.now + parameters.duration("margin_interval"))
    }

    private func isBelowMargin(_ context: Context) -> Bool {
        switch phase {
        case .flattening, .stopped: return false
        default: break
        }
        let threshold = parameters.amount("margin_threshold").nanos
        guard context.books[maker.instrument].hasBothSides, context.books[taker.instrument].hasBothSides else { return false }
        return context.collateral(maker) < threshold || context.collateral(taker) < threshold
    }

    /// Ends what runs, then closes both legs; it does not start again.
    private func flatten(_ reason: String, _ context: inout Context) {
        switch phase {
        case .flattening, .stopped: return
        case .entering(let id), .exiting(let id): context.cancel(id)
        default: break
        }
        context.note("flattening: \(reason)")
        isHedging = false
        phase = .flattening(context.run(Flatten(SharedParameters.flatten(parameters, legs))))
    }
}
