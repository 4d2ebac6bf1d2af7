internal import Market
public import Trading

/// Proves that an account works, step by step, and spends at most its budget (`domain` C.6).
///
/// Each step ends when what it waits for has come, or by its deadline, and is told as a check with its latency and the raw ids. An
/// order of the smallest size rests far from the market, is looked for in every way that the venue tells of orders, is cancelled and
/// looked for again; with `trade` the smallest size is bought and closed.
public final class Diagnostics: Strategy {
    private enum Step: Equatable {
        case observing
        case balances(query: UInt64)
        case positions(query: UInt64)
        case resting(OrderID)
        /// Whether the order is to be there or gone.
        case querying(OrderID, isGone: Bool, query: UInt64)
        case listing(OrderID, isGone: Bool, query: UInt64)
        case cancelling(OrderID)
        case entering(AlgorithmID)
        case closing(AlgorithmID)
        case done
    }

    private var parameters: Parameters
    private let leg: StrategyBinding.Leg
    private let instrument: Instrument
    private var step = Step.observing
    private var began = Timestamp.distantPast
    private var deadline: TimerToken?
    private var checks = 0
    private var failures = 0
    /// Smallest receive time less venue time of what the feed told.
    private var offset: Nanoseconds?
    /// What the running answer has said.
    private var told: [Money] = []
    private var toldPosition: Quantity?
    private var toldOrders: [OrderStatus] = []
    private var equityBefore = Money?.none

