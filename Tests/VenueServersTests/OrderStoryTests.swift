import Foundation
import Market
import Simulation
import Testing
import Trading
import Venues

@testable import VenueServers

/// Orders as their owners and everybody else see them.
@Suite struct OrderStoryTests {
    private func world() throws -> ServerWorld {
        let world = try ServerWorld()
        world.open()
        try world.connect(ServerWorld.market, ["depth.SOL_USDC_PERP", "bookTicker.SOL_USDC_PERP", "trade.SOL_USDC_PERP"])
        try world.connect(ServerWorld.first, ["account.orderUpdate", "account.positionUpdate", "account.balanceUpdate"], account: 0)
        world.forget()
        return world
    }

    @Test func `an order rests, fills in part by a recorded trade, and is cancelled; all see it`() throws {
        let world = try world()
        let answer = try world.place(ServerWorld.limit(.buy, "99.01", "2", ["clientId": "7", "postOnly": "true"]))
        #expect(answer.status == 200)
        let number = try #require(answer.object["id"] as? String)
        #expect(try #require(Int64(number)) > 1 << 53)
        #expect(answer.object["status"] as? String == "New" && answer.object["clientId"] as? Int == 7)
        #expect(answer.object["quantity"] as? String == "2" && answer.object["price"] as? String == "99.01")
        // Private: accepted. Public: a new best bid.
        let accepted = try #require(world.data("account.orderUpdate", by: ServerWorld.first).first)
        #expect(accepted["e"] as? String == "orderAccepted" && accepted["i"] as? String == number && accepted["c"] as? Int == 7)
        #expect(world.heard("depth.SOL_USDC_PERP").count == 1)
        #expect(world.heard("depth.SOL_USDC_PERP")[0].contains(#""a":[],"b":[["99.01","2.00"]]"#))
        #expect(world.heard("bookTicker.SOL_USDC_PERP")[0].contains(#""B":"2.00""#))
        world.forget()
        // Half of a sale of 1 lot at our price is ours: nobody stood before us, so all of it is.
        world.trade(.sell, 9_901, 50)
        let fill = try #require(world.data("account.orderUpdate", by: ServerWorld.first).first)
        #expect(fill["e"] as? String == "orderFill" && fill["X"] as? String == "PartiallyFilled" && fill["m"] as? Bool == true)
        #expect(fill["l"] as? String == "0.50" && fill["L"] as? String == "99.01" && fill["z"] as? String == "0.50")
        #expect(fill["N"] as? String == "USDC" && fill["n"] as? String == "0.009901")
        let trade = try #require(world.data("trade.SOL_USDC_PERP").first)
        #expect(world.data("trade.SOL_USDC_PERP").count == 1)
        #expect(trade["t"] as? Int64 == fill["t"] as? Int64 && trade["b"] as? String == number && trade["m"] as? Bool == true)
        #expect(world.heard("depth.SOL_USDC_PERP")[0].contains(#""b":[["99.01","1.50"]]"#))
        // Order, then balance, then position.
        let order = world.frames.filter { $0.socket == ServerWorld.first }.map { frame in
            ["orderUpdate", "balanceUpdate", "positionUpdate"].firstIndex { frame.text.hasSuffix("account.\($0)\"}") }
        }
        #expect(order == [0, 1, 2])
        #expect(world.data("account.positionUpdate", by: ServerWorld.first)[0]["e"] as? String == "positionOpened")
        // Every question agrees.
        let found = try world.ask(
            .get, "/api/v1/order?clientId=7&symbol=SOL_USDC_PERP", "orderQuery", signed: "clientId=7&symbol=SOL_USDC_PERP")
        #expect(found.object["executedQuantity"] as? String == "0.5" && found.object["status"] as? String == "PartiallyFilled")
        #expect(ServerWorld.list(try world.ask(.get, "/api/v1/orders", "orderQueryAll")).count == 1)
        let fills = ServerWorld.list(try world.ask(.get, "/wapi/v1/history/fills", "fillHistoryQueryAll"))
        #expect(fills.count == 1 && fills[0]["tradeId"] as? Int64 == fill["t"] as? Int64 && fills[0]["clientId"] as? String == "7")
        let position = ServerWorld.list(try world.ask(.get, "/api/v1/position", "positionQuery"))
        #expect(position[0]["netQuantity"] as? String == "0.5" && position[0]["entryPrice"] as? String == "99.01")
        #expect(world.server.venue.position(AccountID(5), ServerWorld.perp) == Quantity(lots: 50))
        let capital = try world.ask(.get, "/api/v1/capital", "balanceQuery").object["USDC"] as? [String: Any]
        #expect(capital?["available"] as? String == "9999.990099")
        world.forget()
        // Cancelled: gone from the book, found in the history alone.
        let cancelled = try world.cancel(["symbol": "SOL_USDC_PERP", "orderId": number])
        #expect(cancelled.status == 200 && cancelled.object["status"] as? String == "Cancelled")
        #expect(world.heard("depth.SOL_USDC_PERP")[0].contains(#""b":[["99.01","0.00"]]"#))
        #expect(world.data("account.orderUpdate", by: ServerWorld.first)[0]["X"] as? String == "Cancelled")
        let again = try world.ask(
            .get, "/api/v1/order?orderId=\(number)&symbol=SOL_USDC_PERP", "orderQuery", signed: "orderId=\(number)&symbol=SOL_USDC_PERP")
        #expect(again.status == 404 && again.code == "RESOURCE_NOT_FOUND" && again.message == "Not Found")
        let history = ServerWorld.list(try world.ask(.get, "/wapi/v1/history/orders", "orderHistoryQueryAll"))
        #expect(history[0]["status"] as? String == "Cancelled" && history[0]["executedQuantity"] as? String == "0.5")
    }

