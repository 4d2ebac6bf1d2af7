internal import Market
internal import Simulation
internal import Trading

/// What an account has and may do.
extension BackpackServer {
    /// In basis points, as the venue states fees.
    private static func basisPoints(_ rate: Rate) -> JSONValue { .text(Decimal.text(rate.trillionths, decimals: 8)) }

    private func terms(_ account: ServedAccount) -> VenueConfiguration.Account? {
        configuration.venue.accounts.first { $0.id == account.id }
    }

    func accountJSON(_ account: ServedAccount) -> JSONValue {
        let terms = terms(account)
        let (maker, taker) = (terms?.makerFee ?? .zero, terms?.takerFee ?? .zero)
        let tiers = terms?.feeTerms
        let contract = tiers.map { $0.contracts.tier(volume: $0.volume, stake: $0.stake) }
        let spot = tiers.map { $0.spot.tier(volume: $0.volume, stake: $0.stake) }
        let open = orders.open(account.index)
        var members: [String: JSONValue] = [
            "borrowLimit": .text("0"), "futuresMakerFee": Self.basisPoints(contract?.maker ?? maker),
            "futuresTakerFee": Self.basisPoints(contract?.taker ?? taker), "leverageLimit": .text(String(leverage(account))),
            "limitOrders": .integer(open.count { $0.status != .triggerPending }),
            "liquidating": .flag(venue.standing(account.id) >= .liquidating), "positionLimit": .text("1000000000"),
            "spotMakerFee": Self.basisPoints(spot?.maker ?? maker), "spotTakerFee": Self.basisPoints(spot?.taker ?? taker),
            "triggerOrders": .integer(open.count { $0.status == .triggerPending }),
        ]
        for (name, isOn) in account.settings { members[name] = .flag(isOn) }
        return .object(members)
    }

    /// What was chosen; else the most that any market gives.
    private func leverage(_ account: ServedAccount) -> Int64 {
        if let leverage = account.leverage { return leverage }
        let tables = markets.compactMap(\.table)
        return tables.compactMap { $0.defaultLeverage ?? $0.maximumLeverage }.max().map { min($0, 1_000) } ?? 1
    }

    func updateAccount(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let form = call.form("UpdateAccountSettingsRequest")
        let leverage = try form.decimal("leverageLimit")
        var settings = call.account.settings
        for name in settings.keys.sorted() {
            if let isOn = try form.flag(name) { settings[name] = isOn }
        }
        if let leverage { try setLeverage(leverage, call.account) }
        call.account.settings = settings
        return HTTPResponse(200)
    }

    private func setLeverage(_ leverage: Int64, _ account: ServedAccount) throws(BackpackFault) {
        let (times, rest) = leverage.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest == 0, times >= 1 else { throw .client("Invalid leverage limit") }
        // One instrument stands for all where the venue's leverage is the account's.
        for market in markets where market.table != nil {
            let command = Command.setLeverage(account: account.id, instrument: market.id, leverage: times)
            let outcome = operate(nil, at: now) { [venue, now] in venue.handle(command, now: now) }
            switch outcome.refusals[.venue] {
            case nil: break
            case .margin: throw BackpackFault(.margin)
            default: throw BackpackFault(400, .maxLeverageReached, "Leverage is above the maximum")
            }
            if configuration.venue.margin?.rules.leverageIsPerAccount == true { break }
        }
        account.leverage = times
    }

    // MARK: What it has

    func capital(_ account: ServedAccount) -> JSONValue {
        .object(
            Dictionary(
                holdings(account).map { holding in
                    (
                        holding.currency.code,
                        .object([
                            "available": BackpackTexts.amount(holding.available), "locked": BackpackTexts.amount(holding.locked),
                            "staked": .text("0"),
                        ])
                    )
                }
            ) { first, _ in first })
    }

    /// An asset in units of the settlement currency, 10⁻⁹; 0 where no market here says what it is worth.
    private func price(_ currency: Currency) -> Int64 {
        if markets.contains(where: { $0.instrument.quote == currency }) { return 1_000_000_000 }
        return markets.first { $0.instrument.base == currency }?.valuation?.nanos ?? 0
    }

    /// What the account is worth and what is asked of it, in 10⁻⁹.
    private struct Equity {
        var assets: Int64 = 0
        var unrealized: Int64 = 0
        var locked: Int64 = 0
        var maintenance: Int64 = 0
        var exposure: Int64 = 0
        var net: Int64 { assets + unrealized }
    }

    private func equity(_ account: ServedAccount) -> Equity {
        var equity = Equity()
        for holding in holdings(account) { equity.assets += worth(holding) }
        for market in markets {
            guard let position = account.positions[market.listing] else { continue }
            let mark = market.valuation ?? position.cost.entry(market.instrument.contract)
            equity.unrealized += position.cost.unrealised(market.instrument.contract, at: mark).nanos
            equity.exposure += market.instrument.notional(Quantity(lots: position.lots), mark).nanos
        }
        for state in venue.margin(account.id) {
            equity.locked += state.initial
            equity.maintenance += state.maintenance
        }
        return equity
    }

