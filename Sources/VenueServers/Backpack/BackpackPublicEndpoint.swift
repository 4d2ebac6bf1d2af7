internal import Market
internal import Simulation
internal import Trading

enum BackpackPublicEndpoint: String, CaseIterable {
    case status = "/api/v1/status", ping = "/api/v1/ping", time = "/api/v1/time", assets = "/api/v1/assets"
    case collateral = "/api/v1/collateral", markets = "/api/v1/markets", market = "/api/v1/market", ticker = "/api/v1/ticker"
    case tickers = "/api/v1/tickers", depth = "/api/v1/depth", klines = "/api/v1/klines", markPrices = "/api/v1/markPrices"
    case openInterest = "/api/v1/openInterest", fundingRates = "/api/v1/fundingRates", trades = "/api/v1/trades"
    case tradeHistory = "/api/v1/trades/history", securities = "/api/v1/securities"
}

/// Questions that need no signature.
extension BackpackServer {
    private enum TickerInterval: String { case day = "1d", week = "1w" }
    private enum PriceType: String { case last = "Last", index = "Index", mark = "Mark" }

    func answer(_ endpoint: BackpackPublicEndpoint, _ query: BackpackQuery) throws(BackpackFault) -> HTTPResponse {
        switch endpoint {
        case .status: return .json(.object(["message": .null, "status": .text("Ok")]))
        case .ping: return .plain("pong")
        case .time: return .plain(String(BackpackTexts.milliseconds(now)))
        case .assets: return .json(.list(currencies.map(Self.asset)))
        case .collateral: return .json(.list(currencies.map(Self.collateralTerms)))
        case .securities: return .json(.list([]))
        case .markets: return .json(.list(try markets(of: query).map(marketJSON)))
        case .market: return .json(marketJSON(try market(in: query)))
        case .ticker:
            guard let ticker = try ticker(try market(in: query), query) else { return HTTPResponse(204) }
            return .json(ticker)
        case .tickers:
            var tickers: [JSONValue] = []
            for market in markets { if let ticker = try ticker(market, query) { tickers.append(ticker) } }
            return .json(.list(tickers))
        case .depth: return .json(try depth(try market(in: query), query))
        case .klines: return .json(try klines(try market(in: query), query))
        case .markPrices: return .json(.list(try contracts(query).compactMap(markJSON)))
        case .openInterest: return .json(.list(try contracts(query).compactMap(openInterestJSON)))
        case .fundingRates: return try fundingRates(query)
        case .trades, .tradeHistory: return .json(try trades(query))
        }
    }

    func market(in query: BackpackQuery) throws(BackpackFault) -> ServedMarket {
        guard let symbol = query["symbol"], let index = marketOfSymbol[symbol] else {
            throw .parameter("symbol", "MarketSymbol", "Invalid market symbol")
        }
        return markets[index]
    }

    private func kind(_ market: ServedMarket) -> String { market.isSpot ? "SPOT" : "PERP" }

    /// Those of the kinds that are asked for, all if none is.
    func markets(of query: BackpackQuery) throws(BackpackFault) -> [ServedMarket] {
        let kinds = query.all("marketType")
        for kind in kinds where !["SPOT", "PERP", "IPERP", "DATED", "PREDICTION", "RFQ", "MONAD"].contains(kind) {
            throw .parameter("marketType", "MarketType")
        }
        return kinds.isEmpty ? markets : markets.filter { kinds.contains(kind($0)) }
    }

    private func contracts(_ query: BackpackQuery) throws(BackpackFault) -> [ServedMarket] {
        let found = query["symbol"] == nil ? try markets(of: query) : [try market(in: query)]
        return found.filter { !$0.isSpot }
    }

    // MARK: Terms

    private var currencies: [String] {
        Set(markets.flatMap { [$0.instrument.base, $0.instrument.quote] }).sorted().map(\.code)
    }

    private static func asset(_ code: String) -> JSONValue {
        .object(["coingeckoId": .null, "displayName": .text(code), "symbol": .text(code), "tokens": .list([])])
    }

    private static func collateralTerms(_ code: String) -> JSONValue {
        let function = JSONValue.object(["base": .text("1"), "factor": .text("0"), "type": .text("sqrt")])
        return .object([
            "haircutFunction": .object(["kind": .object(["type": .text("identity")]), "weight": .text("1")]), "imfFunction": function,
            "mmfFunction": function, "symbol": .text(code),
        ])
    }

