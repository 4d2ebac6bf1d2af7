public import Market

/// A feed's records, a chunk at a time: the sealed chunks, then what was committed of the open one.
public final class FeedReader {
    private let database: Database
    private let feed: InstrumentID
    private let name: String
    private let skipsDamage: Bool
    private let loader: ChunkLoader
    private var entries: ArraySlice<ChunkEntry>
    private var last: MarketEvent?
    /// What was skipped so far, in order; empty unless skipping was asked for.
    public private(set) var damage: [TapeError] = []

    init(
        _ database: Database, feed: InstrumentID, name: String, version: Int, from time: Timestamp? = nil, skippingDamage: Bool = false,
        verifying: Bool = false
    ) throws(TapeError) {
        self.database = database
        self.feed = feed
        self.name = name
        skipsDamage = skippingDamage
        loader = try ChunkLoader(database, version: version, verifying: verifying)
        entries = try ChunkEntry.all(database, feed: feed, version: version)[...]
        if let time {
            // The open chunk is short: all of it is read.
            entries = entries.drop { !$0.isOpen && ($0.bounds.lastReceive ?? $0.bounds.lastVenue ?? .min) < time.nanoseconds }
        }
    }

    /// Replaces the contents of `events` by the next chunk; false at the end. Times are as recorded.
    ///
    /// - Throws: `TapeError.damagedChunk` naming the feed and the chunk; nothing of it is handed out, and the next call goes on behind
    ///   it. A reader that skips damage hands out a `gap` record (`quarantined`) in the chunk's place instead, and notes the error in
    ///   `damage`.
    public func next(into events: EventBatch) throws(TapeError) -> Bool {
        guard let entry = entries.popFirst() else { return false }
        defer { last = events.last ?? last }
        guard let reason = try loader.load(entry, feed: feed, into: events) else { return true }
        events.removeAll()
        let error = TapeError.damagedChunk(path: database.path, feed: name, chunk: entry.number, reason: reason)
        guard skipsDamage else { throw error }
        damage.append(error)
        let zero = Timestamp(nanoseconds: 0)
        events.append(
            MarketEvent(
                kind: .gap, instrument: feed, venueTime: last?.venueTime ?? zero, receiveTime: last?.receiveTime ?? zero,
                price: GapCause.quarantined.rawValue))
        return true
    }
}
