internal import Market

/// A chart as the JSON that the page's script reads: columns by line, milliseconds and [low, last, high].
struct ChartData {
    private let chart: Chart
    init(_ chart: Chart) { self.chart = chart }

    var json: JSONValue {
        var rows: [Int64: [JSONValue]] = [:]
        for (index, series) in chart.series.enumerated() {
            for point in series.points {
                // Two records of one millisecond and line: the later one stands.
                let key = point.time.nanoseconds / 1_000_000
                rows[key, default: Array(repeating: .null, count: chart.series.count)][index] = .array([
                    number(point.low), number(point.last), number(point.high),
                ])
            }
        }
        let table = rows.sorted { $0.key < $1.key }.map { JSONValue.array([.integer($0.key)] + $0.value) }
        return .object([
            "title": .string(chart.title), "unit": .string(chart.unit),
            "names": .array(chart.series.map { .string($0.name) }),
            "marks": .array(chart.series.map { .boolean($0.style == .marks) }),
            "rows": .array(table),
        ])
    }

    private func number(_ value: Double) -> JSONValue { .decimal(JSONValue.ratioText(value)) }
}
