internal import Market
internal import Trading

/// An account's position in one contract, from when it was opened until it is closed.
struct ServedPosition: Sendable {
    var number: Int64
    var cost = PositionCost()
    /// Σ of what closing earned, of fees and of funding received, in 10⁻⁹ of the settlement currency.
    var realized: Int64 = 0
    var fees: Int64 = 0
    var funding: Int64 = 0
    var liquidationFees: Int64 = 0
    var closedLots: Int64 = 0
    var isLiquidated = false
    var openedAt: Timestamp
    var closedAt: Timestamp?
    var closingTicks: Int64?
    /// Whether its opening was told.
    var isTold = false

    var lots: Int64 { cost.quantity.lots }
    /// Signed.
    var netCost: Int64 { cost.cost }
}

/// What a position is told with beside its own numbers.
struct PositionView {
    var position: ServedPosition
    var market: ServedMarket
    var mark: FinePrice
    var table: MarginTable?
    /// With the orders that make it larger.
    var exposureLots: Int64
    var user: Int

    private var contract: Contract { market.instrument.contract }
    private var notional: Int64 { contract.notional(Quantity(lots: exposureLots), mark).nanos }
    private var quantity: Int64 { position.lots * contract.lotUnit }
    private var entry: String { BackpackTexts.ratio(position.netCost, quantity) }
    private var unrealized: String { BackpackTexts.cut(position.cost.unrealised(contract, at: mark).nanos) }
    private var breakEven: String { BackpackTexts.ratio(position.netCost + position.fees - position.funding, quantity) }

    private func share(_ schedule: MarginSchedule?) -> String {
        guard let schedule else { return "0" }
        return notional == 0
            ? Decimal.text(schedule.smallestRate.trillionths, decimals: 12) : BackpackTexts.ratio(schedule.requirement(notional), notional)
    }

    var json: JSONValue {
        .object([
            "breakEvenPrice": .text(breakEven), "cumulativeFundingPayment": BackpackTexts.amount(position.funding),
            "cumulativeInterest": .text("0"), "entryPrice": .text(entry), "estLiquidationPrice": .text("0"),
            "imf": .text(share(table?.initial)), "imfFunction": PositionView.function(table?.initial),
            "markPrice": BackpackTexts.amount(mark.nanos), "mmf": .text(share(table?.maintenance)),
            "mmfFunction": PositionView.function(table?.maintenance), "netCost": BackpackTexts.amount(position.netCost),
            "netExposureNotional": BackpackTexts.amount(notional), "netExposureQuantity": market.sizeJSON(exposureLots),
            "netQuantity": market.sizeJSON(position.lots), "pnlRealized": BackpackTexts.amount(position.realized),
            "pnlUnrealized": .text(unrealized), "positionId": .text(String(position.number)), "subaccountId": .null,
            "symbol": .text(market.symbol), "userId": .integer(user),
        ])
    }

    var historyJSON: JSONValue {
        let isOpen = position.closedAt == nil
        return .object([
            "accountLeverage": .null, "closedAt": .optional(position.closedAt.map { BackpackTexts.calendar($0) }),
            "closedVolume": market.sizeJSON(position.closedLots), "closingPrice": position.closingTicks.map(market.priceJSON) ?? .null,
            "cumulativePnlRealized": BackpackTexts.amount(position.realized), "entryPrice": .text(entry),
            "fees": BackpackTexts.amount(position.fees), "fundingQuantity": BackpackTexts.amount(position.funding),
            "id": .text(String(position.number)), "imf": .text(share(table?.initial)), "interest": .text("0"),
            "liquidated": .flag(position.isLiquidated), "liquidationFees": BackpackTexts.amount(position.liquidationFees),
            "markPrice": BackpackTexts.amount(mark.nanos), "netCost": BackpackTexts.amount(position.netCost),
            "netExposureNotional": BackpackTexts.amount(notional), "netExposureQuantity": market.sizeJSON(exposureLots),
            "netQuantity": market.sizeJSON(position.lots), "openedAt": .text(BackpackTexts.calendar(position.openedAt)),
            "state": .text(isOpen ? "Open" : "Closed"), "symbol": .text(market.symbol), "unrealizedPnl": .text(unrealized),
        ])
    }

    /// - Parameter event: nil for what is sent on subscribing.
    func frame(_ event: String?, at time: Timestamp) -> JSONValue {
        let microseconds = BackpackTexts.microseconds(time)
        var members: [String: JSONValue] = [
            "B": .text(entry), "E": .integer(microseconds), "M": BackpackTexts.amount(mark.nanos), "P": .text(unrealized),
            "Q": .text(market.sizeText(exposureLots)), "T": .integer(microseconds), "b": .text(breakEven),
            "f": .text(share(table?.initial)), "i": .integer(position.number), "l": .text("0"), "m": .text(share(table?.maintenance)),
            "n": BackpackTexts.amount(notional), "p": BackpackTexts.amount(position.realized), "q": .text(market.sizeText(position.lots)),
            "s": .text(market.symbol),
        ]
        if let event { members["e"] = .text(event) }
        return .object(members)
    }

    /// `{"base":…,"factor":…,"type":"sqrt"}`; `null` for a schedule of another kind.
    static func function(_ schedule: MarginSchedule?) -> JSONValue {
        guard case .squareRoot(let base, let factor) = schedule else { return .null }
        return .object([
            "base": .text(Decimal.text(base.trillionths, decimals: 12)), "factor": .text(Decimal.text(factor.trillionths, decimals: 12)),
            "type": .text("sqrt"),
        ])
    }
}