    public init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        self.parameters = parameters
        leg = binding.leg("account")
        instrument = binding.instruments[leg.instrument.index]
        try parameters.amount("budget").checkSize("budget", of: instrument, "account's")
    }

    public var interests: Interests { [.touch, .trade, .reference] }

    public func start(_ context: inout Context) {
        begin(.observing, within: parameters.duration("observation"), &context)
    }

    public func stop(_ reason: StopReason, _ context: inout Context) {
        for order in context.openOrders() { context.cancel(order.id) }
        if step != .done { context.check("the checks came to their end", passes: false) }
    }

    public var status: StrategyStatus {
        StrategyStatus(phase: caseName(step))
    }

    public func update(_ parameter: String, to value: ParameterValue, _ context: inout Context) {
        parameters.values[parameter] = value
    }

    public func receive(_ event: StrategyEvent, _ context: inout Context) {
        switch event {
        case .trade(let record), .reference(let record): heard(record)
        case .timer(let token) where token == deadline: timeIsOver(&context)
        case .balance(leg.account, let balance): told.append(balance)
        case .position(leg.account, leg.instrument, let quantity): toldPosition = quantity
        case .status(leg.account, let status): toldOrders.append(status)
        case .answered(leg.account, let query): answered(query, &context)
        case .order(let id, let change): orderChanged(id, change, &context)
        case .algorithm(let id, let end): algorithmEnded(id, end, &context)
        default: break
        }
    }

    private func heard(_ record: MarketEvent) {
        guard record.venueTime.nanoseconds > 0 else { return }
        let span = record.receiveTime - record.venueTime
        offset = min(offset ?? span, span)
    }

    // MARK: Steps

    private func begin(_ next: Step, within span: Nanoseconds? = nil, _ context: inout Context) {
        if let deadline { context.cancel(deadline) }
        (step, began) = (next, context.now)
        deadline = context.wake(at: context.now + (span ?? parameters.duration("step_timeout")))
    }

    private func tell(_ name: String, _ passes: Bool, _ text: String, _ context: inout Context) {
        checks += 1
        failures += passes ? 0 : 1
        let latency = Decimal.text((context.now - began).count / 1_000, decimals: 3)
        context.check("\(name): \(text) (\(latency) ms)", passes: passes)
    }

    private func timeIsOver(_ context: inout Context) {
        let silence = "no answer"
        switch step {
        case .observing:
            tellOfMarket(&context)
            told = []
            begin(.balances(query: context.askForBalances(leg.account)), &context)
        case .balances:
            tell("balances", false, silence, &context)
            askForPositions(&context)
        case .positions:
            tell("position", false, silence, &context)
            rest(&context)
        case .resting(let id):
            tell("order acknowledged", false, "\(silence) for order \(id.rawValue)", &context)
            query(id, isGone: false, &context)
        case .querying(let id, let isGone, _):
            tell(isGone ? "cancelled, by query" : "order, by query", false, silence, &context)
            list(id, isGone: isGone, &context)
        case .listing(let id, let isGone, _):
            tell(isGone ? "cancelled, by open orders" : "order, by open orders", false, silence, &context)
            if isGone { trade(&context) } else { cancel(id, &context) }
        case .cancelling(let id):
            tell("order cancelled", false, "\(silence) for order \(id.rawValue)", &context)
            query(id, isGone: true, &context)
        case .entering(let id), .closing(let id): context.cancel(id)
        case .done: break
        }
    }

    private func answered(_ query: UInt64, _ context: inout Context) {
        switch step {
        case .balances(query):
            let differing = told.filter { context.balance(leg.account, $0.currency) != $0 }
            let list = told.map(\.description).joined(separator: ", ")
            tell("balances", differing.isEmpty && !told.isEmpty, told.isEmpty ? "none" : list, &context)
            checkMargin(&context)
            askForPositions(&context)
        case .positions(query):
            let (ours, theirs) = (context.position(leg.account, leg.instrument), toldPosition ?? .zero)
            tell("position", ours == theirs, "\(instrument.text(theirs)), and by our record \(instrument.text(ours))", &context)
            rest(&context)
        case .querying(let id, let isGone, query):
            let status = toldOrders.last { $0.order == id }
            let text = status.map { "order \(id.rawValue) is \($0.isOpen ? "open" : "gone")" } ?? "order \(id.rawValue) is not known"
            tell(isGone ? "cancelled, by query" : "order, by query", (status?.isOpen ?? false) != isGone, text, &context)
            list(id, isGone: isGone, &context)
        case .listing(let id, let isGone, query):
            let isThere = toldOrders.contains { $0.order == id && $0.isOpen }
            let text = "\(toldOrders.count) open orders, order \(id.rawValue) is \(isThere ? "one" : "none") of them"
            tell(isGone ? "cancelled, by open orders" : "order, by open orders", isThere != isGone, text, &context)
            if isGone { trade(&context) } else { cancel(id, &context) }
        default: break
        }
    }

    // MARK: What is observed

    private func mid(_ context: Context) -> FinePrice? { context.books[leg.instrument].mid(instrument) }

    private func tellOfMarket(_ context: inout Context) {
        guard let mid = mid(context) else { return tell("book", false, "it has no two sides", &context) }
        let least = instrument.leastOrder(at: mid)
        let price = instrument.text(Price(ticks: instrument.priceStep))
        let size = instrument.text(Quantity(lots: instrument.quantityStep))
        let value = instrument.notional(least, mid)
        tell(
            "rules", instrument.takes(least, at: mid),
            "\(instrument.venueSymbol) in steps of \(price) and \(size), at least \(instrument.text(least)) (\(value))", &context)
        let book = leg.instrument
        let (bid, ask) = (context.books[book].bestBid, context.books[book].bestAsk)
        let age = context.bookAge(book)
        let isGood = context.trouble(with: leg, staleAfter: parameters.duration("max_book_age")) == nil
        let touch = "\(bid.map(instrument.text) ?? "–") at \(ask.map(instrument.text) ?? "–")"
        tell("book", isGood, "\(touch), \(Decimal.text(age.count / 1_000, decimals: 3)) ms old", &context)
        let limit = parameters.duration("max_clock_offset")
        if let offset {
            let text = Decimal.text(offset.count / 1_000, decimals: 3)
            tell("clock", abs(offset.count) <= limit.count, "what the venue tells is at least \(text) ms old here", &context)
        } else {
            tell("clock", false, "the feed has told no time", &context)
        }
    }

    private func checkMargin(_ context: inout Context) {
        guard let mid = mid(context) else { return }
        let (collateral, needed) = (context.collateral(leg), instrument.notional(instrument.leastOrder(at: mid), mid))
        let held = Decimal.text(collateral, decimals: 9)
        tell("margin", collateral >= needed.nanos, "\(held) \(instrument.quote) for an order of \(needed)", &context)
    }

    private func askForPositions(_ context: inout Context) {
        toldPosition = nil
        begin(.positions(query: context.askForPositions(leg.account)), &context)
    }

    // MARK: An order's life

    private func rest(_ context: inout Context) {
        guard let mid = mid(context) else {
            begin(.done, &context)
            tell("order acknowledged", false, "the book has no two sides", &context)
            return finish(&context)
        }
        let share = Int128(mid.nanos) * Int128(parameters.rate("distance").trillionths) / Int128(Rate.scale)
        let ticks = (mid.nanos - Int64(share)) / instrument.tickSize.nanos
        let price = instrument.orderPrice(Price(ticks: ticks), .buy)
        let order = context.submit(
            OrderDraft(
                account: leg.account, instrument: leg.instrument, side: .buy, price: price,
                quantity: instrument.leastOrder(at: instrument.finePrice(price)), postOnly: true, purpose: .quote))
        begin(.resting(order), &context)
    }

    private func orderChanged(_ id: OrderID, _ change: OrderChange, _ context: inout Context) {
        switch (step, change) {
        case (.resting(id), .acknowledged):
            tell("order acknowledged", true, "order \(id.rawValue)", &context)
            query(id, isGone: false, &context)
        case (.resting(id), _) where context.isDone(id):
            tell("order acknowledged", false, "order \(id.rawValue) was refused: \(change)", &context)
            trade(&context)
        case (.cancelling(id), .cancelled):
            tell("order cancelled", true, "order \(id.rawValue)", &context)
            query(id, isGone: true, &context)
        case (.cancelling(id), _) where context.isDone(id):
            tell("order cancelled", false, "order \(id.rawValue) ended otherwise: \(change)", &context)
            query(id, isGone: true, &context)
        default: break
        }
    }

    private func query(_ id: OrderID, isGone: Bool, _ context: inout Context) {
        toldOrders = []
        begin(.querying(id, isGone: isGone, query: context.ask(for: id, leg)), &context)
    }

    private func list(_ id: OrderID, isGone: Bool, _ context: inout Context) {
        toldOrders = []
        begin(.listing(id, isGone: isGone, query: context.askForOpenOrders(leg.account)), &context)
    }

    private func cancel(_ id: OrderID, _ context: inout Context) {
        context.cancel(id)
        begin(.cancelling(id), &context)
    }

    // MARK: A trade

    private func trade(_ context: inout Context) {
        guard parameters.boolean("trade") else { return finish(&context) }
        guard let mid = mid(context), let bid = context.books[leg.instrument].bestBid, let ask = context.books[leg.instrument].bestAsk
        else {
            begin(.done, &context)
            tell("trade", false, "the book has no two sides", &context)
            return finish(&context)
        }
        let least = instrument.leastOrder(at: mid)
        let value = instrument.notional(least, mid).nanos
        // In and out as a taker, at the worst price that closing takes at first.
        let rate = 2 * Int128(parameters.rate("taker_fee").trillionths) + Int128(parameters.rate("flatten_slippage").trillionths)
        let spread = Int128((ask - bid).count) * Int128(Rate.scale) / Int128(ask.ticks)
        let cost = Int64(Int128(value) * (rate + spread) / Int128(Rate.scale))
        let budget = budget(mid)
        begin(.done, &context)
        let (costText, budgetText) = (Decimal.text(cost, decimals: 9), Decimal.text(budget, decimals: 9))
        tell("budget", cost <= budget, "trading may cost \(costText) of \(budgetText) \(instrument.quote)", &context)
        guard cost <= budget else { return finish(&context) }
        equityBefore = context.equity(leg.account, instrument.settlement)
        let work = SharedParameters.trackingLimit(parameters, leg, .buy, least)
        let id = context.run(TrackingLimit(work))
        begin(.entering(id), within: parameters.duration("entry_timeout") + parameters.duration("step_timeout"), &context)
    }

    private func budget(_ price: FinePrice) -> Int64 {
        let amount = parameters.amount("budget")
        guard amount.currency == instrument.base else { return amount.nanos }
        return roundedBillionth(Int128(amount.nanos) * Int128(price.nanos))
    }

    private func algorithmEnded(_ id: AlgorithmID, _ end: AlgorithmEnd, _ context: inout Context) {
        switch step {
        case .entering(id):
            let bought = "\(instrument.text(end.filled)) bought at \(end.averagePrice?.description ?? "–") in \(end.attempts) orders"
            tell("tracking limit", end.reason == .filled, "\(bought): \(end.reason)", &context)
            let work = SharedParameters.flatten(parameters, [leg])
            begin(.closing(context.run(Flatten(work))), within: .minutes(1), &context)
        case .closing(id):
            let left = context.position(leg.account, leg.instrument)
            let sold = "\(instrument.text(end.filled)) sold in \(end.attempts) orders"
            tell("closed", left.isZero, "\(sold), \(instrument.text(left)) left", &context)
            if let equityBefore {
                let spent = equityBefore - context.equity(leg.account, instrument.settlement)
                let limit = mid(context).map(budget) ?? 0
                tell("spent", spent.nanos <= limit, "\(spent)", &context)
            }
            finish(&context)
        default: break
        }
    }

    private func finish(_ context: inout Context) {
        if let deadline { context.cancel(deadline) }
        (step, deadline) = (.done, nil)
        context.note("\(checks) checks, \(failures) failed")
    }
}
