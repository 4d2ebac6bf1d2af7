internal import Market
internal import Runtime

/// What went wrong at the venues, as the scenario planned it.
extension RunReport {
    /// Rows of the page's table; `report.json` has all.
    private static let limit = 2_000

    var faultFigures: JSONValue {
        .array(
            outcome.faults.map { fault in
                .object([
                    "kind": .string(fault.kind), "place": .string(fault.place), "start": .string(fault.start.iso8601),
                    "end": .string(fault.end.iso8601), "touched": .integer(fault.touched),
                ])
            })
    }

    /// Nothing where nothing was planned.
    var faultBlocks: [Page.Block] {
        guard !outcome.faults.isEmpty else { return [] }
        let rows = outcome.faults.prefix(Self.limit).map { fault in
            [fault.kind, fault.place, fault.start.iso8601, seconds(fault.end - fault.start), String(fault.touched)]
        }
        let count = outcome.faults.count
        return [
            .table(
                .init(
                    id: "faults", title: "Faults", header: ["fault", "where", "from", "for", "touched"], numeric: [3, 4], rows: Array(rows),
                    note: "Touched are requests, reports, records of market data, or positions."
                        + (count > Self.limit ? " The first \(Self.limit) of \(count); report.json has them all." : "")))
        ]
    }

    /// One line a kind and place.
    var faultLines: [String] {
        var sums: [(name: String, count: Int, touched: Int64)] = []
        for fault in outcome.faults {
            let name = "\(fault.kind) at \(fault.place)"
            if let index = sums.firstIndex(where: { $0.name == name }) {
                sums[index].count += 1
                sums[index].touched += fault.touched
            } else {
                sums.append((name, 1, fault.touched))
            }
        }
        return sums.map { "  fault: \($0.name)\($0.count > 1 ? ", \($0.count) times" : ""), touched \($0.touched)" }
    }
}
