public import Market
public import Trading

/// Keeps a run's figures while it runs, in memory that does not depend on its length.
///
/// The driver tells it what the venues do, in the order of venue time, and what the core records when it learns of it; the two
/// are joined by trade, so that the attribution is the core's and the profit the venues'.
public final class RunRecorder {
    let description: RunDescription
    private var ledger: AttributionLedger
    /// The mids before each fill that the core does not know of yet.
    private var pending: PendingMids
    /// The mids before the fill that is being recorded.
    private var fillMids: [FinePrice?]
    private var equityNow = CurrencyAmounts()
    private var startEquity = CurrencyAmounts()
    private var startRates = CurrencyAmounts()
    private(set) var lastRates = CurrencyAmounts()
    /// Rates in the order of their currencies: the stated ones first.
    private let rateSources: [(currency: Currency, source: RunDescription.Rate)]
    private let hasMovingRates: Bool
    private var lastMids: [FinePrice?] = []
    private var drawdown = Drawdown()
    private var lastTotal = ExactAmount.zero
    private var flows = CurrencyAmounts()
    private var ulcerSum = 0.0
    private var returns: [Double] = []
    private var lastSample: ExactAmount?
    private var nextSample: Timestamp
    private var capital = ExactAmount.zero
    private var activity: [RunResult.Activity]
    private let activityOfAccount: [Int]
    /// By instrument.
    let contracts: [Contract]
    /// By account × instrument: whether they are of one venue.
    private let isListed: [Bool]
    private var mechanisms: ContiguousArray<(name: String, count: Int)> = []
    private var unverified = 0
    private var large = 0
    private var fillTimes = FillTimes()
    private var fillTimesByDistance = TouchDistance.allCases.map { _ in FillTimes() }
    private var unknownTimes = SpanHistogram()
    var markouts: MarkoutRecorder
    var hedges: HedgeRecorder
    var attempts: HedgeAttempts
    private var exposures: ExposureRecorder
    private var hasTolerances = false
    var margins: [LegRisk.MarginDistance]
    /// By order.
    var decisions = NumberMap(filler: Decision(mid: FinePrice(nanos: 0), time: .distantPast, isResting: false))
    private var slippage = (sum: 0.0, weight: 0.0)
    private var trips = RunResult.RoundTrips()
    private var tripProfit = ExactAmount.zero
    private var equity: BucketSeries
    private var drawdownSeries: BucketSeries
    private var fees: BucketSeries
    private var mids: [BucketSeries]
    private var inventory: [BucketSeries]
    private var netDelta: BucketSeries
    private var spread: BucketSeries

    /// What was known when an order was sent.
    struct Decision: BitwiseCopyable {
        var mid: FinePrice
        var time: Timestamp
        var isResting: Bool
        var distance = TouchDistance.beyond
        var hasFill = false
        var planned: HedgeRecorder.PlannedHedge?
    }

    public init(_ description: RunDescription) {
        self.description = description
        fillMids = description.instruments.map { _ in nil }
        hasMovingRates = description.rates.values.contains { $0.isMid }
        ledger = AttributionLedger(description.instruments, accounts: description.accounts.count)
        rateSources = description.rates.map { ($0.key, $0.value) }.sorted { ($0.1.isMid ? 1 : 0, $0.0) < ($1.1.isMid ? 1 : 0, $1.0) }
        nextSample = description.start + description.sampling
        let venues = description.accounts.map(\.venue).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        activity = venues.map { RunResult.Activity(venue: $0) }
        activityOfAccount = description.accounts.map { account in venues.firstIndex(of: account.venue) ?? 0 }
        contracts = description.instruments.map(\.contract)
        isListed = description.accounts.flatMap { account in description.venueOfInstrument.map { $0 == account.venue } }
        markouts = MarkoutRecorder(description)
        hedges = HedgeRecorder(description.instruments)
        attempts = HedgeAttempts(symbols: description.instruments.count)
        exposures = ExposureRecorder(description, isListed: isListed)
        margins = description.accounts.map { LegRisk.MarginDistance(account: $0.name) }
        pending = PendingMids(venues: venues.count, instruments: description.instruments.count)
        let series = BucketSeries(from: description.start)
        equity = series
        drawdownSeries = series
        fees = series
        netDelta = series
        spread = series
        mids = description.instruments.map { _ in series }
        inventory = Array(repeating: series, count: description.accounts.count * description.instruments.count)
    }

    // MARK: What the venues did

