internal import Foundation

/// Ratios of a series of equally spaced returns (`domain` A.1). nil where a denominator is zero or data are too few.
public struct ReturnStatistics: Hashable, Sendable {
    /// Fewer periods than this make no ratio.
    public static let minimumPeriods = 30
    static let secondsOfYear = 31_536_000.0

    public let count: Int
    /// Periods in a year.
    public let periodsPerYear: Double
    public let mean: Double
    /// Sample standard deviation of the periods.
    public let deviation: Double?
    public let skewness: Double?
    /// Not excess: 3 for a normal distribution.
    public let kurtosis: Double?
    public let sortinoPerPeriod: Double?
    private let autocorrelations: [Double]

    /// - Parameters:
    ///   - returns: Per period, in time order.
    ///   - stepSeconds: The length of a period.
    public init(_ returns: [Double], stepSeconds: Double) {
        count = returns.count
        periodsPerYear = Self.secondsOfYear / stepSeconds
        let n = Double(returns.count)
        let average = returns.isEmpty ? 0 : returns.reduce(0, +) / n
        mean = average
        func moment(_ power: Int) -> Double {
            returns.reduce(0) { sum, value in
                let distance = value - average
                return sum + (0..<power).reduce(1.0) { product, _ in product * distance }
            } / n
        }
        let variance = returns.count > 1 ? moment(2) * n / (n - 1) : 0
        deviation = returns.count > 1 ? variance.squareRoot() : nil
        let second = returns.isEmpty ? 0 : moment(2)
        skewness = second > 0 ? moment(3) / (second * second.squareRoot()) : nil
        kurtosis = second > 0 ? moment(4) / (second * second) : nil
        let downside = returns.isEmpty ? 0 : (returns.reduce(0) { $0 + min(0, $1) * min(0, $1) } / n).squareRoot()
        sortinoPerPeriod = downside > 0 ? average / downside : nil
        let total = second * n
        autocorrelations = (1...50).map { lag in
            guard total > 0, lag < returns.count else { return 0 }
            var sum = 0.0
            for index in lag..<returns.count { sum += (returns[index] - average) * (returns[index - lag] - average) }
            return sum / total
        }
    }

    private var isEnough: Bool { count >= Self.minimumPeriods }

    /// Sharpe ratio of one period, risk-free rate 0.
    public var sharpePerPeriod: Double? {
        guard isEnough, let deviation, deviation > 0 else { return nil }
        return mean / deviation
    }

    public var annualisedReturn: Double? { isEnough ? mean * periodsPerYear : nil }
    public var volatility: Double? { isEnough ? deviation.map { $0 * periodsPerYear.squareRoot() } : nil }
    public var sharpe: Double? { sharpePerPeriod.map { $0 * periodsPerYear.squareRoot() } }
    public var sortino: Double? { isEnough ? sortinoPerPeriod.map { $0 * periodsPerYear.squareRoot() } : nil }

    /// 1 − γ3·s + (γ4 − 1)/4·s²: what the errors of a Sharpe ratio hang on.
    private var spread: Double? {
        guard let s = sharpePerPeriod, let skewness, let kurtosis else { return nil }
        let value = 1 - skewness * s + (kurtosis - 1) / 4 * s * s
        return value > 0 ? value : nil
    }

    /// Standard error of the annual Sharpe ratio.
    public var sharpeError: Double? { spread.map { ($0 / Double(count - 1)).squareRoot() * periodsPerYear.squareRoot() } }

    /// Lag-one autocorrelation; Lo's factor is printed where its magnitude is above 0.1.
    public var firstAutocorrelation: Double? { isEnough && deviation ?? 0 > 0 ? autocorrelations[0] : nil }

    /// The annual Sharpe ratio with Lo's factor η(q) = q ÷ √(q + 2 Σ (q − k) ρk), lags up to 50.
    public var autocorrelationAdjustedSharpe: Double? {
        guard let s = sharpePerPeriod else { return nil }
        let q = periodsPerYear
        var sum = q
        for (index, rho) in autocorrelations.enumerated() where Double(index + 1) < q { sum += 2 * (q - Double(index + 1)) * rho }
        return sum > 0 ? s * q / sum.squareRoot() : nil
    }

    /// Probability that the true Sharpe ratio of one period is above `benchmark`.
    public func probabilisticSharpe(above benchmark: Double = 0) -> Double? {
        guard let s = sharpePerPeriod, let spread else { return nil }
        return Self.normal((s - benchmark) * Double(count - 1).squareRoot() / spread.squareRoot())
    }

    /// Periods until the ratio can be believed to be above `benchmark` with 95 % confidence; nil when it is not above.
    public func minimumTrackRecord(above benchmark: Double = 0) -> Double? {
        guard let s = sharpePerPeriod, let spread, s > benchmark else { return nil }
        let z = 1.6448536269514722 / (s - benchmark)
        return 1 + spread * z * z
    }

    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

    /// Φ, the cumulative normal distribution.
    static func normal(_ value: Double) -> Double { 0.5 * erfc(-value / 2.0.squareRoot()) }
}
