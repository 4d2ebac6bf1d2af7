internal import Market
internal import Metrics
public import Runtime

/// A finished run as a terminal page, JSON and HTML. All of it is a function of the run: the same run gives the same bytes.
public struct RunReport {
    public static let schemaVersion = 1

    let name: String
    let strategy: String
    let scenarioHash: String
    let seed: UInt64
    let overrides: [String]
    let outcome: Backtest.Outcome
    let stress: Stress?

    var result: RunResult { outcome.result }
    var currency: String { result.description.reporting.code }

    /// - Parameter stress: What the same scenario earns under other models, where that was asked.
    public init(
        name: String, strategy: String, scenarioHash: String, seed: UInt64, overrides: [String], outcome: Backtest.Outcome,
        stress: Stress? = nil
    ) {
        self.stress = stress
        self.name = name
        self.strategy = strategy
        self.scenarioHash = scenarioHash
        self.seed = seed
        self.overrides = overrides
        self.outcome = outcome
    }

    /// What a reader must know before the figures.
    public var warnings: [String] {
        var warnings = outcome.isPartial ? ["PARTIAL: the run was interrupted at \(result.end.iso8601)"] : []
        if result.attribution.residual != .zero {
            warnings.append("the attribution leaves a residual of \(money(result.attribution.residual)): core and venues disagree")
        }
        warnings += outcome.warnings
        warnings += paperWarnings
        if result.unverifiedFills > 0 { warnings.append("\(result.unverifiedFills) fills happened while a book could not be trusted") }
        if result.largeFills > 0 {
            warnings.append("\(result.largeFills) of \(result.fillCount) fills are more than a tenth of what was displayed")
        }
        for feed in outcome.feeds {
            if feed.unsynchronised > .zero {
                warnings.append("\(feed.name): \(seconds(feed.unsynchronised)) without a book that can be traded on, \(feed.gaps) gaps")
            }
            if feed.liftedReceiveTimes > 0 {
                warnings.append("\(feed.name): \(feed.liftedReceiveTimes) receive times were lifted to stay after the venue's")
            }
        }
        return warnings
    }

    // MARK: Text

    func money(_ amount: ExactAmount, decimals: Int = 2) -> String { "\(plain(amount, decimals: decimals)) \(currency)" }

    func plain(_ amount: ExactAmount, decimals: Int = 2) -> String {
        var divisor: Int128 = 1
        for _ in 0..<(18 - decimals) { divisor *= 10 }
        return Decimal.text(roundedQuotient(amount.units, divisor), decimals: decimals, minimum: decimals)
    }

    func number(_ value: Double?, decimals: Int = 2, unit: String = "") -> String {
        guard let value, value.isFinite else { return "–" }
        return Axis.fixed(value, decimals: decimals) + unit
    }

    func seconds(_ span: Nanoseconds) -> String { "\(Axis.fixed(Double(span.count) / 1e9, decimals: 1)) s" }

    func percent(_ value: Double?) -> String { number(value.map { $0 * 100 }, decimals: 2, unit: " %") }

    /// A ratio, or why there is none.
    func ratio(_ value: Double?) -> String {
        value.map { number($0) } ?? (result.statistics.count < ReturnStatistics.minimumPeriods ? "n/a (n=\(result.statistics.count))" : "–")
    }

    var samplingText: String { "Δ \(seconds(result.sampling)), n \(result.statistics.count)" }

    func profitShare() -> Double? {
        result.capital.units == 0 ? nil : result.netProfit.double / result.capital.double
    }

    /// The lines of the attribution, in the order of the report.
    var attributionLines: [(name: String, amount: ExactAmount)] {
        let attribution = result.attribution
        var lines = attribution.edges.map { ("execution, \($0.role) \($0.purpose)", $0.amount) }
        lines += [
            ("price moves, paired (basis)", attribution.basis), ("price moves, naked episodes", attribution.nakedExposure),
            ("price moves, inventory", attribution.inventory),
            ("fees", attribution.fees),
            ("funding", attribution.funding), ("liquidation penalties", attribution.penalties), ("adjustments", attribution.adjustments),
            ("mark − mid on open positions", attribution.markDifference), ("currency of the collateral", attribution.currency),
        ]
        return lines.map { (name: $0.0, amount: $0.1) }
    }

    /// One screen of 80 columns, without colour.
    public var terminal: String {
        var lines: [String] = []
        func pair(_ left: (String, String), _ right: (String, String)? = nil) {
            let first = column(left.0, left.1)
            lines.append("  " + first + (right.map { "  " + column($0.0, $0.1) } ?? ""))
        }
        func column(_ name: String, _ value: String) -> String {
            let space = max(1, 37 - name.count - value.count)
            return name + String(repeating: " ", count: space) + value
        }
        lines.append("\(name): \(strategy)\(outcome.isPartial ? "  (PARTIAL: interrupted)" : "")")
        lines.append("  \(result.start.iso8601) to \(result.end.iso8601), seed \(seed)")
        lines.append("  scenario \(scenarioHash.prefix(16))  data \(outcome.dataHash.prefix(16))  journal \(journalText)")
        lines.append("")
        pair(
            ("Net PnL", money(result.netProfit)),
            ("Max drawdown", "\(Decimal.text(roundedTo2(result.drawdown.deepest), decimals: 2, minimum: 2)) \(currency)"))
        pair(
            ("of capital", percent(profitShare())),
            ("Longest drawdown", seconds(result.drawdown.longest) + (result.drawdown.longestIsOpen ? " open" : "")))
        pair(("Sharpe (annual)", ratio(result.statistics.sharpe)), ("Fills", String(result.fillCount)))
        pair(("Sortino (annual)", ratio(result.statistics.sortino)), ("Sampling", samplingText))
        lines.append("")
        for line in attributionLines where line.amount.units != 0 {
            let value = plain(line.amount)
            lines.append("  " + line.name + String(repeating: " ", count: max(1, 58 - line.name.count - value.count)) + value)
        }
        let residual = plain(result.attribution.residual)
        lines.append("  residual" + String(repeating: " ", count: max(1, 50 - residual.count)) + residual)
        lines.append("")
        for venue in result.activity {
            let fees = "fees \(plain(venue.fees))\(venue.feeBasisPoints.map { " (\(Axis.fixed($0, decimals: 2)) bp)" } ?? "")"
            lines.append(
                "  \(venue.venue): \(venue.submitted) orders, \(venue.makerFills) maker and \(venue.takerFills) taker fills, "
                    + "\(venue.rejects.values.reduce(0, +)) rejects, \(fees)")
        }
        lines += instanceLines
        if !result.positions.isEmpty {
            lines.append("  open: " + result.positions.map { "\($0.account) \($0.quantity) \($0.instrument)" }.joined(separator: ", "))
        }
        lines += legRiskLines
        if result.fillCount > 0 { lines.append(honestyLine) }
        lines += paperLines
        lines += faultLines
        for assumption in outcome.assumptions { lines.append("  assumed: \(assumption)") }
        for warning in warnings { lines.append("  warning: \(warning)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func roundedTo2(_ nanos: Int64) -> Int64 { roundedQuotient(Int128(nanos), 10_000_000) }

    var journalText: String {
        let digits = String(outcome.journalHash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
