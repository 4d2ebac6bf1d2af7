internal import Market
internal import Metrics
internal import Runtime

/// `report.json`: everything that does not vary between identical runs.
extension RunReport {
    public var json: JSONValue {
        var keys: [String: JSONValue] = [:]
        keys["schema_version"] = .integer(Int64(Self.schemaVersion))
        keys["name"] = .string(name)
        keys["strategy"] = .string(strategy)
        keys["scenario_hash"] = .string(scenarioHash)
        keys["data_hash"] = .string(outcome.dataHash)
        keys["journal_hash"] = .string(journalText)
        keys["journal_records"] = .integer(outcome.journalRecords)
        keys["seed"] = .string(String(seed))
        keys["partial"] = .boolean(outcome.isPartial)
        keys["start"] = .string(result.start.iso8601)
        keys["end"] = .string(result.end.iso8601)
        keys["reporting_currency"] = .string(currency)
        keys["overrides"] = strings(overrides)
        keys["assumptions"] = strings(outcome.assumptions)
        keys["warnings"] = strings(warnings)
        keys["events"] = .integer(outcome.events)
        keys["feeds"] = .array(outcome.feeds.map(feed))
        keys["faults"] = faultFigures
        keys["equity"] = equityFigures
        keys["accounts"] = .array(outcome.accounts.map(terms))
        keys["performance"] = performance
        keys["attribution"] = attributionFigures
        if !result.instances.isEmpty { keys["strategies"] = instanceFigures }
        keys["venues"] = .array(result.activity.map(activity))
        keys["execution"] = executionFigures
        keys["checks"] = .array(outcome.checks.map { .object(["text": .string($0.text), "passes": .boolean($0.passes)]) })
        keys["markouts"] = markoutFigures
        keys["leg_risk"] = legRiskFigures
        if let paper = outcome.paper { keys["paper"] = figures(paper) }
        keys["simulation"] = honesty
        keys["positions"] = .array(result.positions.map(position))
        keys["balances"] = .array(result.balances.map { balance($0.account, $0.amounts) })
        keys["rates"] = .array(result.rates.map { rate($0.currency, $0.rate, $0.isStated) })
        return .object(keys)
    }

    private func balance(_ account: String, _ amounts: [Money]) -> JSONValue {
        var byCurrency: [String: JSONValue] = [:]
        for amount in amounts { byCurrency[amount.currency.code] = .amount(amount) }
        return .object(["account": .string(account), "amounts": .object(byCurrency)])
    }

    private func rate(_ currency: Currency, _ rate: Int64, _ isStated: Bool) -> JSONValue {
        .object([
            "currency": .string(currency.code), "rate": .string(Decimal.text(rate, decimals: 9)), "stated": .boolean(isStated),
        ])
    }

    func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
    func exact(_ amount: ExactAmount) -> JSONValue { .string(plain(amount, decimals: 9)) }

    private func feed(_ feed: Backtest.Feed) -> JSONValue {
        .object([
            "venue": .string(feed.venue), "feed": .string(feed.name), "content_hash": .string(feed.contentHash),
            "clock_offset_ns": feed.clockOffset.map { .integer($0.count) } ?? .null, "clock_drift_ns": .integer(feed.clockDrift.count),
            "lifted_venue_times": .integer(Int64(feed.liftedVenueTimes)),
            "lifted_receive_times": .integer(Int64(feed.liftedReceiveTimes)),
            "unsynchronised_ns": .integer(feed.unsynchronised.count),
            "gaps": .integer(Int64(feed.gaps)), "latency_median_ns": .integer(feed.medianLatency.count),
            "latency_99_ns": .integer(feed.latency99.count), "latency_largest_ns": .integer(feed.largestLatency.count),
        ])
    }

    private func terms(_ terms: Backtest.Terms) -> JSONValue {
        .object([
            "account": .string(terms.account), "venue": .string(terms.venue), "maker_fee": .string(terms.makerFee.description),
            "taker_fee": .string(terms.takerFee.description),
            "entry_latency_ns": (terms.connection.entry.common?.constant).map { .integer($0.count) } ?? .null,
            "entry_latency": .string(terms.connection.entry.description),
            "response_latency_ns": terms.connection.response.constant.map { .integer($0.count) } ?? .null,
            "response_latency": .string(terms.connection.response.description),
            "speed_bumps": terms.connection.speedBumps.map { .string($0.description) } ?? .null,
            "separate_lanes": .boolean(terms.connection.separatesLanes), "batches": .boolean(terms.connection.batches != nil),
        ])
    }

