internal import Market

/// What a price did in one span.
struct Candle: BitwiseCopyable, Hashable, Sendable {
    var start: Timestamp
    /// In 10⁻⁹ of the quote currency.
    var open: Int64
    var high: Int64
    var low: Int64
    var close: Int64
    /// In 10⁻⁹ of the base and of the quote currency.
    var volume: Int64
    var quoteVolume: Int64
    var trades: Int64

    mutating func add(_ other: Candle) {
        (high, low, close) = (max(high, other.high), min(low, other.low), other.close)
        volume += other.volume
        quoteVolume += other.quoteVolume
        trades += other.trades
    }
}

enum BackpackInterval: String, Hashable, Sendable, CaseIterable {
    case second = "1s", minute = "1m", minutes3 = "3m", minutes5 = "5m", minutes15 = "15m", minutes30 = "30m", hour = "1h", hours2 = "2h"
    case hours4 = "4h", hours6 = "6h", hours8 = "8h", hours12 = "12h", day = "1d", days3 = "3d", week = "1w", month = "1month"

    private static let dayLength = Nanoseconds.hours(24)

    /// nil: by the calendar.
    private var span: Nanoseconds? {
        switch self {
        case .second: .seconds(1)
        case .minute: .minutes(1)
        case .minutes3: .minutes(3)
        case .minutes5: .minutes(5)
        case .minutes15: .minutes(15)
        case .minutes30: .minutes(30)
        case .hour: .hours(1)
        case .hours2: .hours(2)
        case .hours4: .hours(4)
        case .hours6: .hours(6)
        case .hours8: .hours(8)
        case .hours12: .hours(12)
        case .day: Self.dayLength
        case .days3: .hours(72)
        case .week: .hours(168)
        case .month: nil
        }
    }

    /// When the candle that holds `time` began. Weeks begin on Mondays.
    func start(of time: Timestamp) -> Timestamp {
        guard let span else {
            let text = time.iso8601.prefix(7)
            return Timestamp(iso8601: "\(text)-01") ?? time
        }
        // 1970-01-01 was a Thursday.
        let origin = self == .week ? Nanoseconds.hours(96).count : 0
        return Timestamp(nanoseconds: floorQuotient(time.nanoseconds - origin, span.count) * span.count + origin)
    }

    func end(from start: Timestamp) -> Timestamp {
        guard let span else { return self.start(of: start + Nanoseconds(count: Self.dayLength.count * 31)) }
        return start + span
    }
}

/// The candles of one price: by the second for a while, by the minute for longer.
struct CandleSeries {
    private static let secondsKept = 7_200
    private static let minutesKept = 60 * 24 * 35

    private var seconds: [Candle] = []
    private var minutes: [Candle] = []
    private(set) var last: Int64?

    mutating func add(_ price: Int64, volume: Int64 = 0, quoteVolume: Int64 = 0, trades: Int64 = 0, at time: Timestamp) {
        last = price
        let candle = Candle(
            start: time, open: price, high: price, low: price, close: price, volume: volume, quoteVolume: quoteVolume, trades: trades)
        Self.add(candle, .second, Self.secondsKept, &seconds)
        Self.add(candle, .minute, Self.minutesKept, &minutes)
    }

    private static func add(_ candle: Candle, _ interval: BackpackInterval, _ limit: Int, _ candles: inout [Candle]) {
        var candle = candle
        candle.start = interval.start(of: candle.start)
        if let last = candles.last, last.start >= candle.start {
            candles[candles.count - 1].add(candle)
        } else {
            candles.append(candle)
            if candles.count > 2 * limit { candles.removeFirst(limit) }
        }
    }

    /// Candles that begin from `from` up to `to`, by their starts.
    func candles(_ interval: BackpackInterval, from: Timestamp, through to: Timestamp) -> [Candle] {
        var found: [Candle] = []
        let all = interval == .second ? seconds : minutes
        var first = all.count
        while first > 0, all[first - 1].start >= from { first -= 1 }
        for candle in all[first...] {
            let start = interval.start(of: candle.start)
            guard start >= from, start <= to else { continue }
            if found.last?.start == start {
                found[found.count - 1].add(candle)
            } else {
                var begun = candle
                begun.start = start
                found.append(begun)
            }
        }
        return found
    }

    /// What happened since then, to the minute; nil if nothing did.
    func sum(since time: Timestamp) -> Candle? {
        var sum: Candle?
        for candle in minutes.reversed() {
            guard candle.start > time else { break }
            var earlier = candle
            if let sum { earlier.add(sum) }
            sum = earlier
        }
        return sum
    }
}