    private func marketJSON(_ market: ServedMarket) -> JSONValue {
        let contract = market.instrument.contract
        func share(_ rate: Rate) -> JSONValue { .text(rate.description) }
        let band = configuration.venue.listings[market.listing].band
        let reach = configuration.marketReach
        let price: [String: JSONValue] = [
            "borrowEntryFeeMaxMultiplier": .null, "borrowEntryFeeMinMultiplier": .null, "discoveryBoundBand": .null,
            "maxImpactMultiplier": reach.map { share(Rate(trillionths: Rate.scale + $0.trillionths)) } ?? .null,
            "maxMultiplier": .text(Self.lastPriceBand.most.description), "maxPrice": .null, "maxPriceUpdateMultiplier": .null,
            "meanMarkPriceBand": band.map { .object(["maxMultiplier": share($0.highest), "minMultiplier": share($0.lowest)]) } ?? .null,
            "meanPremiumBand": .null, "minImpactMultiplier": reach.map { share(Rate(trillionths: Rate.scale - $0.trillionths)) } ?? .null,
            "minMultiplier": .text(Self.lastPriceBand.least.description), "minPrice": market.priceJSON(contract.priceStep),
            "minPriceUpdateMultiplier": .null, "tickSize": market.priceJSON(contract.priceStep),
        ]
        let quantity: [String: JSONValue] = [
            "maxQuantity": .null, "minQuantity": market.sizeJSON(contract.minimumQuantity.lots),
            "stepSize": market.sizeJSON(contract.quantityStep),
        ]
        return .object([
            "baseSymbol": .text(contract.base.code), "createdAt": .text("2025-01-21T06:34:54.691858"),
            "filters": .object(["price": .object(price), "quantity": .object(quantity)]),
            "fundingInterval": market.isSpot ? .null : .integer((contract.fundingInterval ?? .hours(1)).count / 1_000_000),
            "fundingRateLowerBound": market.isSpot ? .null : .text("-100"),
            "fundingRateUpperBound": market.isSpot ? .null : .text("100"), "imfFunction": PositionView.function(market.table?.initial),
            "marketType": .text(kind(market)), "mmfFunction": PositionView.function(market.table?.maintenance),
            "openInterestLimit": .text("0"), "orderBookState": .text(Self.state(market.status)),
            "positionLimitWeight": market.isSpot ? .null : .text("1"), "quoteSymbol": .text(contract.quote.code), "rwaMarketType": .null,
            "symbol": .text(market.symbol), "visible": .flag(market.status != .delisted),
        ])
    }

    private static func state(_ status: TradingStatus) -> String {
        switch status {
        case .trading: "Open"
        case .postOnly: "PostOnly"
        case .reduceOnly: "LimitOnly"
        case .halted, .delisted: "Closed"
        }
    }

    // MARK: Prices

    private func ticker(_ market: ServedMarket, _ query: BackpackQuery) throws(BackpackFault) -> JSONValue? {
        let interval = try query.choice("interval", "TickerInterval", TickerInterval.self) ?? .day
        guard let sum = market.prices.sum(since: now - .hours(interval == .day ? 24 : 168)) else { return nil }
        let change = sum.close - sum.open
        return .object([
            "firstPrice": BackpackTexts.amount(sum.open), "high": BackpackTexts.amount(sum.high),
            "lastPrice": BackpackTexts.amount(sum.close), "low": BackpackTexts.amount(sum.low),
            "priceChange": BackpackTexts.amount(change),
            "priceChangePercent": .text(Decimal.text(roundedQuotient(Int128(change) * 1_000_000, Int128(max(1, sum.open))), decimals: 6)),
            "quoteVolume": BackpackTexts.amount(sum.quoteVolume), "symbol": .text(market.symbol), "trades": .text(String(sum.trades)),
            "volume": BackpackTexts.amount(sum.volume),
        ])
    }

    /// Both sides ascend; the levels nearest to the touch.
    private func depth(_ market: ServedMarket, _ query: BackpackQuery) throws(BackpackFault) -> JSONValue {
        let limits: [Int64] = [5, 10, 20, 50, 100, 500, 1_000]
        let limit = try query.integer("limit", 1...1_000) ?? 1_000
        guard limits.contains(limit) else { throw .parameter("limit", "DepthLimit") }
        func levels(_ side: Side) -> [JSONValue] {
            var rows: [JSONValue] = []
            var at: Int64?
            while rows.count < limit, let level = market.shown.next(side, after: at) {
                rows.append(.list([market.priceJSON(level.ticks), market.sizeJSON(level.lots)]))
                at = level.ticks
            }
            return rows
        }
        return .object([
            "asks": .list(levels(.sell)), "bids": .list(levels(.buy).reversed()), "lastUpdateId": .text(String(market.number)),
            "timestamp": .integer(BackpackTexts.microseconds(market.bookTime)),
        ])
    }

