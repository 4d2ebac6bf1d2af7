internal import Market

/// L3 and L4: the maker leg is taken back, or a person is called.
extension Hedger {
    mutating func unwind(_ context: inout Context) {
        guard state != .unwinding else { return }
        state = .unwinding
        context.note("the hedge failed \(failures) times: reducing the maker leg instead")
        // One that is on its way tells in its end whether that leg can be traded.
        if !isCorrecting(context) { reduceResting(excess, &context) }
    }

    /// Takes `base` off the resting leg by a reduce-only market order.
    mutating func reduceResting(_ base: Int64, _ context: inout Context) {
        let instrument = contract(resting, context)
        guard let mid = mid(resting, context) else { return freeze(&context) }
        let lots = instrument.quantity(baseAmount: -base, at: mid)
        guard !lots.isZero, correct(lots, reduceOnly: true, &context) else { return freeze(&context) }
    }

    /// Trades on the resting leg at once.
    ///
    /// - Returns: Whether there was a price to do it at.
    mutating func correct(_ lots: Quantity, reduceOnly: Bool, _ context: inout Context) -> Bool {
        let instrument = contract(resting, context)
        let side: Side = lots.lots > 0 ? .buy : .sell
        guard let touch = context.books.touch(resting.instrument, taking: side) else { return false }
        withdrawOrders(against: side, &context)
        correction = context.submit(
            OrderDraft(
                account: resting.account, instrument: resting.instrument, side: side, timeInForce: .immediateOrCancel,
                price: Self.cap(touch, side, Rate(basisPoints: 100), tries: 1, instrument.contract), quantity: lots.magnitude,
                reduceOnly: reduceOnly && instrument.kind != .spot, purpose: reduceOnly ? .flatten : .rebalance))
        return true
    }

    /// Of whatever purpose: what works on the resting leg would be met first.
    private mutating func withdrawOrders(against side: Side, _ context: inout Context) {
        for order in context.openOrders(resting.account, resting.instrument) where order.draft.side != side { context.cancel(order.id) }
    }

    mutating func unwindEnded(_ order: Order, _ change: OrderChange, _ context: inout Context) {
        guard state == .unwinding else { return }
        if change == .denied(.recovering) {
            state = .accumulating
            retryLater(&context)
        } else if order.filled.lots > 0 {
            failures = 0
            state = .accumulating
        } else {
            freeze(&context)
        }
    }

    private mutating func freeze(_ context: inout Context) {
        guard state != .frozen else { return }
        state = .frozen
        context.note("neither leg could be traded: \(Decimal.text(ledger.pending, decimals: 9)) base is unhedged")
        context.freeze(.unhedged)
    }
}
