internal import Market
internal import Trading

/// Orders that reach the venue.
extension VenueMarket {
    /// How an order that arrived ended up, fills aside.
    enum Arrival: Equatable {
        case rested
        /// It rests at another price than it asked for.
        case slid(Int64)
        case filled
        case expired(ExpiryReason)
        case rejected(RejectReason)
    }

    /// Takes what the order may take, and rests the remainder if it may rest.
    mutating func arrive(_ request: OrderRequest, account: Int) -> Arrival {
        let limit = request.price?.ticks
        var lots = request.quantity.lots
        if request.reduceOnly {
            lots = min(lots, reducible(account, request.side))
            guard lots > 0 else { return .rejected(.reduceOnly) }
        }
        if request.postOnly, wouldTake(request.side, limit) {
            switch rules.postOnly {
            case .reject: return .rejected(.postOnlyWouldTake)
            case .expire: return .expired(.postOnlyWouldTake)
            case .slide: return slide(request, account)
            }
        }
        if matching == .hftbacktest { return arriveWhole(request, account, lots) }
        if request.timeInForce == .fillOrKill, takeable(request, account) < lots { return .expired(.fillOrKillShort) }
        let rest = take(request, account, lots)
        if rest.isSelfTrade { return .expired(.selfTrade) }
        let left = rest.lots
        let remaining = request.quantity.lots - (lots - left)
        if remaining == 0 { return .filled }
        if request.type == .market { return .expired(left == request.quantity.lots ? .noLiquidity : .immediateRemainder) }
        guard request.timeInForce == .goodTillCancelled, let limit else { return .expired(.immediateRemainder) }
        self.rest(request, account, limit, remaining)
        return .rested
    }

    /// Rests a post-only order one tick behind the best price that it would have met.
    private mutating func slide(_ request: OrderRequest, _ account: Int) -> Arrival {
        let book = request.side == .buy ? self.book.bestAskTicks : self.book.bestBidTicks
        let own = orders(request.side.opposite).first?.ticks
        let met = request.side == .buy ? min(book, own ?? .max) : max(book, own ?? .min)
        // Off the grid of order prices it goes further back, never forward.
        let aligned = contract.orderPrice(Price(ticks: met - request.side.sign * contract.priceStep), request.side).ticks
        guard aligned > 0 else { return .rejected(.postOnlyWouldTake) }
        rest(request, account, aligned, request.quantity.lots)
        return .slid(aligned)
    }

    /// Rests what an order did not take. A reduce-only one keeps its whole remainder, and fills for what there is to reduce;
    /// it is gone when that is nothing.
    private mutating func rest(_ request: OrderRequest, _ account: Int, _ limit: Int64, _ remaining: Int64) {
        guard !request.reduceOnly || reducible(account, request.side) > 0 else {
            removed.append((request.order, account, .venue))
            return
        }
        rest(
            RestingOrder(
                id: request.order, account: account, side: request.side, ticks: limit, remaining: remaining,
                quantity: request.quantity.lots, reduceOnly: request.reduceOnly,
                queue: queueEnd(request.side, limit), arrival: 0, expiry: request.terms.expiry))
    }

    private mutating func arriveWhole(_ request: OrderRequest, _ account: Int, _ lots: Int64) -> Arrival {
        let best = request.side == .buy ? book.bestAskTicks : book.bestBidTicks
        let isEmpty = best == (request.side == .buy ? OrderBook.noAsk : OrderBook.noBid)
        let crosses = !isEmpty && (request.price.map { request.side == .buy ? $0.ticks >= best : $0.ticks <= best } ?? true)
        if crosses || request.type == .market {
            guard !isEmpty else { return .expired(.noLiquidity) }
            let witness = FillWitness(
                mechanism: .ownTaker, displayed: book.lots(request.side.opposite, best), usedBefore: 0, queueAhead: 0,
                isVerified: isSynchronised)
            matched(request, account, best, lots, witness)
            return lots < request.quantity.lots ? .expired(.immediateRemainder) : .filled
        }
        guard request.timeInForce == .goodTillCancelled, let limit = request.price?.ticks else { return .expired(.immediateRemainder) }
        rest(request, account, limit, request.quantity.lots)
        return .rested
    }

