internal import Market

/// What the limits need to remember.
struct RiskService: ~Copyable {
    let limits: RiskLimits
    var killLevel: KillLevel?
    private var orders = SlidingCount(span: .seconds(1))
    /// By instance, as far as any was rejected.
    private var rejects: ContiguousArray<SlidingCount> = []
    private var recent: ContiguousArray<(draft: OrderDraft, time: Timestamp)> = []

    init(_ limits: RiskLimits) { self.limits = limits }

    /// An order or an amend.
    mutating func recordRequest(_ now: Timestamp) { if limits.maximumOrdersPerSecond != nil { orders.record(now) } }

    mutating func recordOrder(_ draft: OrderDraft, _ now: Timestamp) {
        recordRequest(now)
        if let window = limits.duplicateWindow {
            recent.removeAll { $0.time + window <= now }
            recent.append((draft, now))
        }
    }

    mutating func recordReject(_ instance: StrategyID, _ now: Timestamp) {
        guard limits.maximumRejectsPerMinute != nil else { return }
        while rejects.count <= instance.index { rejects.append(SlidingCount(span: .minutes(1))) }
        rejects[instance.index].record(now)
    }

    mutating func exceedsRate(_ purpose: OrderPurpose, _ now: Timestamp) -> Bool {
        guard let maximum = limits.maximumOrdersPerSecond else { return false }
        let allowed = purpose == .quote ? maximum - limits.reservedOrdersPerSecond : maximum
        return orders.count(now) >= allowed
    }

    mutating func exceedsRejects(_ instance: StrategyID, _ now: Timestamp) -> Bool {
        guard let maximum = limits.maximumRejectsPerMinute else { return false }
        return instance.index < rejects.count && rejects[instance.index].count(now) > maximum
    }

    func isDuplicate(_ draft: OrderDraft, _ now: Timestamp) -> Bool {
        guard let window = limits.duplicateWindow else { return false }
        for index in recent.indices where recent[index].time + window > now && recent[index].draft == draft { return true }
        return false
    }
}

/// The checks of one order before it leaves; the first that fails is the reason.
extension TradingCore {
    /// - Parameter replaced: Of an amend: the order that the draft, with its new price and total, takes the place of.
    func denial(of draft: OrderDraft, _ instance: StrategyID, replacing replaced: OrderID? = nil) -> DenyReason? {
        guard !isStopped else { return .stopped }
        guard mayOrder(draft.purpose) else { return .recovering }
        if isHeld, draft.purpose == .quote { return .held }
        if draft.purpose == .hedge, isClosingPairs { return .closingPairs }
        guard draft.instrument.index < instruments.count, draft.account.index < accounts.count else { return .unknownInstrument }
        guard draft.quantity.lots > 0, draft.type == .market || draft.price != nil else { return .quantity }
        guard draft.quantity >= contracts[draft.instrument.index].minimumQuantity || draft.reduceOnly else { return .minimumQuantity }
        if let reason = stepDenial(draft, contracts[draft.instrument.index]) ?? killed(draft) { return reason }
        if draft.purpose == .quote {
            guard instances[instance.index].freeze == nil else { return .frozen }
            guard feeds[draft.instrument].sync == .synchronised else { return .notSynchronised }
            if let limit = configuration.limits.staleAfter, bookAge(draft.instrument) > limit { return .staleBook }
            if risk.exceedsRejects(instance, now) { return .frozen }
        }
        if risk.exceedsRate(draft.purpose, now) { return .orderRate }
        if draft.purpose == .quote, instances[instance.index].exceedsRate(now) { return .orderRate }
        if replaced == nil, risk.isDuplicate(draft, now) { return .duplicate }
        if let reason = priceDenial(draft) { return reason }
        return sizeDenial(draft, instance, replacing: replaced) ?? marginDenial(draft, replacing: replaced)
    }

    /// Why an amend may not leave. One that only makes the order smaller is a cancel of a part: no limit holds it back.
    func denial(ofAmending order: Order, to price: Price, _ quantity: Quantity) -> DenyReason? {
        var draft = order.draft
        (draft.price, draft.quantity) = (price, quantity)
        guard price == order.price, quantity <= order.quantity else { return denial(of: draft, order.instance, replacing: order.id) }
        guard !isStopped else { return .stopped }
        guard quantity.lots > 0 else { return .quantity }
        guard quantity >= contracts[draft.instrument.index].minimumQuantity || draft.reduceOnly else { return .minimumQuantity }
        return stepDenial(draft, contracts[draft.instrument.index])
    }

    /// The venue would refuse what is between its steps; what stands there already may be closed.
    private func stepDenial(_ draft: OrderDraft, _ contract: Contract) -> DenyReason? {
        if contract.priceStep > 1, let price = draft.price, price.ticks % contract.priceStep != 0 { return .priceStep }
        if contract.quantityStep > 1, !draft.reduceOnly, draft.quantity.lots % contract.quantityStep != 0 { return .quantityStep }
        return nil
    }