    private var equityFigures: JSONValue {
        .object([
            "start": exact(result.startEquity), "end": exact(result.endEquity), "capital": exact(result.capital),
            "net_pnl": exact(result.netProfit),
            "max_drawdown": .string(Decimal.text(result.drawdown.deepest, decimals: 9)),
            "max_drawdown_peak": .string(Decimal.text(result.drawdown.peakOfDeepest, decimals: 9)),
            "longest_drawdown_ns": .integer(result.drawdown.longest.count),
            "longest_drawdown_open": .boolean(result.drawdown.longestIsOpen),
        ])
    }

    private var performance: JSONValue {
        let statistics = result.statistics
        return .object([
            "sampling_ns": .integer(result.sampling.count), "periods": .integer(Int64(statistics.count)),
            "return_basis": .string(result.description.isCompounding ? "compounding" : "additive"),
            "annualised_return": .ratio(result.annualisedReturn), "volatility": .ratio(statistics.volatility),
            "sharpe": .ratio(statistics.sharpe),
            "sharpe_standard_error": .ratio(statistics.sharpeError),
            "sharpe_autocorrelation_adjusted": .ratio(statistics.autocorrelationAdjustedSharpe),
            "first_autocorrelation": .ratio(statistics.firstAutocorrelation), "sortino": .ratio(statistics.sortino),
            "calmar": .ratio(result.calmar), "ulcer_index": .ratio(result.ulcerIndex),
            "probabilistic_sharpe": .ratio(statistics.probabilisticSharpe()),
            "minimum_track_record_periods": .ratio(statistics.minimumTrackRecord()),
            "skewness": .ratio(statistics.skewness), "kurtosis": .ratio(statistics.kurtosis),
            "round_trips": .integer(Int64(result.roundTrips.count)),
            "win_rate": .ratio(result.roundTrips.winRate), "profit_factor": .ratio(result.roundTrips.profitFactor),
            "expectancy": .ratio(result.roundTrips.expectancy), "taker_slippage_bp": .ratio(result.takerSlippage),
        ])
    }

    private var attributionFigures: JSONValue {
        var lines: [JSONValue] = attributionLines.map {
            .object(["name": .string($0.name), "amount": .string($0.amount.exactText)])
        }
        lines.append(.object(["name": .string("residual"), "amount": .string(result.attribution.residual.exactText)]))
        return .array(lines)
    }

    private func activity(_ venue: RunResult.Activity) -> JSONValue {
        .object([
            "venue": .string(venue.venue), "submitted": .integer(Int64(venue.submitted)), "accepted": .integer(Int64(venue.accepted)),
            "denied": .integer(Int64(venue.denied)), "cancels": .integer(Int64(venue.cancels)), "amends": .integer(Int64(venue.amends)),
            "rejects": .object(venue.rejects.mapValues { .integer(Int64($0)) }), "fills": .integer(Int64(venue.fills)),
            "maker_fills": .integer(Int64(venue.makerFills)), "taker_fills": .integer(Int64(venue.takerFills)),
            "partial_fills": .integer(Int64(venue.partialFills)), "late_fills": .integer(Int64(venue.lateFills)),
            "fills_while_cancel_pending": .integer(Int64(venue.cancelRaceFills)), "maker_notional": exact(venue.makerNotional),
            "taker_notional": exact(venue.takerNotional), "fees": exact(venue.fees), "fee_bp": .ratio(venue.feeBasisPoints),
            "maker_ratio": .ratio(venue.makerRatio), "order_fill_ratio": .ratio(venue.orderFillRatio),
            "quantity_fill_ratio": .ratio(venue.quantityFillRatio), "order_to_fill": .ratio(venue.orderToFill),
            "reject_ratio": .ratio(venue.rejectRatio),
        ])
    }

    private var honesty: JSONValue {
        let times = result.fillTimes
        return .object([
            "fills_by_mechanism": .object(result.mechanisms.mapValues { .integer(Int64($0)) }),
            "fill_share_by_mechanism": .object(result.mechanisms.mapValues { .ratio(share($0)) }),
            "share_of_fills_over_a_tenth_of_displayed": .ratio(share(result.largeFills)),
            "queue_models": .object(queueModels), "books": .array(outcome.feeds.map(bookTimes)), "stress": stressFigures,
            "fills_over_a_tenth_of_displayed": .integer(Int64(result.largeFills)),
            "fills_unverified": .integer(Int64(result.unverifiedFills)),
            "resting_orders": .integer(Int64(times.count)), "median_time_to_fill_ns": times.median.map { .integer($0.count) } ?? .null,
            "fill_probability_1s": .ratio(times.probability(within: .seconds(1))),
            "fill_probability_5s": .ratio(times.probability(within: .seconds(5))),
            "fill_probability_60s": .ratio(times.probability(within: .seconds(60))),
        ])
    }

    private func position(_ position: RunResult.Position) -> JSONValue {
        .object([
            "account": .string(position.account), "instrument": .string(position.instrument), "quantity": .string(position.quantity),
            "unrealised": .amount(position.unrealised), "currency": .string(position.unrealised.currency.code),
        ])
    }
}
