import Foundation
import Market
import Signing
import Testing
import Trading
import Venues

@testable import VenueServers

/// What the venue refuses, and with which words.
@Suite struct RefusalTests {
    private func world(_ change: (inout BackpackServer.Configuration) -> Void = { _ in }) throws -> ServerWorld {
        let world = try ServerWorld(change)
        world.open()
        return world
    }

    private func expect(_ response: HTTPResponse, _ status: Int, _ code: String, _ message: String, line: Int = #line) {
        #expect(response.status == status && response.code == code && response.message == message, "line \(line): \(response.text)")
        // Keys in the venue's order, and nothing else.
        #expect(response.text.hasPrefix(#"{"code":"\#(code)","message":"#), "line \(line)")
    }

    // MARK: Who asks

    @Test func `a signature of something else, of somebody else, or none`() throws {
        let world = try world()
        let wrong = try world.ask(.get, "/api/v1/orders?symbol=SOL_USDC_PERP", "orderQueryAll", signed: "symbol=SOL_USDC")
        expect(wrong, 400, "INVALID_CLIENT_REQUEST", "Invalid signature")
        expect(try world.ask(.get, "/api/v1/orders", "balanceQuery"), 400, "INVALID_CLIENT_REQUEST", "Invalid signature")
        expect(world.get("/api/v1/orders"), 401, "UNAUTHORIZED", "Unauthorized")
        let stranger = HTTPRequest(.get, "/api/v1/orders", headers: [.init("X-API-Key", "AAAA")])
        #expect(world.raw(stranger).status == 400)
    }

    @Test func `a request is good within its window alone`() throws {
        let world = try world()
        func ask(_ offset: Nanoseconds, window: String? = "5000") throws -> HTTPResponse {
            try world.ask(.get, "/api/v1/orders", "orderQueryAll", at: world.now + offset, window: window)
        }
        #expect(try ask(.zero).status == 200)
        #expect(try ask(.milliseconds(-5_000)).status == 200)
        expect(try ask(.milliseconds(-5_001)), 400, "INVALID_CLIENT_REQUEST", "Request has expired")
        expect(try ask(.milliseconds(5_001)), 400, "INVALID_CLIENT_REQUEST", "Invalid timestamp")
        #expect(try ask(.milliseconds(-60_000), window: "60000").status == 200)
        expect(try ask(.zero, window: "60001"), 400, "INVALID_CLIENT_REQUEST", "Invalid window")
        expect(try ask(.zero, window: "soon"), 400, "INVALID_CLIENT_REQUEST", "Invalid window")
        // Without the header, five seconds are signed and meant.
        #expect(try ask(.milliseconds(-5_000), window: nil).status == 200)
        expect(try ask(.milliseconds(-5_001), window: nil), 400, "INVALID_CLIENT_REQUEST", "Request has expired")
    }

    @Test func `values may be signed as they are or as a query writes them`() throws {
        let world = try world()
        let body = #"{"orderType":"Market","quantity":"1","side":"Bid","symbol":"SOL_USDC","x":"50%"}"#
        let rest = "orderType=Market&quantity=1&side=Bid&symbol=SOL_USDC"
        for value in ["50%", "50%25"] {
            let answer = try world.ask(.post, "/api/v1/order", "orderExecute", signed: "\(rest)&x=\(value)", body: body)
            #expect(answer.status == 200, "\(value)")
        }
    }

