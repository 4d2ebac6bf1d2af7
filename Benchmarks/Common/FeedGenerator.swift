internal import Foundation
internal import Market

/// Makes the synthetic feed of the common workload (`WORKLOAD.md`, "How the synthetic feed is made"): the same bytes for the
/// same size and seed as its reference generator.
///
/// Two markets follow a common price path, A 30 ms late. Each event is a trade that walks the book, or one to five level
/// changes that follow the path, close wide spreads, or stir the book about the touch.
struct FeedGenerator {
    /// One record, in whole microseconds from the start.
    struct Record {
        var time: Int64
        var tick: Int64
        var lots: Int64
        var kind: WorkloadFeed.Kind
        /// 0: bid, or bought; 1: ask, or sold.
        var side: Int
        var venue: Int
        var isLast = false
    }

    static let start: Int64 = 1_700_000_000_000_000
    static let feedLatency: Int64 = 5_000_000

    private static let centre: Int64 = 100_000
    private static let half = 16_384
    private static let levels = 200
    private static let meanGap = [12_000.0, 18_000.0]
    /// Steps of the common path that each market lags.
    private static let lag: [Int64] = [3, 0]
    private static let step: Int64 = 10_000

    private(set) var records: ContiguousArray<Record> = []
    private(set) var levelChanges = 0
    private var markets: [Market]
    private let path: ContiguousArray<Int64>

    /// One market's book, by slot.
    private struct Market {
        var random: SplitMix
        var next: Int64 = 0
        var lots = [[Int64]](repeating: [Int64](repeating: 0, count: 2 * half), count: 2)
        var best = [half, half + 1]
        var farthest = [half - levels + 1, half + levels]
        var count = [levels, levels]

        var spread: Int { best[1] - best[0] }
        /// Twice the middle's distance from the centre of the ladder.
        var doubledMiddle: Int64 { Int64(best[0] + best[1]) - Int64(2 * half + 1) }
    }

    init(levelChanges wanted: Int, seed: UInt64) {
        let span = Int64(Double(wanted) / 2.2 * 7_200 * 1.3) + 60_000_000
        path = Self.path(steps: Int(span / Self.step) + 10, seed: seed &* 7_919 &+ 13)
        markets = [1, 77_777].map { Market(random: SplitMix(state: seed &* 2_654_435_761 &+ $0)) }
        let capacity = Int(Double(wanted) * 1.25) + 4_096
        records.reserveCapacity(capacity)
        for venue in 0..<2 { snapshot(venue) }
        while levelChanges < wanted, records.count < capacity - 64 {
            let venue = markets[0].next <= markets[1].next ? 0 : 1
            let now = markets[venue].next
            let place = Int(max(0, now / Self.step - Self.lag[venue]))
            guard place < path.count else { break }
            let fair = Self.halved(path[place])
            if markets[venue].random.uniform() < 0.12 { trade(venue, now, fair) } else { stir(venue, now, fair) }
            records[records.count - 1].isLast = true
            let gap = markets[venue].random.exponential(Self.meanGap[venue]) + 0.5
            markets[venue].next = now + max(1, Int64(gap))
        }
    }

    /// A walk of sums of four uniform bytes, in 1/2048 of a tick.
    private static func path(steps: Int, seed: UInt64) -> ContiguousArray<Int64> {
        var random = SplitMix(state: seed)
        var (path, fair) = (ContiguousArray<Int64>(), Int64(0))
        path.reserveCapacity(steps)
        for _ in 0..<steps {
            path.append(fair)
            let bits = random.next()
            let sum = (0..<4).reduce(Int64(0)) { $0 + Int64(bits >> UInt64(8 * $1) & 255) }
            fair += sum - 510
        }
        return path
    }

    /// Half, rounded down.
    private static func halved(_ value: Int64) -> Int64 { value >> 1 }

    /// How far the path is above the middle of the book, in ticks.
    private func distance(_ venue: Int, _ fair: Int64) -> Double {
        Double(fair - markets[venue].doubledMiddle * 512) / 1_024
    }

    private static func outwards(_ side: Int) -> Int { side == 0 ? -1 : 1 }
    private static func usualLots(_ depth: Int) -> Int64 { 400 + 120 * Int64(min(depth, 25)) }

    private mutating func emit(_ venue: Int, _ time: Int64, _ slot: Int, _ lots: Int64, _ kind: WorkloadFeed.Kind, _ side: Int) {
        records.append(
            Record(time: time, tick: Self.centre - Int64(Self.half) + Int64(slot), lots: lots, kind: kind, side: side, venue: venue))
        if kind != .trade { levelChanges += 1 }
    }

    private mutating func snapshot(_ venue: Int) {
        for side in 0..<2 {
            for depth in 0..<Self.levels {
                let size = Double(Self.usualLots(depth)) * (0.5 + markets[venue].random.uniform())
                let (lots, slot) = (1 + Int64(size), markets[venue].best[side] + Self.outwards(side) * depth)
                markets[venue].lots[side][slot] = lots
                emit(venue, 0, slot, lots, .snapshot, side)
            }
        }
        records[records.count - 1].isLast = true
        markets[venue].next = max(1, Int64(markets[venue].random.exponential(Self.meanGap[venue])))
    }