    private func killed(_ draft: OrderDraft) -> DenyReason? {
        switch risk.killLevel {
        case nil: nil
        case .stopQuoting, .cancelAll: draft.purpose == .quote ? .killed : nil
        case .reduceOnly, .flatten: draft.reduceOnly || sellsWhatWasBought(draft) ? nil : .killed
        }
    }

    /// Venues know no reduce-only orders of coins: one that brings the position nearer to nothing is one.
    private func sellsWhatWasBought(_ draft: OrderDraft) -> Bool {
        guard contracts[draft.instrument.index].kind == .spot, draft.purpose == .flatten else { return false }
        let held = positions.position(draft.account, draft.instrument)
        return held.lots * draft.side.sign < 0 && draft.quantity <= held.magnitude
    }

    private func priceDenial(_ draft: OrderDraft) -> DenyReason? {
        let index = draft.instrument.index
        let book = (bid: books[draft.instrument].bestBidTicks, ask: books[draft.instrument].bestAskTicks)
        if let price = draft.price {
            if draft.postOnly, draft.terms.trigger == nil, draft.side == .buy ? price.ticks >= book.ask : price.ticks <= book.bid {
                return .postOnlyWouldTake
            }
            if let collar = configuration.limits.priceCollar, let mid = books[draft.instrument].mid(contracts[index]) {
                let distance = Int128(contracts[index].finePrice(price).nanos - mid.nanos) * Int128(draft.side.sign)
                if distance * Int128(Rate.scale) > Int128(mid.nanos) * Int128(collar.trillionths) { return .priceCollar }
            }
        }
        guard configuration.limits.preventsSelfTrade, draft.terms.trigger == nil else { return nil }
        // An order of ours on the other side that this one would meet.
        for id in orders.open {
            guard let other = orders[id], other.draft.isBeside(draft), other.draft.side != draft.side, other.draft.type == .limit,
                other.draft.terms.trigger == nil, let resting = other.price, other.pending != .cancel
            else { continue }
            guard let price = draft.price else { return .selfTrade }
            if draft.side == .buy ? price >= resting : price <= resting { return .selfTrade }
        }
        return nil
    }

    private func sizeDenial(_ draft: OrderDraft, _ instance: StrategyID, replacing replaced: OrderID?) -> DenyReason? {
        let (limits, own) = (risk.limits, instances[instance.index].limits)
        let hasLimits =
            limits.maximumOrderNotional != nil || limits.maximumPosition != nil || own.maximumOrderNotional != nil
            || own.maximumPosition != nil
        let contract = contracts[draft.instrument.index]
        guard hasLimits || contract.minimumNotional > 0 else { return nil }
        let price = draft.price.map(contract.finePrice) ?? reference(draft.instrument)
        guard let price else { return hasLimits ? .priceCollar : nil }
        let notional = contract.notional(draft.quantity, price).nanos
        if notional < contract.minimumNotional, !draft.reduceOnly { return .minimumNotional }
        guard draft.purpose == .quote else { return nil }
        if let limit = limits.maximumOrderNotional, notional > limit { return .notional }
        if let limit = own.maximumOrderNotional, notional > limit { return .notional }
        guard !draft.reduceOnly else { return nil }
        /// Only an order that leads further away from flat is held back.
        func exceeds(_ limit: Int64?, _ held: Quantity, of owner: StrategyID?) -> Bool {
            guard let limit else { return false }
            let waiting = working(draft.account, draft.instrument, draft.side, of: owner, except: replaced)
            let filled = replaced.flatMap { orders.read($0) { $0.filled.lots } } ?? 0
            let reach = held.lots + draft.side.sign * (waiting + draft.quantity.lots - filled)
            return reach * draft.side.sign > 0 && abs(contract.baseAmount(Quantity(lots: reach), at: price)) > limit
        }
        if exceeds(limits.maximumPosition, positions.position(draft.account, draft.instrument), of: nil) { return .position }
        let ownPosition = own.maximumPosition == nil ? .zero : positions.own(instance, draft.account, draft.instrument)
        return exceeds(own.maximumPosition, ownPosition, of: instance) ? .position : nil
    }

    /// Lots on one side of what may still fill for all we know: open orders, an amend's larger total included, and ended ones that are
    /// unknown.
    ///
    /// - Parameter owner: Of one instance; nil: of all.
    func working(
        _ account: AccountID, _ instrument: InstrumentID, _ side: Side, of owner: StrategyID? = nil, except replaced: OrderID?,
        mayOpen: Bool = false
    ) -> Int64 {
        func lots(_ order: borrowing Order) -> Int64 {
            let (draft, instance) = (order.draft, order.instance)
            guard draft.account == account, draft.instrument == instrument, draft.side == side, owner == nil || instance == owner,
                !mayOpen || !draft.reduceOnly
            else { return 0 }
            return order.possibleReserve.lots
        }
        var sum: Int64 = 0
        for id in orders.open where id != replaced { sum += orders.read(id, lots) ?? 0 }
        for id in orders.unsettled where id != replaced { sum += orders.read(id, lots) ?? 0 }
        return sum
    }
}
