internal import Market
internal import Trading

/// A scenario as sorted lines of `key = value`: what two files that mean the same have in common.
struct CanonicalText {
    let text: String

    init(_ scenario: Scenario) {
        var lines: [String: String] = [
            "version": "1", "name": scenario.name, "seed": String(scenario.seed), "reporting": scenario.reporting.code,
            "strategy.name": scenario.strategy.name, "strategy.symbol": scenario.strategy.symbol,
            "report.returns": scenario.returns.rawValue,
        ]
        lines["range.start"] = scenario.start?.iso8601
        lines["range.end"] = scenario.end?.iso8601
        lines["report.capital"] = scenario.capital?.description
        for venue in scenario.venues {
            let path = "venues.\(venue.name)."
            lines[path + "feed"] = venue.feed
            lines[path + "profile"] = venue.profile.name
            lines[path + "minimum_latency"] = UnitText.text(venue.minimumLatency)
            lines[path + "sync"] = venue.sync.rawValue
            lines[path + "queue"] = venue.queue.rawValue
            lines[path + "post_only"] = venue.postOnly.rawValue
            lines[path + "spot_fee"] = venue.spotFee.rawValue
            lines[path + "minimum_notional"] = venue.minimumNotional?.description
        }
        for account in scenario.accounts {
            let path = "accounts.\(account.name)."
            lines[path + "venue"] = account.venue
            lines[path + "collateral"] = account.collateral.map(\.description).joined(separator: ", ")
            lines[path + "maker_fee"] = UnitText.text(account.makerFee)
            lines[path + "taker_fee"] = UnitText.text(account.takerFee)
            lines[path + "entry_latency"] = UnitText.text(account.entryLatency)
            lines[path + "response_latency"] = UnitText.text(account.responseLatency)
        }
        for (symbol, venues) in scenario.symbols {
            for (venue, name) in venues { lines["symbols.\(symbol).\(venue)"] = name }
        }
        for (role, account) in scenario.strategy.accounts { lines["strategy.accounts.\(role)"] = account }
        for (name, value) in scenario.strategy.parameters.values { lines["strategy.parameters.\(name)"] = UnitText.text(value) }
        lines["risk.max_order_notional"] = scenario.risk.maximumOrderNotional?.description
        lines["risk.max_position"] = scenario.risk.maximumPosition?.description
        lines["risk.price_collar"] = scenario.risk.priceCollar.map { UnitText.text($0) }
        lines["risk.max_orders_per_second"] = scenario.risk.maximumOrdersPerSecond.map(String.init)
        lines["risk.reserved_orders_per_second"] = String(scenario.risk.reservedOrdersPerSecond)
        lines["risk.duplicate_window"] = scenario.risk.duplicateWindow.map { UnitText.text($0) }
        lines["risk.stale_after"] = scenario.risk.staleAfter.map { UnitText.text($0) }
        lines["risk.max_rejects_per_minute"] = scenario.risk.maximumRejectsPerMinute.map(String.init)
        for rate in scenario.rates {
            let key = "rates.\(rate.from)/\(rate.to)"
            switch rate.source {
            case .stated(let value): lines[key] = Decimal.text(value, decimals: 9)
            case .feed(let venue, let symbol): lines[key] = "\(venue) \(symbol)"
            }
        }
        for (index, fault) in scenario.faults.enumerated() {
            for (key, value) in fault.canonicalKeys { lines["faults.\(index + 1).\(key)"] = value }
        }
        text = lines.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }.joined()
    }
}
