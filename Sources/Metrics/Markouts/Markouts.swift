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
    public struct Cell: Sendable, Hashable {
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

/// The best prices of a book: what a fill is compared with. Nil where the book can't be trusted, is stale or has an empty side.
public struct ReferencePrices: Sendable, Hashable, BitwiseCopyable {
    public var mid: FinePrice
    public var microPrice: FinePrice
    /// The distance of the best prices.
    public var spread: Int64

    /// - Parameters:
    ///   - bid: In ticks, as the ask; both sides have one.
    ///   - bidLots: Shown at the best bid, as the ask's.
    public init(bid: Int64, ask: Int64, bidLots: Int64, askLots: Int64, _ contract: Contract) {
        mid = FinePrice(nanos: roundedQuotient(Int128(bid + ask) * Int128(contract.tickSize.nanos), 2))
        let lots = Int128(bidLots) + Int128(askLots)
        // Ticks × lots × lots fits: prices and sizes are below 2⁶³, their product with a tick below 2¹²⁷ for any market there is.
        let weighted = Int128(bid) * Int128(askLots) + Int128(ask) * Int128(bidLots)
        microPrice = lots > 0 ? FinePrice(nanos: roundedQuotient(weighted * Int128(contract.tickSize.nanos), lots)) : mid
        spread = (ask - bid) * contract.tickSize.nanos
    }

    public init(mid: FinePrice, microPrice: FinePrice, spread: Int64) {
        self.mid = mid
        self.microPrice = microPrice
        self.spread = spread
    }
}