    /// Whether an order would meet a displayed level or an order of ours.
    @inline(__always)  // Else the market is copied for the call.
    func wouldTake(_ side: Side, _ limit: Int64?) -> Bool {
        func reaches(_ ticks: Int64) -> Bool { limit.map { side == .buy ? $0 >= ticks : $0 <= ticks } ?? true }
        let best = side == .buy ? book.bestAskTicks : book.bestBidTicks
        if best != (side == .buy ? OrderBook.noAsk : OrderBook.noBid), reaches(best) { return true }
        return matching == .faithful && count(side.opposite) > 0 && reaches(self[side.opposite, 0].ticks)
    }

    /// Whether an order is worth too little, at its limit or else at the best price that it would take.
    @inline(__always)  // Else the market is copied for the call.
    func isBelowMinimumNotional(_ request: OrderRequest) -> Bool {
        guard contract.minimumNotional > 0, let price = request.price ?? (request.side == .buy ? book.bestAsk : book.bestBid) else {
            return false
        }
        return contract.notional(request.quantity, contract.finePrice(price)).nanos < contract.minimumNotional
    }

    /// What an order could take in all; up to an order of its own owner that would stop it.
    private func takeable(_ request: OrderRequest, _ account: Int) -> Int64 {
        let (side, limit) = (request.side, request.price?.ticks)
        func reaches(_ ticks: Int64) -> Bool { limit.map { side == .buy ? ticks <= $0 : ticks >= $0 } ?? true }
        var sum: Int64 = 0
        var wall: Int64?
        // Reduce-only orders give no more than what the fills before them leave to reduce.
        var after = positions.indices.map { positions[$0] }
        for order in orders(side.opposite) {
            guard reaches(order.ticks) else { break }
            switch rules.prevention(request, taker: account, maker: order.account) {
            case nil:
                let reducible = max(0, -order.side.sign * after[order.account])
                let lots = order.reduceOnly ? min(order.remaining, reducible) : order.remaining
                after[order.account] += order.side.sign * lots
                sum += lots
            case .allow, .expireMaker: continue
            case .expireTaker, .expireBoth, .reduceBoth: wall = order.ticks
            }
            if wall != nil { break }
        }
        var at: Int64?
        while let level = book.next(side.opposite, after: at), reaches(level.ticks) {
            if let wall, side == .buy ? level.ticks >= wall : level.ticks <= wall { break }
            sum += available(side.opposite, level.ticks, level.lots)
            at = level.ticks
        }
        return sum
    }

    /// The worst price that a market order of this size could reach in the displayed book; nil when it shows nothing.
    func reach(_ side: Side, _ lots: Int64) -> Int64? {
        var left = lots
        var at: Int64?
        while left > 0, let level = book.next(side.opposite, after: at) {
            left -= available(side.opposite, level.ticks, level.lots)
            at = level.ticks
        }
        return at
    }

    /// What taking left over.
    struct Rest {
        var lots: Int64
        /// It met an order of its own owner, which ended it.
        var isSelfTrade = false
    }