    /// Someone takes up to five levels: a trade for each, then what is left of it.
    private mutating func trade(_ venue: Int, _ now: Int64, _ fair: Int64) {
        let leaning = max(-0.45, min(0.45, 0.35 * distance(venue, fair)))
        let aggressor = markets[venue].random.uniform() < 0.5 + leaning ? 0 : 1
        let book = 1 - aggressor
        var left = 1 + Int64(markets[venue].random.exponential(250))
        if markets[venue].random.uniform() < 0.04 { left *= 8 }
        var slot = markets[venue].best[book]
        var touched: [Int] = []
        while left > 0, touched.count < 5, markets[venue].count[book] > 20 {
            let there = markets[venue].lots[book][slot]
            if there > 0 {
                let taken = min(there, left)
                left -= taken
                markets[venue].lots[book][slot] = there - taken
                emit(venue, now, slot, taken, .trade, aggressor)
                touched.append(slot)
                guard there == taken else { break }
                markets[venue].count[book] -= 1
            }
            slot += Self.outwards(book)
        }
        for slot in touched { emit(venue, now, slot, markets[venue].lots[book][slot], .change, book) }
        closeUp(venue, book)
    }

    /// Moves the ends of a side over what became empty.
    private mutating func closeUp(_ venue: Int, _ side: Int) {
        while markets[venue].lots[side][markets[venue].best[side]] == 0 { markets[venue].best[side] += Self.outwards(side) }
    }

    private mutating func stir(_ venue: Int, _ now: Int64, _ fair: Int64) {
        let draw = markets[venue].random.uniform()
        let changes = 1 + [0.35, 0.60, 0.80, 0.92].count { draw > $0 }
        for _ in 0..<changes {
            let change = nextChange(venue, fair)
            apply(venue, change.side, change.slot, change.lots)
            emit(venue, now, change.slot, change.lots, .change, change.side)
        }
    }

    private mutating func nextChange(_ venue: Int, _ fair: Int64) -> (side: Int, slot: Int, lots: Int64) {
        let (bid, ask) = (markets[venue].best[0], markets[venue].best[1])
        let distance = distance(venue, fair)
        let side = markets[venue].random.uniform() < 0.5 ? 0 : 1
        let draw = markets[venue].random.uniform()
        let outwards = Self.outwards(side)
        if markets[venue].count[side] < Self.levels - 5 {
            let size = Double(Self.usualLots(25)) * (0.5 + markets[venue].random.uniform())
            return (side, markets[venue].farthest[side] + outwards, 1 + Int64(size))
        }
        if markets[venue].count[side] > Self.levels + 5 { return (side, markets[venue].farthest[side], 0) }
        if abs(distance) > 0.75, draw < 0.5 {
            let rises = distance > 0
            // The side in the way goes; when the spread has room, the lagging side steps inside instead.
            guard markets[venue].spread > 1 else { return rises ? (1, ask, 0) : (0, bid, 0) }
            let lots = 1 + Int64(markets[venue].random.exponential(300))
            return rises ? (0, bid + 1, lots) : (1, ask - 1, lots)
        }
        if markets[venue].spread > 2, draw < 0.7 {
            return (side, side == 0 ? bid + 1 : ask - 1, 1 + Int64(markets[venue].random.exponential(300)))
        }
        let depth = min(Self.levels - 10, Int(markets[venue].random.exponential(8)))
        let slot = (side == 0 ? bid : ask) + outwards * depth
        return (side, slot, newSize(venue, side, slot, depth))
    }

    /// A level near the touch grows, shrinks, appears or goes.
    private mutating func newSize(_ venue: Int, _ side: Int, _ slot: Int, _ depth: Int) -> Int64 {
        let (there, usual) = (markets[venue].lots[side][slot], Self.usualLots(depth))
        let change = 1 + Int64(markets[venue].random.exponential(160))
        let draw = markets[venue].random.uniform()
        if there == 0 { return change }
        if depth > 0, draw < 0.03 { return 0 }
        let shrinks = there > 2 * usual || (draw < 0.52 && there > usual / 3)
        guard shrinks else { return there + change }
        return there > change ? there - change : 1
    }

    private mutating func apply(_ venue: Int, _ side: Int, _ slot: Int, _ lots: Int64) {
        let before = markets[venue].lots[side][slot]
        markets[venue].lots[side][slot] = lots
        if before == 0, lots > 0 { markets[venue].count[side] += 1 }
        if before > 0, lots == 0 { markets[venue].count[side] -= 1 }
        let outwards = Self.outwards(side)
        if lots > 0 {
            if (slot - markets[venue].best[side]) * outwards < 0 { markets[venue].best[side] = slot }
            if (slot - markets[venue].farthest[side]) * outwards > 0 { markets[venue].farthest[side] = slot }
        } else {
            closeUp(venue, side)
            while markets[venue].lots[side][markets[venue].farthest[side]] == 0 { markets[venue].farthest[side] -= outwards }
        }
    }
}

/// SplitMix64, as the workload's description names it.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// In [0, 1), 53 bits of it.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
    mutating func exponential(_ mean: Double) -> Double { -log(1 - uniform()) * mean }
}
