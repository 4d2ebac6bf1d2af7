internal import Market
internal import Scenario
internal import Trading
internal import Venues

/// What is looked at for each account.
extension Preflight {
    func checks(of index: Int) -> [Finding] {
        let (account, facts) = (scenario.accounts[index], facts[index])
        let instruments = traded.filter { $0.account == index }.map(\.instrument)
        let answers = facts.troubles.map { trouble in
            Finding(
                "answers", of: account.name, .refused, "\(trouble.question.rawValue): \(trouble.text)", hint: Self.hint(trouble, account))
        }
        return answers + clock(facts, account) + markets(facts, account, instruments) + terms(facts, account, instruments)
            + money(facts, account) + exposure(facts, account, instruments) + [key(facts, account)]
    }

    private static func hint(_ trouble: AccountFacts.Trouble, _ account: Scenario.Account) -> String {
        switch trouble.kind {
        case .refused(let code, _):
            code.contains("UNAUTHORIZED") || code.contains("FORBIDDEN") || code.contains("CLIENT_REQUEST") || code.contains("SIGNATURE")
                ? "see whether the key '\(account.key ?? "")' is this venue's, is still valid there, and the clock is right"
                : "see whether the venue works, then try again"
        case .notUnderstood: "see whether this is the venue that it is taken for; it may have changed its protocol"
        case .unanswered: "see whether the venue can be reached, then try again"
        }
    }

    private static func milliseconds(_ span: Nanoseconds) -> String { Decimal.text(span.count / 100_000, decimals: 1) + " ms" }

    /// How the venue's clock stands to ours.
    static func text(_ clock: ClockOffset, _ error: Nanoseconds) -> String {
        let (span, side) = (Nanoseconds(count: abs(clock.offset.count)), clock.offset < .zero ? "behind" : "ahead of")
        return "the venue's clock is \(milliseconds(span)) \(side) ours, give or take \(milliseconds(error))"
    }

    private func clock(_ facts: AccountFacts, _ account: Scenario.Account) -> [Finding] {
        guard let error = facts.clock.error else { return [] }
        let text = Self.text(facts.clock, error)
        let most = Nanoseconds(count: abs(facts.clock.offset.count)) + error
        if most > Self.largestClockError {
            let hint = error > Self.largestClockError ? "its answers take too long: try again" : "let this machine's clock be set (NTP)"
            return [Finding("clock", of: account.name, .refused, text, hint: hint)]
        }
        return [Finding("clock", of: account.name, most > Self.notableClockError ? .warning : .ok, text)]
    }

    // MARK: What is traded

    private func markets(_ facts: AccountFacts, _ account: Scenario.Account, _ instruments: [Instrument]) -> [Finding] {
        guard facts.markets != nil else { return [] }
        guard !instruments.isEmpty else {
            return [Finding("market", of: account.name, .warning, "no strategy trades there", hint: "leave the account out")]
        }
        return instruments.map { instrument in
            guard let market = facts.market(instrument.venueSymbol), let listed = market.instrument else {
                return Finding("market", of: account.name, .refused, "\(instrument.venueSymbol) is not listed")
            }
            return finding(instrument, listed, market, account)
        }
    }

    private func finding(
        _ instrument: Instrument, _ listed: Instrument, _ market: AccountFacts.Market, _ account: Scenario.Account
    ) -> Finding {
        func steps(_ instrument: Instrument) -> String {
            "steps of \(instrument.text(Price(ticks: instrument.priceStep))) \(instrument.quote) and "
                + "\(instrument.text(Quantity(lots: instrument.quantityStep))) \(instrument.base), at least "
                + "\(instrument.text(instrument.minimumQuantity))"
        }
        let text = "\(market.symbol), \(market.statusText), \(steps(instrument))"
        func make(_ verdict: Verdict, _ more: String, hint: String?) -> Finding {
            Finding("market", of: account.name, verdict, text + more, hint: hint)
        }
        guard market.status == .trading || market.status == .postOnly else {
            return make(.refused, ": it takes no orders", hint: "wait until it is open")
        }
        let path = "venues.\(account.venue).instruments.\(instrument.symbol)"
        guard instrument.tickSize == listed.tickSize, instrument.lotUnit == listed.lotUnit else {
            return make(.refused, ": the venue lists \(steps(listed))", hint: "begin anew: the venue changed it a moment ago")
        }
        guard instrument.minimumQuantity >= listed.minimumQuantity, instrument.minimumNotional >= listed.minimumNotional else {
            return make(.refused, ": the venue lists \(steps(listed))", hint: "leave the minimum out of \(path), or state the venue's")
        }
        if market.status == .postOnly {
            return make(.warning, ": it takes orders that rest, and no others", hint: "wait until it is open: no hedge is taken there now")
        }
        if instrument.contract != listed.contract {
            return make(.warning, ": the venue lists \(steps(listed))", hint: "leave \(path) out to trade by the venue's own terms")
        }
        return make(.ok, "", hint: nil)
    }

