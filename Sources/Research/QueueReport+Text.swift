internal import Foundation
internal import Market

extension QueueReport {
    /// The report as Markdown: a summary, a table of fill probabilities and one of times, and the verdict.
    public var markdown: String {
        let (skip, horizon, block) = (Self.minutes(settings.skip), Self.minutes(settings.horizon), Self.minutes(settings.block))
        let every = settings.every > 1 ? ", one of \(settings.every)," : ""
        var lines = [
            "Orders of \(instrument.venue) \(instrument.venueSymbol), \(start.iso8601) to \(end.iso8601), the first \(skip) hidden.",
            "",
            "- \(counts.followed) hypothetical orders\(every) stood behind others; \(count) of them were followed until "
                + "they had filled or for \(horizon), and count below.",
            "- \(counts.nothingAhead) recorded orders had nothing ahead: every model knows their place, and they are left out.",
            "- The orders tell of \(counts.executions) executions of \(lots(counts.executedLots)) \(instrument.base); the feed's own "
                + "\(counts.trades) trades sum to \(lots(counts.tradedLots)).",
            "- Error: model less truth, with the middle 95 % of \(settings.resamples) resamples of \(blockCount) blocks of \(block), seed "
                + "\(settings.seed).",
            "", "Fill probability in percent, its error in percentage points:", "",
            "| ticks from the touch | n | model | exact | model | error | 95 % |", "|---|--:|---|--:|--:|--:|--:|",
        ]
        for group in groups + [all] {
            for (index, comparison) in group.comparisons.enumerated() {
                let (name, n) = index == 0 ? (group.name, "\(group.count)") : ("", "")
                lines.append(
                    "| \(name) | \(n) | \(comparison.model) | \(Self.percent(comparison.exactShare)) | \(Self.percent(comparison.share)) | "
                        + "\(Self.signed(comparison.shareError.value * 100, 2)) | \(Self.points(comparison.shareError.interval)) |")
            }
        }
        lines += [
            "", "Time to fill of the orders that filled by both, in seconds:", "",
            "| ticks from the touch | n | model | exact: mean, median | model: mean, median | error: mean | 95 % | median | 95 % |",
            "|---|--:|---|--:|--:|--:|--:|--:|--:|",
        ]
        for group in groups + [all] {
            for (index, comparison) in group.comparisons.enumerated() {
                let times = [(comparison.exactMean, comparison.exactMedian), (comparison.mean, comparison.median)]
                    .map { "\(Self.seconds($0)), \(Self.seconds($1))" }
                lines.append(
                    "| \(index == 0 ? group.name : "") | \(comparison.bothFilled) | \(comparison.model) | \(times[0]) | \(times[1]) | "
                        + "\(Self.error(comparison.meanError)) | \(Self.error(comparison.medianError)) |")
            }
        }
        lines += [""] + conclusion
        return lines.joined(separator: "\n") + "\n"
    }

    private var conclusion: [String] {
        guard let verdict else { return ["There is nothing to conclude from."] }
        let others = verdict.indistinguishable.filter { $0 != verdict.nearest }
        let first = "Nearest to the truth in fill probability: \(verdict.nearest)."
        guard !others.isEmpty else {
            return [first + " No other model's interval overlaps its own: the default is \(verdict.recommended)."]
        }
        return [
            first + " The intervals of \(others.joined(separator: ", ")) overlap its own. Where intervals overlap the default is the more "
                + "pessimistic model: \(verdict.recommended)."
        ]
    }

    /// The header of `rows`.
    public static let columns = [
        "distance", "n", "model", "exact_fill", "model_fill", "fill_error", "fill_error_low", "fill_error_high", "both_filled",
        "exact_mean_s", "exact_median_s", "model_mean_s", "model_median_s", "mean_error_s", "mean_error_low_s", "mean_error_high_s",
        "median_error_s", "median_error_low_s", "median_error_high_s",
    ]

    /// All figures, a row a group and model; empty where there is none.
    public var rows: [[String]] {
        (groups + [all]).flatMap { group in
            group.comparisons.map { comparison in
                let figures = [
                    comparison.exactShare, comparison.share, comparison.shareError.value, comparison.shareError.interval?.lowerBound,
                    comparison.shareError.interval?.upperBound,
                ]
                let times = [
                    comparison.exactMean, comparison.exactMedian, comparison.mean, comparison.median, comparison.meanError?.value,
                    comparison.meanError?.interval?.lowerBound, comparison.meanError?.interval?.upperBound, comparison.medianError?.value,
                    comparison.medianError?.interval?.lowerBound, comparison.medianError?.interval?.upperBound,
                ]
                func texts(_ values: [Double?]) -> [String] { values.map { $0.map { Self.fixed($0, 6) } ?? "" } }
                return [group.name, "\(group.count)", comparison.model] + texts(figures) + ["\(comparison.bothFilled)"] + texts(times)
            }
        }
    }

    // MARK: Numbers

    private func lots(_ count: Int64) -> String { instrument.text(Quantity(lots: count)) }

    private static func fixed(_ value: Double, _ decimals: Int) -> String {
        let text = String(format: "%.\(decimals)f", value)
        // Nothing is not negative.
        return text.hasPrefix("-") && !text.contains(where: { "123456789".contains($0) }) ? String(text.dropFirst()) : text
    }

    private static func signed(_ value: Double, _ decimals: Int = 1) -> String {
        let text = fixed(value, decimals)
        return text.hasPrefix("-") || !text.contains(where: { "123456789".contains($0) }) ? text.replacing("-", with: "−") : "+" + text
    }

    private static func percent(_ share: Double) -> String { fixed(share * 100, 2) }
    private static func seconds(_ value: Double?) -> String { value.map { fixed($0, 1) } ?? "–" }

    private static func points(_ interval: ClosedRange<Double>?) -> String {
        interval.map { "\(signed($0.lowerBound * 100, 2)) to \(signed($0.upperBound * 100, 2))" } ?? "–"
    }

    private static func error(_ estimate: Estimate?) -> String {
        let interval = estimate?.interval.map { "\(signed($0.lowerBound)) to \(signed($0.upperBound))" }
        return "\(estimate.map { signed($0.value) } ?? "–") | \(interval ?? "–")"
    }

    private static func minutes(_ span: Nanoseconds) -> String {
        let seconds = span.count / 1_000_000_000
        if span.count % 1_000_000_000 != 0 { return "\(Decimal.text(span.count, decimals: 9)) s" }
        return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
    }
}
