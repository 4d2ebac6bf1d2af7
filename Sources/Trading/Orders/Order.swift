public import Market

/// One order and all that is known of it.
///
/// Three axes: how far its life has come, what request is on its way, and whether we know what the venue knows. Filled and
/// remaining are data; "partially filled" is a view. Nothing leaves `done`, except that a late fill raises `filled`. A done
/// order may be unknown: the venue has shown that it lives on, or told of fills that have not come.
public struct Order: Hashable, BitwiseCopyable, Sendable {
    public enum Life: Hashable, BitwiseCopyable, Sendable {
        case new
        case submitting
        case open
        case done(End)
    }

    public enum End: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        case filled, cancelled, expired
        /// The venue refused it.
        case rejected
        /// Our own risk refused it.
        case denied
        /// Proven never accepted.
        case failed
    }

    public enum PendingRequest: Hashable, BitwiseCopyable, Sendable {
        case none, cancel
        case amend(price: Price, quantity: Quantity)
    }

    public enum Certainty: Hashable, BitwiseCopyable, Sendable {
        case known
        /// Nobody has told us the outcome of a request sent at `since`, or of fills that the venue counts; `asking` counts the
        /// questions and cancels that were due for it: none while nothing but fills is missing.
        case unknown(since: Timestamp, asking: UInt8)
    }

    public let id: OrderID
    public let instance: StrategyID
    /// The algorithm that it belongs to, if any.
    public let algorithm: AlgorithmID?
    public let draft: OrderDraft
    /// As last confirmed by the venue, else as asked.
    public internal(set) var price: Price?
    public internal(set) var quantity: Quantity
    public internal(set) var filled: Quantity
    /// Σ ticks × lots of the fills.
    public internal(set) var filledTickLots: Int64
    public internal(set) var life: Life
    public internal(set) var pending: PendingRequest
    public internal(set) var certainty: Certainty
    public internal(set) var submittedAt: Timestamp
    public internal(set) var changedAt: Timestamp
    /// When the last request on it becomes one of unknown outcome, unless it is answered.
    var deadline = Timestamp.never
    /// The venue's time of its last sign of life, or of its end.
    var heardAt = Timestamp.distantPast
    /// The venue's time of what it said of price and quantity last.
    var termsAt = Timestamp.distantPast
    /// The largest total that the venue may work for all we know: `quantity`, or that of an amend that nobody has answered.
    var possibleQuantity: Quantity
    /// As the venue's answers told: more than `filled` while reports of fills are missing.
    var toldFilled = Quantity.zero

    init(id: OrderID, instance: StrategyID, algorithm: AlgorithmID?, draft: OrderDraft, now: Timestamp) {
        self.id = id
        self.instance = instance
        self.algorithm = algorithm
        self.draft = draft
        price = draft.price
        quantity = draft.quantity
        possibleQuantity = draft.quantity
        filled = .zero
        filledTickLots = 0
        life = .new
        pending = .none
        certainty = .known
        submittedAt = now
        changedAt = now
    }

    public var isDone: Bool { if case .done = life { true } else { false } }
    /// What may still fill: zero once done.
    public var remaining: Quantity { isDone ? .zero : max(.zero, quantity - filled) }
    /// `remaining` with the sign of the side.
    public var signedRemaining: Quantity { draft.side == .buy ? remaining : -remaining }

    /// What may still fill for all we know, without a sign: of an open order with an amend on its way, by the larger total.
    var possibleReserve: Quantity { isDone ? signedReserve.magnitude : max(remaining, possibleQuantity - filled) }

    /// nil while everything is known.
    var unknownSince: Timestamp? { if case .unknown(let since, _) = certainty { since } else { nil } }

    /// What exposure reserves: `remaining`; of an order that has ended and is unknown, the fills that the venue counts and that
    /// have not come, or the whole rest where the venue has shown that it lives.
    public var signedReserve: Quantity {
        guard isDone else { return signedRemaining }
        guard certainty != .known else { return .zero }
        let missing = max(.zero, (toldFilled > filled ? toldFilled : quantity) - filled)
        return draft.side == .buy ? missing : -missing
    }
}
