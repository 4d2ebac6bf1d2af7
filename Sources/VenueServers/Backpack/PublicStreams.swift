internal import Market

/// A stream of a book's changes, merged over windows of time.
final class DepthWindow {
    let channel: BackpackChannel
    let span: Nanoseconds
    private var changed: [(side: Side, ticks: Int64)] = []
    private var first: Int64 = 0
    /// When what has changed is told; `.never` while nothing has.
    private(set) var due = Timestamp.never

    init(_ channel: BackpackChannel, _ span: Nanoseconds) { (self.channel, self.span) = (channel, span) }

    func note(_ levels: [ServedMarket.Level], first: Int64, at time: Timestamp) {
        guard channel.isHeard else { return forget() }
        if due == .never {
            self.first = first
            due = Timestamp(nanoseconds: (floorQuotient(time.nanoseconds, span.count) + 1) * span.count)
        }
        for level in levels where !changed.contains(where: { $0.side == level.side && $0.ticks == level.ticks }) {
            changed.append((level.side, level.ticks))
        }
    }

    /// What has changed since is told under the new numbers.
    func renumber() { first = 1 }

    func forget() {
        changed.removeAll(keepingCapacity: true)
        due = .never
    }

    /// What is to be told, as it stands now; each side by ascending price.
    func take(_ market: ServedMarket) -> (first: Int64, levels: [ServedMarket.Level]) {
        let levels = changed.map { ServedMarket.Level(side: $0.side, ticks: $0.ticks, lots: market.shown.lots($0.side, $0.ticks)) }
        forget()
        return (first, levels.sorted { $0.ticks < $1.ticks })
    }
}

/// A stream of candles of one interval.
final class KlineStream {
    let channel: BackpackChannel
    let interval: BackpackInterval
    /// The start of the candle that was told last, and what it held.
    private var told: Candle?
    private var start: Timestamp?

    init(_ channel: BackpackChannel, _ interval: BackpackInterval) { (self.channel, self.interval) = (channel, interval) }

    /// What has to be told at a full second: a candle that has ended, then the current one if it changed.
    func due(_ series: CandleSeries, at now: Timestamp) -> [(start: Timestamp, candle: Candle?, isFinal: Bool)] {
        guard channel.isHeard else {
            (told, start) = (nil, nil)
            return []
        }
        var frames: [(start: Timestamp, candle: Candle?, isFinal: Bool)] = []
        let current = interval.start(of: now)
        if let start, start < current {
            frames.append((start, series.candles(interval, from: start, through: start).first, true))
            told = nil
        }
        start = current
        if let candle = series.candles(interval, from: current, through: current).first, candle != told {
            told = candle
            frames.append((current, candle, false))
        }
        return frames
    }
}
