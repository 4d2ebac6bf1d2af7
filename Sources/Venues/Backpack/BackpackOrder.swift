package import Market
internal import Signing

/// An order as Backpack takes it. Prices and sizes are decimal text.
package struct BackpackOrder: Hashable, Sendable {
    package enum TimeInForce: String, Sendable, CaseIterable {
        case goodTillCancelled = "GTC", immediateOrCancel = "IOC", fillOrKill = "FOK"
    }
    package enum SelfTrade: String, Sendable, CaseIterable {
        case rejectTaker = "RejectTaker", rejectMaker = "RejectMaker", rejectBoth = "RejectBoth"
    }

    package var symbol: String
    package var side: Side
    /// nil: a market order.
    package var price: String?
    package var quantity: String
    /// 1 and up: two of the clients take 0 for none.
    package var client: UInt32
    package var timeInForce: TimeInForce
    package var postOnly = false
    package var reduceOnly = false
    package var selfTrade: SelfTrade?

    package init(symbol: String, side: Side, price: String?, quantity: String, client: UInt32, timeInForce: TimeInForce) {
        (self.symbol, self.side, self.price, self.quantity) = (symbol, side, price, quantity)
        (self.client, self.timeInForce) = (client, timeInForce)
    }

    /// What stands in the request and is signed: a member that says what is so anyway is left out.
    var parameters: BackpackParameters {
        var parameters: BackpackParameters = ["clientId": .integer(Int64(client)), "orderType": .text(price == nil ? "Market" : "Limit")]
        if postOnly { parameters["postOnly"] = .flag(true) }
        if let price { parameters["price"] = .text(price) }
        parameters["quantity"] = .text(quantity)
        if reduceOnly { parameters["reduceOnly"] = .flag(true) }
        if let selfTrade { parameters["selfTradePrevention"] = .text(selfTrade.rawValue) }
        parameters["side"] = .text(side == .buy ? "Bid" : "Ask")
        parameters["symbol"] = .text(symbol)
        parameters["timeInForce"] = .text(timeInForce.rawValue)
        return parameters
    }
}
