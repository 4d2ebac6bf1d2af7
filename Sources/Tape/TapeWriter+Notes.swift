public import Market

/// What a tape made from others keeps of what their recorders noted.
extension TapeWriter {
    public func note(_ note: RecordingNote) throws(TapeError) { try store().add(note) }

    /// - Returns: The number that frame headers and notes name it by.
    public func addConnection(_ connection: RecordedConnection) throws(TapeError) -> UInt16 {
        try store().addConnection(venue: connection.venue, account: connection.account, note: connection.note)
    }

    /// Adds a feed's terms in order of time; records name them by their place.
    public func addTerms(feed: InstrumentID, _ terms: [InstrumentTerms]) throws(TapeError) {
        for term in terms { try store().addTerms(feed: feed.index, term.instrument, at: term.validFrom) }
        if let last = terms.last?.validTo { try store().endTerms(feed: feed.index, at: last) }
    }

    public func addSpan(_ span: RecordingSpan) throws(TapeError) {
        let row = try store().addSpan(at: span.first)
        try store().extendSpan(row, to: span.last, ending: span.ending)
    }

    /// Notes why a raw frame, by its index in its feed, could not be read; it counts.
    public func addUnparsed(feed: InstrumentID?, frame: UInt32, reason: String) throws(TapeError) {
        try store().addUnparsed(feed: feed, frame: frame, reason: reason)
    }

    public func append(_ block: JournalBlock, run: String) throws(TapeError) { try store().add(block, run: run) }
}

/// A connection of a recorder, as it was noted.
public struct RecordedConnection: Hashable, Sendable {
    public var venue: String
    /// Whose private connection it was; nil for public data.
    public var account: String?
    public var note: String
}

extension Tape {
    /// The recorder's connections; the first has number 1.
    public func connections() throws(TapeError) -> [RecordedConnection] {
        guard version >= 2 else { return [] }
        let statement = try database.prepare("SELECT venue, account, note FROM connection ORDER BY id")
        var connections: [RecordedConnection] = []
        while try statement.step() {
            connections.append(
                RecordedConnection(
                    venue: statement.text(0), account: statement.isNull(1) ? nil : statement.text(1), note: statement.text(2)))
        }
        return connections
    }

    /// Whether a feed's terms were noted by a recorder; else `terms` gives those of the feed.
    public func hasNotedTerms(_ feed: InstrumentID) throws(TapeError) -> Bool {
        guard version >= 2 else { return false }
        let statement = try database.prepare("SELECT 1 FROM instrument WHERE feed = ? LIMIT 1")
        statement.bind(Int64(feed.index), at: 1)
        return try statement.step()
    }

    /// The runs whose journals were kept beside the market.
    public func journalRuns() throws(TapeError) -> [String] {
        guard version >= 2 else { return [] }
        let statement = try database.prepare("SELECT DISTINCT run FROM journal ORDER BY run")
        var runs: [String] = []
        while try statement.step() { runs.append(statement.text(0)) }
        return runs
    }
}
