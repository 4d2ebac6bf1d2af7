internal import Market
internal import Signing
internal import Trading

/// A scenario as sorted lines of `key = value`: what two files that mean the same have in common.
struct CanonicalText {
    let text: String

    init(_ scenario: Scenario) {
        var lines: [String: String] = [
            "version": "1", "name": scenario.name, "seed": String(scenario.seed), "reporting": scenario.reporting.code,
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
            lines[path + "queue_exponent"] = venue.queueExponent.map { Decimal.text($0, decimals: 9) }
            lines[path + "post_only"] = venue.postOnly.rawValue
            lines[path + "spot_fee"] = venue.spotFee.rawValue
            if venue.nonces != .profile { lines[path + "nonces"] = venue.nonces.rawValue }
            if venue.funding != .recording { lines[path + "funding"] = venue.funding.rawValue }
            lines[path + "funding_interval"] = venue.fundingInterval.map { UnitText.text($0) }
            lines[path + "replenish"] = venue.replenish.map { UnitText.text($0) }
            lines[path + "minimum_notional"] = venue.minimumNotional?.description
            lines.merge(Self.margin(venue.margin, path)) { $1 }
            // Only what differs from a venue that says nothing.
            if venue.selfTrade != .profile { lines[path + "self_trade"] = venue.selfTrade.rawValue }
            if venue.selfTradeScope != .account { lines[path + "self_trade_scope"] = venue.selfTradeScope.rawValue }
            if venue.marketPrice != .worst { lines[path + "market_price"] = venue.marketPrice.rawValue }
            if venue.amendPlace != .kept { lines[path + "amend_place"] = venue.amendPlace.rawValue }
            lines.merge(venue.limits.lines(path + "limits")) { $1 }
            for (symbol, terms) in venue.instruments { lines.merge(terms.lines("\(path)instruments.\(symbol)")) { $1 } }
        }
        for account in scenario.accounts {
            let path = "accounts.\(account.name)."
            lines[path + "venue"] = account.venue
            lines[path + "collateral"] = account.collateral.map(\.description).joined(separator: ", ")
            lines[path + "maker_fee"] = UnitText.text(account.makerFee)
            lines[path + "taker_fee"] = UnitText.text(account.takerFee)
            lines.merge(Self.terms(account, path)) { $1 }
            lines.merge(Self.connection(account.connection, path)) { $1 }
            if account.cancelsOnDisconnect { lines[path + "cancel_on_disconnect"] = "true" }
        }
        for strategy in scenario.strategies { lines.merge(Self.lines(strategy)) { $1 } }
        for (symbol, venues) in scenario.symbols {
            for (venue, name) in venues { lines["symbols.\(symbol).\(venue)"] = name }
        }
        lines["risk.max_order_notional"] = scenario.risk.maximumOrderNotional?.description
        lines["risk.max_position"] = scenario.risk.maximumPosition?.description
        lines["risk.price_collar"] = scenario.risk.priceCollar.map { UnitText.text($0) }
        lines["risk.max_orders_per_second"] = scenario.risk.maximumOrdersPerSecond.map(String.init)
        lines["risk.reserved_orders_per_second"] = String(scenario.risk.reservedOrdersPerSecond)
        lines["risk.duplicate_window"] = scenario.risk.duplicateWindow.map { UnitText.text($0) }
        lines["risk.stale_after"] = scenario.risk.staleAfter.map { UnitText.text($0) }
        lines["risk.max_rejects_per_minute"] = scenario.risk.maximumRejectsPerMinute.map(String.init)
        lines["risk.margin_headroom"] = scenario.risk.marginHeadroom.map { UnitText.text($0) }
        if let losses = scenario.risk.losses {
            lines.merge(Self.lines(losses, "risk.")) { $1 }
            lines["risk.on_breaker"] = losses.policy.rawValue
        }
        if scenario.risk.reconcileEvery != .seconds(30) { lines["risk.reconcile_every"] = UnitText.text(scenario.risk.reconcileEvery) }
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

    private static func lines(_ strategy: Scenario.StrategyChoice) -> [String: String] {
        let path = strategy.id.map { "strategies.\($0)." } ?? "strategy."
        var lines = [path + "name": strategy.name, path + "symbol": strategy.symbol]
        if strategy.computeTime > .zero { lines[path + "compute_time"] = UnitText.text(strategy.computeTime) }
        for (role, account) in strategy.accounts { lines[path + "accounts.\(role)"] = account }
        for (name, value) in strategy.parameters.values { lines[path + "parameters.\(name)"] = UnitText.text(value) }
        let limits = strategy.limits
        lines[path + "risk.max_order_notional"] = limits.maximumOrderNotional?.description
        lines[path + "risk.max_position"] = limits.maximumPosition?.description
        lines[path + "risk.max_orders_per_second"] = limits.maximumOrdersPerSecond.map(String.init)
        if let losses = limits.losses { lines.merge(Self.lines(losses, path + "risk.")) { $1 } }
        return lines
    }

    private static func lines(_ losses: LossLimits, _ path: String) -> [String: String] {
        var lines: [String: String] = [:]
        func amount(_ nanos: Int64?) -> String? { nanos.map { Money(nanos: $0, losses.currency).description } }
        lines[path + "max_drawdown"] = amount(losses.drawdown)
        lines[path + "max_loss_per_hour"] = amount(losses.hourly)
        lines[path + "max_loss_per_day"] = amount(losses.daily)
        return lines
    }

    /// Recorded latencies stand as the hash of their rows: where the file is means nothing.
    private static func connection(_ connection: ConnectionModel, _ path: String) -> [String: String] {
        func text(_ model: LatencyModel) -> String {
            guard case .samples(let rows) = model.distribution else { return model.description }
            let lines = rows.map { "\($0.request.nanoseconds),\($0.venue.nanoseconds),\($0.response.nanoseconds)\n" }
            return "samples \(sha256(lines.joined()))"
        }
        var lines = [path + "response_latency": text(connection.response)]
        if let common = connection.entry.common {
            lines[path + "entry_latency"] = text(common)
        } else {
            for kind in RequestClass.allCases { lines[path + "entry_latency." + kind.name] = text(connection.entry[kind]) }
        }
        lines[path + "speed_bumps"] = connection.speedBumps?.description
        if connection.separatesLanes { lines[path + "separate_lanes"] = "true" }
        if connection.batches != nil { lines[path + "batches"] = "true" }
        return lines
    }
}
