internal import Market
internal import Metrics
internal import Runtime

/// What being on one leg only cost.
extension RunReport {
    private static let percentiles: [(name: String, thousandths: Int)] = [
        ("p50", 500), ("p90", 900), ("p95", 950), ("p99", 990), ("p99.9", 999),
    ]
    private static let stageKeys = [
        "fill_to_report", "report_to_decision", "decision_to_sending", "sending_to_acceptance", "acceptance_to_fill",
        "hedge_fill_to_report", "total_local", "total_at_venues",
    ]

    func span(_ span: Nanoseconds?) -> JSONValue { span.map { .integer($0.count) } ?? .null }
    private func milliseconds(_ span: Nanoseconds?) -> String { number(span.map { Double($0.count) / 1e6 }, decimals: 3) }

    private func base(_ amount: Int64) -> String { Decimal.text(amount, decimals: 9) }
    private func nanos(_ amount: Int64) -> ExactAmount { ExactAmount(units: Int128(amount) * 1_000_000_000) }
    /// From 10⁻⁹ × 10⁻⁹ s.
    private func integral(_ exposure: LegRisk.Exposure) -> ExactAmount { ExactAmount(units: exposure.integral) }

    var slippageParts: [(name: String, key: String, amount: ExactAmount)] {
        let slippage = result.legRisk.slippage
        return [
            ("feed: until we heard of the fill", "feed", slippage.feed), ("internal: until the hedge left", "internal", slippage.internal),
            ("wire and speed bump: until it filled", "wire", slippage.wire), ("impact and hidden", "impact", slippage.impact),
            ("slippage against the book at t1", "slippage", slippage.total),
            ("shortfall against the book at t0", "shortfall", slippage.shortfall),
        ]
    }

    // MARK: JSON

    var legRiskFigures: JSONValue {
        let risk = result.legRisk
        var stages: [String: JSONValue] = [:]
        for (stage, key) in zip(LegRisk.Stage.allCases, Self.stageKeys) { stages[key] = histogram(risk[stage]) }
        var slippage: [String: JSONValue] = [
            "hedges": .integer(Int64(risk.slippage.hedges)), "notional": exact(risk.slippage.notional),
            "incomplete": .integer(Int64(risk.slippage.incomplete)),
        ]
        for part in slippageParts {
            slippage[part.key] = exact(part.amount)
            slippage[part.key + "_bp"] = .ratio(risk.slippage.basisPoints(part.amount))
        }
        return .object([
            "latency": .object(stages), "slippage": .object(slippage), "edge": edgeFigures, "attempts": attemptFigures,
            "flattens": flattenFigures, "exposures": .array(risk.exposures.map(figures)),
            "margin_distance": .array(
                risk.margins.map { margin in
                    .object([
                        "account": .string(margin.account), "smallest": .ratio(margin.smallest),
                        "warning_level": .ratio(LegRisk.MarginDistance.warning), "critical_level": .ratio(LegRisk.MarginDistance.critical),
                        "below_warning_ns": .integer(margin.timeBelowWarning.count),
                        "below_critical_ns": .integer(margin.timeBelowCritical.count),
                    ])
                }),
        ])
    }

    private func histogram(_ spans: SpanHistogram) -> JSONValue {
        var keys: [String: JSONValue] = ["count": .integer(Int64(spans.count)), "max_ns": spans.count > 0 ? span(spans.largest) : .null]
        for percentile in Self.percentiles {
            keys[percentile.name.replacing(".", with: "_") + "_ns"] = span(spans.percentile(percentile.thousandths))
        }
        return .object(keys)
    }

    private var edgeFigures: JSONValue {
        let edge = result.legRisk.edge
        return .object([
            "pairs": .integer(Int64(edge.pairs)), "notional": exact(edge.notional), "realised": exact(edge.realised),
            "planned": exact(edge.planned), "realised_bp": .ratio(edge.realisedBasisPoints), "planned_bp": .ratio(edge.plannedBasisPoints),
            "captured": .ratio(edge.ratio),
        ])
    }

    private var attemptFigures: JSONValue {
        let attempts = result.legRisk.attempts
        var failures: [String: JSONValue] = [:]
        for failure in LegRisk.Failure.allCases { failures["\(failure)"] = .integer(Int64(attempts.failures[failure.rawValue])) }
        return .object([
            "first_tries": .integer(Int64(attempts.intents)), "failures": .object(failures), "retries": .integer(Int64(attempts.retries)),
            "escalations": .integer(Int64(attempts.escalations)), "escalated_residual": exact(attempts.residual),
            "hedged_without_a_fill": .integer(Int64(result.legRisk.unasked)),
        ])
    }

    private var flattenFigures: JSONValue {
        let flattens = result.legRisk.flattens
        return .object([
            "count": .integer(Int64(flattens.count)), "notional": exact(flattens.notional), "cost": exact(flattens.cost),
            "cost_bp": .ratio(flattens.costBasisPoints), "time_to_flat": histogram(flattens.timeToFlat),
            "open_at_end": .integer(Int64(flattens.open)),
        ])
    }

