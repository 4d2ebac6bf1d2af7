internal import Feeds
internal import Market

/// Measures one feed in one pass: the mid on a grid of 50 ms (of at most the first 29 hours), and sums of all else.
final class FactCollector {
    static let step = Nanoseconds.milliseconds(50)
    private static let gridLimit = 1 << 21
    private static let profileSize = 12
    private static let levelsLooked = 40

    private struct Mean {
        var sum = 0.0
        var count = 0.0
        var value: Double { count > 0 ? sum / count : 0 }

        mutating func add(_ value: Double) {
            sum += value
            count += 1
        }
    }

    private(set) var gridStart: Timestamp?
    private var grid: [Float] = []
    /// What the grid's numbers are counted from: a Float holds no price of many ticks exactly.
    private var origin: Int64 = 0
    private var book = RecordedBook()
    private var clock = FeedClock()
    private var latency = LatencyRecorder()
    /// Of the last record as it was recorded, and the least of all.
    private var (rawLatency, smallest) = (Int64(0), Int64.max)
    private var (frames, changes) = (0, 0)
    private var first: Timestamp?
    private var last = Timestamp.distantPast
    private var hourFrames = [Double](repeating: 0, count: 24)
    private var hourSeconds = [Double](repeating: 0, count: 24)
    private var (spread, levelLots, levelGap, takeLots) = (Mean(), Mean(), Mean(), Mean())
    private var profile = [Mean](repeating: Mean(), count: profileSize)
    private var taker: (time: Timestamp, side: Side, lots: Double)?
    private var second: Int64 = .min
    private var inSecond = 0.0
    private var (takers, squares) = (0.0, 0.0)

    func receive(_ raw: MarketEvent) {
        var event = raw
        clock.correct(&event)
        let time = event.venueTime
        if first == nil { first = time }
        sample(until: time)
        last = max(last, time)
        book.receive(event)
        if event.kind == .trade { addTrade(event) }
        if event.kind == .level, !event.flags.contains(.snapshot) { changes += 1 }
        guard event.isLast else { return }
        let hasTimes = raw.receiveTime.nanoseconds != 0 && raw.venueTime.nanoseconds != 0
        rawLatency = hasTimes ? (raw.receiveTime - raw.venueTime).count : 0
        switch event.kind {
        case .level, .orderAdded, .orderChanged, .orderDeleted: countFrame(event)
        case .quote where !book.hasLevels: countFrame(event)
        default: break
        }
    }

    private func countFrame(_ event: MarketEvent) {
        guard !event.flags.contains(.snapshot) else { return }
        frames += 1
        hourFrames[hour(event.venueTime)] += 1
        latency.record((event.receiveTime - event.venueTime).count)
        smallest = min(smallest, rawLatency)
    }

    private func hour(_ time: Timestamp) -> Int { Int(time.nanoseconds / Nanoseconds.hours(1).count % 24 + 24) % 24 }

    private func addTrade(_ event: MarketEvent) {
        let lots = Double(event.quantity)
        if let open = taker, open.time == event.venueTime, open.side == event.side {
            taker?.lots += lots
            return
        }
        endTaker()
        taker = (event.venueTime, event.side, lots)
    }

    private func endTaker() {
        guard let ended = taker else { return }
        taker = nil
        takeLots.add(ended.lots)
        takers += 1
        let now = ended.time.nanoseconds / 1_000_000_000
        if now != second {
            squares += inSecond * inSecond
            (second, inSecond) = (now, 0)
        }
        inSecond += 1
    }

    /// Notes the book as it stands on the grid's places before `time`.
    private func sample(until time: Timestamp) {
        guard let touch = book.touch, grid.count < Self.gridLimit else { return }
        var next = gridStart.map { $0 + Nanoseconds(count: Int64(grid.count) * Self.step.count) }
        if next == nil {
            let start = Timestamp(nanoseconds: (last.nanoseconds / Self.step.count + 1) * Self.step.count)
            (gridStart, next, origin) = (start, start, touch.bid)
        }
        while let at = next, at < time, grid.count < Self.gridLimit {
            grid.append(Float(touch.bid - origin) + Float(touch.ask - touch.bid) / 2)
            spread.add(Double(touch.ask - touch.bid))
            hourSeconds[hour(at)] += Double(Self.step.count) / 1e9
            if grid.count % 20 == 1 { look() }
            next = at + Self.step
        }
    }

    private func look() {
        guard book.hasLevels else {
            levelLots.add(Double(book.quote.bidLots))
            return levelLots.add(Double(book.quote.askLots))
        }
        for side in Side.allCases {
            var (level, place, previous) = (book.levels.next(side, after: nil), 0, Int64(0))
            let best = level?.ticks ?? 0
            while let found = level, place < Self.levelsLooked {
                let distance = abs(found.ticks - best)
                if place < 10 { levelLots.add(Double(found.lots)) }
                if place > 0, place < 20 { levelGap.add(Double(abs(found.ticks - previous) - 1)) }
                profile[min(Self.profileSize - 1, Int64.bitWidth - distance.leadingZeroBitCount)].add(Double(found.lots))
                (previous, place) = (found.ticks, place + 1)
                level = book.levels.next(side, after: found.ticks)
            }
        }
    }

    var gridEnd: Timestamp? { gridStart.map { $0 + Nanoseconds(count: Int64(grid.count) * Self.step.count) } }

    /// In ticks. - Precondition: Within the grid.
    func mids(from start: Timestamp, to end: Timestamp) -> [Double] {
        guard let gridStart else { return [] }
        let range = Int((start - gridStart).count / Self.step.count)..<Int((end - gridStart).count / Self.step.count)
        return grid[range].map { Double($0) + Double(origin) }
    }

    /// All that does not need the other venues.
    var facts: VenueFacts {
        endTaker()
        var facts = VenueFacts()
        let span = max(1e-9, Double((last - (first ?? last)).count) / 1e9)
        facts.hasBook = book.hasLevels
        facts.framesPerSecond = Double(frames) / span
        facts.changesPerFrame = frames > 0 ? Double(changes) / Double(frames) : 0
        facts.hours = zip(hourFrames, hourSeconds).map { $1 >= 60 ? $0 / $1 / max(facts.framesPerSecond, 1e-9) : nil }
        (facts.spreadTicks, facts.levelLots, facts.levelGap) = (spread.value, levelLots.value, levelGap.value)
        facts.depthProfile = profile.map { $0.count >= 10 && levelLots.value > 0 ? $0.value / levelLots.value : nil }
        (facts.takersPerSecond, facts.takeLots) = (takers / span, takeLots.value)
        let mean = takers / span
        let meanSquare = (squares + inSecond * inSecond) / span
        if takers >= 20 { facts.clustering = max(0, meanSquare - mean * mean) / mean }
        // A clock that shows no message before it was sent is believed; else the smallest latency is a millisecond.
        let median = latency.summary?.median ?? .zero
        facts.latency = smallest > 0 && smallest < 10_000_000_000 ? median + Nanoseconds(count: smallest - 1_000_000) : median
        return facts
    }
}
