import Foundation
import Market
import Signing
import TestSupport
import Testing

@testable import Venues

@Suite struct BackpackRequestTests {
    private static func key() throws -> Ed25519SecretKey { try Ed25519SecretKey(Array("MMSIM-BACKPACK-TEST-SEED-0001!!!".utf8).span) }

    private static let window = BackpackWindow(timestamp: 1_788_285_243_978)

    private static func order() -> BackpackOrder {
        var order = BackpackOrder(
            symbol: "SOL_USDC_PERP", side: .buy, price: "98.96", quantity: "0.12", client: .max, timeInForce: .goodTillCancelled)
        order.postOnly = true
        order.selfTrade = .rejectTaker
        return order
    }

    private func text(_ request: HTTPRequest) -> String { String(decoding: request.body, as: UTF8.self) }

    @Test func `an order is its body, sorted, and what is signed is the same`() throws {
        let key = try Self.key()
        let request = BackpackRequest.place(Self.order()).signed(key, valid: Self.window)
        #expect(request.method == .post && request.target == "/api/v1/order")
        #expect(
            text(request) == """
                {"clientId":4294967295,"orderType":"Limit","postOnly":true,"price":"98.96","quantity":"0.12",\
                "selfTradePrevention":"RejectTaker","side":"Bid","symbol":"SOL_USDC_PERP","timeInForce":"GTC"}
                """)
        // The signature of the published vector of this very order.
        let signature = request.headers.first { $0.name == "X-Signature" }?.value
        #expect(signature == "K9Q2kFP5U0JP2ZpDm2zh7BHEQyBKsGANloHP4N8NpvAhhEWYJ5XCMEiY8ieBT6BgfAPoHtsu/xvJarUMzF8dCA==")
        #expect(request.headers.first { $0.name == "X-API-Key" }?.value == "tbu1QbTE2jChHkIxZ+l75MQ06QLYgg8i0lgHC4b4jqc=")
        #expect(request.headers.last == .init("Content-Type", "application/json; charset=utf-8"))
    }

    @Test func `a cancel carries its body, a query its parameters in the target`() throws {
        let key = try Self.key()
        let cancel = BackpackRequest.cancel(symbol: "USDT_USDC", .venue(59_669_287_267)).signed(key, valid: Self.window)
        #expect(cancel.method == .delete && text(cancel) == #"{"orderId":"59669287267","symbol":"USDT_USDC"}"#)
        #expect(
            cancel.headers.first { $0.name == "X-Signature" }?.value
                == "yx6tPlRCj1M+sdSlawJyFTCrLwutwgmGX6cstiZ2gMNMLAi6tHUakHFXPRUrY4hbG0Z8frkPKPitXYYFdTLwCg==")
        let fills = BackpackRequest.fills(symbol: "SOL_USDC_PERP", from: 17, limit: 1_000, offset: 0).signed(key, valid: Self.window)
        #expect(fills.method == .get && fills.body.isEmpty)
        #expect(fills.target == "/wapi/v1/history/fills?from=17&limit=1000&offset=0&symbol=SOL_USDC_PERP")
        let depth = BackpackRequest.depth(symbol: "A B&C", limit: 5).unsigned
        #expect(depth.target == "/api/v1/depth?limit=5&symbol=A%20B%26C" && depth.headers.isEmpty)
        #expect(BackpackRequest.positions.signed(key, valid: Self.window).target == "/api/v1/position")
    }

    @Test func `a batch is an array whose orders are signed one by one`() throws {
        let key = try Self.key()
        var second = Self.order()
        (second.side, second.price, second.postOnly, second.reduceOnly) = (.sell, nil, false, true)
        let batch = BackpackRequest.batch([Self.order(), second]).signed(key, valid: Self.window)
        #expect(batch.target == "/api/v1/orders" && text(batch).hasPrefix("[{") && text(batch).contains("},{"))
        #expect(text(batch).contains(#""orderType":"Market","quantity":"0.12","reduceOnly":true"#))
        let bare = BackpackSigningString.batch([Self.order().parameters, second.parameters], valid: Self.window)
        #expect(batch.headers.first { $0.name == "X-Signature" }?.value == key.sign(bare).base64)
    }

    @Test func `every signed endpoint has its instruction, and every public one none`() throws {
        let key = try Self.key()
        let signed: [BackpackRequest] = [
            .place(Self.order()), .batch([Self.order()]), .cancel(symbol: "X", .client(1)), .cancelAll(symbol: "X"),
            .order(symbol: "X", .client(1)), .openOrders(symbol: nil), .positions, .capital, .collateral, .account,
            .fills(symbol: nil, from: nil, limit: 1, offset: 0), .orderHistory(symbol: "X", id: 1),
            .fundingPayments(symbol: nil, limit: 1, offset: 0), .deposits(limit: 1, offset: 0), .withdrawals(limit: 1, offset: 0),
            .setLeverage(5),
        ]
        for request in signed {
            #expect(request.endpoint.instruction != nil, "\(request)")
            #expect(request.signed(key, valid: Self.window).headers.count == (request.endpoint.method == .get ? 4 : 5), "\(request)")
        }
        for request in [BackpackRequest.time, .status, .markets, .depth(symbol: "X", limit: 5)] {
            #expect(request.endpoint.instruction == nil, "\(request)")
        }
    }
}
