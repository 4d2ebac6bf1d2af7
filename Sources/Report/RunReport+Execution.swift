internal import Market
internal import Metrics
internal import Runtime

/// How long orders waited, and how long nobody knew what had become of them.
extension RunReport {
    private static let spans: [(name: String, span: Nanoseconds)] = [
        ("1s", .seconds(1)), ("5s", .seconds(5)), ("60s", .seconds(60)),
    ]

    var executionFigures: JSONValue {
        let unknown = result.unknownTimes
        return .object([
            "time_to_fill": .array(result.fillTimesByDistance.map(figures)),
            "unknown_outcome": .object([
                "count": .integer(Int64(unknown.count)), "p50_ns": span(unknown.percentile(500)), "p99_ns": span(unknown.percentile(990)),
                "max_ns": span(unknown.count > 0 ? unknown.largest : nil), "open_at_end": .integer(Int64(result.unknownAtEnd)),
            ]),
        ])
    }

    private func figures(_ distance: TouchDistance, _ times: FillTimes) -> JSONValue {
        var keys: [String: JSONValue] = [
            "distance": .string(distance.name), "orders": .integer(Int64(times.count)), "median_ns": span(times.median),
        ]
        for (name, span) in Self.spans { keys["fill_probability_" + name] = .ratio(times.probability(within: span)) }
        return .object(keys)
    }

    var fillTimeTable: Page.Table {
        let rows = result.fillTimesByDistance.filter { $0.times.count > 0 }.map { distance, times in
            [distance.name, String(times.count), times.median.map(seconds) ?? "–"]
                + Self.spans.map { percent(times.probability(within: $0.span)) }
        }
        return .init(
            id: "fill-times", title: "Time to the first fill, by distance from the touch",
            header: ["when it was sent", "resting orders", "median", "in 1 s", "in 5 s", "in 60 s"], numeric: [1, 2, 3, 4, 5], rows: rows,
            note: "Kaplan–Meier: an order that is cancelled counts as long as it rested. One that is amended keeps its row.")
    }

    var unknownFacts: [(name: String, value: String)] {
        let unknown = result.unknownTimes
        func milliseconds(_ span: Nanoseconds?) -> String { number(span.map { Double($0.count) / 1e6 }, decimals: 1, unit: " ms") }
        return [
            (
                "Unknown outcomes",
                unknown.count == 0
                    ? "0"
                    : "\(unknown.count), resolved in \(milliseconds(unknown.percentile(500))) (p50), "
                        + "\(milliseconds(unknown.percentile(990))) (p99), \(milliseconds(unknown.largest)) (most)"
            ),
            ("Unknown at the end", String(result.unknownAtEnd)),
        ]
    }

    var checkBlocks: [Page.Block] {
        guard !outcome.checks.isEmpty else { return [] }
        let rows = outcome.checks.map { [$0.passes ? "pass" : "FAILED", $0.text] }
        return [.table(.init(id: "checks", title: "What had to be proven", header: ["", "check"], numeric: [], rows: rows))]
    }
}
