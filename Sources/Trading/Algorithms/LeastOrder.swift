public import Market

extension Instrument {
    /// Whether the venue takes an order of this size at `price`.
    public func takes(_ quantity: Quantity, at price: FinePrice) -> Bool {
        !quantity.isZero && quantity.magnitude >= minimumQuantity && notional(quantity, price).nanos >= minimumNotional
    }

    /// The fewest lots that the venue takes an order for at `price`, by quantity and by value.
    public func leastOrder(at price: FinePrice) -> Quantity {
        func whole(_ lots: Int64) -> Quantity { Quantity(lots: (lots + quantityStep - 1) / quantityStep * quantityStep) }
        guard minimumNotional > 0 else { return whole(minimumQuantity.lots) }
        let lot = max(notional(Quantity(lots: 1), price).nanos, 1)
        let least = whole(max((minimumNotional + lot - 1) / lot, minimumQuantity.lots))
        // The value of a single lot is rounded.
        return takes(least, at: price) ? least : whole(least.lots + 1)
    }
}