    /// Whether every currency has a rate at these mids.
    public func canValue(_ state: borrowing VenueState) -> Bool {
        for (_, source) in rateSources {
            if case .mid(let id) = source, state.mids[id.index] == nil { return false }
        }
        return true
    }

    /// The state before the first order.
    public func begin(_ state: borrowing VenueState) {
        updateRates(state.mids)
        startRates = lastRates
        reckonEquity(state)
        startEquity = equityNow
        let total = startEquity.exact(startRates)
        capital = description.capital.map { ExactAmount(nanos: $0.nanos, rate: startRates[$0.currency] ?? 1_000_000_000) } ?? total
        lastSample = total
        record(state)
    }

    /// A fill at the venue, when it happened: its witness's mechanism, and the mids just before it, by instrument.
    public func venueFill(account: AccountID, _ fill: Fill, mechanism: String, isVerified: Bool, isLarge: Bool, mids: [FinePrice?]) {
        pending.add(mids, venue: activityOfAccount[account.index], trade: fill.trade)
        let place = mechanisms.firstIndex { $0.name == mechanism } ?? mechanisms.count
        if place == mechanisms.count { mechanisms.append((mechanism, 0)) }
        mechanisms[place].count += 1
        if !isVerified { unverified += 1 }
        if isLarge { large += 1 }
    }

    /// Equity and charts, at every event that moves equity and at each sample.
    public func record(_ state: borrowing VenueState) {
        updateRates(state.mids)
        if lastMids.count != state.mids.count { lastMids = state.mids }
        for index in state.mids.indices { lastMids[index] = state.mids[index] }
        reckonEquity(state)
        let total = equityNow.exact(lastRates)
        while state.time >= nextSample {
            sample(lastSample ?? total, total)
            nextSample = nextSample + description.sampling
        }
        lastTotal = total
        let nanos = total.nanos
        drawdown.add(nanos, at: state.time)
        let fall = drawdown.current(nanos)
        equity.add(Double(nanos) / 1e9, at: state.time)
        drawdownSeries.add(-Double(fall) / 1e9, at: state.time)
        var delta = 0.0
        for index in contracts.indices {
            guard let mid = state.mids[index] else { continue }
            mids[index].add(Double(mid.nanos) / 1e9, at: state.time)
            for account in state.positions.indices {
                let slot = account * contracts.count + index
                guard isListed[slot] else { continue }
                let base = Double(contracts[index].baseAmount(state.positions[account][index], at: mid)) / 1e9
                delta += base
                inventory[slot].add(base, at: state.time)
            }
        }
        netDelta.add(delta, at: state.time)
        followExposure(state)
        if state.mids.count >= 2, let one = state.mids[0], let two = state.mids[1] {
            spread.add(Double(one.nanos - two.nanos) / (Double(one.nanos + two.nanos) / 2) * 1e4, at: state.time)
        }
    }

    private func followExposure(_ state: borrowing VenueState) {
        exposures.add(state, rates: lastRates)
        markouts.sample(lastMids, at: state.time)
        guard !hasTolerances else { return }
        hasTolerances = exposures.isPriced
        for symbol in hedges.symbols.indices where hedges.symbols[symbol] == symbol {
            if let tolerance = exposures.tolerance(symbol) { ledger.setTolerance(tolerance, symbol: symbol) }
        }
    }

    /// In 10⁻⁹ of the reporting currency.
    public var lastEquity: Int64 { lastTotal.nanos }
    /// What was earned until the equity was looked at last.
    public var profitSoFar: ExactAmount { lastSample == nil ? .zero : lastTotal - startEquity.exact(startRates) - flows.exact(lastRates) }
    /// Fills that the core has recorded.
    public var fillCount: Int { activity.reduce(0) { $0 + $1.fills } }

    private func sample(_ before: ExactAmount, _ now: ExactAmount) {
        let basis = description.isCompounding ? before : capital
        guard basis.units > 0 else { return }
        returns.append((now - before).double / basis.double)
        lastSample = now
        let fall = Double(drawdown.current(now.nanos)) / 1e9 / basis.double
        ulcerSum += fall * fall
    }

    // MARK: What the core recorded

    /// - Parameter best: What the order's own side of our book shows; nil where it is empty.
    public func submitted(_ order: Order, mid: FinePrice?, best: Price?, at time: Timestamp) {
        activity[activityOfAccount[order.draft.account.index]].submitted += 1
        guard let mid else { return }
        var decision = Decision(
            mid: mid, time: time, isResting: order.draft.timeInForce == .goodTillCancelled && order.draft.type == .limit)
        if let best, let price = order.price { decision.distance = TouchDistance(price, order.draft.side, best: best) }
        decisions.insert(order.id.rawValue, decision)
    }

