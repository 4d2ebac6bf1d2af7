internal import Market
internal import Trading

/// One execution as the history of fills has it.
struct ServedFill {
    var account: Int
    var market: ServedMarket
    /// Of the venue's numbering of orders.
    var order: Int64
    var client: UInt32?
    var side: Side
    var ticks: Int64
    var lots: Int64
    var fee: Money
    var isMaker: Bool
    /// The symbol's number of the trade, the same that its public stream prints.
    var trade: Int64
    var time: Timestamp
    /// Of what the venue forced.
    var system: String?

    var json: JSONValue {
        .object([
            "clientId": .optional(client.map { String($0) }), "fee": BackpackTexts.amount(fee.nanos),
            "feeSymbol": .text(fee.currency.code), "isMaker": .flag(isMaker), "orderId": .text(String(order)),
            "price": market.priceJSON(ticks), "quantity": market.sizeJSON(lots), "side": BackpackTexts.side(side),
            "symbol": .text(market.symbol), "systemOrderType": .optional(system), "timestamp": .text(BackpackTexts.calendar(time)),
            "tradeId": .integer(trade),
        ])
    }
}
