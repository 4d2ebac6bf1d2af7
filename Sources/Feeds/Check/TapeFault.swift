public import Market

/// What a check of a tape can find.
public enum TapeFault: String, Sendable, CaseIterable {
    /// SQLite found its own pages damaged.
    case damagedFile = "damaged file"
    /// A chunk can't be read, or its row says other counts and times than its records have.
    case damagedChunk = "damaged chunk"
    case damagedFrames = "damaged raw frames"
    /// A frame that begins inside another one, or a record outside of a frame.
    case brokenFrame = "broken frame"
    /// A negative price or size, or a record that names a raw frame that there is not.
    case impossibleRecord = "impossible record"
    /// A receive time before the one of the record before it.
    case receiveTimeBack = "receive time goes back"
    /// A venue time before an earlier one of the same stream (book, trades, quotes, prices).
    case venueTimeBack = "venue time goes back"
    /// Records are missing, as the tape itself says.
    case gap
    /// A book update with a lower number than one before it, without a gap or full book between.
    case numberBack = "update number goes back"
    /// A trade with the id of one of the last 65,536.
    case repeatedTrade = "repeated trade"
    /// An id skipped, in a feed whose ids are consecutive otherwise.
    case skippedTrade = "skipped trade"
    /// After a frame the best bid was not below the best ask. Not asked of feeds of single orders: an order that takes is added
    /// before it trades.
    case crossedBook = "crossed or locked book"
    case crossedQuote = "crossed or locked quote"
    /// Nothing of the book came for longer than the limit.
    case staleBook = "stale book"
    case staleQuote = "stale quotes"
    /// A best quote is not the touch of the book with the same update number.
    case quoteDiffers = "quote unlike the book"
    /// A full book is not the book rebuilt from changes, at the same update number.
    case snapshotDiffers = "full book unlike the rebuilt one"

    /// How bad a fault is.
    public enum Severity: Int, Comparable, Sendable {
        /// As venues are: nothing to do.
        case note
        /// Not to be relied on where it is: the range is quarantined.
        case suspect
        /// The tape is not what was written.
        case broken

        public static func < (lhs: Severity, rhs: Severity) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    public var severity: Severity {
        switch self {
        case .damagedFile, .damagedChunk, .damagedFrames, .brokenFrame, .impossibleRecord: .broken
        case .receiveTimeBack, .gap, .numberBack, .repeatedTrade, .crossedBook, .crossedQuote, .staleBook, .staleQuote, .quoteDiffers,
            .snapshotDiffers:
            .suspect
        case .venueTimeBack, .skippedTrade: .note
        }
    }
}

/// What a check found in one feed.
public struct FeedCheck: Sendable, Equatable {
    /// A kind of fault, how often it is there and where first.
    public struct Finding: Sendable, Equatable {
        public var fault: TapeFault
        public var count: Int
        /// Receive time, or venue time where there is none; nil where it has no place in time.
        public var first: Timestamp?
        /// The worst one in words, such as how long.
        public var note: String
    }

    /// A span in which records are not to be relied on, both ends included.
    public struct Quarantine: Sendable, Equatable {
        public var from: Timestamp
        public var to: Timestamp
        public var fault: TapeFault
    }

    public var name: String
    public var records = 0
    /// Best quotes and full books that were compared with the rebuilt book.
    public var quotesCompared = 0
    public var snapshotsCompared = 0
    /// In the order of `TapeFault`.
    public var findings: [Finding] = []
    /// By time; of one fault joined where less than a second lies between.
    public var quarantined: [Quarantine] = []
    /// Ranges beyond the limit of the list.
    public var quarantinedUnlisted = 0

    public var severity: TapeFault.Severity? { findings.map(\.fault.severity).max() }
    public func count(_ fault: TapeFault) -> Int { findings.first { $0.fault == fault }?.count ?? 0 }
}
