internal import Market

/// One venue's book as it is made up: each change is applied here and becomes a record.
struct GeneratedBook {
    private struct Level {
        var ticks: Int64
        var lots: Int64
    }

    private static let levelsKept = 120

    private let instrument: InstrumentID
    private let settings: GeneratedMarket.Venue
    /// Best first.
    private var bids: [Level] = []
    private var asks: [Level] = []

    init(_ instrument: InstrumentID, _ settings: GeneratedMarket.Venue) {
        self.instrument = instrument
        self.settings = settings
    }

    private func levels(_ side: Side) -> [Level] { side == .buy ? bids : asks }
    func best(_ side: Side) -> Int64? { levels(side).first?.ticks }

    /// Fills both sides outwards from the best prices.
    mutating func fill(bid: Int64, ask: Int64, _ random: inout SeededGenerator, _ emit: (Side, Int64, Int64) -> Void) {
        lay(.buy, from: bid, &random, 1, emit)
        lay(.sell, from: ask, &random, 1, emit)
    }

    private mutating func lay(
        _ side: Side, from best: Int64, _ random: inout SeededGenerator, _ scarcity: Int64, _ emit: (Side, Int64, Int64) -> Void
    ) {
        var ticks = best
        for _ in 0..<Self.levelsKept {
            set(side, ticks, size(&random, scarcity, at: abs(ticks - best)), emit)
            ticks -= side.sign * (1 + random.exponential(mean: settings.levelGap))
        }
    }

    /// - Parameter distance: From the best price, in ticks.
    func size(_ random: inout SeededGenerator, _ scarcity: Int64, at distance: Int64 = 0) -> Int64 {
        let mean = levelLots(at: distance)
        return max(1, (random.exponential(mean: mean) + mean / 8) / scarcity)
    }

    private func levelLots(at distance: Int64) -> Int64 {
        guard !settings.depthProfile.isEmpty else { return settings.levelLots }
        // 0, 1, 2–3, 4–7 …: one place more for each doubling.
        let place = Int64.bitWidth - max(0, distance).leadingZeroBitCount
        return settings.levelLots * settings.depthProfile[min(place, settings.depthProfile.count - 1)] / 1_000
    }

    mutating func set(_ side: Side, _ ticks: Int64, _ lots: Int64, _ emit: (Side, Int64, Int64) -> Void) {
        // In place: a copy of the side for each change would take most of the time.
        let isChanged =
            side == .buy ? Self.set(&bids, ticks, lots, at: place(side, ticks)) : Self.set(&asks, ticks, lots, at: place(side, ticks))
        if isChanged { emit(side, ticks, lots) }
    }

    /// Where a price stands on its side or would.
    private func place(_ side: Side, _ ticks: Int64) -> Int {
        var (low, high) = (0, levels(side).count)
        while low < high {
            let middle = (low + high) / 2
            let found = levels(side)[middle].ticks
            if side == .buy ? found <= ticks : found >= ticks { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func set(_ list: inout [Level], _ ticks: Int64, _ lots: Int64, at index: Int) -> Bool {
        let exists = index < list.count && list[index].ticks == ticks
        if lots == 0 {
            guard exists else { return false }
            list.remove(at: index)
        } else if exists {
            list[index].lots = lots
        } else {
            list.insert(Level(ticks: ticks, lots: lots), at: index)
        }
        return true
    }

    private func lots(_ side: Side, at ticks: Int64) -> Int64 {
        let (list, place) = (levels(side), place(side, ticks))
        return place < list.count && list[place].ticks == ticks ? list[place].lots : 0
    }

    /// What stands beyond `limit` on a side, in lots.
    func lots(_ side: Side, beyond limit: Int64) -> Int64 {
        levels(side).lazy.prefix { side == .buy ? $0.ticks > limit : $0.ticks < limit }.reduce(0) { $0 + $1.lots }
    }

    /// A taker's walk: what it takes from each level, best first; the levels shrink as it goes.
    mutating func take(_ aggressor: Side, _ lots: Int64, _ trade: (Int64, Int64) -> Void, _ emit: (Side, Int64, Int64) -> Void) {
        let side = aggressor.opposite
        var left = lots
        // The last level is never taken: a side does not empty.
        while left > 0, levels(side).count > 2, let level = levels(side).first {
            let taken = min(left, level.lots)
            trade(level.ticks, taken)
            set(side, level.ticks, level.lots - taken, emit)
            left -= taken
        }
    }

    /// Removes what stands beyond `limit` on a side; one that the market has passed whole is quoted anew, from `best` outwards.
    mutating func pull(
        _ side: Side, beyond limit: Int64, elseFrom best: Int64, _ random: inout SeededGenerator, _ scarcity: Int64,
        _ emit: (Side, Int64, Int64) -> Void
    ) {
        func isBeyond(_ ticks: Int64) -> Bool { side == .buy ? ticks > limit : ticks < limit }
        if let last = levels(side).last, isBeyond(last.ticks) { lay(side, from: best, &random, scarcity, emit) }
        while levels(side).count > 1, let level = levels(side).first, isBeyond(level.ticks) { set(side, level.ticks, 0, emit) }
    }

    /// In a book whose levels stand far apart, the next place outwards where one may stand.
    private func sparse(_ side: Side, _ ticks: Int64) -> Int64 {
        guard settings.levelGap > 1 else { return ticks }
        let rest = ticks % (settings.levelGap + 1)
        return side == .buy || rest == 0 ? ticks - rest : ticks - rest + settings.levelGap + 1
    }

    /// Which level goes when one at `ticks` is to go: in a book whose levels stand far apart the next one outwards, for not all that the
    /// best prices leave behind stands where others may.
    private func leaving(_ side: Side, _ ticks: Int64) -> Int64? {
        let (list, place) = (levels(side), place(side, ticks))
        guard place < list.count, settings.levelGap > 1 || list[place].ticks == ticks else { return nil }
        return list[place].ticks
    }

    /// Changes a level some way from the best, and keeps the number of levels.
    mutating func stir(_ random: inout SeededGenerator, _ scarcity: Int64, _ emit: (Side, Int64, Int64) -> Void) {
        let side: Side = random.next() & 1 == 0 ? .buy : .sell
        guard let best = best(side) else { return }
        let draw = best - side.sign * random.exponential(mean: settings.stirTicks)
        let ticks = sparse(side, draw)
        let now = lots(side, at: ticks)
        let leaving = leaving(side, draw)
        switch random.uniform(in: 0...3) {
        case 0 where leaving.map { $0 != best } ?? false: set(side, leaving ?? best, 0, emit)
        case 1 where now > 1: set(side, ticks, max(1, now * random.uniform(in: 2...9) / 10), emit)
        default: set(side, ticks, size(&random, scarcity, at: abs(best - ticks)), emit)
        }
        let (count, last) = (levels(side).count, levels(side).last)
        if count > Self.levelsKept + 20, let last {
            set(side, last.ticks, 0, emit)
        } else if count < Self.levelsKept - 20, let last {
            let ticks = last.ticks - side.sign * (1 + random.exponential(mean: 2 * settings.levelGap))
            set(side, ticks, size(&random, scarcity, at: abs(best - ticks)), emit)
        }
    }
}