    private func figures(_ exposure: LegRisk.Exposure) -> JSONValue {
        .object([
            "symbol": .string(exposure.symbol), "hedgeable": .boolean(exposure.isHedgeable),
            "tolerance": .string(base(exposure.tolerance)), "exposure_seconds": exact(integral(exposure)),
            "time_ns": .integer(exposure.time.count), "naked_ns": .integer(exposure.nakedTime.count),
            "naked_share": .ratio(exposure.nakedShare), "episodes": .integer(Int64(exposure.episodes)),
            "episode_p50_ns": span(exposure.durations.percentile(500)), "episode_p95_ns": span(exposure.durations.percentile(950)),
            "episode_max_ns": exposure.durations.count > 0 ? span(exposure.durations.largest) : .null,
            "peak_unhedged": exact(nanos(exposure.peak)), "episode_pnl": exact(exposure.profit),
            "open_at_end": .boolean(exposure.isOpen), "dust_ns": .integer(exposure.dustTime.count),
            "dust": .string(base(exposure.dust)), "dust_notional": exact(nanos(exposure.dustNotional)),
            "dust_age_ns": .integer(exposure.dustAge.count),
        ])
    }

    // MARK: Page

    var legRiskBlocks: [Page.Block] {
        let risk = result.legRisk
        return [
            .table(
                .init(
                    id: "hedge-latency", title: "Hedge latency, ms",
                    header: ["stage", "hedges"] + Self.percentiles.map(\.name) + ["max"], numeric: Set(1...6 + 1),
                    rows: LegRisk.Stage.allCases.map { stage in
                        [stage.name, String(risk[stage].count)]
                            + Self.percentiles.map { milliseconds(risk[stage].percentile($0.thousandths)) }
                            + [milliseconds(risk[stage].count > 0 ? risk[stage].largest : nil)]
                    },
                    note: "t0 the fill at its venue, t1 we hear of it, t2 the hedge is decided, t3 sent, t4 accepted, t5 filled, t6 told. "
                        + "Three significant digits; simulated clocks, so that no offset has to be estimated.")),
            .table(
                .init(
                    id: "hedge-slippage", title: "Hedge slippage", header: ["part", currency, "bp"], numeric: [1, 2],
                    rows: slippageParts.map { [$0.name, plain($0.amount, decimals: 4), number(risk.slippage.basisPoints($0.amount))] },
                    note:
                        "\(risk.slippage.hedges) hedged parts of fills, \(money(risk.slippage.notional)); cost is positive. The last three "
                        + "sum to the slippage, all four to the shortfall. \(risk.slippage.incomplete) parts lack a book at some stage.")),
            .facts(hedgeFacts), .table(exposureTable), .table(marginTable),
        ]
    }

    private var hedgeFacts: [(name: String, value: String)] {
        let (attempts, edge, flattens) = (result.legRisk.attempts, result.legRisk.edge, result.legRisk.flattens)
        var facts = [
            ("Edge planned when quoting", "\(money(edge.planned)), \(number(edge.plannedBasisPoints, unit: " bp"))"),
            ("Edge realised, before fees", "\(money(edge.realised)), \(number(edge.realisedBasisPoints, unit: " bp"))"),
            ("Edge captured", percent(edge.ratio)), ("Hedges, first tries", String(attempts.intents)),
        ]
        for failure in LegRisk.Failure.allCases { facts.append(("… \(failure.name)", String(attempts.failures[failure.rawValue]))) }
        facts += [
            ("Retries", String(attempts.retries)), ("Escalations", "\(attempts.escalations), \(money(attempts.residual)) unhedged"),
            ("Emergency flattens", "\(flattens.count), \(money(flattens.notional))"),
            ("Cost of flattening against the mid", "\(money(flattens.cost)), \(number(flattens.costBasisPoints, unit: " bp"))"),
            ("Time to flat, p50", inSeconds(flattens.timeToFlat.percentile(500), unit: " s")),
            ("Time to flat, longest", inSeconds(flattens.timeToFlat.percentile(1_000), unit: " s")),
            ("Not flat at the end", String(flattens.open)),
        ]
        return facts.map { (name: $0.0, value: $0.1) }
    }

    private func inSeconds(_ span: Nanoseconds?, unit: String = "") -> String {
        number(span.map { Double($0.count) / 1e9 }, decimals: 3, unit: unit)
    }

    private var exposureTable: Page.Table {
        let rows = result.legRisk.exposures.map { exposure in
            [
                exposure.symbol, exposure.isHedgeable ? "\(base(exposure.tolerance)) \(exposure.base)" : "none: one position only",
                plain(integral(exposure)), percent(exposure.nakedShare), String(exposure.episodes) + (exposure.isOpen ? ", open" : ""),
                inSeconds(exposure.durations.percentile(500)), inSeconds(exposure.durations.percentile(950)),
                inSeconds(exposure.durations.count > 0 ? exposure.durations.largest : nil), plain(nanos(exposure.peak)),
                plain(exposure.profit), "\(base(exposure.dust)) (\(inSeconds(exposure.dustAge)) s)",
            ]
        }
        return .init(
            id: "exposure", title: "Unhedged exposure and naked episodes",
            header: [
                "symbol", "naked from", "∫U dt, \(currency)·s", "naked time", "episodes", "p50, s", "p95, s", "max, s", "peak \(currency)",
                "PnL \(currency)", "dust at the end",
            ], numeric: Set(2...10), rows: rows,
            note: "By the venues' positions at the venues' times; naked is what is as large as the smallest size that all venues of the "
                + "symbol trade.")
    }

    private var marginTable: Page.Table {
        let rows = result.legRisk.margins.map { margin in
            [margin.account, percent(margin.smallest), seconds(margin.timeBelowWarning), seconds(margin.timeBelowCritical)]
        }
        return .init(
            id: "margin-distance", title: "Distance from liquidation",
            header: [
                "account", "smallest", "below \(percent(LegRisk.MarginDistance.warning))",
                "below \(percent(LegRisk.MarginDistance.critical))",
            ], numeric: [1, 2, 3], rows: rows,
            note: "(Equity − maintenance) ÷ notional of the positions, each second; – where no margin is asked for or nothing was held.")
    }
}