    @Test func `taking is printed, leaves less to take, and its rest expires`() throws {
        let world = try world()
        let answer = try world.place(ServerWorld.limit(.buy, "99.02", "5", ["timeInForce": "IOC"]))
        #expect(answer.object["status"] as? String == "Expired" && answer.object["executedQuantity"] as? String == "4")
        let events = world.data("account.orderUpdate", by: ServerWorld.first)
        #expect(events.map { $0["e"] as? String } == ["orderAccepted", "orderFill", "orderExpired"])
        #expect(events[2]["R"] as? String == "IMMEDIATE_OR_CANCEL" && events[1]["m"] as? Bool == false)
        #expect(world.heard("depth.SOL_USDC_PERP")[0].contains(#""a":[["99.02","0.00"]]"#))
        let trade = try #require(world.data("trade.SOL_USDC_PERP").first)
        #expect(trade["m"] as? Bool == false && trade["q"] as? String == "4.00")
        #expect(world.get("/api/v1/depth?symbol=SOL_USDC_PERP").text.contains(#""asks":[["99.03","6"]]"#))
        // The feed still shows the level; it grows, and only what is new can be taken.
        world.forget()
        world.levels([(.sell, 9_902, 700)])
        #expect(world.heard("depth.SOL_USDC_PERP")[0].contains(#""a":[["99.02","3.00"]]"#))
        let history = ServerWorld.list(try world.ask(.get, "/wapi/v1/history/orders", "orderHistoryQueryAll"))
        #expect(history[0]["expiryReason"] as? String == "ImmediateOrCancel")
    }

    @Test func `two clients meet: one print, one number, a side each`() throws {
        let world = try world()
        try world.connect(ServerWorld.second, ["account.orderUpdate.SOL_USDC_PERP"], account: 1)
        world.trade(.buy, 9_902, 10)
        _ = try world.place(ServerWorld.limit(.buy, "99.01", "1"))
        world.forget()
        _ = try world.place(ServerWorld.limit(.sell, "99.01", "1"), account: 1)
        let trades = world.data("trade.SOL_USDC_PERP")
        #expect(trades.count == 1 && trades[0]["m"] as? Bool == true)
        let maker = world.data("account.orderUpdate", by: ServerWorld.first)
        let taker = world.data("account.orderUpdate.SOL_USDC_PERP", by: ServerWorld.second)
        #expect(maker.map { $0["e"] as? String } == ["orderFill"] && taker.map { $0["e"] as? String } == ["orderAccepted", "orderFill"])
        #expect(maker[0]["t"] as? Int64 == trades[0]["t"] as? Int64 && taker[1]["t"] as? Int64 == trades[0]["t"] as? Int64)
        #expect(trades[0]["b"] as? String == maker[0]["i"] as? String && trades[0]["a"] as? String == taker[1]["i"] as? String)
        world.forget()
        world.trade(.buy, 9_902, 10)
        // The symbol's numbers go on without a gap.
        #expect(world.data("trade.SOL_USDC_PERP")[0]["t"] as? Int64 == (trades[0]["t"] as? Int64).map { $0 + 1 })
    }

