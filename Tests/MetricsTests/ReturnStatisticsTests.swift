import Testing

@testable import Metrics

/// A year of periods, so that annual figures are √365 or 365 times those of a period.
private let day = 86_400.0

private func isClose(_ value: Double?, _ expected: Double) -> Bool {
    guard let value else { return false }
    return abs(value - expected) <= 1e-9 * max(1, abs(expected))
}

@Test func `ratios of alternating returns, by hand`() {
    // Fifteen times +3 % and −1 %: mean 1 %, every distance from it 2 %.
    let statistics = ReturnStatistics((0..<30).map { $0.isMultiple(of: 2) ? 0.03 : -0.01 }, stepSeconds: day)
    let s = 0.5 * (29.0 / 30).squareRoot()
    #expect(statistics.count == 30 && statistics.periodsPerYear == 365)
    #expect(isClose(statistics.mean, 0.01))
    #expect(isClose(statistics.deviation, 0.02 * (30.0 / 29).squareRoot()))
    #expect(isClose(statistics.skewness, 0) && isClose(statistics.kurtosis, 1))
    #expect(isClose(statistics.annualisedReturn, 3.65))
    #expect(isClose(statistics.volatility, 0.02 * (30.0 / 29 * 365).squareRoot()))
    #expect(isClose(statistics.sharpePerPeriod, s))
    #expect(isClose(statistics.sharpe, s * 365.0.squareRoot()))
    // The downside counts all thirty periods: √(15 × 0.0001 ÷ 30).
    #expect(isClose(statistics.sortinoPerPeriod, 2.0.squareRoot()))
    #expect(isClose(statistics.sortino, 730.0.squareRoot()))
    // A flat top and no skew: the error of the ratio is that of a mean.
    #expect(isClose(statistics.sharpeError, (365.0 / 29).squareRoot()))
    #expect(isClose(statistics.firstAutocorrelation, -29.0 / 30))
    #expect(isClose(statistics.probabilisticSharpe(), 0.9959434413672171))
    #expect(isClose(statistics.probabilisticSharpe(above: s), 0.5))
    #expect(isClose(statistics.minimumTrackRecord(), 1 + 1.644_853_626_951_472_2 * 1.644_853_626_951_472_2 / (s * s)))
    #expect(statistics.minimumTrackRecord(above: 0.6) == nil)
}

@Test func `skew and kurtosis widen or narrow the error, by hand`() {
    // Three times 10 % and 27 times nothing: moments 0.0009, 0.000072, 0.00000657.
    let statistics = ReturnStatistics((0..<30).map { $0 < 3 ? 0.1 : 0 }, stepSeconds: day)
    let s = (29.0 / 30).squareRoot() / 3
    let spread = 1 - 8.0 / 3 * s + (8 + 1.0 / 9 - 1) / 4 * s * s
    #expect(isClose(statistics.skewness, 8.0 / 3) && isClose(statistics.kurtosis, 8 + 1.0 / 9))
    #expect(isClose(statistics.sharpePerPeriod, s))
    #expect(isClose(statistics.sharpeError, (spread / 29 * 365).squareRoot()))
    #expect(statistics.sortino == nil)
}

@Test func `trending returns make the ratio smaller, alternating ones larger`() {
    // Autocorrelations of the alternating series are (−1)ᵏ (30 − k) ÷ 30.
    let statistics = ReturnStatistics((0..<30).map { $0.isMultiple(of: 2) ? 0.03 : -0.01 }, stepSeconds: day)
    let q = 365.0
    var sum = q
    for k in 1..<30 { sum += 2 * (q - Double(k)) * (k.isMultiple(of: 2) ? 1 : -1) * Double(30 - k) / 30 }
    let s = 0.5 * (29.0 / 30).squareRoot()
    #expect(sum > 0 && isClose(statistics.autocorrelationAdjustedSharpe, s * q / sum.squareRoot()))
    let trending = ReturnStatistics((0..<60).map { $0 < 30 ? 0.03 : -0.01 }, stepSeconds: day)
    #expect(trending.autocorrelationAdjustedSharpe! < trending.sharpe!)
}

@Test(arguments: [0, 1, 2, 29])
func `too few periods make no ratio`(count: Int) {
    let statistics = ReturnStatistics((0..<count).map { Double($0) / 100 }, stepSeconds: 60)
    #expect(statistics.sharpe == nil && statistics.sortino == nil && statistics.annualisedReturn == nil && statistics.volatility == nil)
    #expect(statistics.sharpeError == nil && statistics.probabilisticSharpe() == nil && statistics.minimumTrackRecord() == nil)
    #expect(statistics.firstAutocorrelation == nil && statistics.autocorrelationAdjustedSharpe == nil)
}

@Test func `returns that never differ have no ratio, not an infinite one`() {
    let statistics = ReturnStatistics(Array(repeating: 0.25, count: 40), stepSeconds: 60)
    #expect(statistics.sharpe == nil && statistics.sharpeError == nil && statistics.skewness == nil && statistics.kurtosis == nil)
    #expect(statistics.probabilisticSharpe() == nil && statistics.firstAutocorrelation == nil)
    #expect(statistics.volatility == 0)
}

@Test(arguments: [(0.0, 0.5), (1.644_853_626_951_472_2, 0.95), (-1.644_853_626_951_472_2, 0.05), (2.326_347_874_040_841, 0.99)])
func `the normal distribution`(value: Double, probability: Double) {
    #expect(abs(ReturnStatistics.normal(value) - probability) < 1e-12)
}