    private func terms(_ facts: AccountFacts, _ account: Scenario.Account, _ instruments: [Instrument]) -> [Finding] {
        guard let fees = facts.fees else { return [] }
        var findings: [Finding] = []
        func bp(_ rate: Rate) -> String { Decimal.text(rate.trillionths, decimals: 8) + " bp" }
        let kinds = Set(instruments.map { $0.kind == .spot }).sorted { !$0 && $1 }
        for isSpot in kinds {
            let (maker, taker) = isSpot ? (fees.spotMaker, fees.spotTaker) : (fees.contractMaker, fees.contractTaker)
            let name = isSpot ? "spot" : "contracts"
            let text =
                "\(name): maker \(bp(maker)) and taker \(bp(taker)); the scenario reckons with \(bp(account.makerFee)) and "
                + bp(account.takerFee)
            let isWorse = maker > account.makerFee || taker > account.takerFee
            findings.append(
                Finding(
                    "fees", of: account.name, isWorse ? .warning : .ok, text,
                    hint: isWorse ? "what pays by the scenario's fees may not pay by the venue's: state those" : nil))
        }
        if facts.isBeingLiquidated == true {
            findings.append(
                Finding("margin", of: account.name, .refused, "the account is being liquidated", hint: "see to it at the venue first"))
        }
        if let wanted = account.leverage, let limit = facts.leverageLimit, limit != wanted * Money.scale {
            findings.append(
                Finding(
                    "margin", of: account.name, .warning,
                    "the leverage is limited to \(Decimal.text(limit, decimals: 9)) there; the scenario reckons with \(wanted)",
                    hint: "set it at the venue, or state the venue's"))
        }
        return findings
    }

    // MARK: What it has

    private func money(_ facts: AccountFacts, _ account: Scenario.Account) -> [Finding] {
        guard let holdings = facts.holdings, let equity = facts.equity else { return [] }
        let (net, free) = (Decimal.text(equity.net, decimals: 9), Decimal.text(equity.available, decimals: 9))
        guard equity.net > 0 else {
            return [
                Finding(
                    "balance", of: account.name, .refused, "the account is worth \(net): there is nothing to trade with",
                    hint: "see whether this is the account that is meant, and pay in")
            ]
        }
        let stated = account.collateral.map { money -> Finding in
            let total = holdings.first { $0.asset == money.currency.code }?.total ?? 0
            let text = "\(Decimal.text(total, decimals: 9)) \(money.currency); the scenario reckons with \(money)"
            guard total < money.nanos else { return Finding("balance", of: account.name, .ok, text) }
            return Finding(
                "balance", of: account.name, .warning, text,
                hint: "what limits and sizes were chosen by is not there: pay in, or state what there is")
        }
        return stated + [Finding("margin", of: account.name, .ok, "worth \(net), of which \(free) are free")]
    }

    private func exposure(_ facts: AccountFacts, _ account: Scenario.Account, _ instruments: [Instrument]) -> [Finding] {
        var findings: [Finding] = []
        let symbols = Set(instruments.map(\.venueSymbol))
        func judge(_ check: String, _ symbol: String, _ text: String, _ hint: String) {
            if symbols.contains(symbol), goesOn {
                findings.append(Finding(check, of: account.name, .ok, "\(text): the run that goes on explains it, or says that it can't"))
            } else if symbols.contains(symbol) {
                findings.append(Finding(check, of: account.name, .refused, "\(text), which no run explains", hint: hint))
            } else {
                findings.append(
                    Finding(check, of: account.name, .warning, "\(text), which the scenario doesn't trade: it binds margin"))
            }
        }
        for position in facts.positions ?? [] {
            let entry = position.entry.nanos > 0 ? " from \(position.entry)" : ""
            judge(
                "positions", position.symbol, "\(position.symbol): \(Decimal.text(position.quantity, decimals: 9))\(entry)",
                "close it at the venue, or give the scenario an account of its own")
        }
        for order in facts.openOrders ?? [] {
            let left = Decimal.text(order.quantity - order.filled, decimals: 9)
            judge(
                "orders", order.symbol,
                "\(order.symbol): an order to \(order.side == .buy ? "buy" : "sell") \(left)"
                    + "\(order.price.map { " at \($0)" } ?? ""), number \(order.id)",
                "cancel it at the venue, or give the scenario an account of its own")
        }
        if facts.positions?.isEmpty == true { findings.append(Finding("positions", of: account.name, .ok, "none")) }
        if facts.openOrders?.isEmpty == true { findings.append(Finding("orders", of: account.name, .ok, "none")) }
        return findings
    }

    private func key(_ facts: AccountFacts, _ account: Scenario.Account) -> Finding {
        guard let name = account.key else {
            return Finding("key", of: account.name, .refused, "the account has no key", hint: "name one: accounts.\(account.name).key")
        }
        switch facts.mayWithdraw {
        case nil: return Finding("key", of: account.name, .ok, "the venue doesn't tell whether '\(name)' may withdraw")
        case false?: return Finding("key", of: account.name, .ok, "'\(name)' may not withdraw")
        case true?:
            return Finding(
                "key", of: account.name, .warning, "'\(name)' may withdraw", hint: "trade with a key that may not: make another there")
        }
    }
}
