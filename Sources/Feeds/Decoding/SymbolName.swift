public import Market

/// What a venue's symbol stands for, where no table knows it.
public struct SymbolName: Hashable, Sendable {
    public var symbol: String
    public var base: Currency
    public var quote: Currency
    public var kind: Instrument.Kind

    public init(symbol: String, base: Currency, quote: Currency, kind: Instrument.Kind) {
        self.symbol = symbol
        self.base = base
        self.quote = quote
        self.kind = kind
    }

    private static let quotes = ["USDT", "USDC", "USD"]

    /// Reads names such as `ETHUSDT`, `ETH_USDC_PERP`, `ETH-PERP` or `BTC-USD`.
    public init?(guessing venueSymbol: String) {
        var parts = venueSymbol.uppercased().split(whereSeparator: { "-_/".contains($0) }).map(String.init)
        let isPerpetual = parts.last.map { ["PERP", "PERPETUAL", "SWAP"].contains($0) } ?? false
        if isPerpetual { parts.removeLast() }
        if parts.count == 1, let quote = Self.quotes.first(where: { parts[0].hasSuffix($0) && parts[0] != $0 }) {
            parts = [String(parts[0].dropLast(quote.count)), quote]
        }
        if parts.count == 1, isPerpetual { parts.append("USD") }
        guard parts.count == 2, let base = Currency(parts[0]), let quote = Currency(parts[1]), base != quote else { return nil }
        self.init(symbol: parts[0], base: base, quote: quote, kind: isPerpetual ? .linear : .spot)
    }
}
