public import Market

/// A market as Backpack lists it: what may be traded, by which steps, and whether it is open.
public struct BackpackMarket: Hashable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case spot = "SPOT", perpetual = "PERP", inverse = "IPERP", dated = "DATED", prediction = "PREDICTION", quoteRequest = "RFQ"
    }

    public var symbol = ""
    public var base = ""
    public var quote = ""
    /// nil: one that we don't know.
    public var kind: Kind?
    /// In 10⁻⁹ of the quote currency.
    public var tickSize: Int64 = 0
    /// In 10⁻⁹ of the base.
    public var stepSize: Int64 = 0
    public var minimumQuantity: Int64 = 0
    /// Shares of the mean mark price that the price of an order may be; nil where the venue states none.
    public var lowestPrice: Rate?
    public var highestPrice: Rate?
    public var fundingInterval: Nanoseconds?
    /// As the venue spells it: `Open`, `Closed`, `CancelOnly`, `LimitOnly` or `PostOnly`.
    public var bookState = ""

    private static let longestInterval: Int64 = 604_800_000

    /// What the rest of the system trades; nil where it is neither spot nor a perpetual in its quote currency, or where a step or a
    /// currency is none that we can count in.
    public var instrument: Instrument? {
        guard kind == .spot || kind == .perpetual, tickSize > 0, stepSize > 0, let base = Currency(base), let quote = Currency(quote) else {
            return nil
        }
        let (least, rest) = minimumQuantity.quotientAndRemainder(dividingBy: stepSize)
        return Instrument(
            symbol: self.base, venue: "backpack", venueSymbol: symbol, kind: kind == .spot ? .spot : .linear, base: base, quote: quote,
            tickSize: FinePrice(nanos: tickSize), lotSize: stepSize, minimumQuantity: Quantity(lots: max(1, rest > 0 ? least + 1 : least)),
            fundingInterval: kind == .perpetual ? fundingInterval : nil)
    }

    public var status: TradingStatus {
        switch bookState {
        case "Open", "LimitOnly": .trading
        case "PostOnly": .postOnly
        default: .halted
        }
    }

    /// The answer to `BackpackRequest.markets`.
    package static func list(_ body: [UInt8]) throws(RowFailure) -> [BackpackMarket] {
        try Bytes.lending(body) { (bytes) throws(RowFailure) in
            var json = JSONReader(bytes)
            var markets: [BackpackMarket] = []
            try json.beginArray()
            while try json.nextElement() { markets.append(try BackpackMarket(&json)) }
            try json.end()
            return markets
        }
    }

    private init(_ json: inout JSONReader) throws(RowFailure) {
        try json.beginObject()
        while let key = try json.nextKey() {
            if json.skipNull() { continue }
            let place = json.valueOffset()
            if key == "symbol" {
                symbol = try json.string().text
            } else if key == "baseSymbol" {
                base = try json.string().text
            } else if key == "quoteSymbol" {
                quote = try json.string().text
            } else if key == "marketType" {
                kind = Kind(rawValue: try json.string().text)
            } else if key == "orderBookState" {
                bookState = try json.string().text
            } else if key == "fundingInterval" {
                let interval = try parseInteger(try json.decimalText(), at: place)
                guard (1...Self.longestInterval).contains(interval) else {
                    throw RowFailure(offset: place, expected: "milliseconds, up to a week", kind: .outOfRange)
                }
                fundingInterval = .milliseconds(interval)
            } else if key == "filters" {
                try readFilters(&json)
            } else {
                try json.skipValue()
            }
        }
        guard !symbol.isEmpty else { throw json.failure("a member \"symbol\"") }
    }

    private mutating func readFilters(_ json: inout JSONReader) throws(RowFailure) {
        try json.beginObject()
        while let filter = try json.nextKey() {
            let isQuantity = filter == "quantity"
            guard isQuantity || filter == "price" else {
                try json.skipValue()
                continue
            }
            try json.beginObject()
            while let key = try json.nextKey() {
                if json.skipNull() { continue }
                let place = json.valueOffset()
                if !isQuantity, key == "tickSize" {
                    tickSize = try parseDecimal(try json.decimalText(), at: place)
                } else if isQuantity, key == "stepSize" {
                    stepSize = try parseDecimal(try json.decimalText(), at: place)
                } else if isQuantity, key == "minQuantity" {
                    minimumQuantity = try parseDecimal(try json.decimalText(), at: place)
                } else if !isQuantity, key == "meanMarkPriceBand" {
                    try readBand(&json)
                } else {
                    try json.skipValue()
                }
            }
        }
    }

    private mutating func readBand(_ json: inout JSONReader) throws(RowFailure) {
        try json.beginObject()
        while let key = try json.nextKey() {
            if json.skipNull() { continue }
            let place = json.valueOffset()
            if key == "minMultiplier" {
                lowestPrice = Rate(trillionths: try parseLongDecimal(try json.decimalText(), decimals: 12, at: place))
            } else if key == "maxMultiplier" {
                highestPrice = Rate(trillionths: try parseLongDecimal(try json.decimalText(), decimals: 12, at: place))
            } else {
                try json.skipValue()
            }
        }
    }
}
