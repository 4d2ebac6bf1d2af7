import Market

/// The instruments of recordings that do not describe their own.
///
/// Ticks are the finest grid a feed of the time uses. Sources: the venues' exchange-information endpoints (Binance
/// `/fapi/v1/exchangeInfo`, `/dapi/v1/exchangeInfo`, `/api/v3/exchangeInfo`, Lighter `/api/v1/orderBookDetails`, Backpack
/// `/api/v1/markets`), compared with every price and size of the recordings: none is off these grids. Bitstamp's are its
/// trading rules of 2015, Hyperliquid's its five significant figures at that price. Binance's spot books hold sizes of old orders
/// that are finer than today's step of 0.00001, so their lot is the step of earlier years.
enum KnownInstruments {
    private struct Row {
        var venue: String, symbol: String, name: String
        var kind: Instrument.Kind
        var base: String, quote: String, tick: String, lot: String
        var contract = "1"
        var minimumLots: Int64 = 1
        var minimumNotional = "0"
        var fundingHours: Int64?
    }

    private static let rows: [Row] = [
        Row(
            venue: "binance-usdm", symbol: "BTCUSDT", name: "BTC", kind: .linear, base: "BTC", quote: "USDT", tick: "0.1", lot: "0.001",
            minimumNotional: "100", fundingHours: 8),
        Row(
            venue: "binance-coinm", symbol: "BTCUSD_PERP", name: "BTC", kind: .inverse, base: "BTC", quote: "USD", tick: "0.1", lot: "1",
            contract: "100", fundingHours: 8),
        Row(
            venue: "binance-spot", symbol: "BTCUSDT", name: "BTC", kind: .spot, base: "BTC", quote: "USDT", tick: "0.01", lot: "0.000001",
            minimumLots: 10, minimumNotional: "5"),
        Row(
            venue: "lighter", symbol: "1", name: "BTC", kind: .linear, base: "BTC", quote: "USDC", tick: "0.1", lot: "0.00001",
            minimumLots: 20, minimumNotional: "10", fundingHours: 1),
        Row(
            venue: "backpack", symbol: "SOL_USDC", name: "SOL", kind: .spot, base: "SOL", quote: "USDC", tick: "0.01", lot: "0.01"),
        Row(
            venue: "backpack", symbol: "SOL_USDC_PERP", name: "SOL", kind: .linear, base: "SOL", quote: "USDC", tick: "0.01", lot: "0.01",
            fundingHours: 1),
        Row(
            venue: "bitstamp", symbol: "btcusd", name: "BTC", kind: .spot, base: "BTC", quote: "USD", tick: "0.01", lot: "0.00000001",
            minimumNotional: "5"),
        Row(
            venue: "hyperliquid", symbol: "BTC", name: "BTC", kind: .linear, base: "BTC", quote: "USDC", tick: "1", lot: "0.00001",
            minimumNotional: "10", fundingHours: 1),
    ]

    static func find(venue: String, symbol: String) -> Instrument? {
        guard let row = rows.first(where: { $0.venue == venue && $0.symbol == symbol }) else { return nil }
        guard let base = Currency(row.base), let quote = Currency(row.quote) else {
            preconditionFailure("the table of instruments names a currency that is none: \(row.base), \(row.quote)")
        }
        return Instrument(
            symbol: row.name, venue: venue, venueSymbol: symbol, kind: row.kind, base: base, quote: quote,
            tickSize: FinePrice(nanos: nanos(row.tick)), lotSize: nanos(row.lot), contractSize: nanos(row.contract),
            minimumQuantity: Quantity(lots: row.minimumLots), minimumNotional: nanos(row.minimumNotional),
            fundingInterval: row.fundingHours.map(Nanoseconds.hours))
    }

    private static func nanos(_ text: String) -> Int64 {
        do { return try Decimal.parse(text, decimals: 9) } catch {
            preconditionFailure("the table of instruments holds '\(text)', which is no decimal: \(error)")
        }
    }
}
