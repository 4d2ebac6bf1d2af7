/// The terms of an instrument: what its ticks and lots are worth. Copied without a reference count.
public struct Contract: Hashable, BitwiseCopyable, Sendable {
    public enum Kind: String, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        /// Quantity in base, profit in the quote currency.
        case linear
        /// Quantity in contracts worth `contractSize` of the quote currency, profit in the base currency.
        case inverse
        /// Quantity in base; a purchase moves both balances and there is no margin.
        case spot
    }

    public let kind: Kind
    public let base: Currency
    public let quote: Currency
    /// What profit and margin are paid in: the quote currency, or for an inverse contract the base currency.
    public let settlement: Currency
    /// The price of one tick in 10⁻⁹ of the quote currency: the feed's finest grid.
    public let tickSize: FinePrice
    /// The size of one lot in 10⁻⁹: of the base currency (linear, spot), or of a contract (inverse).
    public let lotSize: Int64
    /// What one unit of quantity stands for, in 10⁻⁹: of the base currency (linear, spot) or of the quote currency (inverse).
    public let contractSize: Int64
    /// One lot in 10⁻⁹ of the base currency (linear, spot) or of the quote currency (inverse): lot size × contract size.
    public let lotUnit: Int64
    /// Prices of orders are multiples of this many ticks, sizes of this many lots: 1 unless the venue's orders are coarser than the
    /// feed.
    public var priceStep: Int64 = 1
    public var quantityStep: Int64 = 1
    /// The smallest order, in lots.
    public var minimumQuantity: Quantity
    /// The smallest order value in 10⁻⁹ of the quote currency; 0 if there is none.
    public var minimumNotional: Int64
    /// The span between two funding settlements; nil where none are paid.
    public var fundingInterval: Nanoseconds?

    init(
        kind: Kind, base: Currency, quote: Currency, tickSize: FinePrice, lotSize: Int64, contractSize: Int64, minimumQuantity: Quantity,
        minimumNotional: Int64, fundingInterval: Nanoseconds?
    ) {
        self.kind = kind
        self.base = base
        self.quote = quote
        self.settlement = kind == .inverse ? base : quote
        self.tickSize = tickSize
        self.lotSize = lotSize
        self.contractSize = contractSize
        guard let unit = Self.lotUnit(lotSize: lotSize, contractSize: contractSize) else {
            preconditionFailure("a lot must be a whole number of 10⁻⁹ units")
        }
        self.lotUnit = unit
        self.minimumQuantity = minimumQuantity
        self.minimumNotional = minimumNotional
        self.fundingInterval = fundingInterval
    }

    /// One lot in 10⁻⁹ of what it counts in; nil where that is no whole number above 0, or none of 64 bits.
    public static func lotUnit(lotSize: Int64, contractSize: Int64) -> Int64? {
        let (unit, remainder) = (Int128(lotSize) * Int128(contractSize)).quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder == 0 && unit > 0 ? Int64(exactly: unit) : nil
    }

    /// The nearest price that an order may have, on the side where it gives us no less: a buy's lower, a sell's higher.
    @inlinable public func orderPrice(_ price: Price, _ side: Side) -> Price {
        guard priceStep > 1 else { return price }
        let below = price.ticks - (price.ticks % priceStep + priceStep) % priceStep
        return Price(ticks: side == .buy || below == price.ticks ? below : below + priceStep)
    }

    /// The size of the smallest step in 10⁻⁹ of what lots count in: lot unit × quantity step.
    @inlinable public var stepUnit: Int64 { lotUnit * quantityStep }

    @inlinable public func finePrice(_ price: Price) -> FinePrice { FinePrice(nanos: price.ticks * tickSize.nanos) }
}
