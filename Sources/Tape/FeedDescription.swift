public import Market
public import Signing

/// What a tape says of one feed.
public struct FeedDescription: Hashable, Sendable {
    public var instrument: Instrument
    /// What it was made from, such as a file name or `synth seed 42`.
    public var source: String

    public init(instrument: Instrument, source: String) {
        self.instrument = instrument
        self.source = source
    }

    /// Where and what, such as `binance-usdm BTCUSDT`.
    public var name: String { "\(instrument.venue) \(instrument.venueSymbol)" }

    /// Every field that a replay depends on, one a line; what a content hash begins with.
    var canonicalText: String {
        let fields: [String] = [
            instrument.symbol, instrument.venue, instrument.venueSymbol, instrument.kind.rawValue, instrument.base.code,
            instrument.quote.code,
            String(instrument.tickSize.nanos), String(instrument.lotSize), String(instrument.contractSize),
            String(instrument.minimumQuantity.lots),
            String(instrument.minimumNotional), instrument.fundingInterval.map { String($0.count) } ?? "-",
        ]
        return fields.joined(separator: "\n") + "\n"
    }

    func insert(into database: Database, number: Int) throws(TapeError) {
        let statement = try database.prepare("INSERT INTO feed VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
        statement.bind(Int64(number), at: 1)
        statement.bind(instrument.symbol, at: 2)
        statement.bind(instrument.venue, at: 3)
        statement.bind(instrument.venueSymbol, at: 4)
        statement.bind(instrument.kind.rawValue, at: 5)
        statement.bind(instrument.base.code, at: 6)
        statement.bind(instrument.quote.code, at: 7)
        statement.bind(terms: instrument, at: 8)
        statement.bind(source, at: 14)
        try statement.run()
    }
}

/// What a tape holds of one feed.
public struct FeedSummary: Hashable, Sendable {
    public var description: FeedDescription
    public var chunks: Int
    public var events: Int64
    public var levelChanges: Int64
    /// Bytes of the feed's compressed chunks.
    public var bytes: Int64
    /// The first and last times as recorded, of those that the feed has; nil if none.
    public var venueTimes: ClosedRange<Timestamp>?
    public var receiveTimes: ClosedRange<Timestamp>?
    public var hasSnapshot: Bool
    /// SHA-256 of the feed's description and records, the same for the same records in whatever tape; of a tape that is still
    /// recorded, those up to its last commit. A recorder also cuts chunks by time, which an import does not, and has a hash of its own.
    public var contentHash: SHA256Digest
    /// Frames that could not be read, by reason.
    public var unparsed: [String: Int64]
}

extension Statement {
    /// Binds the six numbers of an instrument's terms from `index` on.
    func bind(terms instrument: Instrument, at index: Int32) {
        bind(instrument.tickSize.nanos, at: index)
        bind(instrument.lotSize, at: index + 1)
        bind(instrument.contractSize, at: index + 2)
        bind(instrument.minimumQuantity.lots, at: index + 3)
        bind(instrument.minimumNotional, at: index + 4)
        bind(instrument.fundingInterval?.count, at: index + 5)
    }
}
