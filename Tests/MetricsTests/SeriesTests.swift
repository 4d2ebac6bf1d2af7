import Market
import Testing

@testable import Metrics

private func at(_ nanoseconds: Int64) -> Timestamp { Timestamp(nanoseconds: nanoseconds) }

// MARK: Drawdown

private func drawdown(_ path: [(Int64, Int64)], end: Int64) -> Drawdown {
    var drawdown = Drawdown()
    for (time, equity) in path { drawdown.add(equity, at: at(time)) }
    drawdown.finish(at: at(end))
    return drawdown
}

@Test func `the deepest fall and the longest way back are told apart`() {
    // 100 → 70 and back takes 4; 120 → 110 → 115 → 121 takes 9.
    let path: [(Int64, Int64)] = [(0, 100), (1, 70), (2, 80), (4, 100), (5, 120), (7, 110), (9, 115), (14, 121)]
    let result = drawdown(path, end: 20)
    #expect(result.deepest == 30 && result.peakOfDeepest == 100)
    #expect(result.longest == Nanoseconds(count: 9) && !result.longestIsOpen)
}

@Test func `a fall that has not recovered counts to the end and says so`() {
    let result = drawdown([(0, 100), (2, 90), (3, 101), (5, 100)], end: 50)
    #expect(result.deepest == 10 && result.longest == Nanoseconds(count: 47) && result.longestIsOpen)
    let short = drawdown([(0, 100), (2, 90), (30, 101), (45, 100)], end: 50)
    #expect(short.longest == Nanoseconds(count: 30) && !short.longestIsOpen)
}

@Test func `a rising or empty path has no fall`() {
    #expect(drawdown([(0, 1), (1, 1), (2, 5)], end: 9).deepest == 0)
    #expect(drawdown([(0, 1), (1, 1), (2, 5)], end: 9).longest == .zero)
    #expect(drawdown([], end: 9) == Drawdown())
    #expect(Drawdown().current(7) == 0)
}

@Test func `equity below zero falls from its peak like any other`() {
    var result = Drawdown()
    result.add(-5, at: at(0))
    result.add(-9, at: at(1))
    #expect(result.deepest == 4 && result.peakOfDeepest == -5 && result.current(-7) == 2 && result.current(3) == 0)
}

// MARK: Fill times

@Test func `cancelled orders are at risk until they are cancelled`() {
    var times = FillTimes()
    #expect(times.probability(within: .seconds(1)) == nil && times.median == nil)
    for wait in [40, 10, 20] as [Int64] { times.add(Nanoseconds(count: wait), filled: true) }
    for wait in [15, 30] as [Int64] { times.add(Nanoseconds(count: wait), filled: false) }
    func probability(_ span: Int64) -> Double { times.probability(within: Nanoseconds(count: span))! }
    // Survival: 4/5 after 10; two of three left after 20; none after 40.
    #expect(probability(9) == 0)
    #expect(abs(probability(10) - 1.0 / 5) < 1e-12 && abs(probability(19) - 1.0 / 5) < 1e-12)
    #expect(abs(probability(20) - 7.0 / 15) < 1e-12 && abs(probability(39) - 7.0 / 15) < 1e-12)
    #expect(probability(40) == 1)
    #expect(times.median == Nanoseconds(count: 40) && times.count == 5)
}

@Test(arguments: [
    (60_001 as Int64, Side.buy, TouchDistance.better), (60_000, .buy, .atTouch), (59_994, .buy, .within1), (59_970, .buy, .within5),
    (59_880, .buy, .within20), (59_879, .buy, .beyond), (59_999, .sell, .better), (60_000, .sell, .atTouch), (60_006, .sell, .within1),
    (60_007, .sell, .within5), (60_121, .sell, .beyond),
])
func `orders are told apart by how far behind their own side's best price they rest`(ticks: Int64, side: Side, distance: TouchDistance) {
    #expect(TouchDistance(Price(ticks: ticks), side, best: Price(ticks: 60_000)) == distance)
}

