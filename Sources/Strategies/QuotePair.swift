internal import Market
internal import Trading

/// The two quotes of one account and instrument: at most one order a side, and never a new one before the old one is gone.
struct QuotePair {
    typealias Target = (price: Price, quantity: Quantity)

    /// When a quote is sent anew.
    struct Rules {
        var leg: StrategyBinding.Leg
        /// It stays while its price is off by fewer ticks than this, or by less than the share of its price.
        var ticks: Int64
        var share: Rate
        /// Shortest time between two quotes of one side.
        var minimumTime: Nanoseconds
        /// Longest time that one rests.
        var timeToLive: Nanoseconds
        /// Whether a quote that is more than a tenth larger than it is to be is sent anew.
        var limitsSize = false
    }

    private enum Quote {
        case none
        case working(OrderID)
        case cancelling(OrderID)
    }

    var rules: Rules
    private var bid = Quote.none
    private var ask = Quote.none
    private var lastQuoted: (buy: Timestamp, sell: Timestamp) = (.distantPast, .distantPast)

    init(_ rules: Rules) { self.rules = rules }

    /// Whether an order of this side is not known to be gone.
    func isQuoting(_ side: Side) -> Bool { if case .none = self[side] { false } else { true } }

    /// Brings a side to where it belongs; nil: it is not quoted.
    mutating func update(_ side: Side, _ wanted: Target?, _ context: inout Context) {
        switch self[side] {
        case .none:
            guard let wanted else { return }
            let last = side == .buy ? lastQuoted.buy : lastQuoted.sell
            guard last == .distantPast || context.now >= last + rules.minimumTime else { return }
            self[side] = .working(
                context.submit(
                    OrderDraft(
                        account: rules.leg.account, instrument: rules.leg.instrument, side: side, price: wanted.price,
                        quantity: wanted.quantity, postOnly: true, purpose: .quote)))
            if side == .buy { lastQuoted.buy = context.now } else { lastQuoted.sell = context.now }
        case .working(let id):
            guard let order = context.order(id), !order.isDone else { return self[side] = .none }
            guard let wanted, let price = order.price else { return cancel(side, &context) }
            let isOld = context.now >= order.submittedAt + rules.timeToLive
            let distance = abs((price - wanted.price).count)
            let tolerance = Int128(price.ticks) * Int128(rules.share.trillionths) / Int128(Rate.scale)
            let isLarge = rules.limitsSize && order.remaining.lots > wanted.quantity.lots + wanted.quantity.lots / 10
            guard isOld || isLarge || (distance >= rules.ticks && Int128(distance) >= tolerance) else { return }
            cancel(side, &context)
        case .cancelling(let id):
            // A cancel that was refused leaves the order working.
            if let order = context.order(id), !order.isDone, order.pending != .cancel { self[side] = .working(id) }
        }
    }

    mutating func cancelBoth(_ context: inout Context) {
        for side in Side.allCases { cancel(side, &context) }
    }

    /// Call it for each order that is done.
    mutating func forget(_ order: OrderID) {
        for side in Side.allCases {
            switch self[side] {
            case .working(order), .cancelling(order): self[side] = .none
            default: break
            }
        }
    }

    private mutating func cancel(_ side: Side, _ context: inout Context) {
        guard case .working(let id) = self[side] else { return }
        context.cancel(id)
        self[side] = .cancelling(id)
    }

    private subscript(_ side: Side) -> Quote {
        get { side == .buy ? bid : ask }
        set { if side == .buy { bid = newValue } else { ask = newValue } }
    }
}