    private func worth(_ holding: ServedAccount.Holding) -> Int64 {
        roundedQuotient(Int128(holding.available + holding.locked) * Int128(price(holding.currency)), 1_000_000_000)
    }

    func collateral(_ account: ServedAccount) -> JSONValue {
        let equity = equity(account)
        let rows = holdings(account).map { holding -> JSONValue in
            let worth = BackpackTexts.amount(worth(holding))
            return .object([
                "assetMarkPrice": BackpackTexts.amount(price(holding.currency)),
                "availableQuantity": BackpackTexts.amount(holding.available), "balanceNotional": worth, "collateralValue": worth,
                "collateralWeight": .text("1"), "lendQuantity": .text("0"), "openOrderQuantity": BackpackTexts.amount(holding.locked),
                "symbol": .text(holding.currency.code), "totalQuantity": BackpackTexts.amount(holding.available + holding.locked),
            ])
        }
        let isExposed = equity.exposure > 0
        return .object([
            "assetsValue": BackpackTexts.amount(equity.assets), "borrowLiability": .text("0"), "collateral": .list(rows),
            "imf": .text(isExposed ? BackpackTexts.ratio(equity.locked, equity.exposure) : "1"), "liabilitiesValue": .text("0"),
            "marginFraction": isExposed ? .text(BackpackTexts.ratio(equity.net, equity.exposure)) : .null,
            "mmf": .text(isExposed ? BackpackTexts.ratio(equity.maintenance, equity.exposure) : "0.007"),
            "netEquity": BackpackTexts.amount(equity.net), "netEquityAvailable": BackpackTexts.amount(max(0, equity.net - equity.locked)),
            "netEquityLocked": BackpackTexts.amount(equity.locked), "netExposureFutures": BackpackTexts.amount(equity.exposure),
            "pnlUnrealized": .text(BackpackTexts.cut(equity.unrealized)), "unsettledEquity": .text("0"),
        ])
    }

    func positions(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let found = try markets(in: BackpackQuery(call.parameters))
        return .json(
            .list(
                found.compactMap { market in
                    call.account.positions[market.listing].map { view($0, call.account, market).json }
                }))
    }

    // MARK: What it may do

    func largestOrder(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let form = call.form("MaxOrderQuantity")
        let symbol = try form.required(try form.text("symbol", "MarketSymbol"), "symbol")
        guard let index = marketOfSymbol[symbol] else { throw .unknownSymbol }
        let side: Side = try form.required(try form.choice("side", "Side", BackpackSideWord.self), "side") == .bid ? .buy : .sell
        let (price, reduces) = (try form.decimal("price"), try form.flag("reduceOnly"))
        let lots = largest(markets[index], side, price, reduceOnly: reduces ?? false, call.account)
        return .json(
            .object([
                "autoBorrow": .null, "autoBorrowRepay": .null, "autoLendRedeem": .null, "maxOrderQuantity": markets[index].sizeJSON(lots),
                "price": price.map { BackpackTexts.amount($0) } ?? .null, "reduceOnly": reduces.map { .flag($0) } ?? .null,
                "side": BackpackTexts.side(side), "symbol": .text(symbol),
            ]))
    }

    private func largest(_ market: ServedMarket, _ side: Side, _ price: Int64?, reduceOnly: Bool, _ account: ServedAccount) -> Int64 {
        let contract = market.instrument.contract
        let held = account.positions[market.listing]?.lots ?? 0
        let reducible = max(0, -side.sign * held)
        guard !reduceOnly else { return reducible }
        guard let value = price ?? market.valuation?.nanos, value > 0 else { return 0 }
        func free(_ currency: Currency) -> Int64 { holdings(account).first { $0.currency == currency }?.available ?? 0 }
        let step = contract.quantityStep
        func lots(_ amount: Int64, _ unit: Int128) -> Int64 {
            Int64(clamping: Int128(max(0, amount)) * 1_000_000_000 / unit / Int128(contract.lotUnit)) / step * step
        }
        if market.isSpot { return side == .sell ? lots(free(contract.base), 1_000_000_000) : lots(free(contract.quote), Int128(value)) }
        let equity = equity(account)
        let share = market.table.map { max($0.initial.smallestRate.trillionths, Rate.scale / leverage(account)) } ?? Rate.scale
        let unit = max(1, Int128(value) * Int128(share) / Int128(Rate.scale))
        return lots(equity.net - equity.locked, unit) + 2 * reducible
    }

    func largestWithdrawal(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let form = call.form("MaxWithdrawalQuantity")
        let symbol = try form.required(try form.text("symbol", "Asset"), "symbol")
        let holding = holdings(call.account).first { $0.currency.code == symbol }
        var free = holding?.available ?? 0
        // What margin is reckoned in has to stay as far as it is asked for.
        if let holding, markets.contains(where: { $0.instrument.settlement == holding.currency && $0.table != nil }) {
            let equity = equity(call.account)
            free = min(free, equity.net - equity.locked)
        }
        return .json(
            .object([
                "autoBorrow": .null, "autoLendRedeem": .null, "maxWithdrawalQuantity": BackpackTexts.amount(max(0, free)),
                "symbol": .text(symbol),
            ]))
    }
}