@Test func `when fewer than half fill there is no median`() {
    var times = FillTimes()
    times.add(Nanoseconds(count: 5), filled: true)
    for _ in 0..<2 { times.add(Nanoseconds(count: 9), filled: false) }
    #expect(times.median == nil)
}

@Test func `buckets are in order, and no wider than a hundredth of their times`() {
    var random = SeededGenerator(seed: 1)
    var last = (value: Int64(-1), bucket: -1)
    for bits in 0..<63 as Range<Int64> {
        let base = Int64(1) << bits
        for value in [base, base + random.uniform(in: 0...(base - 1)), base + (base - 1)].sorted() {
            let bucket = FillTimes.bucket(Nanoseconds(count: value))
            #expect(value == last.value ? bucket == last.bucket : bucket >= last.bucket)
            #expect(FillTimes.upper(bucket) >= value && FillTimes.upper(bucket) - value <= value / 100)
            last = (value, bucket)
        }
    }
    #expect(FillTimes.bucket(Nanoseconds(count: -4)) == 0)
}

// MARK: Buckets

@Test func `a series keeps its extremes and its last value in bounded memory`() {
    var random = SeededGenerator(seed: 5)
    var series = BucketSeries(from: at(0), width: Nanoseconds(count: 10), limit: 64)
    var values: [Double] = []
    var time: Int64 = 0
    for _ in 0..<20_000 {
        time += random.uniform(in: 0...400)
        values.append(Double(random.uniform(in: -1_000_000...1_000_000)))
        series.add(values.last!, at: at(time))
    }
    #expect(series.buckets.count <= 64 + 8)
    #expect(series.buckets.map(\.low).min() == values.min() && series.buckets.map(\.high).max() == values.max())
    #expect(series.buckets.last?.last == values.last && series.buckets.last?.time == at(time))
    #expect(zip(series.buckets, series.buckets.dropFirst()).allSatisfy { $0.time < $1.time })
    #expect(series.buckets.allSatisfy { $0.low <= $0.last && $0.last <= $0.high })
}

@Test func `values of one bucket become one`() {
    var series = BucketSeries(from: at(100), width: Nanoseconds(count: 10), limit: 3)
    for (time, value) in [(100, 5.0), (109, 2.0), (104, 3.0), (110, 9.0), (125, 1.0)] { series.add(value, at: at(Int64(time))) }
    #expect(
        series.buckets == [
            .init(time: at(104), low: 2, last: 3, high: 5), .init(time: at(110), low: 9, last: 9, high: 9),
            .init(time: at(125), low: 1, last: 1, high: 1),
        ])
    // A fourth makes neighbours one: the width is now 20.
    series.add(4, at: at(131))
    #expect(
        series.buckets == [.init(time: at(110), low: 2, last: 9, high: 9), .init(time: at(131), low: 1, last: 4, high: 4)])
}

// MARK: Exact amounts

@Test(
    arguments: [
        (0, "0"), (1, "0.000000000000000001"), (-1, "-0.000000000000000001"), (1_500_000_000_000_000_000, "1.5"),
        (-12_000_000_000_000_000_000, "-12"), (7_000_000_001_000_000_000, "7.000000001"),
    ] as [(Int128, String)])
func `an exact amount shows every digit it has`(units: Int128, text: String) {
    #expect(ExactAmount(units: units).exactText == text)
}

@Test func `money at a rate is exact, and rounds only when asked`() {
    let amount = ExactAmount(nanos: 3, rate: 500_000_000)
    #expect(amount.units == 1_500_000_000 && amount.exactText == "0.0000000015")
    #expect(amount.nanos == 2 && (ExactAmount(units: 2_500_000_000)).nanos == 2 && (ExactAmount(units: -1_500_000_000)).nanos == -2)
    #expect(amount + amount - amount == amount && ExactAmount.zero < amount)
}
