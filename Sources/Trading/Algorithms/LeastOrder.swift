public import Market

extension Instrument {
    /// Whether the venue takes an order of this size at `price`.
    public func takes(_ quantity: Quantity, at price: FinePrice) -> Bool {
        !quantity.isZero && quantity.magnitude >= minimumQuantity && notional(quantity, price).nanos >= minimumNotional
    }

    /// The fewest lots that the venue takes an order for at `price`, by quantity and by value.
    public func leastOrder(at price: FinePrice) -> Quantity {
        guard minimumNotional > 0 else { return minimumQuantity }
        let lot = max(notional(Quantity(lots: 1), price).nanos, 1)
        var lots = Quantity(lots: (minimumNotional + lot - 1) / lot)
        // The value of a single lot is rounded.
        if !takes(max(lots, minimumQuantity), at: price) { lots = Quantity(lots: lots.lots + 1) }
        return max(lots, minimumQuantity)
    }
}