    @Test func `a recorded trade is split into what our orders got and the rest`() throws {
        let world = try world()
        _ = try world.place(ServerWorld.limit(.buy, "99.01", "1"))
        world.forget()
        world.trade(.sell, 9_901, 250)
        let sizes = world.data("trade.SOL_USDC_PERP").map { $0["q"] as? String }
        #expect(sizes == ["1.00", "1.50"])
        let ids = world.data("trade.SOL_USDC_PERP").compactMap { $0["t"] as? Int64 }
        #expect(ids.count == 2 && ids[1] > ids[0])
        #expect(world.server.venue.position(AccountID(5), ServerWorld.perp) == Quantity(lots: 100))
    }

    @Test func `market orders by quantity and by amount`() throws {
        let world = try world()
        let byQuantity = try world.place(["symbol": "SOL_USDC_PERP", "side": "Ask", "orderType": "Market", "quantity": "0.5"])
        #expect(byQuantity.object["status"] as? String == "Filled" && byQuantity.object["executedQuoteQuantity"] as? String == "49.5")
        #expect(byQuantity.object["price"] == nil && byQuantity.object["timeInForce"] as? String == "GTC")
        let byAmount = try world.place(["symbol": "SOL_USDC_PERP", "side": "Bid", "orderType": "Market", "quoteQuantity": "100"])
        #expect(byAmount.object["executedQuantity"] as? String == "1" && byAmount.object["quoteQuantity"] as? String == "100")
        // 99.02 and 99.03 are within a hundredth of the best price; what is beyond is not taken.
        world.levels([(.sell, 10_200, 5_000)])
        let far = try world.place(["symbol": "SOL_USDC_PERP", "side": "Bid", "orderType": "Market", "quantity": "20"])
        #expect(far.object["status"] as? String == "Expired" && far.object["executedQuantity"] as? String == "9")
    }

    @Test func `cancel all ends the symbol's orders, and each is told`() throws {
        let world = try world()
        for price in ["98.50", "98.60", "98.70"] { _ = try world.place(ServerWorld.limit(.buy, price, "1")) }
        _ = try world.place(ServerWorld.limit(.buy, "90", "1", ["symbol": "SOL_USDC"]))
        world.forget()
        let body = #"{"symbol":"SOL_USDC_PERP"}"#
        let answer = try world.ask(.delete, "/api/v1/orders", "orderCancelAll", signed: "symbol=SOL_USDC_PERP", body: body)
        #expect(ServerWorld.list(answer).count == 3)
        #expect(world.data("account.orderUpdate", by: ServerWorld.first).allSatisfy { $0["e"] as? String == "orderCancelled" })
        #expect(ServerWorld.list(try world.ask(.get, "/api/v1/orders", "orderQueryAll")).count == 1)
        #expect(try world.ask(.delete, "/api/v1/orders", "orderCancelAll", signed: "symbol=SOL_USDC_PERP", body: body).text == "[]")
    }

    @Test func `spot orders lock what they may spend`() throws {
        let world = try world()
        _ = try world.place(ServerWorld.limit(.buy, "98", "10", ["symbol": "SOL_USDC"]))
        let balance = try #require(world.data("account.balanceUpdate", by: ServerWorld.first).first)
        #expect(balance["a"] as? String == "USDC" && balance["A"] as? String == "9020" && balance["L"] as? String == "980")
        world.forget()
        // A purchase pays its fee in what it brings.
        _ = try world.place(["symbol": "SOL_USDC", "side": "Bid", "orderType": "Market", "quantity": "1"])
        let told = world.data("account.balanceUpdate", by: ServerWorld.first).map { "\($0["a"] ?? "") \($0["A"] ?? "") \($0["L"] ?? "")" }
        #expect(told == ["SOL 100.9995 0", "USDC 8920.98 980"])
    }

