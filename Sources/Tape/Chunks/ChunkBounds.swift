internal import Market

/// What a chunk's row says of its records: counts and the bounds of their times, of those that have one.
struct ChunkBounds: Equatable {
    var levelChanges: Int64 = 0
    var firstVenue: Int64?
    var lastVenue: Int64?
    var firstReceive: Int64?
    var lastReceive: Int64?
    var minimumLatency: Int64?
    var hasSnapshot = false

    init() {}

    init(_ events: some Sequence<MarketEvent>) { for event in events { add(event) } }

    mutating func add(_ event: MarketEvent) {
        if event.kind == .level { levelChanges += 1 }
        if event.flags.contains(.snapshot) { hasSnapshot = true }
        let (venue, receive) = (event.venueTime.nanoseconds, event.receiveTime.nanoseconds)
        if venue != 0 { (firstVenue, lastVenue) = (min(firstVenue ?? venue, venue), max(lastVenue ?? venue, venue)) }
        if receive != 0 { (firstReceive, lastReceive) = (min(firstReceive ?? receive, receive), max(lastReceive ?? receive, receive)) }
        if venue != 0, receive != 0 { minimumLatency = min(minimumLatency ?? .max, receive &- venue) }
    }

    /// What a row says otherwise than these bounds of its records; nil if nothing.
    func fault(ofRow row: ChunkBounds) -> String? {
        guard row != self else { return nil }
        if row.levelChanges != levelChanges { return "it holds \(levelChanges) level changes, not \(row.levelChanges)" }
        if row.hasSnapshot != hasSnapshot { return "it holds \(hasSnapshot ? "a" : "no") full book, unlike what its row says" }
        return "its row has other times than its records"
    }
}