    private func waited(_ decision: Decision, until time: Timestamp, filled: Bool) {
        fillTimes.add(time - decision.time, filled: filled)
        fillTimesByDistance[decision.distance.rawValue].add(time - decision.time, filled: filled)
    }

    /// Something of an order was unknown for this long.
    public func resolved(after span: Nanoseconds) { unknownTimes.add(span) }

    public func requested(_ kind: RequestKind, _ order: Order) {
        let index = activityOfAccount[order.draft.account.index]
        switch kind {
        case .submit, .leverage, .cancelAll, .query, .deadMan: break
        case .cancel: activity[index].cancels += 1
        case .amend: activity[index].amends += 1
        }
    }

    public func refused(_ kind: RequestKind, _ reason: RejectReason, account: AccountID) {
        // A cancel that comes too late is the order's end, not a refusal of anything new.
        guard kind == .submit else { return }
        activity[activityOfAccount[account.index]].rejects["\(reason)", default: 0] += 1
    }

    /// A fill as the core recorded it.
    public func coreFill(
        _ fill: Fill, _ order: Order?, account: AccountID, isLate: Bool, cancelPending: Bool, venueTime: Timestamp
    ) {
        let index = activityOfAccount[account.index]
        let isKnown = pending.take(venue: index, trade: fill.trade, into: &fillMids)
        if !isKnown, !lastMids.isEmpty { fillMids = lastMids }
        let contract = contracts[fill.instrument.index]
        let price = contract.finePrice(fill.price)
        let hasMids = isKnown || !lastMids.isEmpty
        if hasMids { ledger.move(fillMids) }
        let mid = hasMids ? fillMids[fill.instrument.index] : nil
        ledger.fill(fill, account: account, purpose: order?.draft.purpose ?? .flatten, mid: mid)
        let worth = value(contract, fill.signedQuantity, price)
        let notional = ExactAmount(nanos: abs(worth.nanos), rate: lastRates[worth.currency] ?? 0)
        activity[index].fills += 1
        if fill.role == .maker {
            activity[index].makerFills += 1
            activity[index].makerNotional += notional
        } else {
            activity[index].takerFills += 1
            activity[index].takerNotional += notional
        }
        activity[index].fees += ExactAmount(nanos: fill.fee.nanos, rate: lastRates[fill.fee.currency] ?? 0)
        if let order, order.filled < order.quantity { activity[index].partialFills += 1 }
        if isLate { activity[index].lateFills += 1 }
        if cancelPending { activity[index].cancelRaceFills += 1 }
        var paid = 0.0
        for index in activity.indices { paid += activity[index].fees.double }
        fees.add(paid, at: max(venueTime, description.start))
        if let order { note(fill, order.id, price, notional, venueTime) }
        closeTrip(paid: worth, fill.fee)
    }

    private func note(_ fill: Fill, _ order: OrderID, _ price: FinePrice, _ notional: ExactAmount, _ time: Timestamp) {
        let before = decisions.update(order.rawValue) { decision in
            defer { decision.hasFill = true }
            return decision
        }
        guard let decision = before else { return }
        if fill.role == .taker {
            let cost = Double(fill.side.sign) * Double(price.nanos - decision.mid.nanos) / Double(decision.mid.nanos) * 1e4
            let weight = notional.double
            slippage.sum += cost * weight
            slippage.weight += weight
        }
        if !decision.hasFill, decision.isResting { waited(decision, until: time, filled: true) }
    }

    public func ended(_ order: Order, at time: Timestamp) {
        if order.draft.purpose == .hedge { hedgeEnded(order) }
        let index = activityOfAccount[order.draft.account.index]
        let decision = decisions[order.id.rawValue]
        if decision != nil { decisions.remove(order.id.rawValue) }
        switch order.life {
        case .done(.denied): activity[index].denied += 1
        case .done(.rejected), .done(.failed): break
        default:
            activity[index].accepted += 1
            if order.filled.lots > 0 { activity[index].acceptedWithFill += 1 }
            count(order, &activity[index])
        }
        if let decision, decision.isResting, !decision.hasFill { waited(decision, until: time, filled: false) }
    }

