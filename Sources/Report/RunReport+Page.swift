internal import Market
internal import Metrics
internal import Runtime
internal import Trading

/// The HTML page of a run.
extension RunReport {
    public func page(_ tables: RunTables) -> Page {
        Page(
            title: name, subtitle: "\(strategy), \(result.start.iso8601) to \(result.end.iso8601)",
            sections: [
                .init(title: "Result", blocks: [.headline(headline), .warnings(warnings), .chart(equityChart), .chart(drawdownChart)]),
                .init(title: "Where it came from", blocks: checkBlocks + [.table(attributionTable)] + instanceBlocks),
                .init(title: "Market and fills", blocks: [.chart(priceChart(tables)), .chart(spreadChart)]),
                .init(title: "Inventory", blocks: [.chart(inventoryChart), .chart(deltaChart), .table(positionTable)]),
                .init(
                    title: "Execution",
                    blocks: [
                        .table(venueTable), .facts(execution + unknownFacts), .table(fillTimeTable), .chart(feeChart), .table(termsTable),
                        .table(latencyTable),
                    ]),
                .init(title: "After each fill", blocks: markoutBlocks),
                .init(title: "Leg risk", blocks: legRiskBlocks),
                .init(title: "Risk", blocks: [.facts(risk)] + faultBlocks),
                .init(title: "How far to believe it", blocks: paperBlocks + honestyBlocks),
                .init(
                    title: "Tables",
                    blocks: [
                        .table(table("fills", "Fills", RunTables.fillHeader, [6, 7, 8, 10, 11, 14, 15], tables.fillRows, "fills.csv")),
                        .table(table("orders", "Orders", RunTables.orderHeader, [3, 6, 7, 8], tables.orderRows, "orders.csv")),
                        .table(table("notes", "What the strategy noted", ["time", "note"], [], tables.noteRows, "notes.csv")),
                    ]),
                .init(title: "What this stands on", blocks: [.facts(provenance), .table(feedTable)]),
            ])
    }

    private var headline: [(name: String, value: String, remark: String)] {
        let makers = result.activity.reduce(0) { $0 + $1.makerFills }
        let fees = result.activity.reduce(ExactAmount.zero) { $0 + $1.fees }
        return [
            ("Net PnL", money(result.netProfit), "\(percent(profitShare())) of \(money(result.capital))"),
            (
                "Max drawdown", money(ExactAmount(units: Int128(result.drawdown.deepest) * 1_000_000_000)),
                "longest \(seconds(result.drawdown.longest))"
            ),
            ("Sharpe, annual", ratio(result.statistics.sharpe), samplingText),
            ("Fills", String(result.fillCount), "\(makers) as maker"),
            ("Fees", money(fees), "residual of the attribution \(plain(result.attribution.residual))"),
        ]
    }

    // MARK: Figures

    private func points(_ series: BucketSeries) -> [Chart.Point] {
        series.buckets.map { Chart.Point(time: $0.time, low: $0.low, last: $0.last, high: $0.high) }
    }

    private var equityChart: Chart {
        Chart(id: "equity", title: "Equity", unit: currency, series: [.init(name: "equity", points: points(result.equity))])
    }

    private var drawdownChart: Chart {
        Chart(
            id: "drawdown", title: "Drawdown", unit: currency,
            series: [.init(name: "below the peak", points: points(result.drawdownSeries))])
    }

    private func priceChart(_ tables: RunTables) -> Chart {
        var series = result.mids.map { Chart.Series(name: $0.name, points: points($0.series)) }
        series.append(.init(name: "own buys", style: .marks, points: tables.marks.buys))
        series.append(.init(name: "own sells", style: .marks, points: tables.marks.sells))
        return Chart(
            id: "price", title: "Mid prices and own fills", unit: result.description.instruments.first?.quote.code ?? "", series: series,
            note: "Lines keep the extremes of each bucket of time; of many fills the highest and lowest of each bucket are marked.")
    }

    private var spreadChart: Chart {
        let names = result.mids.prefix(2).map(\.name).joined(separator: " − ")
        return Chart(
            id: "spread", title: "Difference between the venues", unit: "bp", series: [.init(name: names, points: points(result.spread))])
    }

    private var inventoryChart: Chart {
        Chart(
            id: "inventory", title: "Positions", unit: result.description.instruments.first?.base.code ?? "",
            series: result.inventory.map { .init(name: $0.name, points: points($0.series)) })
    }

    private var deltaChart: Chart {
        Chart(
            id: "delta", title: "Net delta", unit: result.description.instruments.first?.base.code ?? "",
            series: [.init(name: "sum of positions", points: points(result.netDelta))])
    }

    private var feeChart: Chart {
        Chart(id: "fees", title: "Fees paid", unit: currency, series: [.init(name: "fees", points: points(result.fees))])
    }

    // MARK: Tables

    private func table(
        _ id: String, _ title: String, _ header: [String], _ numeric: Set<Int>, _ rows: KeptRows, _ file: String
    ) -> Page.Table {
        .init(id: id, title: title, header: header, numeric: numeric, rows: rows.rows, note: rows.note(file: file))
    }

    private var attributionTable: Page.Table {
        var rows = attributionLines.map { [$0.name, plain($0.amount, decimals: 4)] }
        rows.append(["residual", plain(result.attribution.residual, decimals: 4)])
        rows.append(["net PnL", plain(result.netProfit, decimals: 4)])
        return .init(
            id: "attribution", title: "PnL attribution", header: ["part", currency], numeric: [1], rows: rows,
            note: "Net PnL is the venues' balances and positions, the parts are the core's own records: their difference is the residual."
        )
    }

