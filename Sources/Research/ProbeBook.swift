internal import Market

/// The hypothetical orders that are being followed, found by price.
struct ProbeBook {
    private struct Level {
        var ticks: Int64
        var probes: ContiguousArray<QueueProbe>
    }

    /// From the worst price to the best.
    private var bids: ContiguousArray<Level> = []
    private var asks: ContiguousArray<Level> = []
    private var finished: ContiguousArray<QueueOutcome> = []
    /// When and where each was placed, in order.
    private var placements: ContiguousArray<(placed: Timestamp, side: Side, ticks: Int64)> = []
    private var nextPlacement = 0

    mutating func place(_ probe: QueueProbe) {
        placements.append((probe.placed, probe.side, probe.ticks))
        switch probe.side {
        case .buy: Self.place(probe, in: &bids)
        case .sell: Self.place(probe, in: &asks)
        }
    }

    private static func place(_ probe: QueueProbe, in levels: inout ContiguousArray<Level>) {
        let index = firstIndex(levels, probe.side, probe.ticks)
        if index < levels.count, levels[index].ticks == probe.ticks {
            levels[index].probes.append(probe)
        } else {
            levels.insert(Level(ticks: probe.ticks, probes: [probe]), at: index)
        }
    }

    /// Those at one price.
    mutating func forEach(_ side: Side, at ticks: Int64, _ body: (inout QueueProbe) -> Void) {
        switch side {
        case .buy: Self.forEach(&bids, Self.firstIndex(bids, side, ticks), at: ticks, &finished, body)
        case .sell: Self.forEach(&asks, Self.firstIndex(asks, side, ticks), at: ticks, &finished, body)
        }
    }

    /// Those of a side that somebody of the other side who would go to `ticks` reaches: at it and better.
    mutating func forEach(_ side: Side, reachedFrom ticks: Int64, _ body: (inout QueueProbe) -> Void) {
        switch side {
        case .buy: Self.forEach(&bids, Self.firstIndex(bids, side, ticks), &finished, body)
        case .sell: Self.forEach(&asks, Self.firstIndex(asks, side, ticks), &finished, body)
        }
    }

    private static func forEach(
        _ levels: inout ContiguousArray<Level>, _ index: Int, at ticks: Int64, _ finished: inout ContiguousArray<QueueOutcome>,
        _ body: (inout QueueProbe) -> Void
    ) {
        guard index < levels.count, levels[index].ticks == ticks else { return }
        visit(&levels[index], &finished, body)
        if levels[index].probes.isEmpty { levels.remove(at: index) }
    }

    private static func forEach(
        _ levels: inout ContiguousArray<Level>, _ first: Int, _ finished: inout ContiguousArray<QueueOutcome>,
        _ body: (inout QueueProbe) -> Void
    ) {
        for index in (first..<levels.count).reversed() {
            visit(&levels[index], &finished, body)
            if levels[index].probes.isEmpty { levels.remove(at: index) }
        }
    }

    private static func visit(_ level: inout Level, _ finished: inout ContiguousArray<QueueOutcome>, _ body: (inout QueueProbe) -> Void) {
        var someAreDone = false
        for index in level.probes.indices {
            body(&level.probes[index])
            if level.probes[index].isDone { someAreDone = true }
        }
        guard someAreDone else { return }
        for probe in level.probes where probe.isDone { finished.append(probe.outcome) }
        level.probes.removeAll(where: \.isDone)
    }

    /// Ends those that the oldest placements are of, as long as `isOver` says so.
    mutating func expire(_ isOver: ((placed: Timestamp, side: Side, ticks: Int64)) -> Bool) {
        while nextPlacement < placements.count, isOver(placements[nextPlacement]) {
            let placement = placements[nextPlacement]
            nextPlacement += 1
            switch placement.side {
            case .buy: Self.expire(&bids, placement.side, placement.ticks, through: placement.placed, &finished)
            case .sell: Self.expire(&asks, placement.side, placement.ticks, through: placement.placed, &finished)
            }
        }
        if nextPlacement > 4_096 {
            placements.removeFirst(nextPlacement)
            nextPlacement = 0
        }
    }

    private static func expire(
        _ levels: inout ContiguousArray<Level>, _ side: Side, _ ticks: Int64, through time: Timestamp,
        _ finished: inout ContiguousArray<QueueOutcome>
    ) {
        let index = firstIndex(levels, side, ticks)
        guard index < levels.count, levels[index].ticks == ticks else { return }
        for probe in levels[index].probes where probe.placed <= time { finished.append(probe.outcome) }
        levels[index].probes.removeAll { $0.placed <= time }
        if levels[index].probes.isEmpty { levels.remove(at: index) }
    }

    /// Hands over the outcomes of those that are done, emptying the list.
    mutating func collect(_ body: (QueueOutcome) -> Void) {
        guard !finished.isEmpty else { return }
        for outcome in finished { body(outcome) }
        finished.removeAll(keepingCapacity: true)
    }

    mutating func removeAll() { self = ProbeBook() }

    /// The first level that is not worse than `ticks`.
    private static func firstIndex(_ levels: borrowing ContiguousArray<Level>, _ side: Side, _ ticks: Int64) -> Int {
        var (low, high) = (0, levels.count)
        while low < high {
            let middle = (low + high) / 2
            let isWorse = side == .buy ? levels[middle].ticks < ticks : levels[middle].ticks > ticks
            if isWorse { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