    /// What an accepted order asked for and got, valued at its own price so that instruments add up.
    private func count(_ order: Order, _ activity: inout RunResult.Activity) {
        let contract = contracts[order.draft.instrument.index]
        guard let price = order.price.map(contract.finePrice) ?? (lastMids.isEmpty ? nil : lastMids[order.draft.instrument.index]) else {
            return
        }
        func notional(_ quantity: Quantity) -> ExactAmount {
            let worth = value(contract, quantity, price)
            return ExactAmount(nanos: worth.nanos, rate: lastRates[worth.currency] ?? 0)
        }
        activity.acceptedNotional += notional(max(order.quantity, order.filled))
        activity.filledNotional += notional(order.filled)
    }

    public func funded(_ payment: FundingPayment) {
        ledger.fund(payment)
        tripProfit += ExactAmount(nanos: payment.amount.nanos, rate: lastRates[payment.amount.currency] ?? 0)
    }

    /// What the venue closed by force, as the core recorded it.
    public func liquidated(_ quantity: Quantity, of id: InstrumentID, at price: FinePrice, penalty: Money, account: AccountID) {
        let mids = lastMids
        if !mids.isEmpty { ledger.move(mids) }
        ledger.liquidate(
            quantity, of: id, at: price, penalty: penalty, account: account, mid: mids.isEmpty ? nil : mids[id.index])
        closeTrip(paid: value(description.instruments[id.index], quantity, price), penalty)
    }

    public func adjusted(_ money: Money) {
        ledger.adjust(money)
        tripProfit += ExactAmount(nanos: money.nanos, rate: lastRates[money.currency] ?? 0)
    }
    public func flowed(_ money: Money) { flows.add(money) }

    /// A round trip ends when every position that the run made is flat again.
    private func closeTrip(paid worth: Money, _ cost: Money) {
        tripProfit -= ExactAmount(nanos: worth.nanos, rate: lastRates[worth.currency] ?? 0)
        tripProfit -= ExactAmount(nanos: cost.nanos, rate: lastRates[cost.currency] ?? 0)
        guard ledger.isFlat else { return }
        trips.count += 1
        if tripProfit > .zero {
            trips.wins += 1
            trips.gains += tripProfit
        } else {
            trips.losses += .zero - tripProfit
        }
        tripProfit = .zero
    }

    // MARK: The end

    /// - Parameters:
    ///   - state: The venues' last state.
    ///   - unknownOrders: Of which something is unknown for the core.
    ///   - instances: What each of several strategies made, at the state's marks.
    public func finish(_ state: borrowing VenueState, unknownOrders: Int = 0, instances: [InstanceRecord] = []) -> RunResult {
        record(state)
        drawdown.finish(at: state.time)
        ledger.move(state.mids)
        let legRisk = legRisk(exposures.finish(at: state.time))
        let (end, rates) = (equityNow, lastRates)
        let attribution = attribution(end, rates, state)
        let statistics = ReturnStatistics(returns, stepSeconds: Double(description.sampling.count) / 1e9)
        var annualised = statistics.annualisedReturn
        if description.isCompounding, annualised != nil {
            annualised = Self.compounded(returns, statistics.periodsPerYear)
        }
        return RunResult(
            description: description, start: description.start, end: state.time, startEquity: startEquity.exact(startRates),
            endEquity: end.exact(rates), attribution: attribution, statistics: statistics, annualisedReturn: annualised,
            sampling: description.sampling, capital: capital, drawdown: drawdown,
            ulcerIndex: returns.isEmpty ? nil : (ulcerSum / Double(returns.count)).squareRoot(), activity: activity,
            mechanisms: mechanisms.reduce(into: [:]) { $0[$1.name] = $1.count },
            unverifiedFills: unverified, largeFills: large, markouts: markouts.finish(), legRisk: legRisk, fillTimes: fillTimes,
            fillTimesByDistance: TouchDistance.allCases.map { ($0, fillTimesByDistance[$0.rawValue]) }, unknownTimes: unknownTimes,
            unknownAtEnd: unknownOrders,
            takerSlippage: slippage.weight > 0 ? slippage.sum / slippage.weight : nil, roundTrips: trips, positions: positions(state),
            balances: zip(description.accounts, state.balances).map { ($0.name, $1) }, rates: ratesUsed(rates), equity: equity,
            drawdownSeries: drawdownSeries, fees: fees, mids: named(mids), inventory: namedInventory(), netDelta: netDelta, spread: spread,
            instances: self.instances(instances, rates))
    }

    private static func compounded(_ returns: [Double], _ periodsPerYear: Double) -> Double {
        let growth = returns.reduce(1.0) { $0 * (1 + $1) }
        return ReturnStatistics.power(growth, periodsPerYear / Double(returns.count)) - 1
    }