    private var positionTable: Page.Table {
        let rows = result.positions.map { [$0.account, $0.instrument, $0.quantity, $0.unrealised.description] }
        return .init(
            id: "positions", title: "Open at the end", header: ["account", "instrument", "quantity", "unrealised"], numeric: [2, 3],
            rows: rows)
    }

    private var venueTable: Page.Table {
        let rows = result.activity.map { venue in
            [
                venue.venue, String(venue.submitted), String(venue.makerFills), String(venue.takerFills), String(venue.partialFills),
                String(venue.cancelRaceFills), plain(venue.makerNotional), plain(venue.takerNotional), plain(venue.fees),
                number(venue.feeBasisPoints), number(venue.orderToFill),
                venue.rejects.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
            ]
        }
        return .init(
            id: "venues", title: "By venue and role",
            header: [
                "venue", "orders", "maker fills", "taker fills", "partial", "while cancelling", "maker \(currency)", "taker \(currency)",
                "fees", "bp",
                "messages a fill", "rejects",
            ], numeric: Set(1...10), rows: rows)
    }

    private var termsTable: Page.Table {
        let rows = outcome.accounts.map { terms in
            [
                terms.account, terms.venue, number(Double(terms.makerFee.trillionths) / 1e8),
                number(Double(terms.takerFee.trillionths) / 1e8),
                terms.connection.entry.description, terms.connection.response.description,
                (terms.connection.speedBumps?.description ?? "none") + (terms.connection.separatesLanes ? "; separate lanes" : "")
                    + (terms.connection.batches == nil ? "" : "; batches"),
            ]
        }
        return .init(
            id: "terms", title: "Terms of the accounts",
            header: ["account", "venue", "maker fee, bp", "taker fee, bp", "entry latency", "response latency", "speed bumps"],
            numeric: [2, 3], rows: rows)
    }

    private var latencyTable: Page.Table {
        let rows = outcome.feeds.map {
            [$0.venue, $0.name, milliseconds($0.medianLatency), milliseconds($0.latency99), milliseconds($0.largestLatency)]
        }
        return .init(
            id: "latency", title: "Latency of market data, corrected", header: ["venue", "feed", "median, ms", "99 %, ms", "largest, ms"],
            numeric: [2, 3, 4], rows: rows, note: "Above 100,000 frames the median and 99 % have three significant digits.")
    }

    private func milliseconds(_ span: Nanoseconds) -> String { number(Double(span.count) / 1e6, decimals: 3) }

    private var feedTable: Page.Table {
        let rows = outcome.feeds.map { feed in
            [
                feed.venue, feed.name, String(feed.contentHash.prefix(16)), feed.clockOffset.map(seconds) ?? "–",
                seconds(feed.clockDrift), String(feed.liftedVenueTimes + feed.liftedReceiveTimes), String(feed.gaps),
                seconds(feed.unsynchronised),
            ]
        }
        return .init(
            id: "feeds", title: "Feeds",
            header: ["venue", "feed", "content hash", "clock offset", "drift", "lifted times", "gaps", "book not trusted"],
            numeric: [3, 4, 5, 6, 7], rows: rows)
    }

    private var execution: [(name: String, value: String)] {
        let times = result.fillTimes
        return [
            ("Taker slippage against the mid at the decision", number(result.takerSlippage, unit: " bp")),
            ("Resting orders", String(times.count)), ("Median time to fill", times.median.map(seconds) ?? "–"),
            ("Filled within 1 s", percent(times.probability(within: .seconds(1)))),
            ("Filled within 5 s", percent(times.probability(within: .seconds(5)))),
            ("Filled within 60 s", percent(times.probability(within: .seconds(60)))),
            ("Round trips, flat to flat", String(result.roundTrips.count)), ("Won", percent(result.roundTrips.winRate)),
            ("Profit factor", number(result.roundTrips.profitFactor)), ("Mean profit of a trip", number(result.roundTrips.expectancy)),
        ]
    }

    private var risk: [(name: String, value: String)] {
        let statistics = result.statistics
        return [
            ("Annualised return", percent(result.annualisedReturn)), ("Volatility", percent(statistics.volatility)),
            ("Sharpe", ratio(statistics.sharpe)), ("Standard error", ratio(statistics.sharpeError)),
            ("95 % interval", interval(statistics.sharpe, statistics.sharpeError)),
            ("Sharpe, autocorrelation adjusted", ratio(statistics.autocorrelationAdjustedSharpe)), ("Sortino", ratio(statistics.sortino)),
            ("Calmar", ratio(result.calmar)), ("Ulcer index", percent(result.ulcerIndex)),
            ("Probability that Sharpe > 0", percent(statistics.probabilisticSharpe())),
            ("Periods until it can be believed", ratio(statistics.minimumTrackRecord())), ("Sampling", samplingText),
            ("Returns", result.description.isCompounding ? "compounding" : "additive on capital"),
        ]
    }

    private func interval(_ value: Double?, _ error: Double?) -> String {
        guard let value, let error else { return "–" }
        return "\(number(value - 1.96 * error)) to \(number(value + 1.96 * error))"
    }

    private var provenance: [(name: String, value: String)] {
        [
            ("Scenario", scenarioHash), ("Data", outcome.dataHash),
            ("Journal", "\(journalText), \(outcome.journalRecords) records"),
            ("Seed", String(seed)), ("Records of the feeds", String(outcome.events)),
        ] + overrides.map { ("Override", $0) } + outcome.assumptions.map { ("Assumed", $0) }
    }
}
