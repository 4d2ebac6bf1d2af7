internal import Market
internal import Runtime

/// What a paper run has that a backtest has not: venues that follow the feeds behind us.
extension RunReport {
    func figures(_ paper: PaperFigures) -> JSONValue {
        .object([
            "lag_median_ns": .integer(paper.medianLag.count), "lag_99_ns": .integer(paper.lag99.count),
            "lag_largest_ns": .integer(paper.largestLag.count), "reports": .integer(Int64(paper.reports)),
            "late_reports": .integer(Int64(paper.lateReports)), "lateness_median_ns": .integer(paper.medianLateness.count),
            "lateness_99_ns": .integer(paper.lateness99.count), "lateness_largest_ns": .integer(paper.largestLateness.count),
            "late_records": .integer(Int64(paper.lateRecords)), "latest_record_ns": .integer(paper.latestRecord.count),
            "items_not_recorded": paper.lostItems.map { .integer(Int64($0)) } ?? .null,
        ])
    }

    private func milliseconds(_ span: Nanoseconds) -> String { number(Double(span.count) / 1e6, decimals: 1, unit: " ms") }

    private func spread(_ median: Nanoseconds, _ most: Nanoseconds, _ largest: Nanoseconds) -> String {
        "median \(milliseconds(median)), 99 % \(milliseconds(most)), largest \(milliseconds(largest))"
    }

    var paperWarnings: [String] {
        guard let paper = outcome.paper else { return [] }
        var warnings: [String] = []
        if paper.lateReports > 0 {
            warnings.append(
                "\(paper.lateReports) of \(paper.reports) reports came later than the scenario's response latency, by up to "
                    + "\(milliseconds(paper.largestLateness)): the feeds told of it no sooner")
        }
        if paper.lateRecords > 0 {
            warnings.append(
                "\(paper.lateRecords) records came after the venues had gone on without them, by up to \(milliseconds(paper.latestRecord))")
        }
        if let lost = paper.lostItems, lost > 0 {
            warnings.append("\(lost) items were not recorded: the journal can't be replayed")
        }
        return warnings
    }

    /// Nothing of a backtest.
    var paperBlocks: [Page.Block] {
        guard let paper = outcome.paper else { return [] }
        let late = paper.lateReports == 0 ? "none" : spread(paper.medianLateness, paper.lateness99, paper.largestLateness)
        return [
            .paragraph(
                "On paper: a venue's model follows its feed behind us, and what it reports can't be known before the feed has told it."),
            .facts([
                ("How far the venues were behind", spread(paper.medianLag, paper.lag99, paper.largestLag)),
                ("Reports later than the response latency", "\(paper.lateReports) of \(paper.reports)"), ("Later by", late),
                ("Records that came after the venues had gone on", String(paper.lateRecords)),
            ]),
        ]
    }

    /// For the terminal.
    var paperLines: [String] {
        guard let paper = outcome.paper else { return [] }
        return [
            "  behind the feeds: \(spread(paper.medianLag, paper.lag99, paper.largestLag))",
            "  late reports: \(paper.lateReports) of \(paper.reports)"
                + (paper.lateReports == 0 ? "" : ", \(spread(paper.medianLateness, paper.lateness99, paper.largestLateness))"),
        ]
    }
}
