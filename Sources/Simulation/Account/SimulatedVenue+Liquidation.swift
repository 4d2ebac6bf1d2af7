public import Market
internal import Trading

/// What the venue does to accounts that do not keep what is asked of them.
///
///     healthy ─▶ reducing ─▶ liquidating ─▶ taken over
///        equity <  initial     maintenance    close-out, or nothing
///
/// An account is looked at when something of it changed: a fill, a payment, a mark of what it holds.
extension SimulatedVenue {
    /// How often positions are valued in a feed that has no marks.
    private static let unmarkedReview = Nanoseconds.seconds(1)

    /// Whether a record of the instrument may lead to a forced closing.
    func isMarginAtStake(_ index: Int) -> Bool { markets[index].asksMargin && markets[index].hasPositions }

    /// What is held in the instrument may be worth something else.
    func noteMark(_ index: Int) {
        guard markets[index].asksMargin else { return }
        for account in accounts.indices where markets[index].positions[account] != 0 || markets[index].hasOrders { desk.note(account) }
    }

    /// Looks at the accounts of which something changed.
    @inline(__always)
    func reviewMargins(_ time: Timestamp) { if desk.isDue { reviewStaleAccounts(time) } }

    @inline(never)
    private func reviewStaleAccounts(_ time: Timestamp) {
        while let account = desk.takeStale() { review(account, time) }
        for index in markets.indices where markets[index].asksMargin && markets[index].mark == nil {
            markets[index].marginReview = isMarginAtStake(index) ? time + Self.unmarkedReview : .never
        }
    }

    private func review(_ account: Int, _ time: Timestamp) {
        guard let margin = desk.margin else { return }
        var worst = MarginStanding.healthy
        // Once an instant, for all currencies.
        var mayPass: Bool?
        for currency in desk.currencies {
            var state = marginState(account, currency)
            if state.standing(margin.rules) >= .liquidating {
                // Orders ask for margin too: without them the account may be well again.
                cancelAll(accounts[account].configuration.id, nil, account, time, .liquidation)
                state = marginState(account, currency)
            }
            switch state.standing(margin.rules) {
            case .healthy, .reducing: break
            case .liquidating:
                if mayPass == nil { mayPass = desk.beginPass(account, time) }
                if mayPass == true { sendPositions(account, currency, margin, time) }
            case .takenOver: takeOver(account, currency, margin, time)
            }
            worst = max(worst, marginState(account, currency).standing(margin.rules))
        }
        desk.setStanding(worst, account)
    }

    // MARK: Partial liquidation

    /// Sends positions to the book, one instrument after another, until the maintenance requirement is met.
    private func sendPositions(_ account: Int, _ currency: Currency, _ margin: VenueConfiguration.Margin, _ time: Timestamp) {
        for index in markets.indices where markets[index].asksMargin && markets[index].contract.settlement == currency {
            let position = markets[index].positions[account]
            guard position != 0, markets[index].isSynchronised else { continue }
            let side: Side = position > 0 ? .sell : .buy
            var left = abs(position)
            var limit: FinePrice?
            switch margin.rules.liquidation {
            case .passes(let share):
                left = ceilingQuotient(Int128(left) * Int128(share.trillionths), Int128(Rate.scale))
            case .zeroPrice:
                limit = zeroPrice(index, account, position, currency)
                if limit == nil { continue }
            case .takeover: return
            }
            desk.zeroPrice = limit
            defer { desk.zeroPrice = nil }
            while left > 0, marginState(account, currency).standing(margin.rules) == .liquidating {
                let lots = min(left, nextSlice(index, side.opposite) ?? left)
                let taken = lots - takeByForce(index, account, side, lots, limit)
                guard taken > 0 else { break }
                left -= taken
                settleMatches(index, time, (markets[index].book.bestBidTicks, markets[index].book.bestAskTicks))
            }
        }
    }

    /// What the first level that our own taking has not used up holds.
    private func nextSlice(_ index: Int, _ side: Side) -> Int64? {
        var level = markets[index].book.next(side, after: nil)
        while let (ticks, lots) = level {
            let available = markets[index].available(side, ticks, lots)
            if available > 0 { return available }
            level = markets[index].book.next(side, after: ticks)
        }
        return nil
    }

    /// An immediate order of the venue for the account; returns what it did not get.
    private func takeByForce(_ index: Int, _ account: Int, _ side: Side, _ lots: Int64, _ limit: FinePrice?) -> Int64 {
        let tick = Int128(markets[index].contract.tickSize.nanos)
        // Never beyond the limit.
        let ticks = limit.map { side == .sell ? ceilingQuotient(Int128($0.nanos), tick) : -ceilingQuotient(-Int128($0.nanos), tick) }
        return markets[index].take(
            OrderRequest(
                account: accounts[account].configuration.id, instrument: markets[index].id, order: .venue, side: side, type: .limit,
                timeInForce: .immediateOrCancel, price: ticks.map(Price.init(ticks:)), quantity: Quantity(lots: lots), reduceOnly: true),
            account, lots
        ).lots
    }