    /// Walks the displayed levels and our own resting orders in price order.
    ///
    /// At one price the size that stood ahead of our resting order goes first, then that order, then the rest of the level.
    mutating func take(_ request: OrderRequest, _ account: Int, _ lots: Int64) -> Rest {
        let opposite = request.side.opposite
        func isBetter(_ one: Int64, _ two: Int64) -> Bool { request.side == .buy ? one < two : one > two }
        var bound = rules.boundsAverage(request) ? request.price.map { AverageBound(request.side, limit: $0.ticks) } : nil
        var left = lots
        var level = book.next(opposite, after: nil)
        while left > 0 {
            let own = orders(opposite).first
            guard let ticks = [level?.ticks, own?.ticks].compactMap({ $0 }).min(by: isBetter) else { break }
            if bound == nil, let limit = request.price?.ticks, isBetter(limit, ticks) { break }
            let wanted = bound?.affordable(ticks, left) ?? left
            guard wanted > 0 else { break }
            var taken: Int64 = 0
            if let own, own.ticks == ticks {
                let displayed = level?.ticks == ticks ? level?.lots ?? 0 : 0
                let ahead = min(available(opposite, ticks, displayed), max(0, own.queue.roundedAhead))
                taken = takeLevel(request, account, ticks, displayed, min(wanted, ahead))
                left -= taken
                if taken < wanted {
                    if let rule = rules.prevention(request, taker: account, maker: own.account) {
                        if prevent(own, rule, &left) { return Rest(lots: left, isSelfTrade: true) }
                    } else {
                        let met = meet(own, request, account, wanted - taken)
                        taken += met
                        left -= met
                    }
                }
            } else if let current = level {
                taken = takeLevel(request, account, ticks, current.lots, min(wanted, available(opposite, ticks, current.lots)))
                left -= taken
                level = book.next(opposite, after: ticks)
            }
            bound?.take(ticks, taken)
            // A bound that gave less than all gives nothing at worse prices.
            if bound != nil, taken == wanted { break }
        }
        return Rest(lots: left)
    }

    /// Keeps a new order and the resting one of its owner from trading; returns whether the new one ends.
    private mutating func prevent(_ own: RestingOrder, _ rule: SelfTradePrevention, _ left: inout Int64) -> Bool {
        func drop() {
            remove(own.side, 0)
            removed.append((own.id, own.account, .selfTrade))
        }
        switch rule {
        case .allow: preconditionFailure("orders that may trade are not kept apart")
        case .expireMaker:
            drop()
            return false
        case .expireTaker: return true
        case .expireBoth:
            drop()
            return true
        case .reduceBoth:
            let cut = min(left, own.remaining)
            left -= cut
            if cut == own.remaining {
                drop()
            } else {
                self[own.side, 0].remaining -= cut
                self[own.side, 0].quantity -= cut
                reduced.append((own.id, own.account, own.ticks, own.quantity - cut))
            }
            return left == 0
        }
    }

    private mutating func takeLevel(_ request: OrderRequest, _ account: Int, _ ticks: Int64, _ displayed: Int64, _ lots: Int64) -> Int64 {
        guard lots > 0 else { return 0 }
        let opposite = request.side.opposite
        let witness = FillWitness(
            mechanism: .ownTaker, displayed: displayed, usedBefore: debt(opposite, ticks), queueAhead: 0, isVerified: isSynchronised)
        matched(request, account, ticks, lots, witness)
        owe(opposite, ticks, lots)
        return lots
    }

    /// Meets a resting order of another owner among us, which fills.
    private mutating func meet(_ own: RestingOrder, _ request: OrderRequest, _ account: Int, _ left: Int64) -> Int64 {
        let witness = FillWitness(
            mechanism: .ownOrder, displayed: own.remaining, usedBefore: 0, queueAhead: own.queue.roundedAhead, isVerified: isSynchronised)
        let filled = fill(own.side, 0, min(left, own.remaining), witness)
        if filled > 0 { matched(request, account, own.ticks, filled, witness) }
        return filled
    }

    private mutating func matched(_ request: OrderRequest, _ account: Int, _ ticks: Int64, _ lots: Int64, _ witness: FillWitness) {
        positions[account] += request.side.sign * lots
        matches.append(
            Match(order: request.order, account: account, side: request.side, role: .taker, ticks: ticks, lots: lots, witness: witness))
    }
}
