public import Market

/// What being on one leg only cost, and for how long (`domain` A.4).
///
/// The stages of a hedge: t0 the fill that opens exposure, at its venue; t1 we hear of it; t2 the hedge is decided; t3 it is
/// sent; t4 its venue has it; t5 it fills there; t6 we hear of that. A hedge that answers several fills counts once for each,
/// by the share that it answers; fills are answered in the order in which we heard of them.
public struct LegRisk: Sendable, Hashable {
    public enum Stage: Int, Sendable, CaseIterable {
        case heard, decided, sent, accepted, filled, told
        /// t6 − t1, by our clock.
        case total
        /// t5 − t0, by the venues' clocks.
        case atVenues

        public var name: String {
            switch self {
            case .heard: "t1 − t0, fill to report"
            case .decided: "t2 − t1, report to decision"
            case .sent: "t3 − t2, decision to sending"
            case .accepted: "t4 − t3, sending to the venue's acceptance"
            case .filled: "t5 − t4, acceptance to fill"
            case .told: "t6 − t5, fill to report"
            case .total: "t6 − t1, by our clock"
            case .atVenues: "t5 − t0, by the venues' clocks"
            }
        }
    }

    /// What hedging cost against what the book showed at each stage. Exact amounts of the reporting currency, cost positive:
    /// `internal + wire + impact` is the slippage against the book at t1, with `feed` the shortfall against that at t0.
    public struct Slippage: Sendable, Hashable {
        /// Hedged parts of fills whose book is known at every stage.
        public var hedges = 0
        /// At the price of the book at t1.
        public var notional = ExactAmount.zero
        /// From the book at t0, as recorded at the venue, to ours at t1.
        public var feed = ExactAmount.zero
        /// From t1 to t3, ours.
        public var `internal` = ExactAmount.zero
        /// From ours at t3 to the venue's at t5: the way there, and speed bumps.
        public var wire = ExactAmount.zero
        /// From the venue's book at t5 to what was paid: what had been taken before, and what was not there.
        public var impact = ExactAmount.zero
        /// What was paid less the book at t1, and at t0, each reckoned by itself.
        public var total = ExactAmount.zero
        public var shortfall = ExactAmount.zero
        /// Parts without a book, or with too thin a one, at some stage.
        public var incomplete = 0

        public func basisPoints(_ amount: ExactAmount) -> Double? {
            notional.units == 0 ? nil : Double(amount.units) / Double(notional.units) * 1e4
        }
    }

    /// What pairs of a fill and its hedge earned, before fees.
    public struct EdgeCapture: Sendable, Hashable {
        public var pairs = 0
        /// Of the first legs.
        public var notional = ExactAmount.zero
        public var realised = ExactAmount.zero
        /// With the hedge at the price that its book showed for the size when the quote was sent.
        public var planned = ExactAmount.zero

        public var realisedBasisPoints: Double? { basisPoints(realised) }
        public var plannedBasisPoints: Double? { basisPoints(planned) }
        public var ratio: Double? { planned.units == 0 ? nil : Double(realised.units) / Double(planned.units) }

        private func basisPoints(_ amount: ExactAmount) -> Double? {
            notional.units == 0 ? nil : Double(amount.units) / Double(notional.units) * 1e4
        }
    }

    /// How hedges ended that did not fill whole.
    public enum Failure: Int, Sendable, CaseIterable {
        case rejected, partial, unfilled, denied, unknown

        public var name: String {
            switch self {
            case .rejected: "rejected by the venue"
            case .partial: "partly filled"
            case .unfilled: "nothing filled"
            case .denied: "denied by our risk limits"
            case .unknown: "outcome unknown"
            }
        }
    }

    public struct Attempts: Sendable, Hashable {
        /// First tries.
        public var intents = 0
        /// Of first tries that did not fill whole, by failure.
        public var failures = Array(repeating: 0, count: Failure.allCases.count)
        /// Tries after one that did not fill whole.
        public var retries = 0
        /// Times that another leg was reduced instead.
        public var escalations = 0
        /// What was still to be hedged then, in the reporting currency.
        public var residual = ExactAmount.zero
    }

    /// Closing a position at once: from the first order to flat.
    public struct Flattens: Sendable, Hashable {
        public var count = 0
        public var notional = ExactAmount.zero
        /// Against the mid when it began, positive is a cost.
        public var cost = ExactAmount.zero
        public var timeToFlat = SpanHistogram()
        /// Not flat at the end.
        public var open = 0

        public var costBasisPoints: Double? { notional.units == 0 ? nil : Double(cost.units) / Double(notional.units) * 1e4 }
    }

    /// What was unhedged of one symbol, by the venues' positions.
    public struct Exposure: Sendable, Hashable {
        public var symbol: String
        public var base: Currency
        /// Whether more than one position could be held in it; else all of it is inventory and nothing is naked.
        public var isHedgeable: Bool
        /// From here on an exposure is naked: the smallest size that all its venues trade, in 10⁻⁹ of the base currency.
        public var tolerance: Int64 = 0
        /// ∫ U dt, in 10⁻⁹ of the reporting currency × seconds; the mark is that of the last event or sample.
        public var integral: Int128 = 0
        public var time = Nanoseconds.zero
        public var nakedTime = Nanoseconds.zero
        public var episodes = 0
        public var durations = SpanHistogram()
        /// The largest unhedged notional, in 10⁻⁹ of the reporting currency.
        public var peak: Int64 = 0
        /// ∫ D dM over the episodes, M the mid of the symbol's first instrument.
        public var profit = ExactAmount.zero
        public var isOpen = false
        /// Time with something unhedged that is too small to trade.
        public var dustTime = Nanoseconds.zero
        /// Left at the end: in 10⁻⁹ of the base currency, and how long it had been there.
        public var dust: Int64 = 0
        public var dustNotional: Int64 = 0
        public var dustAge = Nanoseconds.zero

        public var nakedShare: Double? { time.count == 0 ? nil : Double(nakedTime.count) / Double(time.count) }
    }

    /// How far an account was from liquidation: (equity − maintenance) ÷ notional of its positions, each second.
    public struct MarginDistance: Sendable, Hashable {
        public static let warning = 0.05
        public static let critical = 0.02
        public var account: String
        /// nil where no margin is asked for or nothing was held.
        public var smallest: Double?
        public var timeBelowWarning = Nanoseconds.zero
        public var timeBelowCritical = Nanoseconds.zero
    }

    /// By stage.
    public var stages: [SpanHistogram]
    public var slippage = Slippage()
    public var edge = EdgeCapture()
    public var attempts = Attempts()
    public var flattens = Flattens()
    /// By symbol.
    public var exposures: [Exposure] = []
    public var margins: [MarginDistance] = []
    /// Hedged amounts that no fill was waiting for.
    public var unasked = 0

    public subscript(stage: Stage) -> SpanHistogram { stages[stage.rawValue] }
}
