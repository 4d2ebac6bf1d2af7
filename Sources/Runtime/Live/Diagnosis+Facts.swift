public import Market
public import Venues

/// What an account's facts say before anything is sent.
extension Diagnosis {
    /// - Parameter contract: What is to be traded, under the scenario's terms.
    public static func checks(_ facts: AccountFacts, _ contract: Instrument) -> [Check] {
        var checks = facts.troubles.map { Check($0.question.rawValue, false, $0.text) }
        if let error = facts.clock.error {
            let most = Nanoseconds(count: abs(facts.clock.offset.count)) + error
            checks.append(Check("clock", most <= Preflight.largestClockError, Preflight.text(facts.clock, error)))
        }
        if facts.markets != nil { checks.append(rules(facts, contract)) }
        if let fees = facts.fees {
            let (maker, taker) = contract.kind == .spot ? (fees.spotMaker, fees.spotTaker) : (fees.contractMaker, fees.contractTaker)
            let texts = [maker, taker].map { Decimal.text($0.trillionths, decimals: 8) }
            checks.append(Check("fees", true, "maker \(texts[0]) bp, taker \(texts[1]) bp"))
        }
        if let holdings = facts.holdings {
            let list = holdings.filter { $0.total != 0 }.map { "\(Decimal.text($0.total, decimals: 9)) \($0.asset)" }
            checks.append(Check("balances", !list.isEmpty, list.isEmpty ? "none" : list.joined(separator: ", ")))
        }
        if let equity = facts.equity {
            let (net, free) = (Decimal.text(equity.net, decimals: 9), Decimal.text(equity.available, decimals: 9))
            checks.append(
                Check("margin", equity.available > 0 && facts.isBeingLiquidated != true, "worth \(net), of which \(free) are free"))
        }
        if let positions = facts.positions {
            let list = positions.map { "\(Decimal.text($0.quantity, decimals: 9)) \($0.symbol)" }
            checks.append(Check("positions", true, list.isEmpty ? "none" : list.joined(separator: ", ")))
        }
        if let orders = facts.openOrders {
            let list = orders.map { "\($0.symbol) \($0.side == .buy ? "buy" : "sell") number \($0.id)" }
            checks.append(Check("open orders", true, list.isEmpty ? "none" : list.joined(separator: ", ")))
        }
        return checks
    }

    private static func rules(_ facts: AccountFacts, _ contract: Instrument) -> Check {
        guard let market = facts.market(contract.venueSymbol) else { return Check("rules", false, "\(contract.venueSymbol) is not listed") }
        let text =
            "\(market.symbol), \(market.statusText), steps of \(contract.text(Price(ticks: contract.priceStep))) \(contract.quote) and "
            + "\(contract.text(Quantity(lots: contract.quantityStep))) \(contract.base), at least "
            + contract.text(contract.minimumQuantity)
        return Check("rules", market.status == .trading || market.status == .postOnly, text)
    }

    /// How far from the market an order may rest at most: as far as it is to, and well within what the venue takes.
    public static func distance(_ wanted: Rate, _ market: AccountFacts.Market?) -> Rate {
        guard let lowest = market?.lowestPrice, lowest < Rate(trillionths: Rate.scale) else { return wanted }
        return min(wanted, Rate(trillionths: (Rate.scale - lowest.trillionths) / 2))
    }
}
