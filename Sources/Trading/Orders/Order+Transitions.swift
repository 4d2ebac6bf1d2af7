internal import Market

/// How reports change an order. Each is idempotent and order-independent as far as the reports themselves are: a fill may
/// come before the acknowledgement or after the end, an acknowledgement after a fill, any of them twice. What the venue says
/// of price and quantity, and that it does not know the order, holds as of the venue's time.
extension Order {
    /// What changed, or nil if nothing did.
    mutating func acknowledge(_ venueTime: Timestamp, _ now: Timestamp) -> OrderChange? {
        guard !isDone else { return nil }
        heardAt = max(heardAt, venueTime)
        changedAt = now
        // Of an order that is open already it says nothing that was asked since.
        guard life == .submitting else { return nil }
        life = .open
        if pending == .none { settle() }
        return .acknowledged
    }

    /// - Precondition: The fill was not counted before.
    mutating func fill(_ fill: Fill, _ venueTime: Timestamp, _ now: Timestamp) -> OrderChange {
        let isLate = isDone
        filled = filled + fill.quantity
        filledTickLots += fill.price.ticks * fill.quantity.lots
        heardAt = max(heardAt, venueTime)
        changedAt = now
        // What was missing has come, and nothing else was asked.
        if case .unknown(_, 0) = certainty { settle() }
        guard !isLate else {
            // Nothing is left that might live on, and no fill is missing.
            if life == .done(.failed), filled >= possibleQuantity { life = .done(.filled) }
            if filled >= possibleQuantity { settle() }
            return .filled(fill, isLate: true)
        }
        life = .open
        endIfFilled()
        return .filled(fill, isLate: false)
    }

    /// Whether it is news; else it only confirms the end that we know.
    mutating func end(_ end: End, _ venueTime: Timestamp, _ now: Timestamp) -> Bool {
        heardAt = max(heardAt, venueTime)
        guard !isDone else {
            settle()
            return false
        }
        close(end)
        changedAt = now
        return true
    }

    mutating func amended(price: Price, quantity: Quantity, _ venueTime: Timestamp, _ now: Timestamp) -> OrderChange? {
        guard !isDone else { return nil }
        heardAt = max(heardAt, venueTime)
        changedAt = now
        let wasSubmitting = life == .submitting
        life = .open
        // An older one that was overtaken.
        guard venueTime >= termsAt else { return nil }
        let isAnswer = isAnswered(by: price, quantity)
        let isNews = isAnswer || wasSubmitting || price != self.price || quantity != self.quantity
        if isAnswer { pending = .none }
        take(price, quantity, venueTime, settlesQuantity: isAnswer)
        if pending == .none, isAnswer || wasSubmitting { settle() }
        endIfFilled()
        return isNews ? .amended : nil
    }

    /// The venue has answered that the order rests. What was asked of it before the question has not happened, unless the
    /// answer shows it.
    mutating func rests(_ status: OrderStatus, _ venueTime: Timestamp, _ now: Timestamp) -> OrderChange? {
        let wasKnown = certainty == .known
        let wasOpen = life == .open
        life = .open
        heardAt = max(heardAt, venueTime)
        toldFilled = max(toldFilled, status.filled)
        changedAt = now
        var change: OrderChange?
        if venueTime >= termsAt {
            let price = status.price ?? price
            if price != self.price || status.quantity != quantity { change = .amended }
            // An answer to an earlier question does not show the amend: it stays possible.
            take(price, status.quantity, venueTime, settlesQuantity: false)
            if !wasKnown, case .amend = pending {
                if let price, isAnswered(by: price, status.quantity) { change = .amended } else { change = .amendRejected(.venue) }
                pending = .none
            }
        }
        if pending == .none { settle() }
        endIfFilled()
        return change ?? (wasOpen && (wasKnown || certainty != .known) ? nil : .acknowledged)
    }

    /// The venue refused a cancel or an amend.
    mutating func refusedRequest(_ kind: RequestKind, _ reason: RejectReason, _ now: Timestamp) -> OrderChange? {
        guard !isDone else {
            if kind == .cancel, reason == .unknownOrder { settle() }
            return nil
        }
        changedAt = now
        switch kind {
        case .submit, .leverage, .cancelAll, .query, .deadMan: return nil
        case .cancel:
            guard pending == .cancel else { return nil }
            pending = .none
            return .cancelRejected(reason)
        case .amend:
            guard case .amend(_, let total) = pending else { return nil }
            pending = .none
            if certainty == .known, possibleQuantity == max(quantity, total) { possibleQuantity = quantity }
            endIfFilled()
            return .amendRejected(reason)
        }
    }

    /// The venue knows an order that has ended for us: what we thought was wrong when the end was our own conclusion, or
    /// when `isCertain`. Returns whether it has to be cancelled.
    mutating func outlives(_ now: Timestamp, isCertain: Bool) -> Bool {
        guard case .done(let end) = life, certainty == .known, end == .failed || isCertain else { return false }
        life = .done(.cancelled)
        certainty = .unknown(since: now, asking: 1)
        changedAt = now
        return true
    }

    /// Whether fills are missing that the venue told of: then the order is unknown, though nothing is asked of it.
    mutating func missesFills(_ now: Timestamp) -> Bool {
        guard filled < toldFilled else { return false }
        if certainty == .known { certainty = .unknown(since: now, asking: 0) }
        return true
    }

    /// The fills that are missing will not come: something else stands for them.
    mutating func forgoesFills() {
        toldFilled = filled
        if isDone { certainty = .known }
    }

    mutating func expects(price: Price, quantity: Quantity) {
        pending = .amend(price: price, quantity: quantity)
        possibleQuantity = max(possibleQuantity, quantity)
    }

    /// Filled as far as we know, and perhaps amended to more: only the venue knows whether it lives.
    var isDoubtful: Bool { filled >= quantity && pending == .none && certainty == .known && !isDone }

    /// Whether a request whose deadline this is has had no answer.
    func awaits(by deadline: Timestamp) -> Bool { self.deadline == deadline && (awaitsAnswer || certainty != .known) }

    /// Whether a request is on its way whose answer has not come.
    var awaitsAnswer: Bool { !isDone && (life == .submitting || pending != .none) }

    // MARK: Parts

    /// Whether the pending amend asks for this. The venue may have moved a post-only order's price back from the market.
    private func isAnswered(by price: Price, _ quantity: Quantity) -> Bool {
        guard case .amend(let asked, let total) = pending, total == quantity else { return false }
        return price == asked || (draft.postOnly && (draft.side == .buy ? price < asked : price > asked))
    }

    private mutating func take(_ price: Price?, _ quantity: Quantity, _ venueTime: Timestamp, settlesQuantity: Bool) {
        let isDoubtful = pending != .none || possibleQuantity > self.quantity
        possibleQuantity = settlesQuantity || !isDoubtful ? quantity : max(quantity, possibleQuantity)
        self.price = price
        self.quantity = quantity
        termsAt = venueTime
    }

    private mutating func endIfFilled() { if filled >= possibleQuantity { close(.filled) } }

    private mutating func close(_ end: End) {
        life = .done(end)
        pending = .none
        certainty = .known
        if filled < toldFilled { certainty = .unknown(since: changedAt, asking: 0) }
    }

    /// Nothing is unknown any more, unless fills are missing that we were told of.
    private mutating func settle() { if filled >= toldFilled { certainty = .known } }
}
