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

    mutating func recordOrder(_ draft: OrderDraft, _ now: Timestamp) {
        if limits.maximumOrdersPerSecond != nil { orders.record(now) }
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
    func denial(of draft: OrderDraft, _ instance: StrategyID) -> DenyReason? {
        guard !isStopped else { return .stopped }
        guard mayOrder(draft.purpose) else { return .recovering }
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
        if risk.isDuplicate(draft, now) { return .duplicate }
        if let reason = priceDenial(draft) { return reason }
        return sizeDenial(draft)
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

    private func sizeDenial(_ draft: OrderDraft) -> DenyReason? {
        let limits = risk.limits
        guard limits.maximumOrderNotional != nil || limits.maximumPosition != nil || contracts[draft.instrument.index].minimumNotional > 0
        else { return nil }
        let contract = contracts[draft.instrument.index]
        let price = draft.price.map(contract.finePrice) ?? reference(draft.instrument)
        guard let price else { return limits.maximumOrderNotional == nil && limits.maximumPosition == nil ? nil : .priceCollar }
        let notional = contract.notional(draft.quantity, price).nanos
        if notional < contract.minimumNotional, !draft.reduceOnly { return .minimumNotional }
        if let limit = limits.maximumOrderNotional, notional > limit, draft.purpose == .quote { return .notional }
        if let limit = limits.maximumPosition, !draft.reduceOnly, draft.purpose == .quote {
            var reach = positions.position(draft.account, draft.instrument).lots
            for id in orders.open {
                reach += orders.read(id) { $0.draft.isBeside(draft) && $0.draft.side == draft.side ? $0.signedRemaining.lots : 0 } ?? 0
            }
            for id in orders.unsettled {
                reach += orders.read(id) { $0.draft.isBeside(draft) && $0.draft.side == draft.side ? $0.signedReserve.lots : 0 } ?? 0
            }
            reach += draft.side.sign * draft.quantity.lots
            // Only an order that leads further away from flat is held back.
            let grows = reach * draft.side.sign > 0
            if grows, abs(contract.baseAmount(Quantity(lots: reach), at: price)) > limit { return .position }
        }
        return nil
    }
}
