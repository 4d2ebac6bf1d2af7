public import Market
import Venues

/// The facts of one recorded feed.
public struct FeedInfo: Sendable, Equatable {
    public struct BestLevel: Hashable, Sendable {
        public var price: Price
        public var quantity: Quantity
    }

    public struct Trades: Hashable, Sendable {
        public var count = 0
        /// By the aggressor's side.
        public var bought = Quantity.zero
        public var sold = Quantity.zero
        /// Of trades without an aggressor.
        public var unknown = Quantity.zero
    }

    /// Best quotes compared with the book rebuilt from level changes, wherever both have the same update number.
    public struct QuoteComparison: Hashable, Sendable {
        public var equal = 0
        public var different = 0
        /// Of these, quotes that came after the book's frame; most come ahead of it.
        public var late = 0
        /// Shared numbers while no full book was known: nothing to compare with.
        public var unverified = 0
    }

    public var instrument: Instrument
    public var records = 0
    public var frames = 0
    /// Records of each kind that occurs, in the order of `MarketEvent.Kind`.
    public var counts: [ImportSummary.Count] = []
    /// Raw, of the first and last record that has one; nil if none has.
    public var firstVenueTime: Timestamp?
    public var lastVenueTime: Timestamp?
    public var firstReceiveTime: Timestamp?
    public var lastReceiveTime: Timestamp?
    public var gaps = 0
    /// Raw receive − venue time of every frame but full books, which are often asked for and late; nil without both times.
    public var latency: LatencySummary?
    public var clock = FeedClock.Statistics()
    /// Bytes of the feed's chunks, its trades and quotes included, for each level or order change; nil without any.
    public var bytesPerLevelChange: Double?
    /// What a level change takes in chunks of level changes alone, of the feed's first million; nil without any.
    public var bytesPerLevelChangeAlone: Double?
    /// Raw frames kept, the bytes that they take, compressed, and those that they were as lines of text.
    public var rawFrames: Int64 = 0
    public var rawFrameBytes: Int64 = 0
    public var originalFrameBytes: Int64 = 0
    /// Changes of levels and of single orders.
    public var levelChanges = 0
    public var bestBid: BestLevel?
    public var bestAsk: BestLevel?
    public var bidLevels = 0
    public var askLevels = 0
    public var trades = Trades()
    /// Frames after which the best bid was not below the best ask. Of feeds of single orders 0: an order that takes is
    /// added before it trades.
    public var crossedFrames = 0
    public var quoteComparison = QuoteComparison()

    public init(instrument: Instrument) { self.instrument = instrument }

    public func count(_ kind: MarketEvent.Kind) -> Int { counts.first { $0.name == "\(kind)" }?.count ?? 0 }
}
