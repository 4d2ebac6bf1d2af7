public import Market

/// What a generated market is like: its venues around one common price, and how wild it gets.
public struct GeneratedMarket: Sendable {
    public struct Venue: Sendable {
        public var instrument: Instrument
        /// Mean time between two frames of the book.
        public var meanGap: Nanoseconds
        /// How late it follows the common price.
        public var lag: Nanoseconds
        /// Smallest time from the venue to the recorder; up to as much again is drawn.
        public var latency: Nanoseconds
        /// Half the usual distance between the best prices, in ticks.
        public var halfSpread: Int64
        /// Mean size of a level, in lots.
        public var levelLots: Int64

        public init(
            instrument: Instrument, meanGap: Nanoseconds, lag: Nanoseconds, latency: Nanoseconds, halfSpread: Int64, levelLots: Int64
        ) {
            self.instrument = instrument
            self.meanGap = meanGap
            self.lag = lag
            self.latency = latency
            self.halfSpread = halfSpread
            self.levelLots = levelLots
        }
    }

    /// A move of the common price at a stated time, beside those that are drawn.
    public struct Jump: Hashable, Sendable {
        /// From the start of the market.
        public var after: Nanoseconds
        /// Of the price at that time; negative: down.
        public var share: Rate

        public init(after: Nanoseconds, share: Rate) {
            self.after = after
            self.share = share
        }
    }

    /// Forced orders at one venue, which push its price away from the common one until they end; then it comes back.
    public struct Cascade: Hashable, Sendable {
        /// From the start of the market.
        public var after: Nanoseconds
        /// How far they push, as a share of the price; negative: longs are closed by force, and sold.
        public var share: Rate
        /// How long orders are forced.
        public var length = Nanoseconds.seconds(6)
        /// How long the price takes to come back.
        public var recovery = Nanoseconds.seconds(40)
        /// Index of the venue.
        public var venue = 0

        public init(after: Nanoseconds, share: Rate) {
            self.after = after
            self.share = share
        }

        /// Who is forced.
        var side: Side { share.trillionths < 0 ? .sell : .buy }
    }

    public var venues: [Venue]
    public var start: Timestamp
    public var duration: Nanoseconds
    /// The common price at the start, in ticks (the same for every venue).
    public var startTicks: Int64
    /// Standard deviation of the common price in a calm second, in ticks.
    public var volatility: Int64
    /// Mean time between jumps, and their mean size in ticks.
    public var jumpEvery: Nanoseconds
    public var jumpTicks: Int64
    /// Mean time between droughts, in which sizes shrink and spreads widen.
    public var droughtEvery: Nanoseconds
    public var jumps: [Jump] = []
    public var cascades: [Cascade] = []
    /// How far the venues stray from the common price, in multiples of the usual.
    public var stray: Int64 = 1

    public var instruments: [Instrument] { venues.map(\.instrument) }
    public var end: Timestamp { start + duration }

    /// BTC perpetuals at two or three venues near 60,000, from 2025-01-01 on.
    ///
    /// - Precondition: Two or three venues.
    public static func standard(venues count: Int, duration: Nanoseconds) -> GeneratedMarket {
        precondition((2...3).contains(count), "the standard market has two or three venues")
        guard let usdc = Currency("USDC"), let usdt = Currency("USDT"), let btc = Currency("BTC") else {
            preconditionFailure("the codes of the standard market's currencies are valid")
        }
        func perpetual(_ venue: String, _ symbol: String, _ quote: Currency, _ hours: Int64) -> Instrument {
            Instrument(
                symbol: "BTC", venue: venue, venueSymbol: symbol, kind: .linear, base: btc, quote: quote,
                tickSize: FinePrice(nanos: 1_000_000_000),
                lotSize: 10_000, minimumQuantity: Quantity(lots: 10), minimumNotional: 5_000_000_000, fundingInterval: .hours(hours))
        }
        let all = [
            Venue(
                instrument: perpetual("backpack", "BTC_USDC_PERP", usdc, 8), meanGap: .milliseconds(45), lag: .milliseconds(60),
                latency: .milliseconds(4), halfSpread: 3, levelLots: 30_000),
            Venue(
                instrument: perpetual("lighter", "BTC", usdc, 1), meanGap: .milliseconds(30), lag: .zero, latency: .milliseconds(3),
                halfSpread: 1,
                levelLots: 60_000),
            Venue(
                instrument: perpetual("grvt", "BTC_USDT_Perp", usdt, 8), meanGap: .milliseconds(60), lag: .milliseconds(40),
                latency: .milliseconds(5), halfSpread: 2, levelLots: 40_000),
        ]
        return GeneratedMarket(
            venues: Array(all.prefix(count)), start: Timestamp(nanoseconds: 1_735_689_600_000_000_000), duration: duration,
            startTicks: 60_000,
            volatility: 3, jumpEvery: .minutes(20), jumpTicks: 60, droughtEvery: .minutes(40))
    }
}
