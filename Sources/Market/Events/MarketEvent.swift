/// One record of a feed. Fixed size and trivial: 48 bytes, copied without a retain.
///
/// | kind | `price` | `quantity` | `detail` |
/// |---|---|---|---|
/// | `level` | ticks | the level's size after the change in lots, 0 = gone | the frame's last update number, 0 if none |
/// | `orderAdded`, `orderChanged` | ticks | lots that remain | the venue's order id |
/// | `orderDeleted` | ticks | lots that were left: 0 = filled, else cancelled | the venue's order id |
/// | `trade` | ticks | lots | trade id |
/// | `quote` | ticks | lots at the best; a best quote is two records, bid then ask | the book's update number, 0 if none |
/// | `mark`, `index` | 10⁻⁹ of the quote currency | – | – |
/// | `funding` | rate in 10⁻¹² for one interval | interval in ns, 0 if unknown | next settlement, ns since 1970 |
/// | `openInterest` | – | lots | – |
/// | `liquidation` | ticks | lots | order or trade id, 0 if none |
/// | `status` | a `TradingStatus` raw value | – | – |
/// | `instrumentChange` | index into the feed's table of instruments | – | – |
/// | `gap` | a `GapCause` raw value | – | – |
///
/// A frame is a run of records of one feed between the flags `first` and `last`. A frame whose flags hold `snapshot`
/// replaces the book: it is cleared at the frame's first record.
public struct MarketEvent: Hashable, BitwiseCopyable, Sendable {
    @frozen public enum Kind: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
        case level, orderAdded, orderChanged, orderDeleted, trade, quote, mark, index, funding, openInterest, liquidation, status
        case instrumentChange, gap
    }

    public struct Flags: OptionSet, Hashable, BitwiseCopyable, Sendable {
        public let rawValue: UInt8
        @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The first record of its frame.
        public static let first = Flags(rawValue: 1 << 0)
        /// The last record of its frame: strategies wake and book invariants hold only after it.
        public static let last = Flags(rawValue: 1 << 1)
        /// Part of a full book that replaces what was known.
        public static let snapshot = Flags(rawValue: 1 << 2)
        /// A trade or order forced by the venue.
        public static let liquidation = Flags(rawValue: 1 << 3)
        /// Made by an order of our own.
        public static let own = Flags(rawValue: 1 << 4)
        /// The level, quote or aggressor is on the sell side; absent, it is on the buy side.
        public static let sell = Flags(rawValue: 1 << 5)
        /// A trade whose aggressor the venue did not tell.
        public static let noAggressor = Flags(rawValue: 1 << 6)
    }

    /// The venue's time. In a tape as the venue sent it (0 if it sent none); at replay corrected, never decreasing in a feed.
    public var venueTime: Timestamp
    /// When it reached us. In a tape as the receiver's clock said (0 if unknown); at replay corrected: ≥ venue time + the
    /// feed's minimum latency, never decreasing in a feed.
    public var receiveTime: Timestamp
    public var price: Int64
    public var quantity: Int64
    public var detail: Int64
    public var instrument: InstrumentID
    public var kind: Kind
    public var flags: Flags
    /// Index of the raw frame it came from, counted in its feed from 0.
    public var frame: UInt32

    @inlinable public init(
        kind: Kind, instrument: InstrumentID, venueTime: Timestamp, receiveTime: Timestamp, price: Int64 = 0, quantity: Int64 = 0,
        detail: Int64 = 0, flags: Flags = [.first, .last], frame: UInt32 = 0
    ) {
        self.venueTime = venueTime
        self.receiveTime = receiveTime
        self.price = price
        self.quantity = quantity
        self.detail = detail
        self.instrument = instrument
        self.kind = kind
        self.flags = flags
        self.frame = frame
    }

    @inlinable public var side: Side { flags.contains(.sell) ? .sell : .buy }
    @inlinable public var isFirst: Bool { flags.contains(.first) }
    @inlinable public var isLast: Bool { flags.contains(.last) }
    /// Whether it tells of the book: of a level or of a single order in it.
    @inlinable public var isOfBook: Bool {
        switch kind {
        case .level, .orderAdded, .orderChanged, .orderDeleted: true
        default: false
        }
    }
    /// A level change that is not part of a full book.
    @inlinable public var isPlainLevel: Bool { kind == .level && !flags.contains(.snapshot) }
}

/// Whether a venue trades an instrument.
public enum TradingStatus: Int64, Sendable, CaseIterable {
    case trading, postOnly, reduceOnly, halted, delisted
}

/// Why records are missing from here on, until the book's next snapshot.
public enum GapCause: Int64, Sendable, CaseIterable {
    /// A sequence number was skipped.
    case sequence
    /// The recording stopped and another went on.
    case recording
    /// The connection was lost.
    case connection
    /// The records are there but can't be trusted.
    case quarantined
}
