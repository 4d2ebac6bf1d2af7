internal import Market
internal import Trading

/// An order of an account as the server tells of it.
struct ServedOrder {
    /// What waits for a price.
    struct Condition: Hashable, Sendable {
        var price: Int64
        var by: BackpackTriggerBy
        /// As it was asked for: a size, or a share of the position.
        var quantity: String
        var triggeredAt: Timestamp?
    }

    /// The venue's number: of eighteen digits, which no binary floating-point number holds.
    var number: Int64 { Self.firstNumber + Int64(id.rawValue) }
    static let firstNumber: Int64 = 114_575_904_700_000_000

    let id: OrderID
    let account: Int
    let market: ServedMarket
    var client: UInt32?
    var side: Side
    var type: BackpackOrderType
    /// In ticks; of a limit order.
    var limit: Int64?
    var lots: Int64
    /// Of a market order that states what to spend, in 10⁻⁹.
    var quoteQuantity: Int64?
    var timeInForce = BackpackTimeInForce.good
    var postOnly = false
    /// nil where the client does not say.
    var reduceOnly: Bool?
    var selfTrade = BackpackSelfTrade.taker
    var condition: Condition?
    /// A market order with a worst price.
    var isBounded = false
    var createdAt: Timestamp
    var status = BackpackStatus.new
    var executedLots: Int64 = 0
    /// In 10⁻⁹ of the quote currency.
    var executedQuote: Int64 = 0
    var reason: BackpackExpiry?

    var remaining: Int64 { lots - executedLots }

    /// As the order endpoints answer it.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "clientId": client.map { .integer($0) } ?? .null, "createdAt": .integer(BackpackTexts.milliseconds(createdAt)),
            "executedQuantity": market.sizeJSON(executedLots), "executedQuoteQuantity": BackpackTexts.amount(executedQuote),
            "id": .text(String(number)), "orderType": .text(type.rawValue), "quantity": market.sizeJSON(lots),
            "reduceOnly": reduceOnly.map { .flag($0) } ?? .null, "relatedOrderId": .null,
            "selfTradePrevention": .text(selfTrade.rawValue), "side": BackpackTexts.side(side), "status": .text(status.rawValue),
            "strategyId": .null, "symbol": .text(market.symbol), "timeInForce": .text(timeInForce.rawValue),
        ]
        for (key, value) in conditionMembers { members[key] = value }
        members["triggeredAt"] = condition?.triggeredAt.map { .integer(BackpackTexts.milliseconds($0)) } ?? .null
        if let limit {
            members["price"] = market.priceJSON(limit)
            members["postOnly"] = .flag(postOnly)
        } else {
            members["quoteQuantity"] = BackpackTexts.amount(quoteQuantity ?? executedQuote)
        }
        return .object(members)
    }

    /// As the history has it.
    var historyJSON: JSONValue {
        var members: [String: JSONValue] = [
            "clientId": client.map { .integer($0) } ?? .null, "createdAt": .text(BackpackTexts.calendar(createdAt)),
            "executedQuantity": market.sizeJSON(executedLots), "executedQuoteQuantity": BackpackTexts.amount(executedQuote),
            "expiryReason": .optional(reason?.rawValue), "id": .text(String(number)), "orderType": .text(type.rawValue),
            "postOnly": limit == nil ? .null : .flag(postOnly), "price": limit.map(market.priceJSON) ?? .null,
            "quantity": market.sizeJSON(lots), "quoteQuantity": BackpackTexts.amount(wholeQuote),
            "selfTradePrevention": .text(selfTrade.rawValue), "side": BackpackTexts.side(side), "slippageTolerance": .null,
            "slippageToleranceType": .null, "status": .text(status.rawValue), "strategyId": .null, "symbol": .text(market.symbol),
            "systemOrderType": .null, "timeInForce": .text(timeInForce.rawValue),
        ]
        for (key, value) in conditionMembers { members[key] = value }
        return .object(members)
    }

    private var conditionMembers: [String: JSONValue] {
        [
            "stopLossLimitPrice": .null, "stopLossTriggerBy": .null, "stopLossTriggerPrice": .null, "takeProfitLimitPrice": .null,
            "takeProfitTriggerBy": .null, "takeProfitTriggerPrice": .null, "triggerBy": .optional(condition?.by.rawValue),
            "triggerPrice": condition.map { BackpackTexts.amount($0.price) } ?? .null, "triggerQuantity": .optional(condition?.quantity),
        ]
    }

    private var wholeQuote: Int64 {
        if let limit { return market.worth(lots, at: limit) }
        return quoteQuantity ?? executedQuote
    }

    /// What every event of the order tells in the private stream.
    func event(_ name: String, at time: Timestamp, origin: String = "USER") -> [String: JSONValue] {
        let microseconds = BackpackTexts.microseconds(time)
        let waits = status == .triggerPending || status == .triggerFailed
        var members: [String: JSONValue] = [
            "E": .integer(microseconds), "O": .text(origin), "S": BackpackTexts.side(side), "T": .integer(microseconds),
            "V": .text(selfTrade.rawValue), "X": .text(status.rawValue), "Z": market.quoteText(executedQuote), "e": .text(name),
            "f": .text(timeInForce.rawValue), "i": .text(String(number)), "o": .text(type.rawValue.uppercased()),
            "q": waits ? .text("0") : .text(market.sizeText(lots)), "r": .flag(reduceOnly ?? false), "s": .text(market.symbol), "t": .null,
            "z": executedLots == 0 ? .text("0") : .text(market.sizeText(executedLots)),
        ]
        if let client { members["c"] = .integer(client) }
        if let limit {
            members["p"] = .text(market.priceText(limit))
            members["y"] = .flag(postOnly)
            members["Q"] = waits ? .text("0") : market.quoteText(market.worth(lots, at: limit), always: true)
        } else if let quoteQuantity {
            members["Q"] = BackpackTexts.amount(quoteQuantity)
        }
        if let condition {
            members["P"] = BackpackTexts.amount(condition.price)
            members["B"] = .text(condition.by.rawValue)
            members["Y"] = .text(condition.quantity)
        }
        if let reason { members["R"] = .text(reason.inStream) }
        return members
    }
}
