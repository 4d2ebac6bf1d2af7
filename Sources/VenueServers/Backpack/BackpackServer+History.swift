internal import Market
internal import Trading

/// What was: fills, orders, funding, positions and transfers of an account.
extension BackpackServer {
    private enum FillType: String {
        case user = "User", bookLiquidation = "BookLiquidation", deleveraging = "Adl", backstop = "Backstop", liquidation = "Liquidation"
        case allLiquidation = "AllLiquidation", conversion = "CollateralConversion"
        case conversionAndLiquidation = "CollateralConversionAndSpotLiquidation"

        func includes(_ fill: ServedFill) -> Bool {
            switch self {
            case .user: fill.system == nil
            case .bookLiquidation, .liquidation, .allLiquidation: fill.system != nil
            case .deleveraging, .backstop, .conversion, .conversionAndLiquidation: false
            }
        }
    }

    private enum PositionState: String { case open = "Open", closed = "Closed" }

    func fillHistory(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let query = BackpackQuery(call.parameters)
        let (page, found) = (try query.page(), try markets(in: query))
        let order = try query.integer("orderId", 0...Int64.max)
        let (from, to) = (try query.time("from", unit: .milliseconds(1)), try query.time("to", unit: .milliseconds(1)))
        let type = try query.choice("fillType", "FillType", FillType.self)
        let rows = fills.filter { fill in
            guard fill.account == call.account.index, order == nil || fill.order == order, type?.includes(fill) ?? true else {
                return false
            }
            // To the millisecond, as the rows show it.
            let time = Timestamp(nanoseconds: BackpackTexts.milliseconds(fill.time) * 1_000_000)
            return time >= from ?? time && time <= to ?? time && found.contains { $0 === fill.market }
        }
        return .page(rows.map(\.json), page)
    }

    func orderHistory(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let query = BackpackQuery(call.parameters)
        let (page, found) = (try query.page(), try markets(in: query))
        let number = try query.integer("orderId", 0...Int64.max)
        let rows = orders.all(call.account.index).filter { order in
            (number == nil || order.number == number) && found.contains { $0 === order.market }
        }
        return .page(rows.map(\.historyJSON), page)
    }

    func fundingHistory(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let query = BackpackQuery(call.parameters)
        let (page, found) = (try query.page(), try markets(in: query))
        var rows: [JSONValue] = []
        for payment in call.account.payments {
            guard let market = found.first(where: { $0.id == payment.instrument }) else { continue }
            rows.append(
                .object([
                    "fundingRate": .text(payment.rate.description),
                    "intervalEndTimestamp": .text(BackpackTexts.calendar(payment.settledAt)),
                    "quantity": BackpackTexts.amount(payment.amount.nanos), "subaccountId": .integer(0), "symbol": .text(market.symbol),
                    "userId": .integer(call.account.user),
                ]))
        }
        return .page(rows, page)
    }

    func positionHistory(_ call: Call) throws(BackpackFault) -> HTTPResponse {
        let query = BackpackQuery(call.parameters)
        let (page, found) = (try query.page(), try markets(in: query))
        let state = try query.choice("state", "PositionState", PositionState.self)
        var all = state == .open ? [] : call.account.closed
        if state != .closed {
            for market in markets {
                if let position = call.account.positions[market.listing] { all.append((market, position)) }
            }
        }
        let rows = all.filter { row in found.contains { $0 === row.market } }
        return .page(rows.map { view($0.position, call.account, $0.market).historyJSON }, page)
    }

    func transfers(_ call: Call, areDeposits: Bool) throws(BackpackFault) -> HTTPResponse {
        let page = try BackpackQuery(call.parameters).page()
        let rows = call.account.flows.filter { ($0.amount.nanos > 0) == areDeposits }.map { flow -> JSONValue in
            var members: [String: JSONValue] = [
                "createdAt": .text(BackpackTexts.calendar(flow.time)), "id": .integer(flow.number),
                "quantity": BackpackTexts.amount(abs(flow.amount.nanos)), "status": .text("confirmed"), "subaccountId": .null,
                "symbol": .text(flow.amount.currency.code), "transactionHash": .null,
            ]
            members[areDeposits ? "source" : "blockchain"] = .text(areDeposits ? "administrator" : "internal")
            members[areDeposits ? "fromAddress" : "toAddress"] = .null
            if !areDeposits { (members["fee"], members["isInternal"]) = (.text("0"), .flag(true)) }
            return .object(members)
        }
        return .page(rows, page)
    }
}