    @Test func `a trigger order waits, is placed by the mark, and fills`() throws {
        let world = try world()
        let answer = try world.place([
            "symbol": "SOL_USDC_PERP", "side": "Bid", "orderType": "Market", "triggerPrice": "100", "triggerQuantity": "1",
            "triggerBy": "MarkPrice",
        ])
        #expect(answer.object["status"] as? String == "TriggerPending")
        #expect(world.data("account.orderUpdate", by: ServerWorld.first)[0]["e"] as? String == "triggerPlaced")
        world.forget()
        world.record(.mark, .buy, 100_000_000_000, 0)
        let events = world.data("account.orderUpdate", by: ServerWorld.first)
        #expect(events.map { $0["e"] as? String } == ["orderAccepted", "orderFill"] && events[1]["X"] as? String == "Filled")
    }

    @Test func `self-trades expire the side that the order names`() throws {
        let world = try world()
        _ = try world.place(ServerWorld.limit(.buy, "99.01", "1"))
        world.forget()
        let taker = try world.place(ServerWorld.limit(.sell, "99.01", "1"))
        #expect(taker.object["status"] as? String == "Expired")
        #expect(world.data("account.orderUpdate", by: ServerWorld.first).last?["R"] as? String == "SELF_TRADE_PREVENTION")
        world.forget()
        let maker = try world.place(ServerWorld.limit(.sell, "99.01", "1", ["selfTradePrevention": "RejectMaker"]))
        #expect(maker.object["status"] as? String == "New")
        #expect(world.data("account.orderUpdate", by: ServerWorld.first).contains { $0["e"] as? String == "orderExpired" })
    }

    @Test func `money from outside is in the balance, the stream and the history`() throws {
        let world = try world()
        world.server.transfer(AccountID(5), Money(nanos: 250_000_000_000, ServerWorld.usdc), at: world.now)
        world.server.transfer(AccountID(5), Money(nanos: -50_000_000_000, ServerWorld.usdc), at: world.now)
        world.collect()
        #expect(world.data("account.balanceUpdate", by: ServerWorld.first).map { $0["A"] as? String } == ["10250", "10200"])
        let deposits = ServerWorld.list(try world.ask(.get, "/wapi/v1/capital/deposits", "depositQueryAll"))
        let withdrawals = ServerWorld.list(try world.ask(.get, "/wapi/v1/capital/withdrawals", "withdrawalQueryAll"))
        #expect(deposits.map { $0["quantity"] as? String } == ["250"] && withdrawals.map { $0["quantity"] as? String } == ["50"])
    }

    @Test func `funding is paid by the hour and told`() throws {
        let world = try world()
        _ = try world.place(["symbol": "SOL_USDC_PERP", "side": "Bid", "orderType": "Market", "quantity": "4"])
        let due = Timestamp(nanoseconds: ServerWorld.start.nanoseconds + Nanoseconds.hours(1).count)
        world.record(.funding, .buy, 12_500_000, Nanoseconds.hours(1).count, detail: due.nanoseconds)
        world.pass(.hours(1))
        world.record(.mark, .buy, 100_000_000_000, 0)
        let rows = ServerWorld.list(try world.ask(.get, "/wapi/v1/history/funding", "fundingHistoryQueryAll"))
        // On the mark before the hour: −4 × 99.01 × 0.0000125.
        #expect(rows.count == 1 && rows[0]["quantity"] as? String == "-0.0049505")
        let position = ServerWorld.list(try world.ask(.get, "/api/v1/position", "positionQuery"))[0]
        #expect(position["cumulativeFundingPayment"] as? String == rows[0]["quantity"] as? String)
        #expect(ServerWorld.list(world.get("/api/v1/fundingRates?symbol=SOL_USDC_PERP"))[0]["fundingRate"] as? String == "0.0000125")
    }

    @Test func `leverage holds for the account, and too much is refused`() throws {
        let world = try world()
        let body = #"{"leverageLimit":"10"}"#
        let answer = try world.ask(.patch, "/api/v1/account", "accountUpdate", signed: "leverageLimit=10", body: body)
        #expect(answer.status == 200 && answer.body.isEmpty)
        let account = try world.ask(.get, "/api/v1/account", "accountQuery").object
        #expect(account["leverageLimit"] as? String == "10" && account["futuresTakerFee"] as? String == "5")
        let far = #"{"leverageLimit":"1000"}"#
        let refused = try world.ask(.patch, "/api/v1/account", "accountUpdate", signed: "leverageLimit=1000", body: far)
        #expect(refused.status == 400 && refused.code == "MAX_LEVERAGE_REACHED")
    }
}
