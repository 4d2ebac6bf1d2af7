public import Market

/// What markets are compared by: figures of one venue, and how it moves with the others. Values for the eye and for fitting, not money.
public struct VenueFacts: Sendable, Equatable {
    /// Frames of the book, or best quotes where there is no book.
    public var framesPerSecond = 0.0
    /// Level changes; 0 where there is no book of levels.
    public var changesPerFrame = 0.0
    /// Of frames, by hour of the day (UTC), as multiples of the usual; nil where nothing was recorded.
    public var hours: [Double?] = []
    /// Between the best prices, by time.
    public var spreadTicks = 0.0
    /// Of the best ten levels a side.
    public var levelLots = 0.0
    /// Mean sizes as multiples of `levelLots` at 0 ticks from the best, 1, 2–3, 4–7 and so on; nil where no level stood.
    public var depthProfile: [Double?] = []
    /// From one of these levels to the next, less 1.
    public var levelGap = 0.0
    /// Trades of one instant and side are one taker.
    public var takersPerSecond = 0.0
    public var takeLots = 0.0
    /// Variance over mean of takers a second: 1 where they come by chance, more where they come in clusters.
    public var clustering = 1.0
    /// Standard deviation of the mid's moves in a second and in ten, in ticks.
    public var secondMove = 0.0
    public var tenSecondMove = 0.0
    /// Standard deviation of the distance from the mean of all venues, less its own mean, in ticks; 0 for a single venue.
    public var strayTicks = 0.0
    /// Behind the leading venue.
    public var lag = Nanoseconds.zero
    /// Median of receive − venue time, corrected.
    public var latency = Nanoseconds.zero
    public var hasBook = false

    /// The clustering; takers who come more evenly than by chance are taken for such as come by chance.
    var crowding: Double { max(1, clustering) }
    /// The share of takers that others have drawn, as a self-exciting process explains the clustering.
    var followers: Double { 1 - 1 / crowding.squareRoot() }
}

/// The facts of markets that ran side by side.
public struct MarketFacts: Sendable, Equatable {
    public var venues: [VenueFacts]
    /// The mid at the start of the span that all have, in ticks.
    public var startTicks: [Int64]
    public var start: Timestamp
    public var seconds: Double
    /// The least wild minutes' moves and the wilder ones', as multiples of the first: five parts of equal length.
    public var regimes: [Double]

    /// - Parameter collectors: One a venue, after all of their records.
    /// - Returns: nil where the venues have less than ten seconds in common.
    init?(_ collectors: [FactCollector]) {
        let starts = collectors.compactMap(\.gridStart), ends = collectors.compactMap(\.gridEnd)
        guard starts.count == collectors.count, let start = starts.max(), let end = ends.min(), end - start >= .seconds(10) else {
            return nil
        }
        let mids = collectors.map { $0.mids(from: start, to: end) }
        self.start = start
        seconds = Double((end - start).count) / 1e9
        venues = collectors.map(\.facts)
        startTicks = mids.map { Int64(($0.first ?? 0).rounded()) }
        let perSecond = Int(Nanoseconds.seconds(1).count / FactCollector.step.count)
        for index in venues.indices {
            venues[index].secondMove = Self.deviation(Self.moves(mids[index], every: perSecond))
            venues[index].tenSecondMove = Self.deviation(Self.moves(mids[index], every: perSecond, over: 10 * perSecond))
            venues[index].strayTicks = Self.stray(mids, index)
        }
        let lags = mids.map { Self.lag(of: $0, behind: mids[0]) }
        for index in venues.indices { venues[index].lag = Nanoseconds(count: (lags[index] - (lags.min() ?? 0)) * FactCollector.step.count) }
        regimes = Self.regimes(mids[0], perSecond)
    }

    private static func moves(_ mids: [Double], every step: Int, over span: Int? = nil) -> [Double] {
        let span = span ?? step
        return stride(from: span, to: mids.count, by: step).map { mids[$0] - mids[$0 - span] }
    }

    private static func deviation(_ values: [Double]) -> Double {
        guard values.count > 1 else { return 0 }
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }

    /// In the venue's own ticks, so that venues of different ticks compare: each is scaled by its first mid.
    private static func stray(_ mids: [[Double]], _ index: Int) -> Double {
        guard mids.count > 1 else { return 0 }
        let scales = mids.map { 1 / max($0.first ?? 1, 1) }
        let distances = mids[index].indices.map { place -> Double in
            let mean = zip(mids, scales).reduce(0) { $0 + $1.0[place] * $1.1 } / Double(mids.count)
            return mids[index][place] - mean / scales[index]
        }
        return deviation(distances)
    }

    /// Steps by which the moves of one follow those of another most alike; negative: it leads.
    private static func lag(of mids: [Double], behind other: [Double]) -> Int64 {
        let (moves, others) = (Self.moves(mids, every: 1), Self.moves(other, every: 1))
        var best = (lag: 0, sum: 0.0)
        // From no lag outwards: of equal ones the smallest stands.
        for lag in (-20...20).sorted(by: { abs($0) < abs($1) }) {
            var sum = 0.0
            for place in max(0, -lag)..<max(max(0, -lag), min(others.count, moves.count - lag)) {
                sum += others[place] * moves[place + lag]
            }
            if sum > best.sum * 1.000_001 { best = (lag, sum) }
        }
        return Int64(best.lag)
    }

    private static func regimes(_ mids: [Double], _ perSecond: Int) -> [Double] {
        let minute = 60 * perSecond
        let wildness = stride(from: 0, to: mids.count - minute, by: minute).map { start in
            deviation(moves(Array(mids[start...start + minute]), every: perSecond))
        }
        .sorted()
        guard wildness.count >= 5, let calm = wildness.first(where: { $0 > 0 }) else { return [1] }
        let parts = (0..<5).map { wildness[(2 * $0 + 1) * wildness.count / 10] }
        return parts.map { max(1, $0 / max(calm, parts[0])) }
    }
}
