public import Market
internal import Trading

/// All figures of a run that do not vary between identical runs.
public struct RunResult: Sendable {
    public static let schemaVersion = 1

    public struct Activity: Sendable, Hashable {
        public var venue: String
        public var submitted = 0
        public var accepted = 0
        public var acceptedWithFill = 0
        /// Of accepted orders, at their own prices, in the reporting currency.
        public var acceptedNotional = ExactAmount.zero
        public var filledNotional = ExactAmount.zero
        public var fills = 0
        public var makerFills = 0
        public var takerFills = 0
        public var partialFills = 0
        public var lateFills = 0
        public var cancelRaceFills = 0
        public var cancels = 0
        public var amends = 0
        public var denied = 0
        public var rejects: [String: Int] = [:]
        /// In the reporting currency.
        public var makerNotional = ExactAmount.zero
        public var takerNotional = ExactAmount.zero
        public var fees = ExactAmount.zero

        public init(venue: String) { self.venue = venue }

        public var notional: ExactAmount { makerNotional + takerNotional }
        public var makerRatio: Double? { notional.units == 0 ? nil : Double(makerNotional.nanos) / Double(notional.nanos) }
        public var feeBasisPoints: Double? { notional.units == 0 ? nil : fees.double / notional.double * 1e4 }
        public var orderToFill: Double? { fills == 0 ? nil : Double(submitted + cancels + amends) / Double(fills) }
        public var orderFillRatio: Double? { accepted == 0 ? nil : Double(acceptedWithFill) / Double(accepted) }
        public var quantityFillRatio: Double? {
            acceptedNotional.units == 0 ? nil : filledNotional.double / acceptedNotional.double
        }
        public var rejectRatio: Double? { submitted == 0 ? nil : Double(rejects.values.reduce(0, +)) / Double(submitted) }
    }

    public struct Position: Sendable, Hashable {
        public var account: String
        public var instrument: String
        public var quantity: String
        public var unrealised: Money
    }

    public struct Series: Sendable {
        public var name: String
        public var series: BucketSeries
    }

    public struct RoundTrips: Sendable, Hashable {
        public var count = 0
        public var wins = 0
        public var gains = ExactAmount.zero
        public var losses = ExactAmount.zero

        public var winRate: Double? { count == 0 ? nil : Double(wins) / Double(count) }
        public var profitFactor: Double? { losses.units == 0 ? nil : gains.double / losses.double }
        public var expectancy: Double? { count == 0 ? nil : (gains - losses).double / Double(count) }
    }

    public var description: RunDescription
    public var start: Timestamp
    public var end: Timestamp
    public var startEquity: ExactAmount
    public var endEquity: ExactAmount
    public var attribution: Attribution
    public var statistics: ReturnStatistics
    public var annualisedReturn: Double?
    public var sampling: Nanoseconds
    public var capital: ExactAmount
    public var drawdown: Drawdown
    public var ulcerIndex: Double?
    public var activity: [Activity]
    public var mechanisms: [String: Int]
    public var unverifiedFills: Int
    /// Fills of more than a tenth of what was displayed.
    public var largeFills: Int
    public var markouts: Markouts
    public var legRisk: LegRisk
    public var fillTimes: FillTimes
    /// Of the same orders, by how far from the touch they were sent; nearest first.
    public var fillTimesByDistance: [(distance: TouchDistance, times: FillTimes)]
    /// How long the outcome of a request, or fills that the venue counted, were unknown; and of how many orders at the end.
    public var unknownTimes: SpanHistogram
    public var unknownAtEnd: Int
    /// Basis points against the mid at the decision, cost positive, weighted by notional; nil without taker fills.
    public var takerSlippage: Double?
    public var roundTrips: RoundTrips
    public var positions: [Position]
    public var balances: [(account: String, amounts: [Money])]
    /// Rates used at the end, in 10⁻⁹, and whether each is stated.
    public var rates: [(currency: Currency, rate: Int64, isStated: Bool)]
    public var equity: BucketSeries
    public var drawdownSeries: BucketSeries
    public var fees: BucketSeries
    public var mids: [Series]
    public var inventory: [Series]
    public var netDelta: BucketSeries
    public var spread: BucketSeries
    /// By strategy, where the run had several.
    public var instances: [Instance]

    public var netProfit: ExactAmount { attribution.netProfit }
    public var fillCount: Int { activity.reduce(0) { $0 + $1.fills } }
    public var calmar: Double? {
        guard let annualisedReturn, drawdown.deepest > 0, capital.units > 0 else { return nil }
        return annualisedReturn / (Double(drawdown.deepest) / 1e9 / capital.double)
    }
}