    @Test func `what is more than the minute's requests waits for the next`() throws {
        let world = try world { $0.requestsPerMinute = 3 }
        for _ in 0..<3 { #expect(try world.ask(.get, "/api/v1/capital", "balanceQuery").status == 200) }
        expect(try world.ask(.get, "/api/v1/capital", "balanceQuery"), 429, "TOO_MANY_REQUESTS", "Too many requests")
        // Another account has its own.
        #expect(try world.ask(.get, "/api/v1/capital", "balanceQuery", account: 1).status == 200)
        world.pass(.minutes(1))
        #expect(try world.ask(.get, "/api/v1/capital", "balanceQuery").status == 200)
    }

    @Test func `paths that are none, and methods that a path has not`() throws {
        let world = try world()
        expect(world.get("/api/v1/nothing"), 404, "RESOURCE_NOT_FOUND", "Not Found")
        #expect(world.raw(HTTPRequest(.post, "/api/v1/depth")).status == 405)
        #expect(world.raw(HTTPRequest(.put, "/api/v1/order")).status == 405)
        // One of the venue's that is not served here.
        expect(try world.ask(.get, "/api/v1/rfqs", "rfqQuery"), 404, "RESOURCE_NOT_FOUND", "Not Found")
    }

    // MARK: Orders

    static let orders: [([String: String], Int, String, String)] = [
        (["price": "99.001"], 400, "INVALID_CLIENT_REQUEST", "Price decimal too long"),
        (["quantity": "0.001"], 400, "INVALID_CLIENT_REQUEST", "Quantity decimal too long"),
        (["price": "0.00000000000001"], 400, "INVALID_CLIENT_REQUEST", "Price decimal too long"),
        (["quantity": "0"], 400, "INVALID_QUANTITY", "Quantity is below the minimum quantity"),
        (["quantity": "9000000000"], 400, "INVALID_QUANTITY", "Quantity is above the maximum quantity"),
        (["price": "99.02", "postOnly": "true"], 400, "INVALID_ORDER", "Order would immediately match and take liquidity"),
        (["price": "120"], 400, "INVALID_PRICE", "Price is too far from the last active price"),
        (["quantity": "90000"], 400, "INSUFFICIENT_MARGIN", "Insufficient margin"),
        (["quantity": "1000", "symbol": "SOL_USDC"], 400, "INSUFFICIENT_FUNDS", "Insufficient funds"),
        (["reduceOnly": "true"], 400, "INVALID_ORDER", "Reduce only order not reduced"),
        (
            ["triggerPrice": "100"], 400, "INVALID_CLIENT_REQUEST",
            "Must specify both `triggerPrice` and `triggerQuantity` or neither"
        ),
        (
            ["symbol": "NONE_USDC"], 400, "INVALID_CLIENT_REQUEST",
            "parse request payload error: failed to parse \"MarketSymbol\": Invalid market symbol "
                + "(occurred while parsing \"OrderExecutePayload\")"
        ),
        (
            ["side": "Buy"], 400, "INVALID_CLIENT_REQUEST",
            "parse request payload error: failed to parse \"Side\": Expect a valid enumeration value. "
                + "(occurred while parsing \"OrderExecutePayload\")"
        ),
        (
            ["price": "much"], 400, "INVALID_CLIENT_REQUEST",
            "parse request payload error: failed to parse \"Decimal\": Invalid decimal (occurred while parsing \"OrderExecutePayload\")"
        ),
        (["stopLossTriggerPrice": "90"], 400, "NOT_IMPLEMENTED", "Attached take profit and stop loss orders are not implemented"),
    ]

    @Test(arguments: orders.indices)
    func `an order that breaks a rule is refused and leaves nothing`(index: Int) throws {
        let (change, status, code, message) = Self.orders[index]
        let world = try world()
        let order = ServerWorld.limit(.buy, "99.00", "1").merging(change) { $1 }
        expect(try world.place(order), status, code, message)
        #expect(ServerWorld.list(try world.ask(.get, "/api/v1/orders", "orderQueryAll")).isEmpty)
        #expect(ServerWorld.list(try world.ask(.get, "/wapi/v1/history/orders", "orderHistoryQueryAll")).isEmpty)
        // The next one is none the worse for it.
        #expect(try world.place(ServerWorld.limit(.buy, "98.00", "1")).status == 200)
    }

    @Test func `a name in use is refused, and free again when its order is gone`() throws {
        let world = try world()
        #expect(try world.place(ServerWorld.limit(.buy, "98.00", "1", ["clientId": "9"])).status == 200)
        let again = try world.place(ServerWorld.limit(.buy, "98.00", "1", ["clientId": "9"]))
        expect(again, 400, "INVALID_ORDER", "Client order id is already in use")
        #expect(try world.place(ServerWorld.limit(.buy, "98.00", "1", ["clientId": "9"]), account: 1).status == 200)
        #expect(try world.cancel(["symbol": "SOL_USDC_PERP", "clientId": "9"]).status == 200)
        #expect(try world.place(ServerWorld.limit(.buy, "98.00", "1", ["clientId": "9"])).status == 200)
    }

    @Test func `nobody touches another's order`() throws {
        let world = try world()
        let number = try world.place(ServerWorld.limit(.buy, "98.00", "1")).object["id"] as? String ?? ""
        expect(try world.cancel(["symbol": "SOL_USDC_PERP", "orderId": number], account: 1), 404, "RESOURCE_NOT_FOUND", "Not Found")
        expect(try world.cancel(["symbol": "SOL_USDC", "orderId": number]), 404, "RESOURCE_NOT_FOUND", "Not Found")
        let both = try world.cancel(["symbol": "SOL_USDC_PERP", "orderId": number, "clientId": "1"])
        expect(both, 400, "INVALID_CLIENT_REQUEST", "Must specify either `orderId` or `clientId`")
        #expect(try world.cancel(["symbol": "SOL_USDC_PERP", "orderId": number]).status == 200)
        expect(try world.cancel(["symbol": "SOL_USDC_PERP", "orderId": number]), 404, "RESOURCE_NOT_FOUND", "Not Found")
    }

    @Test func `while a book is not known or trading is halted, orders are turned away for now`() throws {
        let fresh = try ServerWorld()
        let order = ServerWorld.limit(.buy, "99.00", "1")
        expect(try fresh.place(order), 503, "MAINTENANCE", "Maintenance")
        fresh.open()
        fresh.record(.status, .buy, TradingStatus.halted.rawValue, 0)
        expect(try fresh.place(order), 503, "TRADING_PAUSED", "Trading is paused")
        #expect(fresh.get("/api/v1/market?symbol=SOL_USDC_PERP").object["orderBookState"] as? String == "Closed")
    }

    @Test func `a batch with one bad order does the others; one that can't be read does none`() throws {
        let world = try world()
        let orders = [
            ServerWorld.limit(.buy, "98.00", "1"), ServerWorld.limit(.buy, "99.05", "1", ["postOnly": "true"]),
            ServerWorld.limit(.sell, "100.00", "1"),
        ]
        func batch(_ orders: [[String: String]]) throws -> HTTPResponse {
            let signed = orders.enumerated().map { index, order in
                let members = order.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
                return index == 0 ? members : "instruction=orderExecute&\(members)"
            }
            let body = "[\(orders.map(ServerWorld.body).joined(separator: ","))]"
            return try world.ask(.post, "/api/v1/orders", "orderExecute", signed: signed.joined(separator: "&"), body: body)
        }
        let rows = ServerWorld.list(try batch(orders))
        #expect(rows.map { $0["operation"] as? String } == ["Ok", "Err", "Ok"])
        #expect(rows[1]["code"] as? String == "INVALID_ORDER" && rows[1].count == 3 && rows[0]["status"] as? String == "New")
        #expect(ServerWorld.list(try world.ask(.get, "/api/v1/orders", "orderQueryAll")).count == 2)
        var bad = orders
        bad[1]["side"] = "Buy"
        #expect(try batch(bad).status == 400)
        #expect(ServerWorld.list(try world.ask(.get, "/api/v1/orders", "orderQueryAll")).count == 2)
    }

    @Test func `parameters of public questions`() throws {
        let world = try world()
        let interval = world.get("/api/v1/klines?symbol=SOL_USDC&interval=7m&startTime=0")
        let message = "failed to parse parameter `interval`: failed to parse \"KlineInterval\": Expect a valid enumeration value."
        expect(interval, 400, "INVALID_CLIENT_REQUEST", message)
        #expect(world.get("/api/v1/depth?symbol=NONE").status == 400 && world.get("/api/v1/depth?symbol=SOL_USDC&limit=7").status == 400)
        #expect(world.get("/api/v1/ticker?symbol=SOL_USDC").status == 204)
    }

    @Test func `whatever a client sends is an answer`() throws {
        let world = try world()
        let bodies = [
            "", "{", "[]", "[1]", "null", "{}", #"{"symbol":{}}"#, #"{"symbol":"SOL_USDC_PERP","quantity":[1]}"#, "\u{0}",
            String(repeating: "[", count: 100_000), #"{"clientId":1e999}"#, #"{"a\u0041":1}"#,
        ]
        for path in ["/api/v1/order", "/api/v1/orders", "/api/v1/account", "/%", "?", "", "/api/v1/order?%&&=&a=%zz"] {
            for method in HTTPRequest.Method.allCases {
                for body in bodies {
                    let key = try #require(world.server.accounts.first?.key.base64)
                    let headers: [HTTPRequest.Header] = [
                        .init("X-API-Key", key), .init("X-Timestamp", "99999999999999999999"), .init("X-Signature", "x"),
                    ]
                    let status = world.raw(HTTPRequest(method, path, headers: headers, body: Array(body.utf8))).status
                    #expect((400..<500).contains(status), "\(method) \(path) \(body.prefix(20)): \(status)")
                }
            }
        }
        var random = SeededGenerator(seed: 7)
        let members = ["symbol", "side", "orderType", "price", "quantity", "quoteQuantity", "clientId", "triggerPrice", "triggerQuantity"]
        let values = [
            "SOL_USDC_PERP", "SOL_USDC", "Bid", "Ask", "Limit", "Market", "99.01", "1", "-1", "0", "9223372036.854775807", "1e9", "", "%",
            "100%", "0.01", "98", "4294967295", "GTC",
        ]
        for _ in 0..<2_000 {
            var order = ServerWorld.limit(random.next() % 2 == 0 ? .buy : .sell, "99.01", "1")
            for _ in 0..<3 {
                let name = members[Int(random.uniform(in: 0...Int64(members.count - 1)))]
                order[name] = values[Int(random.uniform(in: 0...Int64(values.count - 1)))]
            }
            let number = order["clientId"].map { Int64($0) == nil ? "\"\($0)\"" : $0 }
            let body =
                ServerWorld.body(order.filter { $0.key != "clientId" }).dropLast() + (number.map { ",\"clientId\":\($0)" } ?? "") + "}"
            let signed = order.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
            let answer = try world.ask(.post, "/api/v1/order", "orderExecute", signed: signed, body: String(body))
            #expect(answer.status == 200 || (400..<500).contains(answer.status), "\(body): \(answer.status)")
            #expect(answer.message != "Invalid signature", "\(body)")
        }
    }
}
