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
        /// What is drawn on top of `halfSpread`, on average, in ticks.
        public var spreadNoise: Int64 = 1
        /// How often somebody takes without being drawn to it: so many frames of the book in so many.
        public var takes = Odds(12, of: 100)
        /// Mean time between takers who come at any instant and of themselves, in place of those of `takes`, who come with the book's
        /// frames; what they take is missing from the next frame.
        public var takerGap: Nanoseconds?
        /// Mean size of a taker, in lots; nil: a third of a level.
        public var takeLots: Int64?
        /// Of 1,000 takers, how many came because of one before.
        public var followers: Int64 = 0
        /// How often somebody takes what stands where the price has left it, before it is pulled: so many times in so many.
        public var snipes = Odds(1, of: 2)
        /// How often makers stay away for a frame when they should come to where the price is: so many times in so many.
        public var absences = Odds(1, of: 4)
        /// Levels' mean sizes by distance from the best, in thousandths of `levelLots`: at 0 ticks, 1, 2–3, 4–7, 8–15 and so on; empty: the
        /// same everywhere.
        public var depthProfile: [Int64] = []
        /// Mean ticks from one level to the next when a side is laid out, less 1.
        public var levelGap: Int64 = 1
        /// Mean distance from the best at which levels change, in ticks.
        public var stirTicks: Int64 = 12
        /// How many levels change in a frame beside what the price does: one to so many.
        public var stirs: Int64 = 3
        /// How far it strays, in thousandths of what the market says.
        public var strayShare: Int64 = 1_000
        /// How long it strays, in frames of the book.
        public var strayFrames: Int64 = 400
        /// Of 1,000 frames, in how many quotes that are better than makers would give now are withdrawn; 0: they stand until somebody
        /// takes them.
        public var withdrawals: Int64 = 0
        /// Frames in each hour of the day (UTC), in thousandths of the usual; empty: the same all day.
        public var hours: [Int64] = []
        /// In order of time; before the first, and beside them, the rate wanders about a tenth of a basis point in 8 h.
        public var fundingSteps: [FundingStep] = []

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

    /// What a venue's funding is from a time on.
    public struct FundingStep: Hashable, Sendable {
        /// From the start of the market.
        public var after: Nanoseconds
        /// For one interval; positive: longs pay.
        public var rate: Rate

        public init(after: Nanoseconds, rate: Rate) {
            self.after = after
            self.rate = rate
        }
    }

    public struct Odds: Hashable, Sendable {
        public var chances: Int64
        public var of: Int64

        public init(_ chances: Int64, of: Int64) {
            self.chances = chances
            self.of = of
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

    /// Takers who see the fastest venue's book move and take what the other venues still show at prices that are gone.
    public struct InformedTakers: Hashable, Sendable {
        /// Mean time from the fastest venue's frame to the arrival of their orders at another one; each time is drawn.
        public var reaction: Nanoseconds
        /// How far a quote must be off before they take it, in ticks: what it costs them.
        public var edge: Int64 = 1

        public init(reaction: Nanoseconds) { self.reaction = reaction }
    }

    public var venues: [Venue]
    public var start: Timestamp
    public var duration: Nanoseconds
    /// The common price at the start, in ticks of `tickSize`.
    public var startTicks: Int64
    /// What the common price counts in; nil: in each venue's own ticks, which are the same.
    public var tickSize: FinePrice?
    /// Standard deviation of the common price in a calm second, in 1/1024 of a tick.
    public var volatility: Int64
    /// How wild it gets, in quarters of the calm volatility, each as likely as the others, and for how long on average.
    public var regimes: [Int64] = [4, 4, 8, 8, 20]
    public var regimeSpan = Nanoseconds.minutes(5)
    /// Mean time between jumps, and their mean size in ticks.
    public var jumpEvery: Nanoseconds
    public var jumpTicks: Int64
    /// Mean time between droughts, in which sizes shrink and spreads widen.
    public var droughtEvery: Nanoseconds
    public var jumps: [Jump] = []
    public var cascades: [Cascade] = []
    /// nil: quotes of the slower venues that are off are taken by chance alone.
    public var informed: InformedTakers?
    /// How far the venues stray from the common price, in multiples of the usual.
    public var stray: Int64 = 1

    public var instruments: [Instrument] { venues.map(\.instrument) }
    public var end: Timestamp { start + duration }

    public init(
        venues: [Venue], start: Timestamp, duration: Nanoseconds, startTicks: Int64, volatility: Int64, jumpEvery: Nanoseconds,
        jumpTicks: Int64, droughtEvery: Nanoseconds
    ) {
        self.venues = venues
        self.start = start
        self.duration = duration
        self.startTicks = startTicks
        self.volatility = volatility
        self.jumpEvery = jumpEvery
        self.jumpTicks = jumpTicks
        self.droughtEvery = droughtEvery
    }

    /// BTC perpetuals at two or three venues near 60,000, from 2025-01-01 on.
    ///
    /// - Parameter spot: Whether the first venue has a spot market too, which comes last.
    /// - Precondition: Two or three venues.
    public static func standard(venues count: Int, spot: Bool = false, duration: Nanoseconds) -> GeneratedMarket {
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
        let coins = Venue(
            instrument: Instrument(
                symbol: "BTC", venue: "backpack", venueSymbol: "BTC_USDC", kind: .spot, base: btc, quote: usdc,
                tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 10_000, minimumQuantity: Quantity(lots: 10),
                minimumNotional: 5_000_000_000),
            meanGap: .milliseconds(70), lag: .milliseconds(80), latency: .milliseconds(4), halfSpread: 2, levelLots: 25_000)
        return GeneratedMarket(
            venues: all.prefix(count) + (spot ? [coins] : []), start: Timestamp(nanoseconds: 1_735_689_600_000_000_000), duration: duration,
            startTicks: 60_000,
            volatility: 3 * 1_024, jumpEvery: .minutes(20), jumpTicks: 60, droughtEvery: .minutes(40))
    }
}
