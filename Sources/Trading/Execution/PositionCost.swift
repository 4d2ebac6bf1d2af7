public import Market

/// A position and what its open part cost: the one way in which fills become profit, at the venue and in our own record.
///
/// Closing pays what the closed part earned and takes its share of the cost out. What is paid less what is open changes by
/// exactly the fill's worth, however the cost is shared, so no rounding makes or loses money.
public struct PositionCost: Hashable, BitwiseCopyable, Sendable {
    public private(set) var quantity = Quantity.zero
    /// Σ value(q, p) of what is still open, in 10⁻⁹ of the settlement currency.
    public private(set) var cost: Int64 = 0

    public init() {}

    /// Takes in a fill of a linear or inverse contract.
    ///
    /// - Parameter worth: `value` of the change at the price.
    /// - Returns: What the closed part earned, fees aside; zero if nothing was closed.
    public mutating func apply(_ contract: Contract, _ change: Quantity, _ price: FinePrice, worth: Money) -> Money {
        let before = quantity.lots
        quantity = quantity + change
        let closes = before.signum() * change.lots.signum() < 0 ? min(abs(before), abs(change.lots)) : 0
        guard closes > 0 else {
            cost += worth.nanos
            return .zero(worth.currency)
        }
        // Most fills close only, and many close all: then nothing has to be shared.
        let isAllOfChange = closes == abs(change.lots)
        let closedWorth = isAllOfChange ? worth.nanos : value(contract, Quantity(lots: change.lots.signum() * closes), price).nanos
        let closedCost = closes == abs(before) ? cost : roundedQuotient(Int128(cost) * Int128(closes), Int128(abs(before)))
        cost += worth.nanos - closedWorth - closedCost
        return Money(nanos: -closedWorth - closedCost, worth.currency)
    }

    /// What the open part would pay if it were closed at `price` without a fee.
    public func unrealised(_ contract: Contract, at price: FinePrice) -> Money {
        guard !quantity.isZero else { return .zero(contract.settlement) }
        return value(contract, quantity, price) - Money(nanos: cost, contract.settlement)
    }

    /// The average price that the cost stands for; zero when flat.
    public func entry(_ contract: Contract) -> FinePrice {
        guard !quantity.isZero, cost != 0 else { return FinePrice(nanos: 0) }
        let units = Int128(quantity.lots.magnitude) * Int128(contract.lotUnit)
        let size = Int128(cost.magnitude)
        return switch contract.kind {
        case .linear, .spot: FinePrice(nanos: roundedQuotient(size * 1_000_000_000, units))
        case .inverse: FinePrice(nanos: roundedQuotient(units * 1_000_000_000, size))
        }
    }
}
