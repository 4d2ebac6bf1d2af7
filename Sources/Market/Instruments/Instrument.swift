/// One contract at one venue: its names and its terms.
public struct Instrument: Hashable, Sendable {
    /// The trader's name for the same thing everywhere, such as `BTC`.
    public var symbol: String
    /// The venue that the feed was recorded at, such as `binance-usdm`.
    public var venue: String
    /// The venue's own name, such as `BTCUSDT`.
    public var venueSymbol: String
    public var contract: Contract

    /// - Precondition: Lot size × contract size is a positive whole number of 10⁻⁹ units.
    public init(
        symbol: String, venue: String, venueSymbol: String, kind: Contract.Kind, base: Currency, quote: Currency, tickSize: FinePrice,
        lotSize: Int64, contractSize: Int64 = 1_000_000_000, minimumQuantity: Quantity = Quantity(lots: 1), minimumNotional: Int64 = 0,
        fundingInterval: Nanoseconds? = nil
    ) {
        self.symbol = symbol
        self.venue = venue
        self.venueSymbol = venueSymbol
        contract = Contract(
            kind: kind, base: base, quote: quote, tickSize: tickSize, lotSize: lotSize, contractSize: contractSize,
            minimumQuantity: minimumQuantity, minimumNotional: minimumNotional, fundingInterval: fundingInterval)
    }
}

extension Instrument {
    public typealias Kind = Contract.Kind

    @inlinable public var kind: Kind { contract.kind }
    @inlinable public var base: Currency { contract.base }
    @inlinable public var quote: Currency { contract.quote }
    @inlinable public var settlement: Currency { contract.settlement }
    @inlinable public var tickSize: FinePrice { contract.tickSize }
    @inlinable public var lotSize: Int64 { contract.lotSize }
    @inlinable public var contractSize: Int64 { contract.contractSize }
    @inlinable public var lotUnit: Int64 { contract.lotUnit }
    @inlinable public var priceStep: Int64 {
        get { contract.priceStep }
        set { contract.priceStep = newValue }
    }
    @inlinable public var quantityStep: Int64 {
        get { contract.quantityStep }
        set { contract.quantityStep = newValue }
    }
    @inlinable public var stepUnit: Int64 { contract.stepUnit }
    @inlinable public var minimumQuantity: Quantity {
        get { contract.minimumQuantity }
        set { contract.minimumQuantity = newValue }
    }
    @inlinable public var minimumNotional: Int64 {
        get { contract.minimumNotional }
        set { contract.minimumNotional = newValue }
    }
    @inlinable public var fundingInterval: Nanoseconds? {
        get { contract.fundingInterval }
        set { contract.fundingInterval = newValue }
    }
    @inlinable public func finePrice(_ price: Price) -> FinePrice { contract.finePrice(price) }
    @inlinable public func orderPrice(_ price: Price, _ side: Side) -> Price { contract.orderPrice(price, side) }
}
