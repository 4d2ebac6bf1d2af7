public import Market

/// What was done to take our orders out of a run's market, and what could not be told apart from it.
public struct FootprintReport: Hashable, Sendable {
    /// What could not be separated, and why.
    public enum Doubt: String, Hashable, Sendable, CaseIterable, Codable {
        /// A level showed less than what rested there of ours.
        case lessThanOurs = "a level showed less than what rested there of ours"
        /// A level of which we had taken was told to be empty: what we took of it may have stood on.
        case takenLevelEmptied = "a level of which we had taken was told to be empty"
        /// Who met us left a rest in the book, or what stood there had moved: which cannot be told.
        case metByRest = "an order met ours and may have left a rest"
        /// Nobody has told what became of an order.
        case unknownOrder = "nobody has told whether an order rested"
        /// Only an answer told of an order, which carries no time of the venue.
        case byOurClock = "an order's place in the book is known by our clock alone"
        /// The public stream has a trade of ours of which the private one does not tell.
        case tradeWithoutFill = "a public trade is ours, and no fill tells of it"
        /// The public stream lacks a trade of ours.
        case fillWithoutTrade = "a fill of ours is no public trade"
    }

    /// Records of the book at which something of ours was subtracted or put back.
    public var changedLevels = 0
    /// Frames that told of nothing but our own orders, and are gone.
    public var ownFrames = 0
    /// Trades that our taking made, dropped.
    public var takenTrades = 0
    /// Trades in which others took from us: dropped as ours, and told as the taker's with somebody else.
    public var madeTrades = 0
    public var doubts: [Doubt: Int] = [:]

    public init() {}

    public var doubtCount: Int { doubts.values.reduce(0, +) }

    mutating func note(_ doubt: Doubt, _ count: Int = 1) { if count > 0 { doubts[doubt, default: 0] += count } }

    mutating func add(_ other: FootprintReport) {
        changedLevels += other.changedLevels
        ownFrames += other.ownFrames
        takenTrades += other.takenTrades
        madeTrades += other.madeTrades
        doubts.merge(other.doubts, uniquingKeysWith: +)
    }
}

/// A level of a book whose size without us is not certain, from a moment on.
public struct DoubtfulLevel: Hashable, Sendable {
    public var side: Side
    public var ticks: Int64
    public var doubt: FootprintReport.Doubt
    /// By the venue's clock.
    public var since: Timestamp
}
