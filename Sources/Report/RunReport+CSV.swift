internal import Market
internal import Metrics

/// Markouts and leg risk as tables beside the rows of the run.
extension RunReport {
    /// - Throws: `ReportError` when a file can't be written.
    public func writeFigures(to folder: RunFolder) throws(ReportError) {
        try writeMarkouts(folder)
        try writeHedges(folder)
        let exposures = try CSVTable(
            creating: folder.file("exposures.csv"),
            header: [
                "symbol", "tolerance", "exposure_seconds", "time_ns", "naked_ns", "episodes", "episode_p50_ns", "episode_p95_ns",
                "episode_max_ns", "peak_unhedged", "episode_pnl", "dust_ns", "dust", "dust_age_ns",
            ])
        for exposure in result.legRisk.exposures {
            let (durations, peak) = (exposure.durations, ExactAmount(units: Int128(exposure.peak) * 1_000_000_000))
            try exposures.append([
                exposure.symbol, Decimal.text(exposure.tolerance, decimals: 9), plain(ExactAmount(units: exposure.integral), decimals: 9),
                String(exposure.time.count), String(exposure.nakedTime.count), String(exposure.episodes), count(durations.percentile(500)),
                count(durations.percentile(950)), count(durations.count > 0 ? durations.largest : nil), plain(peak, decimals: 9),
                plain(exposure.profit, decimals: 9), String(exposure.dustTime.count), Decimal.text(exposure.dust, decimals: 9),
                String(exposure.dustAge.count),
            ])
        }
        try exposures.finish()
    }

    private func count(_ span: Nanoseconds?) -> String { span.map { String($0.count) } ?? "" }

    private func writeMarkouts(_ folder: RunFolder) throws(ReportError) {
        let table = try CSVTable(
            creating: folder.file("markouts.csv"),
            header: [
                "fills_of", "kind", "against", "horizon_ns", "fills", "notional", "captured", "markout", "adverse_selection", "low_bp",
                "high_bp", "excluded_not_trusted", "excluded_near_the_end",
            ])
        func row(_ names: [String], _ horizon: Int, _ cell: Markouts.Cell, _ role: Markouts.Role?) -> [String] {
            let interval = role.flatMap { $0.intervals[horizon] }
            return names + [String(Markouts.horizons[horizon].count), String(cell.fills)]
                + [cell.notional, cell.captured, cell.markout, cell.adverseSelection].map { plain($0, decimals: 9) }
                + [interval.map { JSONValue.ratioText($0.low) } ?? "", interval.map { JSONValue.ratioText($0.high) } ?? ""]
                + [role.map { String($0.distrusted[horizon].fills) } ?? "", role.map { String($0.unfinished[horizon].fills) } ?? ""]
        }
        for role in result.markouts.roles {
            for (view, name) in ["mid", "micro-price", "other venue"].enumerated() {
                for horizon in Markouts.horizons.indices {
                    let names = [role.venue, role.isMaker ? "maker" : "taker", name]
                    try table.append(row(names, horizon, role.cells[view][horizon], view == 0 ? role : nil))
                }
            }
        }
        for group in result.markouts.groups {
            for horizon in Markouts.horizons.indices {
                try table.append(row([group.dimension, group.name, "mid"], horizon, group.cells[horizon], nil))
            }
        }
        try table.finish()
    }

    private func writeHedges(_ folder: RunFolder) throws(ReportError) {
        let latency = try CSVTable(
            creating: folder.file("hedge_latency.csv"), header: ["stage", "hedges", "p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "max_ns"])
        for stage in LegRisk.Stage.allCases {
            let spans = result.legRisk[stage]
            try latency.append(
                [stage.name, String(spans.count)] + [500, 900, 990, 999].map { count(spans.percentile($0)) }
                    + [count(spans.count > 0 ? spans.largest : nil)])
        }
        try latency.finish()
        let costs = try CSVTable(creating: folder.file("hedge_costs.csv"), header: ["part", "amount", "bp"])
        for part in slippageParts {
            let ratio = result.legRisk.slippage.basisPoints(part.amount)
            try costs.append([part.key, plain(part.amount, decimals: 9), ratio.map { JSONValue.ratioText($0) } ?? ""])
        }
        try costs.finish()
    }
}
