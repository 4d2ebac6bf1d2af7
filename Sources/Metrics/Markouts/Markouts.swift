public import Market

/// What prices did after own fills (`domain` A.3), weighted by notional.
///
/// All sums are exact amounts of the reporting currency: with s the side, p the price and m the mid, a fill of quantity q adds
/// s·q·(m(t+h) − p) to the markout and s·q·(m(t⁻) − p) to what was captured, so that adverse selection, their difference, is
/// s·q·(m(t+h) − m(t⁻)) to the last digit.
public struct Markouts: Sendable, Hashable {
    public static let horizons: [Nanoseconds] = [
        .milliseconds(100), .seconds(1), .seconds(5), .seconds(30), .seconds(60), .seconds(300),
    ]

    /// Which price a fill is compared with.
    public enum View: Int, Sendable, CaseIterable {
        /// Half-way between the best prices of the fill's own venue.
        case mid
        /// Between them, the nearer to the side that shows less.
        case microPrice
        /// The mid of the same symbol at another venue.
        case otherVenue
    }

    /// The sums of one group of fills at one horizon.
    public struct Cell: BitwiseCopyable, Sendable, Hashable {
        public var fills = 0
        public var notional = ExactAmount.zero
        public var captured = ExactAmount.zero
        public var markout = ExactAmount.zero

        public var adverseSelection: ExactAmount { markout - captured }
        public var capturedBasisPoints: Double? { basisPoints(captured) }
        public var markoutBasisPoints: Double? { basisPoints(markout) }
        public var adverseBasisPoints: Double? { basisPoints(adverseSelection) }

        private func basisPoints(_ amount: ExactAmount) -> Double? {
            notional.units == 0 ? nil : Double(amount.units) / Double(notional.units) * 1e4
        }
    }

    /// Fills that have no markout at one horizon.
    public struct Excluded: Sendable, Hashable {
        public var fills = 0
        public var notional = ExactAmount.zero
    }

    /// Fills that have something in common.
    public struct Group: Sendable, Hashable {
        /// What they are told apart by, such as `venue`.
        public var dimension: String
        public var name: String
        /// By horizon.
        public var cells: [Cell]
    }

    /// Where the true mean lies in 19 of 20 cases, in basis points.
    public struct Interval: Sendable, Hashable {
        public var low: Double
        public var high: Double
    }

    /// The fills of one venue and role.
    public struct Role: Sendable, Hashable {
        public var venue: String
        public var isMaker: Bool
        /// By view, then horizon.
        public var cells: [[Cell]]
        /// By horizon, against the mid: a bootstrap over blocks of time, since fills cluster; nil with fewer than two blocks.
        public var intervals: [Interval?]
        /// By horizon: a book that could not be trusted or was stale, at the fill or at the horizon.
        public var distrusted: [Excluded]
        /// By horizon: nearer than it to the end of the run.
        public var unfinished: [Excluded]
    }

    public var roles: [Role]
    /// Against the mid, by dimension; groups without fills are left out.
    public var groups: [Group]
    /// How long the bootstrap's blocks are.
    public var block: Nanoseconds
    public var fills = 0
}

/// A touch in money: what a fill is compared with. Both sides have a price.
struct ReferencePrices: Hashable, BitwiseCopyable {
    /// In 10⁻⁹.
    private var bid: Int64
    private var ask: Int64
    private var bidLots: Int64
    private var askLots: Int64

    /// nil where a side has no price.
    init?(_ touch: Touch, tickSize: FinePrice) {
        guard touch.hasBothSides else { return nil }
        (bid, ask) = (touch.bid * tickSize.nanos, touch.ask * tickSize.nanos)
        (bidLots, askLots) = (touch.bidLots, touch.askLots)
    }

    var mid: FinePrice { FinePrice(nanos: roundedMean(bid, ask)) }

    /// Between the best prices, the nearer to the side that shows less.
    var microPrice: FinePrice {
        let lots = bidLots + askLots
        guard lots > 0 else { return mid }
        let (product, overflows) = (ask - bid).multipliedReportingOverflow(by: bidLots)
        guard !overflows else { return FinePrice(nanos: bid + roundedQuotient(Int128(ask - bid) * Int128(bidLots), Int128(lots))) }
        return FinePrice(nanos: bid + roundedQuotient(product, lots))
    }

    /// The distance of the best prices.
    var spread: Int64 { ask - bid }
}