    private func klines(_ market: ServedMarket, _ query: BackpackQuery) throws(BackpackFault) -> JSONValue {
        guard let interval = try query.choice("interval", "KlineInterval", BackpackInterval.self) else {
            throw .parameter("interval", "KlineInterval")
        }
        guard let from = try query.time("startTime", unit: .seconds(1)) else {
            throw .parameter("startTime", "integer", "Expect a number.")
        }
        let to = min(try query.time("endTime", unit: .seconds(1)) ?? now, now)
        let series: CandleSeries =
            switch try query.choice("priceType", "KlinePriceType", PriceType.self) ?? .last {
            case .last: market.prices
            case .index: market.indices
            case .mark: market.marks
            }
        let found = series.candles(interval, from: from, through: to)
        // What was before all that is known is left out; what is empty in between is told as empty.
        guard let first = found.first else { return .list([]) }
        var (rows, next, start): ([JSONValue], Int, Timestamp) = ([], 0, first.start)
        while start <= to, rows.count < 10_000 {
            let candle = next < found.count && found[next].start == start ? found[next] : nil
            if candle != nil { next += 1 }
            rows.append(Self.kline(start, candle, interval))
            start = interval.end(from: start)
        }
        return .list(rows)
    }

    private static func kline(_ start: Timestamp, _ candle: Candle?, _ interval: BackpackInterval) -> JSONValue {
        func price(_ value: Int64?) -> JSONValue { value.map { BackpackTexts.amount($0) } ?? .null }
        return .object([
            "close": price(candle?.close), "end": .text(BackpackTexts.calendar(interval.end(from: start), separator: " ")),
            "high": price(candle?.high), "low": price(candle?.low), "open": price(candle?.open),
            "quoteVolume": BackpackTexts.amount(candle?.quoteVolume ?? 0),
            "start": .text(BackpackTexts.calendar(start, separator: " ")), "trades": .text(String(candle?.trades ?? 0)),
            "volume": BackpackTexts.amount(candle?.volume ?? 0),
        ])
    }

    private func markJSON(_ market: ServedMarket) -> JSONValue? {
        guard let mark = market.mark else { return nil }
        return .object([
            "fundingRate": .optional(market.funding?.rate.description), "indexPrice": .optional((market.index ?? mark).description),
            "markPrice": .text(mark.description),
            "nextFundingTimestamp": market.funding.map { .integer(BackpackTexts.milliseconds($0.due)) } ?? .null,
            "symbol": .text(market.symbol),
        ])
    }

    private func openInterestJSON(_ market: ServedMarket) -> JSONValue? {
        guard let interest = market.openInterest else { return nil }
        return .object([
            "openInterest": market.sizeJSON(interest.lots), "symbol": .text(market.symbol),
            "timestamp": .integer(BackpackTexts.milliseconds(interest.time)),
        ])
    }

    private func fundingRates(_ query: BackpackQuery) throws(BackpackFault) -> HTTPResponse {
        let market = try market(in: query)
        var history = market.fundingHistory
        if let funding = market.funding, funding.due <= now { history.append(funding) }
        let rows = history.map { interval in
            JSONValue.object([
                "fundingRate": .text(interval.rate.description), "intervalEndTimestamp": .text(BackpackTexts.calendar(interval.due)),
                "symbol": .text(market.symbol),
            ])
        }
        return .page(rows, try query.page(most: 10_000))
    }

    /// The newest first.
    private func trades(_ query: BackpackQuery) throws(BackpackFault) -> JSONValue {
        let market = try market(in: query)
        let page = try query.page()
        return .list(
            market.trades.suffix(ServedMarket.tradesKept).reversed().dropFirst(page.offset).prefix(page.limit).map { trade in
                .object([
                    "id": .integer(trade.id), "isBuyerMaker": .flag(trade.isBuyerMaker), "price": market.priceJSON(trade.ticks),
                    "quantity": market.sizeJSON(trade.lots),
                    "quoteQuantity": BackpackTexts.amount(market.worth(trade.lots, at: trade.ticks)),
                    "timestamp": .integer(BackpackTexts.milliseconds(trade.time)),
                ])
            })
    }
}