    private func attribution(_ end: CurrencyAmounts, _ rates: CurrencyAmounts, _ state: borrowing VenueState) -> Attribution {
        var currency = ExactAmount.zero
        for amount in startEquity.entries {
            currency += ExactAmount(nanos: amount.nanos, rate: (rates[amount.currency] ?? 0) - (startRates[amount.currency] ?? 0))
        }
        let edges = ledger.edges.map { Attribution.Edge(role: $0.key.role, purpose: $0.key.purpose, amount: $0.amounts.exact(rates)) }
        return Attribution(
            edges: edges.sorted { ($0.role.rawValue, $0.purpose.rawValue) < ($1.role.rawValue, $1.purpose.rawValue) },
            basis: ledger.basis.exact(rates), nakedExposure: ledger.nakedExposure.exact(rates),
            inventory: ledger.inventory.exact(rates), fees: ledger.fees.exact(rates),
            funding: ledger.funding.exact(rates), penalties: ledger.penalties.exact(rates), adjustments: ledger.adjustments.exact(rates),
            markDifference: ledger.markDifference(state.marks).exact(rates), currency: currency,
            netProfit: end.exact(rates) - startEquity.exact(startRates) - flows.exact(rates))
    }

    private func positions(_ state: borrowing VenueState) -> [RunResult.Position] {
        var positions: [RunResult.Position] = []
        for (account, owner) in description.accounts.enumerated() {
            for (index, instrument) in description.instruments.enumerated() where !state.positions[account][index].isZero {
                positions.append(
                    RunResult.Position(
                        account: owner.name, instrument: "\(description.venueOfInstrument[index]) \(instrument.venueSymbol)",
                        quantity: instrument.text(state.positions[account][index]), unrealised: state.unrealised[account][index]))
            }
        }
        return positions
    }

    private func named(_ series: [BucketSeries]) -> [RunResult.Series] {
        zip(description.instruments.indices, series).map { index, series in
            RunResult.Series(name: "\(description.venueOfInstrument[index]) \(description.instruments[index].venueSymbol)", series: series)
        }
    }

    private func namedInventory() -> [RunResult.Series] {
        var result: [RunResult.Series] = []
        for (account, owner) in description.accounts.enumerated() {
            for (index, instrument) in description.instruments.enumerated() where owner.venue == description.venueOfInstrument[index] {
                let series = inventory[account * description.instruments.count + index]
                result.append(RunResult.Series(name: "\(owner.name) \(instrument.venueSymbol)", series: series))
            }
        }
        return result
    }

    private func ratesUsed(_ rates: CurrencyAmounts) -> [(currency: Currency, rate: Int64, isStated: Bool)] {
        rates.entries.filter { $0.currency != description.reporting }.map { rate in
            (rate.currency, rate.nanos, description.rates[rate.currency].map { !$0.isMid } ?? false)
        }
    }

    // MARK: Money

    /// Each account's equity by currency: balances and what open positions would pay. What the run bought of a spot instrument
    /// counts at its mark in the quote currency, not as a balance of the base currency.
    private func reckonEquity(_ state: borrowing VenueState) {
        equityNow.clear()
        for account in state.balances.indices {
            for index in state.balances[account].indices { equityNow.add(state.balances[account][index]) }
            for index in contracts.indices {
                guard contracts[index].kind == .spot else {
                    equityNow.add(state.unrealised[account][index])
                    continue
                }
                let position = state.positions[account][index]
                guard !position.isZero, let mark = state.marks[index] else { continue }
                equityNow.add(Money(nanos: -contracts[index].baseAmount(position, at: mark), contracts[index].base))
                equityNow.add(value(contracts[index], position, mark))
            }
        }
    }

    /// 10⁻⁹ of the reporting currency for one of each; a rate by mid keeps its last value while a side of the book is empty.
    private func updateRates(_ mids: [FinePrice?]) {
        if hasMovingRates || lastRates.isEmpty { lastRates = rates(mids) }
    }

    private func rates(_ mids: [FinePrice?]) -> CurrencyAmounts {
        var rates = CurrencyAmounts()
        rates[description.reporting] = 1_000_000_000
        for (currency, source) in rateSources {
            switch source {
            case .stated(let rate):
                rates[currency] = rate
            case .mid(let id):
                let quote = rates[contracts[id.index].quote] ?? 1_000_000_000
                rates[currency] =
                    mids[id.index].map { roundedBillionth(Int128($0.nanos) * Int128(quote)) } ?? lastRates[currency] ?? 0
            }
        }
        return rates
    }
}

extension RunDescription.Rate {
    fileprivate var isMid: Bool { if case .mid = self { true } else { false } }
}
