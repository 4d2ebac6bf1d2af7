internal import Market

/// Hedges that nobody tells the outcome of, where their need is met once more after a while (`inflight_policy`).
extension Hedger {
    struct Doubts {
        /// Hedges that are not counted on any more, oldest first.
        fileprivate(set) var orders: [OrderID] = []
        var timer: TimerToken?

        /// What has become of an order is known, or how much of it filled.
        mutating func settle(_ order: Order) {
            if order.isDone || order.certainty == .known { orders.removeAll { $0 == order.id } }
        }
    }

    mutating func doubtLater(_ context: inout Context) {
        guard let span = configuration.duplicateAfter, doubts.timer == nil else { return }
        let due = unknownHedges(context).map { $0.submittedAt + span }.min() ?? context.now + span
        doubts.timer = context.wake(at: max(due, context.now))
    }

    private func unknownHedges(_ context: Context) -> [Order] {
        context.openOrders().filter { order in
            order.draft.purpose == .hedge && order.certainty != .known && !doubts.orders.contains(order.id)
                && hedges(on: StrategyBinding.Leg(account: order.draft.account, instrument: order.draft.instrument))
        }
    }

    mutating func lookAtDoubts(_ context: inout Context) {
        doubts.timer = nil
        guard let span = configuration.duplicateAfter else { return }
        for order in unknownHedges(context) where order.submittedAt + span <= context.now {
            doubts.orders.append(order.id)
            context.note("nobody tells what became of a hedge: its need is taken off on the maker leg")
        }
        reduceInDoubt(&context)
        if !doubts.orders.isEmpty {
            doubts.timer = context.wake(at: context.now + configuration.retryDelay)
        } else if !unknownHedges(context).isEmpty {
            doubtLater(&context)
        }
    }

    /// Takes off what would stand unhedged without the hedges in doubt, as far as the resting leg holds it.
    private mutating func reduceInDoubt(_ context: inout Context) {
        guard !doubts.orders.isEmpty, !isCorrecting(context), state == .hedging || state == .accumulating, let mid = mid(resting, context)
        else { return }
        let exposed = beyond(ledger.pending + inFlight(at: mid, context).certain)
        let base = Self.common(exposed, held(resting, at: mid, context))
        let lots = contract(resting, context).quantity(baseAmount: -base, at: mid)
        if !lots.isZero { _ = correct(lots, reduceOnly: true, &context) }
    }
}
