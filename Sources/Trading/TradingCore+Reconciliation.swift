internal import Market

/// Comparing our own record with the venue's: at the start, at intervals, after a reconnect, after a mismatch, and when the venue
/// tells a position that is not ours.
///
/// The venue is asked for the funding payments and fills that we have not confirmed, for the open orders and for the positions.
/// Payments and fills enter as any others do. An order that we hold open and the venue does not name is asked about by itself; one
/// that it names and that we hold ended is cancelled. A position that differs freezes quoting, and when it still differs by the
/// same after ten seconds in which it was asked for again and again, ours is made the venue's by an adjustment that is told as
/// such: no fill is invented, and a position that was told wrongly once or for a moment moves nothing. A question without an
/// answer says nothing.
extension TradingCore {
    private static let recheckAfter = Nanoseconds.seconds(2)
    private static let patience = Nanoseconds.seconds(10)

    /// Asks every account's venue, and says when that is next.
    func reviewAll() {
        nextReview = configuration.reconcileEvery.map { now + $0 } ?? .never
        guard nextReview != .never || isRecovering else { return }
        for account in accounts.indices {
            let quietUntil = reviews[account].quietUntil
            if now >= quietUntil { review(AccountID(account)) } else { nextReview = min(nextReview, quietUntil) }
        }
        if isRecovering { nextReview = min(nextReview, now + Self.recheckAfter) }
        hasNews = true
    }

    /// Asks about the accounts of a venue whose private stream is back.
    func review(of venue: VenueID) {
        guard configuration.reconcileEvery != nil || isRecovering, isStarted else { return }
        for account in accounts.indices where accounts[account].venue == venue { review(AccountID(account)) }
    }

    func review(_ account: AccountID) {
        guard !isStopped else { return }
        askForPayments(account)
        reviews[account.index].begin(lastQuery + 1, at: now)
        for subject in [QueryRequest.Subject.fills(after: reviews[account.index].cursor), .openOrders, .positions] {
            lastQuery += 1
            emit(.query(QueryRequest(account: account, query: lastQuery, subject: subject)))
        }
    }

    /// Looks again sooner where the venue tells a position unasked that is not ours: a fill is on its way yet, or was never told.
    func reviewSoon(unless told: Quantity, isOursOf instrument: InstrumentID, _ account: AccountID) {
        guard told != positions.position(account, instrument), configuration.reconcileEvery != nil, isStarted, !isStopped,
            instruments[instrument.index].kind != .spot
        else { return }
        nextReview = min(nextReview, now + Self.recheckAfter)
        hasNews = true
    }

    /// Asks for the funding payments that may have been missed, where there is funding.
    private func askForPayments(_ account: AccountID) {
        guard instruments.indices.contains(where: { feeds[InstrumentID($0)].funding != nil }) else { return }
        ask(account, .payments(after: reviews[account.index].paidThrough))
        reviews[account.index].awaitPayments(lastQuery)
    }

    /// An answer is complete.
    func answered(_ query: UInt64, _ account: AccountID) {
        switch reviews[account.index].complete(query) {
        case nil: break
        case .fills: heardFills(account)
        case .orders:
            compareOrders(account)
            heardOrders(account)
        case .positions:
            if configuration.reconcileEvery != nil { comparePositions(account) }
            closeWhatIsFound(account)
        }
    }

    private func compareOrders(_ account: AccountID) {
        let (named, askedAt) = (Set(reviews[account.index].orders), reviews[account.index].askedAt)
        for id in orders.open where !named.contains(id) {
            guard let order = orders[id], order.draft.account == account, order.life == .open, order.changedAt < askedAt,
                order.certainty == .known
            else { continue }
            becomeUnknown(order)
        }
    }

    /// The venue has an order that we hold ended, or never sent: it is not to stay.
    func isOpenAgainstUs(_ status: OrderStatus, _ account: AccountID) {
        guard !isStopped else { return }
        note(nil, "the venue of \(accounts[account.index].name) still has order \(status.order.rawValue), which had ended here")
        emit(.cancel(CancelRequest(account: account, instrument: status.instrument, order: status.order)))
    }

    private func comparePositions(_ account: AccountID) {
        var mismatches: [AccountReview.Mismatch] = []
        var hasAdjusted = false
        // Spot is a balance, not a position.
        for index in instruments.indices where instruments[index].kind != .spot {
            let instrument = InstrumentID(index)
            let theirs = reviews[account.index].positions[instrument] ?? .zero
            let difference = theirs - positions.position(account, instrument)
            guard !difference.isZero else { continue }
            let known = reviews[account.index].mismatches.first { $0.instrument == instrument && $0.difference == difference }
            let mismatch = known ?? AccountReview.Mismatch(instrument: instrument, difference: difference, since: now)
            if now - mismatch.since >= Self.patience {
                hasAdjusted = true
                adjust(account, mismatch)
            } else {
                mismatches.append(mismatch)
            }
        }
        reviews[account.index].mismatches = mismatches
        if !mismatches.isEmpty || hasAdjusted {
            for index in instances.indices where instances[index].freeze == nil { setFreeze(StrategyID(index), .positionMismatch) }
            nextReview = min(nextReview, now + Self.recheckAfter)
            hasNews = true
        } else if reviews.allSatisfy({ $0.mismatches.isEmpty }) {
            for index in instances.indices where instances[index].freeze == .positionMismatch { setFreeze(StrategyID(index), nil) }
        }
    }

    private func adjust(_ account: AccountID, _ mismatch: AccountReview.Mismatch) {
        let (instrument, change) = (mismatch.instrument, mismatch.difference)
        guard let price = reference(instrument) else { return }
        note(
            nil,
            "the venue's position of \(accounts[account.index].name) in \(instruments[instrument.index].venueSymbol) differs by "
                + "\(change.lots) lots: ours is adjusted")
        let nothing = Money.zero(instruments[instrument.index].settlement)
        let shares = positions.force(change, of: instrument, at: price, cost: nothing, account: account)
        book(shares, of: instrument, account, at: price, penalty: nothing)
        forgoFills(account, instrument)
        observers.tell { $0.adjusted(change, of: instrument, account: account, at: now) }
        tell(shares) { .adjusted(account, instrument, $0) }
    }
}
