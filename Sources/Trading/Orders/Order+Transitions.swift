internal import Market

/// How reports change an order. Each is idempotent and order-independent as far as the reports themselves are: a fill may
/// come before the acknowledgement or after the end, an acknowledgement after a fill, any of them twice.
extension Order {
    /// What changed, or nil if nothing did.
    mutating func acknowledge(_ now: Timestamp) -> OrderChange? {
        guard !isDone else { return nil }
        let isNews = life != .open || certainty != .known
        life = .open
        if pending == .none || certainty != .known { certainty = .known }
        changedAt = now
        return isNews ? .acknowledged : nil
    }

    /// - Precondition: The fill was not counted before.
    mutating func fill(_ fill: Fill, _ now: Timestamp) -> OrderChange {
        let isLate = isDone
        filled = filled + fill.quantity
        filledTickLots += fill.price.ticks * fill.quantity.lots
        changedAt = now
        guard !isLate else { return .filled(fill, isLate: true) }
        life = filled >= quantity ? .done(.filled) : .open
        if isDone {
            pending = .none
            certainty = .known
        }
        return .filled(fill, isLate: false)
    }

    mutating func end(_ end: End, _ now: Timestamp) -> Bool {
        guard !isDone else { return false }
        life = .done(end)
        pending = .none
        certainty = .known
        changedAt = now
        return true
    }

    mutating func amended(price: Price, quantity: Quantity, _ now: Timestamp) -> OrderChange? {
        guard !isDone else { return nil }
        self.price = price
        self.quantity = quantity
        if case .amend = pending { pending = .none }
        if life == .submitting { life = .open }
        certainty = .known
        changedAt = now
        if filled >= quantity { life = .done(.filled) }
        return .amended
    }

    /// The venue refused a cancel or an amend.
    mutating func refusedRequest(_ kind: RequestKind, _ reason: RejectReason, _ now: Timestamp) -> OrderChange? {
        guard !isDone else { return nil }
        changedAt = now
        switch kind {
        case .submit, .leverage, .cancelAll, .query, .deadMan: return nil
        case .cancel:
            guard pending == .cancel else { return nil }
            pending = .none
            return .cancelRejected(reason)
        case .amend:
            guard case .amend = pending else { return nil }
            pending = .none
            return .amendRejected(reason)
        }
    }

    /// Whether a request whose deadline this is has had no answer.
    func awaits(by deadline: Timestamp) -> Bool { self.deadline == deadline && (awaitsAnswer || certainty != .known) }

    /// Whether a request is on its way whose answer has not come.
    var awaitsAnswer: Bool { !isDone && (life == .submitting || pending != .none) }
}
