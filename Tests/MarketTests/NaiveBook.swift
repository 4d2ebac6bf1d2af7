import Market

/// The rules of `OrderBook` in the plainest form: two dictionaries, searched whole.
struct NaiveBook {
    private var levels: [Side: [Int64: Int64]] = [.buy: [:], .sell: [:]]
    private(set) var bestBid: Int64?
    private(set) var bestAsk: Int64?

    func lots(_ side: Side, _ ticks: Int64) -> Int64 { levels[side]?[ticks] ?? 0 }
    func count(_ side: Side) -> Int { levels[side]?.count ?? 0 }

    mutating func set(_ side: Side, ticks: Int64, lots: Int64) -> Int64 {
        let previous = self.lots(side, ticks)
        levels[side]?[ticks] = lots == 0 ? nil : lots
        switch (side, lots > 0) {
        case (.buy, true):
            guard ticks > bestBid ?? .min else { break }
            bestBid = ticks
            if let ask = bestAsk, ticks >= ask { bestAsk = levels[.sell]?.keys.filter { $0 > ticks }.min() }
        case (.sell, true):
            guard ticks < bestAsk ?? .max else { break }
            bestAsk = ticks
            if let bid = bestBid, ticks <= bid { bestBid = levels[.buy]?.keys.filter { $0 < ticks }.max() }
        case (.buy, false):
            if ticks == bestBid { bestBid = levels[.buy]?.keys.filter { $0 < ticks }.max() }
        case (.sell, false):
            if ticks == bestAsk { bestAsk = levels[.sell]?.keys.filter { $0 > ticks }.min() }
        }
        return previous
    }

    mutating func removeAll() { self = NaiveBook() }

    /// Levels from the best outwards.
    func ladder(_ side: Side) -> [(Int64, Int64)] {
        let sorted = (levels[side] ?? [:]).sorted { side == .buy ? $0.key > $1.key : $0.key < $1.key }
        let best = side == .buy ? bestBid : bestAsk
        guard let best else { return [] }
        return sorted.filter { side == .buy ? $0.key <= best : $0.key >= best }.map { ($0.key, $0.value) }
    }
}
