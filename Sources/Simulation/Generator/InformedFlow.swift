internal import Market

/// When those who watch the fastest venue take at the others, and what they know then.
struct InformedFlow {
    /// Orders that arrive at a venue: who buys takes what is offered below `lowest`, who sells what is bid above `highest`.
    struct Hit {
        var venue: Int
        var time: Timestamp
        /// The common price as it was seen, or as it is seen now where that is less to take for, in 1/1024 of a tick.
        var lowest: Int64
        var highest: Int64
        var edge: Int64
    }

    /// The venue that is watched.
    let lead: Int
    private let takers: GeneratedMarket.InformedTakers
    private let venues: Int
    private var random: SeededGenerator
    private var seen: Int64?
    /// Earliest first.
    private var hits: [Hit] = []

    init(_ takers: GeneratedMarket.InformedTakers, _ market: GeneratedMarket, seed: UInt64) {
        self.takers = takers
        venues = market.venues.count
        lead = market.venues.indices.min { (market.venues[$0].lag, $0) < (market.venues[$1].lag, $1) } ?? 0
        // The venues have the streams from 1 on, the common price that of 0.
        random = SeededGenerator(seed: seed, stream: UInt64.max)
    }

    /// The next arrival; `.never` if nobody is on the way.
    var next: Timestamp { hits.first?.time ?? .never }

    /// The watched venue shows the common price; somebody acts on a move of a tick.
    mutating func see(_ price: Int64, at time: Timestamp) {
        guard let before = seen else { return seen = price }
        guard abs(price - before) >= CommonPrice.unit else { return }
        seen = price
        for venue in 0..<venues where venue != lead {
            let delay = max(1, random.exponential(mean: takers.reaction.count / 1_000) * 1_000)
            let hit = Hit(
                venue: venue, time: time + Nanoseconds(count: delay), lowest: price, highest: price, edge: takers.edge)
            hits.insert(hit, at: hits.firstIndex { $0.time > hit.time } ?? hits.count)
        }
    }

    /// Who arrives now. Whoever is late looks again before he takes.
    mutating func take(_ now: Timestamp) -> Hit? {
        guard var hit = hits.first, hit.time <= now, let seen else { return nil }
        hits.removeFirst()
        hit.lowest = min(hit.lowest, seen)
        hit.highest = max(hit.highest, seen)
        return hit
    }
}
