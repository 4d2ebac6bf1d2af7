/// What `quantity` of an instrument is worth at `price`, in its settlement currency, rounded half to even once.
///
/// Every amount of the system comes from here. Profit is a difference of values along an instrument's path: buying at p and
/// valuing at m earns `value(q, m) − value(q, p)`, for an inverse contract too, whose value is negative (−contracts ×
/// contract size ÷ price) so that the same difference is the profit in base currency.
@inlinable public func value(_ contract: Contract, _ quantity: Quantity, _ price: FinePrice) -> Money {
    let units = contract.units(quantity)
    switch contract.kind {
    case .linear, .spot:
        return Money(nanos: amount(units, at: price), contract.settlement)
    case .inverse:
        precondition(price.nanos > 0, "an inverse contract was valued at a price that is not positive")
        return Money(nanos: roundedQuotient(-units * 1_000_000_000, Int128(price.nanos)), contract.settlement)
    }
}

/// 10⁻⁹ of a base currency at a price.
@inlinable @inline(__always)
func amount(_ units: Int128, at price: FinePrice) -> Int64 {
    guard let narrow = Int64(exactly: units) else { return roundedBillionth(units * Int128(price.nanos)) }
    return roundedBillionth(product(narrow, price.nanos))
}

/// The same of an instrument's contract.
@inlinable public func value(_ instrument: borrowing Instrument, _ quantity: Quantity, _ price: FinePrice) -> Money {
    value(instrument.contract, quantity, price)
}

extension Instrument {
    @inlinable public func notional(_ quantity: Quantity, _ price: FinePrice) -> Money { contract.notional(quantity, price) }
    @inlinable public func baseAmount(_ quantity: Quantity, at price: FinePrice) -> Int64 { contract.baseAmount(quantity, at: price) }
    @inlinable public func quantity(baseAmount: Int64, at price: FinePrice) -> Quantity {
        contract.quantity(baseAmount: baseAmount, at: price)
    }
}

extension Contract {
    /// What its lots hold, in 10⁻⁹ of the base currency, or of the quote currency for an inverse contract.
    @inlinable @inline(__always)
    func units(_ quantity: Quantity) -> Int128 { product(quantity.lots, lotUnit) }

    /// The absolute value of `quantity` at `price` in the quote currency: what minimum sizes and notional limits speak of.
    @inlinable public func notional(_ quantity: Quantity, _ price: FinePrice) -> Money {
        let units = units(quantity).magnitude
        return switch kind {
        case .linear, .spot: Money(nanos: amount(Int128(units), at: price), quote)
        case .inverse: Money(nanos: Int64(units), quote)
        }
    }

    /// `quantity` in 10⁻⁹ of the base currency, with its sign; exact for linear and spot, at `price` for inverse.
    @inlinable public func baseAmount(_ quantity: Quantity, at price: FinePrice) -> Int64 {
        let units = units(quantity)
        return switch kind {
        case .linear, .spot: Int64(units)
        case .inverse: roundedQuotient(units * 1_000_000_000, Int128(price.nanos))
        }
    }

    /// The largest size of an order within `baseAmount` (10⁻⁹ of the base currency, signed), rounded towards zero.
    @inlinable public func quantity(baseAmount: Int64, at price: FinePrice) -> Quantity {
        switch kind {
        case .linear, .spot: Quantity(lots: baseAmount / stepUnit * quantityStep)
        case .inverse:
            Quantity(lots: Int64(Int128(baseAmount) * Int128(price.nanos) / 1_000_000_000 / Int128(stepUnit)) * quantityStep)
        }
    }
}
