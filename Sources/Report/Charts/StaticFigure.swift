internal import Market

/// A chart as inline SVG: what a printed page, or a machine without the chart library, shows.
struct StaticFigure {
    private static let width = 960.0
    private static let height = 260.0
    private static let (left, right, top, bottom) = (72.0, 12.0, 10.0, 24.0)

    private let chart: Chart
    init(_ chart: Chart) { self.chart = chart }

    var svg: String {
        guard let bounds = chart.bounds else { return "<p class=\"empty\">No data.</p>" }
        let padding = max((bounds.values.upperBound - bounds.values.lowerBound) * 0.04, abs(bounds.values.upperBound) * 1e-9 + 1e-12)
        let values = bounds.values.lowerBound - padding...bounds.values.upperBound + padding
        let x = Scale(domain: Double(bounds.times.lowerBound)...Double(bounds.times.upperBound), range: Self.left...Self.width - Self.right)
        let y = Scale(domain: values, range: Self.height - Self.bottom...Self.height - Self.bottom, top: Self.top)
        var parts = ["<svg class=\"figure\" viewBox=\"0 0 960 260\" role=\"img\" aria-label=\"\(escaped(chart.title))\">"]
        let ticks = Axis.ticks(values)
        let spacing = ticks.count > 1 ? ticks[1] - ticks[0] : 1
        for tick in ticks {
            let at = Axis.fixed(y(tick), decimals: 1)
            parts.append("<line class=\"grid\" x1=\"72\" x2=\"948\" y1=\"\(at)\" y2=\"\(at)\"/>")
            parts.append(
                "<text class=\"axis\" x=\"66\" y=\"\(at)\" dy=\"0.32em\" text-anchor=\"end\">\(Axis.label(tick, spacing: spacing))</text>")
        }
        for (time, label) in Axis.times(bounds.times) {
            let at = Axis.fixed(x(Double(time)), decimals: 1)
            parts.append("<text class=\"axis\" x=\"\(at)\" y=\"252\" text-anchor=\"middle\">\(label)</text>")
        }
        for (index, series) in chart.series.enumerated() where !series.points.isEmpty {
            parts.append(series.style == .line ? line(series, index, x, y) : marks(series, index, x, y))
        }
        parts.append("</svg>")
        return parts.joined(separator: "\n")
    }

    private func line(_ series: Chart.Series, _ index: Int, _ x: Scale, _ y: Scale) -> String {
        var band = ""
        if series.points.contains(where: { $0.low != $0.high }) {
            let upper = series.points.map { "\(text(x(Double($0.time.nanoseconds)))),\(text(y($0.high)))" }
            let lower = series.points.reversed().map { "\(text(x(Double($0.time.nanoseconds)))),\(text(y($0.low)))" }
            band = "<polygon class=\"band s\(index)\" points=\"\((upper + lower).joined(separator: " "))\"/>\n"
        }
        let path = series.points.map { "\(text(x(Double($0.time.nanoseconds)))),\(text(y($0.last)))" }.joined(separator: " ")
        return band + "<polyline class=\"line s\(index)\" points=\"\(path)\"/>"
    }

    private func marks(_ series: Chart.Series, _ index: Int, _ x: Scale, _ y: Scale) -> String {
        series.points.map {
            "<circle class=\"mark s\(index)\" cx=\"\(text(x(Double($0.time.nanoseconds))))\" cy=\"\(text(y($0.last)))\" r=\"2.5\"/>"
        }
        .joined()
    }

    private func text(_ value: Double) -> String { Axis.fixed(value, decimals: 1) }

    /// A linear map; vertical ones grow upwards.
    private struct Scale {
        private let (start, factor, origin): (Double, Double, Double)

        init(domain: ClosedRange<Double>, range: ClosedRange<Double>, top: Double? = nil) {
            let span = domain.upperBound - domain.lowerBound
            start = domain.lowerBound
            origin = range.lowerBound
            let length = top.map { $0 - range.lowerBound } ?? range.upperBound - range.lowerBound
            factor = span > 0 ? length / span : 0
        }

        func callAsFunction(_ value: Double) -> Double { origin + (value - start) * factor }
    }
}