    /// Where closing leaves equity ÷ requirement as it is: mark × (1 ∓ requirement ÷ notional × equity ÷ all requirements).
    private func zeroPrice(_ index: Int, _ account: Int, _ position: Int64, _ currency: Currency) -> FinePrice? {
        let state = marginState(account, currency)
        guard let table = desk.table(index), let mark = marginPrice(index), state.maintenance > 0 else { return nil }
        let notional = abs(value(markets[index].contract, Quantity(lots: position), mark).nanos)
        guard notional > 0 else { return nil }
        let scale = Int128(1_000_000_000_000_000_000)
        let fraction = roundedQuotient(Int128(table.maintenance.requirement(notional)) * scale, Int128(notional))
        let share = Int128(roundedQuotient(Int128(fraction) * Int128(state.equity), Int128(state.maintenance))) * (position > 0 ? -1 : 1)
        // What a linear contract gains falls with the price, what an inverse one gains with its reciprocal.
        return FinePrice(
            nanos: markets[index].contract.kind == .inverse
                ? roundedQuotient(Int128(mark.nanos) * scale, scale - share) : roundedQuotient(Int128(mark.nanos) * (scale + share), scale))
    }

    /// Books a fill of the venue's own order for an account.
    func bookForced(_ match: Match, _ index: Int, _ change: Quantity, _ price: FinePrice, _ worth: Money, _ time: Timestamp) {
        accounts[match.account].close(markets[index].contract, listing: index, change, price, worth: worth)
        desk.fill(markets[index].contract, match.account, change, price, worth, .zero(worth.currency))
        var most = Int64.max
        if let zeroPrice = desk.zeroPrice {
            most = max(0, (value(markets[index].contract, change, zeroPrice) - worth).nanos)
        }
        finishForced(index, match.account, change, price, worth, most: most, time)
    }

    // MARK: Takeover

    private func takeOver(_ account: Int, _ currency: Currency, _ margin: VenueConfiguration.Margin, _ time: Timestamp) {
        for index in markets.indices where markets[index].asksMargin && markets[index].contract.settlement == currency {
            let position = markets[index].positions[account]
            guard position != 0 else { continue }
            let price = marginPrice(index) ?? accounts[account].entry(markets[index].contract, listing: index)
            closeAgainstFund(index, account, Quantity(lots: -position), price, fee: true, time)
        }
        let balance = accounts[account].balance(currency)
        guard balance.nanos < 0 else { return }
        // What no collateral covers is the fund's loss.
        accounts[account].add(-balance)
        desk.funds.insurance.add(balance)
        report(.adjustment(-balance), account, time)
        if configuration.reportsAccountState { report(.balance(.zero(currency)), account, time) }
    }

    /// Closes a part of a position by force at a price, against the venue's fund: auto-deleveraging.
    ///
    /// - Parameter quantity: Positive; more than is held closes all of it.
    /// - Returns: The change of the position.
    @discardableResult
    public func deleverage(
        _ id: AccountID, _ instrument: InstrumentID, _ quantity: Quantity, at price: FinePrice, time: Timestamp
    ) -> Quantity { closeByForce(id, instrument, quantity, at: price, fee: false, time: time) }

    /// The same as a liquidation, which costs the fee.
    func liquidate(_ id: AccountID, _ instrument: InstrumentID, _ quantity: Quantity, at price: FinePrice, time: Timestamp) {
        closeByForce(id, instrument, quantity, at: price, fee: true, time: time)
    }

    @discardableResult
    private func closeByForce(
        _ id: AccountID, _ instrument: InstrumentID, _ quantity: Quantity, at price: FinePrice, fee: Bool, time: Timestamp
    ) -> Quantity {
        guard let index = listing(instrument), markets[index].contract.kind != .spot else { return .zero }
        let account = accountIndex(id)
        let position = markets[index].positions[account]
        let lots = min(abs(position), quantity.lots)
        guard lots > 0 else { return .zero }
        let change = Quantity(lots: -position.signum() * lots)
        closeAgainstFund(index, account, change, price, fee: fee, time)
        reviewMargins(time)
        return change
    }

    private func closeAgainstFund(_ index: Int, _ account: Int, _ change: Quantity, _ price: FinePrice, fee: Bool, _ time: Timestamp) {
        let worth = value(markets[index].contract, change, price)
        accounts[account].close(markets[index].contract, listing: index, change, price, worth: worth)
        markets[index].positions[account] += change.lots
        desk.funds.insurance.add(worth)
        desk.funds.insurancePositions[index] -= change.lots
        desk.note(account)
        finishForced(index, account, change, price, worth, most: fee ? .max : 0, time)
    }

    // MARK: Both

    /// Takes the fee, no more than the account has left, and reports what was closed.
    private func finishForced(
        _ index: Int, _ account: Int, _ change: Quantity, _ price: FinePrice, _ worth: Money, most: Int64, _ time: Timestamp
    ) {
        let equity = max(0, marginState(account, worth.currency).equity)
        let fee = worth.magnitude.share(desk.margin?.liquidationFee ?? .zero)
        let penalty = Money(nanos: min(fee.nanos, most, equity), worth.currency)
        accounts[account].add(-penalty)
        desk.funds.insurance.add(penalty)
        report(.liquidation(markets[index].id, change, price, penalty: penalty), account, time)
        if configuration.reportsAccountState { reportState(index, account, time) }
    }
}
